package part

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"pitwall/fleet"
)

// Chunks breaks a text into lines of at most n cells without losing any of it, for what must be read to the letter,
// such as a line of a log. An empty text is one empty line.
func Chunks(t fleet.Safe, n int) []fleet.Safe {
	rest := t.String()
	if n <= 0 || isASCII(rest) && len(rest) <= n {
		return []fleet.Safe{t}
	}
	rest = steady(rest)
	var lines []fleet.Safe
	for rest != "" {
		end := after(rest, n)
		lines = append(lines, fleet.Label(rest[:end]))
		rest = rest[end:]
	}
	return lines
}

// From leaves out the first cells of a text. A wide character that the edge would cut is left out too, with "~" in its
// place.
func From(t fleet.Safe, cells int) fleet.Safe {
	s := t.String()
	switch {
	case cells <= 0:
		return t
	case isASCII(s):
		return fleet.Label(s[min(cells, len(s)):])
	}
	s = steady(s)
	width := 0
	for s != "" && width < cells {
		cluster, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		s, width = s[len(cluster):], width+w
	}
	return fleet.Label(strings.Repeat(cutMark, width-min(width, cells)) + s)
}

// after is how many bytes of a steady text fit into n cells, at least one character.
func after(s string, n int) int {
	if isASCII(s) {
		return min(n, len(s))
	}
	end, width := 0, 0
	for end < len(s) {
		cluster, w := ansi.FirstGraphemeCluster(s[end:], ansi.GraphemeWidth)
		if end > 0 && width+w > n {
			break
		}
		end, width = end+len(cluster), width+w
	}
	return end
}
