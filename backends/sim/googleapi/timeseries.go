package googleapi

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/sim/account"
)

// metricLag is how late a minute is in Cloud Monitoring; pagePoints is how many points a page has at most.
const (
	metricLag  = 4 * time.Minute
	pagePoints = 200
)

const family = "aiplatform.googleapis.com/publisher/online_serving/"

// typeFilter is the form of filter that is understood.
var typeFilter = regexp.MustCompile(`^metric\.type="` + regexp.QuoteMeta(family) + `(\w+)"$`)

// counters are the series of a model by metric: their label "type", and what they hold. Input holds what is read from caches.
var counters = map[string][]struct {
	label string
	kinds []account.Kind
}{
	"token_count": {{"input", []account.Kind{account.Input, account.CacheRead, account.CacheWrite}},
		{"output", []account.Kind{account.Output}}},
	"model_invocation_count": {{"", []account.Kind{account.Requests}}},
}

// point is one of a series.
type point struct {
	series, model, label string
	at                   time.Time
	n                    int64
}

// timeSeries answers a page: points of all series, of each the newest first.
func (s *Server) timeSeries(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, err1 := time.Parse(time.RFC3339, q.Get("interval.startTime"))
	to, err2 := time.Parse(time.RFC3339, q.Get("interval.endTime"))
	width, err3 := time.ParseDuration(q.Get("aggregation.alignmentPeriod"))
	named := typeFilter.FindStringSubmatch(q.Get("filter"))
	if err1 != nil || err2 != nil || err3 != nil || width < time.Minute || to.Before(from) || named == nil ||
		q.Get("aggregation.perSeriesAligner") != "ALIGN_SUM" {
		refuse(w, http.StatusBadRequest, "INVALID_ARGUMENT", "badRequest", "Request contains an invalid argument.")
		return
	}
	first := 0
	if text := q.Get("pageToken"); text != "" {
		if _, err := fmt.Sscanf(text, "points-%d", &first); err != nil || first < 1 {
			refuse(w, http.StatusBadRequest, "INVALID_ARGUMENT", "badRequest", "Invalid page token.")
			return
		}
	}
	size := pagePoints
	if n, err := strconv.Atoi(q.Get("pageSize")); err == nil && n > 0 {
		size = min(size, n)
	}
	points := s.points(named[1], from, to, width)
	first = min(first, len(points))
	last := min(first+size, len(points))
	body := object{"unit": "1"}
	if list := listed(points[first:last], named[1], width); len(list) > 0 { // without any the key is left out
		body["timeSeries"] = list
	}
	if last < len(points) {
		body["nextPageToken"] = fmt.Sprintf("points-%d", last)
	}
	answer(w, body)
}

func (s *Server) points(metric string, from, to time.Time, width time.Duration) []point {
	seen := s.truth.Clock.Now().Add(-metricLag)
	items := s.truth.Items(from, to, width, func(at time.Time) bool { return !at.Add(time.Minute).After(seen) })
	var list []point
	at := map[point]int{}
	for _, c := range counters[metric] {
		for _, x := range items {
			if !slices.Contains(c.kinds, x.Kind) {
				continue
			}
			key := point{series: x.Model + "\n" + c.label, model: x.Model, label: c.label, at: x.At}
			k, known := at[key]
			if !known {
				k = len(list)
				at[key] = k
				list = append(list, key)
			}
			list[k].n += x.N
		}
	}
	slices.SortStableFunc(list, func(a, b point) int {
		if a.series != b.series {
			return strings.Compare(a.series, b.series)
		}
		return b.at.Compare(a.at)
	})
	return list
}

// listed are points as series.
func listed(points []point, metric string, width time.Duration) []object {
	var list []object
	for i, p := range points {
		if i == 0 || p.series != points[i-1].series {
			labels := object{"request_type": "shared"}
			if p.label != "" {
				labels["type"] = p.label
			}
			list = append(list, object{"metric": object{"type": family + metric, "labels": labels}, "metricKind": "DELTA", "valueType": "INT64",
				"resource": object{"type": "aiplatform.googleapis.com/PublisherModel", "labels": object{"resource_container": "000000000007",
					"location": "global", "publisher": "anthropic", "model_user_id": p.model, "model_version_id": ""}}, "points": []object{}})
		}
		last := list[len(list)-1]
		last["points"] = append(last["points"].([]object), object{"interval": object{"startTime": p.at.UTC().Format(time.RFC3339),
			"endTime": p.at.Add(width).UTC().Format(time.RFC3339)}, "value": object{"int64Value": strconv.FormatInt(p.n, 10)}})
	}
	return list
}
