package world

import (
	"strings"
	"testing"
	"time"
)

func TestACauseIsPutOnAnObjectWithItsOwnStrengthForATime(t *testing.T) {
	w := New(small(6))
	run(w, 5*time.Minute)
	name := w.Objects("F32")[0]
	at := w.Now().Add(time.Minute)
	if err := w.Inject(Injection{ID: "F32", On: name, Magnitudes: Magnitudes{"early": 0.5, "slow": 1}, At: at, Until: at.Add(3 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if r := failRatio(w, "d-p", 50*time.Second); r > 0.03 {
		t.Errorf("%.3f fail before the cause", r)
	}
	run(w, 15*time.Second)
	if r := failRatio(w, "d-p", 90*time.Second); r < 0.35 || r > 0.65 {
		t.Errorf("%.3f fail; the cause is a half", r)
	}
	run(w, 2*time.Minute)
	if r := failRatio(w, "d-p", 4*time.Minute); r > 0.03 {
		t.Errorf("%.3f fail after its end", r)
	}
}

func TestWhatCannotBeInjectedIsSaid(t *testing.T) {
	w := New(small(6))
	w.faults = append(w.faults, &fault{Fault: Fault{ID: "F00"}})
	for want, x := range map[string]Injection{
		"no fault":         {ID: "F99"},
		"cannot be put":    {ID: "F32", On: "nobody"},
		"it has early":     {ID: "F32", Magnitudes: Magnitudes{"heat": 1}},
		"one place and":    {ID: "F00", On: "p"},
		`no fault "F98" h`: {ID: "F98", On: "p"},
	} {
		if err := w.Inject(x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", x, err, want)
		}
	}
}

// The older faults can be put on each object of their sort, two at once, and each ends alone.
func TestOlderCausesOnOtherObjects(t *testing.T) {
	spec := mixture(8)
	spec.Pools[0].Site = "one"
	second := spec.Pools[0]
	second.Name, second.Site, second.Replicas, second.Nodes = "b", "two", []string{"b-r1"}, []string{"b-01"}
	spec.Pools = append(spec.Pools, second)
	spec.Previous = map[string]float64{"d-a": 5}
	w := New(spec)
	for id, want := range map[string]string{"F24": "gw-2", "F32B": "p", "F37": "b", "F40": "one", "F40B": "one"} {
		if on := w.Objects(id); len(on) != 2 || on[0] != want {
			t.Errorf("%s can be on %v; usually on %s", id, on, want)
		}
	}
	put := func(id, on string) {
		if err := w.Inject(Injection{ID: id, On: on, At: w.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	put("F24", "gw-1")
	put("F37", "a")
	put("F40B", "two")
	w.Start("F40", w.Now())
	run(w, 40*time.Second)
	if weightOn(w.Gateways[0], "d-a") != 5 || weightOn(w.Gateways[1], "d-a") != 60 {
		t.Error("the wrong replica has the old copy")
	}
	if w.Telemetry("one") != TelemetrySilent || w.Telemetry("two") != TelemetryFrozen {
		t.Errorf("telemetry: %v and %v", w.Telemetry("one"), w.Telemetry("two"))
	}
	if len(w.loops) != 1 || w.loops[0].key.Alias != "a" {
		t.Errorf("loops: %+v", w.loops)
	}
	w.Stop("F40")
	w.Stop("F37")
	run(w, time.Second)
	if w.Telemetry("one") != TelemetryLive || w.Telemetry("two") != TelemetryFrozen || len(w.loops) != 0 {
		t.Error("the end of one is not its own")
	}
	checkLedger(t, w)
}
