package economics

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

const someRates = "from,to,rate,date,source\n# a comment\nEUR,USD,1.10,2026-10-31,ECB\nEUR,USD,1.20,2026-11-03,ECB\nUSD,JPY,160,2026-11-01,desk\n"

// An amount is converted by the newest rate of its day, and says so; what has no rate stays apart.
func TestAmountsAreConvertedOnlyByARateOfTheFile(t *testing.T) {
	rates, err := ReadExchangeRates(strings.NewReader(someRates))
	if err != nil {
		t.Fatal(err)
	}
	page := func(day int) Page {
		back := line("m", coin("-5", "EUR"))
		back.Charge = fleet.ChargeCredit
		return dayPage(fleet.StreamBilled, monday.AddDate(0, 0, day), line("m", coin("10", "EUR")), line("m", cash("1")), line("m", coin("800", "JPY")),
			line("m", coin("2", "CHF")), back)
	}
	ledgers := []Ledger{bill(page(0), page(1))}
	r := Reconcile(ledgers, over(2), Names{Rates: rates})
	first := rowOf(t, r, "m", monday)
	is(t, "the rate of October", first.Billed.Cost, "17")
	is(t, "the rate of the day", rowOf(t, r, "m", monday.AddDate(0, 0, 1)).Billed.Cost, "18")
	is(t, "credit", first.Credit, "-5.5")
	if got := first.Billed.Converted.String(); got != "EUR at 1.1 of 2026-10-31 (ECB), JPY at 0.00625 of 2026-11-01 (desk)" {
		t.Error(got)
	}
	if len(first.Billed.Others) != 1 || first.Billed.Others[0].Currency() != "CHF" || !strings.Contains(first.Billed.Missing.String(), "CHF") {
		t.Errorf("%+v", first.Billed)
	}
	p := Period(r.Days, nil, over(2), monday.AddDate(0, 0, 2))
	is(t, "month", p.Best, "35")
	if why := p.BestWhy.String(); !strings.Contains(why, "without what is in CHF: no rate") || !strings.Contains(why, "converted: EUR at 1.2 of 2026-11-03 (ECB), JPY at 0.00625 of 2026-11-01 (desk), other days at theirs") {
		t.Error(why)
	}
	plain := Reconcile(ledgers, over(2), Names{})
	is(t, "without a file", rowOf(t, plain, "m", monday).Billed.Cost, "1")
	only := Reconcile([]Ledger{bill(dayPage(fleet.StreamBilled, monday, line("m", coin("10", "EUR"))),
		dayPage(fleet.StreamBilled, monday.AddDate(0, 0, 1), line("m", cash("3"))))}, over(2), Names{})
	p = Period(only.Days, nil, over(2), monday.AddDate(0, 0, 2))
	is(t, "days of two currencies", p.Best, "3")
	if p.BestWhy.String() != "without EUR 10.00: no rate" {
		t.Errorf("%s", p.BestWhy)
	}
}

func TestRatesThatAreOldOrOffAreDoubted(t *testing.T) {
	rates, err := ReadExchangeRates(strings.NewReader(someRates + "EUR,USD,11.9,2026-11-04,\n"))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, d := range rates.Doubts(monday.AddDate(0, 0, 36)) {
		said = append(said, d.String())
	}
	if len(said) != 2 || !strings.Contains(said[0], "EUR at 11.9 of 2026-11-04 is 9.92 times the one before") || !strings.Contains(said[1], "the newest is JPY") {
		t.Errorf("%q", said)
	}
	for _, bad := range []string{"", "from,to\n", "EUR,USD,x,2026-11-01,", "EUR,USD,-1,2026-11-01,", "EUR,USD,0,2026-11-01,", "EUR,CHF,1,2026-11-01,", "EURO,USD,1,2026-11-01,",
		"EUR,USD,1,yesterday,", "EUR,USD,1,2026-11-01", "EUR,USD,1,2026-11-01,\nEUR,USD,2,2026-11-01,", "USD,USD,1,2026-11-01,", "EUR,USD,1e999999,2026-11-01,"} {
		text := bad
		if strings.HasPrefix(bad, "EUR") || strings.HasPrefix(bad, "USD") {
			text = "from,to,rate,date,source\n" + bad + "\n"
		}
		if got, err := ReadExchangeRates(strings.NewReader(text)); err == nil {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}
