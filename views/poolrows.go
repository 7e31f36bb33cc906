package views

import (
	"cmp"
	"math"
	"strings"

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
	case r.pool == nil && publishes(r.provider):
		return part.Cell{Text: fleet.Text("api !"), Role: themes.Warn} // its status page lists something
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
