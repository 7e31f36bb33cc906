package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// row is one figure as it came out. how says what was run, so that the number can be judged.
type row struct {
	figure   string
	asked    string
	measured string
	how      string
	ok       bool
}

// table collects rows by the number of their figure.
type table struct {
	numbers []string
	rows    []row
}

func (t *table) add(number string, rows []row) {
	for _, r := range rows {
		t.numbers, t.rows = append(t.numbers, number), append(t.rows, r)
	}
}

func (t *table) missed() int {
	n := 0
	for _, r := range t.rows {
		if !r.ok {
			n++
		}
	}
	return n
}

// text draws the table. How a figure was measured stands under its rows.
func (t *table) text() string {
	lines := [][]string{{"", "FIGURE", "ASKED", "MEASURED", "VERDICT"}}
	for i, r := range t.rows {
		verdict := "MISS"
		if r.ok {
			verdict = "ok"
		}
		lines = append(lines, []string{t.numbers[i], r.figure, r.asked, r.measured, verdict})
	}
	width := make([]int, len(lines[0]))
	for _, l := range lines {
		for i, s := range l {
			width[i] = max(width[i], len(s))
		}
	}
	var b strings.Builder
	for i, l := range lines {
		for c, s := range l[:len(l)-1] {
			fmt.Fprintf(&b, "%-*s  ", width[c], s)
		}
		b.WriteString(l[len(l)-1] + "\n")
		if i > 0 && (i == len(t.rows) || t.rows[i].how != t.rows[i-1].how) && t.rows[i-1].how != "" {
			fmt.Fprintf(&b, "%*s  %s\n", width[0], "", t.rows[i-1].how)
		}
	}
	return b.String()
}

// median is the middle value of a list, which must not be empty.
func median[T cmp.Ordered](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// ms draws a time in milliseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }

// spread is the median of times with the least and the greatest.
func spread(list []time.Duration) string {
	return fmt.Sprintf("%s (%s to %s, n=%d)", ms(median(list)), ms(slices.Min(list)), ms(slices.Max(list)), len(list))
}
