package openaicosts

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	one := func(result string) string {
		return `{"data":[{"start_time":1795219200,"end_time":1795305600,"results":[` + result + `]}],"has_more":false,"next_page":null}`
	}
	const path = "/v1/organization/"
	pages := map[string]contract.Page{path + "costs": page(fixture(t, "costs.json"))}
	contract.Run(t, contract.Case{
		New: newReader, Path: "/v1", Pages: pages, Main: path + "costs",
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if p.Bill == nil || len(p.Bill.Lines) != 4 || p.Bill.Lines[0].Cost.V.Amount().String() != "12.3456789" ||
				p.Bill.Lines[0].Quantity.V.String() != "9876000" || p.Bill.Lines[0].Use != fleet.UseInput || p.Bill.Lines[0].Model != "gpt-5" {
				t.Errorf("%+v", p.Bill)
			}
		},
		WrongType: page(one(`{"amount":{"value":"$412.07","currency":"usd"},"line_item":"gpt-5, output"}`)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if l := p.Bill.Lines; len(l) != 1 || l[0].Cost.OK {
				t.Errorf("money was made of a text: %+v", l)
			}
		},
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{
				path + "costs":             page(one(fmt.Sprintf(`{"amount":{"value":1,"currency":%[1]s},"line_item":%[1]s,"project_id":%[1]s,"api_key_id":%[1]s,"quantity":1,"quantity_unit":%[1]s}`, q))),
				path + "usage/completions": page(one(fmt.Sprintf(`{"input_tokens":1,"output_tokens":1,"num_model_requests":1,"model":%[1]s,"service_tier":%[1]s}`, q))),
				path + "usage/images":      page(one(fmt.Sprintf(`{"images":1,"num_model_requests":1,"source":%[1]s,"size":%[1]s}`, q))),
				path + "spend_limit":       page(fmt.Sprintf(`{"threshold_amount":100,"currency":%[1]s,"interval":%[1]s,"enforcement":{"status":%[1]s}}`, q)),
			}
		},
		Series: func(n int) contract.Page {
			return page(one(strings.TrimSuffix(strings.Repeat(`{"amount":{"value":1,"currency":"usd"},"line_item":"m, input"},`, n), ",")))
		},
	})
}
