package promapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"pitwall/fleet"
)

// version is the release whose answers these are.
const version = "3.14.0"

// Options say what an API answers from.
type Options struct {
	Data    storage.Queryable
	Clock   fleet.Clock
	Targets func(now time.Time) []Target // nil for none
	Rules   []Rule
	Asked   func() // called at each question; nil for nothing
	// Align answers questions about now as of the last multiple of this time, and the same question only once in it, as
	// the caches in front of large stores do; 0 answers each one anew.
	Align time.Duration
}

// Target is one endpoint that is scraped, as /api/v1/targets shows it.
type Target struct {
	Labels   labels.Labels
	Pool     string // scrape pool
	URL      string
	Health   string // "up", "down" or "unknown"
	Err      string
	Last     time.Time
	Took     time.Duration
	Interval time.Duration
}

// API answers the query API. It is safe for concurrent use.
type API struct {
	o      Options
	engine *promql.Engine
	parse  parser.Parser
	mux    *http.ServeMux
	rules  *ruleStates
	cache  cache
}

const (
	maxSamples = 50_000_000
	maxPoints  = 11_000
	queryTime  = 2 * time.Minute
	lookBack   = 5 * time.Minute
	maxForm    = 1 << 20
)

// New returns an API that answers from the options' data.
func New(o Options) *API {
	parse := parser.NewParser(parser.Options{})
	a := &API{o: o, parse: parse, mux: http.NewServeMux(), rules: newRuleStates(o.Rules),
		engine: promql.NewEngine(promql.EngineOpts{MaxSamples: maxSamples, Timeout: queryTime, LookbackDelta: lookBack,
			EnableAtModifier: true, EnableNegativeOffset: true, Parser: parse,
			NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() }})}
	for path, h := range map[string]http.HandlerFunc{
		"/api/v1/query": a.query, "/api/v1/query_range": a.queryRange, "/api/v1/series": a.series,
		"/api/v1/labels": a.labels, "/api/v1/label/{name}/values": a.values,
	} {
		a.mux.HandleFunc("GET "+path, h)
		a.mux.HandleFunc("POST "+path, h)
	}
	a.mux.HandleFunc("GET /api/v1/targets", a.targets)
	a.mux.HandleFunc("GET /api/v1/rules", a.listRules)
	a.mux.HandleFunc("GET /api/v1/alerts", a.listAlerts)
	a.mux.HandleFunc("GET /api/v1/status/buildinfo", func(w http.ResponseWriter, _ *http.Request) {
		succeed(w, object{"version": version, "revision": "simulated", "branch": "HEAD", "buildUser": "", "buildDate": "",
			"goVersion": ""})
	})
	for path, text := range map[string]string{"/-/healthy": "Healthy.\n", "/-/ready": "Ready.\n"} {
		a.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("Prometheus Server is " + text)) // the client hung up
		})
	}
	return a
}

// ServeHTTP answers one question, by the clock of the simulation.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.o.Asked != nil {
		a.o.Asked()
	}
	w.Header().Set("Date", a.o.Clock.Now().UTC().Format(http.TimeFormat))
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "bad_data", "error parsing form values")
		return
	}
	a.mux.ServeHTTP(w, r)
}

func (a *API) query(w http.ResponseWriter, r *http.Request) {
	at, err := a.instant(r.Form.Get("time"))
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad_data", `invalid parameter "time": `+err.Error())
		return
	}
	ctx, cancel, err := limited(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad_data", `invalid parameter "timeout": `+err.Error())
		return
	}
	defer cancel()
	text := r.Form.Get("query")
	if a.o.Align > 0 && r.Form.Get("time") == "" {
		at = at.Truncate(a.o.Align)
		if body := a.cache.get(at, text); body != nil {
			send(w, body)
			return
		}
	}
	q, err := a.engine.NewInstantQuery(ctx, a.o.Data, nil, text, at)
	if body := a.run(ctx, w, r, q, err); a.o.Align > 0 {
		a.cache.put(at, text, body)
	}
}

func (a *API) queryRange(w http.ResponseWriter, r *http.Request) {
	start, err1 := a.instant(r.Form.Get("start"))
	end, err2 := a.instant(r.Form.Get("end"))
	step, err3 := duration(r.Form.Get("step"))
	switch err := errors.Join(err1, err2, err3); {
	case err != nil:
		refuse(w, http.StatusBadRequest, "bad_data", err.Error())
		return
	case end.Before(start):
		refuse(w, http.StatusBadRequest, "bad_data", `invalid parameter "end": end timestamp must not be before start time`)
		return
	case step <= 0:
		refuse(w, http.StatusBadRequest, "bad_data", `invalid parameter "step": zero or negative query resolution step widths are not accepted`)
		return
	case end.Sub(start)/step > maxPoints:
		refuse(w, http.StatusBadRequest, "bad_data", "exceeded maximum resolution of 11,000 points per timeseries")
		return
	}
	ctx, cancel, err := limited(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad_data", `invalid parameter "timeout": `+err.Error())
		return
	}
	defer cancel()
	q, err := a.engine.NewRangeQuery(ctx, a.o.Data, nil, r.Form.Get("query"), start, end, step)
	a.run(ctx, w, r, q, err)
}

// run executes a query, writes its answer and returns it; nil for a refusal.
func (a *API) run(ctx context.Context, w http.ResponseWriter, r *http.Request, q promql.Query, err error) []byte {
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad_data", err.Error())
		return nil
	}
	defer q.Close()
	res := q.Exec(ctx)
	if res.Err != nil {
		status, kind := failure(res.Err)
		refuse(w, status, kind, res.Err.Error())
		return nil
	}
	warnings, infos := res.Warnings.AsStrings(r.Form.Get("query"), 10, 10)
	body := answer(res.Value, warnings, infos)
	send(w, body)
	return body
}

// failure maps an error of the engine to the API's status and type.
func failure(err error) (int, string) {
	var canceled promql.ErrQueryCanceled
	var timeout promql.ErrQueryTimeout
	switch {
	case errors.As(err, &canceled):
		return 499, "canceled"
	case errors.As(err, &timeout):
		return http.StatusServiceUnavailable, "timeout"
	default:
		return http.StatusUnprocessableEntity, "execution"
	}
}

// limited is the context of a query with the time that its caller grants.
func limited(r *http.Request) (context.Context, context.CancelFunc, error) {
	most := queryTime
	if text := r.Form.Get("timeout"); text != "" {
		d, err := duration(text)
		if err != nil {
			return nil, nil, err
		}
		most = min(most, d)
	}
	ctx, cancel := context.WithTimeout(r.Context(), most)
	return ctx, cancel, nil
}

// instant reads unix seconds or RFC 3339; "" is now.
func (a *API) instant(text string) (time.Time, error) {
	if text == "" {
		return a.o.Clock.Now(), nil
	}
	if unix, err := strconv.ParseFloat(text, 64); err == nil {
		return time.UnixMilli(int64(unix * 1000)).UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	return time.Time{}, errors.New("cannot parse " + strconv.Quote(text) + " to a valid timestamp")
}

// duration reads seconds or a PromQL duration.
func duration(text string) (time.Duration, error) {
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return time.Duration(v * float64(time.Second)), nil
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		return 0, errors.New("cannot parse " + strconv.Quote(text) + " to a valid duration")
	}
	return time.Duration(d), nil
}
