package opencostfile

import (
	"errors"
	"fmt"
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

// looked is how many rows of a price list hold, and what is wrong with the others.
func looked(t testing.TB, body string) (good int, wrong []string) {
	t.Helper()
	rows := sheet.NewRows(strings.NewReader(body))
	first, _, err := rows.Next()
	if err != nil {
		return 0, nil
	}
	x, err := prices(sheet.NewHead(first))
	if err != nil || x == nil {
		return 0, nil
	}
	y := sheet.NewTally(true)
	for {
		row, _, err := rows.Next()
		if err != nil {
			break
		}
		if err := x.Row(row, y); err != nil {
			wrong = append(wrong, fmt.Sprintf("line %d: %s", rows.Line(), err))
		}
	}
	for _, n := range y.Left {
		good += n
	}
	return good, wrong
}

// Rows of exactly 8 fields with a price are prices; each other one is said with its line.
func TestPricesOfMachines(t *testing.T) {
	good, wrong := looked(t, priceList)
	if good != 2 || len(wrong) != 5 {
		t.Fatalf("%d, %v", good, wrong)
	}
	for i, want := range []string{"line 4: it has 1 fields", "line 5: its MarketPriceHourly", "line 6: it has 7 fields", "line 7: its AssetClass", "line 8: it has no InstanceID"} {
		if !strings.HasPrefix(wrong[i], want) {
			t.Errorf("%q, want %q", wrong[i], want)
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
		if good, wrong := looked(t, string(read(name))); good != want || len(wrong) != 0 {
			t.Errorf("%s: %d prices, %v", name, good, wrong)
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
		_, wrong := looked(t, string(body))
		for _, e := range []error{err, err2} {
			if e != nil && !fleet.IsClean(e.Error()) {
				t.Errorf("%q", e)
			}
		}
		for _, w := range wrong {
			if !fleet.IsClean(w) {
				t.Errorf("%q", w)
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
