package economics

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// meterHourPage is a day of which each whole hour within a span costs an amount.
func meteredHours(day time.Time, within fleet.Span, cost string) []Page {
	page := Page{Stream: fleet.StreamMetered, Day: day, Covers: fleet.ClipSpans([]fleet.Span{within}, fleet.Day(day))}
	for at := day; at.Before(day.AddDate(0, 0, 1)); at = at.Add(time.Hour) {
		if within.Has(at) {
			l := line("m", cash(cost))
			l.Stream, l.Span = fleet.StreamMetered, fleet.Span{From: at, To: at.Add(time.Hour)}
			page.Lines = append(page.Lines, l)
		}
	}
	return []Page{page}
}

func TestAMonthEndsAsTheSameHoursDidBefore(t *testing.T) {
	now := time.Date(2026, 11, 29, 18, 30, 0, 0, time.UTC) // a Sunday; 29.5 hours are left
	month := fleet.Month(now)
	week := fleet.Span{From: now.AddDate(0, 0, -8), To: now}
	var pages []Page
	for day := fleet.Day(week.From); day.From.Before(now); day = fleet.Day(day.To) {
		pages = append(pages, meteredHours(day.From, week, "2")...)
	}
	hours := HoursOf([]Ledger{meter(pages...)}, week, func(fleet.ProviderID, fleet.ModelName) float64 { return 1.1 })
	o := Outlook{Now: now, Hours: hours, Rate: fleet.Some(fleet.USDPerHour(100)), Open: cash("50"), Low: 0.9, High: 1.2,
		Month: fleet.PeriodSpend{Span: month, Best: cash("1000"), Billed: cash("950")}, Complete: true}
	f := MonthEnd(o)
	is(t, "rest", f.Rest, "64.9") // 29.5 h x 2 x 1.1
	is(t, "total", f.Total, "1064.9")
	is(t, "low", f.Low, "1053.41")
	is(t, "high", f.High, "1087.88")
	if got := f.RestBy.String(); got != "the same hours of the last 1 week" {
		t.Error(got)
	}
	o.Hours = nil
	f = MonthEnd(o)
	is(t, "at the present rate", f.Total, "3950")
	if !strings.Contains(f.RestBy.String(), "present rate") {
		t.Error(f.RestBy)
	}
	o.Rate.OK = false
	if f = MonthEnd(o); f.Total.OK || f.Why.IsEmpty() {
		t.Errorf("a forecast from nothing: %+v", f)
	}
}

// An hour that was not watched whole is no hour to go by, and an hour without use is one.
func TestOnlyWholeHoursCount(t *testing.T) {
	within := fleet.Span{From: monday.Add(90 * time.Minute), To: monday.Add(4 * time.Hour)}
	pages := meteredHours(monday, within, "2")
	pages[0].Lines = pages[0].Lines[:1]
	got := HoursOf([]Ledger{meter(pages...)}, over(1), nil)
	if len(got) != 2 || got[monday.Add(2*time.Hour)] != 2 || got[monday.Add(3*time.Hour)] != 0 {
		t.Errorf("%v", got)
	}
}

func TestAPeriodTakesBillsWhereDaysAreClosed(t *testing.T) {
	second := monday.AddDate(0, 0, 1)
	machine := fleet.BillLine{Stream: fleet.StreamCapacity, Item: fleet.Text("pool"), Span: fleet.Day(second), Cost: cash("100")}
	ledgers := []Ledger{bill(dayPage(fleet.StreamBilled, monday, line("m", cash("12")))),
		meter(dayPage(fleet.StreamMetered, monday, line("m", cash("10"))), dayPage(fleet.StreamMetered, second, line("m", cash("5"))),
			Page{Stream: fleet.StreamCapacity, Day: second, Lines: []fleet.BillLine{machine}})}
	r := Reconcile(ledgers, over(7), Names{})
	p := Period(r.Days, ledgers, fleet.Span{From: monday, To: monday.AddDate(0, 0, 3)}, monday.AddDate(0, 0, 2))
	is(t, "best", p.Best, "117")
	is(t, "metered", p.Metered, "15")
	is(t, "billed", p.Billed, "12")
	is(t, "capacity", p.Capacity, "100")
	is(t, "reported", p.Reported, "-")
	if !strings.Contains(p.BestWhy.String(), "the meter") {
		t.Error(p.BestWhy)
	}
	if p = Period(r.Days, ledgers, fleet.Span{From: monday, To: monday.AddDate(0, 0, 7)}, monday.AddDate(0, 0, 4)); p.BestWhy.String() != "nothing is on file of 2 of 4 days" {
		t.Error(p.BestWhy)
	}
	chart := Chart(r.Days, ledgers, fleet.Span{From: monday, To: monday.AddDate(0, 0, 3)})
	if len(chart) != 3 || !chart[0].Closed || chart[1].Closed || chart[2].Metered.OK {
		t.Errorf("%+v", chart)
	}
	is(t, "bar", chart[1].Capacity, "100")
	rows := Parts(r.Days, ledgers, fleet.Day(second), fleet.Month(monday), Names{})
	for _, row := range rows {
		if row.By == fleet.SpendByProvider {
			is(t, "provider this month", row.Month, "17")
			is(t, "provider today", row.Today, "5")
			if row.Stream != fleet.StreamMetered || !strings.Contains(row.Why.String(), "also by other streams") {
				t.Errorf("one day is metered, the other billed: %+v", row)
			}
		}
		if row.By == fleet.SpendByPool && row.Name != "pool" {
			t.Errorf("%+v", row)
		}
	}
	if len(rows) != 3 {
		t.Errorf("%+v", rows)
	}
}

// OpenCost tells of the same machines as the meter does; what a provider rents out by the hour is other money.
func TestMachinesAreCountedOnce(t *testing.T) {
	hours := func(cost string) Page { return dayPage(fleet.StreamCapacity, monday, fleet.BillLine{Cost: cash(cost)}) }
	before := dayPage(fleet.StreamCapacity, monday.AddDate(0, 0, -1), fleet.BillLine{Cost: cash("40")})
	ledgers := []Ledger{{Source: "opencost", Pages: []Page{before, hours("50")}}, meter(hours("60")), {Source: "endpoints", Provider: "together", Pages: []Page{hours("7")}}}
	p := Period(nil, ledgers, fleet.Span{From: before.Day, To: monday.AddDate(0, 0, 1)}, monday.AddDate(0, 0, 1))
	is(t, "capacity", p.Capacity, "107")
}

func TestKeysAndTeamsAreOfTheTruestStream(t *testing.T) {
	at := func(stream fleet.Stream, key, cost string) Page {
		l := line("m", cash(cost))
		l.Key = key
		return dayPage(stream, monday, l)
	}
	r := Parts(nil, []Ledger{{Source: "usage", Provider: "openai", Pages: []Page{at(fleet.StreamReported, "prod", "7")}},
		{Source: "gateway", Pages: []Page{at(fleet.StreamMetered, "prod", "6")}}}, fleet.Day(monday), fleet.Month(monday), Names{})
	if len(r) != 2 || r[0].Name != "prod" || r[0].Stream != fleet.StreamMetered || r[1].Stream != fleet.StreamReported || r[1].Provider != "openai" {
		t.Fatalf("%+v", r)
	}
	is(t, "the gateway's key", r[0].Month, "6")
	is(t, "the provider's key", r[1].Month, "7")
}

func TestWhenALimitIsUsedUp(t *testing.T) {
	now := monday
	reset := now.Add(10 * time.Hour)
	for _, x := range []struct {
		left, rate float64
		at         time.Duration
		ends       bool
	}{{50, 10, 5 * time.Hour, true}, {100, 10, 0, false}, {-1, 0, 0, true}, {50, 0, 0, false}, {1e18, 1e-9, 0, false}} {
		at, holds := UsedUp(now, x.left, x.rate, reset)
		if at.OK != x.ends || holds.V == x.ends || at.OK && !at.V.Equal(now.Add(x.at)) {
			t.Errorf("%+v: %v %v", x, at, holds)
		}
	}
}

func BenchmarkReconcile(b *testing.B) {
	ledgers, span := reconciled(90, 5, 40)
	b.ResetTimer()
	for b.Loop() {
		if r := Reconcile(ledgers, span, Names{}); len(r.Days) != 90*200 || len(r.Factors) != 205 {
			b.Fatalf("%d rows, %d factors", len(r.Days), len(r.Factors))
		}
	}
}

// reconciled are ledgers of three streams with three kinds of tokens for each model and day.
func reconciled(days, providers, models int) ([]Ledger, fleet.Span) {
	var ledgers []Ledger
	meter := Ledger{}
	price := fleet.NewMoney(decimal.New(125, -8), fleet.USD)
	for p := range providers {
		id := fleet.ProviderID([]string{"openai", "anthropic", "google", "bedrock", "azure"}[p])
		meter.Providers = append(meter.Providers, id)
		usage, bill := Ledger{Source: "usage " + fleet.SourceID(id), Provider: id}, Ledger{Source: "bill " + fleet.SourceID(id), Provider: id}
		for d := range days {
			day := monday.AddDate(0, 0, d)
			for _, to := range []struct {
				ledger *Ledger
				stream fleet.Stream
			}{{&meter, fleet.StreamMetered}, {&usage, fleet.StreamReported}, {&bill, fleet.StreamBilled}} {
				page := dayPage(to.stream, day)
				page.At = day.AddDate(0, 0, 5) // all bills have settled
				for m := range models {
					for k, use := range []fleet.UsageKind{fleet.UseInput, fleet.UseCacheRead, fleet.UseOutput} {
						n := decimal.NewFromInt(int64(100000 + 1000*m + 7*d + k))
						page.Lines = append(page.Lines, fleet.BillLine{Stream: to.stream, Provider: id, Model: fleet.ModelName("model-" + string(rune('a'+m%26)) + string(rune('a'+m/26))),
							Use: use, Quantity: fleet.Some(n), Cost: fleet.Some(price.Mul(n)), Span: fleet.Day(day)})
					}
				}
				to.ledger.Pages = append(to.ledger.Pages, page)
			}
		}
		ledgers = append(ledgers, usage, bill)
	}
	return append(ledgers, meter), fleet.Span{From: monday, To: monday.AddDate(0, 0, days)}
}
