package actions

import (
	"time"

	"pitwall/fleet"
)

// GoldenRef names a golden prompt that a plan counts on. Its text is in the configuration alone.
type GoldenRef struct {
	Name   string
	Digest string // of all that it says: another one is another prompt
}

// Golden is what golden prompts showed of one new replica. It holds no text of prompts or answers.
type Golden struct {
	Replica string // its pod, or its ID where no pod is known; raw
	Passed  int
	Prompts int
	Verdict string     // PASS, FAIL, UNCLEAR
	Why     fleet.Safe // what did not pass: "json-total FAIL (value at /total is 12, asked 14)"
	At      time.Time
}

// Text is in words what golden prompts showed: "golden 4 of 5 on llama-1: json-total FAIL (…)".
func (g *Golden) Text() fleet.Safe {
	text := fleet.Textf("golden %s of %s on %s", fleet.Int(g.Passed), fleet.Int(g.Prompts), fleet.Quote(g.Replica))
	if g.Why.IsEmpty() {
		return text
	}
	return fleet.Concat(text, fleet.Text(": "), g.Why)
}

// mostGolden bounds what a change keeps of golden prompts: the newest of so many replicas.
const mostGolden = 256

// PutGolden returns the list with g in the place of the one of the same replica, else at the end. The slice that is given
// stays as it is.
func PutGolden(list []Golden, g Golden) []Golden {
	out := make([]Golden, 0, len(list)+1)
	for _, one := range list {
		if one.Replica != g.Replica {
			out = append(out, one)
		}
	}
	out = append(out, g)
	return out[max(0, len(out)-mostGolden):]
}
