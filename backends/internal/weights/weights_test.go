package weights

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestWhichWeightsAreMeant(t *testing.T) {
	for _, x := range []struct {
		shares []fleet.Share
		why    string
	}{
		{nil, "there are the predictors a, b"},
		{[]fleet.Share{{Member: "c", Weight: 1}}, "no predictor c; there are a, b"},
		{[]fleet.Share{{Member: "a", Weight: 1}, {Member: "a", Weight: 2}}, "a is named twice"},
		{[]fleet.Share{{Member: "a", Weight: -1}}, "below 0"},
		{[]fleet.Share{{Member: "a"}, {Member: "b", Weight: 3}}, ""},
	} {
		want, why := Wanted(x.shares, []string{"a", "b"}, "predictor")
		if !strings.Contains(why, x.why) || (x.why == "") != (why == "") || (why == "") != (want["b"] == 3) {
			t.Errorf("%v: %v, %q", x.shares, want, why)
		}
	}
}
