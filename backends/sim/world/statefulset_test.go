package world

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// ordinal is the small fleet with a StatefulSet of four in pool a.
func ordinal() *World {
	s := wide(4, 0)
	s.Pools[0].Stateful = true
	for i := range s.Pools[0].Replicas {
		s.Pools[0].Replicas[i] = fmt.Sprintf("a-%d", i)
	}
	w := New(s)
	w.Guide("a", Strategy{})
	run(w, time.Minute)
	return w
}

// order watches pool a for a while and tells in which order its pods became of a revision.
func order(w *World, d time.Duration, revision string) []string {
	var list []string
	each(w, d, func(Workload) bool {
		for _, p := range w.Pods() {
			if p.Pool == "a" && p.Revision == revision && p.Ready && !slices.Contains(list, p.Name) {
				list = append(list, p.Name)
			}
		}
		return false
	})
	return list
}

func TestOrdinalsRollFromTheLastToThePartition(t *testing.T) {
	w := ordinal()
	to := rolled(w, Strategy{Partition: 2}, Release{Load: 20})
	if got := order(w, 4*time.Minute, to); !slices.Equal(got, []string{"a-3", "a-2"}) {
		t.Errorf("rolled %v", got)
	}
	one := w.Workloads()[0]
	if one.Updated != 2 || one.Ready != 4 || one.Current == one.Revision || !one.Complete {
		t.Errorf("%+v", one)
	}
	w.DeletePod("a-0") // below the partition the old revision comes back
	run(w, 2*time.Minute)
	if p := podOf(w, "a-0"); p.Revision == to || !p.Ready {
		t.Errorf("%+v", p)
	}
	w.Guide("a", Strategy{})
	if got := order(w, 4*time.Minute, to); len(got) != 4 || w.Workloads()[0].Current != to {
		t.Errorf("%v %+v", got, w.Workloads()[0])
	}
}

func TestABrokenOrdinalBlocksTheWayBack(t *testing.T) {
	w := ordinal()
	old := w.Workloads()[0].Revision
	rolled(w, Strategy{}, Release{Pull: "not found"})
	run(w, 2*time.Minute)
	if one := w.Workloads()[0]; one.Ready != 3 || one.Updated != 1 {
		t.Fatalf("%+v", one)
	}
	w.Roll("a", old)
	run(w, 5*time.Minute)
	if p := podOf(w, "a-3"); p.Ready || p.Revision == old {
		t.Errorf("the broken pod was replaced: %+v", p)
	}
	w.DeletePod("a-3")
	run(w, 3*time.Minute)
	if one := w.Workloads()[0]; one.Ready != 4 || one.Current != old || podOf(w, "a-3").Revision != old {
		t.Errorf("%+v", one)
	}
}

func TestOrdinalsComeAndGoInOrder(t *testing.T) {
	w := ordinal()
	w.Scale("a", 1)
	run(w, 3*time.Minute)
	if one := w.Workloads()[0]; one.Ready != 1 || podOf(w, "a-0") == nil {
		t.Errorf("%+v", one)
	}
	w.Scale("a", 6)
	up := order(w, 8*time.Minute, w.Workloads()[0].Revision)
	if !slices.Equal(up, []string{"a-0", "a-1", "a-2", "a-3"}) {
		t.Errorf("came %v", up)
	}
	waiting := 0
	for _, p := range w.Pods() {
		if p.Pool == "a" && p.Phase == PhasePending {
			waiting++
			if p.Name != "a-4" {
				t.Errorf("%s waits", p.Name)
			}
		}
	}
	if waiting != 1 {
		t.Errorf("%d wait", waiting)
	}
}

func TestOnDeleteWaitsForSomebodyToDelete(t *testing.T) {
	w := ordinal()
	to := rolled(w, Strategy{Way: WayOnDelete}, Release{Load: 20})
	run(w, 3*time.Minute)
	if one := w.Workloads()[0]; one.Updated != 0 {
		t.Errorf("%+v", one)
	}
	w.DeletePod("a-1")
	run(w, 3*time.Minute)
	if p := podOf(w, "a-1"); p.Revision != to || !p.Ready || w.Workloads()[0].Updated != 1 {
		t.Errorf("%+v", p)
	}
}
