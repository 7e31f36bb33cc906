package world

import (
	"strings"
	"testing"
	"time"
)

func TestAGPUOffTheBusTakesItsGroupDown(t *testing.T) {
	w := New(small(4))
	r := replicaOf(w, "b-r2")
	g := r.GPUs[3]
	inOrder(t, w, "F14", 3*time.Minute,
		signal{"Xid 79", func(*World) bool { return g.Faults.Xid == 79 }},
		signal{"its series are gone", func(*World) bool { return g.Lost }},
		signal{"one device less", func(w *World) bool { return nodeNamed(w, g.Node).Allocatable == 7 }},
		signal{"the group is down", func(w *World) bool { return !r.Up() && !podOf(w, "b-r2").Ready }},
		signal{"it does not come back", func(w *World) bool { return podOf(w, "b-r2").Restarts >= 2 }},
	)
	w.DeletePod("b-r2") // a new pod on the same node finds too few devices
	run(w, 10*time.Second)
	if p := podOf(w, "b-r2"); p.Phase != PhasePending || p.Reason != "Unschedulable" || !strings.Contains(p.Message, "Insufficient") {
		t.Errorf("a new pod: %+v", p)
	}
	if r := failRatio(w, "d-b", time.Minute); r > 0.01 {
		t.Errorf("the service still sends to the dead group: %.3f of the requests fail", r)
	}
	w.Stop("F14")
	run(w, 4*time.Minute)
	if n := nodeNamed(w, g.Node); n.Allocatable != 8 || w.Workloads()[1].Ready != 2 || g.Lost {
		t.Errorf("after the repair: %+v, %+v", n, w.Workloads()[1])
	}
	checkLedger(t, w)
}

func TestMemoryErrors(t *testing.T) {
	w := New(small(4))
	r := replicaOf(w, "b-r1")
	g := r.GPUs[1]
	inOrder(t, w, "F15", 3*time.Minute,
		signal{"Xid 94", func(*World) bool { return g.Faults.Xid == 94 }},
		signal{"a row is remapped", func(*World) bool { return g.Faults.RemapPending && g.Faults.Remapped == 1 }},
		signal{"the engine aborts", func(w *World) bool { return !r.Up() && podOf(w, "b-r1").LastExit.Code == 134 }},
		signal{"and serves again", func(w *World) bool { return r.Up() && podOf(w, "b-r1").Restarts == 1 }},
	)
	if nodeNamed(w, g.Node).Allocatable != 8 || g.Broken {
		t.Error("a contained error takes the device away")
	}
	w.Stop("F15")
	run(w, 3*time.Minute)
	if g.Faults.RemapPending || g.Faults.Xid != 94 || !r.Up() {
		t.Errorf("after the reset: %+v, up %v", g.Faults, r.Up())
	}
	w = New(small(4))
	g = replicaOf(w, "b-r2").GPUs[2]
	inOrder(t, w, "F15B", 3*time.Minute,
		signal{"Xid 95", func(*World) bool { return g.Faults.Xid == 95 }},
		signal{"the device is taken away", func(w *World) bool { return nodeNamed(w, g.Node).Allocatable == 7 }},
		signal{"the engine dies again and again", func(w *World) bool { return podOf(w, "b-r2").Restarts >= 2 }},
	)
	w.Stop("F15B")
	run(w, 4*time.Minute)
	if w.Workloads()[1].Ready != 2 || nodeNamed(w, g.Node).Allocatable != 8 {
		t.Errorf("after the reset: %+v", w.Workloads()[1])
	}
}

func TestAWeakLinkSlowsOneGroup(t *testing.T) {
	w := New(small(4))
	r, peer := replicaOf(w, "b-r1"), replicaOf(w, "b-r2")
	step, other := mean(15, func(*World) *Histogram { return &r.Stats.ITL }), mean(15, func(*World) *Histogram { return &peer.Stats.ITL })
	at := firsts(t, w, "F16", 2*time.Minute,
		signal{"replays", func(*World) bool { return r.GPUs[0].Faults.Replays > 0 && r.GPUs[1].Faults.Replays > 0 }},
		signal{"slow group", func(w *World) bool { a, b := step(w), other(w); return w.Seconds() > 30 && a > 1.4*b }},
		signal{"Xid 74", func(*World) bool { return r.GPUs[0].Faults.Xid == 74 && r.GPUs[1].Faults.Xid == 74 }},
	)
	if at[1] > 20 || at[0] > 5 {
		t.Errorf("the group is slow after %d s", at[1])
	}
	for _, g := range append(r.GPUs[2:], peer.GPUs...) {
		if g.Faults.Xid != 0 || g.Faults.Replays != 0 {
			t.Errorf("GPU %d of %s is not at the link", g.Index, g.Owner.Name)
		}
	}
	w.Stop("F16")
	watch(w, time.Minute, step, other)
	if a, b := step(w), other(w); a > 1.2*b {
		t.Errorf("the link is sound again, but steps take %.3f s against %.3f s", a, b)
	}
}

func TestHeatSlowsWhatWorksOnTheNode(t *testing.T) {
	w := New(small(4))
	r, peer := replicaOf(w, "b-r1"), replicaOf(w, "a-r1")
	g := r.GPUs[0]
	step := mean(15, func(*World) *Histogram { return &r.Stats.ITL })
	base, util := 0.0, 0.0
	inOrder(t, w, "F17", 5*time.Minute,
		signal{"temperature at the limit", func(w *World) bool {
			if s := step(w); w.Seconds() < 119 {
				base, util = s, g.Busy
			}
			return g.Temp > hotAt-2
		}},
		signal{"lower clock", func(*World) bool { return g.Clock < 0.7*g.Device.BoostMHz }},
		signal{"slower steps", func(w *World) bool { return step(w) > 1.25*base && w.Seconds() > 60 }},
	)
	if got := step(w); got > 2.2*base || g.Busy < util-0.1 {
		t.Errorf("steps take %.3f s, before %.3f s; utilisation %.2f, before %.2f", got, base, g.Busy, util)
	}
	if peer.GPUs[0].Hot() || peer.GPUs[0].Temp > 80 {
		t.Error("another node is hot as well")
	}
	w.Stop("F17")
	watch(w, 3*time.Minute, step)
	if g.Hot() || step(w) > 1.3*base {
		t.Errorf("the cooling works again, but the clock is at %.0f MHz", g.Clock)
	}
	idle := small(4)
	idle.Routes[0].Rate = 0.01
	w = New(idle)
	w.Start("F17", t0)
	run(w, 5*time.Minute)
	if replicaOf(w, "b-r1").GPUs[0].Hot() {
		t.Error("an idle node overheats")
	}
}
