package wire

import (
	"strconv"
	"strings"
	"time"

	"pitwall/backends/sim/world"
)

// The key and team that requests without a virtual key come with, as labels print them. Only money and tokens are
// told apart by key: the real page does so with all it counts, and is as many times as long.
const (
	keyAlias  = `api_key_alias="apps"`
	keyHash   = `hashed_api_key="88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"`
	teamID    = `team="team-1"`
	teamAlias = `team_alias="apps"`
	userID    = `user="default_user_id"`
	noUser    = `end_user="None"`
	noIP      = `client_ip="None"`
	noAgent   = `user_agent="None"`
	noMail    = `user_email="None"`
)

// litellmPage is the metrics page of one LiteLLM replica: names and labels of 1.81.15
// (litellm-metrics-1.81.15.tsv) and litellm_in_flight_requests of later versions.
type litellmPage struct {
	exposition
	g     *world.Gateway
	keys  []world.KeySpec
	parts bool // it tells cached and written tokens apart
}

func renderLiteLLM(b []byte, g *world.Gateway, spec *world.Spec, parts bool) []byte {
	p := &litellmPage{exposition{b: b}, g, spec.Keys, parts}
	p.created = string(appendFloat(nil, float64(spec.Start.Add(-7*time.Hour).UnixNano())/1e9))
	p.clients()
	p.latencies()
	p.usage()
	p.state()
	p.members()
	p.fallbacks()
	p.gauge("litellm_in_flight_requests", "", "Requests in flight on this worker.", float64(g.InFlight))
	return p.b
}

func join(labels ...string) string { return strings.Join(labels, ",") }

func provider(s *world.DeploymentSpec) (string, string) {
	p, m, _ := strings.Cut(s.Model, "/")
	return p, m
}

func (p *litellmPage) clients() {
	route := label("route", "/chat/completions")
	var failed, total []series
	for _, k := range world.Keys(p.g.Stats.Failures) {
		failed = append(failed, series{join(keyAlias, noIP, noUser, label("exception_class", k.Class),
			label("exception_status", strconv.Itoa(k.Status)), keyHash, label("model_id", orNone(k.ID)),
			label("requested_model", k.Route), route, teamID, teamAlias, userID, noAgent, noMail), p.g.Stats.Failures[k]})
	}
	for _, k := range world.Keys(p.g.Stats.Requests) {
		total = append(total, series{join(keyAlias, noIP, noUser, keyHash, label("model_id", orNone(k.ID)),
			label("requested_model", k.Route), route, label("status_code", strconv.Itoa(k.Status)), teamID, teamAlias,
			userID, noAgent, noMail), p.g.Stats.Requests[k]})
	}
	p.counter("litellm_proxy_failed_requests_metric", "Failed requests of clients", failed...)
	p.counter("litellm_proxy_total_requests_metric", "Requests of clients", total...)
}

func orNone(s string) string {
	if s == "" {
		return "None"
	}
	return s
}

// each makes one distribution for every member that has taken requests.
func (p *litellmPage) each(f func(d *world.DeploymentStats) distribution) []distribution {
	var out []distribution
	for _, d := range p.g.Stats.Deployments {
		if d.Total > 0 {
			out = append(out, f(d))
		}
	}
	return out
}

func (p *litellmPage) latencies() {
	byModel := func(h func(*world.DeploymentStats) *world.Histogram) []distribution {
		return p.each(func(d *world.DeploymentStats) distribution {
			_, model := provider(d.Spec)
			return distribution{join(keyAlias, noUser, keyHash), join(label("model", model), label("model_id", d.Spec.ID),
				label("requested_model", d.Spec.Route), teamID, teamAlias, userID), h(d)}
		})
	}
	p.histogram("litellm_request_total_latency_metric", "Time of a client's request, seconds",
		byModel(func(d *world.DeploymentStats) *world.Histogram { return &d.Latency })...)
	p.histogram("litellm_llm_api_latency_metric", "Time of the call to the model, seconds",
		byModel(func(d *world.DeploymentStats) *world.Histogram { return &d.API })...)
	p.histogram("litellm_llm_api_time_to_first_token_metric", "Time to the first token of streams, seconds",
		byModel(func(d *world.DeploymentStats) *world.Histogram { return &d.TTFT })...)
	p.histogram("litellm_overhead_latency_metric", "Time that the gateway adds",
		p.each(func(d *world.DeploymentStats) distribution {
			prov, model := provider(d.Spec)
			return distribution{join(label("api_base", d.Spec.APIBase), keyAlias, label("api_provider", prov), keyHash),
				join(label("litellm_model_name", model), label("model_group", d.Spec.Route), label("model_id", d.Spec.ID)),
				&d.Overhead}
		})...)
	p.histogram("litellm_deployment_latency_per_output_token", "Time per output token, seconds",
		p.each(func(d *world.DeploymentStats) distribution {
			prov, model := provider(d.Spec)
			return distribution{join(label("api_base", d.Spec.APIBase), keyAlias, label("api_provider", prov), keyHash),
				join(label("litellm_model_name", model), label("model_id", d.Spec.ID), teamID, teamAlias), &d.PerToken}
		})...)
}

func (p *litellmPage) state() {
	requests, tokens := "litellm_remaining_requests_metric", "litellm_remaining_tokens_metric"
	remaining := func(name, help string, v func(world.Limits) float64) {
		p.family(name, "gauge", help)
		for _, d := range p.g.Stats.Deployments {
			if !d.Limits.Known {
				continue
			}
			prov, model := provider(d.Spec)
			p.sample(name, join(label("api_base", d.Spec.APIBase), keyAlias, label("api_provider", prov), keyHash,
				label("litellm_model_name", model), label("model_group", d.Spec.Route), label("model_id", d.Spec.ID)), v(d.Limits))
		}
	}
	remaining(requests, "Requests left by the limit headers", func(l world.Limits) float64 { return l.Requests })
	remaining(tokens, "Tokens left by the limit headers", func(l world.Limits) float64 { return l.Tokens })
	p.family("litellm_deployment_state", "gauge", "State of a deployment: 0 healthy, 1 partial, 2 outage")
	var cooled []series
	for _, d := range p.g.Stats.Deployments {
		if d.Total == 0 {
			continue
		}
		prov, model := provider(d.Spec)
		at := func(name string) string {
			return join(label("api_base", d.Spec.APIBase), label("api_provider", prov), label("litellm_model_name", name),
				label("model_id", d.Spec.ID))
		}
		p.sample("litellm_deployment_state", at(model), float64(d.State))
		if d.Outage { // under the group's name, and never set back
			p.sample("litellm_deployment_state", at(d.Spec.Route), 2)
		}
		for _, status := range statuses(d.Cooled) {
			cooled = append(cooled, series{join(label("api_base", d.Spec.APIBase), label("api_provider", prov),
				label("exception_status", strconv.Itoa(status)), label("litellm_model_name", d.Spec.Route),
				label("model_id", d.Spec.ID)), d.Cooled[status]})
		}
	}
	p.counter("litellm_deployment_cooled_down", "How often a deployment was cooled down", cooled...)
}

func (p *litellmPage) members() {
	var good, bad, all []series
	for _, d := range p.g.Stats.Deployments {
		if d.Total == 0 {
			continue
		}
		prov, model := provider(d.Spec)
		head := join(label("api_base", d.Spec.APIBase), keyAlias, label("api_provider", prov), noIP)
		tail := join(keyHash, label("litellm_model_name", model), label("model_id", d.Spec.ID),
			label("requested_model", d.Spec.Route), teamID, teamAlias, noAgent)
		all = append(all, series{join(head, tail), d.Total})
		good = append(good, series{join(head, tail), d.Success})
		for _, k := range world.Keys(d.Failed) {
			bad = append(bad, series{join(head, label("exception_class", k.Class),
				label("exception_status", strconv.Itoa(k.Status)), tail), d.Failed[k]})
		}
	}
	p.counter("litellm_deployment_success_responses", "Answers of a deployment", good...)
	p.counter("litellm_deployment_failure_responses", "Failures of a deployment", bad...)
	p.counter("litellm_deployment_total_requests", "Requests to a deployment", all...)
}

func (p *litellmPage) fallbacks() {
	var done []series
	for _, d := range p.g.Stats.Deployments {
		for _, k := range world.Keys(d.FellBack) {
			done = append(done, series{join(keyAlias, label("exception_class", "None"), label("exception_status", "None"),
				label("fallback_model", k.ID), keyHash, label("model_id", d.Spec.ID), label("requested_model", k.Route),
				teamID, teamAlias), d.FellBack[k]})
		}
	}
	p.counter("litellm_deployment_successful_fallbacks", "Fallbacks that answered", done...)
}
