package together

import (
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func TestContract(t *testing.T) {
	body, err := os.ReadFile("testdata/models.json")
	if err != nil {
		t.Fatal(err)
	}
	page := func(body string) contract.Page {
		return contract.Page{Type: "application/json", Body: body, Header: http.Header{
			"X-Ratelimit-Limit": {"10"}, "X-Ratelimit-Remaining": {"9"}, "X-Ratelimit-Reset": {"1"},
			"X-Tokenlimit-Limit": {"3000"}, "X-Tokenlimit-Remaining": {"2400"}}}
	}
	contract.Run(t, contract.Case{
		New:   newReader,
		Spec:  func(s *fleet.SourceSpec) { s.Models = []fleet.ModelName{"openai/gpt-oss-120b"} },
		Path:  "/v1",
		Pages: map[string]contract.Page{"/v1/models": page(string(body))},
		Main:  "/v1/models",
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			r := p.Provider
			if r == nil || r.Authorised != fleet.Some(true) || !r.Latency.OK || len(p.Notices) != 0 {
				t.Fatalf("%+v, %v", r, p.Notices)
			}
			if want := []fleet.ModelName{"meta-llama/Llama-3.3-70B-Instruct-Turbo", "openai/gpt-oss-120b",
				"black-forest-labs/FLUX.1-schnell"}; !reflect.DeepEqual(r.Models, want) {
				t.Errorf("models %v", r.Models)
			}
			want := []fleet.Limit{
				{Kind: fleet.LimitRPM, Max: fleet.Some(600.0), Remaining: fleet.Some(540.0), At: contract.Start()},
				{Kind: fleet.LimitTPM, Max: fleet.Some(180e3), Remaining: fleet.Some(144e3), At: contract.Start()}}
			if !reflect.DeepEqual(r.Limits, want) {
				t.Errorf("limits %+v", r.Limits)
			}
		},
		WrongType:  page(`[{"id":17}]`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a name: %+v", p.Provider) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{"/v1/models": page(`[{"id":` + string(q) + `}]`)}
		},
		Series: func(n int) contract.Page {
			return page("[" + strings.TrimSuffix(strings.Repeat(`{"id":"m"},`, n), ",") + "]")
		},
	})
}

func TestNonsenseInHeadersIsUnknown(t *testing.T) {
	h := http.Header{}
	for _, v := range []string{"", "many", "-1", "NaN", "Inf"} {
		for _, n := range []string{"x-ratelimit-limit", "x-ratelimit-remaining", "x-tokenlimit-limit", "x-tokenlimit-remaining"} {
			h.Set(n, v)
		}
		if got := limits(h, contract.Start()); len(got) != 0 {
			t.Errorf("%q made %+v", v, got)
		}
	}
	h.Set("x-tokenlimit-limit-dynamic", "50")
	if got := limits(h, contract.Start()); len(got) != 1 || got[0].Max.V != 3000 || got[0].Remaining.OK {
		t.Errorf("only the dynamic limit: %+v", got)
	}
}

func TestAnErrorInsideOfA200IsNoList(t *testing.T) {
	for _, body := range []string{`{"error":{"message":"canary","type":"invalid_request_error"}}`, `{}`, `null`, `[{}]`} {
		s := contract.ServeAnswers(t, func(string) *contract.Answer { return &contract.Answer{Body: body} })
		p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
		if fleet.KindOf(err) != fleet.KindInvalid || p.Provider != nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", body, err)
		}
		s.Only(t, "GET /v1/models")
	}
}
