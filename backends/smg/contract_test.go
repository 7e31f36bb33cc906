package smg

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func jsonPage(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }

func contractPages(name string) map[string]contract.Page {
	raw, err := json.Marshal(name)
	if err != nil {
		panic(err)
	}
	q, inLabel := string(raw), contract.EscapeLabel(name)
	return map[string]contract.Page{
		"/workers": jsonPage(`{"workers":[{"id":` + q + `,"url":"http://10.0.0.1:8000","model_id":` + q + `,"worker_type":` + q + `,"status":` + q +
			`,"priority":7,"labels":{` + q + `:` + q + `}},{"url":` + q + `,"is_healthy":true}],"total":2}`),
		"/readiness": jsonPage(`{"status":"ready"}`),
		"/metrics": {Type: "text/plain; version=0.0.4", Body: "# TYPE smg_worker_cb_outcomes_total counter\n" +
			"smg_worker_cb_outcomes_total{worker=\"http://10.0.0.1:8000\",outcome=\"success\"} 12\n" +
			"# TYPE smg_worker_selection_total counter\nsmg_worker_selection_total{policy=\"" + inLabel + "\"} 1\n"},
	}
}

func TestContract(t *testing.T) {
	pages := contractPages("llama")
	pages["/workers"] = jsonPage(`{"workers":[{"id":"1","url":"http://10.0.0.1:8000","model_id":"llama","is_healthy":true,"status":"ready"}]}`)
	contract.Run(t, contract.Case{
		New: Connector().NewReader, Pages: pages, Main: "/workers",
		Spec: func(s *fleet.SourceSpec) { s.Options = map[string]string{OptionMetrics: s.URL + metricsPath} },
		Judge: func(t testing.TB, p fleet.Partial) {
			d := p.Gateway.Deployments
			if len(d) != 1 || d[0].Route != "llama" || d[0].Weight != fleet.Some(1.0) || d[0].Requests != fleet.Some(12.0) {
				t.Errorf("read %+v", d)
			}
			if r := p.Gateway.Routing["llama"]; r.Weighing != fleet.WeighingInOut || r.Strategy.String() != "llama" {
				t.Errorf("read %+v", r)
			}
		},
		WrongType:  jsonPage(`{"workers":[{"id":"1","url":8000,"model_id":"llama","is_healthy":true}]}`),
		JudgeWrong: func(testing.TB, fleet.Partial) {},
		Hostile:    contractPages,
		Series: func(n int) contract.Page {
			var b strings.Builder
			b.WriteString(`{"workers":[`)
			for i := range n {
				if i > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(&b, `{"url":"http://h%d","model_id":"m%d","is_healthy":true}`, i, i/2)
			}
			b.WriteString("]}")
			return jsonPage(b.String())
		},
	})
}
