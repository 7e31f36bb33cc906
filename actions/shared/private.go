package shared

import (
	"encoding/json"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"pitwall/actions"
	"pitwall/fleet"
)

// Private tells why the journal of a plan may not leave its machine: a write sets, or takes back, the literal value of an
// environment variable, a flag with the name of a credential, or data of a Secret. It is "" where nothing of that is in it.
func Private(p *actions.Plan) fleet.Safe {
	if p.Work == nil {
		return fleet.Text("it is no change of an object of a cluster")
	}
	if w := p.Intent.Work; w != nil && slices.ContainsFunc(w.Want.Args, func(a fleet.ArgEdit) bool { return credential(a.Flag) }) {
		return flagged
	}
	for i := range p.Work.Draft.Stages {
		s := &p.Work.Draft.Stages[i]
		for _, list := range [][]fleet.ObjectWrite{s.Writes, s.Then, s.Back} {
			for _, w := range list {
				for _, f := range w.Fields {
					if why := private(f); !why.IsEmpty() {
						return why
					}
				}
			}
		}
	}
	return fleet.Safe{}
}

func private(f fleet.Field) fleet.Safe {
	tokens := strings.Split(f.Path, "/")
	for _, v := range []fleet.JSON{f.Before, f.After} {
		if len(v) == 0 {
			continue
		}
		var value any
		if json.Unmarshal(v, &value) != nil {
			return fleet.Text("a value of it cannot be read")
		}
		if why := privateAt(tokens, value); !why.IsEmpty() {
			return why
		}
	}
	return fleet.Safe{}
}

var (
	literal = fleet.Text("it holds the literal value of an environment variable")
	flagged = fleet.Text("it holds a flag with the name of a credential")
	named   = fleet.Text("it holds a value with the name of a credential")
	secret  = fleet.Text("it holds data of a Secret")
)

// privateAt looks at a value by the names on the way to it.
func privateAt(tokens []string, value any) fleet.Safe {
	inner := func(name string, v any) fleet.Safe {
		return privateAt(append(tokens[:len(tokens):len(tokens)], name), v)
	}
	switch v := value.(type) {
	case string:
		return privateText(tokens, v)
	case []any:
		for _, item := range v {
			if why := inner("-", item); !why.IsEmpty() {
				return why
			}
		}
	case map[string]any:
		for name, item := range v {
			if why := inner(name, item); !why.IsEmpty() {
				return why
			}
		}
	}
	return fleet.Safe{}
}

func privateText(tokens []string, text string) fleet.Safe {
	last := tokens[len(tokens)-1]
	switch {
	case text == "":
	case last == "serveConfigV2": // of Ray Serve, which is a document in a text
		var config any
		if yaml.Unmarshal([]byte(text), &config) != nil {
			return fleet.Text("a value of it cannot be read")
		}
		return privateAt(append(tokens[:len(tokens)-1:len(tokens)-1], "config"), config)
	case slices.Contains(tokens, "env_vars"):
		return literal
	case slices.Contains(tokens, "config") && credential("--"+last):
		return named
	case last == "value" && slices.Contains(tokens, "env"):
		return literal
	case slices.Contains(tokens, "data") || slices.Contains(tokens, "stringData"):
		return secret
	case inCommand(tokens) && credential(text): // its value stands in it, or beside it
		return flagged
	}
	return fleet.Safe{}
}

func inCommand(tokens []string) bool {
	return slices.Contains(tokens, "args") || slices.Contains(tokens, "command")
}

// credential tells a flag whose name says that it holds one: "--api-key", "--hf-token=x".
func credential(arg string) bool {
	name, _, _ := strings.Cut(strings.ToLower(arg), "=")
	if !strings.HasPrefix(name, "-") {
		return false
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' })
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"key", "apikey", "token", "secret", "password", "passwd", "credential", "credentials"}, w)
	})
}
