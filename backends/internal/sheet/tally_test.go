package sheet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func amount(t *testing.T, s string) Amount {
	t.Helper()
	a, ok := ParseAmount([]byte(s))
	if !ok {
		t.Fatal(s)
	}
	return a
}

func TestHoursBecomeDaysAndLongerTimesStay(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Unix()
	y := NewTally(true)
	usd := y.Text("USD")
	for h := range int64(24) {
		if err := y.Add(Key{From: day + h*3600, To: day + (h+1)*3600, Currency: usd}, Amount{}, amount(t, "0.1"), Amount{}); err != nil {
			t.Fatal(err)
		}
	}
	_ = y.Add(Key{From: day, To: day + 30*24*3600, Currency: usd, Charge: fleet.ChargeTax}, Amount{}, amount(t, "9"), Amount{})
	if y.Data != (Range{day, day + 24*3600}) || y.All.To != day+30*24*3600 {
		t.Errorf("%+v, %+v", y.Data, y.All)
	}
	cells, _ := y.Sums()
	if len(cells) != 2 || cells[0].To-cells[0].From != 24*3600 || cells[0].Rows != 24 || cells[0].Cost.Decimal().String() != "2.4" ||
		cells[0].Quantity.Known() || cells[1].To != day+30*24*3600 {
		t.Errorf("%+v", cells)
	}
}

// Names without end become one, and no money is lost by that; different currencies never meet.
func TestWordsAndSumsAreBounded(t *testing.T) {
	y := NewTally(true)
	usd, eur := y.Text("USD"), y.Text("EUR")
	for i := range maxWords + 500 {
		y.Text(fmt.Sprint("word ", i))
	}
	if w := y.Text("one more"); y.Of(w) != otherWords {
		t.Errorf("%q", y.Of(w))
	}
	if w := NewTally(true).Text(strings.Repeat("x", 10_000)); w == 0 {
		t.Error("a long word is none")
	}
	for _, c := range []Word{usd, eur, usd} {
		_ = y.Add(Key{From: 1, To: 3601, Currency: c, Item: y.Text("far beyond")}, Amount{}, amount(t, "1"), Amount{})
	}
	if cells, texts := y.Sums(); len(cells) != 2 || cells[0].Cost.Decimal().String() != "2" || texts[cells[1].Currency] != "EUR" {
		t.Errorf("%+v", cells)
	}
}

func TestNamesOfColumns(t *testing.T) {
	h := NewHead([][]byte{[]byte(" BilledCost "), []byte("Kategorie der Verbrauchseinheit (MeterCategory)"), []byte("billedcost"), []byte("")})
	if h.Len() != 4 || !h.Has("billedCOST", "metercategory") || h.Has("MeterCategory", "x") || h.Column("x", "BILLEDCOST") != 1 {
		t.Errorf("%+v", h)
	}
	row := [][]byte{[]byte(" 1 "), []byte("NULL")}
	if string(h.Column("BilledCost").Of(row)) != "1" || h.Column("MeterCategory").Of(row) != nil || Column(9).Of(row) != nil || Column(0).Of(row) != nil {
		t.Error("fields are not those of their columns")
	}
}
