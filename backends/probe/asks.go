package probe

import (
	"strings"

	"pitwall/backends/internal/chat"
	"pitwall/fleet"
	"pitwall/fleet/golden"
)

// toolName is the tool that a probe offers.
const toolName = "get_weather"

// word fills a prompt up to a length: for most tokenizers it is one token with the space before it.
const word = " again"

// promptOf is the request of one ask.
func promptOf(spec *fleet.ProbeSpec, a fleet.ProbeAsk) (*fleet.GoldenPrompt, chat.Manner) {
	p := &fleet.GoldenPrompt{Name: string(a), MaxTokens: spec.Limit(), Stream: true}
	say := func(text string) {
		p.Messages = []fleet.GoldenMessage{{Role: "user", Text: fleet.NewUnsaid(text)}}
	}
	var m chat.Manner
	switch a {
	case fleet.ProbeTools:
		say("How is the weather in Oslo? Use the tool.")
		p.Tools = []fleet.GoldenTool{{Name: toolName, Description: "Current weather of a city",
			Parameters: fleet.JSON(`{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}`)}}
		p.Expect.Call = &fleet.GoldenCall{Name: toolName, Arguments: &fleet.GoldenJSON{}}
	case fleet.ProbeJSON:
		say(`Add 6 + 8 and answer with one JSON object {"total": number}, nothing else.`)
		p.Expect.JSON = &fleet.GoldenJSON{Subset: fleet.JSON(`{}`)} // whether it can add is no matter here
		m.JSON = true
	case fleet.ProbeLength:
		say("Say OK. What follows is filling:" + strings.Repeat(word, spec.PromptTokens))
	default:
		say("Say OK.")
	}
	return p, m
}

// shows judges an answer by its form. One that was cut off before its form could be told is unclear, since tokens came.
func shows(p *fleet.GoldenPrompt, h *chat.Heard) (golden.Verdict, fleet.Safe) {
	if h.Text.Reveal() == "" && len(h.Calls) == 0 && h.Tokens.Or(0) == 0 {
		return golden.Fail, fleet.Text("the answer is empty")
	}
	verdict, why := golden.Judge(p, &h.GoldenAnswer)
	if verdict == golden.Fail && h.Cut {
		return golden.Unclear, fleet.Safe{}
	}
	if verdict == golden.Fail && p.Expect.JSON != nil {
		why = fleet.Text("it answers, and with no JSON object")
	}
	if verdict == golden.Fail && p.Expect.Call != nil {
		why = fleet.Text("it answers, and calls no tool as asked")
	}
	return verdict, why
}
