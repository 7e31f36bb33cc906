package golden

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"pitwall/fleet"
)

// Judge holds an answer to what its prompt expects, and says in one sentence why it is not so. All that is expected must
// hold; what cannot be told is unclear, unless something else is wrong.
func Judge(p *fleet.GoldenPrompt, a *fleet.GoldenAnswer) (Verdict, fleet.Safe) {
	unclear := fleet.Safe{}
	for _, holds := range []func(*fleet.GoldenExpect, *fleet.GoldenAnswer) (Verdict, fleet.Safe){text, document, call, length} {
		switch verdict, why := holds(&p.Expect, a); verdict {
		case Fail:
			if a.Cut {
				why = fleet.Textf("%s; it was cut off at %s tokens", why, fleet.Int(p.MaxTokens))
			}
			return Fail, why
		case Unclear:
			unclear = why
		case Pass:
		}
	}
	if !unclear.IsEmpty() {
		return Unclear, unclear
	}
	return Pass, fleet.Safe{}
}

func text(e *fleet.GoldenExpect, a *fleet.GoldenAnswer) (Verdict, fleet.Safe) {
	said := strings.TrimSpace(a.Text.Reveal())
	if e.Exact.OK && said != strings.TrimSpace(e.Exact.V.Reveal()) {
		return Fail, fleet.Concat(fleet.Text("another text than asked: "), size(a))
	}
	for i, part := range e.Contains {
		if !strings.Contains(said, part.Reveal()) {
			return Fail, fleet.Textf("text %s of %s that it must contain is not in it: %s", fleet.Int(i+1), fleet.Int(len(e.Contains)), size(a))
		}
	}
	if e.Regex == "" {
		return Pass, fleet.Safe{}
	}
	pattern, err := regexp.Compile(e.Regex)
	switch {
	case err != nil: // the configuration refuses it
		return Unclear, fleet.Text("the pattern cannot be read")
	case !pattern.MatchString(said):
		return Fail, fleet.Concat(fleet.Text("no match of the pattern: "), size(a))
	}
	return Pass, fleet.Safe{}
}

// size is all that is told of a text.
func size(a *fleet.GoldenAnswer) fleet.Safe {
	return fleet.Textf("%s, sha256 %s", fleet.Many(characters(a), "character"), fleet.Label(a.Text.Digest()))
}

func characters(a *fleet.GoldenAnswer) int {
	return utf8.RuneCountInString(strings.TrimSpace(a.Text.Reveal()))
}

func document(e *fleet.GoldenExpect, a *fleet.GoldenAnswer) (Verdict, fleet.Safe) {
	if e.JSON == nil {
		return Pass, fleet.Safe{}
	}
	doc, ok := decode(unfenced(a.Text.Reveal()))
	if !ok {
		return Fail, fleet.Concat(fleet.Text("no JSON document: "), size(a))
	}
	if why := differs(e.JSON, doc); !why.IsEmpty() {
		return Fail, why
	}
	return Pass, fleet.Safe{}
}

func call(e *fleet.GoldenExpect, a *fleet.GoldenAnswer) (Verdict, fleet.Safe) {
	if e.Call == nil {
		return Pass, fleet.Safe{}
	}
	why := fleet.Textf("%s tool calls, none of %s", fleet.Int(len(a.Calls)), fleet.Label(e.Call.Name))
	if len(a.Calls) == 0 {
		why = fleet.Concat(fleet.Text("no tool call, asked for "), fleet.Label(e.Call.Name))
	}
	for _, c := range a.Calls {
		if c.Name.Reveal() != e.Call.Name {
			continue
		}
		if e.Call.Arguments == nil {
			return Pass, fleet.Safe{}
		}
		doc, ok := decode(c.Arguments.Reveal())
		switch {
		case !ok:
			why = fleet.Concat(fleet.Text("the arguments are no JSON document in the call of "), fleet.Label(e.Call.Name))
		default:
			if why = differs(e.Call.Arguments, doc); why.IsEmpty() {
				return Pass, fleet.Safe{}
			}
			why = fleet.Concat(fleet.Text("in the call of "), fleet.Label(e.Call.Name), fleet.Text(": "), why)
		}
	}
	return Fail, why
}

func length(e *fleet.GoldenExpect, a *fleet.GoldenAnswer) (Verdict, fleet.Safe) {
	l := &e.Length
	if why := outside(characters(a), l.MinCharacters, l.MaxCharacters, fleet.Text("characters")); !why.IsEmpty() {
		return Fail, why
	}
	if l.MinTokens == 0 && l.MaxTokens == 0 {
		return Pass, fleet.Safe{}
	}
	if !a.Tokens.OK {
		return Unclear, fleet.Text("the answer does not say how many tokens it has")
	}
	if why := outside(a.Tokens.V, l.MinTokens, l.MaxTokens, fleet.Text("tokens")); !why.IsEmpty() {
		return Fail, why
	}
	return Pass, fleet.Safe{}
}

func outside(n, least, most int, unit fleet.Safe) fleet.Safe {
	switch {
	case least > 0 && n < least:
		return fleet.Textf("%s %s, at least %s asked", fleet.Int(n), unit, fleet.Int(least))
	case most > 0 && n > most:
		return fleet.Textf("%s %s, at most %s asked", fleet.Int(n), unit, fleet.Int(most))
	}
	return fleet.Safe{}
}
