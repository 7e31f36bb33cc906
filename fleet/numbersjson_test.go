package fleet

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
)

func TestGapsOfATrendSurviveJSON(t *testing.T) {
	for name, want := range map[string]Trend{
		"empty": {}, "values": {Step: time.Second, V: []float64{0, 1.5}},
		"gaps": {Step: time.Minute, End: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), V: []float64{math.NaN(), 2}},
	} {
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got Trend
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Step != want.Step || !got.End.Equal(want.End) || len(got.V) != len(want.V) {
			t.Fatalf("%s: got %+v from %s", name, got, b)
		}
		for i, v := range want.V {
			if got.V[i] != v && !(math.IsNaN(got.V[i]) && math.IsNaN(v)) {
				t.Errorf("%s: value %d is %v, want %v", name, i, got.V[i], v)
			}
		}
	}
}

func TestTheLastBoundOfAHistogramSurvivesJSON(t *testing.T) {
	want := Histogram{Bounds: []float64{.1, 1, math.Inf(1)}, Counts: []float64{1, 2, 3}, Sum: 4.5}
	b, err := json.Marshal(Snapshot{Routes: []Route{{Lengths: Lengths{Prompt: want}}}})
	if err != nil {
		t.Fatal(err)
	}
	var got Snapshot
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Routes[0].Lengths.Prompt, want) {
		t.Errorf("got %+v, want %+v", got.Routes[0].Lengths.Prompt, want)
	}
}

func TestMoneyInJSONIsExact(t *testing.T) {
	want, err := ParseMoney("12345678901234567890.10", USD)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(Budget{PerDay: Some(want)})
	if err != nil {
		t.Fatal(err)
	}
	var got Budget
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if !got.PerDay.OK || !got.PerDay.V.Amount().Equal(want.Amount()) || got.PerDay.V.Currency() != USD || got.PerMonth.OK {
		t.Errorf("got %+v from %s", got, b)
	}
}
