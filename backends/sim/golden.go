package sim

import (
	"time"

	"pitwall/fleet"
)

// goldenPrompts are what new replicas of the demo are asked: what the simulated model understands.
func goldenPrompts() []fleet.GoldenPrompt {
	ask := func(name, text string, expect fleet.GoldenExpect) fleet.GoldenPrompt {
		return fleet.GoldenPrompt{Name: name, Messages: []fleet.GoldenMessage{{Role: "user", Text: fleet.NewUnsaid(text)}},
			MaxTokens: 32, Seed: 1, Timeout: 30 * time.Second, Repeat: 1, Pass: 1, Expect: expect}
	}
	return []fleet.GoldenPrompt{
		ask("sum", "What is 17 + 25? Answer with the number only.", fleet.GoldenExpect{Exact: fleet.Some(fleet.NewUnsaid("42"))}),
		ask("json-total", `Add 6 + 8 and answer with one JSON object {"total": number}.`, fleet.GoldenExpect{JSON: &fleet.GoldenJSON{
			Values: []fleet.GoldenValue{{Path: "/total", Value: fleet.JSON("14")}}}, Length: fleet.GoldenLength{MaxTokens: 16}}),
	}
}
