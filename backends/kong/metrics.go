package kong

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// The families of the prometheus plugin with ai_metrics (Kong 3.8 and later), and with status_code_metrics the one that
// counts by route and status: failures of a target are counted nowhere.
const (
	fTokens = iota
	fLatency
	fRequests
	fStatus
)

func families() []promtext.Family {
	return []promtext.Family{
		{Name: "kong_ai_llm_tokens_total", Type: promtext.Counter},
		{Name: "kong_ai_llm_provider_latency_ms", Type: promtext.Histogram},
		{Name: "kong_ai_llm_requests_total", Type: promtext.Counter},
		{Name: "kong_http_requests_total", Type: promtext.Counter},
	}
}

// counters are what the pages say of one model of one provider, summed over the other labels.
type counters struct {
	in, out  fleet.Maybe[float64]
	requests fleet.Maybe[float64]
	buckets  map[float64]float64
	sum      float64
}

// pages are the counters of all metrics pages of one replica.
type pages struct {
	workspace string
	models    map[series]*counters
	requests  bool // requests of models are counted
	statuses  map[entrance]*statuses
	notices   []fleet.Notice
}

func newPages(workspace string) *pages {
	return &pages{workspace: cmp.Or(workspace, "default"), models: map[series]*counters{}, statuses: map[entrance]*statuses{}}
}

// add takes a page in, whole or not at all.
func (p *pages) add(table *promtext.Table, raw *promtext.Page, body []byte) error {
	if err := table.Parse(body, raw); err != nil {
		return err
	}
	for _, s := range raw.Samples {
		if s.Family == fStatus {
			p.status(s)
			continue
		}
		p.requests = p.requests || s.Family == fRequests
		key := series{s.Labels.Value("ai_provider"), s.Labels.Value("ai_model")}
		c := p.models[key]
		if c == nil {
			c = &counters{buckets: map[float64]float64{}}
			p.models[key] = c
		}
		c.add(s)
	}
	p.notices = append(p.notices, raw.Notices...)
	return nil
}

func (c *counters) add(s promtext.Sample) {
	plus := func(v *fleet.Maybe[float64]) { *v = fleet.Some(v.Or(0) + s.Value) }
	switch s.Family {
	case fTokens:
		switch s.Labels.Value("token_type") {
		case "prompt_tokens":
			plus(&c.in)
		case "completion_tokens":
			plus(&c.out)
		}
	case fRequests:
		plus(&c.requests)
	case fLatency:
		switch s.Part {
		case promtext.PartSum:
			c.sum += s.Value
		case promtext.PartBucket:
			if bound, err := strconv.ParseFloat(s.Labels.Value("le"), 64); err == nil && !math.IsNaN(bound) {
				c.buckets[bound] += s.Value
			}
		case promtext.PartCount, promtext.PartValue: // the last bucket is the count
		}
	}
}

// latency is in seconds; empty where the buckets do not make one.
func (c *counters) latency() fleet.Histogram {
	bounds := make([]float64, 0, len(c.buckets))
	for b := range c.buckets {
		bounds = append(bounds, b)
	}
	slices.Sort(bounds)
	if len(bounds) == 0 || !math.IsInf(bounds[len(bounds)-1], 1) {
		return fleet.Histogram{}
	}
	h := fleet.Histogram{Sum: c.sum / 1000}
	for _, b := range bounds {
		n := c.buckets[b]
		if len(h.Counts) > 0 && n < h.Counts[len(h.Counts)-1] {
			return fleet.Histogram{}
		}
		h.Bounds, h.Counts = append(h.Bounds, b/1000), append(h.Counts, n)
	}
	return h
}

// fill gives each target the counters of its model. Kong does not say which plugin counted, so that those of a model which
// several targets have belong to none of them; untold is how many targets that are.
//
// Its counts of requests are only taken where those of the whole route are, which tell how many failed: requests of which
// nobody knows how they ended would pass for requests that went well. A model that was never asked for has no series, and was
// asked for 0 times where its requests are counted.
func (p *pages) fill(
	routes []route, whole map[fleet.RouteID]fleet.RouteCounts, out map[fleet.RouteID][]fleet.DeploymentReading,
) (untold int) {
	users := map[series]int{}
	for _, r := range routes {
		for _, m := range r.members {
			if r.shape != upstreamOf {
				users[m.named]++
			}
		}
	}
	for _, r := range routes {
		if r.shape == upstreamOf {
			continue
		}
		for i, m := range r.members {
			c := p.models[m.named]
			_, told := whole[r.id]
			d := &out[r.id][i]
			switch {
			case c == nil && (users[m.named] > 1 || !m.logged || !p.requests || !told):
			case c == nil:
				d.Requests = fleet.Some(0.0)
			case users[m.named] > 1:
				untold++
			default:
				d.InTokens, d.OutTokens, d.Latency = c.in, c.out, c.latency()
				if told {
					d.Requests = c.requests
				}
			}
		}
	}
	return untold
}
