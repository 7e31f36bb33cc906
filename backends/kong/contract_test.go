package kong

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
		"/": jsonPage(`{"version":` + q + `,"configuration":{"database":` + q + `,"role":"control_plane"}}`),
		"/plugins": jsonPage(`{"data":[{"id":"1","name":"ai-proxy-advanced","instance_name":` + q + `,"tags":[` + q + `],"config":{` +
			`"balancer":{"algorithm":` + q + `},"targets":[{"auth":{"header_name":` + q + `},"description":` + q + `,` +
			`"model":{"provider":` + q + `,"name":` + q + `,"options":{"upstream_url":` + q + `}},"weight":90}]}}],"next":null}`),
		"/upstreams":               jsonPage(`{"data":[{"id":"1","name":"u","algorithm":` + q + `}],"next":null}`),
		"/upstreams/u/targets/all": jsonPage(`{"data":[{"id":"1","target":` + q + `,"weight":10}]}`),
		"/clustering/data-planes": jsonPage(`{"data":[{"hostname":` + q + `,"config_hash":` + q + `,"sync_status":` + q +
			`,"last_seen":1795338840},{"hostname":` + q + `,"config_hash":"a","sync_status":"normal","last_seen":1795338840}]}`),
		"/metrics": {Type: "text/plain; version=0.0.4", Body: "# TYPE kong_ai_llm_tokens_total counter\n" +
			"kong_ai_llm_tokens_total{ai_provider=\"" + inLabel + "\",ai_model=\"" + inLabel + "\",token_type=\"completion_tokens\"} 12\n"},
	}
}

func TestContract(t *testing.T) {
	pages := contractPages("openai")
	pages["/plugins"] = jsonPage(strings.Replace(pages["/plugins"].Body, `"algorithm":"openai"`, `"algorithm":"round-robin"`, 1))
	contract.Run(t, contract.Case{
		New: Connector().NewReader, Pages: pages, Main: "/plugins",
		Judge: func(t testing.TB, p fleet.Partial) {
			d := p.Gateway.Deployments
			if len(d) != 2 || d[0].ID != "openai/openai" || d[0].Weight != fleet.Some(90.0) || d[0].OutTokens != fleet.Some(12.0) ||
				d[1].ID != "openai" || d[1].Weight != fleet.Some(10.0) {
				t.Errorf("read %+v", d)
			}
			if r := p.Gateway.Routing["openai"]; r.Weighing != fleet.WeighingFromOne || r.Pending.IsEmpty() {
				t.Errorf("read %+v", r)
			}
		},
		WrongType: jsonPage(strings.Replace(pages["/plugins"].Body, "90", `"many"`, 1)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if d := p.Gateway.Deployments; d[0].Weight.OK {
				t.Errorf("a number was made of a text: %v", d[0].Weight)
			}
		},
		Hostile: contractPages,
		Series: func(n int) contract.Page {
			var b strings.Builder
			b.WriteString(`{"data":[{"id":"1","name":"ai-proxy-advanced","config":{"targets":[`)
			for i := range n {
				if i > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(&b, `{"model":{"provider":"p","name":"%d"},"weight":1}`, i%(n/2))
			}
			b.WriteString("]}}]}")
			return jsonPage(b.String())
		},
	})
}
