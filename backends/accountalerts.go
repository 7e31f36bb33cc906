package backends

import (
	"time"

	"pitwall/fleet"
)

const (
	noticeSoon     = 7 * 24 * time.Hour
	commitmentSoon = 14 * 24 * time.Hour
	commitmentNear = 3 * 24 * time.Hour
	balanceSoon    = 24 * time.Hour
	balanceNear    = 2 * time.Hour
	idleTooLong    = time.Hour
)

// leavingAlerts name nodes of pools that are going to be lost.
func leavingAlerts(s *fleet.Snapshot, now time.Time) []fleet.Alert {
	var list []fleet.Alert
	for i := range s.Pools {
		p := &s.Pools[i]
		for k := range p.Nodes {
			n := &p.Nodes[k]
			if n.Leaves == nil {
				continue
			}
			list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: fleet.Label(string(n.ID)),
				Subject: fleet.Subject{Pool: p.Spec.ID, Node: n.ID}, Text: departureText(n.Leaves, now),
				Detail:  fleet.Textf("%s keeps %s%% of its replicas; N+1 counts these only", fleet.Quote(string(p.Spec.ID)), p.Lasting().Whole()),
				Runbook: fleet.Text("machine-leaving")})
		}
	}
	return list
}

func departureText(d *fleet.Departure, now time.Time) fleet.Safe {
	if !d.At.OK {
		return fleet.Concat(fleet.Text("leaves soon: "), d.Why)
	}
	if !d.At.V.After(now) {
		return fleet.Concat(fleet.Text("leaves now: "), d.Why)
	}
	return fleet.Textf("leaves in %s: %s", fleet.Age(d.At.V.Sub(now)), d.Why)
}

// accountAlerts say what is to be seen to at one account.
func accountAlerts(a *fleet.Account, standby func(fleet.PoolID) bool, now time.Time) []fleet.Alert {
	subject := fleet.Subject{Account: a.Spec.ID}
	var list []fleet.Alert
	if end := a.BalanceEnds; end.OK && end.V.Sub(now) < balanceSoon {
		level := fleet.LevelWarn
		if end.V.Sub(now) < balanceNear {
			level = fleet.LevelCrit
		}
		list = append(list, fleet.Alert{Level: level, Object: fleet.Label(string(a.Spec.ID)), Subject: subject,
			Text:    fleet.Textf("its balance of %s ends in %s", a.Balance.V.Text(), fleet.Age(end.V.Sub(now))),
			Detail:  fleet.Text("at what it spends now; machines stop then"),
			Runbook: fleet.Text("balance-ends")})
	}
	for i := range a.Machines {
		m := &a.Machines[i]
		if !runs(m) {
			continue
		}
		for _, x := range machineAlerts(m, standby(m.Pool), now) {
			x.Object, x.Subject = machineName(m), subject
			x.Detail = fleet.Join(notEmpty(fleet.Concat(fleet.Text("account "), fleet.Quote(string(a.Spec.ID))), x.Detail), fleet.Text("; "))
			list = append(list, x)
		}
	}
	return list
}

func machineName(m *fleet.Machine) fleet.Safe {
	switch {
	case m.Node != "":
		return fleet.Label(string(m.Node))
	case !m.Name.IsEmpty():
		return m.Name
	default:
		return fleet.Label(m.ID)
	}
}

// machineAlerts say of one machine that it leaves (unless its node says so already), is announced to stop, comes to the end of its
// commitment, or is paid and idle.
func machineAlerts(m *fleet.Machine, standby bool, now time.Time) []fleet.Alert {
	var list []fleet.Alert
	leaves := m.Leaves(now)
	if leaves != nil && m.Pool == "" {
		list = append(list, fleet.Alert{Level: fleet.LevelWarn, Text: departureText(leaves, now), Runbook: fleet.Text("machine-leaving")})
	}
	list = append(list, noticeAlerts(m, leaves != nil, now)...)
	if leaves == nil {
		list = append(list, commitmentAlerts(m, now)...)
	}
	if since := m.IdleSince; since.OK && !standby && now.Sub(since.V) >= idleTooLong {
		text := fleet.Textf("idle for %s", fleet.Age(now.Sub(since.V)))
		if m.Price.OK {
			text = fleet.Textf("%s, and costs %s an hour", text, m.Price.V.Text())
		}
		list = append(list, fleet.Alert{Level: fleet.LevelInfo, Text: text, Detail: fleet.Text("its GPUs do nothing"),
			Runbook: fleet.Text("machine-idle")})
	}
	return list
}

// noticeAlerts are of what is announced within a week, but for stops of a machine that is said to leave anyway.
func noticeAlerts(m *fleet.Machine, leaves bool, now time.Time) []fleet.Alert {
	var list []fleet.Alert
	for _, n := range m.Notices {
		over := n.Ends.OK && n.Ends.V.Before(now)
		far := n.At.OK && n.At.V.Sub(now) > noticeSoon
		if over || far || leaves && n.Stops {
			continue
		}
		text := n.What
		if n.At.OK && n.At.V.After(now) {
			text = fleet.Textf("in %s: %s", fleet.Age(n.At.V.Sub(now)), n.What)
		}
		list = append(list, fleet.Alert{Level: fleet.LevelInfo, Text: text, Runbook: fleet.Text("machine-maintenance")})
	}
	return list
}

func commitmentAlerts(m *fleet.Machine, now time.Time) []fleet.Alert {
	left := m.Until.V.Sub(now)
	if !m.Until.OK || m.Pricing == fleet.PricingOwned || left <= 0 || left > commitmentSoon {
		return nil
	}
	level := fleet.LevelInfo
	if left <= commitmentNear {
		level = fleet.LevelWarn
	}
	return []fleet.Alert{{Level: level, Text: fleet.Textf("its %s time ends in %s", fleet.Label(string(m.Pricing)), fleet.Age(left)),
		Runbook: fleet.Text("commitment-ends")}}
}

func notEmpty(list ...fleet.Safe) []fleet.Safe {
	out := list[:0]
	for _, x := range list {
		if !x.IsEmpty() {
			out = append(out, x)
		}
	}
	return out
}
