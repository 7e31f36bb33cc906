package world

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// wide is the small fleet with n engines in pool a, of which the last spare ones are not wanted, on as many nodes as they
// fill.
func wide(n, spare int) *Spec {
	s := small(4)
	p := &s.Pools[0]
	p.Replicas, p.Nodes, p.Spare = nil, nil, spare
	for i := range n {
		p.Replicas = append(p.Replicas, fmt.Sprintf("a-r%d", i+1))
		if i%2 == 0 {
			p.Nodes = append(p.Nodes, fmt.Sprintf("a-%02d", i/2+1))
		}
	}
	return s
}

// rolled begins a roll of pool a to another revision that means r.
func rolled(w *World, st Strategy, r Release) string {
	to := revision("a", 77)
	w.Guide("a", st)
	w.Describe("a", to, r)
	w.Roll("a", to)
	return to
}

// each runs the world for a while and looks once a second, until look says that it has seen enough.
func each(w *World, d time.Duration, look func(Workload) bool) bool {
	for range int(d.Seconds()) {
		run(w, time.Second)
		if look(w.Workloads()[0]) {
			return true
		}
	}
	return false
}

func (w Workload) done() bool { return w.Complete && w.Updated == w.Desired && w.Leaving == 0 }

func TestASurgeWithoutASpareDeviceStandsStill(t *testing.T) {
	w := New(small(4))
	run(w, time.Minute)
	to := rolled(w, Strategy{Surge: Amount{N: 1}, Deadline: 300}, Release{})
	var one Workload
	late := 0
	for s := 1; s <= 400; s++ {
		run(w, time.Second)
		if one = w.Workloads()[0]; one.Late && late == 0 {
			late = s
		}
		if one.Ready != 2 || one.Available < one.Least {
			t.Fatalf("after %d s: %+v", s, one)
		}
	}
	if late < 295 || late > 310 || one.Complete {
		t.Errorf("late after %d s: %+v", late, one)
	}
	var waiting []Pod
	for _, p := range w.Pods() {
		if p.Pool == "a" && p.Node == "" {
			waiting = append(waiting, p)
		}
	}
	const words = "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) didn't match Pod's node affinity/selector. " +
		"no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, " +
		"1 Preemption is not helpful for scheduling."
	if len(waiting) != 1 || waiting[0].Phase != PhasePending || waiting[0].Reason != "Unschedulable" || waiting[0].Message != words ||
		waiting[0].Revision != to {
		t.Errorf("%+v", waiting)
	}
	w.Guide("a", Strategy{Unavailable: Amount{N: 1}, Deadline: 300}) // what gets it going again
	if !each(w, 6*time.Minute, Workload.done) || w.Workloads()[0].Late {
		t.Errorf("%+v", w.Workloads()[0])
	}
	checkLedger(t, w)
}

func TestASurgePodTakesTheDevicesThatAreFree(t *testing.T) {
	w := New(wide(3, 1))
	run(w, time.Minute)
	if one := w.Workloads()[0]; one.Desired != 2 || one.Ready != 2 || !one.Complete || len(nodeNamed(w, "a-02").Name) == 0 {
		t.Fatalf("%+v", one)
	}
	rolled(w, Strategy{Surge: Amount{N: 25, Percent: true}, Unavailable: Amount{N: 25, Percent: true}}, Release{})
	most := 0
	done := each(w, 10*time.Minute, func(one Workload) bool {
		if one.Available < 2 || one.Total > 3 {
			t.Fatalf("%+v", one)
		}
		most = max(most, one.Total)
		return one.done()
	})
	if !done || most != 3 {
		t.Errorf("at most %d pods: %+v", most, w.Workloads()[0])
	}
	checkLedger(t, w)
}

func TestNoMorePodsAreMissingThanMay(t *testing.T) {
	w := New(wide(4, 0))
	run(w, time.Minute)
	rolled(w, Strategy{Unavailable: Amount{N: 50, Percent: true}, MinReady: 20}, Release{Load: 30})
	least, ready := 4, 4
	if !each(w, 10*time.Minute, func(one Workload) bool {
		least, ready = min(least, one.Available), min(ready, one.Ready)
		return one.done()
	}) {
		t.Errorf("%+v", w.Workloads()[0])
	}
	if least != 2 || ready != 2 {
		t.Errorf("at least %d were available and %d ready", least, ready)
	}
}

func TestRecreateServesNothingForAWhile(t *testing.T) {
	w := New(small(4))
	run(w, time.Minute)
	to := rolled(w, Strategy{Way: WayRecreate}, Release{})
	none := false
	if !each(w, 5*time.Minute, func(one Workload) bool {
		old, fresh := 0, 0
		for _, p := range w.Pods() {
			switch {
			case p.Pool != "a":
			case p.Revision == to:
				fresh++
			default:
				old++
			}
		}
		if old > 0 && fresh > 0 {
			t.Fatalf("%d old pods beside %d new ones", old, fresh)
		}
		none = none || one.Ready == 0
		return one.done()
	}) || !none {
		t.Errorf("nothing served: %v; %+v", none, w.Workloads()[0])
	}
}

func TestAPausedRollWaitsAndIsScaled(t *testing.T) {
	w := New(wide(4, 0))
	run(w, time.Minute)
	st := Strategy{Unavailable: Amount{N: 1}}
	rolled(w, st, Release{Load: 20})
	if !each(w, 3*time.Minute, func(one Workload) bool { return one.Updated == 2 }) {
		t.Fatalf("%+v", w.Workloads()[0])
	}
	st.Paused = true
	w.Guide("a", st)
	run(w, 3*time.Minute)
	if one := w.Workloads()[0]; one.Updated != 2 || one.Complete || one.Late {
		t.Errorf("the roll went on: %+v", one)
	}
	w.Scale("a", 3)
	run(w, 2*time.Minute)
	if one := w.Workloads()[0]; one.Ready != 3 || one.Total != 3 || one.Updated == 3 {
		t.Errorf("scaled while paused: %+v", one)
	}
	st.Paused = false
	w.Guide("a", st)
	if !each(w, 5*time.Minute, Workload.done) {
		t.Errorf("%+v", w.Workloads()[0])
	}
}

func TestAnImageThatNoRegistryHasStopsTheRoll(t *testing.T) {
	w := New(small(4))
	run(w, time.Minute)
	rolled(w, oneByOne, Release{Image: "x:y", Pull: "not found"})
	seen := map[string]bool{}
	each(w, 3*time.Minute, func(one Workload) bool {
		for _, p := range w.Pods() {
			if p.Pool == "a" && p.Reason != "" {
				seen[p.Reason] = true
				if p.Phase != PhasePending || p.Node == "" && p.Reason != "Unschedulable" {
					t.Errorf("%+v", p)
				}
			}
		}
		return one.Ready == 0
	})
	if one := w.Workloads()[0]; !seen["ErrImagePull"] || !seen["ImagePullBackOff"] || one.Ready != 1 || one.Updated != 1 {
		t.Errorf("%v %+v", seen, one)
	}
	w.Roll("a", "")
	if !each(w, 3*time.Minute, func(one Workload) bool { return one.Ready == 2 && one.Complete }) {
		t.Errorf("after going back: %+v", w.Workloads()[0])
	}
}

func TestWhatAnEngineDiesOf(t *testing.T) {
	for name, c := range map[string]struct {
		release Release
		code    int
		says    string
	}{
		"its arguments":               {Release{Crash: "OSError: no such model"}, 1, "OSError"},
		"a probe that is impatient":   {Release{Load: 120, Grace: 60}, 137, "SIGTERM"},
		"a probe that gives it time ": {Release{Load: 120, Grace: 180}, 0, ""},
	} {
		t.Run(strings.TrimSpace(name), func(t *testing.T) {
			w := New(small(4))
			run(w, time.Minute)
			to := rolled(w, oneByOne, c.release)
			run(w, 10*time.Minute)
			var fresh *Pod
			for _, p := range w.Pods() {
				if p.Revision == to {
					fresh = &p
				}
			}
			if fresh == nil || fresh.LastExit.Code != c.code || (fresh.Restarts > 1) != (c.code != 0) {
				t.Fatalf("%+v", fresh)
			}
			said := false
			for _, l := range w.Logs(fresh.Replica) {
				said = said || strings.Contains(l.Text, c.says)
			}
			if one := w.Workloads()[0]; !said || one.done() != (c.code == 0) || one.Ready < 1 {
				t.Errorf("said %v: %+v", said, one)
			}
		})
	}
}

// A ReplicaSet keeps the patience that it was made with: with a new one that has none, the old pods stay available.
func TestOnlyTheNewestRevisionGetsAnotherPatience(t *testing.T) {
	w := New(wide(4, 0))
	run(w, time.Minute)
	never := Strategy{Unavailable: Amount{N: 1}, MinReady: 1e7}
	rolled(w, never, Release{Load: 20})
	each(w, 5*time.Minute, func(one Workload) bool {
		if one.Updated > 1 || one.Available < 2 {
			t.Fatalf("%+v", one)
		}
		return false
	})
	if one := w.Workloads()[0]; one.Updated != 1 || one.Ready != 4 || one.Available != 3 {
		t.Errorf("%+v", one)
	}
	never.MinReady = 0
	w.Guide("a", never)
	if !each(w, 5*time.Minute, Workload.done) {
		t.Errorf("%+v", w.Workloads()[0])
	}
}
