package world

import (
	"testing"
	"time"
)

func TestDeadlockShowsBusyGPUsThatDoNothing(t *testing.T) {
	w := New(small(4))
	made := window(5, func(w *World) float64 { return replicaOf(w, "b-r2").Stats.Generated })
	inOrder(t, w, "F02", 7*time.Minute,
		signal{"no token in 5 s", func(w *World) bool { return made(w) == 0 && w.Seconds() > 20 }},
		signal{"all GPUs busy on little power", func(w *World) bool {
			for _, g := range replicaOf(w, "b-r2").GPUs {
				if g.Busy < 0.97 || g.Watts > 0.3*g.Device.MaxWatts || g.DRAM > 0.1 {
					return false
				}
			}
			return true
		}},
		signal{"the engine notices", func(w *World) bool { return podOf(w, "b-r2").Restarts > 0 || !replicaOf(w, "b-r2").Up() }},
	)
	w.Stop("F02")
	run(w, 4*time.Minute)
	if r := failRatio(w, "d-b", time.Minute); r > 0.01 || made(w) == 0 {
		t.Errorf("the cause is gone, but %.3f of the requests fail and %v tokens came", r, made(w))
	}
}

func TestLongPromptsFillTheCache(t *testing.T) {
	w := New(small(4))
	a := func(w *World) *Replica { return replicaOf(w, "a-r1") }
	long := above(20, 10_000, func(w *World) *Histogram { return &a(w).Stats.PromptLen })
	slow := above(20, 2.5, func(w *World) *Histogram { return &a(w).Stats.TTFT })
	preempted := window(5, func(w *World) float64 { return a(w).Stats.Preemptions })
	inOrder(t, w, "F03", 6*time.Minute,
		signal{"long prompts", func(w *World) bool { return long(w) > 0.01 }},
		signal{"cache over 0.9", func(w *World) bool { return a(w).Gauges().KV > 0.9 }},
		signal{"preemptions", func(w *World) bool { return preempted(w) > 0 }},
		signal{"a queue", func(w *World) bool { return a(w).Gauges().Waiting > 25 }},
		signal{"slow first tokens", func(w *World) bool { return slow(w) > 0.05 }},
	)
	w.Stop("F03")
	if l := w.Ledger(); l.Failed > l.Opened/50 {
		t.Errorf("%d of %d requests fail; errors come last", l.Failed, l.Opened)
	}
	run(w, 5*time.Minute)
	if g := a(w).Gauges(); g.KV > 0.8 || g.Waiting > 25 {
		t.Errorf("five minutes after the load went: %+v", g)
	}
}

func TestABadFlagStopsTheRollout(t *testing.T) {
	s := small(4)
	s.Routes[0].Rate = 85
	w := New(s)
	queue := mean(20, func(w *World) *Histogram { return &replicaOf(w, "a-r1").Stats.Queue })
	base := 0.0
	inOrder(t, w, "F05", 8*time.Minute,
		signal{"a rollout", func(w *World) bool { return w.Workloads()[0].Previous != "" }},
		signal{"crash loop", func(w *World) bool { p := podOf(w, "a-r2"); return p != nil && p.Reason == "CrashLoopBackOff" }},
		signal{"one ready for long", func(w *World) bool {
			base = max(base, queue(w)*map[bool]float64{true: 1}[w.Seconds() < 120])
			return w.Workloads()[0].Ready == 1 && podOf(w, "a-r2") != nil && podOf(w, "a-r2").Restarts >= 2
		}},
		signal{"longer queue", func(w *World) bool {
			return queue(w) > 1.5*base && podOf(w, "a-r2") != nil && podOf(w, "a-r2").Restarts >= 2
		}},
	)
	p := podOf(w, "a-r2")
	if p.LastExit.Code == 0 || eventOf(w, "BackOff") == nil || w.Workloads()[0].Updated != 1 {
		t.Errorf("%+v, %+v", p, w.Workloads()[0])
	}
	if !replicaOf(w, "a-r1").Up() {
		t.Error("the rollout went on although its first pod is not ready")
	}
	if !w.Roll("a", "") { // what an operator would do
		t.Fatal("no revision to go back to")
	}
	run(w, 2*time.Minute)
	if one := w.Workloads()[0]; one.Ready != 2 || one.Updated != 2 {
		t.Errorf("two minutes after rolling back: %+v", one)
	}
	checkLedger(t, w)
	w.Stop("F05")
}

func TestTheFirstReadyReplicaTakesTheHerd(t *testing.T) {
	s := small(4)
	s.Routes[0].Prompt.Median = 2500
	w := New(s)
	first, second := replicaOf(w, "b-r1"), replicaOf(w, "b-r2")
	slow := above(20, 0.5, func(*World) *Histogram { return &first.Stats.TTFT })
	inOrder(t, w, "F09", 4*time.Minute,
		signal{"none ready", func(w *World) bool { return w.Workloads()[1].Ready == 0 }},
		signal{"one queue much longer", func(*World) bool {
			return first.Gauges().Waiting+first.Gauges().Running > 100 && second.Gauges().Waiting == 0
		}},
		signal{"first tokens ten times slower", func(w *World) bool { return slow(w) > 0.5 }},
		signal{"readiness flaps", func(*World) bool { return first.Up() && !podOf(w, "b-r1").Ready }},
	)
	w.Stop("F09")
	run(w, 5*time.Minute)
	if r := failRatio(w, "d-b", time.Minute); r > 0.01 || w.Workloads()[1].Ready != 2 {
		t.Errorf("the cause is gone, but %.3f of the requests fail: %+v", r, w.Workloads()[1])
	}
}

func TestAnUpgradeRenamesOneEngineAfterTheOther(t *testing.T) {
	s := small(4)
	s.Pools[1].Legacy = true
	w := New(s)
	b := s.Pools[1].Replicas
	inOrder(t, w, "F13", 5*time.Minute,
		signal{"one down", func(w *World) bool { return w.Workloads()[1].Ready == 1 }},
		signal{"last engine renamed", func(w *World) bool { return replicaOf(w, b[1]).Upgraded() }},
		signal{"first engine renamed", func(w *World) bool { return replicaOf(w, b[0]).Upgraded() }},
	)
	for _, name := range b {
		if r := replicaOf(w, name); r.Legacy() || !r.Up() || replicaOf(w, "a-r1").Legacy() {
			t.Errorf("%s: legacy %v, up %v", name, r.Legacy(), r.Up())
		}
	}
	if r := failRatio(w, "d-b", time.Minute); r > 0.01 {
		t.Errorf("the upgrade fails %.3f of the requests", r)
	}
	w.Stop("F13")
	run(w, 4*time.Minute)
	if !replicaOf(w, b[0]).Legacy() || !replicaOf(w, b[1]).Legacy() || w.Workloads()[1].Ready != 2 {
		t.Error("going back does not bring the old names back")
	}
}
