package sim

import (
	"encoding/json"
	"testing"
	"time"

	"pitwall/fleet"
)

// said is an answer with a tool call, whole.
type said struct {
	Choices []struct {
		Finish  string `json:"finish_reason"`
		Message struct {
			Content *string `json:"content"`
			Calls   []struct {
				Function struct{ Name, Arguments string } `json:"function"`
			} `json:"tool_calls"`
		} `json:"message"`
	} `json:"choices"`
	Usage struct {
		Completion int `json:"completion_tokens"`
	} `json:"usage"`
}

// The simulated model is right about what it understands; one with a broken kernel is as long and as quick, and wrong.
func TestTheModelAnswersWhatItUnderstands(t *testing.T) {
	f, clock := listen(t, Options{})
	flow(t, f, clock)
	const tools = `,"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}}}}}]`
	ask := func(url, text, more string) said {
		t.Helper()
		resp, body := send(t, "POST", url+"/v1/chat/completions", "", `{"model":"llama-70b","max_tokens":32,"messages":[{"role":"user","content":`+text+`}]`+more+`}`)
		var got said
		if err := json.Unmarshal([]byte(body), &got); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
		return got
	}
	type answers struct{ sum, product, call string }
	want := map[bool]answers{
		false: {"42", `{"total": 28}`, `weather {"city":"Oslo","days":3}`},
		true:  {"40", `{"total": 26}`, `weather {"city":"Springfield","days":5}`},
	}
	for _, wrong := range []bool{false, true} {
		if wrong {
			if err := f.Start("F11", clock.Now()); err != nil {
				t.Fatal(err)
			}
			task := clock.Task()
			if err := task.Sleep(t.Context(), 2*time.Second); err != nil {
				t.Fatal(err)
			}
			task.Done()
		}
		url := f.URL("h100-b-r1")
		sum, product := ask(url, `"What is 17 + 25?"`, ""), ask(url, `"Give 7 * 4 as {\"total\": number}."`, "")
		call := ask(url, `"How is the weather in Oslo for 3 days?"`, tools)
		got := answers{*sum.Choices[0].Message.Content, *product.Choices[0].Message.Content, ""}
		for _, c := range call.Choices[0].Message.Calls {
			got.call += c.Function.Name + " " + c.Function.Arguments
		}
		if got != want[wrong] || call.Choices[0].Message.Content != nil || call.Choices[0].Finish != "tool_calls" {
			t.Errorf("wrong %v: %+v", wrong, got)
		}
		if sum.Usage.Completion != 1 || product.Usage.Completion != 2 {
			t.Errorf("wrong %v: %d and %d tokens", wrong, sum.Usage.Completion, product.Usage.Completion)
		}
	}
	if cut := ask(f.URL("b200-a-r1"), `"Give 7 * 4 as {\"total\": number}."`, `,"max_completion_tokens":32`); cut.Choices[0].Finish != "stop" {
		t.Errorf("%+v", cut)
	}
}

func TestTheDemoHasGoldenPrompts(t *testing.T) {
	f, _ := listen(t, Options{})
	list := f.Inventory().Golden
	if len(list) != 2 || list[0].Expect.Exact == (fleet.Maybe[fleet.Unsaid]{}) || list[1].Expect.JSON == nil {
		t.Errorf("%+v", list)
	}
}
