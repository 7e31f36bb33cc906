package tco

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func set(t testing.TB, c *Case, values map[Key]float64) {
	t.Helper()
	for key, v := range values {
		if err := c.Put(key, v, Edited, c.values[0].From, c.values[0].AsOf); err != nil {
			t.Fatal(err)
		}
	}
}

func planOf(c *Case) *plan {
	p := c.point()
	return newPlan(&p)
}

// Three years of 300M tokens a day that grow by half each year, worked out by hand with years as steps.
func TestThreeYearsByHand(t *testing.T) {
	const days, hour = 365.0, 8.0
	perYear := 300 * days * 6.25
	apiSide := 3 * (0.5*257_000 + 6000)
	for name, tc := range map[string]struct {
		set      map[Key]float64
		api, own float64
	}{
		"GPT-4o falling": {nil, perYear*(1+1.5*0.7+2.25*0.49) + apiSide,
			ownYears([]float64{4, 5, 7}, hour, 0.85) + 3*2*257_000 + 3*(6000+12*4*3*125) + 9*15_000},
		"GPT-4o at a flat price": {map[Key]float64{"api_decline": 0}, perYear*(1+1.5+2.25) + apiSide,
			ownYears([]float64{4, 5, 7}, hour, 0.85) + 3*2*257_000 + 3*(6000+12*4*3*125) + 9*15_000},
		"1B a day, 3 engineers": {map[Key]float64{"volume": 1000, "people": 3}, perYear/0.3*(1+1.5*0.7+2.25*0.49) + apiSide,
			ownYears([]float64{10, 14, 20}, hour, 0.85) + 3*3*257_000 + 3*(6000+12*4*3*125) + 9*15_000},
		"owned, bought by two GPUs": {map[Key]float64{"gpu_source": Owned, "server_gpus": 2, "capex": 75_000, "server_kw": 2, "colo_kw": 2.55,
			"people": 2.5}, perYear*(1+1.5*0.7+2.25*0.49) + apiSide,
			ownYears([]float64{4, 5, 7}, 3.4951986, 1) + 3*2.5*257_000 + 3*(6000+12*4*3*125) + 9*15_000},
	} {
		c := New(name, nil)
		set(t, &c, map[Key]float64{"volume": 300, "growth": 50, "changes": 1})
		set(t, &c, tc.set)
		api, own := planOf(&c).totals(36, c.values[volume].V)
		near(t, name+": API", api, tc.api, 0.01)
		near(t, name+": own", own, tc.own, 20)
	}
}

// ownYears is the cost of instances by year with what hangs on it: network and observability, and three upgrades a year of ten days.
func ownYears(instances []float64, hour, falls float64) float64 {
	sum := 0.0
	for y, n := range instances {
		at := n * hour * math.Pow(falls, float64(y))
		sum += at*8760*1.11 + 3*at*240
	}
	return sum
}

func TestAnOwnedGPUHour(t *testing.T) {
	c := New("owned", nil)
	p := c.point()
	near(t, "a server of $300k", ownedHour(&p), 1.7476, 0.0001)
	set(t, &c, map[Key]float64{"capex": 833_806})
	p = c.point()
	near(t, "a server of $834k", ownedHour(&p), 4.0709, 0.0001)
	near(t, "an instance of 2 GPUs in a server of 8", planOf(&c).price8(t), 2*ownedHour(&p), 1e-9)
}

// price8 is the hour of an instance where it is one of four of an owned server.
func (x *plan) price8(t *testing.T) float64 {
	t.Helper()
	q := x.p
	q[source] = Owned
	y := newPlan(&q)
	if n := y.atPeak(1, whole); n != 4 {
		t.Errorf("%v instances are paid of a server with room for 4", n)
	}
	return y.hour
}

// Above the break-even own GPUs are always cheaper, at it they are not, and below the first crossing never.
func TestBreakEvenHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := New("random", nil)
		for i := range table {
			in := &table[i]
			if rapid.IntRange(0, 3).Draw(t, "keep") > 0 && index(i) != source {
				continue
			}
			low, high := in.ends(c.values[i].V, false)
			v := rapid.Float64Range(low, high).Draw(t, string(in.Key))
			if in.Whole || len(in.Choices) > 0 {
				v = math.Round(v)
			}
			c.values[i].V = v
		}
		x, months := planOf(&c), rapid.SampledFrom([]int{1, 24, 36}).Draw(t, "months")
		saves := func(v float64) float64 { api, own := x.totals(months, v); return api - own }
		b := x.breakEven(months)
		if !b.Stays.OK {
			if v := mostVolume * 0.99; saves(v) > 0 && saves(v/2) > 0 {
				t.Fatalf("never, and yet own GPUs save %v at %v", saves(v), v)
			}
			return
		}
		for range 20 {
			if v := b.Stays.V*rapid.Float64Range(1.000001, 20).Draw(t, "above") + 1e-6; saves(v) < 0 {
				t.Fatalf("own GPUs cost %v more at %v, above the break-even %v", -saves(v), v, b.Stays.V)
			}
			if v := b.First.V * rapid.Float64Range(0, 0.999999).Draw(t, "below"); saves(v) > 1e-6 {
				t.Fatalf("own GPUs save %v at %v, below the first crossing %v", saves(v), v, b.First.V)
			}
		}
		if v := b.Stays.V * (1 - 1e-9); saves(v) > 1+1e-6*b.Stays.V {
			t.Fatalf("own GPUs save %v at the break-even %v", saves(v), v)
		}
	})
}

func TestScalingByTheHourOnlySavesWhatIsRentedByTheHour(t *testing.T) {
	for from, name := range gpuSources {
		c := New(name, nil)
		set(t, &c, map[Key]float64{"volume": 900, "gpu_source": float64(from)})
		fixed := planOf(&c).paid(900, whole)
		set(t, &c, map[Key]float64{"autoscale": 1})
		x := planOf(&c)
		scaled := x.paid(900, whole)
		if byHour := from == OnDemand || from == Spot; byHour != (scaled < fixed) {
			t.Errorf("%s: %v instances instead of %v", name, scaled, fixed)
		}
		if x.atPeak(900, whole) != fixed {
			t.Errorf("%s: the peak needs %v instances, without scaling %v", name, x.atPeak(900, whole), fixed)
		}
	}
}

func TestADayHasItsMeanAndItsPeak(t *testing.T) {
	for _, top := range []float64{1, 1.4, 2.5, 6, 20} {
		day := dayShape(top)
		sum, most := 0.0, 0.0
		for _, v := range day {
			sum, most = sum+v, max(most, v)
		}
		near(t, "mean", sum/24, 1, 1e-9)
		near(t, "peak", most, top, 1e-6)
	}
}

// What is owned or reserved is paid on when volume shrinks; a reservation only to its end.
func TestAShrinkingVolume(t *testing.T) {
	for from, want := range map[int][]float64{OnDemand: {9, 5}, Reserved: {9, 5}, Owned: {12, 12}} {
		c := New("shrinks", nil)
		set(t, &c, map[Key]float64{"volume": 900, "growth": -50, "gpu_source": float64(from), "commitment": 12})
		x := planOf(&c)
		first, year := x.atPeak(900*x.sized[0], whole), x.atPeak(900*x.sized[12], whole)
		if first != want[0] || year != want[1] {
			t.Errorf("%s: %v, after a year %v instances, want %v", gpuSources[from], first, year, want)
		}
		if held := x.sized[11] == x.sized[0]; held != (from != OnDemand) {
			t.Errorf("%s: after 11 months sized for %v", gpuSources[from], x.sized[11])
		}
	}
}

func TestThroughputFollowsTheMixWhereItsPartsAreKnown(t *testing.T) {
	c := New("parts", nil)
	set(t, &c, map[Key]float64{"prefill": 9000, "decode": 1000, "input_share": 80, "cache_gain": 0})
	p := c.point()
	near(t, "decode is tighter", most(&p), 5000, 1e-9)
	set(t, &c, map[Key]float64{"input_share": 95})
	p = c.point()
	near(t, "prefill is tighter", most(&p), 9000/0.95, 1e-9)
	set(t, &c, map[Key]float64{"throughput": 7000})
	p = c.point()
	near(t, "one number over its parts", most(&p), 7000, 1e-9)
}
