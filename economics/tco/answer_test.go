package tco

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

func solved(t testing.TB, change map[Key]float64, facts Facts) Answer {
	t.Helper()
	c := New("solved", prices(t))
	set(t, &c, change)
	c.Facts = facts
	return Solve(&c, 36)
}

func TestTheCurveAddsUp(t *testing.T) {
	a := solved(t, map[Key]float64{"volume": 400, "growth": 60, "api_decline": 10}, Facts{})
	api, own := 0.0, 0.0
	for _, m := range a.Curve {
		api, own = api+m.API, own+m.Own
		near(t, "API so far", m.APISum, api, 0.4)
		near(t, "own so far", m.OwnSum, own, 0.4)
	}
	lines := 0.0
	for _, l := range a.OwnTotal.Lines {
		lines += l.Dollars
	}
	near(t, "lines", lines, a.OwnTotal.Total, 0.1)
	near(t, "total", own, a.OwnTotal.Total, 0.4)
	near(t, "saving", a.APITotal.Total-a.OwnTotal.Total, a.Saving, 0.02)
	if a.Verdict != ForOwn || !a.Payback.OK {
		t.Fatalf("verdict %s, payback %v", a.Verdict, a.Payback)
	}
	at := a.Curve[a.Payback.V-1]
	if at.OwnSum >= at.APISum || a.Payback.V > 1 && a.Curve[a.Payback.V-2].OwnSum < a.Curve[a.Payback.V-2].APISum {
		t.Errorf("payback in month %d: %+v", a.Payback.V, at)
	}
	if _, err := json.Marshal(a); err != nil {
		t.Errorf("as JSON: %v", err)
	}
	if b := Solve(&Case{values: New("short", nil).values}, 24); len(b.Curve) != 24 || b.Months != 24 || len(b.Like) != 0 {
		t.Errorf("24 months have %d, %d likes", len(b.Curve), len(b.Like))
	}
}

func TestTheTornadoIsSortedAndSaysWhatTurnsTheVerdict(t *testing.T) {
	a := solved(t, map[Key]float64{"volume": 300, "growth": 50}, Facts{})
	if len(a.Swings) < 20 {
		t.Fatalf("only %d inputs move the answer", len(a.Swings))
	}
	flips := 0
	for i, s := range a.Swings {
		if i > 0 && s.Width() > a.Swings[i-1].Width()+0.02 {
			t.Errorf("%s (%v) stands below %s (%v)", s.Key, s.Width(), a.Swings[i-1].Key, a.Swings[i-1].Width())
		}
		if s.Flips != (min(s.AtLow, s.AtHigh) <= 0 && max(s.AtLow, s.AtHigh) > 0) {
			t.Errorf("%s flips %v: %v to %v", s.Key, s.Flips, s.AtLow, s.AtHigh)
		}
		if s.Flips {
			flips++
		}
	}
	if flips == 0 || flips == len(a.Swings) {
		t.Errorf("%d of %d inputs turn the verdict", flips, len(a.Swings))
	}
	// The ends are what one gets by setting the input.
	s := a.Swings[slices.IndexFunc(a.Swings, func(s Swing) bool { return s.Key == "people" })]
	b := solved(t, map[Key]float64{"volume": 300, "growth": 50, "people": 4}, Facts{})
	if s.High.String() != "4" || math.Abs(s.AtHigh-b.Saving) > 0.01 {
		t.Errorf("4 people save %v, the tornado says %v at %s", b.Saving, s.AtHigh, s.High)
	}
}

func TestWhatIsMeasuredIsTriedAtATenth(t *testing.T) {
	c := New("measured", nil)
	c.put(throughput, 8000, Measured, fleet.Text("test"), c.values[0].AsOf)
	a := Solve(&c, 36)
	s := a.Swings[slices.IndexFunc(a.Swings, func(s Swing) bool { return s.Key == "throughput" })]
	if s.Low.String() != "7200" || s.High.String() != "8800" {
		t.Errorf("%s to %s", s.Low, s.High)
	}
}

func TestTheCheapestSplitWithinBounds(t *testing.T) {
	big := map[Key]float64{"volume": 3000}
	share := func(f Facts) (Hybrid, float64) { h := solved(t, big, f).Hybrid; return h, h.Best.V.Share }
	free, all := share(Facts{})
	if all != 1 || len(free.Unknown) != 4 || free.Alone != ForOwn || free.Saves != 0 {
		t.Errorf("without bounds %v on own GPUs, unknown %v, alone %s, saves %v", all, free.Unknown, free.Alone, free.Saves)
	}
	h, part := share(Facts{Frontier: fleet.Some(0.2), Lacks: fleet.Some(0.05)})
	if part > 0.8 || part < 0.7 || h.Alone != ForAPI || h.Saves <= 0 || len(h.Unknown) != 2 {
		t.Errorf("with 20%% for frontier models: %v, %+v alone", part, h.Alone)
	}
	for _, s := range h.Splits {
		if s.Allowed && s.Cost() < h.Best.V.Cost() || s.Allowed != (s.Share <= 0.8+1e-9) {
			t.Errorf("%v: allowed %v at %v, the best %v", s.Share, s.Allowed, s.Cost(), h.Best.V.Cost())
		}
	}
	cheap := solved(t, map[Key]float64{"volume": 5}, Facts{MustOwn: fleet.Some(0.3), Latency: fleet.Some(0.1)}).Hybrid
	if cheap.Best.V.Share < 0.3 || cheap.Splits[0].Allowed {
		t.Errorf("30%% may not leave: %v", cheap.Best.V)
	}
	none, _ := share(Facts{AirGap: fleet.Some(true), Frontier: fleet.Some(0.5)})
	if none.Best.OK || none.Why.IsEmpty() {
		t.Errorf("an air gap and frontier models: %+v", none.Best)
	}
}

func TestLikeIsComparedWithLike(t *testing.T) {
	a := solved(t, nil, Facts{})
	if a.Compares != OtherClass || a.Like[0].Compares != SameModel || a.Like[len(a.Like)-1].Compares != OtherClass {
		t.Errorf("GPT-4o and a Llama: %s; first row %s, last %s", a.Compares, a.Like[0].Compares, a.Like[len(a.Like)-1].Compares)
	}
	for _, l := range a.Like {
		if l.Compares == SameModel && l.Now.Stays.OK {
			t.Errorf("%s: a break-even of %v where the API costs less than one more token of own", l.API, l.Now.Stays.V)
		}
	}
	list := prices(t)
	for _, h := range hostedModels {
		if _, ok := list.Price(h.at.Kind, fleet.ModelName(h.at.Model)); !ok {
			t.Errorf("%s of samemodels.csv has no price", h.at)
		}
	}
	for model, want := range map[string]Comparison{"meta-llama/Llama-3.3-70B-Instruct-Turbo": SameModel, "llama-3.3-70b": SameModel,
		"my-fine-tune": NotKnownSame, "deepseek-v3": OtherClass, "": NotKnownSame} {
		c := Case{Model: model}
		if got := c.compares(Rented{"groq", "llama-3.3-70b-versatile"}); got != want {
			t.Errorf("%q with a hosted Llama: %s, want %s", model, got, want)
		}
	}
}

func TestReasonsSayWhatIsNotKnown(t *testing.T) {
	a := solved(t, nil, Facts{})
	stands := map[string]Standing{}
	for _, r := range a.Reasons {
		stands[r.Rule] = r.Stand
		if r.Datum.IsEmpty() || r.For != ForAPI && r.For != ForOwn {
			t.Errorf("%+v", r)
		}
	}
	for _, rule := range []string{"frontier", "speed", "special", "sovereignty", "latency", "custom", "predictable", "air-gap", "independence", "volume-uneven"} {
		if stands[rule] != Unknown {
			t.Errorf("%s: %s, though nobody said anything", rule, stands[rule])
		}
	}
	all := Facts{Residency: fleet.Some([]string{"eu"}), AirGap: fleet.Some(true), CustomWeight: fleet.Some(true), Frontier: fleet.Some(0.1),
		Special: fleet.Some([]string{"video\x1b[2J"}), Latency: fleet.Some(0.1), Team: fleet.Some(false), FixedSpend: fleet.Some(true),
		Providers: fleet.Some(1), From: fleet.Text("a file")}
	for _, r := range solved(t, map[Key]float64{"volume": 2000, "peak": 6}, all).Reasons {
		if want := r.Rule != "volume-low"; (r.Stand == Holds) != want {
			t.Errorf("%s %s: %s", r.Rule, r.Stand, r.Datum)
		}
		if !fleet.IsClean(r.Datum.String()) || len(r.Datum.String()) > 400 {
			t.Errorf("%s says %q", r.Rule, r.Datum)
		}
	}
	none := Facts{Residency: fleet.Some([]string{}), AirGap: fleet.Some(false), CustomWeight: fleet.Some(false), Frontier: fleet.Some(0.0),
		Special: fleet.Some([]string{}), Latency: fleet.Some(0.0), Team: fleet.Some(true), FixedSpend: fleet.Some(false), Providers: fleet.Some(3)}
	for _, r := range solved(t, map[Key]float64{"peak": 2}, none).Reasons {
		if r.Stand != HoldsNot {
			t.Errorf("%s %s: %s", r.Rule, r.Stand, r.Datum)
		}
	}
	if low := solved(t, map[Key]float64{"volume": 2}, Facts{}).Reasons[0]; low.Stand != Holds || !strings.Contains(low.Datum.String(), "2 M tokens/day (edited)") {
		t.Errorf("%+v", low)
	}
}
