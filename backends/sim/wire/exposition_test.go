package wire

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"pitwall/backends/sim/world"
)

func TestNumbersAreThoseOfThePythonClient(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.0", 3: "3.0", 15886: "15886.0", 55.19: "55.19", 999999: "999999.0", 0.005491338204592466: "0.005491338204592466",
		1e6: "1.0e+06", 3321073664: "3.321073664e+09", 35786276864: "3.5786276864e+010", 1781802846.91: "1.78180284691e+09",
		-2500000: "-2.5e+06", 1.25: "1.25", 0.3: "0.3",
	} {
		if got := string(appendFloat(nil, v)); got != want {
			t.Errorf("%v is printed %s, want %s", v, got, want)
		}
	}
}

func TestNumbersReadBackExactly(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := rapid.Float64Range(-1e15, 1e15).Draw(rt, "v")
		text := string(appendFloat([]byte("x "), v))[2:]
		if got, err := strconv.ParseFloat(text, 64); err != nil || got != v {
			rt.Fatalf("%v is printed %q, which reads %v, %v", v, text, got, err)
		}
	})
}

func TestLabelsAreEscaped(t *testing.T) {
	if got := label("a", "b\"c\\d\ne"); got != `a="b\"c\\d\ne"` {
		t.Error(got)
	}
}

func TestRebucketLosesNothing(t *testing.T) {
	from := world.Histogram{Bounds: []float64{.3, 1, 5, 120}, Counts: []uint64{5, 4, 3, 2, 1}, Sum: 9}
	to := rebucket(&from, lowResBounds)
	if to.Count() != from.Count() || to.Sum != from.Sum {
		t.Errorf("%d of %d observations, sum %v", to.Count(), from.Count(), to.Sum)
	}
	if want := []uint64{0, 5, 4, 6}; !equal(to.Counts, want) {
		t.Errorf("counts %v, want %v", to.Counts, want)
	}
}

func equal(a, b []uint64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
