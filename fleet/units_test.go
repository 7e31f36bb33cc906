package fleet

import (
	"math"
	"testing"
	"time"
)

func TestNumbersHaveThreeDigitsAndAUnit(t *testing.T) {
	for _, tc := range []struct{ got, want Safe }{
		{Ratio(0.062).Text(), Text("6.20")},
		{Ratio(0.871).Text(), Text("87.1")},
		{Ratio(1).Text(), Text("100")},
		{Ratio(0.87).Whole(), Text("87")},
		{Seconds(0.041).Text(), Text("41ms")},
		{Seconds(0.89).Text(), Text("890ms")},
		{Seconds(2.1).Text(), Text("2.1s")},
		{Seconds(2560).Text(), Text("42m")},
		{Rate(412).Text(), Text("412")},
		{Rate(1720).Text(), Text("1.72k")},
		{Rate(0).Text(), Text("0")},
		{Rate(0.4).Text(), Text("0.4")},
		{TokenRate(88_000).Text(), Text("88.0k")},
		{Bytes(80 << 30).Text(), Text("80.0GiB")},
		{Watts(690).Text(), Text("690W")},
		{Watts(6200).Text(), Text("6.20kW")},
		{USDPerMTok(0.917).Text(), Text("0.92")},
		{Rate(-0.0001).Text(), Text("0.0")},
		{Age(12 * time.Minute), Text("12m")},
		{Age(-time.Second), Text("0s")},
		{Age(6 * 24 * time.Hour), Text("6d")},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestUnknownIsNeverZero(t *testing.T) {
	for _, got := range []Safe{
		Show(None[Rate]()), Rate(math.NaN()).Text(), Ratio(math.Inf(1)).Text(), Seconds(math.NaN()).Text(),
		Float(math.NaN(), 2), ClockTime(time.Time{}), Stamp(time.Time{}), Money{}.Text(), Watts(math.NaN()).Text(),
	} {
		if got.String() != Unknown {
			t.Errorf("got %q, want %q", got, Unknown)
		}
	}
	var forgotten struct{ Requests Maybe[Rate] }
	if forgotten.Requests.OK {
		t.Error("a forgotten field is known")
	}
}
