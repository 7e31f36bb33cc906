package opencostfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

const priceList = `EndTimestamp,InstanceID,Region,AssetClass,InstanceIDField,InstanceType,MarketPriceHourly,Version
2028-01-06 23:34:45 UTC,h100,,gpu,nvidia.com/gpu_type,,2.35,
,node-a,eu,node,metadata.name,Standard,12.5,v1
# a remark
,cheap,,gpu,nvidia.com/gpu_type,,0,
,short,,node,metadata.name,,1
,disk,,tape,spec.providerID,,1,
,,,node,metadata.name,,1,
`

// Rows of exactly 8 fields with a price are the list; each other one is said with its line.
func TestPricesOfMachines(t *testing.T) {
	list, wrong, err := Prices(strings.NewReader(priceList))
	if err != nil || len(list) != 2 || len(wrong) != 5 {
		t.Fatalf("%+v, %v, %v", list, wrong, err)
	}
	if p := list[0]; p.Class != "gpu" || p.ID != "h100" || p.Hourly.Decimal().String() != "2.35" || p.Until.Time().Year() != 2028 {
		t.Errorf("%+v", p)
	}
	for i, want := range []string{"line 4: it has 1 fields", "line 5: its MarketPriceHourly", "line 6: it has 7 fields", "line 7: its AssetClass", "line 8: it has no InstanceID"} {
		if !strings.HasPrefix(wrong[i].String(), want) {
			t.Errorf("%q, want %q", wrong[i], want)
		}
	}
	for _, body := range []string{"", "a,b\n1,2\n"} {
		if _, _, err := Prices(strings.NewReader(body)); err == nil {
			t.Errorf("%q is a price list", body)
		}
	}
}

func TestTheSamplesOfOpenCost(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", "billing")
	read := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Skip("the folder of recorded samples is not beside this checkout")
		}
		return b
	}
	for name, want := range map[string]int{"opencost_pricing_schema.csv": 3, "opencost_pricing_schema_gpu.csv": 4} {
		list, wrong, err := Prices(strings.NewReader(string(read(name))))
		if err != nil || len(wrong) != 0 || len(list) != want {
			t.Errorf("%s: %d prices, %v, %v", name, len(list), wrong, err)
		}
	}
	y := sheet.NewTally(true)
	if ok, err := allocations(read("opencost_allocation_example.json"), y, "USD"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if cells, texts := y.Sums(); len(cells) != 3 || texts[cells[0].Project] != "kube-system" || cells[0].Cost.Decimal().String() != "1.52743" ||
		cells[0].Stream != fleet.StreamCapacity {
		t.Errorf("%+v", cells)
	}
	y = sheet.NewTally(true)
	if ok, err := inferences(read(filepath.Join("fixtures", "opencost_inference_cost_total.json")), y, "EUR"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	cells, texts := y.Sums()
	if len(cells) != 2 || cells[0].Use != fleet.UseInput || cells[0].Quantity.Decimal().String() != "2400000" || cells[1].Cost.Decimal().String() != "4.8" ||
		texts[cells[0].Model] != "llama-3.3-70b" || texts[cells[0].Currency] != "EUR" {
		t.Errorf("%+v", cells)
	}
}

// What was used is a part of what was held, and is no money beside it; what costs nothing is not known to.
func TestBasesOfInference(t *testing.T) {
	body := `{"data":{"inferenceCostSets":[{"window":{"start":"2026-11-01T00:00:00Z","end":"2026-11-01T01:00:00Z"},"inferenceCosts":{
	"a":{"properties":{"modelName":"m"},"costBasis":"usage","totalCost":1},
	"b":{"properties":{"modelName":"m"},"costBasis":"allocation","totalCost":5,"inputCost":1,"outputCost":2,"promptTokens":10,"generationTokens":20},
	"c":{"properties":{"modelName":"n"},"costBasis":"allocation","totalCost":0,"promptTokens":10,"generationTokens":Infinity}}}]}}`
	y := sheet.NewTally(true)
	if ok, err := inferences([]byte(body), y, "USD"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if y.Left["of the usage basis, left out: the allocation basis contains it"] != 1 {
		t.Error(y.Left)
	}
	cells, texts := y.Sums()
	got := ""
	for i := range cells {
		c := &cells[i]
		got += texts[c.Model] + " " + string(c.Use) + " " + c.Quantity.Decimal().String()
		if c.Cost.Known() {
			got += " for " + c.Cost.Decimal().String()
		}
		got += "\n"
	}
	if want := "m uncached_in 10 for 1\nm out 20 for 2\nm  0 for 2\nn uncached_in 10\nn out 0\n"; got != want {
		t.Errorf("got\n%s", got)
	}
	if _, err := Allocations([]byte(`{"code":500,"message":"x"}`)); !errors.Is(err, errCode) {
		t.Error(err)
	}
	for _, b := range []string{`{"data":{}}`, `{"x":1}`, `[1]`, `nonsense`} {
		if ok, err := inferences([]byte(b), y, "USD"); ok || err != nil {
			t.Errorf("%s is of OpenCost: %v", b, err)
		}
	}
}

// Whatever an answer holds: no crash, and what is said of it is clean.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"code":200,"data":[{"a":{"window":{"start":"2026-11-01T00:00:00Z","end":"2026-11-02T00:00:00Z"},"totalCost":1e3,"gpuHours":NaN}}]}`))
	f.Add([]byte(`{"data":{"inferenceCosts":{"a":{"totalCost":1,"inputCost":"2"}},"window":{"start":"2026-11-01T00:00:00Z","end":"2026-11-02T00:00:00Z"}}}`))
	f.Add([]byte(priceList))
	f.Fuzz(func(t *testing.T, body []byte) {
		y := sheet.NewTally(true)
		_, err := allocations(body, y, "USD")
		_, err2 := inferences(body, y, "USD")
		list, wrong, err3 := Prices(strings.NewReader(string(body)))
		for _, e := range []error{err, err2, err3} {
			if e != nil && !fleet.IsClean(e.Error()) {
				t.Errorf("%q", e)
			}
		}
		for _, w := range wrong {
			if !fleet.IsClean(w.String()) {
				t.Errorf("%q", w)
			}
		}
		for _, p := range list {
			if !p.Hourly.OK || p.Hourly.Negative() {
				t.Errorf("%+v", p)
			}
		}
		cells, _ := y.Sums()
		for _, c := range cells {
			if c.To <= c.From {
				t.Errorf("%+v", c)
			}
		}
	})
}
