package fleet

import (
	"encoding/json"
	"strings"
)

// Change draws what a write does to a field: both values, or of a text of several lines those that differ, by their numbers.
func (f Field) Change() Safe {
	before, okBefore := f.Before.lines()
	after, okAfter := f.After.lines()
	if !okBefore || !okAfter {
		return Concat(f.Before.Text(), Text(" -> "), f.After.Text())
	}
	var parts []Safe
	if len(before) == len(after) {
		for i := range before {
			if before[i] != after[i] {
				parts = append(parts, lineChange(i, before[i:i+1], after[i:i+1]))
			}
		}
		return Join(parts, Text("; "))
	}
	head, tail := 0, 0
	for head < min(len(before), len(after)) && before[head] == after[head] {
		head++
	}
	for tail < min(len(before), len(after))-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	return lineChange(head, before[head:len(before)-tail], after[head:len(after)-tail])
}

func lineChange(at int, before, after []string) Safe {
	return Textf("line %s: %s -> %s", Int(at+1), shownLines(before), shownLines(after))
}

func shownLines(list []string) Safe {
	if len(list) == 0 {
		return Text("(absent)")
	}
	var out []Safe
	for _, l := range list {
		out = append(out, Quote(strings.TrimSpace(l)))
	}
	return Join(out, Text(" / "))
}

// lines are those of a text of several.
func (j JSON) lines() ([]string, bool) {
	var text string
	if len(j) == 0 || j[0] != '"' || json.Unmarshal(j, &text) != nil {
		return nil, false
	}
	list := strings.Split(text, "\n")
	return list, len(list) > 1
}
