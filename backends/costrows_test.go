package backends

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/books"
	"pitwall/fleet"
)

// What is on file of a span is told as rows, priced by the prices of the configuration; without books there are none.
func TestRowsOfTheBooks(t *testing.T) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
	b, err := books.Open("", clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	day := fleet.Day(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	reading := &fleet.BillReading{Streams: []fleet.Stream{fleet.StreamReported}, Covers: []fleet.Span{day}, Lines: []fleet.BillLine{
		{Stream: fleet.StreamReported, Span: day, Model: "m", Use: fleet.UseInput, Quantity: fleet.Some(decimal.NewFromInt(2_000_000))}}}
	if err := b.Take("usage", "api", clock.Now(), reading); err != nil {
		t.Fatal(err)
	}
	price := fleet.Price{Input: fleet.NewMoney(decimal.NewFromInt(3), "USD")}
	inv := fleet.Inventory{Providers: []fleet.ProviderSpec{{ID: "api", Kind: "openai", Models: []fleet.ProviderModel{{Name: "m", Price: fleet.Some(price)}}}}}
	h := New(Options{Books: b, Inventory: inv, Clock: clock})
	rows := h.CostRows(day, nil)
	if len(rows) != 1 || rows[0].Source != "usage" || rows[0].BillLine.Provider != "api" || rows[0].Cost.V.Text().String() != "$6.00" {
		t.Errorf("%+v", rows)
	}
	if rows := h.CostRows(fleet.Day(day.To), nil); len(rows) != 0 {
		t.Errorf("rows of another day: %+v", rows)
	}
	if rows := New(Options{Inventory: inv, Clock: clock}).CostRows(day, nil); rows != nil {
		t.Errorf("rows of no books: %+v", rows)
	}
}
