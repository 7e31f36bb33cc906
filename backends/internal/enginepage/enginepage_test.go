package enginepage

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

type name struct{ text []byte }

func (n name) Equal(o name) bool { return bytes.Equal(n.text, o.text) }

type toy struct {
	running, kinds, tokens, started float64
	wait                            fleet.Histogram
}

func toys() *Decoder[name, toy] {
	return New("Toy", func(l promtext.Labels) name { return name{l.Raw("engine")} }, []Family[name, toy]{
		{Name: "toy_running", Kind: promtext.Gauge, Set: func(x *toy, v float64) { x.running = v }},
		{Name: "toy_ended", Kind: promtext.Counter, Also: func(x *toy, l promtext.Labels, v float64) {
			if string(l.Raw("kind")) != "total" {
				x.kinds += v
			}
		}},
		{Name: "toy_wait", Kind: promtext.Histogram | promtext.Gauge, Hist: func(x *toy) *fleet.Histogram { return &x.wait }},
		{Name: "toy_tokens", Kind: promtext.Histogram, Sum: func(x *toy, v float64) { x.tokens = v }},
		{Name: ProcessStart, Kind: promtext.Gauge, Common: true, Share: func(x *toy, k name, _ promtext.Labels, v float64) {
			if string(k.text) == "a" {
				x.started = v
			}
		}},
	})
}

const toyPage = `# TYPE toy_running gauge
toy_running{engine="a"} 1
toy_running{engine="b"} 2
toy_ended{engine="a",kind="x"} 3
toy_ended{engine="a",kind="y"} 4
toy_ended{engine="a",kind="total"} 7
toy_wait{engine="a",le="1"} 5
toy_wait_bucket{engine="a",le="+Inf"} 6
toy_wait_sum{engine="a"} 2.5
toy_tokens_sum{engine="b"} 90
toy_tokens_sum{engine="a"} -90
process_start_time_seconds 17
`

func TestSamplesFindTheirEngines(t *testing.T) {
	d := toys()
	for range 2 { // its memory is used again
		got, keys, notices, err := d.Decode([]byte(toyPage))
		if err != nil || len(got) != 2 || len(keys) != 2 || len(notices) != 0 {
			t.Fatalf("%v %v %v %v", got, keys, notices, err)
		}
		if string(keys[0].text) != "a" || string(keys[1].text) != "b" {
			t.Errorf("keys %s", keys)
		}
		if a := got[0]; a.running != 1 || a.kinds != 7 || a.tokens != 0 || a.started != 17 || a.wait.Count() != 6 || a.wait.Counts[0] != 5 ||
			a.wait.Sum != 2.5 {
			t.Errorf("a: %+v", a)
		}
		if b := got[1]; b.running != 2 || b.tokens != 90 || b.started != 0 || !b.wait.IsZero() {
			t.Errorf("b: %+v", b)
		}
	}
}

func TestWhosePageItIs(t *testing.T) {
	for body, want := range map[string]string{
		"other 1\n": "no metrics of Toy", "process_start_time_seconds 5\n": "no metrics of Toy", "": "empty", "[]\n": "JSON",
	} {
		if _, _, _, err := toys().Decode([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", body, err)
		}
	}
	if got, _, _, err := toys().Decode([]byte("# TYPE toy_running gauge\n")); err != nil || len(got) != 0 {
		t.Errorf("what is only declared is its own page: %v, %v", got, err)
	}
}

func TestTooManyEngines(t *testing.T) {
	var b strings.Builder
	for i := range MaxEngines + 1 {
		fmt.Fprintf(&b, "toy_running{engine=\"%d\"} 1\n", i)
	}
	if _, _, _, err := toys().Decode([]byte(b.String())); !errors.Is(err, errEngines) {
		t.Errorf("%v", err)
	}
}

func TestCombine(t *testing.T) {
	one, two := fleet.Histogram{Bounds: []float64{math.Inf(1)}, Counts: []float64{1}}, fleet.Histogram{Bounds: []float64{math.Inf(1)}, Counts: []float64{2}}
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	make2 := func() (fleet.EngineReading, fleet.EngineReading) {
		return fleet.EngineReading{Running: fleet.Some(fleet.Count(3)), Failed: fleet.Some(5.0), TTFT: one, StartedAt: fleet.Some(early)},
			fleet.EngineReading{Running: fleet.Some(fleet.Count(4)), Failed: fleet.Some(4.0), Work: fleet.Some(9.0), TTFT: two, ITL: two,
				StartedAt: fleet.Some(late), Asleep: fleet.Some(true), LateTokens: true}
	}
	a, b := make2()
	Complete(&a, &b)
	if a.Running.V != 3 || a.Failed.V != 5 || a.Work.V != 9 || a.TTFT.Count() != 1 || a.ITL.Count() != 2 || a.StartedAt.V != late ||
		!a.Asleep.V || !a.LateTokens || a.Waiting.OK {
		t.Errorf("completed: %+v", a)
	}
	a, b = make2()
	Highest(&a, &b)
	if a.Running.V != 4 || a.Failed.V != 5 || a.Work.V != 9 || a.TTFT.Count() != 1 {
		t.Errorf("highest: %+v", a)
	}
}

func TestValues(t *testing.T) {
	for _, bad := range [][2]float64{{0, 16}, {16, 0}, {-1, 2}, {math.NaN(), 1}, {1e300, 1e300}, {math.Inf(1), 1}} {
		if got := Tokens(bad[0], bad[1]); got.OK {
			t.Errorf("%v tokens of %v", got, bad)
		}
	}
	if Tokens(100, 16) != fleet.Some(fleet.Tokens(1600)) {
		t.Error("100 blocks of 16")
	}
	for _, bad := range [][2]fleet.Maybe[float64]{{{}, fleet.Some(1.0)}, {fleet.Some(1.0), {}}, {fleet.Some(1.0), fleet.Some(0.0)},
		{fleet.Some(1e300), fleet.Some(1e-300)}} {
		if got := Share(bad[0], bad[1]); got.OK {
			t.Errorf("%v of %v is %v", bad[0], bad[1], got)
		}
	}
	for text, want := range map[string]fleet.Maybe[fleet.Tokens]{`b="100",s="16"`: fleet.Some(fleet.Tokens(1600)), `b="None",s="16"`: {},
		`b="100"`: {}, `b="100",s="NaN"`: {}, `b="1e300",s="1e300"`: {}} {
		if got := TokensOf(promtext.Labels(text), "b", "s"); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	var huge fleet.Maybe[float64]
	Add(&huge, 1e308)
	if Add(&huge, 1e308); math.IsInf(huge.V, 0) {
		t.Error("a sum is infinite")
	}
	var sum fleet.Maybe[float64]
	Add(&sum, 0)
	Fill(&sum, 5)
	if sum != fleet.Some(0.0) {
		t.Errorf("a known zero was replaced: %v", sum)
	}
	if got := Later(fleet.None[time.Time](), math.NaN()); got.OK {
		t.Errorf("%v", got)
	}
	if got := Later(Later(fleet.None[time.Time](), 2e9), 1e9); got.V.Unix() != 2e9 {
		t.Errorf("%v", got)
	}
}

func TestRefusalsAreInvalidAndNameTheSource(t *testing.T) {
	p := NewPages(func() Decode { return func([]byte) (fleet.Partial, error) { return fleet.Partial{}, errEngines } })
	_, err := p.DecodeOf("r7", nil)
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "r7") || !errors.Is(err, errEngines) {
		t.Errorf("%v", err)
	}
}

func TestOutlines(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`a="1",le="5",z="2"`, `a="1",le="9",z="2"`, true},
		{`a="1",le="5",z="2"`, `a="1",z="2"`, true},
		{`a="1",z="2"`, `a="1",le="5",z="2"`, true},
		{`le="5"`, ``, true},
		{``, ``, true},
		{`a="1",le="5"`, `a="1"`, true},
		{`le="5",z="2"`, `z="2"`, true},
		{`a="1",z="2",le="5"`, `a="1",z="2"`, true},
		{`a="1",le="5",z="2"`, `a="1",z="3"`, false},
		{`a="1",le="5"`, `a="2",le="5"`, false},
		{`a="1",le="5"`, ``, false},
		{`a="le=",le="5",b="x"`, `a="le=",b="x"`, true},
	} {
		h, tail := outline(promtext.Labels(c.a))
		oh, otail := outline(promtext.Labels(c.b))
		if got := bytes.Equal(whole(nil, h, tail), whole(nil, oh, otail)); got != c.same {
			t.Errorf("%s and %s: same %v (%q %q, %q %q)", c.a, c.b, got, h, tail, oh, otail)
		}
	}
}

func TestHistogramsAreAddedByTheirBounds(t *testing.T) {
	inf := math.Inf(1)
	got := addHistogram(fleet.Histogram{Bounds: []float64{1, 2, inf}, Counts: []float64{1, 2, 3}, Sum: 4},
		fleet.Histogram{Bounds: []float64{0.5, 2, inf}, Counts: []float64{1, 5, 6}, Sum: 5})
	if len(got.Bounds) != 2 || got.Counts[0] != 7 || got.Count() != 9 || got.Sum != 9 {
		t.Errorf("%v", got)
	}
}
