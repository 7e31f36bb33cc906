package export

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
)

// Every line of the span is a row of its own stream and source; what is counted without money is priced, and what has no
// price stays without.
func TestRowsOfLedgers(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	line := func(stream fleet.Stream, hour int, model fleet.ModelName, cost string) fleet.BillLine {
		from := day.Add(time.Duration(hour) * time.Hour)
		l := fleet.BillLine{Stream: stream, Span: fleet.Span{From: from, To: from.Add(time.Hour)}, Model: model, Use: fleet.UseInput,
			Quantity: fleet.Some(decimal.NewFromInt(1000))}
		if cost != "" {
			l.Cost = fleet.Some(fleet.NewMoney(decimal.RequireFromString(cost), "USD"))
		}
		return l
	}
	page := func(l ...fleet.BillLine) economics.Page {
		return economics.Page{Stream: l[0].Stream, Day: day, Lines: l}
	}
	ledgers := []economics.Ledger{
		{Pages: []economics.Page{page(line(fleet.StreamMetered, 7, "gpt-5", "2"), line(fleet.StreamMetered, 30, "gpt-5", "9")), page(line(fleet.StreamCapacity, 7, "", "8"))}},
		{Source: "usage", Provider: "openai", Pages: []economics.Page{page(line(fleet.StreamReported, 6, "gpt-5", ""), line(fleet.StreamReported, 6, "other", ""))}},
		{Source: "bill", Provider: "openai", Pages: []economics.Page{page(line(fleet.StreamBilled, 5, "gpt-5", "3"), line(fleet.StreamBilled, 5, "free", ""))}},
	}
	names := economics.Names{Unit: func(_ fleet.ProviderID, l *fleet.BillLine) (fleet.Money, bool) {
		return fleet.NewMoney(decimal.New(125, -8), "USD"), l.Model == "gpt-5"
	}}
	rows := Rows(ledgers, fleet.Span{From: day, To: day.AddDate(0, 0, 1)}, names, func(id fleet.ProviderID) string { return strings.ToUpper(string(id)) })
	var got []string
	for _, r := range rows {
		s := string(r.Stream) + " " + r.Source + " " + r.Provider + " " + string(r.Model)
		if r.Cost.OK {
			s += " " + r.Cost.V.Amount().String()
		}
		got = append(got, s)
	}
	want := "billed bill OPENAI free, billed bill OPENAI gpt-5 3, reported usage OPENAI gpt-5 0.00125, reported usage OPENAI other, " +
		"capacity pitwall own machines  8, metered pitwall  gpt-5 2"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	var b strings.Builder
	if left, err := WriteFOCUS(&b, rows); left != 2 || err != nil {
		t.Errorf("%d left out, %v", left, err)
	}
}
