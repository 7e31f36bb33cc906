package openai

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func list(ids ...string) string {
	var b strings.Builder
	b.WriteString(`{"object":"list","data":[`)
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		quoted, _ := json.Marshal(id)
		fmt.Fprintf(&b, `{"id":%s,"object":"model","created":1790000000}`, quoted)
	}
	return b.String() + `]}`
}

func connector(t *testing.T, kind string) fleet.Connector {
	t.Helper()
	for _, c := range Connectors() {
		if c.Kind == kind {
			return c
		}
	}
	t.Fatalf("no connector %q", kind)
	return fleet.Connector{}
}

func contractCase(c fleet.Connector, path string, header http.Header, want []fleet.Limit) contract.Case {
	page := func(body string) contract.Page {
		return contract.Page{Type: "application/json", Header: header, Body: body}
	}
	return contract.Case{
		New:   c.NewReader,
		Spec:  func(s *fleet.SourceSpec) { s.Models = []fleet.ModelName{"gpt-5-mini"} },
		Path:  path,
		Pages: map[string]contract.Page{"/v1/models": page(list("gpt-5", "gpt-5-mini"))},
		Main:  "/v1/models",
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			r := p.Provider
			if r == nil || r.Authorised != fleet.Some(true) || !r.Latency.OK || r.Latency.V <= 0 {
				t.Fatalf("reading %+v", r)
			}
			if !reflect.DeepEqual(r.Models, []fleet.ModelName{"gpt-5", "gpt-5-mini"}) || len(p.Notices) != 0 {
				t.Errorf("models %v, notices %v", r.Models, p.Notices)
			}
			for i := range r.Limits {
				r.Limits[i].Reset = fleet.None[time.Time]() // has its own test
			}
			if !reflect.DeepEqual(r.Limits, want) {
				t.Errorf("limits\n %+v\nwant %+v", r.Limits, want)
			}
		},
		WrongType:  page(`{"object":"list","data":[{"id":17}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a name: %+v", p.Provider) },
		Hostile: func(text string) map[string]contract.Page {
			return map[string]contract.Page{"/v1/models": page(list(text, "gpt-5"))}
		},
		Series: func(n int) contract.Page { return page(list(strings.Split(strings.Repeat("m ", n), " ")...)) },
	}
}

func limit(kind fleet.LimitKind, most, left float64) fleet.Limit {
	return fleet.Limit{Kind: kind, Max: fleet.Some(most), Remaining: fleet.Some(left), At: contract.Start()}
}

func TestContract(t *testing.T) {
	t.Run("openai", func(t *testing.T) {
		contract.Run(t, contractCase(connector(t, "openai"), "/v1", http.Header{
			"X-Ratelimit-Limit-Requests": {"5000"}, "X-Ratelimit-Remaining-Requests": {"4999"},
			"X-Ratelimit-Limit-Tokens": {"2000000"}, "X-Ratelimit-Remaining-Tokens": {"1999000"},
			"X-Ratelimit-Reset-Tokens": {"6m0s"},
		}, []fleet.Limit{limit(fleet.LimitRPM, 5000, 4999), limit(fleet.LimitTPM, 2e6, 1999000)}))
	})
	t.Run("anthropic", func(t *testing.T) {
		contract.Run(t, contractCase(connector(t, "anthropic"), "", http.Header{
			"Anthropic-Ratelimit-Requests-Limit": {"4000"}, "Anthropic-Ratelimit-Requests-Remaining": {"3998"},
			"Anthropic-Ratelimit-Input-Tokens-Limit": {"400000"}, "Anthropic-Ratelimit-Input-Tokens-Remaining": {"398000"},
			"Anthropic-Ratelimit-Output-Tokens-Limit": {"80000"}, "Anthropic-Ratelimit-Output-Tokens-Remaining": {"80000"},
		}, []fleet.Limit{limit(fleet.LimitRPM, 4000, 3998), limit(fleet.LimitITPM, 4e5, 398000),
			limit(fleet.LimitOTPM, 8e4, 80000)}))
	})
}
