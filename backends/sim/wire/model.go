package wire

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// reply is what the simulated model makes of what it understands: a sum or a product, alone or in one JSON object, and a
// call of the first tool that it is offered. Of anything else it talks.
type reply struct {
	words []string // nil: it talks
	call  object   // of a tool; nil for none
}

var (
	sumIn  = regexp.MustCompile(`(\d{1,9}) ?([+*]) ?(\d{1,9})`)
	keyIn  = regexp.MustCompile(`\{ ?"(\w{1,40})"`)
	nameIn = regexp.MustCompile(`\b[A-Z][a-z]+\b`)
	digits = regexp.MustCompile(`\d{1,9}`)
)

// mistake is how far sums of a model are off whose weights are not sound.
const mistake = 2

// reply answers a request. A model that is wrong is as quick, as fluent and as long as a sound one.
func (q completionRequest) reply(wrong bool) reply {
	asked := ""
	for _, m := range q.Messages {
		if m.Role == "user" {
			asked = fmt.Sprint(m.Content)
		}
	}
	if len(q.Tools) > 0 {
		return q.calls(asked, wrong)
	}
	m := sumIn.FindStringSubmatch(asked)
	if m == nil {
		return reply{}
	}
	x, _ := strconv.Atoi(m[1])
	y, _ := strconv.Atoi(m[3])
	result := x + y
	if m[2] == "*" {
		result = x * y
	}
	if wrong {
		result -= mistake
	}
	if key := keyIn.FindStringSubmatch(asked); key != nil {
		return reply{words: []string{`{"` + key[1] + `":`, strconv.Itoa(result) + "}"}}
	}
	return reply{words: []string{strconv.Itoa(result)}}
}

// calls fills each property of the first tool with the last name, or the first number, that it was told.
func (q completionRequest) calls(asked string, wrong bool) reply {
	f := &q.Tools[0].Function
	var names []string
	for name := range f.Parameters.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	args := object{}
	for _, name := range names {
		switch f.Parameters.Properties[name].Type {
		case "number", "integer":
			n, _ := strconv.Atoi(digits.FindString(asked))
			if wrong {
				n += mistake
			}
			args[name] = n
		default:
			said := nameIn.FindAllString(asked, -1)
			if len(said) > 0 {
				args[name] = said[len(said)-1]
			}
			if wrong {
				args[name] = "Springfield"
			}
		}
	}
	text, err := json.Marshal(args)
	if err != nil {
		return reply{}
	}
	return reply{words: strings.Fields(string(text)), call: object{"id": "call_0", "type": "function",
		"function": object{"name": f.Name, "arguments": string(text)}}}
}

// said are words of the answer.
func (a *answer) said(from, to int) string {
	switch {
	case a.reply.call != nil:
		return ""
	case a.reply.words == nil:
		return text(from, to)
	}
	from, to = min(from, len(a.reply.words)), min(to, len(a.reply.words))
	out := strings.Join(a.reply.words[from:to], " ")
	if from > 0 && from < to {
		out = " " + out
	}
	return out
}
