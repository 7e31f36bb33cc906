package backends

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

func hourly(cents int64, currency string) fleet.Maybe[fleet.Money] {
	return fleet.Some(fleet.NewMoney(decimal.New(cents, -2), currency))
}

// rented is a bench with an account of machines, of which one is the node n1.
func rented(t *testing.T, read func(now time.Time) (fleet.ComputeReading, error), util fleet.Ratio) *bench {
	t.Helper()
	return newBenchIn(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"prom": func(now time.Time) (fleet.Partial, error) {
			c, err := read(now)
			return fleet.Partial{Compute: &c}, err
		},
		"n1": gpuPage(func(time.Time) []fleet.GPUReading {
			return []fleet.GPUReading{{ID: "a", Index: "0", Util: fleet.Some(util)}, {ID: "b", Index: "1", Util: fleet.Some(util)}}
		}),
		"r1": steady(1000, 10), "r2": steady(1000, 10),
	}, func(inv *fleet.Inventory) {
		inv.Accounts = []fleet.AccountSpec{{ID: "cloud", Kind: "lambda", Site: "fra"}, {ID: "unread", Kind: "lambda"}}
		inv.Pools[0].Replicas[0].Node = "n1"
	}, map[fleet.SourceID]fleet.Subject{"prom": {Account: "cloud"}})
}

// alertsOn are the texts of the alerts of one object.
func alertsOn(s *fleet.Snapshot, object string) []string {
	var list []string
	for i := range s.Alerts {
		if s.Alerts[i].Object.String() == object {
			list = append(list, s.Alerts[i].Text.String())
		}
	}
	return list
}

func machinesOf(list ...fleet.Machine) fleet.ComputeReading {
	return fleet.ComputeReading{Machines: list}
}

func TestAccountsAreJoinedAndAddedUp(t *testing.T) {
	b := rented(t, func(now time.Time) (fleet.ComputeReading, error) {
		if now.After(start.Add(4 * time.Minute)) {
			return fleet.ComputeReading{}, &fleet.Error{Kind: fleet.KindServer, Op: "read", Err: errors.New("500")}
		}
		c := machinesOf(
			fleet.Machine{ID: "i-1", GPUs: fleet.Some(2), Price: hourly(850, fleet.USD), Addresses: []string{"10.0.0.9", "N1"}},
			fleet.Machine{ID: "i-2", State: fleet.MachineRunning, Price: hourly(150, fleet.USD)},
			fleet.Machine{ID: "i-3", State: fleet.MachineRunning},
			fleet.Machine{ID: "i-4", State: fleet.MachineRunning, Price: hourly(300, "EUR")},
			fleet.Machine{ID: "i-5", State: fleet.MachineGone, Price: hourly(9999, fleet.USD)},
			fleet.Machine{ID: "i-6", State: fleet.MachineStopped})
		c.Balance, c.Spends = hourly(10000, fleet.USD), hourly(2000, fleet.USD)
		return c, nil
	}, .6)
	s := b.after(2 * time.Minute)
	if len(s.Accounts) != 2 || !s.Accounts[1].Stale || s.Accounts[1].Burn.OK {
		t.Fatalf("%+v", s.Accounts)
	}
	a := &s.Accounts[0]
	if m := &a.Machines[0]; m.Node != "n1" || m.Pool != "p" || m.Site != "fra" || m.State != fleet.MachineRunning ||
		m.Util != fleet.Some(fleet.Ratio(.6)) || m.IdleSince.OK {
		t.Errorf("%+v", m)
	}
	if a.Burn != fleet.Some(fleet.USDPerHour(10)) || a.BurnWhy.String() != "without 1 machine: no price, without 1 machine: not in dollars" {
		t.Errorf("burn %v, %q", a.Burn, a.BurnWhy)
	}
	if a.Utilised != fleet.Some(fleet.Ratio(.6)) {
		t.Errorf("used %v", a.Utilised)
	}
	// The provider says $20 an hour, storage with it: $100 last five hours.
	if end := a.BalanceEnds; !end.OK || end.V.Sub(a.At) != 5*time.Hour {
		t.Errorf("the balance ends %v after %v", end, a.At)
	}
	if got := alertsOn(s, "cloud"); len(got) != 1 || !strings.Contains(got[0], "its balance of $100.00 ends in") {
		t.Errorf("%q", got)
	}
	if s = b.after(5 * time.Minute); !s.Accounts[0].Stale || s.Accounts[0].Err.IsEmpty() || len(s.Accounts[0].Machines) != 6 {
		t.Errorf("%+v", s.Accounts[0])
	}
}

// A machine that is going to be lost marks its node and is no spare capacity; one far from it is spoken of only.
func TestALeavingMachineMarksItsNode(t *testing.T) {
	end := start.Add(24*time.Hour + 2*time.Minute)
	b := rented(t, func(time.Time) (fleet.ComputeReading, error) {
		return machinesOf(fleet.Machine{ID: "n1", State: fleet.MachineRunning, Addresses: []string{"n1"}, Pricing: fleet.PricingReserved,
			Until:   fleet.Some(end),
			Notices: []fleet.MachineNotice{{What: fleet.Text("cable work"), At: fleet.Some(start.Add(50 * time.Hour))}}}), nil
	}, .6)
	s := b.after(time.Minute)
	if p := s.Pool("p"); p.Nodes[0].Leaves != nil || p.Lasting() != 1 {
		t.Errorf("%+v, %v", p.Nodes[0].Leaves, p.Lasting())
	}
	if got := strings.Join(alertsOn(s, "n1"), "; "); !strings.Contains(got, "cable work") || !strings.Contains(got,
		"its reserved time ends in 24h") {
		t.Errorf("%q", got)
	}
	s = b.after(2 * time.Minute)
	p := s.Pool("p")
	if n := p.Nodes[0]; n.State != fleet.StateWarn || !strings.Contains(n.Why.String(), "leaves in 23h") {
		t.Errorf("%s %q", n.State, n.Why)
	}
	if d := p.Nodes[0].Leaves; d == nil || !d.At.V.Equal(end) || p.Lasting() != .5 {
		t.Fatalf("%+v, %v", d, p.Lasting())
	}
	if got := strings.Join(alertsOn(s, "n1"), "; "); !strings.Contains(got, "leaves in 23h: its reserved time ends") {
		t.Errorf("%q", got)
	}
}

func TestAPaidMachineThatIdlesIsSaid(t *testing.T) {
	w := &world{idle: map[string]time.Time{}}
	said := func(after time.Duration, m fleet.Machine, standby bool) string {
		w.watchIdle(m.ID, &m, start.Add(after))
		list := machineAlerts(&m, standby, start.Add(after))
		if len(list) == 0 {
			return ""
		}
		return list[0].Text.String()
	}
	paid := fleet.Machine{ID: "x", State: fleet.MachineRunning, Price: hourly(429, fleet.USD), Util: fleet.Some(fleet.Ratio(0))}
	free, works, dark, off := paid, paid, paid, paid
	free.ID, free.Price = "free", hourly(0, fleet.USD)
	works.Util, dark.Util, off.State = fleet.Some(fleet.Ratio(.4)), fleet.None[fleet.Ratio](), fleet.MachineStopped
	for i, x := range []struct {
		after   time.Duration
		m       fleet.Machine
		standby bool
		want    string
	}{
		{0, paid, false, ""}, {59 * time.Minute, paid, false, ""}, {70 * time.Minute, paid, false, "idle for 70m, and costs $4.29 an hour"},
		{70 * time.Minute, paid, true, ""}, {71 * time.Minute, works, false, ""}, {72 * time.Minute, paid, false, ""},
		{132 * time.Minute, paid, false, "idle for 60m, and costs $4.29 an hour"}, {133 * time.Minute, dark, false, ""}, {300 * time.Minute,
			off, false, ""},
		{0, free, false, ""}, {300 * time.Minute, free, false, ""},
	} {
		if got := said(x.after, x.m, x.standby); got != x.want {
			t.Errorf("%d: %q, want %q", i, got, x.want)
		}
	}
}

func TestWhatClustersTellOfTheirNodes(t *testing.T) {
	for _, x := range []struct {
		node  fleet.KubeNode
		what  string
		stops bool
	}{
		{fleet.KubeNode{}, "", false},
		{fleet.KubeNode{Unscheduled: true}, "", false},
		{fleet.KubeNode{Taints: []fleet.Safe{fleet.Text("nvidia.com/gpu:NoSchedule"),
			fleet.Text("aws-node-termination-handler/spot-itn=123:NoSchedule")}}, "spot interruption", true},
		{fleet.KubeNode{Taints: []fleet.Safe{fleet.Text("aws-node-termination-handler/rebalance-recommendation=1:NoSchedule")}}, "rebalance",
			false},
		{fleet.KubeNode{Taints: []fleet.Safe{fleet.Text("cloud.google.com/impending-node-termination::NoSchedule")}}, "", false}, // no such key
		{fleet.KubeNode{Taints: []fleet.Safe{fleet.Text("cloud.google.com/impending-node-termination:NoSchedule")}}, "its cloud ends it", true},
		{fleet.KubeNode{Lifecycle: fleet.Text("triage")}, "state triage", true},
		{fleet.KubeNode{Lifecycle: fleet.Text("production"), Unscheduled: true}, "cordoned", true},
		{fleet.KubeNode{Lifecycle: fleet.Text("production")}, "", false},
		{fleet.KubeNode{Conditions: []fleet.NodeCondition{{Type: fleet.Text("VMEventScheduled"), Status: fleet.Text("True"),
			Why: fleet.Text("PreemptScheduled")}}}, "PreemptScheduled", true},
		{fleet.KubeNode{Conditions: []fleet.NodeCondition{{Type: fleet.Text("VMEventScheduled"), Status: fleet.Text("False")}}}, "", false},
	} {
		got := kubeNotices(&x.node)
		if (len(got) == 0) != (x.what == "") || len(got) > 0 && (!strings.Contains(got[0].What.String(), x.what) || got[0].Stops != x.stops) {
			t.Errorf("%+v tells %+v, want %q", x.node, got, x.what)
		}
	}
	if !interruptible(&fleet.KubeNode{Taints: []fleet.Safe{fleet.Text("qos.coreweave.cloud/interruptable:NoExecute")}}) {
		t.Error("interruptible capacity is not known as such")
	}
}

// A name that two nodes have joins a machine with neither.
func TestANameOfTwoNodesJoinsNothing(t *testing.T) {
	b := &nodeBook{known: map[string]*nodeEntry{}}
	b.name(&nodeEntry{id: "a", kube: &fleet.KubeNode{Provider: "aws:///us-east-1a/i-0abc", Addresses: []string{"10.0.0.1"}}}, "a")
	b.name(&nodeEntry{id: "b", kube: &fleet.KubeNode{Provider: "aws:///us-east-1a/i-0def", Addresses: []string{"10.0.0.1"}}}, "b")
	for name, want := range map[string]fleet.NodeID{"I-0ABC": "a", "i-0def": "b", "10.0.0.1": "", "c": "", "": ""} {
		got := fleet.NodeID("")
		if e := b.find(&fleet.Machine{Addresses: []string{name}}); e != nil {
			got = e.id
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestANodeIsFoundInItsCluster(t *testing.T) {
	s := &fleet.Snapshot{Clusters: []*fleet.Cluster{{ID: "x", Nodes: []*fleet.KubeNode{{Name: "a"}, {Name: "b"}, {Name: "d"}}}, {ID: "y", Nodes: []*fleet.KubeNode{{Name: "c"}}}}}
	pool := &fleet.Pool{Spec: fleet.PoolSpec{Workload: fleet.ObjectRef{Cluster: "y"}}}
	for _, x := range []struct {
		id, object string
		want       *fleet.KubeNode
	}{{"n", "b", s.Clusters[0].Nodes[1]}, {"n", "e", nil}, {"c", "", s.Clusters[1].Nodes[0]}, {"a", "", nil}, {"", "", nil}} {
		e := &nodeEntry{id: fleet.NodeID(x.id), pool: pool, spec: fleet.NodeSpec{Object: fleet.ObjectRef{Cluster: "x", Name: x.object}}}
		if got := kubeOf(s, e); got != x.want {
			t.Errorf("%+v: %+v", x, got)
		}
	}
}
