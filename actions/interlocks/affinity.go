package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// movedMuch is the share of a route from which the loss of prefix caches counts.
const movedMuch = 0.20

// affinity is IL-35: requests that come to another pool find none of their prefixes in its cache, so that their whole prompts
// are computed again.
func affinity(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	r := route(p, s)
	if r == nil {
		return missing(actions.SeverityWarn, fleet.Text("the route was not read"))
	}
	if id := unread(p, r); id != "" {
		return on(missing(actions.SeverityWarn, fleet.Text("it was not read: how much of the route moves is not known")), id)
	}
	moved, cached, unknown := 0.0, 0.0, fleet.TargetID("")
	was, will := r.Takes(p.Before), r.Takes(p.After)
	for _, id := range givers(p, r) {
		part := max(0, float64(was.Share(id).Or(0)-will.Share(id).Or(0)))
		moved += part
		t := r.Target(id)
		if t == nil {
			unknown = id
			continue
		}
		switch pool, own := poolOf(s, t); {
		case !own:
		case pool == nil || !pool.Load.PrefixHit.OK:
			unknown = id
		default:
			cached += part * float64(pool.Load.PrefixHit.V)
		}
	}
	switch {
	case moved <= movedMuch:
		return pass(percent(moved), fleet.Text("% of the route move <= 20"))
	case unknown != "":
		return on(missing(actions.SeverityWarn, percent(moved),
			fleet.Text("% of the route move > 20, and how much of its prompts is cached is not known")), unknown)
	case cached <= 0:
		return pass(percent(moved), fleet.Text("% of the route move, none of its prompts from a cache"))
	}
	lost := fleet.Text("an unknown rate of")
	if r.Load.Requests.OK && r.Load.PromptMean.OK {
		lost = fleet.TokenRate(cached * float64(r.Load.Requests.V) * float64(r.Load.PromptMean.V)).Text()
	}
	return verdict(actions.SeverityWarn, percent(moved), fleet.Text("% of the route move > 20: "), lost,
		fleet.Text(" tok/s of prompts that come from a cache are computed again at first"))
}

func percent(share float64) fleet.Safe { return fleet.Ratio(share).Whole() }
