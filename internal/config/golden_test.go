package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func inventoryOf(t *testing.T, file string) fleet.Inventory {
	t.Helper()
	f, err := Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(noDefault)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func TestGoldenPromptsOfTheExample(t *testing.T) {
	list := inventoryOf(t, Example).Golden
	if len(list) != 3 {
		t.Fatalf("%d prompts", len(list))
	}
	sum, order, call := list[0], list[1], list[2]
	if sum.Messages[0].Text.Reveal() != "What is 17 + 25? Answer with the number only." || sum.Expect.Exact.V.Reveal() != "42" || sum.MaxTokens != 16 ||
		sum.Temperature != 0 || sum.Seed != 1 || sum.Repeat != 1 || sum.Pass != 1 || sum.Timeout != time.Minute || sum.Models[0] != "llama-70b" {
		t.Errorf("%+v", sum)
	}
	if order.Messages[0].Role != "system" || order.Repeat != 5 || order.Pass != 4 || order.Expect.JSON.Values[0].Path != "/total" ||
		string(order.Expect.JSON.Values[0].Value) != "14" || order.Expect.Length.MaxTokens != 64 {
		t.Errorf("%+v", order)
	}
	if call.Expect.Call.Name != "weather" || string(call.Expect.Call.Arguments.Subset) != `{"city":"Oslo"}` ||
		string(call.Tools[0].Parameters) != `{"properties":{"city":{"type":"string"}},"required":["city"],"type":"object"}` {
		t.Errorf("%+v %s", call, call.Tools[0].Parameters)
	}
}

func TestGoldenPromptsAreWrittenAndReadBack(t *testing.T) {
	inv := inventoryOf(t, Example)
	inv.Golden[0].Expect.JSON = &fleet.GoldenJSON{Values: []fleet.GoldenValue{{Path: "/id", Value: fleet.JSON("9007199254740993")}, {Path: "/x", Value: fleet.JSON("0.5")}},
		Subset: fleet.JSON(`{"a":[1,{"b":null}]}`)}
	text, err := Write(inv)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "/total: 14\n") || !strings.Contains(string(text), "/id: 9007199254740993\n") {
		t.Errorf("%s", text)
	}
	again := inventoryOf(t, string(text)).Golden
	for i := range inv.Golden {
		if inv.Golden[i].Digest() != again[i].Digest() || inv.Golden[i].Timeout != again[i].Timeout {
			t.Errorf("%s comes back as another prompt:\n%s", inv.Golden[i].Name, text)
		}
	}
}

func TestGoldenPromptsThatCannotBe(t *testing.T) {
	good := "name: p, prompt: hi, expect: {text: {exact: x}}"
	bomb := "expect: {json: {subset: &a [1,2,3,4,5,6,7,8,9]}}, tools: [{name: b, parameters: {x: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a], y: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b], z: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c], w: &e [*d,*d,*d,*d,*d,*d,*d,*d], v: [*e,*e,*e,*e,*e,*e,*e]}}]"
	for entry, want := range map[string]string{
		good:                                            "",
		"name: \"a b\", " + good[9:]:                    "a name has up to 64 letters",
		"name: p, expect: {text: {exact: x}}":           "it asks nothing",
		"name: p, prompt: hi, expect: {}":               "any answer would be right",
		"name: p, prompt: hi, expect: {text: {}}":       "any answer would be right",
		good + ", messages: [{role: user, content: x}]": "exclude each other",
		"name: p, messages: [{role: robot, content: x}], expect: {text: {exact: x}}":               "is none of",
		"name: p, messages: [{role: assistant, content: x}], expect: {text: {exact: x}}":           "end with the user's",
		"name: p, prompt: hi, expect: {text: {regex: '('}}":                                        "regex cannot be read",
		"name: p, prompt: hi, expect: {text: {contains: ['']}}":                                    "every answer contains",
		"name: p, prompt: hi, expect: {json: {values: {total: 1}}}":                                "no JSON pointer",
		"name: p, prompt: hi, expect: {tool_call: {name: f}}":                                      `there is no tool "f"`,
		"name: p, prompt: hi, tools: [{name: f, parameters: [1]}], expect: {tool_call: {name: f}}": "parameters are a JSON schema",
		"name: p, prompt: hi, expect: {length: {min_tokens: 9, max_tokens: 3}}":                    "the least is more than the most",
		"name: p, prompt: hi, expect: {length: {min_tokens: 999}}":                                 "more than the 256",
		"name: p, prompt: hi, expect: {length: {min_tokens: -1, max_tokens: 3}}":                   "negative",
		good + ", pass: most":              "neither all nor such as 4 of 5",
		good + ", pass: 5 of 4":            "cannot be reached",
		good + ", pass: 4 of 5, repeat: 3": "two different numbers",
		good + ", pass: 90 of 99":          "pass must lie between 1 and 10",
		good + ", repeat: 11":              "repeat must lie between 1 and 10",
		good + ", max_tokens: 5000":        "max_tokens must lie between 1 and 4096",
		good + ", temperature: 3":          "temperature must lie between 0 and 2",
		good + ", timeout: 6m":             "timeout must be at most 5m0s",
		good + ", pools: [gone]":           `there is no pool "gone"`,
		good + ", routes: [gone]":          `there is no route "gone"`,
		"name: p, prompt: hi, " + bomb:     "larger than 16 kB or 2,000 values",
		good + ", colour: red":             "unknown field",
		"name: p, prompt: '" + strings.Repeat("x", 33<<10) + "', expect: {text: {exact: x}}": "32 kB of text",
	} {
		_, err := Parse([]byte("version: 1\ncontexts:\n  - name: a\n    golden_prompts:\n      - {" + entry + "}\n"))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", entry, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%.200s: %v", entry, err)
		}
	}
	twice := "version: 1\ncontexts:\n  - name: a\n    clusters: [{}]\n    golden_prompts: [{" + good + ", pools: [found]}, {" + good + "}]\n"
	if _, err := Parse([]byte(twice)); err == nil || strings.Contains(err.Error(), "no pool") || !strings.Contains(err.Error(), "appears twice") {
		t.Error(err)
	}
	var many []string
	for i := range mostPrompts + 1 {
		many = append(many, fmt.Sprintf("{name: p%d, prompt: hi, expect: {text: {exact: x}}}", i))
	}
	if _, err := Parse([]byte("version: 1\ncontexts:\n  - name: a\n    golden_prompts: [" + strings.Join(many, ", ") + "]\n")); err == nil || !strings.Contains(err.Error(), "more than 64") {
		t.Error(err)
	}
}
