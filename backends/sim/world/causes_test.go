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
