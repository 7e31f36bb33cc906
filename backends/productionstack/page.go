package productionstack

import (
	"bytes"
	"context"
	"net/http"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// The families of the router's metrics page (production-stack a6c01db, services/metrics_service). They have the prefix of vLLM's
// own, and some have its very names: what tells them apart is the label server, which no engine has. Tokens are left out: the
// router counts those of answers that are not streamed, and no others.
const (
	fHealthy = iota
	fRunning
	fErrors
	fLatency
)

func families() []promtext.Family {
	return []promtext.Family{
		{Name: "vllm:healthy_pods_total", Type: promtext.Gauge | promtext.Counter},
		{Name: "vllm:num_requests_running", Type: promtext.Gauge},
		{Name: "vllm:request_errors_total", Type: promtext.Counter},
		{Name: "vllm:request_latency_seconds", Type: promtext.Histogram},
	}
}

// page is what the router counts.
type page struct {
	read     bool
	why      fleet.Safe      // why it was not read
	servers  map[string]bool // back ends that it chooses from now; the value tells whether it takes them for healthy
	inFlight fleet.Maybe[fleet.Count]
	counted  bool // whether requests are counted at all
	series   map[series]*counters
	notices  []fleet.Notice
}

// series is one back end for one model.
type series struct{ server, model string }

type counters struct {
	good, bad float64
	byError   map[string]float64
	latency   fleet.Histogram
	slot      int
}

// metrics reads the page. One that is absent or closed is a state of the gateway and is said; one that is cut is no page, and the
// whole reading fails, so that the last good one keeps its age.
func (r *reader) metrics(ctx context.Context) (*page, error) {
	reply, err := r.api.client.Get(ctx, "/metrics", promtext.Accept)
	if err != nil {
		switch {
		case reply == nil:
		case reply.Status == http.StatusNotFound:
			return &page{why: fleet.Text("there is no metrics page at its address")}, nil
		case reply.Status == http.StatusUnauthorized, reply.Status == http.StatusForbidden:
			return &page{why: fleet.Text("the metrics page is closed to this credential")}, nil
		}
		return nil, err
	}
	r.scraping.Lock()
	defer r.scraping.Unlock()
	p, err := parsePage(r.table, &r.raw, reply.Body)
	if err != nil {
		return nil, promtext.Refused(r.api.source, err)
	}
	return p, nil
}

// parsePage reads a page whole, or refuses it. That of an engine is no page of a router.
func parsePage(table *promtext.Table, raw *promtext.Page, body []byte) (*page, error) {
	if err := table.Parse(body, raw); err != nil {
		return nil, err
	}
	p := &page{read: true, servers: map[string]bool{}, series: map[series]*counters{},
		counted: bytes.Contains(body, []byte("# TYPE vllm:request_latency_seconds "))}
	histograms := raw.Collect()
	engine := false
	for _, s := range raw.Samples {
		server := s.Labels.Value("server")
		if server == "" {
			engine = true
			continue
		}
		p.add(s, server, &histograms)
	}
	histograms.Finish()
	p.notices = raw.Notices
	if bytes.Contains(body, []byte("# TYPE vllm:num_requests_running ")) {
		p.inFlight = fleet.Some(p.inFlight.Or(0))
	}
	if engine && len(p.servers) == 0 {
		return &page{why: fleet.Text("the metrics page is that of an engine, not of a router: its series name no server")}, nil
	}
	return p, nil
}

func (p *page) add(s promtext.Sample, server string, h *promtext.Histograms) {
	switch s.Family {
	case fHealthy:
		p.servers[server] = s.Value > 0
		return
	case fRunning:
		p.inFlight = fleet.Some(p.inFlight.Or(0) + fleet.Count(s.Value))
		return
	}
	key := series{server, s.Labels.Value("model")}
	c := p.series[key]
	if c == nil {
		c = &counters{byError: map[string]float64{}}
		c.slot = h.Slot(&c.latency)
		p.series[key] = c
	}
	if s.Family == fErrors {
		c.byError[s.Labels.Value("error_type")] += s.Value
		return
	}
	p.counted = true
	good := s.Labels.Value("status") == "success"
	if s.Part == promtext.PartCount {
		if good {
			c.good += s.Value
		} else {
			c.bad += s.Value
		}
	}
	if good {
		h.Add(c.slot, s)
	}
}

// fill gives a back end what is counted of it. Before its first request it has no series, and the family is there: that is 0.
func (p *page) fill(d *fleet.DeploymentReading, e entry) {
	c := p.series[series{e.url, e.model}]
	if c == nil {
		if p.counted {
			d.Requests, d.Successes, d.Failures = fleet.Some(0.0), fleet.Some(0.0), fleet.Some(0.0)
		}
		return
	}
	d.Requests, d.Successes, d.Failures = fleet.Some(c.good+c.bad), fleet.Some(c.good), fleet.Some(c.bad)
	d.Latency = c.latency
	if len(c.byError) > 0 {
		d.FailuresByStatus = c.byError
	}
}
