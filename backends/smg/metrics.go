package smg

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/promtext"
	"pitwall/backends/internal/webaddress"
	"pitwall/fleet"
)

const (
	metricsPath    = "/metrics"
	metricsDefault = ":29000"        // --prometheus-port of all releases
	pageTimeout    = 3 * time.Second // so that a page that is away costs no reading
)

// The families, under the prefixes of SMG and sglang-router 0.3 (smg_) and of sglang-router before (sgl_router_).
const (
	fOutcomes = iota
	fOldOutcomes
	fState
	fOldState
	fTransitions
	fOldTransitions
	fActive
	fOldActive
	fSelection
	fOldDecisions
	fDiscovered
)

func families() []promtext.Family {
	return []promtext.Family{
		{Name: "smg_worker_cb_outcomes_total", Type: promtext.Counter},
		{Name: "sgl_router_cb_outcomes_total", Type: promtext.Counter},
		{Name: "smg_worker_cb_state", Type: promtext.Gauge},
		{Name: "sgl_router_cb_state", Type: promtext.Gauge},
		{Name: "smg_worker_cb_transitions_total", Type: promtext.Counter},
		{Name: "sgl_router_cb_state_transitions_total", Type: promtext.Counter},
		{Name: "smg_worker_requests_active", Type: promtext.Gauge},
		{Name: "sgl_router_running_requests", Type: promtext.Gauge},
		{Name: "smg_worker_selection_total", Type: promtext.Counter},
		{Name: "sgl_router_policy_decisions_total", Type: promtext.Counter},
		{Name: "smg_discovery_workers_discovered", Type: promtext.Gauge},
	}
}

// The circuit breaker of a worker (circuit_breaker.rs).
const breakerOpen = 1

// counted is what the page says of one worker.
type counted struct {
	good, bad, opened float64
	breaker           fleet.Maybe[float64]
	active            fleet.Maybe[float64]
}

// chosen is what requests were for when a policy chose a worker.
type chosen struct{ role, model string }

// page is the metrics page of one router.
type page struct {
	workers    map[string]*counted
	policies   map[chosen][]string
	discovered bool
	notices    []fleet.Notice
}

func (p *page) worker(s promtext.Sample) *counted {
	url := s.Labels.Value("worker")
	c := p.workers[url]
	if c == nil {
		c = &counted{}
		p.workers[url] = c
	}
	return c
}

func (p *page) add(s promtext.Sample) {
	switch s.Family {
	case fOutcomes, fOldOutcomes: // each try counts, a repeated one too
		if s.Labels.Value("outcome") == "success" {
			p.worker(s).good += s.Value
		} else {
			p.worker(s).bad += s.Value
		}
	case fState, fOldState:
		p.worker(s).breaker = fleet.Maybe[float64]{V: s.Value, OK: s.Value >= 0} // -1 for one that is gone
	case fTransitions, fOldTransitions:
		if s.Labels.Value("to") == "open" {
			p.worker(s).opened += s.Value
		}
	case fActive, fOldActive:
		p.worker(s).active = fleet.Some(s.Value)
	case fSelection, fOldDecisions:
		if s.Value == 0 {
			return
		}
		key := chosen{s.Labels.Value("worker_type"), s.Labels.Value("model")}
		if name := s.Labels.Value("policy"); name != "" && !slices.Contains(p.policies[key], name) {
			p.policies[key] = append(p.policies[key], name)
		}
	case fDiscovered:
		p.discovered = p.discovered || s.Value > 0
	}
}

// policy names how the router picks among workers; "" until it has picked one. model is "" for workers that name none, whose
// requests are counted by what they asked for.
func (p *page) policy(role string, model fleet.ModelName) string {
	var names []string
	for key, list := range p.policies {
		if key.role != "" && key.role != role || model != "" && key.model != "" && key.model != string(model) {
			continue
		}
		for _, n := range list {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// pageOf is where the metrics page is. client is nil where none is read, for the reason why.
type pageOf struct {
	client *httpx.Client
	path   string
	host   string
	why    fleet.Safe
}

// metricsPage opens the page, which has a port of its own and takes no credential.
func metricsPage(s fleet.SourceSpec, deps fleet.Deps) (pageOf, error) {
	option := strings.TrimSpace(s.Options[OptionMetrics])
	switch {
	case option == "none":
		return pageOf{why: fleet.Text("the option metrics says that none is read")}, nil
	case option == "" && deps.Via != "":
		return pageOf{why: fleet.Text("the router is reached through another system, and its metrics have a port of their own; name the " +
			"page in the option metrics")}, nil
	case option == "":
		option = metricsDefault
	}
	address, err := webaddress.Beside(option, s.URL, metricsPath)
	if err != nil {
		return pageOf{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "use the option " + OptionMetrics, Source: s.ID, Err: err}
	}
	client, err := httpx.New(httpx.Options{Source: s.ID, Base: address, TLS: s.TLS, Deps: deps, MaxBody: maxBody})
	if err != nil {
		return pageOf{}, err
	}
	return pageOf{client: client, host: webaddress.Host(address)}, nil
}

// metrics reads the page. One that does not answer is said, and there are no counters; one that is cut fails the reading, so that
// the last good one keeps its age.
func (r *reader) metrics(ctx context.Context, g *fleet.GatewayReading) (*page, error) {
	out := &page{workers: map[string]*counted{}, policies: map[chosen][]string{}}
	if r.page.client == nil {
		g.MetricsWhy = r.page.why
		return out, nil
	}
	short, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	reply, err := r.page.client.Get(short, r.page.path, promtext.Accept)
	if err != nil {
		if ctx.Err() != nil || !away(err, reply) {
			return nil, err
		}
		g.MetricsWhy = fleet.Concat(fleet.Text("the metrics page of "), fleet.Label(r.page.host), fleet.Text(" is not there: "),
			fleet.Cause(err), fleet.Text("; name it in the option metrics"))
		return out, nil
	}
	g.Metrics = true
	if len(bytes.TrimSpace(reply.Body)) == 0 {
		return out, nil
	}
	r.scraping.Lock()
	defer r.scraping.Unlock()
	if err := r.table.Parse(reply.Body, &r.raw); err != nil {
		return nil, promtext.Refused(r.api.source, err)
	}
	for _, s := range r.raw.Samples {
		out.add(s)
	}
	out.notices = slices.Clone(r.raw.Notices)
	return out, nil
}

// away tells whether a page is absent, closed, or of a process that does not answer.
func away(err error, reply *httpx.Reply) bool {
	if reply != nil {
		return reply.Status == http.StatusNotFound || reply.Status == http.StatusUnauthorized || reply.Status == http.StatusForbidden ||
			reply.Status >= http.StatusInternalServerError
	}
	kind := fleet.KindOf(err)
	return kind == fleet.KindUnreachable || kind == fleet.KindTimeout
}
