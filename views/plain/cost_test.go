package plain_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
	"pitwall/views/plain"
)

func dollars(s string) fleet.Maybe[fleet.Money] {
	return fleet.Some(fleet.NewMoney(decimal.RequireFromString(s), fleet.USD))
}

// spending is a snapshot with one closed day, one open one, and names that try to write to the terminal and the spreadsheet.
func spending() *fleet.Snapshot {
	day := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	s := &fleet.Snapshot{At: day.Add(40 * time.Hour)}
	sum := func(cost string) fleet.StreamSum {
		return fleet.StreamSum{Told: true, Whole: true, Cost: dollars(cost), Uses: map[fleet.UsageKind]decimal.Decimal{fleet.UseInput: decimal.NewFromInt(1200), fleet.UseRequests: decimal.NewFromInt(9)}}
	}
	s.Spend = fleet.Spend{Budget: fleet.Budget{PerDay: dollars("100")}, Needle: fleet.Pace{Needle: fleet.Some(fleet.USDPerHour(12)), Rate: fleet.Some(fleet.USDPerHour(11))},
		Day:  fleet.PeriodSpend{Span: fleet.Day(s.At), Metered: dollars("3.14159"), Best: dollars("3.14159"), BestWhy: fleet.Text("bills where days are closed, else the meter")},
		Rows: []fleet.SpendRow{{By: fleet.SpendByTeam, Name: "=HYPERLINK(1)", Today: dollars("1.005"), Stream: fleet.StreamReported}},
		Ends: []fleet.BudgetEnd{{Of: fleet.Text("day"), Limit: dollars("100"), Spent: dollars("80"), Rate: fleet.Some(fleet.USDPerHour(11)), At: fleet.Some(s.At.Add(time.Hour)), Binds: true}},
		Beside: []fleet.PoolBeside{{Route: "chat", Pool: "own", Currency: fleet.USD, Allocated: fleet.Some(fleet.USDPerMTok(4.92)), Usage: fleet.Some(fleet.USDPerMTok(1.97)),
			Mix:    fleet.TokenMix{Input: .5, Cached: .3, Output: .2, From: fleet.Text("measured")},
			Others: []fleet.APIBeside{{Provider: "openai", Model: "gpt-4o", Tier: "standard", Currency: fleet.USD, Price: fleet.Some(fleet.USDPerMTok(3.63))}}}},
		Books: &fleet.Books{Days: []fleet.CostDay{{Provider: "openai", Model: "new\x1b[2J", Day: day.AddDate(0, 0, 1), Metered: sum("2.5")},
			{Provider: "openai", Model: "gpt-4o", Day: day, Metered: sum("10"), Billed: sum("12.3456789"), Closed: true, Factor: fleet.Some(1.23456789), Against: fleet.StreamMetered,
				Revised: []fleet.Revision{{Cost: dollars("9")}}}},
			Factors: []fleet.Factor{{Provider: "openai", Rho: fleet.Some(1.2), Low: 1.1, High: 1.3, Days: 3, Last: fleet.Some(1.3), LastDay: day, Against: fleet.StreamMetered, Off: true}},
			Gateways: []fleet.GatewayFactor{{Source: "litellm-bill", Factor: fleet.Factor{Provider: "openai", Last: fleet.Some(10.0), Rho: fleet.Some(1.5), LastDay: day, Days: 7, Off: true},
				Told: dollars("41.20"), Billed: dollars("412"), Gateways: 1}},
			Bypass: []fleet.Bypass{{Provider: "openai", Model: "shadow", Reported: 1000, Beyond: 400, Share: .4, Cost: dollars("7")}},
			Bills: []fleet.BillStatus{{Source: "bill", Kind: "openai-costs", Streams: []fleet.Stream{fleet.StreamBilled, fleet.StreamReported}, Fetched: s.At.Add(-time.Hour), Lines: 7, Calls: 3, Paid: dollars("0.03"),
				Files: []fleet.BillFile{{Name: "a.csv", Format: fleet.Text("FOCUS 1.2"), SHA256: strings.Repeat("ab", 32), Rows: 5}}}, {Source: "other", Refused: true, Err: fleet.Text("auth: 403")}}}}
	return s
}

func TestCostTables(t *testing.T) {
	s := spending()
	for name, x := range map[string]struct {
		grids []plain.Grid
		want  []string
	}{
		"now":     {plain.CostNow(s), []string{"USD/h now 12  15 min 11", "2026-11-30 16:00Z    -  -              -         -  in part", "chat   own      4.92     1.97", "50% input 30% cached 0% written 20% output", "1.355", "$3.14", "$100.00", "day    $100.00  $80.00", "2026-11-30 17:00Z binds", "bills where days are closed"}},
		"days":    {plain.CostDays(s), []string{"2026-11-30  openai    new^[[2J", "$12.35", "1.235", "closed", "$9.00", "1.20k"}},
		"factors": {plain.CostFactors(s), []string{"(all)", "1.200", "OFF", "litellm-bill", "$41.20", "10.0", "shadow", "40.0", "$7.00"}},
		"bills":   {plain.CostBills(s), []string{"billed reported", "60m", "$0.03", "REFUSED", "a.csv", "FOCUS 1.2", "abababababab", "auth: 403"}},
	} {
		text := plain.Grids(x.grids)
		for _, want := range x.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, text)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("%s: a name writes to the terminal", name)
		}
	}
	for _, g := range append(append(plain.CostNow(&fleet.Snapshot{}), plain.CostDays(&fleet.Snapshot{})...), plain.CostBills(&fleet.Snapshot{})...) {
		if plain.Grids([]plain.Grid{g}) == "" {
			t.Error("an empty fleet draws nothing")
		}
	}
}

// CSV has amounts as they are, nothing where nothing is known, and no formula from outside.
func TestCostAsCSV(t *testing.T) {
	s := spending()
	rows, err := csv.NewReader(strings.NewReader(plain.CostDays(s)[0].CSV())).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatal(err, rows)
	}
	at := func(row int, title string) string {
		for i, name := range rows[0] {
			if name == title {
				return rows[row][i]
			}
		}
		t.Fatal("no column", title)
		return ""
	}
	for title, want := range map[string]string{"BILLED": "12.3456789", "BILLED/EST": "1.23456789", "TOK METERED": "1200", "REPORTED": "", "CURRENCY": "USD", "DAY": "2026-11-29"} {
		if got := at(2, title); got != want {
			t.Errorf("%s: %q, want %q", title, got, want)
		}
	}
	if got := at(1, "BILLED"); got != "" {
		t.Errorf("an unknown bill is %q", got)
	}
	if text := plain.CostNow(s)[0]; !strings.Contains(text.CSV(), "'=HYPERLINK") || !strings.Contains(text.CSV(), "1.005") {
		t.Error(text.CSV())
	}
}
