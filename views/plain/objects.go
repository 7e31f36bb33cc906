package plain

import (
	"pitwall/fleet"
)

func poolLines(prev, cur *fleet.Snapshot) []string {
	var out []string
	for i := range cur.Pools {
		p := &cur.Pools[i]
		if prev != nil {
			if old := prev.Pool(p.Spec.ID); old != nil && old.State == p.State && old.Ready == p.Ready {
				continue
			}
		}
		l := &p.Load
		out = append(out, sentence(fleet.Concat(fleet.Text("Pool "), fleet.Label(string(p.Spec.ID))), spoken(p.State), p.Why,
			percent(fleet.Text("Errors"), l.Errors), lasting(fleet.Text("First token"), l.TTFT95),
			figure(fleet.Text("Queue"), l.Waiting), percent(fleet.Text("GPU use"), p.GPUUtil),
			fleet.Textf("%s of %s replicas ready", fleet.Int(p.Ready), fleet.Int(p.Desired))))
	}
	if prev == nil {
		return out
	}
	for i := range prev.Pools {
		if id := prev.Pools[i].Spec.ID; cur.Pool(id) == nil {
			out = append(out, sentence(fleet.Concat(fleet.Text("Pool "), fleet.Label(string(id))), fleet.Text("Gone")))
		}
	}
	return out
}

func providerLines(prev, cur *fleet.Snapshot) []string {
	var out []string
	for i := range cur.Providers {
		p := &cur.Providers[i]
		if prev != nil {
			if old := prev.Provider(p.Spec.ID); old != nil && old.State == p.State {
				continue
			}
		}
		out = append(out, sentence(fleet.Concat(fleet.Text("Provider "), fleet.Label(string(p.Spec.ID))), spoken(p.State),
			p.Why, percent(fleet.Text("Errors"), p.Load.Errors), lasting(fleet.Text("First token"), p.Load.TTFT95)))
	}
	return out
}

func routeLines(prev, cur *fleet.Snapshot) []string {
	var out []string
	for i := range cur.Routes {
		r := &cur.Routes[i]
		if prev != nil {
			if old := prev.Route(r.Spec.ID); old != nil && sameRoute(old, r) {
				continue
			}
		}
		parts := []fleet.Safe{fleet.Concat(fleet.Text("Route "), fleet.Label(string(r.Spec.ID))), spoken(r.State), r.Why}
		for j := range r.Targets {
			parts = append(parts, targetWords(&r.Targets[j]))
		}
		out = append(out, sentence(parts...))
	}
	return out
}

// sameRoute tells whether a route is in the same state with the same weights, replica by replica.
func sameRoute(a, b *fleet.Route) bool {
	if a.State != b.State || a.Hash != b.Hash || len(a.Targets) != len(b.Targets) || len(a.Replicas) != len(b.Replicas) {
		return false
	}
	for i := range a.Replicas {
		if a.Replicas[i].Hash != b.Replicas[i].Hash || a.Replicas[i].ID != b.Replicas[i].ID {
			return false
		}
	}
	for i := range a.Targets {
		x, y := &a.Targets[i], &b.Targets[i]
		if x.State != y.State || x.Cooling != y.Cooling || x.Blocked != y.Blocked || x.Set != y.Set {
			return false
		}
	}
	return true
}

func targetWords(t *fleet.Target) fleet.Safe {
	set := fleet.Text("weight unknown")
	if t.Set.OK {
		set = fleet.Concat(fleet.Text("weight "), fleet.Int(t.Set.V))
	}
	text := fleet.Concat(fleet.Text("Target "), fleet.Label(string(t.Spec.ID)), fleet.Text(", "), set, fleet.Text(", "),
		percent(fleet.Text("seen"), t.Seen))
	if t.Blocked.OK && t.Blocked.V {
		text = fleet.Concat(text, fleet.Text(", blocked"))
	}
	if t.Cooling {
		text = fleet.Concat(text, fleet.Text(", cooling down"))
	}
	return text
}
