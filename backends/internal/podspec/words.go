package podspec

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// box is one container with where it is in its template.
type box struct {
	path string // "/spec/containers/0"
	c    *corev1.Container
}

// word is one word of what a container runs, with where it is.
type word struct {
	piece
	path  string // of the text that holds it
	whole string // that text
	shell bool   // the text is a shell line
}

// words lists what a container runs. Lines for a shell are cut into their words.
func (b box) words() []word {
	var list []word
	shell, script := false, false
	for _, part := range []struct {
		name  string
		items []string
	}{{"command", b.c.Command}, {"args", b.c.Args}} {
		for i, item := range part.items {
			path := b.path + jsonptr.Path(part.name, strconv.Itoa(i))
			if script {
				script, shell = false, false // what follows are the line's own arguments
				for _, p := range lex(item) {
					list = append(list, word{piece: p, path: path, whole: item, shell: true})
				}
				continue
			}
			list = append(list, word{piece: piece{text: item, to: len(item)}, path: path, whole: item})
			script = shell && isScriptFlag(item)
			shell = shell || isShell(item)
		}
	}
	return list
}

// place is where one value is written: a whole text or a span of one.
type place struct {
	path     string
	whole    string
	from, to int
	shell    bool
	flag     string     // of a shell's word, what stands before the value: "--model="
	value    string     // what it comes to; as it is written where that is not known
	known    bool       // value is what the program gets
	outside  fleet.Safe // the value comes from outside of the template: "key m of ConfigMap c"
}

// set gives the text with another value in the place.
func (p place) set(value string) string {
	if p.shell {
		value = quoted(p.flag + value)
	}
	return p.whole[:p.from] + value + p.whole[p.to:]
}

// at is the place of a word, from an offset in it: behind the = of a joined flag. A word that is one reference to a
// variable of the template is the place where that is written.
func (b box) at(w word, offset int) place {
	p := place{path: w.path, whole: w.whole, from: w.from, to: w.to, shell: w.shell}
	text := w.text
	switch {
	case offset > 0 && w.shell:
		p.flag, text = text[:offset], text[offset:] // the whole word is written, since its quotes may be around both
	case offset > 0:
		p.from += offset
		text = text[offset:]
	}
	p.value, p.known = b.expand(text, w.shell && w.dynamic, maxExpansions)
	if name := onlyReference(text, w.shell && w.dynamic); name != "" {
		if own, ok := b.variable(name); ok {
			return own
		}
	}
	return p
}

// variable is the place of an environment variable's value, or of the one that it only refers to.
func (b box) variable(name string) (place, bool) { return b.through(name, maxExpansions) }

func (b box) through(name string, depth int) (place, bool) {
	for i := len(b.c.Env) - 1; i >= 0; i-- { // the last of a name counts
		e := &b.c.Env[i]
		if e.Name != name {
			continue
		}
		p := place{path: b.path + jsonptr.Path("env", strconv.Itoa(i), "value"), whole: e.Value, to: len(e.Value)}
		if e.ValueFrom != nil {
			p.value, p.outside = "$("+name+")", source(e.ValueFrom)
			return p, true
		}
		p.value, p.known = b.expand(e.Value, false, maxExpansions)
		if next := onlyReference(e.Value, false); next != "" && depth > 0 {
			if own, ok := b.through(next, depth-1); ok {
				return own, true
			}
		}
		return p, true
	}
	return place{}, false
}

func source(from *corev1.EnvVarSource) fleet.Safe {
	switch {
	case from.ConfigMapKeyRef != nil:
		return fleet.Textf("key %s of ConfigMap %s", fleet.Quote(from.ConfigMapKeyRef.Key), fleet.Quote(from.ConfigMapKeyRef.Name))
	case from.SecretKeyRef != nil:
		return fleet.Textf("key %s of Secret %s", fleet.Quote(from.SecretKeyRef.Key), fleet.Quote(from.SecretKeyRef.Name))
	case from.FieldRef != nil:
		return fleet.Textf("field %s of the pod", fleet.Quote(from.FieldRef.FieldPath))
	}
	return fleet.Text("outside of the template")
}

// maxExpansions ends variables that name each other.
const maxExpansions = 8

// expand puts the values of variables in place of references: $(NAME) everywhere, $NAME, ${NAME} and ${NAME:-x} where a
// shell reads. false is a text that holds something that the template does not tell.
func (b box) expand(s string, shell bool, depth int) (string, bool) {
	if depth == 0 {
		return s, false
	}
	var out strings.Builder
	known := true
	for i := 0; i < len(s); {
		name, fallback, n := reference(s[i:], shell)
		if n == 0 {
			known = known && !(shell && (s[i] == '$' || s[i] == '`'))
			out.WriteByte(s[i])
			i++
			continue
		}
		value, ok := b.value(name, depth)
		switch {
		case ok:
			out.WriteString(value)
		case fallback != nil && !b.has(name):
			out.WriteString(*fallback)
		default:
			out.WriteString(s[i : i+n])
			known = false
		}
		i += n
	}
	return out.String(), known
}

func (b box) value(name string, depth int) (string, bool) {
	for i := len(b.c.Env) - 1; i >= 0; i-- {
		if e := &b.c.Env[i]; e.Name == name {
			if e.ValueFrom != nil {
				return "", false
			}
			return b.expand(e.Value, false, depth-1)
		}
	}
	return "", false
}

func (b box) has(name string) bool {
	_, ok := b.variable(name)
	return ok || len(b.c.EnvFrom) > 0
}

// reference reads a reference at the beginning of a text and its length; 0 for none.
func reference(s string, shell bool) (name string, fallback *string, n int) {
	if len(s) < 2 || s[0] != '$' {
		return "", nil, 0
	}
	switch {
	case s[1] == '(':
		if end := strings.IndexByte(s, ')'); end > 2 && isName(s[2:end]) {
			return s[2:end], nil, end + 1
		}
	case !shell:
	case s[1] == '{':
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return "", nil, 0
		}
		name, rest, found := strings.Cut(s[2:end], ":-")
		if !isName(name) {
			return "", nil, 0
		}
		if found {
			fallback = &rest
		}
		return name, fallback, end + 1
	default:
		end := 1
		for end < len(s) && isNameByte(s[end]) {
			end++
		}
		if isName(s[1:end]) {
			return s[1:end], nil, end
		}
	}
	return "", nil, 0
}

func onlyReference(s string, shell bool) string {
	if name, _, n := reference(s, shell); n > 0 && n == len(s) {
		return name
	}
	return ""
}

func isName(s string) bool {
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return s != "" && (s[0] < '0' || s[0] > '9')
}

func isNameByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
