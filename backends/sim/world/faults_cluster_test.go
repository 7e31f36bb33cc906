package world

import (
	"slices"
	"testing"
	"time"
)

// spare is the small fleet with a node for each replica and one more in pool a.
func spare(seed uint64) *Spec {
	s := small(seed)
	for i := range s.Pools {
		s.Pools[i].GPUs = 8
	}
	s.Pools[0].Nodes, s.Pools[1].Nodes = []string{"a-01", "a-02", "a-03"}, []string{"b-01", "b-02"}
	s.Pools[0].Cost.Capacity *= 2
	return s
}

// rejected counts the pods that a node has failed.
func rejected(w *World, node string) int {
	n := 0
	for _, p := range w.Pods() {
		if p.Phase == PhaseFailed && p.Node == node && p.Reason == "UnexpectedAdmissionError" {
			n++
		}
	}
	return n
}

func TestABlackHoleSwallowsPods(t *testing.T) {
	s := spare(4)
	s.Pools[0].Nodes = s.Pools[0].Nodes[:2]
	w := New(s)
	inOrder(t, w, "F18", 4*time.Minute,
		signal{"one replica less", func(w *World) bool { return w.Workloads()[0].Ready == 1 }},
		signal{"a pod fails", func(w *World) bool { return rejected(w, "a-02") > 0 }},
		signal{"many pods fail", func(w *World) bool { return rejected(w, "a-02") > 10 }},
	)
	if n := nodeNamed(w, "a-02"); !n.Ready || n.Allocatable != 8 {
		t.Errorf("the black hole does not look well: %+v", n)
	}
	if w.Workloads()[0].Ready != 1 || rejected(w, "a-01") != 0 {
		t.Errorf("%+v", w.Workloads()[0])
	}
	w.Stop("F18")
	run(w, 2*time.Minute)
	if w.Workloads()[0].Ready != 2 || podOf(w, "a-r2").Node != "a-02" {
		t.Errorf("the node is sound again: %+v", w.Workloads()[0])
	}
	checkLedger(t, w)
}

func TestACordonedBlackHoleIsPassedOver(t *testing.T) {
	w := New(spare(4))
	w.SetTaints("a-03", []Taint{{Key: "maintenance", Effect: "NoSchedule"}})
	w.Start("F18", t0.Add(time.Minute))
	run(w, 2*time.Minute)
	before := rejected(w, "a-02")
	if before == 0 || !w.Cordon("a-02", true) || w.Cordon("nowhere", true) {
		t.Fatalf("%d pods failed", before)
	}
	run(w, time.Minute)
	if p := podOf(w, "a-r2"); rejected(w, "a-02") != before || p.Reason != "Unschedulable" || eventOf(w, "FailedScheduling") == nil {
		t.Errorf("nowhere to go: %+v", p)
	}
	w.SetTaints("a-03", nil)
	run(w, 90*time.Second)
	p := podOf(w, "a-r2")
	if p.Node != "a-03" || !p.Ready || replicaOf(w, "a-r2").GPUs[0].Node != "a-03" {
		t.Errorf("a node is free: %+v", p)
	}
	run(w, time.Minute)
	if replicaOf(w, "a-r2").Stats.Generated == 0 || replicaOf(w, "a-r2").GPUs[0].Busy == 0 {
		t.Error("the moved replica does nothing")
	}
	checkLedger(t, w)
}

func TestTelemetryOfASite(t *testing.T) {
	for id, want := range map[string]Telemetry{"F40": TelemetrySilent, "F40B": TelemetryFrozen} {
		s := small(4)
		s.Pools[0].Site, s.Pools[1].Site = "x", "y"
		w, quiet := New(s), New(s)
		w.Start(id, t0.Add(time.Minute))
		run(w, 59*time.Second)
		if w.Telemetry("x") != TelemetryLive {
			t.Errorf("%s begins early", id)
		}
		run(w, 2*time.Minute)
		run(quiet, 179*time.Second)
		if w.Telemetry("x") != want || w.Telemetry("y") != TelemetryLive {
			t.Errorf("%s: %v and %v", id, w.Telemetry("x"), w.Telemetry("y"))
		}
		w.Stop(id)
		if w.Telemetry("x") != TelemetryLive || w.digest() != quiet.digest() {
			t.Errorf("%s touches more than what is seen", id)
		}
	}
}

// Machines that are taken back are announced, then gone with the pods on them; the rest of the pool serves on, and they come back.
func TestMachinesAreTakenBack(t *testing.T) {
	w := New(spare(4))
	gone := func(w *World) bool {
		return !slices.ContainsFunc(w.Nodes(), func(n Node) bool { return n.Name == "b-02" })
	}
	inOrder(t, w, "F22", 4*time.Minute,
		signal{"the notice", func(w *World) bool { at, _ := w.Rented("b-02"); return !at.IsZero() }},
		signal{"the node is gone", gone},
		signal{"one replica less", func(w *World) bool { return w.Workloads()[1].Ready == 1 }},
		signal{"a pod finds no node", func(w *World) bool { return podOf(w, "b-r2").Reason == "Unschedulable" }},
	)
	if at, _ := w.Rented("b-01"); !at.IsZero() || w.Workloads()[0].Ready != 2 || eventOf(w, "DeletingNode") == nil {
		t.Errorf("others are touched: %+v", w.Workloads())
	}
	w.Stop("F22")
	run(w, 2*time.Minute)
	if at, left := w.Rented("b-02"); !at.IsZero() || left || w.Workloads()[1].Ready != 2 || podOf(w, "b-r2").Node != "b-02" {
		t.Errorf("it is back: %+v", w.Workloads()[1])
	}
	if err := w.Inject(Injection{ID: "F22", On: "a", Magnitudes: Magnitudes{"share": 1, "notice": 30}, At: w.Now()}); err != nil {
		t.Fatal(err)
	}
	run(w, 32*time.Second)
	if n := len(w.Nodes()); n != 2 {
		t.Errorf("%d nodes are left of five", n)
	}
	checkLedger(t, w)
}
