package views

import (
	"cmp"
	"strings"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// CostState is what the cost screen remembers.
type CostState struct {
	Pane      string // one of CostPanes
	Routes    Table
	Pools     Table
	Providers Table
	Beside    Table
	Chart     Table // charts have no rows
}

// The panes of the cost screen that are no parts of the present burn.
const (
	paneCostBeside = "costbeside"
	paneCostHours  = "costhours"
	paneCostDays   = "costdays"
	paneCostTrends = "costtrends"
)

// CostPanes are the tables and charts of the cost screen in the order of tab.
func CostPanes() []string {
	return []string{"costroutes", "costpools", "costproviders", paneCostBeside, paneCostHours, paneCostDays, paneCostTrends}
}

func (u CostState) pane() string { return cmp.Or(u.Pane, "costroutes") }

// costRow is a route, a pool or a provider as a line of money.
type costRow struct {
	id     string
	word   fleet.Safe                    // model, site or what a figure lacks
	first  fleet.Maybe[fleet.USDPerHour] // rented part of a route, idle part of a pool
	second fleet.Maybe[fleet.USDPerHour] // own part of a route
	burn   fleet.Maybe[fleet.USDPerHour]
	used   fleet.Maybe[fleet.Ratio]
	mtok   fleet.Maybe[fleet.USDPerMTok]
	rate   fleet.Maybe[fleet.TokenRate]
	trend  fleet.Trend
	rough  bool // an estimate, or a sum that lacks something
}

func costRoutes(s *fleet.Snapshot) []costRow {
	rows := make([]costRow, 0, len(s.Routes))
	for i := range s.Routes {
		r := &s.Routes[i]
		rows = append(rows, costRow{id: string(r.Spec.ID), word: r.Cost.Why, first: r.Cost.Metered, second: r.Cost.Own,
			burn: r.Cost.Total(), mtok: r.Cost.PerMTok, rate: bothRates(r.Load), trend: r.Trends.Burn,
			rough: r.Cost.Metered.OK || !r.Cost.Why.IsEmpty()})
	}
	return rows
}

func costPools(s *fleet.Snapshot) []costRow {
	rows := make([]costRow, 0, len(s.Pools))
	for i := range s.Pools {
		p := &s.Pools[i]
		rows = append(rows, costRow{id: string(p.Spec.ID), word: hardware(p), first: p.Idle, burn: p.Burn, used: p.Used,
			mtok: p.PerMTok, rate: bothRates(p.Load), trend: p.Trends.Burn})
	}
	return rows
}

// hardware says what a pool's burn is made of: "24 x H100 at $2.95/h".
func hardware(p *fleet.Pool) fleet.Safe {
	gpus := len(p.Spec.Replicas) * p.Spec.GPUsPerReplica
	if w := p.Whole; w != nil { // it declares no replica: its store counts them
		gpus = w.GPUs.Boards.Or(w.Replicas.V * p.Spec.GPUsPerReplica)
	}
	switch {
	case gpus == 0 && p.Whole != nil:
		return fleet.Text("its store counts no GPUs")
	case gpus == 0:
		return fleet.Text("no GPUs declared")
	}
	what := fleet.Textf("%s x %s", fleet.Int(gpus), fleet.Label(cmp.Or(p.Spec.GPU, "GPU")))
	if !p.Spec.GPUHour.OK {
		return fleet.Concat(what, fleet.Text(", no price: usd_per_gpu_hour"))
	}
	return fleet.Concat(what, fleet.Text(" at $"), fleet.Float(float64(p.Spec.GPUHour.V), 2))
}

func costProviders(s *fleet.Snapshot) []costRow {
	rows := make([]costRow, 0, len(s.Providers))
	for i := range s.Providers {
		p := &s.Providers[i]
		word := fleet.Safe{}
		if len(p.Unpriced) > 0 {
			word = fleet.Concat(fleet.Text("unpriced: "), fleet.Label(string(p.Unpriced[0])))
		}
		rows = append(rows, costRow{id: string(p.Spec.ID), word: word, burn: p.Burn, mtok: p.PerMTok, rate: bothRates(p.Load),
			trend: p.Trends.Burn, rough: true})
	}
	return rows
}

// bothRates adds prompt and output tokens a second, of what is known.
func bothRates(l fleet.Load) fleet.Maybe[fleet.TokenRate] {
	if !l.InRate.OK && !l.OutRate.OK {
		return fleet.None[fleet.TokenRate]()
	}
	return fleet.Some(l.InRate.V + l.OutRate.V)
}

func costOrder(rows []costRow, t Table) ([]int, []string) {
	o := order{
		n: len(rows), id: func(i int) string { return rows[i].id }, text: func(i int) string { return rows[i].id + " " + rows[i].word.String() },
		less: compareCosts(rows, t.Sort), filter: t.Filter, flip: t.Reverse,
	}
	index := o.rows()
	return index, o.ids(index)
}

// compareCosts puts the dearest first, or goes by a sort key.
func compareCosts(rows []costRow, key string) func(a, b int) int {
	return func(i, j int) int {
		a, b := &rows[i], &rows[j]
		if key == "name" {
			return strings.Compare(a.id, b.id)
		}
		return compareKnown(a.sortValue, b.sortValue, cmp.Or(key, "cost"))
	}
}

func (r *costRow) sortValue(key string) (float64, bool) {
	switch key {
	case "idle":
		return known(r.first)
	case "mtok":
		return known(r.mtok)
	case "tok":
		return known(r.rate)
	default:
		return known(r.burn)
	}
}

// costTable is one of the three tables with its columns.
type costTable struct {
	pane    string
	title   fleet.Safe
	columns []part.Column
	rows    []costRow
	cells   func(r *costRow, c []part.Cell)
}

func (t costTable) draw(b *part.Block, sc Scene, u Table, active bool, n int) {
	index, ids := costOrder(t.rows, u)
	from, to := window(ids, u, n)
	b.Rule(t.title, fleet.Safe{}, position(from, to, len(ids)))
	g := part.Layout(t.columns, b.Width(), u.Column)
	g.Sort = cmp.Or(u.Sort, "cost")
	g.Head(b)
	for k, i := range index[from:to] {
		c := g.Cells()
		r := &t.rows[i]
		c[0] = part.Cell{Text: fleet.Label(r.id), Role: themes.Text}
		t.cells(r, c)
		c[len(c)-2] = trendCell(r.trend, sc, themes.Accent)
		c[len(c)-1] = part.Cell{Text: r.word, Role: themes.Dim}
		g.Row(b, c, active && ids[from+k] == u.Selected)
	}
	if len(ids) == 0 && n > 0 {
		b.Gap(2).Say(themes.Dim, "none").End()
	}
}

func figureOf(m fleet.Maybe[fleet.USDPerHour], rough bool) part.Cell {
	c := part.Cell{Text: fleet.Show(m), Role: themes.Text}
	if m.OK && rough {
		c.Lead = fleet.Text("~")
	}
	return c
}

// CostOrder tells the order of the tables of the cost screen by pane.
func CostOrder(sc Scene, u CostState) map[string][]string {
	out := map[string][]string{}
	if sc.Snap == nil {
		return out
	}
	_, out["costroutes"] = costOrder(costRoutes(sc.Snap), u.Routes)
	_, out["costpools"] = costOrder(costPools(sc.Snap), u.Pools)
	_, out["costproviders"] = costOrder(costProviders(sc.Snap), u.Providers)
	out[paneCostBeside] = besideList(sc.Snap, u.Beside).ids
	return out
}
