package part

import (
	"strings"

	"pitwall/fleet"
)

// Wrap breaks a text at spaces into at most most lines of at most n cells; a word that is longer than a line is
// cut, and the last line ends with "~" when text is left.
func Wrap(t fleet.Safe, n, most int) []fleet.Safe {
	var lines []fleet.Safe
	rest := t
	for !rest.IsEmpty() && len(lines) < most {
		if Width(rest) <= n || len(lines) == most-1 {
			return append(lines, Short(rest, n))
		}
		line, left := breakAt(rest.String(), n)
		lines = append(lines, fleet.Label(line))
		rest = fleet.Label(left)
	}
	return lines
}

// breakAt splits text after the last word that fits into n cells.
func breakAt(s string, n int) (line, rest string) {
	end := 0
	for i := strings.IndexByte(s, ' '); i >= 0 && textWidth(s[:i]) <= n; {
		end = i
		next := strings.IndexByte(s[i+1:], ' ')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	if end == 0 {
		word, left, _ := strings.Cut(s, " ")
		return fit(word, n), left
	}
	return s[:end], s[end+1:]
}
