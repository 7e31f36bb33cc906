package fleet

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Match tells whether labels are matched by all matchers of a silence.
type Match func(labels map[string]string) bool

// CompileMatchers makes one test of matchers. A silence without matchers, a name that is empty, a regular expression
// that cannot be read, and matchers of which none refuses the empty value, which would hide every alert, are KindInvalid:
// Alertmanager refuses them too (v0.34.0 silence/silence.go).
func CompileMatchers(list []Matcher) (Match, error) {
	tests := make([]func(string) bool, len(list))
	narrow := false
	for i, m := range list {
		if m.Name == "" {
			return nil, badMatchers(errors.New("a matcher names no label"))
		}
		test, err := m.compile()
		if err != nil {
			return nil, badMatchers(err)
		}
		tests[i] = test
		narrow = narrow || !test("")
	}
	if !narrow {
		return nil, badMatchers(errors.New("its matchers match alerts without any label: it would hide every alert"))
	}
	return func(labels map[string]string) bool {
		for i, m := range list {
			if !tests[i](labels[m.Name]) {
				return false
			}
		}
		return true
	}, nil
}

func badMatchers(err error) error { return &Error{Kind: KindInvalid, Op: "silence", Err: err} }

func (m Matcher) compile() (func(string) bool, error) {
	equal := func(v string) bool { return v == m.Value }
	if m.Regex {
		re, err := regexp.Compile("^(?:" + m.Value + ")$")
		if err != nil {
			return nil, fmt.Errorf("%q is no regular expression", m.Value)
		}
		equal = re.MatchString
	}
	if m.Negative {
		return func(v string) bool { return !equal(v) }, nil
	}
	return equal, nil
}

// Raw writes the matcher as Alertmanager and its tools do: name="value", name=~"value", and != and !~ for negative ones.
func (m Matcher) Raw() string {
	operator := "="
	switch {
	case m.Regex && m.Negative:
		operator = "!~"
	case m.Regex:
		operator = "=~"
	case m.Negative:
		operator = "!="
	}
	return m.Name + operator + `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(m.Value) + `"`
}

// Text draws the matcher.
func (m Matcher) Text() Safe { return Label(m.Raw()) }

// MatchersText draws matchers in their order.
func MatchersText(list []Matcher) Safe {
	parts := make([]Safe, len(list))
	for i, m := range list {
		parts[i] = m.Text()
	}
	return Join(parts, Text(", "))
}

// ParseMatcher reads NAME=VALUE, NAME!=VALUE, NAME=~REGEX or NAME!~REGEX. The value may stand in double quotes, in which
// \\, \" and \n are escapes. What is no matcher is KindInvalid.
func ParseMatcher(text string) (Matcher, error) {
	at := strings.IndexAny(text, "=!")
	if at < 1 {
		return Matcher{}, badMatchers(fmt.Errorf("%q is not NAME=VALUE", text))
	}
	m := Matcher{Name: strings.TrimSpace(text[:at])}
	rest := text[at:]
	for _, o := range []struct {
		sign            string
		regex, negative bool
	}{{"=~", true, false}, {"!~", true, true}, {"!=", false, true}, {"=", false, false}} {
		value, ok := strings.CutPrefix(rest, o.sign)
		if !ok {
			continue
		}
		m.Regex, m.Negative, m.Value = o.regex, o.negative, value
		if trimmed := strings.TrimSpace(value); len(trimmed) > 1 && trimmed[0] == '"' {
			unquoted, err := strconv.Unquote(trimmed)
			if err != nil {
				return Matcher{}, badMatchers(fmt.Errorf("%q: the quoted value cannot be read", text))
			}
			m.Value = unquoted
		}
		if _, err := m.compile(); err != nil || m.Name == "" {
			return Matcher{}, badMatchers(fmt.Errorf("%q is no matcher", text))
		}
		return m, nil
	}
	return Matcher{}, badMatchers(fmt.Errorf("%q is not NAME=VALUE, NAME!=VALUE, NAME=~REGEX or NAME!~REGEX", text))
}
