package views

import (
	"cmp"
	"math"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// poolRow is a pool or a provider as one line of a list: both serve models, and are compared.
type poolRow struct {
	pool     *fleet.Pool     // either
	provider *fleet.Provider // or
	id       string
	load     *fleet.Load
	trends   *fleet.Trends
	gpu      fleet.Maybe[fleet.Ratio]
	burn     fleet.Maybe[fleet.USDPerHour]
	state    fleet.State
}

// poolRows lists pools and then providers in configured order.
func poolRows(s *fleet.Snapshot, providers bool) []poolRow {
	rows := make([]poolRow, 0, len(s.Pools)+len(s.Providers))
	for i := range s.Pools {
		p := &s.Pools[i]
		rows = append(rows, poolRow{pool: p, id: string(p.Spec.ID), load: &p.Load, trends: &p.Trends, gpu: p.GPUUtil,
			burn: p.Burn, state: p.State})
	}
	for i := range s.Providers {
		p := &s.Providers[i]
		if providers {
			rows = append(rows, poolRow{provider: p, id: string(p.Spec.ID), load: &p.Load, trends: &p.Trends,
				burn: p.Burn, state: p.State})
		}
	}
	return rows
}

// rawModel is the model of a row; a provider with several shows its first.
func (r *poolRow) rawModel() string {
	switch {
	case r.pool != nil:
		return string(r.pool.Spec.Model)
	case len(r.provider.Spec.Models) > 0:
		return string(r.provider.Spec.Models[0].Name)
	default:
		return ""
	}
}

func (r *poolRow) model() fleet.Safe {
	name := fleet.Label(r.rawModel())
	if r.provider != nil && len(r.provider.Spec.Models) > 1 {
		return fleet.Concat(name, fleet.Text(" +"), fleet.Int(len(r.provider.Spec.Models)-1))
	}
	return name
}

// ready draws ready of desired replicas.
func (r *poolRow) ready(role themes.Role) part.Cell {
	switch {
	case r.pool == nil:
		return part.Cell{Text: fleet.Text("api"), Role: role}
	case r.pool.Ready < r.pool.Desired:
		role = themes.Warn
	}
	return part.Cell{Lead: fleet.Int(r.pool.Ready), Text: fleet.Text("/"), Tail: fleet.Int(r.pool.Desired), Role: role}
}

// text is what a filter looks at.
func (r *poolRow) text() string {
	return strings.Join([]string{r.id, r.rawModel(), string(r.state)}, " ")
}

// trouble orders states worst first without telling good states apart, so that a pool does not change its place
// whenever its traffic pauses.
func trouble(s fleet.State) int {
	switch s {
	case fleet.StateOK, fleet.StateStandby, fleet.StateIdle:
		return 0
	default:
		return s.Rank()
	}
}

// sortValue is the figure of a sort key; unknown ones sort last.
func (r *poolRow) sortValue(key string) (float64, bool) {
	switch key {
	case "req":
		return known(r.load.Requests)
	case "err":
		return known(r.load.Errors)
	case "ttft":
		return known(r.load.TTFT95)
	case "itl":
		return known(r.load.ITL95)
	case "queue":
		return known(r.load.Waiting)
	case "gpu":
		return known(r.gpu)
	case "kv":
		return known(r.load.KV)
	case "tok":
		return known(r.load.OutRate)
	case "cost":
		return known(r.burn)
	default:
		return 0, false
	}
}

func known[T ~float64](m fleet.Maybe[T]) (float64, bool) { return float64(m.V), m.OK }

// comparePools gives the order of a table: the screen's own (worst first) or that of a sort key, greatest first
// for figures and alphabetical for words.
func comparePools(rows []poolRow, key string) func(a, b int) int {
	return func(i, j int) int {
		a, b := &rows[i], &rows[j]
		switch key {
		case "", "state":
			return cmp.Compare(trouble(b.state), trouble(a.state))
		case "name":
			return strings.Compare(a.id, b.id)
		case "model":
			return strings.Compare(a.rawModel(), b.rawModel())
		}
		return compareKnown(a.sortValue, b.sortValue, key)
	}
}

// compareKnown orders figures from the greatest to the least; unknown ones come last.
func compareKnown(a, b func(string) (float64, bool), key string) int {
	x, xok := a(key)
	y, yok := b(key)
	if !xok {
		x = math.Inf(-1)
	}
	if !yok {
		y = math.Inf(-1)
	}
	return cmp.Compare(y, x)
}

// poolOrder applies filter and sort; it returns the rows in order.
func poolOrder(rows []poolRow, t Table) ([]int, []string) {
	o := order{
		n: len(rows), id: func(i int) string { return rows[i].id }, text: func(i int) string { return rows[i].text() },
		less: comparePools(rows, t.Sort), filter: t.Filter, flip: t.Reverse,
	}
	index := o.rows()
	return index, o.ids(index)
}

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
	c[colErrors] = part.Cell{Text: fleet.Show(l.Errors), Role: bad(role, limits.errors.OK && over(l.Errors, limits.errors.V))}
	c[colTTFT] = part.Cell{Text: fleet.Show(l.TTFT95), Role: bad(role, limits.ttft.OK && over(l.TTFT95, limits.ttft.V))}
	c[colITL] = part.Cell{Text: fleet.Show(l.ITL95), Role: role}
	c[colQueue] = part.Cell{Text: fleet.Show(l.Waiting), Role: role}
	c[colGPU] = part.Cell{Text: whole(r.gpu), Role: role}
	c[colKV] = part.Cell{Text: whole(l.KV), Role: bad(role, over(l.KV, overKV))}
	c[colTokens] = part.Cell{Text: fleet.Show(l.OutRate), Role: role}
	c[colBurn] = burnCell(r.burn, r.provider != nil, role)
	c[colState] = part.Cell{Text: stateText(r.state, l.At, sc.Now), Role: themes.OfState(r.state)}
	c[colRequestsTrend] = trendCell(r.trends.Requests, sc.Window, 0)
	c[colTTFTTrend] = trendCell(r.trends.TTFT95, sc.Window, 0)
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

// trendCell is a sparkline of the newest part of a history; top is what counts as full height at least.
func trendCell(t fleet.Trend, look time.Duration, top float64) part.Cell {
	t = newest(t, look)
	return part.Cell{Spark: true, Trend: t, Top: top, Role: themes.Dim}
}

// newest cuts a history to the time that screens look back.
func newest(t fleet.Trend, look time.Duration) fleet.Trend {
	if t.Step <= 0 || look <= 0 {
		return t
	}
	if n := int(look / t.Step); n > 0 && n < len(t.V) {
		t.V = t.V[len(t.V)-n:]
	}
	return t
}
