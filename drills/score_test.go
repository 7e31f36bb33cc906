package drills

import (
	"math"
	"testing"
	"time"

	"pitwall/fleet"
)

var begin = time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)

func sample() *Scenario {
	return &Scenario{ID: "x", Minutes: 30, Touched: []fleet.RouteID{"chat"}, Faults: []Fault{{At: 3 * time.Minute, Cause: "F32"},
		{At: time.Minute, Cause: "F17"}}, Theories: []Theory{{"a", "it is a", true}, {"b", "it is b", false}},
		Par: Par{Detect: 2 * time.Minute, Diagnose: 3 * time.Minute, Mitigate: 8 * time.Minute, Recover: 20 * time.Minute}}
}

func harms(chat, other int64) Course {
	return Course{Cost: 100, Harms: []Harm{{At: begin, Route: "chat", Tier: 2, Requests: 1000, Failed: chat},
		{At: begin.Add(90 * time.Second), Route: "other", Tier: 2, Requests: 1000, Slow: other}}}
}

// perfect is a log without a fault: all parts are full.
func perfect() *Log {
	return &Log{Ended: 30 * time.Minute, Left: Left{WeightsBack: true, CachesWarm: true}, Entries: []Entry{
		{At: 2 * time.Minute, Kind: KindMark}, {At: 3 * time.Minute, Kind: KindTheory, ID: "a"},
		{At: 4 * time.Minute, Kind: KindChange, Change: &Changed{Verified: true}}, {At: 8 * time.Minute, Kind: KindTell},
		{At: 29 * time.Minute, Kind: KindHand}}}
}

func scored(log *Log, player Course) Result {
	c := &Courses{Nothing: harms(500, 10), Reference: harms(100, 10), Player: player}
	return Score(sample(), log, c, nil)
}

func part(t *testing.T, r Result, name string) float64 {
	t.Helper()
	for _, p := range r.Parts {
		if p.Name == name {
			return p.Points
		}
	}
	t.Fatalf("no part %s", name)
	return 0
}

func TestAFaultlessDrillHasAHundredPoints(t *testing.T) {
	r := scored(perfect(), harms(100, 10))
	of := 0.0
	for _, p := range r.Parts {
		of += p.Of
	}
	if r.Total != 100 || of != 100 || r.Grade != GradeGold || len(r.Flags) > 0 {
		t.Errorf("%+v", r)
	}
	if r.Times.Detect != fleet.Some(time.Minute) || r.Times.Diagnose != fleet.Some(2*time.Minute) {
		t.Errorf("%+v: times count from the first cause", r.Times)
	}
}

func TestEachFaultCostsItsPart(t *testing.T) {
	for name, x := range map[string]struct {
		of     string
		want   float64
		change func(*Log, *Course)
	}{
		"detection at twice and a half par": {"detect", 15 * .5, func(l *Log, _ *Course) {
			l.Entries[0].At = 6 * time.Minute
			l.Entries[1].At, l.Entries[2].At = 6*time.Minute, 6*time.Minute
		}},
		"a mark before the cause is none":    {"detect", 15, func(l *Log, _ *Course) { l.Entries[0].At = 30 * time.Second; l.Entries[1].At = 2 * time.Minute }},
		"noise":                              {"detect", 12, func(l *Log, _ *Course) { l.Entries = append(l.Entries, Entry{Kind: KindNoise}) }},
		"a wrong theory":                     {"diagnose", 10, func(l *Log, _ *Course) { l.Entries = append(l.Entries, Entry{Kind: KindTheory, ID: "b"}) }},
		"no true theory":                     {"diagnose", 0, func(l *Log, _ *Course) { l.Entries[1].ID = "b" }},
		"half of the harm":                   {"mitigate", 12.5, func(_ *Log, c *Course) { *c = harms(300, 10) }},
		"more harm than nothing":             {"mitigate", -12.5, func(_ *Log, c *Course) { *c = harms(5000, 10) }},
		"better than the reference":          {"mitigate", 25, func(_ *Log, c *Course) { *c = harms(0, 10) }},
		"an override":                        {"safety", 10, func(l *Log, _ *Course) { l.Entries[2].Change.Overrides = []string{"IL-04"} }},
		"a change that was not read back":    {"safety", 15, func(l *Log, _ *Course) { l.Entries[2].Change.Verified = false }},
		"stale data":                         {"safety", 15, func(l *Log, _ *Course) { l.Entries[2].Change.Stale = true }},
		"harm beside of half the bound":      {"collateral", 5.1, func(_ *Log, c *Course) { *c = harms(100, 10); c.Harms[1].Failed = 25 }},
		"half a quarter dearer":              {"cost", 2.5, func(_ *Log, c *Course) { c.Cost = 112.5 }},
		"weights left":                       {"recovery and word", 7, func(l *Log, _ *Course) { l.Left.WeightsBack = false }},
		"silent for half an hour and longer": {"recovery and word", 8, func(l *Log, _ *Course) { l.Ended = 40 * time.Minute }},
		"no word in a quarter of an hour":    {"recovery and word", 6, func(l *Log, _ *Course) { l.Entries[3].At = 17 * time.Minute }},
	} {
		log, player := perfect(), harms(100, 10)
		x.change(log, &player)
		if got := part(t, scored(log, player), x.of); math.Abs(got-x.want) > .06 {
			t.Errorf("%s: %s has %v points, want %v", name, x.of, got, x.want)
		}
	}
}

func TestRedFlagsFailWhateverThePoints(t *testing.T) {
	log := perfect()
	log.Flags = []string{"a secret was shown"}
	if r := scored(log, harms(100, 10)); r.Grade != GradeFail || r.Total != 100 {
		t.Errorf("%+v", r)
	}
	log = perfect()
	log.Entries = append(log.Entries, Entry{Kind: KindRefused}, Entry{Kind: KindRefused})
	if r := scored(log, harms(100, 10)); r.Grade != GradeFail || part(t, r, "safety") != 0 || len(r.Flags) != 1 {
		t.Errorf("what is refused for good was tried twice: %+v", r)
	}
	log = perfect()
	log.Entries = append(log.Entries, Entry{Kind: KindHint}, Entry{Kind: KindHint})
	if r := scored(log, harms(100, 10)); r.Total != 90 || r.Hints != 10 {
		t.Errorf("two hints: %v", r.Total)
	}
}

func TestOverridesOfTheReferenceAreFree(t *testing.T) {
	log := perfect()
	log.Entries[2].Change.Overrides = []string{"IL-27"}
	c := &Courses{Nothing: harms(500, 10), Reference: harms(100, 10), Player: harms(100, 10)}
	if r := Score(sample(), log, c, []string{"IL-27"}); part(t, r, "safety") != 20 {
		t.Errorf("%+v", r.Parts)
	}
}

func TestHarmCountsByTierAndMinute(t *testing.T) {
	c := Course{Harms: []Harm{{At: begin, Route: "a", Tier: 1, Failed: 1, Slow: 1, Wrong: 1}, {At: begin.Add(2 * time.Minute), Route: "b", Tier: 3,
		Failed: 4}, {At: begin.Add(-time.Minute), Route: "b", Tier: 9, Failed: 1}}}
	if got := c.Weighted(); got != 9+4+2 {
		t.Errorf("harm %v", got)
	}
	if got := c.Curve(begin, 3); len(got) != 3 || got[0] != 9 || got[1] != 9 || got[2] != 13 {
		t.Errorf("curve %v", got)
	}
}
