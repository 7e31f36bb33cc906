package backends

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// gpusAt is a machine of two GPUs whose power follows watts.
func gpusAt(util float64, watts func(now time.Time) float64) readFunc {
	return gpuPage(func(now time.Time) []fleet.GPUReading {
		list := make([]fleet.GPUReading, 2)
		for i := range list {
			list[i] = fleet.GPUReading{ID: fleet.GPUID([]string{"GPU-a", "GPU-b"}[i]), Index: []string{"0", "1"}[i],
				Util: fleet.Some(fleet.Ratio(util)), Power: fleet.Some(fleet.Watts(watts(now))),
				Temp: fleet.Some(fleet.Celsius(60)), SMClockMHz: fleet.Some(1980.0), MemUsed: fleet.Some(fleet.Bytes(1 << 36))}
		}
		return list
	})
}

func still(v float64) func(time.Time) float64 { return func(time.Time) float64 { return v } }
func jitter(now time.Time) float64            { return 600 + now.Sub(start).Seconds()/10 }

func TestAPageOfGPUsThatStandsStillUnderLoadIsFrozen(t *testing.T) {
	for name, tc := range map[string]struct {
		gpus   readFunc
		engine readFunc
		frozen bool
	}{
		"busy by its own word":       {gpusAt(0.9, still(612.5)), steady(0, 0), true},
		"idle, and tokens move":      {gpusAt(0, still(70.25)), steady(100, 3), true},
		"idle with an idle engine":   {gpusAt(0, still(70.25)), steady(0, 0), false},
		"busy, and its power moves":  {gpusAt(0.9, jitter), steady(100, 3), false},
		"busy, and without power":    {gpusAt(0.9, still(0)), steady(100, 3), false},
		"too few figures to be sure": {onlyPower(still(612)), steady(100, 3), false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, map[fleet.SourceID]readFunc{"n1": tc.gpus, "r1": tc.engine})
			if s := b.after(time.Minute); s.Pool("p").Nodes[0].State == fleet.StateStale {
				t.Fatalf("after a minute: %s", s.Pool("p").Nodes[0].Why)
			}
			s := b.after(2 * time.Minute)
			p := s.Pool("p")
			n := p.Nodes[0]
			said := n.State == fleet.StateStale && strings.HasPrefix(n.Why.String(), "frozen: no figure of its page changed for 2m") &&
				n.GPUs[0].Frozen && n.GPUs[0].State == fleet.StateStale && !p.GPUUtil.OK
			if said != tc.frozen {
				t.Errorf("node %s %q, GPU %s, utilisation %v", n.State, n.Why, n.GPUs[0].State, p.GPUUtil)
			}
			if got := hasAlert(s, "frozen"); got != tc.frozen {
				t.Errorf("alerts: %+v", s.Alerts)
			}
		})
	}
}

func onlyPower(watts func(time.Time) float64) readFunc {
	return gpuPage(func(now time.Time) []fleet.GPUReading {
		return []fleet.GPUReading{{ID: "GPU-a", Index: "0", Power: fleet.Some(fleet.Watts(watts(now)))}, {ID: "GPU-b", Index: "1"}}
	})
}

func hasAlert(s *fleet.Snapshot, text string) bool {
	for _, a := range s.Alerts {
		if strings.Contains(a.Text.String(), text) {
			return true
		}
	}
	return false
}

func TestAFrozenPageThawsAndHidesNoFault(t *testing.T) {
	thaw := start.Add(4 * time.Minute)
	b := newBench(t, map[fleet.SourceID]readFunc{"n1": func(now time.Time) (fleet.Partial, error) {
		watts := 612.5
		if now.After(thaw) {
			watts = jitter(now)
		}
		p, err := gpusAt(0.9, still(watts))(now)
		p.GPUs[1].RemapFailed = fleet.Some(true)
		return p, err
	}})
	n := b.after(3 * time.Minute).Pool("p").Nodes[0]
	if n.State != fleet.StateCrit || n.GPUs[0].State != fleet.StateStale || n.GPUs[1].State != fleet.StateCrit {
		t.Errorf("node %s, GPUs %s and %s", n.State, n.GPUs[0].State, n.GPUs[1].State)
	}
	if g := b.after(90 * time.Second).Pool("p").Nodes[0].GPUs[0]; g.Frozen || g.State != fleet.StateOK {
		t.Errorf("after it thawed: %s %s", g.State, g.Why)
	}
}

// TestAFrozenEnginePageNeedsASecondSource: the same page is a hung engine, unless something else says that it works.
func TestAFrozenEnginePageNeedsASecondSource(t *testing.T) {
	answers := func(perSecond float64) readFunc {
		return func(now time.Time) (fleet.Partial, error) {
			n := now.Sub(start).Seconds() * perSecond
			return deployments(fleet.DeploymentReading{ID: "own", Weight: fleet.Some(100.0),
				Requests: fleet.Some(100 + n), Successes: fleet.Some(100 + n)}), nil
		}
	}
	for name, tc := range map[string]struct {
		other map[fleet.SourceID]readFunc
		want  fleet.State
		why   string
	}{
		"alone":                         {nil, fleet.StateDown, "no token for"},
		"gateways count no answer":      {map[fleet.SourceID]readFunc{"gw1": answers(0)}, fleet.StateDown, "no token for"},
		"gateways count answers":        {map[fleet.SourceID]readFunc{"gw1": answers(2)}, fleet.StateStale, "gateways count its answers"},
		"the other replica may be them": {map[fleet.SourceID]readFunc{"gw1": answers(2), "r2": steady(10, 1)}, fleet.StateDown, "no token for"},
		"its GPUs' page is frozen too": {map[fleet.SourceID]readFunc{"n1": gpusAt(0.9, still(612.5))}, fleet.StateStale,
			"nor of its GPUs' page"},
		"its GPUs' page moves": {map[fleet.SourceID]readFunc{"n1": gpusAt(0.9, jitter)}, fleet.StateDown, "no token for"},
	} {
		t.Run(name, func(t *testing.T) {
			read := map[fleet.SourceID]readFunc{"r1": steady(0, 3)}
			for id, f := range tc.other {
				read[id] = f
			}
			r := newBench(t, read).after(4 * time.Minute).Pool("p").Replicas[0]
			if r.State != tc.want || !strings.Contains(r.Why.String(), tc.why) {
				t.Errorf("%s %q, want %s with %q", r.State, r.Why, tc.want, tc.why)
			}
		})
	}
}

func TestANodeThatIsNotReadSaysWhy(t *testing.T) {
	hangs := start.Add(time.Minute)
	b := newBench(t, map[fleet.SourceID]readFunc{"n1": func(now time.Time) (fleet.Partial, error) {
		if now.After(hangs) {
			return fleet.Partial{}, &fleet.Error{Kind: fleet.KindTimeout, Op: "run nvidia-smi", Err: errors.New("driver not answering")}
		}
		return gpusAt(0.9, jitter)(now)
	}})
	n := b.after(4 * time.Minute).Pool("p").Nodes[0]
	if n.State != fleet.StateStale || !strings.Contains(n.Why.String(), "ago: run nvidia-smi: timeout: driver not answering") {
		t.Errorf("%s %q", n.State, n.Why)
	}
}

// TestAPageThatDoesNotAnswerNeedsASecondSource: the same silence is a dead engine, unless gateways count its answers.
func TestAPageThatDoesNotAnswerNeedsASecondSource(t *testing.T) {
	lost := start.Add(time.Minute)
	silent := func(now time.Time) (fleet.Partial, error) {
		if now.After(lost) {
			return fleet.Partial{}, &fleet.Error{Kind: fleet.KindUnreachable, Op: "read metrics", Err: errors.New("refused")}
		}
		return steady(100, 3)(now)
	}
	answers := func(until time.Time) readFunc {
		return func(now time.Time) (fleet.Partial, error) {
			if now.After(until) {
				now = until
			}
			n := now.Sub(start).Seconds() * 2
			return deployments(fleet.DeploymentReading{ID: "own", Weight: fleet.Some(100.0),
				Requests: fleet.Some(100 + n), Successes: fleet.Some(100 + n)}), nil
		}
	}
	never := start.Add(time.Hour)
	for name, tc := range map[string]struct {
		gateway, other readFunc
		want           fleet.State
	}{
		"gateways count answers":        {answers(never), silent, fleet.StateStale},
		"gateways count none since":     {answers(lost), silent, fleet.StateDown},
		"the other replica may be them": {answers(never), steady(100, 3), fleet.StateDown},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, map[fleet.SourceID]readFunc{"r1": silent, "r2": tc.other, "gw1": tc.gateway})
			s := b.after(3 * time.Minute)
			p := s.Pool("p")
			if r := p.Replicas[0]; r.State != tc.want || tc.want == fleet.StateStale && p.State != fleet.StateStale {
				t.Errorf("replica %s %q, pool %s %q", r.State, r.Why, p.State, p.Why)
			}
			if first := s.Alerts[0]; tc.want == fleet.StateStale && (first.Subject != fleet.Subject{Pool: "p"}) {
				t.Errorf("the pages come before their pool: %+v", s.Alerts)
			}
			if got := hasAlert(s, "gateways get answers of its pool"); got != (tc.want == fleet.StateStale) {
				t.Errorf("alerts: %+v", s.Alerts)
			}
		})
	}
}
