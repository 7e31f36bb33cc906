package views

import (
	"cmp"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

func replicaOrder(p *fleet.Pool, t Table) ([]int, []string) {
	rs := p.Replicas
	value := func(r *fleet.Replica) func(string) (float64, bool) {
		return func(key string) (float64, bool) {
			switch key {
			case "queue":
				return known(r.Load.Waiting)
			case "kv":
				return known(r.Load.KV)
			case "tok":
				return known(r.Load.OutRate)
			case "ttft":
				return known(r.Load.TTFT95)
			case "itl":
				return known(r.Load.ITL95)
			case "age":
				return -float64(r.At.Unix()), !r.At.IsZero()
			default:
				return 0, false
			}
		}
	}
	o := order{
		n: len(rs), id: func(i int) string { return string(rs[i].ID) }, filter: t.Filter, flip: t.Reverse,
		text: func(i int) string {
			return strings.Join([]string{string(rs[i].ID), string(rs[i].Node), string(rs[i].State)}, " ")
		},
		less: func(i, j int) int {
			switch t.Sort {
			case "", "state":
				return cmp.Compare(trouble(rs[j].State), trouble(rs[i].State))
			case "name":
				return strings.Compare(string(rs[i].ID), string(rs[j].ID))
			case "node":
				return strings.Compare(string(rs[i].Node), string(rs[j].Node))
			}
			return compareKnown(value(&rs[i]), value(&rs[j]), t.Sort)
		},
	}
	index := o.rows()
	return index, o.ids(index)
}

func replicaColumns(name int) []part.Column {
	return []part.Column{
		{Key: "name", Title: fleet.Text("REPLICA"), Width: name},
		{Key: "node", Title: fleet.Text("NODE"), Width: 10, Most: 20, Drop: 5},
		{Key: "state", Title: fleet.Text("STATE"), Width: 8},
		{Title: fleet.Text("RUN"), Width: 4, Align: part.Right, Drop: 2},
		{Key: "queue", Title: fleet.Text("WAIT"), Width: 4, Align: part.Right},
		{Key: "kv", Title: fleet.Text("KV%"), Width: 3, Align: part.Right, Drop: 1},
		{Key: "tok", Title: fleet.Text("TOK/S"), Width: 5, Align: part.Right},
		{Key: "ttft", Title: fleet.Text("TTFT95"), Width: 6, Align: part.Right, Drop: 1},
		{Key: "itl", Title: fleet.Text("ITL95"), Width: 5, Align: part.Right, Drop: 3},
		{Title: fleet.Text("PROGRESS"), Width: 12, Most: 16},
		{Title: fleet.Text("VERSION"), Width: 7, Most: 12, Drop: 6},
		{Key: "age", Title: fleet.Text("AGE"), Width: 3, Align: part.Right, Drop: 4},
	}
}

// replicasPane draws the serving instances of a pool, worst first, in n rows under its rule and titles.
func replicasPane(b *part.Block, sc Scene, t Table, p *fleet.Pool, active bool, n int) {
	index, ids := replicaOrder(p, t)
	from, to := window(ids, t, n)
	b.Rule(fleet.Concat(fleet.Text("REPLICAS "), wholeNote(p)),
		fleet.Join(nonEmpty(wholeOrigin(p), filterNote(t)), fleet.Text("  ")),
		paneNote(active, position(from, to, len(index))))
	g := part.Layout(replicaColumns(nameWidth(ids[from:to], b.Width(), 12)), b.Width(), t.Column)
	g.Sort = t.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		r := &p.Replicas[index[k]]
		c := g.Cells()
		fillReplica(c, r, sc.Now)
		g.Row(b, c, active && ids[k] == t.Selected)
	}
	noMatch(b, len(p.Replicas), len(index))
}

// paneNote says how to get to a table that the keys do not move.
func paneNote(active bool, where fleet.Safe) fleet.Safe {
	if active {
		return where
	}
	return fleet.Concat(where, fleet.Text("   tab"))
}

func fillReplica(c []part.Cell, r *fleet.Replica, now time.Time) {
	role := themes.Text
	if r.State == fleet.StateStale || r.State == fleet.StateUnknown {
		role = themes.Stale
	}
	l := &r.Load
	c[0] = part.Cell{Text: fleet.Label(string(r.ID))}
	c[1] = part.Cell{Text: fleet.Label(string(r.Node)), Role: themes.Dim}
	c[2] = part.Cell{Text: stateText(r.State, r.At, now), Role: themes.OfState(r.State)}
	c[3] = part.Cell{Text: fleet.Show(l.Running), Role: role}
	c[4] = part.Cell{Text: fleet.Show(l.Waiting), Role: role}
	c[5] = part.Cell{Text: whole(l.KV), Role: bad(role, over(l.KV, overKV))}
	c[6] = part.Cell{Text: fleet.Show(l.OutRate), Role: role}
	c[7] = part.Cell{Text: fleet.Show(l.TTFT95), Role: role}
	c[8] = part.Cell{Text: fleet.Show(l.ITL95), Role: role}
	c[9] = progressCell(&r.Progress, now)
	c[10] = part.Cell{Text: r.Version, Role: themes.Dim}
	c[11] = part.Cell{Text: ageText(r.At, now), Role: themes.Dim}
	if r.Asleep.OK && r.Asleep.V {
		c[9] = part.Cell{Text: fleet.Text("asleep"), Role: themes.Dim}
	}
}

// progressCell is health by tokens that move, whatever the health endpoint claims.
func progressCell(p *fleet.Progress, now time.Time) part.Cell {
	switch {
	case p.Stalled > 0 || p.Moving.OK && !p.Moving.V:
		return part.Cell{Lead: fleet.Text("STALLED "), Text: fleet.Age(p.Stalled), Role: themes.Crit}
	case !p.Moving.OK && !p.LastToken.IsZero():
		return part.Cell{Lead: fleet.Text("no work "), Text: fleet.Age(now.Sub(p.LastToken)), Role: themes.Dim}
	case !p.Moving.OK:
		return part.Cell{Text: fleet.Text("no work yet"), Role: themes.Dim}
	default:
		return part.Cell{Lead: fleet.Text("moving "), Text: ageText(p.LastToken, now)}
	}
}

// ageText is how long ago something was, "-" when it never was.
func ageText(at, now time.Time) fleet.Safe {
	if at.IsZero() {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Age(now.Sub(at))
}
