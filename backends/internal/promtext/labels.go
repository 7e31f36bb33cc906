package promtext

import (
	"bytes"
	"strings"
)

// Labels is the text between the braces of a series that the parser found well-formed; it is
// decoded only where it is asked.
type Labels []byte

// splitName parts a series into its name and its labels. A series with a quoted name has the name "".
func splitName(series []byte) (name, rest []byte) {
	i := bytes.IndexByte(series, '{')
	if i < 0 {
		return bytes.TrimRight(series, " \t"), nil
	}
	rest = series[i+1:]
	if j := bytes.LastIndexByte(rest, '}'); j >= 0 {
		rest = rest[:j]
	}
	return bytes.TrimRight(series[:i], " \t"), rest
}

// Next returns the first label, its value still escaped, and the labels after it. ok is false at the end.
func (l Labels) Next() (name, value []byte, rest Labels, ok bool) {
	i := 0
	for i < len(l) && (l[i] == ' ' || l[i] == '\t' || l[i] == ',') {
		i++
	}
	l = l[i:]
	eq := bytes.IndexByte(l, '=')
	if eq < 0 {
		return nil, nil, nil, false
	}
	name = bytes.TrimRight(l[:eq], " \t")
	l = l[eq+1:]
	open := bytes.IndexByte(l, '"')
	if open < 0 {
		return nil, nil, nil, false
	}
	l = l[open+1:]
	end := 0
	for {
		n := bytes.IndexByte(l[end:], '"')
		if n < 0 {
			return nil, nil, nil, false
		}
		end += n
		if !isEscaped(l[:end]) {
			return name, l[:end], l[end+1:], true
		}
		end++
	}
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
