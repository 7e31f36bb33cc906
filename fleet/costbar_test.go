package fleet_test

import (
	"testing"
	"time"

	"pitwall/fleet"
)

func usd(t *testing.T, s string) fleet.Maybe[fleet.Money] {
	t.Helper()
	m, err := fleet.ParseMoney(s, fleet.USD)
	if err != nil {
		t.Fatal(err)
	}
	return fleet.Some(m)
}

// Bars keep what is not known apart from nothing, take the bill of a day that is closed, and spread the forecast over what is left.
func TestBarsOfTheMonth(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	day := func(n int) fleet.Span { return fleet.Day(time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC)) }
	s := fleet.Spend{MonthEnd: fleet.Forecast{Rest: usd(t, "36")}, Books: &fleet.Books{Chart: []fleet.CostPoint{
		{Span: day(2), Closed: true, Billed: usd(t, "9"), Metered: usd(t, "8"), Capacity: usd(t, "24")},
		{Span: day(3), Billed: usd(t, "5"), Metered: usd(t, "8")},
		{Span: day(4), Metered: usd(t, "0")},
		{Span: day(5), Metered: usd(t, "3"), Reported: usd(t, "7"), Bypassed: true},
		{Span: day(6), Metered: usd(t, "8"), Reported: usd(t, "7"), Bypassed: true},
	}}}
	bars := s.DayBars(now)
	if len(bars) != 30 || bars[0].API.OK || bars[0].Capacity.OK {
		t.Fatalf("%d bars, the first %+v: want 30, and nothing known of a day that is not on file", len(bars), bars[0])
	}
	for n, want := range map[int]string{1: "9 billed", 2: "8 metered", 3: "0 metered", 4: "7 reported", 5: "8 metered"} {
		if got := bars[n].API.V.Amount().String() + " " + string(bars[n].Stream); !bars[n].API.OK || got != want {
			t.Errorf("day %d: %s, want %s", n+1, got, want)
		}
	}
	if got := bars[28].Forecast; !got.OK || got.V.Amount().Round(6).String() != "12" || !bars[28].Part || bars[28].Ahead {
		t.Errorf("today: %+v, want a third of what is left", bars[28])
	}
	if got := bars[29].Forecast; got.V.Amount().Round(6).String() != "24" || !bars[29].Ahead || bars[27].Forecast.OK {
		t.Errorf("tomorrow %+v, yesterday %+v", bars[29], bars[27])
	}
}

func TestTheHourThatMeteringBeganInIsKnownInPart(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 30, 0, 0, time.UTC)
	s := fleet.Spend{Day: fleet.PeriodSpend{MeteredFrom: now.Add(-150 * time.Minute)}}
	var part []int
	for h, b := range s.HourBars(now) {
		if b.Part {
			part = append(part, h)
		}
		if b.Ahead != (h > 12) {
			t.Errorf("hour %d ahead: %v", h, b.Ahead)
		}
	}
	if len(part) != 1 || part[0] != 12 {
		t.Errorf("in part %v, want the present one: metering began with hour 10", part)
	}
	s.Day.MeteredFrom = s.Day.MeteredFrom.Add(time.Minute)
	if !s.HourBars(now)[10].Part {
		t.Error("an hour that was metered from its second minute passes for whole")
	}
}
