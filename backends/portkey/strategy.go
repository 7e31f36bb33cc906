package portkey

import (
	"encoding/json"
	"fmt"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// The strategies of Portkey.
const (
	modeLoadbalance = "loadbalance"
	modeFallback    = "fallback"
	modeSingle      = "single"
	modeConditional = "conditional"
	modeSample      = "sample"
)

func mode(node map[string]any) string { return jsonptr.Text(node, "/strategy/mode") }

// fixed is why weights of routes of a strategy cannot be changed, with what can be done instead.
func fixed(mode string) fleet.Safe {
	switch mode {
	case modeFallback:
		return fleet.Text("its targets are tried in their order and have no weights; change their order in Portkey, or put a target " +
			"with the strategy loadbalance before them")
	case modeSingle:
		return fleet.Text("its first target takes everything; change the strategy to loadbalance in Portkey to have weights")
	case modeConditional:
		return fleet.Text("its conditions decide who gets a request; change them in Portkey, or let a condition lead to a target with " +
			"the strategy loadbalance")
	case modeSample:
		return fleet.Text("each of its targets gets each request; take one off the list in Portkey")
	case "":
		return fleet.Text("it has one target and no strategy; write it as a target of the strategy loadbalance in Portkey to have weights")
	}
	return fleet.Concat(fleet.Text("pitwall does not know its strategy "), fleet.Quote(mode), fleet.Text("; change it in Portkey"))
}

var errant = fleet.Text("its weights are not all numbers from 0 on with at most six decimals, so that they cannot be told exactly; " +
	"round them in Portkey")

// weigh makes the members of a route by its strategy.
func weigh(r routeobjects.Route, mode string, targets []target, from passed) routeobjects.Route {
	ids := names(targets)
	var list []weight
	for i, t := range targets {
		r.Members = append(r.Members, t.member(ids[i], from))
		v, there := t.body["weight"]
		list = append(list, weightOf(v, there))
		r.Members[i].Weight = raw(v)
	}
	g := &r.Routing
	g.ByOrder = fleet.Some(mode == modeFallback)
	if mode == modeLoadbalance {
		return balanced(r, list, from)
	}
	g.Fixed = fixed(mode)
	switch mode {
	case modeFallback:
		g.Weighing = fleet.WeighingInOut
		for i := range r.Members {
			r.Members[i].Weight, r.Members[i].Order = fleet.Some(1.0), fleet.Some(float64(i))
		}
	case modeSingle:
		g.Weighing = fleet.WeighingInOut
		for i := range r.Members {
			r.Members[i].Weight = fleet.Some(0.0)
		}
		if len(r.Members) > 0 {
			r.Members[0].Weight = fleet.Some(1.0)
		}
	case modeConditional, modeSample:
		g.Weighing = fleet.WeighingIgnored
	default:
		g.Weighing = fleet.WeighingUnknown
	}
	return r
}

// balanced are members whose weights decide. A target that fails keeps its share, unless a circuit breaker leaves it out.
func balanced(r routeobjects.Route, list []weight, from passed) routeobjects.Route {
	g := &r.Routing
	g.Weighing, g.KeepsShare = fleet.WeighingShares, from.breaker == nil
	whole, decimals, ok := measure(list)
	if !ok {
		g.Fixed = errant
		return r
	}
	for i, n := range whole {
		r.Members[i].Weight = fleet.Some(float64(n))
	}
	if r.Scaled = decimals > 0; r.Scaled {
		g.Strategy = fleet.Concat(g.Strategy, fleet.Text(", weights times 1"), fleet.Label(strings.Repeat("0", decimals)))
	}
	return r
}

// alone is a config that is one target.
func alone(r routeobjects.Route, node map[string]any, at string, from passed) routeobjects.Route {
	t := target{body: node, at: at, word: "config"}
	m := t.member(names([]target{t})[0], from)
	m.Weight = fleet.Some(1.0)
	r.Members = []routeobjects.Member{m}
	r.Routing.Weighing, r.Routing.AloneTakesAll, r.Routing.Fixed = fleet.WeighingInOut, true, fixed("")
	return r
}

// unedited is why nothing but weights is edited.
var unedited = fleet.Text("what takes over is the order of a config's targets, which is changed in Portkey, and a config has no name " +
	"beside its slug; to leave a target out, set its weight to 0")

// leastCooldown is the shortest that a circuit stays open.
const leastCooldown = 30

// routing is what is said beside weights.
func (p passed) routing(node map[string]any) fleet.Routing {
	r := fleet.Routing{Strategy: strategyText(node, p), Timeout: milliseconds(p.timeout), Retries: count(p.retry["attempts"]),
		EditsWhy: unedited}
	if mode(node) != modeConditional { // which no circuit breaker looks at
		r.AllowedFails, r.Cooldown = count(p.breaker["failure_threshold"]), milliseconds(p.breaker["cooldown_interval"])
		if r.Cooldown.OK {
			r.Cooldown.V = max(r.Cooldown.V, leastCooldown)
		}
	}
	if len(p.fallback) > 0 {
		r.Fallbacks = []fleet.Fallback{{Kind: fleet.FallbackFailure, To: p.fallback}}
	}
	return r
}

// strategyText says the strategy, on what it goes on to the next target, what is retried, and how long users stay where they are.
func strategyText(node map[string]any, p passed) fleet.Safe {
	text := fleet.Label(mode(node))
	if text.IsEmpty() {
		text = fleet.Text("none")
	}
	if codes := codesOf(node, "/strategy/on_status_codes"); codes != "" {
		text = fleet.Concat(text, fleet.Text(" on "), fleet.Label(codes))
	}
	if codes := codesOf(p.retry, "/on_status_codes"); codes != "" {
		text = fleet.Concat(text, fleet.Text(", retries on "), fleet.Label(codes))
	}
	if ttl, sticky := stickyFor(node); sticky {
		text = fleet.Concat(text, fleet.Text(", users stay where they are for "), fleet.Label(ttl), fleet.Text(" s"))
	}
	return text
}

// stickyFor tells how long a known user keeps a target whatever the weights are. The documentation of Portkey has had two
// words for it.
func stickyFor(node map[string]any) (ttl string, sticky bool) {
	for _, word := range []string{"sticky_session", "sticky"} {
		s, ok := find[map[string]any](node, "/strategy/"+word)
		if !ok || s["enabled"] == false {
			continue
		}
		if n := count(s["ttl"]); n.OK {
			return fmt.Sprint(int(n.V)), true
		}
		return "3600", true
	}
	return "", false
}

// mostCodes bounds how many status codes are told.
const mostCodes = 12

func codesOf(doc any, at string) string {
	list, _ := find[[]any](doc, at)
	var codes []string
	for _, v := range list {
		if n, ok := v.(json.Number); ok && len(n) == len("500") && len(codes) < mostCodes {
			codes = append(codes, string(n))
		}
	}
	return strings.Join(codes, ", ")
}

func count(v any) fleet.Maybe[fleet.Count] {
	n := raw(v)
	return fleet.Maybe[fleet.Count]{V: fleet.Count(n.V), OK: n.OK && n.V >= 0}
}

// milliseconds reads a time in them.
func milliseconds(v any) fleet.Maybe[fleet.Seconds] {
	n := raw(v)
	return fleet.Maybe[fleet.Seconds]{V: fleet.Seconds(n.V / 1000), OK: n.OK && n.V > 0}
}
