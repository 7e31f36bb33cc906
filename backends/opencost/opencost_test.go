package opencost

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// server answers as OpenCost does; what is nil is not there.
func server(t testing.TB, allocation string, held, used *string) (*contract.Asked, fleet.Reader) {
	t.Helper()
	var s *contract.Asked
	inference := 0
	s = contract.ServeAnswers(t, func(path string) *contract.Answer {
		switch {
		case path == "/allocation":
			return &contract.Answer{Body: allocation}
		case path == "/inferenceCost/total" && held != nil:
			if inference++; inference%2 == 0 {
				return &contract.Answer{Body: *used}
			}
			return &contract.Answer{Body: *held}
		default:
			return nil
		}
	})
	return s, contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start()))
}

func told(lines []fleet.BillLine) string {
	var out strings.Builder
	for _, l := range lines {
		cost, quantity := "-", "-"
		if l.Cost.OK {
			cost = l.Cost.V.Amount().String()
		}
		if l.Quantity.OK {
			quantity = l.Quantity.V.String() + l.Unit.String()
		}
		fmt.Fprintf(&out, "%s %s|%s|%s|%s|%s|%s|%s\n", l.Stream, l.Span.From.Format("02T15")+"-"+l.Span.To.Format("02T15"), l.Model, l.Project, l.Use, quantity, cost, l.Item)
	}
	return out.String()
}

func read(t testing.TB, r fleet.Reader) fleet.Partial {
	t.Helper()
	p, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The lines add up to what the cluster costs: models by their tokens, and the rest. Both bases are told, and only what was
// held is money.
func TestModelsAndTheRestAddUpToTheCluster(t *testing.T) {
	held, used := fixture(t, "inference-allocation.json"), fixture(t, "inference-usage.json")
	s, r := server(t, fixture(t, "allocation.json"), &held, &used)
	p := read(t, r)
	const model = "per 1M tokens: $2.80 allocated, $1.12 used; utilised 40%"
	want := ""
	for _, day := range []string{"21T00-22T00", "22T00-22T09"} {
		want += "capacity " + day + "|llama-70b|serving|uncached_in|2400000|3.6|" + model + "\n" +
			"capacity " + day + "|llama-70b|serving|out|600000|4.8|" + model + "\n" +
			"capacity " + day + "||||-|2.85|other workloads and idle\n"
	}
	if got := told(p.Bill.Lines); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(p.Bill.Covers) != 1 || !p.Bill.Covers[0].To.Equal(contract.Start().Truncate(time.Hour)) || !p.Bill.Watermark.Equal(p.Bill.Covers[0].To) {
		t.Errorf("%+v", p.Bill)
	}
	s.Only(t, "GET /allocation", "GET /inferenceCost/total")
	if q := s.Query("/allocation"); !strings.Contains(q, "includeIdle=true") || !strings.Contains(q, "window=2026-11-22T00%3A00%3A00Z%2C2026-11-22T09%3A00%3A00Z") {
		t.Error(q)
	}
}

// Without the cost of models the cluster is parted by namespace; null is unknown, never nothing.
func TestWithoutModelsNamespacesAreTold(t *testing.T) {
	_, r := server(t, fixture(t, "allocation.json"), nil, nil)
	p := read(t, r)
	want := "capacity 21T00-22T00||||1GPU hours|1.25|idle\n" +
		"capacity 21T00-22T00||serving||2GPU hours|9.5|allocated\n" +
		"capacity 21T00-22T00||web||0GPU hours|0.5|allocated\n"
	if got := told(p.Bill.Lines); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	said := fmt.Sprint(p.Notices)
	if !strings.Contains(said, "INFERENCE_COST_ENABLED") || !strings.Contains(said, "1 parts of the cluster have no cost") {
		t.Error(said)
	}
}

// Tokens that cost nothing lack a label: their cost is not known, and it is said what to do.
func TestTokensWithoutCostAreAWarning(t *testing.T) {
	held := strings.NewReplacer(`"totalCost": 8.4`, `"totalCost": 0`, `"inputCost": 3.6`, `"inputCost": 0`, `"outputCost": 4.8`, `"outputCost": NaN`).
		Replace(fixture(t, "inference-allocation.json"))
	_, r := server(t, fixture(t, "allocation.json"), &held, &held)
	p := read(t, r)
	if l := p.Bill.Lines[0]; l.Model != "llama-70b" || l.Cost.OK || l.Quantity.V.String() != "2400000" {
		t.Errorf("%+v", l)
	}
	if said := fmt.Sprint(p.Notices); !strings.Contains(said, "llama-70b has tokens and no cost: its pods lack the label llm-d.ai/model") {
		t.Error(said)
	}
}

func TestRefusedAnswers(t *testing.T) {
	for _, body := range []string{`{"code":400,"message":"bad window"}`, `{"data":null}`, `[]`, `{`, `{"code":200,"data":{"a":1}}`} {
		_, r := server(t, body, nil, nil)
		_, err := r.Read(t.Context())
		if fleet.KindOf(err) != fleet.KindInvalid || !fleet.IsClean(err.Error()) {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, money := range []string{"euro", "E1R"} {
		if _, err := newReader(fleet.SourceSpec{URL: "http://x", Options: map[string]string{OptionCurrency: money}}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q is a currency: %v", money, err)
		}
	}
}

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	const at = `"window":{"start":"2026-11-22T00:00:00Z","end":"2026-11-22T09:00:00Z"}`
	contract.Run(t, contract.Case{
		New: newReader, Main: "/allocation", NoAuth: true,
		Pages: map[string]contract.Page{"/allocation": page(fixture(t, "allocation.json")), "/inferenceCost/total": page(fixture(t, "inference-allocation.json"))},
		Judge: func(t testing.TB, p fleet.Partial) {
			if len(p.Bill.Lines) != 6 || p.Bill.Lines[0].Cost.V.Text().String() != "$3.60" {
				t.Errorf("%s", told(p.Bill.Lines))
			}
		},
		WrongType: page(`{"code":200,"data":[{"web":{` + at + `,"totalCost":"much"}}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			for _, l := range p.Bill.Lines {
				if l.Model == "" {
					t.Errorf("a line was made of no number: %+v", l)
				}
			}
		},
		Hostile: func(text string) map[string]contract.Page {
			name, _ := json.Marshal(text)
			return map[string]contract.Page{
				"/allocation": page(fmt.Sprintf(`{"code":200,"data":[{%s:{%s,"totalCost":1}}]}`, name, at)),
				"/inferenceCost/total": page(fmt.Sprintf(`{"data":{"inferenceCosts":{%s:{"properties":{"modelName":%s,"namespace":%s},%s,"totalCost":0,"promptTokens":3}}}}`,
					name, name, name, at)),
			}
		},
		Series: func(n int) contract.Page {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, `,"n%d":{%s,"totalCost":1}`, i, at)
			}
			return page(`{"code":200,"data":[{` + b.String()[1:] + `}]}`)
		},
	})
}
