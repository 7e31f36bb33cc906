package golden

import "pitwall/fleet"

// Verdict says what an answer, or several, show.
type Verdict string

// The verdicts. What is unclear never counts as a pass.
const (
	Pass    Verdict = "PASS"
	Fail    Verdict = "FAIL"
	Unclear Verdict = "UNCLEAR"
)

// Finding is what became of one prompt on one replica. It holds no text of either.
type Finding struct {
	Prompt  string
	Verdict Verdict
	Asked   int
	Right   int
	Why     fleet.Safe // "" for a pass
	Refused bool       // the replica does not take the request at all
	Silent  bool       // no answer came, and none would come to another prompt now
}

// Text is a finding in words: "json-total FAIL (value at /total is 12, asked 14)".
func (f *Finding) Text() fleet.Safe {
	text := fleet.Concat(fleet.Label(f.Prompt), fleet.Text(" "), fleet.Label(string(f.Verdict)))
	if f.Asked > 1 {
		text = fleet.Textf("%s, %s of %s right", text, fleet.Int(f.Right), fleet.Int(f.Asked))
	}
	if f.Why.IsEmpty() {
		return text
	}
	return fleet.Textf("%s (%s)", text, f.Why)
}
