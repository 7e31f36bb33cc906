package litellm

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"pitwall/backends/internal/yamltext"
	"pitwall/fleet"
)

// splice replaces length bytes at offset.
type splice struct {
	offset, length int
	text           string
}

// edit gives the text of the file with these weights. Only the scalars of the weights differ: comments, order
// and formatting stay. Every result is parsed again, and refused unless exactly the wanted weights changed.
func (c *configFile) edit(r fleet.RouteSpec, after fleet.Weights) ([]byte, error) {
	found, err := c.targets(r)
	if err != nil {
		return nil, err
	}
	var splices []splice
	entries := map[int]bool{}
	for id, m := range found {
		s, err := c.weightSplice(m, after, id)
		if err != nil {
			return nil, fmt.Errorf("the weight of %s cannot be edited: %w", id, err)
		}
		if s != nil {
			splices = append(splices, *s)
			entries[m.index] = true
		}
	}
	text := apply(c.text, splices)
	if err := verify(c, text, r, after, entries); err != nil {
		return nil, err
	}
	return text, nil
}

// verify holds the promise of edit, whatever the YAML library takes the file for.
func verify(c *configFile, text []byte, r fleet.RouteSpec, after fleet.Weights, entries map[int]bool) error {
	refused := errors.New("the file is written in a way in which the weights cannot be edited alone " +
		"(anchors, aliases or unusual quoting); change it by hand")
	if !unchangedBesides(c.text, text, entries) {
		return refused
	}
	changed, err := parseConfig(text)
	if err != nil {
		return refused
	}
	w, err := changed.weights(r)
	if err != nil || !w.Equal(after) {
		return refused
	}
	return nil
}

// weightSplice says what to replace for one member; nil when its weight stands already.
func (c *configFile) weightSplice(m fileMember, after fleet.Weights, id fleet.TargetID) (*splice, error) {
	want, wanted := after[id]
	now, set := wholeWeight(m.weight)
	if wanted == set && want == now && !m.odd {
		return nil, nil
	}
	if m.params == nil {
		return nil, errors.New("its litellm_params are shared by an alias")
	}
	value := yamltext.Under(m.params, "weight")
	switch {
	case !wanted:
		return nil, errors.New("a weight that stands in the file cannot be unset; give it a number")
	case value == nil:
		return c.insertion(m.params, want)
	default:
		return c.replacement(value, want)
	}
}

func (c *configFile) replacement(value ast.Node, want int) (*splice, error) {
	switch value.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
	default:
		return nil, errors.New("it is not written as a plain number")
	}
	tk := value.GetToken()
	at, err := c.find(tk, strings.TrimSpace(tk.Origin))
	if err != nil {
		return nil, err
	}
	return &splice{at, len(strings.TrimSpace(tk.Origin)), strconv.Itoa(want)}, nil
}

// insertion adds the key weight in front of the first key of the mapping.
func (c *configFile) insertion(params ast.Node, want int) (*splice, error) {
	field := "weight: " + strconv.Itoa(want)
	mapping, ok := params.(*ast.MappingNode)
	if ok && mapping.IsFlowStyle {
		at, err := c.find(mapping.Start, "{")
		if err != nil {
			return nil, err
		}
		if len(mapping.Values) > 0 {
			field += ", "
		}
		return &splice{at + 1, 0, field}, nil
	}
	first := firstKey(params)
	if first == nil {
		return nil, errors.New("its litellm_params are empty")
	}
	tk := first.GetToken()
	at, err := c.find(tk, strings.TrimSpace(tk.Origin))
	if err != nil {
		return nil, err
	}
	start := bytes.LastIndexByte(c.text[:at], '\n') + 1
	indent := string(c.text[start:at])
	if strings.Trim(indent, " ") != "" {
		return nil, errors.New("its first parameter does not begin a line")
	}
	return &splice{at, 0, field + c.lineEnd(at) + indent}, nil
}

// lineEnd is how the line at an offset ends.
func (c *configFile) lineEnd(at int) string {
	if end := bytes.IndexByte(c.text[at:], '\n'); end > 0 && c.text[at+end-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// find is where a token stands, and makes sure that the expected text does.
func (c *configFile) find(tk *token.Token, expected string) (int, error) {
	at, err := yamltext.Offset(c.text, tk)
	if err == nil && (expected == "" || !bytes.HasPrefix(c.text[at:], []byte(expected))) {
		err = errors.New("its place in the file was not found; change it by hand")
	}
	return at, err
}

// apply makes all splices, from the end so that offsets stay right.
func apply(text []byte, splices []splice) []byte {
	slices.SortFunc(splices, func(a, b splice) int { return b.offset - a.offset })
	out := slices.Clone(text)
	for _, s := range splices {
		out = slices.Replace(out, s.offset, s.offset+s.length, []byte(s.text)...)
	}
	return out
}

func firstKey(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return n.Values[0].Key
		}
	case *ast.MappingValueNode:
		return n.Key
	}
	return nil
}
