package yamltext

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"pitwall/backends/internal/jsonptr"
)

// SetList gives the text with other texts in a list at a JSON pointer. Items that stay keep their lines and their order; those
// that go are taken out with the line that they stand on, and new ones come last.
func SetList(text, path string, want []string) (string, error) {
	means := func(doc any) any { return jsonptr.With(doc, path, texts(want)) }
	return edited(text, path, means, func(t source, at ast.Node) (string, error) { return t.list(at, want) })
}

// Drop gives the text without the entry of a mapping that a JSON pointer leads to.
func Drop(text, path string) (string, error) {
	names := jsonptr.Names(path)
	if len(names) == 0 {
		return "", errByHand
	}
	key := names[len(names)-1]
	means := func(doc any) any { return jsonptr.With(doc, path, nil) }
	return edited(text, jsonptr.Path(names[:len(names)-1]...), means, func(t source, at ast.Node) (string, error) { return t.drop(at, key) })
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// edited finds a node, changes it, and refuses what does not mean what means makes of the document.
func edited(
	text, path string, means func(any) any, change func(source, ast.Node) (string, error),
) (out string, err error) {
	defer func() { // as in set
		if r := recover(); r != nil {
			out, err = "", errByHand
		}
	}()
	want, err := Decode(text)
	if err != nil {
		return "", err
	}
	if _, ok := jsonptr.Find(want, path); !ok {
		return "", errors.New("nothing holds it")
	}
	file, err := parser.ParseBytes(PlainLines([]byte(text)), 0)
	if err != nil || len(file.Docs) != 1 {
		return "", errors.New("it is not one YAML document")
	}
	at, rest := descend(file.Docs[0].Body, jsonptr.Names(path))
	if len(rest) > 0 {
		return "", errByHand
	}
	if out, err = change(source(text), at); err != nil {
		return "", err
	}
	if got, err := Decode(out); err != nil || !reflect.DeepEqual(got, means(want)) {
		return "", errByHand
	}
	return out, nil
}

func (t source) list(node ast.Node, want []string) (string, error) {
	seq, ok := Unwrap(node).(*ast.SequenceNode)
	if !ok {
		return "", errors.New("it is no list")
	}
	if seq.IsFlowStyle {
		parts := make([]string, len(want))
		for i, s := range want {
			parts[i] = written(s, 0)
		}
		return t.within(seq.Start, seq.End, "["+strings.Join(parts, ", ")+"]")
	}
	left := slices.Clone(want)
	var gone []line
	var last line
	for _, item := range seq.Values {
		one, err := t.lineOf(item)
		if err != nil {
			return "", err
		}
		last = one
		if i := slices.Index(left, Unwrap(item).GetToken().Value); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		gone = append(gone, one)
	}
	if last.end == 0 {
		return "", errByHand
	}
	begin := string(t[last.begin:last.dash])
	added := ""
	for _, s := range left {
		added += begin + "- " + written(s, 0) + last.ending
	}
	out := string(t[:last.end])
	if !strings.HasSuffix(out, "\n") && added != "" {
		out, added = out+last.ending, strings.TrimSuffix(added, last.ending)
	}
	out += added + string(t[last.end:])
	for _, l := range slices.Backward(gone) {
		out = out[:l.begin] + out[l.end:]
	}
	return out, nil
}

// within replaces a list or a mapping that is written in brackets.
func (t source) within(start, end *token.Token, with string) (string, error) {
	first, err := t.find(start)
	if err != nil {
		return "", err
	}
	last, err := t.find(end)
	if err != nil || last <= first {
		return "", errByHand
	}
	return string(t[:first]) + with + string(t[last+1:]), nil
}

// line is where an item or an entry stands that has its lines to itself.
type line struct {
	begin, dash, end int
	ending           string
}

func (t source) lineOf(item ast.Node) (line, error) {
	switch Unwrap(item).(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
	default:
		return line{}, errors.New("an item of the list is no single value")
	}
	at, err := t.find(item.GetToken())
	if err != nil {
		return line{}, err
	}
	l := t.around(at)
	before := string(t[l.begin:at])
	dash := strings.IndexByte(before, '-')
	if dash < 0 || strings.Trim(before[:dash], " ") != "" || strings.Trim(before[dash+1:], " ") != "" {
		return line{}, errors.New("an item of the list does not have a line to itself")
	}
	l.dash = l.begin + dash
	return l, nil
}

// around is the line of an offset. A last one without an end takes that of the line before it.
func (t source) around(at int) line {
	l := line{begin: strings.LastIndexByte(string(t[:at]), '\n') + 1, end: len(t), ending: "\n"}
	like := l.begin - 1
	if stop := strings.IndexByte(string(t[at:]), '\n'); stop >= 0 {
		l.end, like = at+stop+1, at+stop
	}
	if like > 0 && t[like-1] == '\r' {
		l.ending = "\r\n"
	}
	return l
}

func (t source) drop(node ast.Node, key string) (string, error) {
	if m, ok := Unwrap(node).(*ast.MappingNode); ok && m.IsFlowStyle {
		var parts []string
		for _, e := range m.Values {
			if e.Key.GetToken().Value == key {
				continue
			}
			from, err := t.find(e.Key.GetToken())
			if err != nil {
				return "", err
			}
			value, err := t.find(Unwrap(e.Value).GetToken())
			if err != nil {
				return "", err
			}
			end, _ := t.end(value, Unwrap(e.Value).GetToken())
			if end <= value {
				return "", errByHand
			}
			parts = append(parts, string(t[from:end]))
		}
		return t.within(m.Start, m.End, "{"+strings.Join(parts, ", ")+"}")
	}
	list := entries(node)
	for _, e := range list {
		if e.Key.GetToken().Value != key {
			continue
		}
		at, err := t.find(e.Key.GetToken())
		if err != nil {
			return "", err
		}
		l := t.around(at)
		if strings.Trim(string(t[l.begin:at]), " ") != "" || !onOneLine(e) {
			return "", errors.New("it does not have a line to itself")
		}
		if len(list) > 1 {
			return string(t[:l.begin]) + string(t[l.end:]), nil
		}
		return string(t[:at]) + "{}" + l.ending + string(t[l.end:]), nil // an empty mapping, and not nothing
	}
	return "", errors.New("nothing holds it")
}
