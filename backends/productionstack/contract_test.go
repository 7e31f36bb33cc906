package productionstack

import (
	"encoding/json"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func jsonPage(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }

// contractPages has a text wherever a router takes one from others. A comma parts what is listed.
func contractPages(name string) map[string]contract.Page {
	name = strings.ReplaceAll(name, ",", "")
	quoted := func(s string) string {
		raw, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		return string(raw)
	}
	url := "http://a.example/" + name
	return map[string]contract.Page{
		"/health": jsonPage(`{"status":"healthy","dynamic_config":{"service_discovery":"static","routing_logic":` + quoted(name) +
			`,"session_key":` + quoted(name) + `,"static_backends":` + quoted(url) + `,"static_models":` + quoted(name) +
			`,"static_model_types":` + quoted(name) + `,"static_aliases":` + quoted(name+":"+name) + `,"callbacks":` + quoted(name) + `,"static_backend_health_check_interval":60}}`),
		"/version": jsonPage(`{"version":` + quoted(name) + `}`),
		"/engines": jsonPage(`[{"engine_id":"1","serving_models":[` + quoted(name) + `]}]`),
		"/metrics": {Type: "text/plain; version=0.0.4", Body: "# TYPE vllm:healthy_pods_total gauge\nvllm:healthy_pods_total{server=\"" +
			contract.EscapeLabel(url) + "\"} 1\n# TYPE vllm:request_errors_total counter\nvllm:request_errors_total{server=\"" +
			contract.EscapeLabel(url) + "\",model=\"" + contract.EscapeLabel(name) + "\",error_type=\"" + contract.EscapeLabel(name) + "\"} 2\n"},
	}
}

func TestContract(t *testing.T) {
	pages := contractPages("chat")
	contract.Run(t, contract.Case{
		New: Connector().NewReader, Pages: pages, Main: "/health",
		Judge: func(t testing.TB, p fleet.Partial) {
			d := p.Gateway.Deployments
			if len(d) != 1 || d[0].ID != "http://a.example/chat" || d[0].Weight != fleet.Some(1.0) || d[0].FailuresByStatus["chat"] != 2 {
				t.Errorf("read %+v", d)
			}
		},
		WrongType: jsonPage(strings.Replace(pages["/health"].Body, `"http://a.example/chat"`, "7", 1)),
		Hostile:   contractPages,
		Series: func(n int) contract.Page {
			return jsonPage(`{"status":"healthy","dynamic_config":{"service_discovery":"static","routing_logic":"roundrobin","static_backends":"` +
				strings.TrimSuffix(strings.Repeat("http://a.example,", n), ",") + `","static_models":"` +
				strings.TrimSuffix(strings.Repeat("m,", n), ",") + `"}}`)
		},
	})
}
