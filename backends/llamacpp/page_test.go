package llamacpp

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const page = `# HELP llamacpp:prompt_tokens_total Number of prompt tokens.
# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 900
# TYPE llamacpp:tokens_predicted_total counter
llamacpp:tokens_predicted_total 400
# TYPE llamacpp:n_decode_total counter
llamacpp:n_decode_total 410
# TYPE llamacpp:n_tokens_max counter
llamacpp:n_tokens_max 512
# TYPE llamacpp:predicted_tokens_seconds gauge
llamacpp:predicted_tokens_seconds 27.2
# TYPE llamacpp:requests_processing gauge
llamacpp:requests_processing 2
# TYPE llamacpp:requests_deferred gauge
llamacpp:requests_deferred 1
`

const awake = `{"model_alias":"small","build_info":"b7000-abc","is_sleeping":false,"total_slots":4,"chat_template":"{{ x }}"}`

func want(model fleet.ModelName) fleet.EngineReading {
	return fleet.EngineReading{Model: model, LateTokens: true, Running: fleet.Some(fleet.Count(2)), Waiting: fleet.Some(fleet.Count(1)),
		Asleep: fleet.Some(false), PromptTokens: fleet.Some(900.0), OutputTokens: fleet.Some(400.0), Work: fleet.Some(410.0)}
}

func TestContract(t *testing.T) {
	pages := func(alias string) map[string]contract.Page {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\x1b", `\u001b`, "\x00", `\u0000`,
			"\x07", `\u0007`, "\x7f", `\u007f`).Replace(alias)
		return map[string]contract.Page{"/metrics": {Type: "text/plain; version=0.0.4", Body: page},
			"/health": {Type: "application/json", Body: `{"status":"ok"}`},
			"/props":  {Type: "application/json", Body: strings.Replace(strings.Replace(awake, "b7000-abc", quoted, 1), `"small"`, `"`+quoted+`"`, 1)}}
	}
	good := pages("small")
	good["/props"] = contract.Page{Type: "application/json", Body: awake}
	contract.Run(t, contract.Case{
		New:   Connector().NewReader,
		Pages: good,
		Main:  "/metrics",
		Judge: func(t testing.TB, p fleet.Partial) {
			if len(p.Engines) != 1 || fmt.Sprint(p.Engines[0]) != fmt.Sprint(want("small")) {
				t.Errorf("\n got %+v\nwant %+v", p.Engines, want("small"))
			}
			if p.Health != fleet.Some(true) || p.Version != fleet.Text("b7000-abc") || len(p.Notices) != 0 {
				t.Errorf("health %v, version %q, notices %v", p.Health, p.Version, p.Notices)
			}
		},
		WrongType: contract.Page{Type: "text/plain", Body: strings.Replace(page,
			"# TYPE llamacpp:tokens_predicted_total counter", "# TYPE llamacpp:tokens_predicted_total histogram", 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.Engines) != 1 || p.Engines[0].OutputTokens.OK || !p.Engines[0].PromptTokens.OK {
				t.Errorf("want all but the output tokens, got %+v", p.Engines)
			}
		},
		Hostile: pages,
		Series: func(n int) contract.Page {
			return contract.Page{Type: "text/plain", Body: "llamacpp:requests_processing 1\n" + strings.Repeat("other 1\n", n-1)}
		},
	})
}

func TestTheSampleIsReadWhole(t *testing.T) {
	p, err := Connector().NewDecoder().Decode(contract.Sample(t, "llamacpp.synthesized.prom"))
	if err != nil || len(p.Engines) != 1 || len(p.Notices) != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	want := fleet.EngineReading{LateTokens: true, Running: fleet.Some(fleet.Count(2)), Waiting: fleet.Some(fleet.Count(1)),
		PromptTokens: fleet.Some(88121.0), OutputTokens: fleet.Some(40911.0), Work: fleet.Some(42013.0)}
	if fmt.Sprint(p.Engines[0]) != fmt.Sprint(want) {
		t.Errorf("\n got %+v\nwant %+v", p.Engines[0], want)
	}
}

func TestWhatIsMissingIsUnknown(t *testing.T) {
	p, err := Connector().NewDecoder().Decode([]byte("llamacpp:kv_cache_usage_ratio 0.5\nllamacpp:requests_processing NaN\n"))
	if err != nil || len(p.Engines) != 1 || p.Engines[0].KVUsage.V != 0.5 || p.Engines[0].Running.OK || p.Engines[0].OutputTokens.OK {
		t.Errorf("%+v, %v", p.Engines, err)
	}
	if _, err := Connector().NewDecoder().Decode([]byte("vllm:num_requests_running 1\n")); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
}
