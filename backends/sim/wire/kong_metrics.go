package wire

import (
	"slices"
	"strconv"

	"pitwall/backends/sim/world"
)

// kongSeries are the labels of one AI series.
type kongSeries struct{ provider, model string }

func (k kongSeries) labels(more ...string) string {
	all := []string{label("ai_provider", k.provider), label("ai_model", k.model), label("cache_status", ""), label("vector_db", ""),
		label("embeddings_provider", ""), label("embeddings_model", "")}
	return join(append(append(all, more...), label("workspace", "default"), label("consumer", ""))...)
}

// kongCounts sums what members of one model count: Kong does not tell targets of one model apart.
type kongCounts struct {
	requests, in, out, spend float64
	latency                  *world.Histogram
}

// renderKong is the page of the prometheus plugin with ai_metrics. Failures are only in the counts of each route.
func renderKong(b []byte, g *world.Gateway) []byte {
	p := &exposition{b: b, plain: true}
	var order []kongSeries
	sums := map[kongSeries]*kongCounts{}
	for _, d := range g.Stats.Deployments {
		var key kongSeries
		key.provider, key.model = provider(d.Spec)
		c := sums[key]
		if c == nil {
			c = &kongCounts{latency: inMilliseconds(&d.API)}
			c.latency.Counts = slices.Clone(c.latency.Counts) // others are added
			sums[key] = c
			order = append(order, key)
		} else {
			add(c.latency, &d.API)
		}
		used := d.Sum() // Kong has one price for all input
		in, out := float64(used.Prompt()), float64(used.Output)
		c.requests, c.in, c.out = c.requests+d.Success, c.in+in, c.out+out
		c.spend += in*d.Spec.InCost + out*d.Spec.OutCost
	}
	var requests, tokens, cost []series
	var latency []distribution
	for _, k := range order {
		c := sums[k]
		requests = append(requests, series{k.labels(label("request_mode", "stream")), c.requests})
		cost = append(cost, series{k.labels(), c.spend})
		for _, t := range []series{{"prompt_tokens", c.in}, {"completion_tokens", c.out}, {"total_tokens", c.in + c.out}} {
			tokens = append(tokens, series{k.labels(label("token_type", t.labels)), t.v})
		}
		latency = append(latency, distribution{before: k.labels(label("request_mode", "stream")), h: c.latency})
	}
	p.counter("kong_ai_llm_requests", "AI requests total per ai_provider in Kong", requests...)
	p.counter("kong_ai_llm_cost", "AI requests cost per ai_provider/cache in Kong", cost...)
	p.counter("kong_ai_llm_tokens", "AI tokens total per ai_provider/cache in Kong", tokens...)
	p.histogram("kong_ai_llm_provider_latency_ms", "AI latencies per ai_provider in Kong", latency...)
	p.counter("kong_http_requests", "HTTP status codes per consumer/service/route in Kong", kongRequests(g)...)
	return p.b
}

// kongRequests counts by route and status.
func kongRequests(g *world.Gateway) []series {
	type key struct {
		route  string
		status int
	}
	sums := map[key]float64{}
	var order []key
	for _, k := range world.Keys(g.Stats.Requests) {
		at := key{k.Route, k.Status}
		if _, known := sums[at]; !known {
			order = append(order, at)
		}
		sums[at] += g.Stats.Requests[k]
	}
	list := make([]series, len(order))
	for i, k := range order {
		list[i] = series{join(label("service", k.route), label("route", k.route), label("code", strconv.Itoa(k.status)),
			label("source", "service"), label("workspace", "default"), label("consumer", "")), sums[k]}
	}
	return list
}

// add adds a histogram of seconds to one of milliseconds with the same bounds.
func add(into, h *world.Histogram) {
	into.Sum += h.Sum * 1000
	for i, n := range h.Counts {
		into.Counts[i] += n
	}
}
