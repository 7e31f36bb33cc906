package prometheus

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"time"
)

// pageOf gathers the series of one target and writes them as the page that the store scraped.
type pageOf struct {
	lines []line
	up    [][]label // of the target's "up" series: the labels that the store put on
	alive bool      // one of its scrapes was answered
	at    time.Time // of its last scrape
}

// line is one series. Its bytes lie in the answer, which is kept until the page is written.
type line struct {
	name   string
	labels []label
	value  []byte
	native *native
}

// take keeps one series of the answer.
func (p *pageOf) take(r *row) {
	name, value := string(r.get("__name__")), []byte(nil)
	if len(r.points) > 0 {
		value = r.points[len(r.points)-1].raw
	}
	switch {
	case name == "up":
		p.up = append(p.up, slices.Clone(r.labels))
		p.alive = p.alive || string(value) == "1"
	case name != "" && isName(name):
		p.lines = append(p.lines, line{name, slices.Clone(r.labels), value, r.native})
	}
}

// stampedAt notes the time of a scrape; of several targets under one selector the newest counts.
func (p *pageOf) stampedAt(t time.Time) {
	if t.After(p.at) {
		p.at = t
	}
}

// text writes the page: labels that the store put on are taken off, and those that it moved out of their way are put
// back, so that a decoder sees what the target said.
func (p *pageOf) text(b []byte) []byte {
	own := p.targetLabels()
	// A family stands together on a page, and the decoders of pages count on it for their speed.
	slices.SortStableFunc(p.lines, func(x, y line) int { return compareText(x.name, y.name) })
	for _, l := range p.lines {
		labels := l.labels[:0:0]
		for _, x := range l.labels {
			if name := string(x.name); name == "__name__" || !isLabel(name) || own.put(x) {
				continue
			}
			if bare, moved := bytes.CutPrefix(x.name, []byte("exported_")); moved && own.has(string(bare)) {
				x.name = bare
			}
			labels = append(labels, x)
		}
		if l.native != nil {
			b = l.native.write(b, l.name, labels)
			continue
		}
		b = sample(b, l.name, labels, "", l.value)
	}
	return b
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// attached are the labels that a store puts on every series of a target, with their values.
type attached struct {
	values  map[string][]string
	guessed bool // there is no "up" to know them from
}

// targetLabels knows them from "up", which carries nothing else. Where the store has no "up" of the target, those
// labels are taken for attached that some series also has under "exported_".
func (p *pageOf) targetLabels() attached {
	a := attached{values: map[string][]string{"job": nil, "instance": nil}, guessed: len(p.up) == 0}
	for _, labels := range p.up {
		for _, l := range labels {
			if name := string(l.name); name != "__name__" {
				a.values[name] = append(a.values[name], string(l.value))
			}
		}
	}
	if a.guessed {
		for _, l := range p.lines {
			for _, x := range l.labels {
				if bare, ok := bytes.CutPrefix(x.name, []byte("exported_")); ok {
					a.values[string(bare)] = nil
				}
			}
		}
	}
	return a
}

func (a attached) has(name string) bool { _, ok := a.values[name]; return ok }

// put tells whether the store put this label on. One of the same name and another value is the target's own, which
// "honor_labels" let through.
func (a attached) put(l label) bool {
	values, known := a.values[string(l.name)]
	return known && (a.guessed || slices.Contains(values, string(l.value)))
}

// sample writes one line of a page.
func sample(b []byte, name string, labels []label, le string, value []byte) []byte {
	b = append(b, name...)
	if len(labels) > 0 || le != "" {
		b = append(b, '{')
		for i, l := range labels {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(b, l.name...), `="`...)
			b = append(escape(b, l.value), '"')
		}
		if le != "" {
			if len(labels) > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, `le="`...), le...), '"')
		}
		b = append(b, '}')
	}
	b = append(b, ' ')
	return append(append(b, value...), '\n')
}

func escape(b, value []byte) []byte {
	for _, c := range value {
		switch c {
		case '\\', '"':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, c)
		}
	}
	return b
}

// write writes a native histogram as the classic one that has the same counts at the bounds of its filled buckets.
func (h *native) write(b []byte, name string, labels []label) []byte {
	type bucket struct{ upper, count float64 }
	var all []bucket
	for i := range min(len(h.uppers), len(h.counts)) {
		upper, err1 := strconv.ParseFloat(string(h.uppers[i]), 64)
		count, err2 := strconv.ParseFloat(string(h.counts[i]), 64)
		if err1 == nil && err2 == nil && !math.IsNaN(upper) {
			all = append(all, bucket{upper, count})
		}
	}
	slices.SortFunc(all, func(x, y bucket) int { return int(math.Copysign(1, x.upper-y.upper)) })
	sum := 0.0
	for _, x := range all {
		sum += x.count
		if !math.IsInf(x.upper, 1) {
			b = sample(b, name+"_bucket", labels, strconv.FormatFloat(x.upper, 'g', -1, 64),
				strconv.AppendFloat(nil, sum, 'f', -1, 64))
		}
	}
	b = sample(b, name+"_bucket", labels, "+Inf", h.count)
	b = sample(b, name+"_count", labels, "", h.count)
	return sample(b, name+"_sum", labels, "", h.sum)
}

// isName and isLabel keep to the names that the text format writes without quotes.
func isName(s string) bool { return isWord(s, ':') }

func isLabel(s string) bool { return isWord(s, '_') }

func isWord(s string, also byte) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == also
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
