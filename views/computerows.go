package views

import (
	"cmp"
	"strings"
	"time"

	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// MachineID identifies a machine: its account, and its ID there.
func MachineID(account fleet.AccountID, id string) string { return string(account) + "\x00" + id }

// machineRow is one machine of one account.
type machineRow struct {
	account *fleet.Account
	m       *fleet.Machine
	leaves  *fleet.Departure
	now     time.Time
}

func machineRows(sc Scene) []machineRow {
	var rows []machineRow
	for i := range sc.Snap.Accounts {
		a := &sc.Snap.Accounts[i]
		for k := range a.Machines {
			r := machineRow{account: a, m: &a.Machines[k], now: sc.Now}
			if r.m.State != fleet.MachineGone && r.m.State != fleet.MachineStopped {
				r.leaves = r.m.Leaves(sc.Now)
			}
			rows = append(rows, r)
		}
	}
	return rows
}

// state is how a machine stands in the words of the fleet.
func (r *machineRow) state() fleet.State {
	switch {
	case r.account.Stale:
		return fleet.StateStale
	case r.leaves != nil, r.m.State == fleet.MachineUnwell:
		return fleet.StateWarn
	case r.m.State == fleet.MachineRunning:
		return fleet.StateOK
	default:
		return fleet.StateUnknown
	}
}

var machineKind = rowKind[machineRow]{
	id: func(r *machineRow) string { return MachineID(r.account.Spec.ID, r.m.ID) },
	text: func(r *machineRow) string {
		return searched(r.name().String(), r.m.ID, string(r.account.Spec.ID), r.m.Type.String(), r.m.GPU, string(r.m.State), string(r.m.Pool),
			string(r.m.Pricing))
	},
	state: (*machineRow).state,
	rank: func(r *machineRow) int { // trouble first, then what costs most
		return trouble(r.state())*1_000_000 + int(r.m.Price.V.Float())
	},
	by: func(a, b *machineRow, key string) int {
		switch key {
		case "name":
			return strings.Compare(a.name().String(), b.name().String())
		case "kind":
			return cmp.Or(strings.Compare(a.m.GPU, b.m.GPU), strings.Compare(a.m.Type.String(), b.m.Type.String()))
		default:
			return compareKnown(a.figure, b.figure, key)
		}
	},
}

func (r *machineRow) figure(key string) (float64, bool) {
	if key == "gpu" {
		return known(r.m.Util)
	}
	return r.m.Price.V.Float(), r.m.Price.OK
}

func (r *machineRow) name() fleet.Safe {
	switch {
	case r.m.Node != "":
		return fleet.Label(string(r.m.Node))
	case !r.m.Name.IsEmpty():
		return r.m.Name
	default:
		return fleet.Label(r.m.ID)
	}
}

// note is what is to be known of a machine before all else.
func (r *machineRow) note() (fleet.Safe, themes.Role) {
	m := r.m
	switch {
	case r.leaves != nil && r.leaves.At.OK && r.leaves.At.V.After(r.now):
		return fleet.Textf("leaves in %s: %s", fleet.Age(r.leaves.At.V.Sub(r.now)), r.leaves.Why), themes.Warn
	case r.leaves != nil:
		return fleet.Concat(fleet.Text("leaves: "), r.leaves.Why), themes.Warn
	case m.IdleSince.OK && r.now.Sub(m.IdleSince.V) >= time.Hour:
		return fleet.Concat(fleet.Text("idle for "), fleet.Age(r.now.Sub(m.IdleSince.V))), themes.Warn
	case len(m.Notices) > 0:
		return noticeText(&m.Notices[0], r.now), themes.Text
	case m.Until.OK && m.Pricing != fleet.PricingOwned:
		return fleet.Concat(fleet.Label(string(m.Pricing)), fleet.Text(" until "), fleet.Label(m.Until.V.UTC().Format("2006-01-02"))), themes.Dim
	default:
		return m.Region, themes.Dim
	}
}

func noticeText(n *fleet.MachineNotice, now time.Time) fleet.Safe {
	if n.At.OK && n.At.V.After(now) {
		return fleet.Textf("in %s: %s", fleet.Age(n.At.V.Sub(now)), n.What)
	}
	return n.What
}

// gpusText is "8xH100".
func gpusText(n fleet.Maybe[int], gpu string) fleet.Safe {
	count, product := fleet.Text(fleet.Unknown), fleet.Label(cmp.Or(gpu, fleet.Unknown))
	if n.OK {
		count = fleet.Int(n.V)
	}
	return fleet.Textf("%sx%s", count, product)
}

var machineColumns = []part.Column{
	{Key: "name", Title: fleet.Text("MACHINE"), Width: 12, Most: 24},
	{Title: fleet.Text("ACCOUNT"), Width: 8, Most: 16, Drop: 3},
	{Key: "kind", Title: fleet.Text("GPUS"), Width: 7, Most: 9},
	{Title: fleet.Text("TYPE"), Width: 12, Most: 22, Drop: 6, Least: normalWidth},
	{Key: "state", Title: fleet.Text("STATE"), Width: 8},
	{Title: fleet.Text("PAID"), Width: 9, Drop: 4, Least: normalWidth},
	{Key: "cost", Title: fleet.Text("$/H"), Width: 9, Align: part.Right},
	{Key: "gpu", Title: fleet.Text("GPU%"), Width: 4, Align: part.Right},
	{Title: fleet.Text("POOL"), Width: 7, Most: 16, Drop: 5},
	{Title: fleet.Safe{}, Width: 14, Most: 60, Drop: 1},
}

func machinePane(b *part.Block, sc Scene, l *listing[machineRow], u ComputeState, n int) {
	from, to := window(l.ids, u.Machines, n)
	b.Rule(fleet.Text("MACHINES  worst first, then the dearest"), fleet.Join(nonEmpty(l.toll.text(), filterNote(u.Machines)),
		fleet.Text("  ")),
		position(from, to, len(l.ids)))
	g := part.Layout(machineColumns, b.Width(), u.Machines.Column)
	g.Sort = u.Machines.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		r := &l.rows[k]
		c := g.Cells()
		note, role := r.note()
		c[0], c[1] = part.Cell{Text: r.name()}, part.Cell{Text: fleet.Label(string(r.account.Spec.ID)), Role: themes.Dim}
		c[2], c[3] = part.Cell{Text: gpusText(r.m.GPUs, r.m.GPU)}, part.Cell{Text: r.m.Type, Role: themes.Dim}
		c[4] = part.Cell{Text: fleet.Label(cmp.Or(string(r.m.State), string(fleet.MachineUnknown))), Role: themes.OfState(r.state())}
		c[5] = part.Cell{Text: fleet.Label(cmp.Or(string(r.m.Pricing), fleet.Unknown)), Role: themes.Dim}
		c[6], c[7] = part.Cell{Text: hourText(r.m.Price)}, part.Cell{Text: whole(r.m.Util)}
		c[8], c[9] = part.Cell{Text: orUnknown(fleet.Label(string(r.m.Pool)))}, part.Cell{Text: note, Role: role}
		g.Row(b, c, u.pane() == "machines" && l.ids[k] == u.Machines.Selected)
	}
	if l.all == 0 {
		b.Gap(2).Put(themes.Dim, noMachines(sc)).End()
	}
	noMatch(b, l.all, len(l.ids))
}

func noMachines(sc Scene) fleet.Safe {
	if len(sc.Snap.Accounts) == 0 {
		return fleet.Text("no account and no price file of machines: compute: in the config")
	}
	return fleet.Text("no account names a machine")
}

// hourText is a price of an hour without the sign of dollars, with the code of any other currency.
func hourText(m fleet.Maybe[fleet.Money]) fleet.Safe {
	switch {
	case !m.OK:
		return fleet.Text(fleet.Unknown)
	case m.V.Currency() != fleet.USD:
		return m.V.Text()
	default:
		return fleet.Label(m.V.Amount().StringFixed(2))
	}
}

// offerRow is one offer of one account.
type offerRow struct {
	account fleet.AccountID
	o       *fleet.Offer
}

func offerRows(s *fleet.Snapshot) []offerRow {
	var rows []offerRow
	for i := range s.Accounts {
		for k := range s.Accounts[i].Offers {
			rows = append(rows, offerRow{s.Accounts[i].Spec.ID, &s.Accounts[i].Offers[k]})
		}
	}
	return rows
}

var offerKind = rowKind[offerRow]{
	id: func(r *offerRow) string {
		return strings.Join([]string{string(r.account), r.o.Type.String(), r.o.Region.String()}, "\x00")
	},
	text: func(r *offerRow) string {
		return searched(string(r.account), r.o.Type.String(), r.o.GPU, r.o.Region.String(), r.o.Said.String())
	},
	rank: func(r *offerRow) int { // what is there first, then the cheapest GPU
		rank := -int(r.o.PerGPU().V.Float() * 100)
		if !r.o.PerGPU().OK {
			rank = -10_000_000
		}
		if !r.o.Available.Or(true) {
			rank -= 100_000_000
		}
		return rank
	},
	by: func(a, b *offerRow, key string) int {
		switch key {
		case "name":
			return strings.Compare(a.o.Type.String(), b.o.Type.String())
		case "kind":
			return strings.Compare(a.o.GPU, b.o.GPU)
		default:
			return compareKnown(a.figure, b.figure, key)
		}
	},
}

func (r *offerRow) figure(string) (float64, bool) { return r.o.Price.V.Float(), r.o.Price.OK }

var capacityKind = rowKind[economics.PoolCapacity]{
	id:   func(r *economics.PoolCapacity) string { return string(r.Pool) },
	text: func(r *economics.PoolCapacity) string { return searched(string(r.Pool), r.GPU, r.Plan.Why.String()) },
	rank: func(r *economics.PoolCapacity) int { return r.Plan.Short * max(1, r.GPUsEach) },
	by: func(a, b *economics.PoolCapacity, key string) int {
		if key == "gpus" {
			return cmp.Compare(b.Plan.Then*b.GPUsEach, a.Plan.Then*a.GPUsEach)
		}
		return strings.Compare(string(a.Pool), string(b.Pool))
	},
}
