package promapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// find opens the data over the time that a question names, with its selectors.
func (a *API) find(w http.ResponseWriter, r *http.Request) (storage.Querier, [][]*labels.Matcher, bool) {
	end, err := a.instant(r.Form.Get("end"))
	start := end.Add(-lookBack)
	if err == nil && r.Form.Get("start") != "" {
		start, err = a.instant(r.Form.Get("start"))
	}
	var sets [][]*labels.Matcher
	for _, text := range r.Form["match[]"] {
		list, bad := a.parse.ParseMetricSelector(text)
		if bad != nil {
			err = bad
			break
		}
		sets = append(sets, list)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad_data", err.Error())
		return nil, nil, false
	}
	q, err := a.o.Data.Querier(start.UnixMilli(), end.UnixMilli())
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, "execution", err.Error())
		return nil, nil, false
	}
	return q, sets, true
}

// all calls f for the labels of each series that one of the selectors finds, up to the question's limit.
func (a *API) all(r *http.Request, q storage.Querier, sets [][]*labels.Matcher, f func(labels.Labels)) error {
	limit, err := strconv.Atoi(r.Form.Get("limit"))
	if err != nil || limit <= 0 {
		limit = maxListed
	}
	if len(sets) == 0 {
		sets = [][]*labels.Matcher{{labels.MustNewMatcher(labels.MatchNotEqual, nameLabel, "")}}
	}
	seen := map[uint64]bool{}
	for _, set := range sets {
		found := q.Select(r.Context(), true, nil, set...)
		for found.Next() && len(seen) < limit {
			l := found.At().Labels()
			if h := l.Hash(); !seen[h] {
				seen[h] = true
				f(l)
			}
		}
		if err := found.Err(); err != nil {
			return err
		}
	}
	return nil
}

// maxListed bounds what is listed without a limit.
const maxListed = 100_000

func (a *API) series(w http.ResponseWriter, r *http.Request) {
	if len(r.Form["match[]"]) == 0 {
		refuse(w, http.StatusBadRequest, "bad_data", "no match[] parameter provided")
		return
	}
	q, sets, ok := a.find(w, r)
	if !ok {
		return
	}
	defer q.Close()
	list := []map[string]string{}
	if err := a.all(r, q, sets, func(l labels.Labels) { list = append(list, l.Map()) }); err != nil {
		refuse(w, http.StatusUnprocessableEntity, "execution", err.Error())
		return
	}
	succeed(w, list)
}

func (a *API) labels(w http.ResponseWriter, r *http.Request) {
	q, sets, ok := a.find(w, r)
	if !ok {
		return
	}
	defer q.Close()
	names := map[string]bool{}
	err := a.all(r, q, sets, func(l labels.Labels) { l.Range(func(x labels.Label) { names[x.Name] = true }) })
	a.list(w, names, err)
}

func (a *API) values(w http.ResponseWriter, r *http.Request) {
	q, sets, ok := a.find(w, r)
	if !ok {
		return
	}
	defer q.Close()
	name, found := r.PathValue("name"), map[string]bool{}
	err := a.all(r, q, sets, func(l labels.Labels) {
		if v := l.Get(name); v != "" {
			found[v] = true
		}
	})
	a.list(w, found, err)
}

func (a *API) list(w http.ResponseWriter, found map[string]bool, err error) {
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, "execution", err.Error())
		return
	}
	succeed(w, sorted(found))
}

func (a *API) targets(w http.ResponseWriter, r *http.Request) {
	active := []object{}
	now := a.o.Clock.Now()
	if a.o.Targets != nil && r.Form.Get("state") != "dropped" {
		for _, t := range a.o.Targets(now) {
			if pool := r.Form.Get("scrapePool"); pool != "" && pool != t.Pool {
				continue
			}
			active = append(active, object{"discoveredLabels": object{"__address__": t.Labels.Get("instance")},
				"labels": t.Labels.Map(), "scrapePool": t.Pool, "scrapeUrl": t.URL, "globalUrl": t.URL, "lastError": t.Err,
				"lastScrape": t.Last.UTC().Format(time.RFC3339Nano), "lastScrapeDuration": t.Took.Seconds(), "health": t.Health,
				"scrapeInterval": t.Interval.String(), "scrapeTimeout": t.Interval.String()})
		}
	}
	succeed(w, object{"activeTargets": active, "droppedTargets": []object{}, "droppedTargetCounts": object{}})
}
