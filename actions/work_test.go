package actions

import (
	"testing"

	"pitwall/fleet"
)

func TestWhatAChangeDoesIsNotSaidTwice(t *testing.T) {
	for text, want := range map[string]string{"resume": "resume", "pause: no pod is replaced any more": "pause: no pod is replaced any more",
		"paused": "pause: paused", "image a -> b": "pause: image a -> b"} {
		kind := KindPause
		if text == "resume" {
			kind = KindContinue
		}
		p := Plan{Intent: Intent{Kind: kind}, Work: &WorkPlan{Draft: fleet.Draft{Stages: []fleet.Stage{{Writes: []fleet.ObjectWrite{
			{Verb: fleet.WriteSet, Text: fleet.Label(text), Fields: []fleet.Field{{Path: "/a", After: fleet.JSON("1")}}}}}}}}}
		if got := p.ErrandText().String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
