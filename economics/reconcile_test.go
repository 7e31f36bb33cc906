package economics

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"pitwall/fleet"
)

var monday = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

func cash(s string) fleet.Maybe[fleet.Money] { return coin(s, fleet.USD) }

func coin(s, currency string) fleet.Maybe[fleet.Money] {
	return fleet.Some(fleet.NewMoney(decimal.RequireFromString(s), currency))
}

func dayPage(stream fleet.Stream, day time.Time, lines ...fleet.BillLine) Page {
	span := fleet.Day(day)
	for i := range lines {
		lines[i].Stream = stream
		if lines[i].Span.From.IsZero() {
			lines[i].Span = span
		}
	}
	return Page{Stream: stream, Day: day, Covers: []fleet.Span{span}, At: day.AddDate(0, 0, 3), Lines: lines}
}

func line(model fleet.ModelName, cost fleet.Maybe[fleet.Money]) fleet.BillLine {
	return fleet.BillLine{Provider: "openai", Model: model, Cost: cost}
}

func tokens(model fleet.ModelName, n int64, cost fleet.Maybe[fleet.Money]) fleet.BillLine {
	l := line(model, cost)
	l.Use, l.Quantity = fleet.UseInput, fleet.Some(decimal.NewFromInt(n))
	return l
}

func over(days int) fleet.Span { return fleet.Span{From: monday, To: monday.AddDate(0, 0, days)} }

func bill(pages ...Page) Ledger { return Ledger{Source: "bill", Provider: "openai", Pages: pages} }
func meter(pages ...Page) Ledger {
	return Ledger{Providers: []fleet.ProviderID{"openai"}, Pages: pages}
}

func rowOf(t *testing.T, r Reconciliation, model fleet.ModelName, day time.Time) fleet.CostDay {
	t.Helper()
	for i := range r.Days {
		if r.Days[i].Model == model && r.Days[i].Day.Equal(day) {
			return r.Days[i]
		}
	}
	t.Fatalf("no row of %s on %s in %+v", model, day, r.Days)
	return fleet.CostDay{}
}

func is(t *testing.T, what string, got fleet.Maybe[fleet.Money], want string) {
	t.Helper()
	switch {
	case want == "-" && got.OK, want != "-" && (!got.OK || !got.V.Amount().Equal(decimal.RequireFromString(want))):
		t.Errorf("%s: got %v %s, want %s", what, got.OK, got.V.Text(), want)
	}
}

// A day that is covered without a line is zero; one that nobody answered for is not known.
func TestADayWithoutDataIsUnknownNotZero(t *testing.T) {
	r := Reconcile([]Ledger{bill(dayPage(fleet.StreamBilled, monday)),
		meter(dayPage(fleet.StreamMetered, monday, line("m", cash("2"))), dayPage(fleet.StreamMetered, monday.AddDate(0, 0, 1), line("m", cash("3"))))},
		over(7), Names{})
	first, second := rowOf(t, r, "m", monday), rowOf(t, r, "m", monday.AddDate(0, 0, 1))
	is(t, "covered", first.Billed.Cost, "0")
	is(t, "not covered", second.Billed.Cost, "-")
	is(t, "reported by nobody", second.Reported.Cost, "-")
	if !first.Closed || second.Closed || first.Factor.OK {
		t.Errorf("%+v %+v", first, second)
	}
}

// A folder of files of several providers answers for no time: what it says of one provider's day is nothing of another's.
func TestASourceThatAnswersForNoTimeSpeaksByItsLines(t *testing.T) {
	first, second := dayPage(fleet.StreamBilled, monday, line("gpt-5", cash("3"))), dayPage(fleet.StreamBilled, monday.AddDate(0, 0, 1),
		fleet.BillLine{Provider: "anthropic", Model: "claude", Cost: cash("4")})
	first.Covers, second.Covers = nil, nil
	r := Reconcile([]Ledger{{Source: "files", Pages: []Page{first, second}}}, over(2), Names{})
	if len(r.Days) != 2 {
		t.Fatalf("%+v", r.Days)
	}
	is(t, "the day that has a line", rowOf(t, r, "gpt-5", monday).Billed.Cost, "3")
	is(t, "the other provider's", rowOf(t, r, "claude", monday.AddDate(0, 0, 1)).Billed.Cost, "4")
}

func TestAFactorIsBillOverMeterOfAClosedDay(t *testing.T) {
	names := Names{Canonical: func(kind string, m fleet.ModelName) fleet.ModelName {
		if kind == "oai" && m == "m-2026-01-01" {
			return "m"
		}
		return m
	}, Kind: func(fleet.ProviderID) string { return "oai" }}
	var bills, meters []Page
	for i, factor := range []string{"1.2", "1.3", "9", "1.25"} {
		day := monday.AddDate(0, 0, i)
		bills = append(bills, dayPage(fleet.StreamBilled, day, line("m-2026-01-01", cash(factor))))
		meters = append(meters, dayPage(fleet.StreamMetered, day, line("m", cash("1"))))
	}
	bills[3].At = bills[3].Day.Add(30 * time.Hour) // six hours after the day: it may still grow
	r := Reconcile([]Ledger{bill(bills...), meter(meters...)}, over(7), names)
	f, ok := Rho(r.Factors, "openai", "m", "")
	if !ok || math.Abs(f.Rho.V-1.3) > 1e-9 || f.Days != 3 || !f.Off || f.Last.V != 9 || f.High != fleet.FactorMost || len(f.History.V) != 3 || f.History.V[2] != 9 {
		t.Errorf("%+v", f)
	}
	if rowOf(t, r, "m", monday.AddDate(0, 0, 3)).Factor.OK {
		t.Error("an open day has a factor")
	}
	if whole, ok := Rho(r.Factors, "openai", "other", ""); !ok || whole.Model != "" || whole.Rho.V != f.Rho.V {
		t.Errorf("a model without bills goes by its provider: %+v", whole)
	}
}

// What is billed without a name of a model has a factor for the provider and none for its models.
func TestABillWithoutModelsJudgesNone(t *testing.T) {
	r := Reconcile([]Ledger{bill(dayPage(fleet.StreamBilled, monday, line("", cash("8")))),
		meter(dayPage(fleet.StreamMetered, monday, line("a", cash("3")), line("b", cash("5"))))}, over(7), Names{})
	is(t, "model", rowOf(t, r, "a", monday).Billed.Cost, "-")
	is(t, "rest", rowOf(t, r, "", monday).Billed.Cost, "8")
	if f, ok := Rho(r.Factors, "openai", "a", ""); !ok || f.Model != "" || f.Rho.V != 1 || f.Off {
		t.Errorf("%+v", r.Factors)
	}
}

func TestCreditsAndCurrenciesStayApart(t *testing.T) {
	credit := line("m", cash("-4"))
	credit.Charge = fleet.ChargeCredit
	tax := line("m", cash("19"))
	tax.Charge = fleet.ChargeTax
	back := line("m", cash("10"))
	back.Credit = cash("-1.5")
	r := Reconcile([]Ledger{bill(dayPage(fleet.StreamBilled, monday, back, credit, tax, line("m", coin("7", "EUR")))),
		meter(dayPage(fleet.StreamMetered, monday, line("m", cash("10"))))}, over(7), Names{})
	d := rowOf(t, r, "m", monday)
	is(t, "billed", d.Billed.Cost, "10")
	is(t, "credit", d.Credit, "-5.5")
	if len(d.Billed.Others) != 1 || d.Billed.Others[0].Currency() != "EUR" || d.Billed.Missing.IsEmpty() || d.Factor.OK {
		t.Errorf("%+v", d)
	}
}

// Two sources of one stream tell of the same money: one speaks, the other stands beside it.
func TestTwoSourcesOfOneStreamAreNotAdded(t *testing.T) {
	file := Ledger{Source: "exports", Pages: []Page{dayPage(fleet.StreamBilled, monday, line("m", cash("11")))}}
	r := Reconcile([]Ledger{file, bill(dayPage(fleet.StreamBilled, monday, line("m", cash("10"))))}, over(7), Names{})
	d := rowOf(t, r, "m", monday)
	is(t, "billed", d.Billed.Cost, "10")
	if d.Billed.Source != "bill" || len(d.Billed.Also) != 1 || d.Billed.Also[0].Source != "exports" {
		t.Errorf("%+v", d.Billed)
	}
	is(t, "also", d.Billed.Also[0].Cost, "11")
}

func TestTiersAreOnlyComparedWhereAllTellThem(t *testing.T) {
	batch := line("m", cash("3"))
	batch.Tier = "batch"
	bills := bill(dayPage(fleet.StreamBilled, monday, line("m", cash("4")), batch))
	d := rowOf(t, Reconcile([]Ledger{bills, meter(dayPage(fleet.StreamMetered, monday, line("m", cash("7"))))}, over(7), Names{}), "m", monday)
	is(t, "together", d.Billed.Cost, "7")
	if !d.Factor.OK || d.Factor.V != 1 {
		t.Errorf("%+v", d)
	}
	reported := dayPage(fleet.StreamReported, monday, line("m", cash("4")), batch)
	r := Reconcile([]Ledger{bills, {Source: "usage", Provider: "openai", Pages: []Page{reported}}}, over(7), Names{})
	is(t, "apart", r.Days[0].Billed.Cost, "4")
	if r.Days[1].Tier != "batch" || r.Days[1].Factor.V != 1 || r.Days[1].Against != fleet.StreamReported {
		t.Errorf("%+v", r.Days[1])
	}
}

func TestReportedUseIsPricedAndWhatHasNoPriceIsSaid(t *testing.T) {
	names := Names{Unit: func(_ fleet.ProviderID, l *fleet.BillLine) (fleet.Money, bool) {
		return fleet.NewMoney(decimal.New(2, -6), fleet.USD), l.Model == "m"
	}}
	usage := Ledger{Source: "usage", Provider: "openai", Pages: []Page{dayPage(fleet.StreamReported, monday, tokens("m", 1_500_000, fleet.None[fleet.Money]()), tokens("new", 5, fleet.None[fleet.Money]()))}}
	r := Reconcile([]Ledger{usage}, over(7), names)
	is(t, "priced", rowOf(t, r, "m", monday).Reported.Cost, "3")
	d := rowOf(t, r, "new", monday)
	is(t, "unpriced", d.Reported.Cost, "-")
	if n := d.Reported.Tokens(); !n.OK || n.V != 5 || d.Reported.Missing.IsEmpty() {
		t.Errorf("%+v", d.Reported)
	}
}

func TestTrafficThatPassesNoGatewayIsFound(t *testing.T) {
	hour := func(n int) fleet.Span {
		at := monday.Add(time.Duration(n) * time.Hour)
		return fleet.Span{From: at, To: at.Add(time.Hour)}
	}
	at := func(l fleet.BillLine, n int) fleet.BillLine { l.Span = hour(n); return l }
	usage := Ledger{Source: "usage", Provider: "openai", Watermark: hour(5).To, Pages: []Page{dayPage(fleet.StreamReported, monday,
		at(tokens("m", 1000, cash("1")), 3), at(tokens("m", 1000, cash("1")), 4), at(tokens("m", 9999, cash("1")), 6), at(tokens("shadow", 500, cash("2")), 4))}}
	watched := Page{Stream: fleet.StreamMetered, Day: monday, Covers: []fleet.Span{{From: hour(4).From, To: hour(9).To}},
		Lines: []fleet.BillLine{at(tokens("m", 1000, cash("1")), 4)}}
	r := Reconcile([]Ledger{usage, meter(watched)}, over(1), Names{})
	if len(r.Bypass) != 1 || r.Bypass[0].Model != "shadow" || r.Bypass[0].Beyond != 500 || r.Bypass[0].Share != 1 {
		t.Fatalf("%+v", r.Bypass)
	}
	is(t, "cost", r.Bypass[0].Cost, "2")
	if span := r.Bypass[0].Span; span.From != hour(4).From || span.To != hour(5).To {
		t.Errorf("compared over %v: hour 3 was not watched, hour 6 is beyond the watermark", span)
	}
	watched.Lines = append(watched.Lines, at(tokens("other name", 500, cash("1")), 4))
	if r := Reconcile([]Ledger{usage, meter(watched)}, over(1), Names{}); len(r.Bypass) != 0 {
		t.Errorf("names that do not meet are no traffic: %+v", r.Bypass)
	}
}

func TestALineOverSeveralDaysLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := monday.Add(time.Duration(rapid.IntRange(0, 86399).Draw(t, "from")) * time.Second)
		l := line("m", fleet.Some(fleet.NewMoney(decimal.New(rapid.Int64Range(-1e9, 1e9).Draw(t, "cost"), -6), fleet.USD)))
		l.Span = fleet.Span{From: from, To: from.Add(time.Duration(rapid.IntRange(1, 40*86400).Draw(t, "for")) * time.Second)}
		sum, end := decimal.Zero, from
		daily(&l, monday, func(day time.Time, part *fleet.BillLine) {
			if !part.Span.From.Equal(end) || fleet.Day(part.Span.From).From != day || part.Span.To.After(fleet.Day(day).To) {
				t.Fatalf("%v on %s", part.Span, day)
			}
			end, sum = part.Span.To, sum.Add(part.Cost.V.Amount())
		})
		if !sum.Equal(l.Cost.V.Amount()) || !end.Equal(l.Span.To) {
			t.Fatalf("%s of %s up to %s", sum, l.Cost.V.Amount(), end)
		}
	})
}

// Whatever the order of ledgers, pages and lines, the same is said; and what a stream says of a provider is what its source said.
func TestOrderDoesNotMatterAndNothingIsAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sums := map[fleet.Stream]decimal.Decimal{}
		ledgers := []Ledger{meter(), bill(), {Source: "usage", Provider: "openai"}}
		for i, stream := range []fleet.Stream{fleet.StreamMetered, fleet.StreamBilled, fleet.StreamReported} {
			for d := range 3 {
				page := dayPage(stream, monday.AddDate(0, 0, d))
				for range rapid.IntRange(0, 4).Draw(t, "lines") {
					cost := decimal.New(rapid.Int64Range(-1000, 100000).Draw(t, "cost"), -4)
					l := line(rapid.SampledFrom([]fleet.ModelName{"a", "b", ""}).Draw(t, "model"), fleet.Some(fleet.NewMoney(cost, fleet.USD)))
					l.Tier = rapid.SampledFrom([]string{"", "batch", "default"}).Draw(t, "tier")
					l.Stream, l.Span = stream, fleet.Day(page.Day)
					page.Lines = append(page.Lines, l)
					sums[stream] = sums[stream].Add(cost)
				}
				ledgers[i].Pages = append(ledgers[i].Pages, page)
			}
		}
		first := Reconcile(ledgers, over(3), Names{})
		slices.Reverse(ledgers)
		for i := range ledgers {
			slices.Reverse(ledgers[i].Pages)
			for j := range ledgers[i].Pages {
				slices.Reverse(ledgers[i].Pages[j].Lines)
			}
		}
		second := Reconcile(ledgers, over(3), Names{})
		got := map[fleet.Stream]decimal.Decimal{}
		for i := range first.Days {
			x, y := &first.Days[i], &second.Days[i]
			for s, pair := range map[fleet.Stream][2]fleet.StreamSum{fleet.StreamMetered: {x.Metered, y.Metered}, fleet.StreamBilled: {x.Billed, y.Billed}, fleet.StreamReported: {x.Reported, y.Reported}} {
				if !pair[0].Cost.V.Amount().Equal(pair[1].Cost.V.Amount()) || pair[0].Cost.OK != pair[1].Cost.OK {
					t.Fatalf("%s of %s: %v and %v", s, x.Model, pair[0].Cost, pair[1].Cost)
				}
				got[s] = got[s].Add(pair[0].Cost.V.Amount())
			}
		}
		for s, want := range sums {
			if !got[s].Equal(want) {
				t.Fatalf("%s: %s, its source said %s", s, got[s], want)
			}
		}
	})
}

// A gateway says what it spent in one line and counts tokens in others: these are paid. It calls own machines by a provider's name.
func TestAGatewayThatPricesIsNotPricedAgain(t *testing.T) {
	none := fleet.None[fleet.Money]()
	gateway := Ledger{Source: "gateway", Pages: []Page{dayPage(fleet.StreamMetered, monday, line("m", cash("7")), tokens("m", 1000, none), tokens("openai/llama", 9999, none))}}
	names := Names{Unit: func(fleet.ProviderID, *fleet.BillLine) (fleet.Money, bool) {
		return fleet.NewMoney(decimal.NewFromInt(1), fleet.USD), true
	},
		Own: func(_ fleet.ProviderID, m fleet.ModelName) bool { return m == "openai/llama" }}
	usage := Ledger{Source: "usage", Provider: "openai", Pages: []Page{dayPage(fleet.StreamReported, monday, tokens("m", 1000, none), tokens("shadow", 500, none))}}
	r := Reconcile([]Ledger{gateway, usage}, over(1), names)
	d := rowOf(t, r, "m", monday)
	is(t, "metered", d.Metered.Cost, "7")
	is(t, "reported", d.Reported.Cost, "1000")
	hosted := tokens("openai/llama", 7, none)
	hosted.Provider = "hosted" // of which the gateway tells nothing else
	gateway.Pages[0].Lines = append(gateway.Pages[0].Lines, hosted)
	if again := Reconcile([]Ledger{gateway, usage}, over(1), names); len(again.Days) != len(r.Days) {
		t.Errorf("own machines stand among the days of providers: %+v", again.Days)
	}
	if n := d.Metered.Tokens(); n.V != 1000 || !d.Metered.Missing.IsEmpty() || len(r.Days) != 2 {
		t.Errorf("%+v", r.Days)
	}
	if len(r.Bypass) != 1 || r.Bypass[0].Model != "shadow" {
		t.Errorf("%+v", r.Bypass)
	}
}

// A gateway that states the dollars of a model on one line and its tokens on others tells of the same money once.
func TestTokensBesideTheirMoneyAreNotPricedAgain(t *testing.T) {
	names := Names{Unit: func(fleet.ProviderID, *fleet.BillLine) (fleet.Money, bool) { return cash("2").V, true }}
	key := func(l fleet.BillLine, id string) fleet.BillLine {
		l.Key = id
		return l
	}
	page := dayPage(fleet.StreamMetered, monday, key(line("m", cash("3")), "a"), key(tokens("m", 1, fleet.Maybe[fleet.Money]{}), "a"),
		key(line("m", cash("4")), "b"), key(tokens("m", 2, fleet.Maybe[fleet.Money]{}), "b"), tokens("free", 5, fleet.Maybe[fleet.Money]{}))
	r := Reconcile([]Ledger{bill(page)}, over(1), names)
	is(t, "dollars and tokens", rowOf(t, r, "m", monday).Metered.Cost, "7")
	is(t, "tokens alone", rowOf(t, r, "free", monday).Metered.Cost, "10")
	if m := rowOf(t, r, "m", monday).Metered; !m.Missing.IsEmpty() || m.Uses[fleet.UseInput].String() != "3" {
		t.Errorf("%+v", m)
	}
}

// So it is for teams, of which the gateway states the dollars.
func TestATeamSpendsItsDollarsOnce(t *testing.T) {
	names := Names{Unit: func(fleet.ProviderID, *fleet.BillLine) (fleet.Money, bool) { return cash("2").V, true }}
	money, used := line("m", cash("3")), tokens("m", 9, fleet.None[fleet.Money]())
	money.Team, used.Team = "search", "search"
	ledger := bill(dayPage(fleet.StreamMetered, monday, money, used))
	for _, r := range Parts(nil, []Ledger{ledger}, fleet.Day(monday), fleet.Month(monday), names) {
		if r.By == fleet.SpendByTeam {
			is(t, r.Name, r.Today, "3")
			return
		}
	}
	t.Error("no row of the team")
}
