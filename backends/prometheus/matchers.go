package prometheus

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// matcher is one comparison of a selector.
type matcher struct{ name, op, value string }

func (m matcher) String() string { return m.name + m.op + strconv.Quote(m.value) }

var errSelector = errors.New(`it is no list of matchers such as namespace="llm",pod=~"chat-.*"`)

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*`)

// parseMatchers reads a selector without braces. It takes the subset that every store of the family takes: quoted
// values, no alternatives with "or".
func parseMatchers(text string) ([]matcher, error) {
	var list []matcher
	text = strings.TrimSpace(text)
	for text != "" {
		name := labelName.FindString(text)
		rest := strings.TrimSpace(text[len(name):])
		op := ""
		for _, o := range []string{"=~", "!~", "!=", "="} {
			if strings.HasPrefix(rest, o) {
				op = o
				break
			}
		}
		if name == "" || op == "" {
			return nil, errSelector
		}
		rest = strings.TrimSpace(rest[len(op):])
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil || quoted[0] == '\'' { // one letter is a character to Go, and longer texts are none
			return nil, errSelector
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, errSelector
		}
		list = append(list, matcher{name, op, value})
		rest = strings.TrimSpace(rest[len(quoted):])
		if rest != "" && rest[0] != ',' {
			return nil, errSelector
		}
		text = strings.TrimSpace(strings.TrimPrefix(rest, ","))
	}
	if len(list) == 0 {
		return nil, errSelector
	}
	return list, nil
}

// write joins matchers into what stands between braces.
func write(list []matcher) string {
	parts := make([]string, len(list))
	for i, m := range list {
		parts[i] = m.String()
	}
	return strings.Join(parts, ",")
}

// anyOf is the regular expression that matches exactly the given values.
func anyOf(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return strings.Join(quoted, "|")
}

// allEqual tells whether every matcher names exact values, so that the series of many selectors can be told apart.
func allEqual(list []matcher) bool {
	for _, m := range list {
		if m.op != "=" {
			return false
		}
	}
	return true
}
