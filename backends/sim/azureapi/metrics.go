package azureapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/sim/account"
)

// metricLag is how late a minute is in Azure Monitor; mostSeries is how many series it gives where it is not asked for more.
const (
	metricLag  = 3 * time.Minute
	mostSeries = 10
)

// counters are the metrics of a deployment. Prompts hold what is read from caches.
var counters = map[string][]account.Kind{"ProcessedPromptTokens": {account.Input, account.CacheRead, account.CacheWrite},
	"GeneratedTokens": {account.Output}, "AzureOpenAIRequests": {account.Requests}}

// grains are the widths of points.
var grains = map[string]time.Duration{"PT1M": time.Minute, "PT5M": 5 * time.Minute, "PT1H": time.Hour, "P1D": dayWidth}

// metrics answers the sums of deployments.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	begin, end, _ := strings.Cut(q.Get("timespan"), "/")
	from, err1 := time.Parse(time.RFC3339, begin)
	to, err2 := time.Parse(time.RFC3339, end)
	width, known := grains[q.Get("interval")]
	if err1 != nil || err2 != nil || !from.Before(to) || !known || q.Get("aggregation") != "Total" {
		refuse(w, http.StatusBadRequest, "BadRequest", "Invalid time span, interval or aggregation.")
		return
	}
	top := mostSeries
	if n, err := strconv.Atoi(q.Get("top")); err == nil && n > 0 {
		top = n
	}
	from = from.Truncate(width)
	seen := s.truth.Clock.Now().Add(-metricLag)
	items := s.truth.Items(from, to, width, func(at time.Time) bool { return !at.Add(time.Minute).After(seen) })
	apart := strings.EqualFold(q.Get("$filter"), "ModelDeploymentName eq '*'")
	list := []object{}
	for name := range strings.SplitSeq(q.Get("metricnames"), ",") {
		kinds, known := counters[name]
		if !known {
			refuse(w, http.StatusBadRequest, "BadRequest", "Failed to find metric configuration for provider: Microsoft.CognitiveServices, "+
				"resource Type: accounts, metric: "+name+".")
			return
		}
		series := series(items, kinds, apart)
		shown := []object{}
		for _, one := range series[:min(top, len(series))] {
			shown = append(shown, one.object(from, to, width))
		}
		list = append(list, object{"id": resource + "/providers/Microsoft.Insights/metrics/" + name, "type": "Microsoft.Insights/metrics",
			"name": object{"value": name, "localizedValue": name}, "unit": "Count", "timeseries": shown, "errorCode": "Success"})
	}
	answer(w, object{"cost": 0, "timespan": q.Get("timespan"), "interval": q.Get("interval"),
		"namespace":      "Microsoft.CognitiveServices/accounts",
		"resourceregion": location, "value": list})
}

// counted is one series.
type counted struct {
	deployment string // "" for all of them
	at         map[time.Time]int64
}

func series(items []account.Item, kinds []account.Kind, apart bool) []counted {
	var list []counted
	at := map[string]int{}
	for _, x := range items {
		wanted := false
		for _, k := range kinds {
			wanted = wanted || k == x.Kind
		}
		if !wanted {
			continue
		}
		name := ""
		if apart {
			name = x.Model + "-prod"
		}
		k, seen := at[name]
		if !seen {
			k = len(list)
			at[name] = k
			list = append(list, counted{name, map[time.Time]int64{}})
		}
		list[k].at[x.At] += x.N
	}
	return list
}

// object has a point for each of its times; one without traffic, or that is not there yet, has no sum.
func (c *counted) object(from, to time.Time, width time.Duration) object {
	points := []object{}
	for at := from; at.Before(to); at = at.Add(width) {
		point := object{"timeStamp": at.UTC().Format(time.RFC3339)}
		if n, any := c.at[at]; any {
			point["total"] = float64(n)
		}
		points = append(points, point)
	}
	labels := []object{}
	if c.deployment != "" {
		const name = "modeldeploymentname"
		labels = append(labels, object{"name": object{"value": name, "localizedValue": name}, "value": c.deployment})
	}
	return object{"metadatavalues": labels, "data": points}
}
