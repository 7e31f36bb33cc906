package yamltext

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// source is a text with places in it.
type source string

// replace gives the text with another value in the place of one.
func (t source) replace(node ast.Node, value any) (string, error) {
	switch Unwrap(node).(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
	default:
		return "", errors.New("it is no single value on one line")
	}
	tk := Unwrap(node).GetToken()
	at, err := t.find(tk)
	if err != nil {
		return "", err
	}
	end, quote := t.end(at, tk)
	if end <= at {
		return "", errByHand
	}
	return string(t[:at]) + written(value, quote) + string(t[end:]), nil
}

// end is where a value that begins at an offset ends, and how it is quoted: 0 for not at all.
func (t source) end(at int, tk *token.Token) (end int, quote byte) {
	switch q := t[at]; q {
	case '"':
		for i := at + 1; i < len(t); i++ {
			switch t[i] {
			case '\\':
				i++
			case '"':
				return i + 1, q
			}
		}
		return 0, q
	case '\'':
		for i := at + 1; i < len(t); i++ {
			if t[i] != '\'' {
				continue
			}
			if i+1 < len(t) && t[i+1] == '\'' {
				i++
				continue
			}
			return i + 1, q
		}
		return 0, q
	}
	own := strings.TrimSpace(tk.Origin)
	if own == "" || strings.ContainsRune(own, '\n') || !strings.HasPrefix(string(t[at:]), own) {
		return 0, 0
	}
	return at + len(own), 0
}

// insert gives the text with a further key in a mapping: behind its first entry where that ends its line, else in front of it.
func (t source) insert(node ast.Node, key string, value any) (string, error) {
	field := written(key, 0) + ": " + written(value, 0)
	if m, ok := Unwrap(node).(*ast.MappingNode); ok && m.IsFlowStyle {
		at, err := t.find(m.Start)
		if err != nil {
			return "", err
		}
		if len(m.Values) > 0 {
			field += ", "
		}
		return string(t[:at+1]) + field + string(t[at+1:]), nil
	}
	list := entries(node)
	if len(list) == 0 {
		if _, empty := Unwrap(node).(*ast.NullNode); empty {
			return t.replace(node, map[string]any{key: value})
		}
		return "", errors.New("nothing holds it")
	}
	at, err := t.find(list[0].Key.GetToken())
	if err != nil {
		return "", err
	}
	begin := strings.LastIndexByte(string(t[:at]), '\n') + 1
	if strings.Trim(string(t[begin:at]), " -") != "" {
		return "", errors.New("its first entry does not begin a line")
	}
	indent := strings.Repeat(" ", at-begin)
	ending := "\n"
	stop := strings.IndexByte(string(t[at:]), '\n')
	if stop > 0 && t[at+stop-1] == '\r' {
		ending, stop = "\r\n", stop-1
	}
	if stop < 0 {
		stop = len(t) - at
	}
	if onOneLine(list[0]) {
		return string(t[:at+stop]) + ending + indent + field + string(t[at+stop:]), nil
	}
	return string(t[:at]) + field + ending + indent + string(t[at:]), nil
}

// onOneLine tells that the value of an entry ends on the line of its key.
func onOneLine(e *ast.MappingValueNode) bool {
	switch v := e.Value.(type) {
	case *ast.StringNode:
		tk := v.GetToken()
		return tk.Position.Line == e.Key.GetToken().Position.Line && !strings.Contains(strings.TrimSpace(tk.Origin), "\n")
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return true
	}
	return false
}

func (t source) find(tk *token.Token) (int, error) { return Offset([]byte(t), tk) }

// Offset turns the line and column of a token, which count from 1 and in characters, into an offset. Columns after escapes
// and the like are not always right: who changes what stands there compares it first.
func Offset(text []byte, tk *token.Token) (int, error) {
	lost := errors.New("its place in the text was not found; change it by hand")
	if tk == nil || tk.Position == nil || tk.Position.Column < 1 {
		return 0, lost
	}
	at := 0
	for range tk.Position.Line - 1 {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			return 0, lost
		}
		at += end + 1
	}
	for range tk.Position.Column - 1 {
		if at >= len(text) {
			return 0, lost
		}
		_, n := utf8.DecodeRune(text[at:])
		at += n
	}
	if at >= len(text) {
		return 0, lost
	}
	return at, nil
}
