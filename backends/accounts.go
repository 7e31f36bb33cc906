package backends

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// machines builds the accounts of machines, joined with the nodes of the fleet, and marks the nodes that are going to be lost.
func (w *world) machines(s *fleet.Snapshot, now time.Time) {
	book := w.nodeBook(s)
	for i := range s.Pools {
		for k := range s.Pools[i].Nodes {
			n := &s.Pools[i].Nodes[k]
			n.Leaves = book.told(n.ID, now)
		}
	}
	seen := map[string]bool{}
	for _, spec := range w.inventory.Accounts {
		s.Accounts = append(s.Accounts, w.account(spec, book, seen, now))
	}
	for i := range s.Pools {
		for k := range s.Pools[i].Nodes {
			say(&s.Pools[i].Nodes[k], now)
		}
	}
	for key := range w.idle {
		if !seen[key] {
			delete(w.idle, key)
		}
	}
}

// say tells of a sound node that it is going to be lost.
func say(n *fleet.Node, now time.Time) {
	if n.Leaves != nil && (n.State == fleet.StateOK || n.State == fleet.StateIdle || n.State == fleet.StateUnknown) {
		n.State, n.Why = fleet.StateWarn, departureText(n.Leaves, now)
	}
}

func (w *world) account(spec fleet.AccountSpec, book *nodeBook, seen map[string]bool, now time.Time) fleet.Account {
	a := fleet.Account{Spec: spec}
	src := w.index.accounts[spec.ID]
	if src == nil {
		a.Stale, a.Err = true, fleet.Text("nothing reads it")
		return a
	}
	a.At, a.Stale, a.Err = src.status.LastGood, src.stale(now) && !src.unasked(now), src.status.Cause
	c := src.last.Compute
	if c == nil {
		return a
	}
	a.Offers, a.Balance, a.Blind, a.PricesAsOf = c.Offers, c.Balance, c.Blind, c.PricesAsOf
	a.Machines = slices.Clone(c.Machines) // the reading is that of earlier snapshots too
	for i := range a.Machines {
		m := &a.Machines[i]
		if m.Site == "" {
			m.Site = spec.Site
		}
		book.join(m, now)
		key := string(spec.ID) + "\x00" + m.ID
		seen[key] = true
		w.watchIdle(key, m, now)
	}
	a.Burn, a.BurnWhy = accountBurn(a.Machines)
	a.Utilised = accountUse(a.Machines)
	a.BalanceEnds = balanceEnds(c, a.Burn, a.At)
	return a
}

// runs tells whether a machine is there to be used: what is over or switched off is not.
func runs(m *fleet.Machine) bool {
	return m.State != fleet.MachineGone && m.State != fleet.MachineStopped
}

// accountBurn adds up, exactly, what the machines cost an hour now. Currencies are never converted.
func accountBurn(list []fleet.Machine) (fleet.Maybe[fleet.USDPerHour], fleet.Safe) {
	sum, unknown, foreign, priced := decimal.Zero, 0, 0, 0
	for i := range list {
		m := &list[i]
		switch {
		case m.State == fleet.MachineGone:
		case m.Price.OK && m.Price.V.Currency() != fleet.USD:
			foreign++
		case m.Price.OK:
			sum = sum.Add(m.Price.V.Amount())
			priced++
		case runs(m):
			unknown++
		}
	}
	var why []fleet.Safe
	if unknown > 0 {
		why = append(why, fleet.Textf("without %s: no price", fleet.Many(unknown, "machine")))
	}
	if foreign > 0 {
		why = append(why, fleet.Textf("without %s: not in dollars", fleet.Many(foreign, "machine")))
	}
	if priced == 0 && len(why) > 0 {
		return fleet.None[fleet.USDPerHour](), fleet.Join(why, fleet.Text(", "))
	}
	return fleet.Some(fleet.USDPerHour(sum.InexactFloat64())), fleet.Join(why, fleet.Text(", "))
}

// accountUse is the mean over all GPUs of machines that run and whose use is known.
func accountUse(list []fleet.Machine) fleet.Maybe[fleet.Ratio] {
	sum, gpus := 0.0, 0
	for i := range list {
		if m := &list[i]; m.Util.OK && runs(m) {
			n := max(1, m.GPUs.Or(1))
			sum, gpus = sum+float64(m.Util.V)*float64(n), gpus+n
		}
	}
	if gpus == 0 {
		return fleet.None[fleet.Ratio]()
	}
	return fleet.Some(fleet.Ratio(sum / float64(gpus)))
}

// balanceEnds goes by what the provider says that the account spends, which has storage in it, else by its machines.
func balanceEnds(c *fleet.ComputeReading, burn fleet.Maybe[fleet.USDPerHour], at time.Time) fleet.Maybe[time.Time] {
	rate := float64(burn.V)
	if c.Spends.OK {
		rate = max(rate, c.Spends.V.Float())
	}
	if !c.Balance.OK || c.Balance.V.Currency() != fleet.USD || rate <= 0 {
		return fleet.None[time.Time]()
	}
	const far = 10 * 365 * 24.0
	left := max(0, c.Balance.V.Float()/rate) // what is owed has ended
	return fleet.Some(at.Add(time.Duration(min(far, left) * float64(time.Hour))))
}

// idleBelow is a utilisation that no work leaves.
const idleBelow = fleet.Ratio(0.005)

// watchIdle remembers since when a machine that costs money does nothing.
func (w *world) watchIdle(key string, m *fleet.Machine, now time.Time) {
	if !runs(m) || !m.Util.OK || m.Util.V >= idleBelow || !m.Paid().Or(true) {
		delete(w.idle, key)
		return
	}
	if _, ok := w.idle[key]; !ok {
		w.idle[key] = now
	}
	m.IdleSince = fleet.Some(w.idle[key])
}
