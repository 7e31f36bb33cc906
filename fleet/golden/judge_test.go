package golden

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

func secret(text string) fleet.GoldenAnswer {
	return fleet.GoldenAnswer{Text: fleet.NewUnsaid(text)}
}

func exactly(text string) fleet.GoldenExpect {
	return fleet.GoldenExpect{Exact: fleet.Some(fleet.NewUnsaid(text))}
}

func values(pairs ...string) *fleet.GoldenJSON {
	j := &fleet.GoldenJSON{}
	for i := 0; i < len(pairs); i += 2 {
		j.Values = append(j.Values, fleet.GoldenValue{Path: pairs[i], Value: fleet.JSON(pairs[i+1])})
	}
	return j
}

func subset(text string) *fleet.GoldenJSON { return &fleet.GoldenJSON{Subset: fleet.JSON(text)} }

func calling(name, args string) fleet.GoldenAnswer {
	return fleet.GoldenAnswer{Calls: []fleet.GoldenCalled{{Name: fleet.NewUnsaid(name), Arguments: fleet.NewUnsaid(args)}}}
}

func counted(n int) fleet.GoldenAnswer { return fleet.GoldenAnswer{Tokens: fleet.Some(n)} }

func TestAnswersAreJudged(t *testing.T) {
	weather := fleet.GoldenExpect{Call: &fleet.GoldenCall{Name: "weather", Arguments: values("/city", `"Oslo"`)}}
	json := func(j *fleet.GoldenJSON) fleet.GoldenExpect { return fleet.GoldenExpect{JSON: j} }
	size := func(l fleet.GoldenLength) fleet.GoldenExpect { return fleet.GoldenExpect{Length: l} }
	for _, c := range []struct {
		name   string
		expect fleet.GoldenExpect
		answer fleet.GoldenAnswer
		want   Verdict
		why    string
	}{
		{"exact", exactly("42"), secret(" 42\n"), Pass, ""},
		{"exact, more", exactly("42"), secret("42 sheep"), Fail, "another text than asked: 8 characters, sha256 "},
		{"exact, empty", exactly(""), secret(""), Pass, ""},
		{"contains", fleet.GoldenExpect{Contains: []fleet.Unsaid{fleet.NewUnsaid("a"), fleet.NewUnsaid("b")}}, secret("b a"), Pass, ""},
		{"contains one", fleet.GoldenExpect{Contains: []fleet.Unsaid{fleet.NewUnsaid("a"), fleet.NewUnsaid("b")}}, secret("a"), Fail,
			"text 2 of 2 that it must contain is not in it: 1 character"},
		{"pattern", fleet.GoldenExpect{Regex: `^\d+$`}, secret("42"), Pass, ""},
		{"no match", fleet.GoldenExpect{Regex: `^\d+$`}, secret("forty-two"), Fail, "no match of the pattern: 9 characters"},
		{"broken pattern", fleet.GoldenExpect{Regex: `(`}, secret("42"), Unclear, "the pattern cannot be read"},
		{"value", json(values("/total", "14")), secret(`{"total": 14.0}`), Pass, ""},
		{"other value", json(values("/total", "14")), secret(`{"total": 12}`), Fail, "value at /total is 12, asked 14"},
		{"no value", json(values("/total", "14")), secret(`{"sum": 14}`), Fail, "there is no value at /total"},
		{"in a list", json(values("/items/1/ok", "true")), secret(`{"items":[0,{"ok":false}]}`), Fail, "value at /items/1/ok is false, asked true"},
		{"past a list", json(values("/items/01", "1")), secret(`{"items":[0,1]}`), Fail, "there is no value at /items/01"},
		{"escaped pointer", json(values("/a~1b/c~0d", "null")), secret(`{"a/b":{"c~d":null}}`), Pass, ""},
		{"wrong type", json(values("/total", "14")), secret(`{"total":"14"}`), Fail, "value at /total is a text, asked 14"},
		{"other text", json(values("/name", `"Ada"`)), secret(`{"name":"Eve"}`), Fail, "value at /name is another text than asked"},
		{"whole document", json(values("", "7")), secret("7"), Pass, ""},
		{"fenced", json(values("/total", "14")), secret("```json\n{\"total\":14}\n```"), Pass, ""},
		{"two documents", json(values("/total", "14")), secret(`{"total":14}{"total":14}`), Fail, "no JSON document: 24 characters"},
		{"words around it", json(values("/total", "14")), secret(`Sure: {"total":14}`), Fail, "no JSON document"},
		{"cut document", json(values("/total", "14")), fleet.GoldenAnswer{Text: fleet.NewUnsaid(`{"total":`), Cut: true}, Fail,
			"; it was cut off at 64 tokens"},
		{"too deep", json(values("/total", "14")), secret(strings.Repeat("[", 100000)), Fail, "no JSON document"},
		{"subset", json(subset(`{"a":{"b":1}}`)), secret(`{"a":{"b":1,"c":2},"d":3}`), Pass, ""},
		{"subset lacks", json(subset(`{"a":{"b":1}}`)), secret(`{"a":{"c":2}}`), Fail, "there is no value at /a/b"},
		{"subset of a list", json(subset(`{"a":[1,2]}`)), secret(`{"a":[1,2,3]}`), Fail, "value at /a is another list than asked"},
		{"subset of no object", json(subset(`{"a":1}`)), secret(`[1]`), Fail, "value at the top is a list, asked an object"},
		{"call", weather, calling("weather", `{"city":"Oslo","unit":"C"}`), Pass, ""},
		{"no call", weather, secret("It rains."), Fail, "no tool call, asked for weather"},
		{"other call", weather, calling("rm_rf", `{}`), Fail, "1 tool calls, none of weather"},
		{"other arguments", weather, calling("weather", `{"city":"Rome"}`), Fail, "in the call of weather: value at /city is another text than asked"},
		{"broken arguments", weather, calling("weather", `{"city":`), Fail, "the arguments are no JSON document in the call of weather"},
		{"tokens", size(fleet.GoldenLength{MinTokens: 1, MaxTokens: 9}), counted(9), Pass, ""},
		{"too many tokens", size(fleet.GoldenLength{MaxTokens: 9}), counted(10), Fail, "10 tokens, at most 9 asked"},
		{"too few tokens", size(fleet.GoldenLength{MinTokens: 9}), counted(0), Fail, "0 tokens, at least 9 asked"},
		{"uncounted", size(fleet.GoldenLength{MaxTokens: 9}), secret("a"), Unclear, "does not say how many tokens"},
		{"characters", size(fleet.GoldenLength{MaxCharacters: 3}), secret("äöü"), Pass, ""},
		{"too many characters", size(fleet.GoldenLength{MaxCharacters: 3, MaxTokens: 9}), secret("four"), Fail, "4 characters, at most 3 asked"},
		{"nothing expected", fleet.GoldenExpect{}, secret("anything"), Pass, ""},
	} {
		p := fleet.GoldenPrompt{Name: "p", MaxTokens: 64, Expect: c.expect}
		got, why := Judge(&p, &c.answer)
		if got != c.want || !strings.Contains(why.String(), c.why) || (c.why == "") != why.IsEmpty() {
			t.Errorf("%s: %s %q, want %s %q", c.name, got, why, c.want, c.why)
		}
	}
}

// What a model says may be hostile, or private: no word of it is in a finding, whatever the expectation.
func TestNoWordOfAnAnswerIsTold(t *testing.T) {
	const word = "PRIVATE"
	hostile := word + "\x1b]52;c;AAAA\x07\u202e" + strings.Repeat("z\u0301", 2000)
	answers := []fleet.GoldenAnswer{
		secret(hostile), secret(`{"a":"` + word + `","` + word + `":1}`), secret(`{"` + word + `":["` + word + `"]}`), secret(`{"a":{"` + word + `":1}}`),
		calling(word, `{}`), calling("f", `{"a":"`+word+`"}`), calling("f", word), secret(`{"a":1` + strings.Repeat("8", 500) + `}`),
	}
	expects := []fleet.GoldenExpect{
		exactly("x"), {Regex: "^x$"}, {Contains: []fleet.Unsaid{fleet.NewUnsaid("x")}}, {JSON: values("/a", "2")}, {JSON: subset(`{"a":{"b":"c"}}`)},
		{Call: &fleet.GoldenCall{Name: "f", Arguments: values("/a", `"x"`)}}, {Length: fleet.GoldenLength{MinCharacters: 1e6}},
	}
	for i, a := range answers {
		for n, e := range expects {
			p := fleet.GoldenPrompt{Name: "p", Expect: e}
			verdict, why := Judge(&p, &a)
			if verdict != Fail || strings.Contains(why.String(), word) || strings.Contains(why.String(), "8888888") || !fleet.IsClean(why.String()) || len(why.String()) > 200 {
				t.Errorf("answer %d, expectation %d: %s %q", i, n, verdict, why)
			}
		}
	}
}
