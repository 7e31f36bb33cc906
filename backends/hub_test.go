package backends

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func TestRatesAreTakenPerSeriesAndSummed(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": steady(1000, 10), "r2": steady(500, 5)})
	s := b.after(2 * time.Minute)
	p := s.Pool("p")
	if got := float64(p.Load.OutRate.V); !p.Load.OutRate.OK || math.Abs(got-1500) > 1 {
		t.Errorf("output rate: got %v, want 1500 tok/s", p.Load.OutRate)
	}
	if p.Load.Running != fleet.Some(fleet.Count(15)) || p.Ready != 2 || p.State != fleet.StateOK {
		t.Errorf("running %v, ready %d, state %s %s", p.Load.Running, p.Ready, p.State, p.Why)
	}
	want := 64.0 / (4500 * 3600) * 1e6 // 16 GPUs at $4 over prompt and output tokens
	if !p.PerMTok.OK || math.Abs(float64(p.PerMTok.V)-want) > 0.01*want {
		t.Errorf("allocated: got %v, want %.3f", p.PerMTok, want)
	}
}

func TestARestartIsNeverANegativeRate(t *testing.T) {
	restart := start.Add(40 * time.Second)
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(now time.Time) (fleet.Partial, error) {
			n := 1e9 + now.Sub(start).Seconds()*100
			if !now.Before(restart) {
				n = now.Sub(restart).Seconds() * 100
			}
			return engine(fleet.EngineReading{OutputTokens: fleet.Some(n), Running: fleet.Some(fleet.Count(1))})(now)
		}})
	for range 20 {
		s := b.after(5 * time.Second)
		if r := s.Pool("p").Load.OutRate; r.OK && (r.V < 80 || r.V > 101) {
			t.Fatalf("%s: got %v tok/s, want about 100", s.At, r.V)
		}
	}
}

func TestADeadSourceKeepsItsLastValuesWithTheirAge(t *testing.T) {
	dies := start.Add(time.Minute)
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(now time.Time) (fleet.Partial, error) {
			if now.After(dies) {
				return fleet.Partial{}, &fleet.Error{Kind: fleet.KindServer, Op: "read metrics", Err: errors.New("HTTP 500")}
			}
			return steady(1000, 10)(now)
		}})
	before := b.after(time.Minute).Pool("p").Replicas[0]
	s := b.after(2 * time.Minute)
	after := s.Pool("p").Replicas[0]
	if after.State != fleet.StateStale || after.Load.OutRate.OK && after.Load.OutRate.V == 0 {
		t.Errorf("got %s with rate %v, want STALE and never 0", after.State, after.Load.OutRate)
	}
	if !after.At.Equal(before.At) && s.At.Sub(after.At) < time.Minute {
		t.Errorf("age is hidden: last read %s at %s", after.At, s.At)
	}
	src := s.Source("r1")
	if !src.Stale || src.ErrKind != fleet.KindServer || src.Failing < failuresToSay {
		t.Errorf("source: %+v", src)
	}
	if p := s.Pool("p"); p.Load.OutRate.OK {
		t.Errorf("a stale replica is summed into the present: %v", p.Load.OutRate)
	}
	if strings.Contains(src.URL.String(), "pw") || strings.Contains(src.URL.String(), "k=v") {
		t.Errorf("the address shows credentials: %s", src.URL)
	}
}

func TestABackedOffSourceIsAskedLessOftenAndObeysRetryAfter(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(time.Time) (fleet.Partial, error) {
			return fleet.Partial{}, &fleet.Error{Kind: fleet.KindTimeout, Op: "read"}
		},
		"r2": func(time.Time) (fleet.Partial, error) {
			return fleet.Partial{}, &fleet.Error{Kind: fleet.KindRateLimited, Op: "read", Retry: 2 * time.Minute}
		}})
	b.after(119 * time.Second)
	if got := b.read["r2"].times(); got != 1 {
		t.Errorf("asked %d times within Retry-After of two minutes", got)
	}
	b.hub.Refresh()
	b.after(500 * time.Millisecond)
	if got := b.read["r2"].times(); got != 1 {
		t.Errorf("a refresh broke Retry-After: %d reads", got)
	}
	if got := b.read["r1"].times(); got > 7 || got < 4 {
		t.Errorf("failing source read %d times in two minutes, want exponential back-off", got)
	}
}

func TestAZombieIsNotUp(t *testing.T) {
	frozen := start.Add(time.Minute)
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(now time.Time) (fleet.Partial, error) {
			if now.After(frozen) {
				now = frozen
			}
			return steady(1000, 10)(now) // health stays true
		}, "r2": steady(1000, 10)})
	if s := b.after(time.Minute); s.Pool("p").State != fleet.StateOK {
		t.Fatalf("before: %s %s", s.Pool("p").State, s.Pool("p").Why)
	}
	early := b.after(30 * time.Second).Pool("p")
	if early.Replicas[0].State != fleet.StateCrit || early.State != fleet.StateCrit {
		t.Errorf("after 30 s: replica %s, pool %s", early.Replicas[0].State, early.State)
	}
	late := b.after(time.Minute).Pool("p")
	if late.Replicas[0].State != fleet.StateDown || late.Ready != 1 {
		t.Errorf("after 90 s: %s, ready %d", late.Replicas[0].State, late.Ready)
	}
	if !strings.Contains(late.Why.String(), "no token for") {
		t.Errorf("evidence: %q", late.Why)
	}
}

func TestSnapshotsAreConflatedButTheFirstChangeIsNot(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": steady(1, 1), "r2": steady(1, 1), "gw1": func(time.Time) (fleet.Partial, error) { return fleet.Partial{}, nil }})
	b.after(10 * time.Second)
	from := b.hub.Latest().Gen
	b.after(60 * time.Second)
	if n := b.hub.Latest().Gen - from; n > 4*60 || n < 60 {
		t.Errorf("%d snapshots in a minute, want at most 4 a second and at least one", n)
	}
}

func TestASnapshotNeverChangesOnceGiven(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){"r1": steady(1000, 10)})
	old := b.after(2 * time.Minute)
	trend := append([]float64(nil), old.Pool("p").Trends.OutRate.V...)
	rate := old.Pool("p").Load.OutRate
	b.after(10 * time.Minute)
	for i, v := range old.Pool("p").Trends.OutRate.V {
		if v != trend[i] && !(math.IsNaN(v) && math.IsNaN(trend[i])) {
			t.Fatalf("trend value %d changed from %v to %v", i, trend[i], v)
		}
	}
	if old.Pool("p").Load.OutRate != rate {
		t.Error("rate changed")
	}
}

func TestAPanickingAdapterIsAFailedRead(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(time.Time) (fleet.Partial, error) { panic("broken reply") }})
	s := b.after(time.Minute)
	if src := s.Source("r1"); src.ErrKind != fleet.KindInternal || src.Failing == 0 {
		t.Errorf("got %+v", src)
	}
}

func TestClockSkewIsSaid(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"r1": func(now time.Time) (fleet.Partial, error) {
			return fleet.Partial{ServerTime: fleet.Some(now.Add(time.Hour))}, nil
		}})
	s := b.after(10 * time.Second)
	if k := s.Source("r1").Skew; !k.OK || k.V != time.Hour {
		t.Errorf("skew: %v", k)
	}
	said := false
	for _, a := range s.Alerts {
		said = said || strings.Contains(a.Text.String(), "clock is off by +60m")
	}
	if !said {
		t.Errorf("alerts: %+v", s.Alerts)
	}
}
