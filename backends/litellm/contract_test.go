package litellm

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
	q := string(raw)
	inLabel := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(name)
	return map[string]contract.Page{
		"/health/readiness":         jsonPage(`{"status":"healthy","db":` + q + `}`),
		"/health/readiness/details": jsonPage(`{"status":"healthy","db":"connected","litellm_version":` + q + `}`),
		"/get/config/callbacks": jsonPage(`{"router_settings":{"routing_strategy":` + q + `,"fallbacks":[{` + q + `:[` + q +
			`]}],"model_group_alias":{` + q + `:` + q + `}}}`),
		"/model/info": jsonPage(`{"data":[{"model_name":` + q + `,"litellm_params":{"model":` + q + `,"api_base":` + q +
			`,"weight":90},"model_info":{"id":` + q + `,"db_model":true}}]}`),
		"/metrics": {Type: "text/plain; version=0.0.4", Body: "# TYPE litellm_deployment_total_requests_total counter\n" +
			"litellm_deployment_total_requests_total{model_id=\"" + inLabel + "\",team=\"" + inLabel + "\"} 12\n"},
		"/openapi.json": jsonPage(`{"info":{"version":` + q + `},"paths":{"/model/block":{}}}`),
	}
}

func TestContract(t *testing.T) {
	pages := contractPages("dep-a")
	pages["/get/config/callbacks"] = jsonPage(`{"router_settings":{"routing_strategy":"simple-shuffle"}}`)
	contract.Run(t, contract.Case{
		New: Connector().NewReader, Pages: pages, Main: "/model/info",
		Judge: func(t testing.TB, p fleet.Partial) {
			d := p.Gateway.Deployments
			if len(d) != 1 || d[0].ID != "dep-a" || d[0].Weight != fleet.Some(90.0) || d[0].Requests != fleet.Some(12.0) {
				t.Errorf("read %+v", d)
			}
			if p.Gateway.Strategy != simpleShuffle || !p.Gateway.Metrics || !p.Gateway.CanBlock.V {
				t.Errorf("read %+v", p.Gateway)
			}
		},
		WrongType: jsonPage(strings.Replace(pages["/model/info"].Body, "90", `"many"`, 1)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if d := p.Gateway.Deployments; d[0].Weight.OK {
				t.Errorf("a number was made of a text: %v", d[0].Weight)
			}
		},
		Hostile: contractPages,
		Series: func(n int) contract.Page {
			var b strings.Builder
			b.WriteString(`{"data":[`)
			for i := range n {
				if i > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(&b, `{"model_name":"m","litellm_params":{"weight":1},"model_info":{"id":"%d"}}`, i)
			}
			b.WriteString("]}")
			return jsonPage(b.String())
		},
	})
}
