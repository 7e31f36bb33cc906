package viewtest

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Billed lays bills of some days over a fleet: one model that reconciles, one whose gateway counts a tenth of the bill, one without
// a bill, traffic that bypasses the gateway, and sources of every kind of age.
func Billed(s *fleet.Snapshot) *fleet.Snapshot {
	today := fleet.Day(Now()).From
	books := &fleet.Books{At: Now(), From: today.AddDate(0, 0, -6)}
	for n := range 7 {
		day := today.AddDate(0, 0, -n)
		books.Days = append(books.Days, billDay("anthropic", "claude-sonnet-4-6", day, n > 1, 402.10, 1.02), billDay("openai", "gpt-4o", day,
			n > 1, 20.40, 10.1),
			billDay("openai", "gpt-4o-mini", day, false, 3.11, 0))
		point := fleet.CostPoint{Span: fleet.Day(day), Metered: fleet.Some(Dollars("425.61")), Capacity: fleet.Some(Dollars("9024")),
			Closed: n > 1}
		if n > 1 {
			point.Billed = fleet.Some(Dollars("616.18"))
		}
		books.Chart = append([]fleet.CostPoint{point}, books.Chart...)
	}
	books.Days[6].Revised = []fleet.Revision{{At: ago(30 * time.Hour), Cost: fleet.Some(Dollars("391.02"))}}
	history := fleet.Trend{Step: 24 * time.Hour, End: today, V: []float64{1.01, 1.03, 1.02, 1.02, 1.02}}
	books.Factors = []fleet.Factor{
		{Provider: "anthropic", Model: "claude-sonnet-4-6", Rho: fleet.Some(1.02), Low: 1.01, High: 1.03, Days: 5, Last: fleet.Some(1.02),
			LastDay: today.AddDate(0, 0, -2), Against: fleet.StreamMetered, History: history},
		{Provider: "openai", Model: "gpt-4o", Rho: fleet.Some(1.5), Low: 1.5, High: 1.5, Days: 5, Last: fleet.Some(10.1),
			LastDay: today.AddDate(0, 0, -2),
			Against: fleet.StreamMetered, Off: true, History: fleet.Trend{Step: 24 * time.Hour, End: today, V: []float64{9.9, 10, 10.2, 10, 10.1}}},
	}
	books.Bypass = []fleet.Bypass{{Provider: "openai", Model: "gpt-4o", Span: fleet.Day(today.AddDate(0, 0, -1)), Metered: 3_100_000,
		Reported: 31_000_000,
		Beyond:   27_900_000, Share: 0.9, Cost: fleet.Some(Dollars("181.20"))}}
	books.Bills = []fleet.BillStatus{
		{Source: "anthropic-bill", Kind: "anthropic-costs", Provider: "anthropic", Streams: []fleet.Stream{fleet.StreamReported,
			fleet.StreamBilled},
			Watermark: ago(7 * time.Minute), Fetched: ago(2 * time.Minute), Next: Now().Add(8 * time.Minute), Interval: 10 * time.Minute,
			Lines: 412},
		{Source: "openai-bill", Kind: "openai-costs", Provider: "openai", Streams: []fleet.Stream{fleet.StreamReported, fleet.StreamBilled},
			Watermark: today.AddDate(0, 0, -1), Fetched: ago(3 * time.Hour), Next: Now().Add(5 * time.Minute), Stale: true, Refused: true, Lines: 96,
			Err: fleet.Text("HTTP 403: this key may not read usage; an admin key is asked"),
			Limits: []fleet.SpendLimit{{Of: fleet.Text("organization"), Max: fleet.Some(Dollars("20000")), Hard: true,
				Enforcing: fleet.Text("enforcing")}}},
		{Source: "exports", Kind: "focus", Streams: []fleet.Stream{fleet.StreamBilled}, Watermark: today.AddDate(0, 0, -20),
			Fetched: ago(time.Minute), Lines: 8801,
			Files: []fleet.BillFile{{Name: "october.csv", Format: fleet.Text("FOCUS 1.2"), SHA256: "7f83b1657ff1fc53b92dc18148a1d65d",
				Written: ago(20 * 24 * time.Hour), Rows: 120_301,
				Covers: fleet.Span{From: today.AddDate(0, -2, 0), To: today.AddDate(0, -1, 0)}},
				{Name: "cut.csv", Format: fleet.Text("FOCUS 1.0"), Written: ago(2 * time.Hour), Rows: 17,
					Why: fleet.Text("ends in the middle of row 18; the last whole copy of it stands")}}},
	}
	books.Hours = hours(today)
	s.Spend.Books = books
	spent(&s.Spend, today)
	s.Spend.Beside = beside()
	return s
}

// hours are those of a day that was watched from 09:20 on: own GPUs by the hour, what is rented as reported before that, and one
// hour without any word.
func hours(today time.Time) []fleet.CostPoint {
	var list []fleet.CostPoint
	for h := range 24 {
		at := today.Add(time.Duration(h) * time.Hour)
		p := fleet.CostPoint{Span: fleet.Span{From: at, To: at.Add(time.Hour)}}
		switch {
		case h < 9 && h != 4:
			p.Reported = fleet.Some(Dollars("61.20"))
		case h >= 9 && h <= 14:
			p.Metered, p.Capacity = fleet.Some(Dollars("96.10")), fleet.Some(Dollars("316"))
		}
		list = append(list, p)
	}
	list[11].Metered = fleet.Some(Dollars("0"))
	return list
}

// beside are two pools beside rented models: one that is dearer as used and cheaper at full use, one without traffic.
func beside() []fleet.PoolBeside {
	return []fleet.PoolBeside{
		{Route: "chat-default", Pool: "h100-b", Model: "llama-70b", Currency: fleet.USD, At: ago(9 * time.Second),
			Allocated: fleet.Some(fleet.USDPerMTok(4.92)),
			Usage:     fleet.Some(fleet.USDPerMTok(1.97)),
			Mix:       fleet.TokenMix{Input: 0.5, Cached: 0.3, Output: 0.2, From: fleet.Text("measured on h100-b")},
			Others: []fleet.APIBeside{
				{Target: "openai", Provider: "openai", Model: "gpt-4o", Tier: "standard", Currency: fleet.USD,
					Price:  fleet.Some(fleet.USDPerMTok(3.63)),
					Source: fleet.Text("https://openai.com/api/pricing"), AsOf: time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)},
				{Target: "anthropic", Provider: "anthropic", Model: "claude-next", Tier: "standard", Currency: fleet.USD, Why: fleet.Text("unpriced")},
			}},
		{Route: "batch", Pool: "h200-dr", Currency: fleet.USD, At: ago(9 * time.Second), Mix: fleet.TokenMix{Input: 0.75, Output: 0.25,
			From: fleet.Text("no traffic: assumed 3 parts input to 1 output")}, Why: fleet.Text("no tokens to share its cost out over")},
	}
}

// spent lays a month that will end over its budget over a fleet.
func spent(sp *fleet.Spend, today time.Time) {
	sp.Needle = fleet.Pace{Needle: fleet.Some(fleet.USDPerHour(418)), Rate: fleet.Some(fleet.USDPerHour(405))}
	sp.Calibrated = fleet.Calibrated{Burn: fleet.Some(fleet.USDPerHour(41)), Rho: fleet.Some(1.14), Low: fleet.Some(fleet.USDPerHour(36)),
		High: fleet.Some(fleet.USDPerHour(54))}
	sp.Budget.PerMonth = fleet.Some(Dollars("240000"))
	sp.Day.MeteredFrom = today.Add(9*time.Hour + 20*time.Minute)
	sp.Month = fleet.PeriodSpend{Span: fleet.Month(Now()), Best: fleet.Some(Dollars("198402.11")), Billed: fleet.Some(Dollars("9804.20")),
		BilledTo: today.AddDate(0, 0, -1), Credit: fleet.Some(Dollars("-120"))}
	sp.MonthEnd = fleet.Forecast{Rest: fleet.Some(Dollars("82597.89")),
		Total: fleet.Some(Dollars("281000")), Low: fleet.Some(Dollars("276000")), High: fleet.Some(Dollars("290500"))}
	sp.Ends = []fleet.BudgetEnd{
		{Of: fleet.Text("month"), Limit: fleet.Some(Dollars("240000")), Spent: fleet.Some(Dollars("198402.11")),
			Rate: fleet.Some(fleet.USDPerHour(405)),
			At:   fleet.Some(Now().Add(103 * time.Hour)), Low: fleet.Some(Now().Add(96 * time.Hour)), Binds: true},
		{Of: fleet.Text("openai: organization"), Limit: fleet.Some(Dollars("20000")), Hard: true,
			Why: fleet.Text("what is spent of it is not known")},
	}
	sp.Shifted = []fleet.ShiftCost{{Route: "chat-default", At: ago(12 * time.Minute), Before: fleet.Some(fleet.USDPerHour(183)),
		After: fleet.Some(fleet.USDPerHour(141))}}
	sp.Unlisted = []fleet.Unpriced{{Provider: "openai", Kind: "openai", Model: "gpt-next", Tokens: fleet.Some(fleet.TokenRate(420)),
		Line: fleet.Text("openai,gpt-next,chat,,,,,")}}
	sp.Rows = spendRows()
}

func spendRows() []fleet.SpendRow {
	rate := func(v float64) fleet.Pace {
		return fleet.Pace{Needle: fleet.Some(fleet.USDPerHour(v * 1.1)), Rate: fleet.Some(fleet.USDPerHour(v))}
	}
	return []fleet.SpendRow{
		{By: fleet.SpendByRoute, Name: "chat-default", Pace: rate(183), Today: fleet.Some(Dollars("2011.40")), Stream: fleet.StreamMetered,
			PerMTok: fleet.Some(fleet.USDPerMTok(0.61))},
		{By: fleet.SpendByPool, Name: "h100-b", Pace: rate(70), Today: fleet.Some(Dollars("981.02")), Month: fleet.Some(Dollars("47000")),
			Stream:  fleet.StreamCapacity,
			PerMTok: fleet.Some(fleet.USDPerMTok(1.92)), Usage: fleet.Some(fleet.USDPerMTok(0.77)), Idle: fleet.Some(fleet.USDPerHour(42))},
		{By: fleet.SpendByModel, Name: "claude-sonnet-4-6", Provider: "anthropic", Pace: rate(17), Today: fleet.Some(Dollars("230.10")),
			Month:  fleet.Some(Dollars("9210.55")),
			Stream: fleet.StreamBilled, Until: Now().Add(-14 * time.Hour), Rho: fleet.Some(1.02)},
		{By: fleet.SpendByTeam, Name: "search", Pace: rate(11), Today: fleet.Some(Dollars("88.10")), Stream: fleet.StreamReported,
			Until: ago(9 * time.Minute)},
		{By: fleet.SpendByKey, Name: "batch-nightly", Pace: rate(9), Why: fleet.Text("its gateway tells no day")},
	}
}

// billDay is one day of a model: metered, and where it is closed billed by a factor.
func billDay(p fleet.ProviderID, m fleet.ModelName, day time.Time, closed bool, metered, factor float64) fleet.CostDay {
	sum := func(v float64, source fleet.SourceID) fleet.StreamSum {
		return fleet.StreamSum{Cost: fleet.Some(fleet.NewMoney(decimal.NewFromFloat(v).Round(2), fleet.USD)), Told: true, Whole: true,
			Until:  fleet.Day(day).To,
			Source: source, At: Now(), Uses: map[fleet.UsageKind]decimal.Decimal{fleet.UseInput: decimal.NewFromInt(31_000_000),
				fleet.UseOutput: decimal.NewFromInt(2_400_000)}}
	}
	d := fleet.CostDay{Provider: p, Model: m, Day: day, Metered: sum(metered, ""), Against: fleet.StreamMetered}
	if factor > 0 {
		d.Reported = sum(metered*factor*0.99, fleet.SourceID(p)+"-bill")
	}
	if closed {
		d.Closed, d.Billed, d.Factor = true, sum(metered*factor, fleet.SourceID(p)+"-bill"), fleet.Some(factor)
		d.Credit = fleet.Some(Dollars("-2"))
	}
	return d
}
