package backends

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pitwall/fleet"
)

// step is one reading, with the codes that are worth an event and what is remembered then.
type step struct {
	r    fleet.GPUReading
	came []int
	want []xidRecord
}

func play(t *testing.T, steps []step) *xidHistory {
	t.Helper()
	h := &xidHistory{}
	for i, s := range steps {
		came := h.take(s.r, minute(i), i > 0)
		if !reflect.DeepEqual(came, s.came) && len(came)+len(s.came) > 0 {
			t.Errorf("step %d: came %v, want %v", i, came, s.came)
		}
		if s.want != nil && !reflect.DeepEqual(h.records, s.want) {
			t.Errorf("step %d:\n got %+v\nwant %+v", i, h.records, s.want)
		}
	}
	return h
}

func minute(i int) time.Time                      { return start.Add(time.Duration(i) * time.Minute) }
func at(i int) fleet.Maybe[time.Time]             { return fleet.Some(minute(i)) }
func gauge(code int) fleet.GPUReading             { return fleet.GPUReading{LastXid: fleet.Some(code)} }
func counted(v float64) fleet.Maybe[float64]      { return fleet.Some(v) }
func counts(l ...fleet.XidCount) fleet.GPUReading { return fleet.GPUReading{Xids: l} }

func TestAStickyGaugeGivesAHistory(t *testing.T) {
	h := play(t, []step{
		{gauge(13), nil, []xidRecord{{code: 13}}},
		{gauge(13), nil, []xidRecord{{code: 13}}},
		{gauge(79), []int{79}, []xidRecord{{code: 79, first: at(2), last: at(2)}, {code: 13}}},
		{gauge(13), []int{13}, []xidRecord{{code: 13, last: at(3)}, {code: 79, first: at(2), last: at(2)}}},
		{fleet.GPUReading{}, nil, nil}, // the series is missing when blank
	})
	if x, ok := h.fatal(); !ok || x.code != 79 {
		t.Errorf("a later harmless code hides the one that takes the GPU out: %+v", h.records)
	}
	h.take(gauge(0), minute(9), true)
	if _, ok := h.telling(); ok || len(h.records) != 2 {
		t.Errorf("after the gauge went back to 0: %+v", h.records)
	}
	if came := h.take(gauge(79), minute(10), true); !reflect.DeepEqual(came, []int{79}) || h.records[0].settled {
		t.Errorf("it came again: %v, %+v", came, h.records)
	}
}

func TestAWindowShowsACodeThatComesAgain(t *testing.T) {
	window := func(n float64) fleet.GPUReading {
		r := gauge(48)
		if n >= 0 {
			r.XidWindow, r.XidSpan = map[int]float64{48: n}, 5*time.Minute
		}
		return r
	}
	play(t, []step{
		{window(1), nil, []xidRecord{{code: 48, recent: counted(1), span: 5 * time.Minute}}},
		{window(3), []int{48}, []xidRecord{{code: 48, last: at(1), recent: counted(3), span: 5 * time.Minute}}},
		{window(2), nil, []xidRecord{{code: 48, last: at(1), recent: counted(2), span: 5 * time.Minute}}}, // it slid on
		{window(0), nil, nil},
		{window(1), []int{48}, []xidRecord{{code: 48, last: at(4), recent: counted(1), span: 5 * time.Minute}}},
		{window(-1), nil, []xidRecord{{code: 48, last: at(4)}}},
	})
}

func TestCountsCarryTheTimesOfTheExporter(t *testing.T) {
	one := fleet.XidCount{Code: 31, Count: counted(1), Last: at(-50)}
	many := fleet.XidCount{Code: 13, Count: counted(7), Last: at(-40)}
	more := fleet.XidCount{Code: 13, Count: counted(8), Last: fleet.Some(minute(0).Add(30 * time.Second))}
	lost := fleet.XidCount{Code: 79, Count: counted(1)} // no time: then it is when it was seen
	h := play(t, []step{
		{counts(one, many), nil, []xidRecord{{code: 13, last: at(-40), count: counted(7)},
			{code: 31, first: at(-50), last: at(-50), count: counted(1)}}},
		{counts(one, more), []int{13}, []xidRecord{{code: 13, last: more.Last, count: counted(8)},
			{code: 31, first: at(-50), last: at(-50), count: counted(1)}}},
		{counts(one, more, lost), []int{79}, nil},
		{counts(one, more, lost), nil, nil},
	})
	if x, ok := h.fatal(); !ok || x.first != at(2) || x.last != at(2) || x.count != counted(1) {
		t.Errorf("%+v", h.records)
	}
	h.take(counts(), minute(9), true) // the exporter began anew
	if _, ok := h.telling(); ok || h.records[0].count.OK {
		t.Errorf("counts that went away: %+v", h.records)
	}
}

func TestADriverThatAsksForNothingMoreSettles(t *testing.T) {
	ask := func(action, code int) fleet.GPUReading {
		return fleet.GPUReading{LastXid: fleet.Some(code), Recovery: fleet.Some(action)}
	}
	h := play(t, []step{{ask(0, 0), nil, nil}, {ask(2, 79), []int{79}, nil}, {ask(2, 79), nil, nil}})
	if _, ok := h.fatal(); !ok {
		t.Fatal("the code is settled while the driver still asks")
	}
	h.take(ask(0, 79), minute(5), true) // rebooted: the gauge sticks
	if _, ok := h.fatal(); ok || !h.records[0].settled {
		t.Errorf("%+v", h.records)
	}
	play(t, []step{{ask(0, 79), nil, nil}}) // there from the start: the driver never asked for anything
}

func TestTheHistoryIsBoundedAndKeepsWhatMatters(t *testing.T) {
	h := &xidHistory{}
	h.take(gauge(79), minute(0), true)
	for i := 1; i < 40; i++ {
		h.take(gauge(80+i), minute(i), true)
		if len(h.records) > maxXids {
			t.Fatalf("%d codes are kept", len(h.records))
		}
	}
	if _, ok := h.find(79); !ok || h.records[0].code != 119 {
		t.Errorf("%+v", h.records)
	}
}

func TestTheHistoryReachesTheScreen(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{"n1": gpuPage(func(now time.Time) []fleet.GPUReading {
		one := fleet.GPUReading{ID: "GPU-a", Index: "0", PCI: "a", Recovery: fleet.Some(4), Xids: []fleet.XidCount{
			{Code: 94, Count: counted(3), Last: fleet.Some(start.Add(-time.Hour))}}}
		cut := fleet.GPUReading{ID: "GPU-b", Index: "1", PCI: "b", LastXid: fleet.Some(0)}
		if now.After(start.Add(30 * time.Second)) {
			cut.LastXid = fleet.Some(119)
		}
		other := cut
		cut.MIG, other.MIG = "1", "2"
		return []fleet.GPUReading{one, cut, other}
	})})
	s := b.after(time.Minute)
	g := s.Pool("p").Nodes[0].GPUs
	x := g[0].XidHistory
	if len(x) != 1 || x[0].Code != 94 || x[0].Count != fleet.Some(fleet.Count(3)) || x[0].Dispute.IsEmpty() || x[0].First.OK ||
		!x[0].Last.V.Equal(start.Add(-time.Hour)) || g[0].Asks.String() != "a drain and a reset" || g[0].Xid.V.Code != 94 {
		t.Errorf("%+v", g[0])
	}
	n := 0
	for _, e := range s.Events {
		if e.Text.String() == "GPU 1 Xid 119: "+g[1].Xid.V.Meaning.String()+"; "+g[1].Xid.V.Action.String() {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the code of one board was announced %d times: %v", n, fmt.Sprint(s.Events))
	}
}
