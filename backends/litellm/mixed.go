package litellm

import (
	"pitwall/fleet"
)

// In firstDecides the first healthy member decides, in anyWeightSince every weight counts. Which
// release between them changed it is not known (router_strategy/simple_shuffle.py of both).
var (
	firstDecides   = number3{1, 96, 0}
	anyWeightSince = number3{1, 106, 2}
)

// mixedNotices say what a route does whose members have weights in part.
func mixedNotices(ds []deployment, s settings, version string) []fleet.Notice {
	const most = 3
	var out []fleet.Notice
	for _, route := range routesOf(ds) {
		if s.strategyOf(route) != simpleShuffle || len(out) == most {
			continue
		}
		if text := mixed(route, ds, version); !text.IsEmpty() {
			out = append(out, fleet.Notice{Level: fleet.LevelWarn, Text: text})
		}
	}
	return out
}

func routesOf(ds []deployment) []fleet.RouteID {
	var out []fleet.RouteID
	seen := map[fleet.RouteID]bool{}
	for _, d := range ds {
		if !seen[d.route] {
			seen[d.route] = true
			out = append(out, d.route)
		}
	}
	return out
}

// mixed is the sentence on one route, "" where all of its open members have a weight or none has.
func mixed(route fleet.RouteID, ds []deployment, version string) fleet.Safe {
	var first *deployment
	with, without := 0, 0
	for i := range ds {
		d := &ds[i]
		switch {
		case d.route != route || d.blocked.Or(false):
			continue
		case d.weight.OK:
			with++
		default:
			without++
		}
		if first == nil {
			first = d
		}
	}
	if with == 0 || without == 0 {
		return fleet.Safe{}
	}
	head := fleet.Textf("%s: %s members have a weight and %s have none; ", fleet.Label(string(route)), fleet.Int(with), fleet.Int(without))
	member := fleet.Label(string(first.id))
	switch counts := between(version, firstDecides, anyWeightSince); {
	case counts.OK && counts.V:
		return fleet.Concat(head, fleet.Text("this version counts a missing weight as 0, so that those without get nothing"))
	case !counts.OK:
		return fleet.Concat(head, fleet.Text("what this version makes of that is not known: give every member a weight"))
	case first.weight.OK:
		return fleet.Concat(head, fleet.Textf("the first healthy one decides, now %s, which has one: those without get nothing", member))
	default:
		return fleet.Concat(head, fleet.Textf("the first healthy one decides, now %s, which has none: weights do not count", member))
	}
}
