package kube

import (
	"encoding/json"
	"slices"

	"pitwall/fleet"
)

// conflict says what a field holds in place of what was planned on, and who put it there.
func (a *attempt) conflict(d document, f *fieldPlace) string {
	name, now := fieldName(f.tokens), d.at(f.tokens)
	text := name
	switch {
	case now == nil:
		text += " is not there any more"
	case isNull(f.Before):
		text += " is there by now"
	default:
		text += " is not what it was"
	}
	if seen, ok := shown(f.tokens, now); ok {
		text += ": it is " + seen
		if was, ok := shown(f.tokens, json.RawMessage(f.Before)); ok {
			text += ", was " + was
		}
	}
	if who := d.setBy(f.tokens); who != "" {
		text += "; set by " + who
	}
	return text
}

// private are parts of objects whose texts may be credentials.
var private = []string{"env", "args", "command", "data", "stringData"}

// shown is a value as it may stand in a sentence: numbers, yes and no, and texts that are no credentials.
func shown(tokens []string, v json.RawMessage) (string, bool) {
	switch kindOfJSON(v) {
	case '{', '[', 0:
		return "", false
	case '"':
		var text string
		last := tokens[len(tokens)-1]
		if json.Unmarshal(v, &text) != nil || isSuspicious(last) ||
			slices.ContainsFunc(tokens, func(t string) bool { return slices.Contains(private, t) }) {
			return "", false
		}
		return `"` + fleet.Quote(redactText(text)).String() + `"`, true
	}
	return fleet.Quote(string(v)).String(), true
}

// stored looks at what the server would store after a rehearsal: a webhook or a default may make something else of a
// field, and then no comparison would ever find it set.
func (a *attempt) stored(got reply) error {
	if !a.dry {
		return nil
	}
	d, err := newDocument(got.body, readPart(a.Part))
	if err != nil {
		return nil //nolint:nilerr // the server took it; what it shows besides cannot be read, and proves nothing
	}
	for i := range a.fields {
		f := &a.fields[i]
		now := d.at(f.tokens)
		if fleet.JSON(now).Equal(f.After) {
			continue
		}
		text := "the cluster would not store " + fieldName(f.tokens) + " as asked"
		if seen, ok := shown(f.tokens, now); ok {
			text += " but as " + seen
		}
		return a.refuse(got.conn, fleet.KindInvalid, text, nothingWritten+"; a webhook, a default or the kind itself changes it")
	}
	return nil
}
