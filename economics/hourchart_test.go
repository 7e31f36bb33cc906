package economics

import (
	"testing"
	"time"

	"pitwall/fleet"
)

// Hours of several sources are hours of the fleet: each provider by the first source that tells of it by the hour. One that only
// tells of days leaves them known in part.
func TestHoursAreOfAllProviders(t *testing.T) {
	hourly := func(provider fleet.ProviderID, cost string) Page {
		l := fleet.BillLine{Provider: provider, Model: "m", Use: fleet.UseInput, Cost: cash(cost), Span: fleet.Span{From: monday, To: monday.Add(time.Hour)}}
		return dayPage(fleet.StreamReported, monday, l)
	}
	ledgers := []Ledger{{Source: "a", Provider: "openai", Pages: []Page{hourly("openai", "100")}},
		{Source: "b", Provider: "anthropic", Pages: []Page{hourly("anthropic", "20")}},
		{Source: "c", Provider: "openai", Pages: []Page{hourly("openai", "99")}}} // tells of the same money again
	chart := HourChart(ledgers, over(1), Names{})
	if len(chart) != 24 || chart[0].Lacks || chart[1].Reported.OK {
		t.Fatalf("%+v", chart[:2])
	}
	is(t, "the first hour", chart[0].Reported, "120")
	day := dayPage(fleet.StreamBilled, monday, fleet.BillLine{Provider: "google", Model: "g", Use: fleet.UseInput, Cost: cash("7")})
	chart = HourChart(append(ledgers, Ledger{Source: "d", Provider: "google", Pages: []Page{day}}), over(1), Names{})
	is(t, "the first hour still", chart[0].Reported, "120")
	if !chart[0].Lacks {
		t.Error("google was used and tells of days only: the hour is known in part")
	}
	s := fleet.Spend{Books: &fleet.Books{Hours: chart}}
	if bars := s.HourBars(monday.Add(5 * time.Hour)); !bars[0].Part || bars[0].Stream != fleet.StreamReported {
		t.Errorf("%+v", bars[0])
	}
}
