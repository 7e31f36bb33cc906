package views

import (
	"cmp"
	"slices"

	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// ComputeState is what the compute screen remembers.
type ComputeState struct {
	Pane     string // "machines", "capacity", "offers"
	Machines Table
	Capacity Table
	Offers   Table
	Planned  *Planned // keeps a plan between frames; nil plans anew for each
}

// Planned is the plan of one snapshot: it is asked for several times a frame, and does not change with keys.
type Planned struct {
	of   *fleet.Snapshot
	list []economics.PoolCapacity
}

// capacity is the plan of a snapshot, in rows of the caller's own.
func (p *Planned) capacity(s *fleet.Snapshot) []economics.PoolCapacity {
	if p == nil {
		return economics.FleetCapacity(s, screenTerms())
	}
	if p.of != s {
		p.of, p.list = s, economics.FleetCapacity(s, screenTerms())
	}
	return slices.Clone(p.list)
}

func (u ComputeState) pane() string { return cmp.Or(u.Pane, "machines") }

// screenTerms are what the screen plans capacity for; pitwall compute plan takes others.
func screenTerms() economics.CapacityTerms {
	t := economics.DefaultTerms()
	t.Growth = 0.3
	return t
}

// Compute shows what is rented and owned, what it costs and how much of it is used; how many replicas each pool needs and what to rent
// for those that lack; and what is offered. The selected row is told in full below where there is room.
func Compute(sc Scene, u ComputeState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, false, func(b *part.Block, rows int) {
		computeHead(b, sc, rows < tallScreen)
		l := computeLists(sc, u)
		below := newPage(sc, b.Width())
		l.detail(below, sc, u)
		below.Cut(max(0, rows-b.Len()-computeLeast))
		panes := l.panes(sc, u)
		shares := make([]*share, len(panes))
		for i, p := range panes {
			shares[i] = &share{least: 1, want: max(1, p.rows), weight: 1}
			if p.name == u.pane() {
				shares[i].weight, shares[i].least = 3, 2
			}
		}
		divide(rows-b.Len()-2*len(panes)-below.Len(), shares)
		for i, p := range panes {
			p.draw(b, shares[i].got)
		}
		b.Append(below.Block)
	})
}

// computeLeast is how many rows the tables keep when the selected row is told below them.
const computeLeast = 13

// ComputeOrder tells the order of the tables of the compute screen by pane.
func ComputeOrder(sc Scene, u ComputeState) map[string][]string {
	if sc.Snap == nil {
		return map[string][]string{}
	}
	l := computeLists(sc, u)
	return map[string][]string{"machines": l.machines.ids, "capacity": l.capacity.ids, "offers": l.offers.ids}
}

// computeLists are the tables of the screen in order.
type computeTables struct {
	machines *listing[machineRow]
	capacity *listing[economics.PoolCapacity]
	offers   *listing[offerRow]
}

func computeLists(sc Scene, u ComputeState) computeTables {
	return computeTables{list(machineRows(sc), u.Machines, machineKind),
		list(u.Planned.capacity(sc.Snap), u.Capacity, capacityKind), list(offerRows(sc.Snap), u.Offers, offerKind)}
}

func (l computeTables) panes(sc Scene, u ComputeState) []billPane {
	return []billPane{
		{"machines", len(l.machines.ids), func(b *part.Block, n int) { machinePane(b, sc, l.machines, u, n) }},
		{"capacity", len(l.capacity.ids), func(b *part.Block, n int) { capacityPane(b, l.capacity, u, n) }},
		{"offers", len(l.offers.ids), func(b *part.Block, n int) { offerPane(b, sc, l.offers, u, n) }},
	}
}

// mostAccountLines bounds what is said of single accounts; their machines tell the rest.
const mostAccountLines = 4

// computeHead says what all accounts cost together, and which of them needs a look.
func computeHead(b *part.Block, sc Scene, short bool) {
	var burn fleet.Maybe[fleet.USDPerHour]
	lacks, machines, gpus, leaving := false, 0, 0, 0
	used, weight := fleet.Ratio(0), fleet.Ratio(0)
	for i := range sc.Snap.Accounts {
		a := &sc.Snap.Accounts[i]
		if a.Burn.OK {
			burn = fleet.Some(burn.V + a.Burn.V)
		}
		lacks = lacks || !a.Burn.OK || !a.BurnWhy.IsEmpty() || a.Stale
		n := 0
		for k := range a.Machines {
			m := &a.Machines[k]
			if m.State == fleet.MachineGone {
				continue
			}
			machines, n = machines+1, n+m.GPUs.V
			if m.Leaves(sc.Now) != nil {
				leaving++
			}
		}
		gpus += n
		if a.Utilised.OK {
			used, weight = used+a.Utilised.V*fleet.Ratio(max(1, n)), weight+fleet.Ratio(max(1, n))
		}
	}
	b.Rule(fleet.Concat(fleet.Text("COMPUTE  "), fleet.Many(len(sc.Snap.Accounts), "account")), fleet.Safe{}, fleet.Text("6 burn now"))
	b.Gap(1).Say(themes.Dim, "burn ").Put(themes.Title, moneyRate(burn, lacks && burn.OK))
	b.Gap(2).Put(themes.Text, fleet.Many(machines, "machine")).Say(themes.Dim, ", ").Put(themes.Text, fleet.Int(gpus)).Say(themes.Dim, " GPUs")
	mean := fleet.None[fleet.Ratio]()
	if weight > 0 {
		mean = fleet.Some(used / weight)
	}
	b.Gap(2).Say(themes.Dim, "GPU use ").Put(themes.Text, whole(mean)).Say(themes.Dim, "%")
	if leaving > 0 {
		b.Gap(2).Put(themes.Warn, fleet.Int(leaving)).Say(themes.Warn, " leaving")
	}
	b.End()
	for i, lines := 0, b.Len(); i < len(sc.Snap.Accounts) && b.Len()-lines < mostAccountLines; i++ {
		accountLine(b, sc, &sc.Snap.Accounts[i], short)
	}
}

// accountLine is drawn for an account that does not answer, has a balance or, where there is room, lacks a price.
func accountLine(b *part.Block, sc Scene, a *fleet.Account, short bool) {
	role, said := themes.Dim, []fleet.Safe{}
	switch {
	case a.Stale || a.At.IsZero():
		role = themes.Stale
		said = append(said, fleet.Concat(fleet.Text("last read "), ageText(a.At, sc.Now)), a.Err)
	case a.Balance.OK:
		text := fleet.Concat(fleet.Text("balance "), a.Balance.V.Text())
		if a.BalanceEnds.OK {
			text = fleet.Concat(text, fleet.Text(", ends in "), fleet.Age(a.BalanceEnds.V.Sub(sc.Now)))
			if a.BalanceEnds.V.Sub(sc.Now).Hours() < 24 {
				role = themes.Warn
			}
		}
		said = append(said, text)
	}
	if !short || len(said) > 0 {
		said = append(said, a.BurnWhy)
	}
	if text := fleet.Join(nonEmpty(said...), fleet.Text("; ")); !text.IsEmpty() {
		b.Gap(1).Put(themes.Dim, fleet.Label(string(a.Spec.ID))).Gap(1).Put(role, text).End()
	}
}
