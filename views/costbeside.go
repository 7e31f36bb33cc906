package views

import (
	"strings"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// besideRow is one own pool beside one rented target of the same route.
type besideRow struct {
	pool *fleet.PoolBeside
	api  *fleet.APIBeside // nil where the route has no rented target
}

var besideKind = rowKind[besideRow]{
	id: func(r *besideRow) string {
		id := string(r.pool.Route) + "\x00" + string(r.pool.Pool)
		if r.api != nil {
			id += "\x00" + string(r.api.Target)
		}
		return id
	},
	text: func(r *besideRow) string {
		text := searched(string(r.pool.Route), string(r.pool.Pool), string(r.pool.Model))
		if r.api != nil {
			text += " " + searched(string(r.api.Provider), string(r.api.Model), r.api.Why.String())
		}
		return text
	},
	rank: func(*besideRow) int { return 0 },
	by: func(a, b *besideRow, key string) int {
		if key == "name" {
			return strings.Compare(string(a.pool.Pool), string(b.pool.Pool))
		}
		return compareKnown(func(string) (float64, bool) { return known(a.pool.Allocated) },
			func(string) (float64, bool) { return known(b.pool.Allocated) }, key)
	},
}

// BesideRoute is the route of a row of that table, or of a table of routes.
func BesideRoute(id string) fleet.RouteID {
	route, _, _ := strings.Cut(id, "\x00")
	return fleet.RouteID(route)
}

func besideList(s *fleet.Snapshot, t Table) *listing[besideRow] {
	var rows []besideRow
	for i := range s.Spend.Beside {
		p := &s.Spend.Beside[i]
		for j := range p.Others {
			rows = append(rows, besideRow{p, &p.Others[j]})
		}
		if len(p.Others) == 0 {
			rows = append(rows, besideRow{pool: p})
		}
	}
	return list(rows, t, besideKind)
}

var besideColumns = []part.Column{
	{Title: fleet.Text("ROUTE"), Width: 8, Most: 20, Drop: 2},
	{Key: "name", Title: fleet.Text("OWN POOL"), Width: 9, Most: 20},
	{Key: "mtok", Title: fleet.Text("AS USED"), Width: 7, Align: part.Right},
	{Title: fleet.Text("AT FULL"), Width: 7, Align: part.Right},
	{Title: fleet.Text("API TARGET"), Width: 17, Most: 39},
	{Title: fleet.Text("PROVIDER"), Width: 9, Most: 16, Drop: 6, Least: normalWidth},
	{Title: fleet.Text("API"), Width: 6, Align: part.Right},
	{Title: fleet.Text("OWN/API"), Width: 7, Align: part.Right},
	{Title: fleet.Text("TIER"), Width: 8, Drop: 4, Least: normalWidth},
	{Title: fleet.Text("PRICE OF"), Width: 10, Drop: 3},
	{Title: fleet.Safe{}, Width: 12, Most: 90, Drop: 5, Least: normalWidth},
}

// besidePane sets own pools beside the API, and tells in full how the two prices of the selected row were found.
func besidePane(b *part.Block, sc Scene, u CostState, n int) {
	l := besideList(sc.Snap, u.Beside)
	active := u.pane() == paneCostBeside
	below := newPage(sc, b.Width())
	if r := l.chosen(u.Beside); active && r != nil {
		besideFacts(below, sc, r)
	}
	below.Cut(max(0, n-min(len(l.ids), 3)))
	rows := max(1, n-below.Len())
	from, to := window(l.ids, u.Beside, rows)
	b.Rule(fleet.Text("OWN BESIDE API  USD for 1M tokens of the pool's mix"), filterNote(u.Beside), position(from, to, len(l.ids)))
	g := part.Layout(besideColumns, b.Width(), u.Beside.Column)
	g.Sort = u.Beside.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		fillBeside(b, &g, &l.rows[k], active && l.ids[k] == u.Beside.Selected)
	}
	if l.all == 0 {
		b.Gap(2).Say(themes.Dim, "no route has an own pool").End()
	}
	noMatch(b, l.all, len(l.ids))
	b.Append(below.Block)
}

func fillBeside(b *part.Block, g *part.Grid, r *besideRow, selected bool) {
	c := g.Cells()
	c[0], c[1] = part.Cell{Text: fleet.Label(string(r.pool.Route)), Role: themes.Dim}, part.Cell{Text: fleet.Label(string(r.pool.Pool))}
	c[2], c[3] = part.Cell{Text: fleet.Show(r.pool.Allocated)}, part.Cell{Text: fleet.Show(r.pool.Usage)}
	c[4] = part.Cell{Text: fleet.Text("no API target"), Role: themes.Dim}
	c[10] = part.Cell{Text: r.pool.Why, Role: themes.Dim}
	if a := r.api; a != nil {
		c[4] = part.Cell{Text: fleet.Label(string(a.Model))}
		c[5] = part.Cell{Text: fleet.Label(string(a.Provider)), Role: themes.Dim}
		c[6], c[7] = part.Cell{Text: fleet.Show(a.Price)}, part.Cell{Text: factorText(a.Against(r.pool))}
		c[8] = part.Cell{Text: fleet.Label(a.Tier), Role: themes.Dim}
		c[9] = part.Cell{Text: priceDate(a), Role: themes.Dim}
		c[10].Text = fleet.Join(nonEmpty(r.pool.Why, a.Why), fleet.Text("; "))
	}
	g.Row(b, c, selected)
}

func priceDate(a *fleet.APIBeside) fleet.Safe {
	if a.AsOf.IsZero() {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Label(a.AsOf.UTC().Format("2006-01-02"))
}

// besideFacts say of which stream, time and mix both prices are.
func besideFacts(p *page, sc Scene, r *besideRow) {
	x := r.pool
	own := fleet.Textf("capacity stream, rates of %s ago: GPU-hours over all tokens of the pool", ageText(x.At, sc.Now))
	full := fleet.Text("at full is the same with nothing idle")
	p.tell(fleet.Text("own"), themes.Dim, fleet.Join(nonEmpty(own, full, x.Why), fleet.Text("; ")), 2)
	p.tell(fleet.Text("mix"), themes.Dim, fleet.Textf("%s%% input, %s%% cached, %s%% written, %s%% output; %s", x.Mix.Input.Whole(),
		x.Mix.Cached.Whole(), x.Mix.Written.Whole(), x.Mix.Output.Whole(), x.Mix.From), 2)
	if a := r.api; a != nil {
		price := fleet.Textf("%s, list price, %s, %s tier, of %s", fleet.Label(string(a.Provider)), fleet.Label(a.Currency), fleet.Label(a.Tier),
			priceDate(a))
		p.tell(fleet.Text("API"), themes.Dim, fleet.Join(nonEmpty(price, fleet.Quote(a.Source.String()), a.Why), fleet.Text("; ")), 2)
	}
}
