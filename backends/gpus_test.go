package backends

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func TestGPUVerdictsFollowTheirPrecedence(t *testing.T) {
	worst := fleet.GPUReading{Recovery: fleet.Some(2), LastXid: fleet.Some(79), RemapFailed: fleet.Some(true),
		ECCDouble: fleet.Some(1.0), Throttle: fmt64(0x40), Temp: fleet.Some(fleet.Celsius(95))}
	w := &gpuWatch{reading: worst, missing: true, xids: xidHistory{records: []xidRecord{{code: 13}, {code: 79}}}}
	for _, step := range []struct {
		state  fleet.State
		why    string
		remove func()
	}{
		{fleet.StateDown, "left the exporter's page", func() { w.missing = false }},
		{fleet.StateCrit, "the driver asks for a node reboot", func() { w.reading.Recovery = fleet.Some(0) }},
		{fleet.StateCrit, "Xid 79, time unknown", func() { w.xids.records[1].settled = true }},
		{fleet.StateCrit, "row remap failed", func() { w.reading.RemapFailed = fleet.Some(false) }},
		{fleet.StateCrit, "1 uncorrected ECC errors", func() { w.reading.ECCDouble = fleet.Some(0.0) }},
		{fleet.StateWarn, "slowed by heat", func() { w.reading.Throttle = fmt64(0x5) }}, // idle and power cap: no fault
		{fleet.StateWarn, "95C hot", func() { w.reading.Temp = fleet.Some(fleet.Celsius(60)) }},
		{fleet.StateOK, "", func() { w.reading = fleet.GPUReading{} }},
		{fleet.StateOK, "", func() {}},
	} {
		if state, why := gpuState(w, false, 0, start); state != step.state || why.String() != step.why {
			t.Errorf("got %s %q, want %s %q", state, why, step.state, step.why)
		}
		step.remove()
	}
}

func fmt64(v uint64) fleet.Maybe[uint64] { return fleet.Some(v) }

func TestMIGInstancesAreOneBoard(t *testing.T) {
	var list []fleet.GPU
	for i := range 7 {
		list = append(list, fleet.GPU{Reading: fleet.GPUReading{ID: "GPU-a", Index: "0", PCI: "0000:1a:00", MIG: fmt.Sprint(i),
			Util: fleet.Some(fleet.Ratio(1)), Power: fleet.Some(fleet.Watts(300))}})
	}
	list = append(list, fleet.GPU{Reading: fleet.GPUReading{ID: "GPU-b", Index: "1", PCI: "0000:1b:00",
		Util: fleet.Some(fleet.Ratio(0)), Power: fleet.Some(fleet.Watts(100))}})
	if u := meanUtil([]fleet.Node{{State: fleet.StateOK, GPUs: list}}); u != fleet.Some(fleet.Ratio(0.5)) {
		t.Errorf("two boards, one full, one idle: %v", u)
	}
	if p := boardPower(list); p.V != 400 {
		t.Errorf("power: %v", p)
	}
}

func gpuPage(f func(now time.Time) []fleet.GPUReading) readFunc {
	return func(now time.Time) (fleet.Partial, error) { return fleet.Partial{GPUs: f(now)}, nil }
}

func TestAnEmptyGPUPageIsNoHealthyNode(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{"n1": gpuPage(func(now time.Time) []fleet.GPUReading {
		if now.After(start.Add(30 * time.Second)) {
			return nil
		}
		return []fleet.GPUReading{{ID: "GPU-a", Index: "0", Util: fleet.Some(fleet.Ratio(0.9))}, {ID: "GPU-b", Index: "1"}}
	})})
	p := b.after(time.Minute).Pool("p")
	if n := p.Nodes[0]; n.State.Rank() < fleet.StateCrit.Rank() || !n.GPUs[0].Missing || p.GPUUtil.OK {
		t.Errorf("node %s %s, utilisation %v", n.State, n.Why, p.GPUUtil)
	}
}

func TestRecuttingABoardLosesNoGPU(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{"n1": gpuPage(func(now time.Time) []fleet.GPUReading {
		list := []fleet.GPUReading{{ID: "GPU-b", Index: "1", PCI: "b"}}
		if now.After(start.Add(30 * time.Second)) {
			return append(list, fleet.GPUReading{ID: "GPU-a", Index: "0", PCI: "a", MIG: "9"})
		}
		return append(list, fleet.GPUReading{ID: "GPU-a", Index: "0", PCI: "a", MIG: "1"},
			fleet.GPUReading{ID: "GPU-a", Index: "0", PCI: "a", MIG: "2"})
	})})
	if n := b.after(time.Minute).Pool("p").Nodes[0]; n.State != fleet.StateOK || len(n.GPUs) != 2 {
		t.Errorf("node %s %s: %+v", n.State, n.Why, n.GPUs)
	}
}

func TestAnXidIsAnEventOnlyWhenItChanges(t *testing.T) {
	change := start.Add(30 * time.Second)
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"n1": func(now time.Time) (fleet.Partial, error) {
			second := 0
			if now.After(change) {
				second = 79
			}
			return fleet.Partial{GPUs: []fleet.GPUReading{
				{ID: "GPU-a", Index: "0", LastXid: fleet.Some(48), Util: fleet.Some(fleet.Ratio(0.5))},
				{ID: "GPU-b", Index: "1", LastXid: fleet.Some(second), Util: fleet.Some(fleet.Ratio(0.7))}}}, nil
		}})
	count := func(s *fleet.Snapshot, text string) int {
		n := 0
		for _, e := range s.Events {
			if strings.Contains(e.Text.String(), text) {
				n++
			}
		}
		return n
	}
	s := b.after(20 * time.Second)
	if n := count(s, "Xid 48"); n != 0 {
		t.Errorf("an old sticky code was announced %d times", n)
	}
	if x := s.Pool("p").Nodes[0].GPUs[0].Xid; !x.OK || x.V.Code != 48 || x.V.First.OK {
		t.Errorf("sticky code: %+v, want shown with unknown time", x)
	}
	s = b.after(time.Minute)
	if n := count(s, "Xid 79"); n != 1 {
		t.Errorf("Xid 79 announced %d times", n)
	}
	if g := s.Pool("p").GPUUtil; math.Abs(float64(g.V)-0.6) > 0.001 {
		t.Errorf("mean utilisation: %v", g)
	}
}

func TestAGPUThatLeavesThePageIsMissing(t *testing.T) {
	gone := start.Add(30 * time.Second)
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"n1": func(now time.Time) (fleet.Partial, error) {
			list := []fleet.GPUReading{{ID: "GPU-a", Index: "0"}, {ID: "GPU-b", Index: "1"}}
			if now.After(gone) {
				list = list[:1]
			}
			return fleet.Partial{GPUs: list}, nil
		}})
	node := b.after(time.Minute).Pool("p").Nodes[0]
	if len(node.GPUs) != 2 || !node.GPUs[1].Missing || node.State.Rank() < fleet.StateCrit.Rank() {
		t.Errorf("node %s %s: %+v", node.State, node.Why, node.GPUs)
	}
}

func TestAPageOfEverOtherGPUsIsNotKept(t *testing.T) {
	n := 0
	w := newWorld(Options{}, nil)
	src := &sourceState{spec: fleet.SourceSpec{ID: "dcgm/n"}}
	for range 10 {
		var list []fleet.GPUReading
		for range 100 {
			list = append(list, fleet.GPUReading{ID: fleet.GPUID(fmt.Sprint("GPU-", n))})
			n++
		}
		w.takeGPUs(src, fleet.Partial{At: start.Add(time.Duration(n) * time.Second), GPUs: list})
	}
	if got := len(w.gpus["dcgm/n"]); got != 100+maxGone {
		t.Errorf("%d are kept", got)
	}
	for _, id := range []fleet.GPUID{"GPU-999", "GPU-899"} {
		if w.gpus["dcgm/n"][gpuKey{id: id}] == nil {
			t.Errorf("%s was forgotten before those that left earlier", id)
		}
	}
}

func TestAMDVerdicts(t *testing.T) {
	fatal := []fleet.AFID{{Code: 11, Severity: "non_fatal_corrected"}, {Code: 30, Severity: fleet.AFIDFatal}}
	for name, tc := range map[string]struct {
		r     fleet.GPUReading
		state fleet.State
		why   string
	}{
		"unhealthy":             {fleet.GPUReading{Healthy: fleet.Some(false), ECCDouble: fleet.Some(2.0)}, fleet.StateCrit, "the exporter calls it unhealthy"},
		"unhealthy, with event": {fleet.GPUReading{Healthy: fleet.Some(false), AFIDs: fatal}, fleet.StateCrit, "the exporter calls it unhealthy: AFID 30 fatal"},
		"driver before health":  {fleet.GPUReading{Healthy: fleet.Some(false), Recovery: fleet.Some(1)}, fleet.StateCrit, "the driver asks for a GPU reset"},
		"fatal event alone":     {fleet.GPUReading{AFIDs: fatal}, fleet.StateCrit, "AFID 30 fatal, time unknown"},
		"fatal, and healthy":    {fleet.GPUReading{AFIDs: fatal, Healthy: fleet.Some(true)}, fleet.StateWarn, "AFID 30 fatal, time unknown"},
		"uncorrected":           {fleet.GPUReading{AFIDs: []fleet.AFID{{Code: 5, Severity: fleet.AFIDUncorrected}}}, fleet.StateWarn, "AFID 5 non_fatal_uncorrected, time unknown"},
		"corrected":             {fleet.GPUReading{AFIDs: fatal[:1], Healthy: fleet.Some(true)}, fleet.StateOK, ""},
		"healthy":               {fleet.GPUReading{Healthy: fleet.Some(true), Temp: fleet.Some(fleet.Celsius(90)), Junction: true}, fleet.StateOK, ""},
		"hot":                   {fleet.GPUReading{Temp: fleet.Some(fleet.Celsius(96)), Junction: true}, fleet.StateWarn, "96C hot"},
	} {
		if state, why := gpuState(&gpuWatch{reading: tc.r}, false, 0, start); state != tc.state || why.String() != tc.why {
			t.Errorf("%s: got %s %q, want %s %q", name, state, why, tc.state, tc.why)
		}
	}
}

// TestOldPagesProveNoHealth: what a stale or frozen page says of broken hardware stays, that all is well does not.
func TestOldPagesProveNoHealth(t *testing.T) {
	well := &gpuWatch{reading: fleet.GPUReading{Healthy: fleet.Some(true), Throttle: fmt64(0x40)}}
	broken := &gpuWatch{reading: fleet.GPUReading{RemapFailed: fleet.Some(true)}}
	for _, tc := range []struct {
		g      *gpuWatch
		stale  bool
		frozen time.Duration
		want   fleet.State
		why    string
	}{
		{well, true, 0, fleet.StateStale, ""},
		{well, false, 3 * time.Minute, fleet.StateStale, "frozen: no figure of its page changed for 3m under load"},
		{well, false, 0, fleet.StateWarn, "slowed by heat"},
		{broken, true, 3 * time.Minute, fleet.StateCrit, "row remap failed"},
	} {
		if state, why := gpuState(tc.g, tc.stale, tc.frozen, start); state != tc.want || why.String() != tc.why {
			t.Errorf("got %s %q, want %s %q", state, why, tc.want, tc.why)
		}
	}
}

func TestTheVerdictSaysTheDayOfAnOldXid(t *testing.T) {
	for age, want := range map[time.Duration]string{
		time.Hour: "Xid 79, at 13:00:00Z", 50 * time.Hour: "Xid 79, on " + fleet.Stamp(start.Add(-50*time.Hour)).String(),
	} {
		g := &gpuWatch{xids: xidHistory{records: []xidRecord{{code: 79, last: fleet.Some(start.Add(-age))}}}}
		if _, why := gpuState(g, false, 0, start); why.String() != want {
			t.Errorf("%s ago: %q, want %q", age, why, want)
		}
	}
}
