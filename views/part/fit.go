package part

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"pitwall/fleet"
)

// constant can only be made from an untyped constant outside this package, as fleet.Text does it:
// a string from the network cannot become one by accident.
type constant string

// Align says on which side of a cell the spare room lies.
type Align uint8

// The alignments.
const (
	Left  Align = iota // names and words
	Right              // numbers
)

// cutMark ends text that was cut.
const cutMark = "~"

// Width is how many cells a text takes when drawn.
func Width(t fleet.Safe) int { return textWidth(t.String()) }

func textWidth(s string) int {
	if isASCII(s) {
		return len(s)
	}
	return ansi.StringWidth(steady(s))
}

// Fit cuts a text to at most n cells; what was cut ends with "~".
func Fit(t fleet.Safe, n int) string { return fit(t.String(), n) }

func fit(s string, n int) string {
	switch {
	case n <= 0:
		return ""
	case isASCII(s):
		if len(s) <= n {
			return s
		}
		if n == 1 {
			return cutMark
		}
		return s[:n-1] + cutMark
	}
	s = steady(s)
	if ansi.StringWidth(s) <= n {
		return s
	}
	return ansi.Truncate(s, n, cutMark)
}

// Short is Fit for text that goes into a sentence.
func Short(t fleet.Safe, n int) fleet.Safe {
	if Width(t) <= n {
		return t
	}
	return fleet.Label(Fit(t, n))
}

// Pad cuts or fills a text to exactly n cells.
func Pad(t fleet.Safe, n int, a Align) string {
	s := Fit(t, n)
	fill := strings.Repeat(" ", max(0, n-ansi.StringWidth(s)))
	if a == Right {
		return fill + s
	}
	return s + fill
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// steady replaces with "?" each cluster that terminals disagree about, or that would join with
// the cell before or after it: one such name would shift the rest of its row.
func steady(s string) string {
	var b strings.Builder
	for rest := s; rest != ""; {
		cluster, width := ansi.FirstGraphemeCluster(rest, ansi.GraphemeWidth)
		rest = rest[len(cluster):]
		switch {
		case len(cluster) == 1:
			b.WriteString(cluster)
		case width == 0 || ansi.StringWidthWc(cluster) != width || ansi.StringWidth(" "+cluster+" ") != width+2:
			b.WriteString("?")
		default:
			b.WriteString(cluster)
		}
	}
	return b.String()
}
