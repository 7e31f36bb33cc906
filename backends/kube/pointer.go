package kube

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"pitwall/fleet"
)

// parsePointer cuts a JSON pointer (RFC 6901) into its tokens. The whole document and the end of a list are refused:
// neither can be compared and then set.
func parsePointer(pointer string) ([]string, error) {
	rest, ok := strings.CutPrefix(pointer, "/")
	if !ok {
		return nil, errors.New("it is no JSON pointer to a field")
	}
	tokens := strings.Split(rest, "/")
	for i, t := range tokens {
		if t == "-" {
			return nil, errors.New("the end of a list cannot be compared with anything: name the place by its number")
		}
		if strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(t), "~") {
			return nil, errors.New("it holds a ~ that is neither ~0 nor ~1")
		}
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}
	return tokens, nil
}

// pointerOf is the pointer of tokens.
func pointerOf(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(t, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// valueAt is the value at a place of a document, as it is written there; nil where there is none. null is none.
func valueAt(doc json.RawMessage, tokens []string) json.RawMessage {
	for _, t := range tokens {
		switch kindOfJSON(doc) {
		case '{':
			var m map[string]json.RawMessage
			if json.Unmarshal(doc, &m) != nil {
				return nil
			}
			doc = m[t]
		case '[':
			var list []json.RawMessage
			n, ok := indexOf(t)
			if json.Unmarshal(doc, &list) != nil || !ok || n >= len(list) {
				return nil
			}
			doc = list[n]
		default:
			return nil
		}
	}
	if isNull(doc) {
		return nil
	}
	return doc
}

// kindOfJSON is the first byte of a value, 0 where there is none.
func kindOfJSON(v []byte) byte {
	if v = bytes.TrimLeft(v, " \t\r\n"); len(v) > 0 {
		return v[0]
	}
	return 0
}

func isNull(v []byte) bool { return fleet.JSON(v).IsNull() }

// indexOf reads the number of a place in a list: digits without leading zeros.
func indexOf(token string) (int, bool) {
	n, err := strconv.Atoi(token)
	return n, err == nil && n >= 0 && strconv.Itoa(n) == token
}

// fieldName writes a place for people: spec.containers[0].image, metadata.annotations[example.org/a].
func fieldName(tokens []string) string {
	var b strings.Builder
	for i, t := range tokens {
		_, number := indexOf(t)
		switch {
		case number && i > 0, strings.ContainsAny(t, "./"):
			b.WriteString("[" + t + "]")
		case i > 0:
			b.WriteString("." + t)
		default:
			b.WriteString(t)
		}
	}
	return fleet.Label(clip(b.String(), 200)).String()
}
