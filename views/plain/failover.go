package plain

import (
	"maps"
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views/part"
)

// Failover tells who could take what part of the load that is to leave, and the ways to spread it. Nothing has been sent.
func Failover(f actions.Failover) string {
	r := &report{}
	away := make([]fleet.Safe, len(f.Away))
	for i, id := range f.Away {
		away[i] = fleet.Label(string(id))
	}
	r.line(fleet.Text("FAILOVER "), rawName(string(f.Route)), fleet.Text("  away from "), fleet.Join(away, fleet.Text(", ")), fleet.Text(", "),
		f.Moved.Text(), fleet.Text("% of its requests, "), fleet.Show(f.Requests), fleet.Text(" req/s"))
	r.line()
	r.line(fleet.Text("CANDIDATES "), fleet.Int(len(f.Candidates)), fleet.Text("  FIT: the part of that load that each could take now"))
	rows := make([][]fleet.Safe, 0, len(f.Candidates))
	for i := range f.Candidates {
		c := &f.Candidates[i]
		kind := fleet.Text("self")
		if c.Rented {
			kind = fleet.Text("api")
		}
		fit := fleet.Concat(c.Fit.Whole(), fleet.Text("%"))
		if c.Unproven {
			fit = fleet.Concat(fit, fleet.Text(" unproven"))
		}
		rows = append(rows, []fleet.Safe{fleet.Label(string(c.Target)), kind, c.State.Text(), fit, fleet.Show(c.TTFT95), fleet.Show(c.Price),
			fleet.Show(c.Limit), or(c.Why)})
	}
	r.table([]column{left(fleet.Text("TARGET")), left(fleet.Text("KIND")), left(fleet.Text("STATE")), right(fleet.Text("FIT")),
		right(fleet.Text("TTFT95")), right(fleet.Text("$/1M")), right(fleet.Text("CTX")), left(fleet.Text("BOUNDED BY"))}, rows)
	r.line()
	r.line(fleet.Text("SPLITS"))
	for _, p := range f.Proposals {
		r.line(fleet.Text("  "), cell(fleet.Label(string(p.Split)), 10, part.Left), weightsText(p.Weights), leftText(p.Left))
	}
	return r.String()
}

func weightsText(w fleet.Weights) fleet.Safe {
	var parts []fleet.Safe
	for _, id := range slices.Sorted(maps.Keys(w)) {
		parts = append(parts, fleet.Concat(fleet.Label(string(id)), fleet.Text(" "), fleet.Int(w[id])))
	}
	return fleet.Join(parts, fleet.Text("  "))
}

func leftText(left fleet.Ratio) fleet.Safe {
	if left <= 0 {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text("  "), left.Whole(), fleet.Text("% of it fits nowhere and stays"))
}
