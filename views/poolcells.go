package views

import (
	"math"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// The columns of a pool list, in the order of drawing.
const (
	colName = iota
	colModel
	colReady
	colRequests
	colRequestsTrend
	colErrors
	colTTFT
	colTTFTTrend
	colITL
	colQueue
	colGPU
	colKV
	colTokens
	colBurn
	colState
)

// poolColumns are the columns; narrow screens drop sparklines first, then inter-token latency, replicas,
// tokens and the model. Name, errors and state always stay.
func poolColumns(look time.Duration, name int) []part.Column {
	span := fleet.Age(look)
	return []part.Column{
		{Key: "name", Title: fleet.Text("POOL"), Width: name},
		{Key: "model", Title: fleet.Text("MODEL"), Width: 10, Most: 16, Drop: 5},
		{Title: fleet.Text("REPL"), Width: 5, Drop: 7},
		{Key: "req", Title: fleet.Text("REQ/S"), Width: 6, Align: part.Right, Drop: 1},
		{Title: span, Width: 6, Most: 10, Drop: 10},
		{Key: "err", Title: fleet.Text("ERR%"), Width: 5, Align: part.Right},
		{Key: "ttft", Title: fleet.Text("TTFT95"), Width: 6, Align: part.Right, Drop: 1},
		{Title: span, Width: 5, Most: 10, Drop: 9},
		{Key: "itl", Title: fleet.Text("ITL95"), Width: 5, Align: part.Right, Drop: 8},
		{Key: "queue", Title: fleet.Text("QUEUE"), Width: 5, Align: part.Right, Drop: 2},
		{Key: "gpu", Title: fleet.Text("GPU%"), Width: 4, Align: part.Right, Drop: 2},
		{Key: "kv", Title: fleet.Text("KV%"), Width: 3, Align: part.Right, Drop: 3},
		{Key: "tok", Title: fleet.Text("TOK/S"), Width: 5, Align: part.Right, Drop: 6},
		{Key: "cost", Title: fleet.Text("$/H"), Width: 6, Align: part.Right, Drop: 4},
		{Key: "state", Title: fleet.Text("STATE"), Width: 8},
	}
}

// fillPool fills the cells of a row. A stale row is drawn as stale throughout.
func fillPool(c []part.Cell, r *poolRow, sc Scene, limits guardLimits) {
	role := themes.Text
	if r.state == fleet.StateStale || r.state == fleet.StateUnknown {
		role = themes.Stale
	}
	l := r.load
	c[colName] = part.Cell{Text: fleet.Label(r.id)}
	c[colModel] = part.Cell{Text: r.model(), Role: themes.Dim}
	c[colReady] = r.ready(role)
	c[colRequests] = part.Cell{Text: fleet.Show(l.Requests), Role: role}
	c[colErrors] = part.Cell{Text: fleet.Show(l.Errors), Role: bad(role, passed(l.Errors, limits.errors))}
	c[colTTFT] = part.Cell{Text: fleet.Show(l.TTFT95), Role: bad(role, passed(l.TTFT95, limits.ttft))}
	c[colITL] = part.Cell{Text: fleet.Show(l.ITL95), Role: role}
	c[colQueue] = part.Cell{Text: fleet.Show(l.Waiting), Role: role}
	c[colGPU] = part.Cell{Text: whole(r.gpu), Role: role}
	c[colKV] = part.Cell{Text: whole(l.KV), Role: bad(role, over(l.KV, overKV))}
	c[colTokens] = part.Cell{Text: fleet.Show(l.OutRate), Role: role}
	c[colBurn] = burnCell(r.burn, r.provider != nil, role)
	c[colState] = part.Cell{Text: stateText(r.state, l.At, sc.Now), Role: themes.OfState(r.state)}
	c[colRequestsTrend] = trendCell(r.trends.Requests, sc, dim(role))
	c[colTTFTTrend] = trendCell(r.trends.TTFT95, sc, dim(role))
}

func bad(role themes.Role, over bool) themes.Role {
	if over {
		return themes.Bad
	}
	return role
}

// burnCell draws dollars an hour; what is metered from tokens is an estimate and begins with "~".
func burnCell(u fleet.Maybe[fleet.USDPerHour], estimate bool, role themes.Role) part.Cell {
	c := part.Cell{Text: fleet.Show(u), Role: role}
	if u.OK && estimate {
		c.Lead = fleet.Text("~")
	}
	return c
}

// stateText draws a state; a stale one carries its age.
func stateText(s fleet.State, at, now time.Time) fleet.Safe {
	if s != fleet.StateStale || at.IsZero() {
		return s.Text()
	}
	age := fleet.Age(now.Sub(at))
	if part.Width(age) < 3 {
		return fleet.Concat(s.Text(), fleet.Text(" "), age)
	}
	return fleet.Concat(s.Text(), age)
}

// dim is the role of a sparkline beside figures of a role.
func dim(role themes.Role) themes.Role {
	if role == themes.Text {
		return themes.Dim
	}
	return role
}

// trendCell is a sparkline over the scene's window.
func trendCell(t fleet.Trend, sc Scene, role themes.Role) part.Cell {
	return part.Cell{Spark: true, Trend: newest(t, sc.Window, sc.Now), Span: span(t, sc.Window), Role: role}
}

// span is how many values of a history make a look back.
func span(t fleet.Trend, look time.Duration) int {
	if t.Step <= 0 {
		return 0
	}
	return int(look / t.Step)
}

// lateHistory is how far the end of a history may lie back before it is drawn as a gap.
const lateHistory = 45 * time.Second

// newest cuts a history to the time that screens look back. Where it ended some time ago the end is a gap, so that
// an old line does not stand where the newest values belong.
func newest(t fleet.Trend, look time.Duration, now time.Time) fleet.Trend {
	if t.Step <= 0 || look <= 0 || len(t.V) == 0 {
		return t
	}
	n := max(1, span(t, look))
	if behind := now.Sub(t.End); behind > max(lateHistory, 2*t.Step) {
		late := int(behind / t.Step)
		v := make([]float64, 0, n)
		v = append(v, t.V[max(0, len(t.V)-max(0, n-late)):]...)
		for range min(late, n) {
			v = append(v, math.NaN())
		}
		return fleet.Trend{Step: t.Step, End: t.End.Add(time.Duration(late) * t.Step), V: v}
	}
	t.V = t.V[max(0, len(t.V)-n):]
	return t
}
