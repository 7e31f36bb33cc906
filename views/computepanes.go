package views

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

var capacityColumns = []part.Column{
	{Key: "name", Title: fleet.Text("POOL"), Width: 12, Most: 24},
	{Key: "gpus", Title: fleet.Text("REPLICA"), Width: 7},
	{Title: fleet.Text("STAY"), Width: 4, Align: part.Right},
	{Title: fleet.Text("NOW"), Width: 4, Align: part.Right},
	{Title: fleet.Text("THEN"), Width: 4, Align: part.Right},
	{Title: fleet.Text("LACKS"), Width: 5, Align: part.Right},
	{Title: fleet.Text("FROM"), Width: 8, Drop: 3},
	{Title: fleet.Text("PEAK%"), Width: 5, Align: part.Right, Drop: 4},
	{Title: fleet.Text("BY"), Width: 7, Drop: 5},
	{Title: fleet.Text("RENT"), Width: 18, Most: 60, Drop: 1},
}

func capacityPane(b *part.Block, l *listing[economics.PoolCapacity], u ComputeState, n int) {
	from, to := window(l.ids, u.Capacity, n)
	b.Rule(fleet.Text("CAPACITY  replicas with spares"), fleet.Join(nonEmpty(termsText(screenTerms()), filterNote(u.Capacity)),
		fleet.Text("  ")),
		position(from, to, len(l.ids)))
	g := part.Layout(capacityColumns, b.Width(), u.Capacity.Column)
	g.Sort = u.Capacity.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		r := &l.rows[k]
		c := g.Cells()
		for i := range c {
			c[i] = part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
		}
		c[0], c[1] = part.Cell{Text: fleet.Label(string(r.Pool))}, part.Cell{Text: gpusText(fleet.Some(r.GPUsEach), r.GPU), Role: themes.Dim}
		c[2] = part.Cell{Text: fleet.Int(r.Plan.Have)}
		if p := &r.Plan; p.Why.IsEmpty() {
			role := themes.Text
			if p.Short > 0 {
				role = themes.Warn
			}
			c[3], c[4], c[5] = part.Cell{Text: fleet.Int(p.Now)}, part.Cell{Text: fleet.Int(p.Then)}, part.Cell{Text: fleet.Int(p.Short), Role: role}
			c[6], c[7] = part.Cell{Text: monthText(p.Month)}, part.Cell{Text: fleet.Ratio(p.Load).Whole()}
			c[8] = part.Cell{Text: fleet.Label(p.Bound), Role: themes.Dim}
		}
		c[9] = rentCell(r)
		g.Row(b, c, u.pane() == "capacity" && l.ids[k] == u.Capacity.Selected)
	}
	noMatch(b, l.all, len(l.ids))
}

// termsText says what is planned for: "+30% in 12 months".
func termsText(t economics.CapacityTerms) fleet.Safe {
	sign := fleet.Text("+")
	if t.Growth < 0 {
		sign = fleet.Safe{}
	}
	return fleet.Textf("%s%s%% in %s, peak to %s%%", sign, fleet.Float(t.Growth*100, 0), fleet.Many(t.Months, "month"),
		fleet.Float(t.Target*100, 0))
}

// monthText says from when what is there no longer does.
func monthText(m int) fleet.Safe {
	switch {
	case m < 0:
		return fleet.Text("never")
	case m == 0:
		return fleet.Text("now")
	default:
		return fleet.Concat(fleet.Text("month "), fleet.Int(m))
	}
}

func rentCell(r *economics.PoolCapacity) part.Cell {
	switch {
	case !r.Plan.Why.IsEmpty():
		return part.Cell{Lead: fleet.Text("not known: "), Text: r.Plan.Why, Role: themes.Dim}
	case r.Buy != nil:
		return part.Cell{Text: purchaseText(r.Buy)}
	case !r.BuyWhy.IsEmpty():
		return part.Cell{Text: r.BuyWhy, Role: themes.Warn}
	case r.Plan.Over > 0:
		return part.Cell{Text: fleet.Concat(fleet.Many(r.Plan.Over, "replica"), fleet.Text(" beyond need")), Role: themes.Dim}
	default:
		return part.Cell{Text: fleet.Text("enough"), Role: themes.Dim}
	}
}

// purchaseText is "2 x gpu_8x_h100 at lambda, $46.6k a month".
func purchaseText(p *economics.Purchase) fleet.Safe {
	at := fleet.Label(string(p.Account))
	if p.Account == "" {
		at = fleet.Text("list price")
	}
	head := fleet.Safe{}
	if p.SoldOut() {
		head = fleet.Text("sold out: ")
	}
	return fleet.Textf("%s%s x %s, $%s a month (%s)", head, fleet.Int(p.Machines), p.Offer.Type,
		fleet.USDPerHour(p.Monthly.V.Float()).Text(), at)
}

var offerColumns = []part.Column{
	{Key: "name", Title: fleet.Text("OFFER"), Width: 18, Most: 34},
	{Title: fleet.Text("ACCOUNT"), Width: 8, Most: 16},
	{Key: "kind", Title: fleet.Text("GPUS"), Width: 7, Most: 9},
	{Key: "cost", Title: fleet.Text("$/H"), Width: 7, Align: part.Right},
	{Title: fleet.Text("$/GPU-H"), Width: 7, Align: part.Right},
	{Title: fleet.Text("THERE"), Width: 5},
	{Title: fleet.Text("AGE"), Width: 4, Align: part.Right, Drop: 2},
	{Title: fleet.Text("WHERE"), Width: 10, Most: 30, Drop: 1},
}

func offerPane(b *part.Block, sc Scene, l *listing[offerRow], u ComputeState, n int) {
	from, to := window(l.ids, u.Offers, n)
	b.Rule(fleet.Text("OFFERS  the cheapest GPU first"), filterNote(u.Offers), position(from, to, len(l.ids)))
	g := part.Layout(offerColumns, b.Width(), u.Offers.Column)
	g.Sort = u.Offers.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		r := &l.rows[k]
		c := g.Cells()
		c[0], c[1] = part.Cell{Text: r.o.Type}, part.Cell{Text: fleet.Label(string(r.account)), Role: themes.Dim}
		c[2] = part.Cell{Text: gpusText(fleet.Maybe[int]{V: r.o.GPUs, OK: r.o.GPUs > 0}, r.o.GPU)}
		c[3], c[4] = part.Cell{Text: hourText(r.o.Price)}, part.Cell{Text: hourText(r.o.PerGPU())}
		c[5] = thereCell(r.o)
		c[6], c[7] = part.Cell{Text: ageText(r.o.AsOf, sc.Now), Role: themes.Dim}, part.Cell{Text: fleet.Join(nonEmpty(r.o.Region, r.o.Said),
			fleet.Text("  ")), Role: themes.Dim}
		g.Row(b, c, u.pane() == "offers" && l.ids[k] == u.Offers.Selected)
	}
	if l.all == 0 {
		b.Gap(2).Say(themes.Dim, "no account tells what could be rented").End()
	}
	noMatch(b, l.all, len(l.ids))
}

func thereCell(o *fleet.Offer) part.Cell {
	switch {
	case !o.Available.OK:
		return part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
	case o.Available.V:
		return part.Cell{Text: fleet.Text("yes"), Role: themes.OK}
	default:
		return part.Cell{Text: fleet.Text("no"), Role: themes.Dim}
	}
}

// detail tells the selected row of the pane with the focus in full.
func (l computeTables) detail(p *page, sc Scene, u ComputeState) {
	switch u.pane() {
	case "machines":
		for k := range l.machines.ids {
			if l.machines.ids[k] == u.Machines.Selected {
				machinePage(p, sc, &l.machines.rows[k])
			}
		}
	case "capacity":
		for k := range l.capacity.ids {
			if l.capacity.ids[k] == u.Capacity.Selected {
				capacityPage(p, &l.capacity.rows[k])
			}
		}
	}
}

func machinePage(p *page, sc Scene, r *machineRow) {
	m := r.m
	p.Rule(fleet.Concat(fleet.Text("MACHINE "), r.name()), fleet.Label(m.ID), fleet.Safe{})
	p.tell(fleet.Text("account"), themes.Text, fleet.Join(nonEmpty(fleet.Label(string(r.account.Spec.ID)), fleet.Label(r.account.Spec.Kind),
		m.Region,
		fleet.Concat(fleet.Text("read "), ageText(r.account.At, sc.Now), fleet.Text(" ago"))), fleet.Text("  ")), 1)
	p.tell(fleet.Text("state"), themes.OfState(r.state()), fleet.Join(nonEmpty(fleet.Label(string(m.State)), quoted(m.Said)),
		fleet.Text("  ")), 1)
	price := fleet.Text(fleet.Unknown)
	if m.Price.OK {
		price = fleet.Concat(m.Price.V.Text(), fleet.Text(" an hour"))
		if each := m.PerGPU(); each.OK {
			price = fleet.Concat(price, fleet.Text(", "), each.V.Text(), fleet.Text(" a GPU"))
		}
	}
	p.tell(fleet.Text("price"), themes.Text, fleet.Join(nonEmpty(price, m.PriceFrom, fleet.Label(string(m.Pricing)), untilText(m.Until)),
		fleet.Text("  ")), 1)
	if m.Util.OK && m.Price.OK && m.Util.V > 0 {
		p.tell(fleet.Text("use"), themes.Text, fleet.Textf("%s%% of its GPUs' time: a used hour costs %s", m.Util.V.Whole(),
			fleet.NewMoney(m.Price.V.Amount().Div(decimal.NewFromFloat(float64(m.Util.V))).Round(2), m.Price.V.Currency()).Text()), 1)
	}
	for i := range m.Notices {
		n := &m.Notices[i]
		role, text := themes.Text, noticeText(n, sc.Now)
		if n.Stops {
			role, text = themes.Warn, fleet.Concat(text, fleet.Text("  the machine stops"))
		}
		if n.Ends.OK {
			text = fleet.Concat(text, fleet.Text("  until "), fleet.Stamp(n.Ends.V))
		}
		p.tell(fleet.Text("notice"), role, text, 2)
	}
	if !r.account.Blind.IsEmpty() {
		p.tell(fleet.Text("not told"), themes.Dim, r.account.Blind, 2)
	}
}

func quoted(t fleet.Safe) fleet.Safe {
	if t.IsEmpty() {
		return t
	}
	return fleet.Concat(fleet.Text("said: "), t)
}

func untilText(t fleet.Maybe[time.Time]) fleet.Safe {
	if !t.OK {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text("until "), fleet.Stamp(t.V))
}

func capacityPage(p *page, r *economics.PoolCapacity) {
	p.Rule(fleet.Concat(fleet.Text("CAPACITY of "), fleet.Label(string(r.Pool))), fleet.Safe{}, fleet.Text("pitwall compute plan"))
	if !r.Plan.Why.IsEmpty() {
		p.tell(fleet.Text("not known"), themes.Dim, r.Plan.Why, 1)
		return
	}
	n := &r.Need
	origin := fleet.Text("assumed at least, no whole day is on file")
	if r.Measured {
		origin = fleet.Text("of the last day")
	}
	p.tell(fleet.Text("carries"), themes.Text, fleet.Textf("%s tok/s in, %s out, mean; peak %sx, %s", fleet.Show(n.In), fleet.Show(n.Out),
		fleet.Float(r.Plan.Peak, 1), origin), 2)
	p.tell(fleet.Text("rated"), themes.Text, fleet.Textf("%s tok/s in, %s out over %s, from %s", n.Rating.V.Prefill.Text(),
		n.Rating.V.Decode.Text(),
		fleet.Many(n.Replicas, "replica"), fleet.Label(n.Rating.V.Kind)), 1)
	p.tell(fleet.Text("needs"), themes.Text, fleet.Textf("%s now, %s then, of these %s spare; decided by %s", fleet.Int(r.Plan.Now),
		fleet.Int(r.Plan.Then),
		fleet.Int(r.Plan.Spares), fleet.Label(r.Plan.Bound)), 1)
	var parts []fleet.Safe
	for _, x := range r.Routes {
		parts = append(parts, fleet.Textf("%s %s%%, %s GPUs", fleet.Label(string(x.Route)), x.Share.Whole(), fleet.Float(x.GPUs, 1)))
	}
	if len(parts) > 0 {
		p.tell(fleet.Text("routes"), themes.Text, fleet.Join(parts, fleet.Text("  ")), 2)
	}
	if r.Buy != nil {
		p.tell(fleet.Text("rent"), themes.Text, purchaseText(r.Buy), 1)
	}
}
