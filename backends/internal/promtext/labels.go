package promtext

import (
	"bytes"
	"strings"
)

// Labels is the text between the braces of a series that the parser found well-formed; it is
// decoded only where it is asked.
type Labels []byte

// labelsOf returns what stands between the braces of a series.
func labelsOf(series []byte) Labels {
	i := bytes.IndexByte(series, '{')
	j := len(series) - 1
	if i < 0 || series[j] != '}' {
		return nil
	}
	return Labels(series[i+1 : j])
}

// Next returns the first label, its value still escaped, and the labels after it. ok is false at the end.
func (l Labels) Next() (name, value []byte, rest Labels, ok bool) {
	for len(l) > 0 && (l[0] == ',' || l[0] == ' ' || l[0] == '\t') {
		l = l[1:]
	}
	eq := 0
	for eq < len(l) && l[eq] != '=' {
		eq++
	}
	if eq+1 >= len(l) {
		return nil, nil, nil, false
	}
	name, l = l[:eq], l[eq+1:]
	if l[0] != '"' { // blanks around the sign are allowed and hardly ever written
		name = bytes.TrimRight(name, " \t")
		if l = bytes.TrimLeft(l, " \t"); len(l) == 0 || l[0] != '"' {
			return nil, nil, nil, false
		}
	}
	l = l[1:]
	end := bytes.IndexByte(l, '"')
	for end >= 0 && isEscaped(l[:end]) {
		n := bytes.IndexByte(l[end+1:], '"')
		if n < 0 {
			return nil, nil, nil, false
		}
		end += 1 + n
	}
	if end < 0 {
		return nil, nil, nil, false
	}
	return name, l[:end], l[end+1:], true
}

// isEscaped tells whether the byte after b is escaped: an odd number of backslashes stands before it.
func isEscaped(b []byte) bool {
	n := 0
	for len(b) > n && b[len(b)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// Raw returns the still escaped value of a label, nil where the series lacks it.
func (l Labels) Raw(name string) []byte {
	for {
		n, v, rest, ok := l.Next()
		if !ok {
			return nil
		}
		if string(n) == name {
			return v
		}
		l = rest
	}
}

// Value returns the decoded value of a label, "" where the series lacks it.
func (l Labels) Value(name string) string { return Decode(l.Raw(name)) }

// Decode undoes the escapes of a label value: \\, \" and \n.
func Decode(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '\\' && i+1 < len(raw) {
			i++
			if c = raw[i]; c == 'n' {
				c = '\n'
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
