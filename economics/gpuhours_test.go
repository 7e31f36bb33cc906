package economics

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// The prices that are compiled in are those of the recorded table, to its four places, but for prepaid blocks, which are no list price.
func TestGPUHoursAreThoseOfTheRecordedTable(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(recorded(t, "gpu_prices_2026.csv"))).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal(err)
	}
	at := func(row []string, column string) string { return row[slices.Index(rows[0], column)] }
	checked := 0
	for _, row := range rows[1:] {
		if at(row, "pricing") == "capacity block" {
			continue
		}
		want, err := decimal.NewFromString(at(row, "usd_per_gpu_hour"))
		if err != nil {
			t.Fatal(err)
		}
		sku, _, _ := strings.Cut(at(row, "sku"), "/") // of one price for three GPUs the first is meant
		g, ok := GPUOffer(at(row, "provider"), sku)
		if !ok {
			t.Errorf("%s %s is not compiled in", at(row, "provider"), at(row, "sku"))
			continue
		}
		if !g.Price.Amount().Round(4).Equal(want.Round(4)) || strconv.Itoa(g.GPUs) != at(row, "gpus") || g.GPU != at(row, "gpu") ||
			g.AsOf != "" && !strings.HasPrefix(at(row, "as_of"), g.AsOf) {
			t.Errorf("%v: %+v", row, g)
		}
		checked++
	}
	if checked < 30 {
		t.Errorf("only %d rows", checked)
	}
}
