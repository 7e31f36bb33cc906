package world

import (
	"testing"
	"time"
)

// tally adds a member's counters up over all gateway replicas.
func tally(w *World, id string) (total, failed float64) {
	for _, g := range w.Gateways {
		for _, d := range g.Stats.Deployments {
			if d.Spec.ID == id {
				total += d.Total
				failed += d.Total - d.Success
			}
		}
	}
	return total, failed
}

// failRatio is a member's failure ratio over the next d.
func failRatio(w *World, id string, d time.Duration) float64 {
	n0, f0 := tally(w, id)
	run(w, d)
	n1, f1 := tally(w, id)
	return (f1 - f0) / (n1 - n0)
}

func TestZombieEngine(t *testing.T) {
	w := New(small(4))
	run(w, 2*time.Minute)
	zombie, peer := w.Replicas[1], w.Replicas[0]
	w.Start("F01", w.Now())
	run(w, time.Second)
	made, others := zombie.Stats.Generated, peer.Stats.Generated
	if g := zombie.Gauges(); g.Running == 0 {
		t.Fatal("the frozen engine shows no work")
	}
	run(w, 2*time.Minute)
	if zombie.Stats.Generated != made {
		t.Error("a frozen engine makes tokens")
	}
	if peer.Stats.Generated == others {
		t.Error("its peer stopped too")
	}
	if r := failRatio(w, "d-a", 2*time.Minute); r < 0.2 {
		t.Errorf("half of the member's engines are dead, but only %.2f of its requests fail", r)
	}
	if g := zombie.GPUs[0]; g.Busy > 0.01 || g.Watts > g.Device.IdleWatts*1.1 {
		t.Errorf("the GPU of a frozen engine works: %.2f, %.0f W", g.Busy, g.Watts)
	}
	w.Stop("F01")
	run(w, 3*time.Minute)
	if r := failRatio(w, "d-a", 2*time.Minute); r > 0.01 {
		t.Errorf("the cause is gone, but %.3f of the requests fail", r)
	}
	if zombie.Stats.Generated == made {
		t.Error("the engine did not come back")
	}
}

func TestBrownoutGrowsAndGoes(t *testing.T) {
	w := New(small(6))
	run(w, 5*time.Minute)
	if r := failRatio(w, "d-p", 5*time.Minute); r > 0.02 {
		t.Fatalf("the provider fails %.3f in normal times", r)
	}
	w.Start("F32", w.Now())
	early := failRatio(w, "d-p", 110*time.Second)
	run(w, time.Minute)
	late := failRatio(w, "d-p", 5*time.Minute)
	if early < 0.01 || early > 0.12 || late < 0.15 || late > 0.40 {
		t.Errorf("failures went %.3f, then %.3f; the cause was 5 %%, then 25 %%", early, late)
	}
	w.Stop("F32")
	run(w, time.Minute)
	if r := failRatio(w, "d-p", 5*time.Minute); r > 0.02 {
		t.Errorf("the cause is gone, but %.3f fails", r)
	}
}

func weightOn(g *Gateway, id string) float64 {
	for _, r := range g.Rows {
		if r.Spec.ID == id {
			v, _ := r.Weight()
			return v
		}
	}
	return -1
}

func TestSplitBrainAndItsCure(t *testing.T) {
	w := New(small(4))
	run(w, time.Minute)
	deaf := w.Gateways[2]
	w.Start("F24", w.Now())
	run(w, 2*time.Minute)
	if got := weightOn(deaf, "d-a"); got != 80 {
		t.Fatalf("the replica holds %v, not the weight from before the last change", got)
	}
	if got := weightOn(w.Gateways[0], "d-a"); got != 60 {
		t.Fatalf("a healthy replica holds %v", got)
	}
	w.Gateways[0].Write("d-a", Change{Params: map[string]any{"weight": 40.0}}, w.Now())
	run(w, time.Minute)
	if got := weightOn(w.Gateways[1], "d-a"); got != 40 {
		t.Errorf("a healthy replica did not take the change over: %v", got)
	}
	if got := weightOn(deaf, "d-a"); got != 80 {
		t.Errorf("the deaf replica heard of the change: %v", got)
	}
	deaf.Write("d-a", Change{}, w.Now())
	if got := weightOn(deaf, "d-a"); got != 40 {
		t.Errorf("a write to the replica itself did not make it reload: %v", got)
	}
	w.Stop("F24")
	w.Gateways[0].Write("d-a", Change{Params: map[string]any{"weight": 20.0}}, w.Now())
	run(w, 31*time.Second)
	if got := weightOn(deaf, "d-a"); got != 20 {
		t.Errorf("the cause is gone, but the replica still holds %v", got)
	}
}

func TestWeightsMoveTrafficOncePolled(t *testing.T) {
	w := New(small(9))
	run(w, time.Minute)
	share := func(d time.Duration) float64 {
		a0, _ := tally(w, "d-a")
		b0, _ := tally(w, "d-b")
		p0, _ := tally(w, "d-p")
		run(w, d)
		a1, _ := tally(w, "d-a")
		b1, _ := tally(w, "d-b")
		p1, _ := tally(w, "d-p")
		return (b1 - b0) / (a1 - a0 + b1 - b0 + p1 - p0)
	}
	if s := share(3 * time.Minute); s < 0.27 || s > 0.33 {
		t.Errorf("set 30 of 100, seen %.3f", s)
	}
	g := w.Gateways[0]
	g.Write("d-b", Change{Params: map[string]any{"weight": 60.0}}, w.Now())
	g.Write("d-a", Change{Params: map[string]any{"weight": 30.0}}, w.Now())
	if weightOn(w.Gateways[1], "d-b") != 30 {
		t.Error("another replica knew of the change at once")
	}
	run(w, 31*time.Second)
	if s := share(3 * time.Minute); s < 0.57 || s > 0.63 {
		t.Errorf("set 60 of 100, seen %.3f", s)
	}
	blocked := true
	g.Write("d-b", Change{Blocked: &blocked}, w.Now())
	run(w, 31*time.Second)
	if s := share(time.Minute); s != 0 {
		t.Errorf("a blocked member takes %.3f", s)
	}
}
