package wire

import (
	"strconv"
	"strings"

	"pitwall/backends/sim/world"
)

// exposition writes the Prometheus text format as the Python client prints it (prometheus_client 0.16 to 0.22), or
// as others do.
type exposition struct {
	b       []byte
	created string // value of the _created series, "" where there are none, as in the client's multi-process mode
	plain   bool   // numbers without a forced decimal point, as Go, Rust and C++ print them
	bare    bool   // no HELP lines
}

func (e *exposition) family(name, kind, help string) {
	if !e.bare {
		e.b = append(e.b, "# HELP "...)
		e.b = append(e.b, name...)
		e.b = append(e.b, ' ')
		e.b = append(e.b, help...)
		e.b = append(e.b, '\n')
	}
	e.b = append(e.b, "# TYPE "...)
	e.b = append(e.b, name...)
	e.b = append(e.b, ' ')
	e.b = append(e.b, kind...)
	e.b = append(e.b, '\n')
}

// sample writes one line; labels are the text between the braces.
func (e *exposition) sample(name, labels string, v float64) {
	e.head(name, labels)
	e.number(v)
	e.b = append(e.b, '\n')
}

func (e *exposition) number(v float64) {
	if e.plain {
		e.b = strconv.AppendFloat(e.b, v, 'g', -1, 64)
		return
	}
	e.b = appendFloat(e.b, v)
}

func (e *exposition) head(name, labels string) {
	e.b = append(e.b, name...)
	if labels != "" {
		e.b = append(e.b, '{')
		e.b = append(e.b, labels...)
		e.b = append(e.b, '}')
	}
	e.b = append(e.b, ' ')
}

func (e *exposition) gauge(name, labels, help string, v float64) {
	e.family(name, "gauge", help)
	e.sample(name, labels, v)
}

// series is one line of a family.
type series struct {
	labels string
	v      float64
}

// counter writes a family whose registered name has no _total, with its _created companion.
func (e *exposition) counter(name, help string, lines ...series) {
	e.family(name+"_total", "counter", help)
	for _, l := range lines {
		e.sample(name+"_total", l.labels, l.v)
	}
	e.made(name, help, lines)
}

func (e *exposition) made(name, help string, lines []series) {
	if e.created == "" {
		return
	}
	e.family(name+"_created", "gauge", help)
	for _, l := range lines {
		e.head(name+"_created", l.labels)
		e.b = append(e.b, e.created...)
		e.b = append(e.b, '\n')
	}
}

// distribution is one histogram of a family: its labels, split where le belongs in the alphabet.
type distribution struct {
	before, after string // labels sorted before and after "le"
	h             *world.Histogram
}

func (d distribution) labels() string {
	return strings.Trim(d.before+","+d.after, ",")
}

func (e *exposition) histogram(name, help string, all ...distribution) {
	e.family(name, "histogram", help)
	lines := make([]series, 0, len(all))
	for _, d := range all {
		e.buckets(name, d)
		lines = append(lines, series{labels: d.labels()})
	}
	e.made(name, help, lines)
}

func (e *exposition) buckets(name string, d distribution) {
	sum := uint64(0)
	for i, n := range d.h.Counts {
		sum += n
		e.b = append(e.b, name...)
		e.b = append(e.b, "_bucket{"...)
		if d.before != "" {
			e.b = append(e.b, d.before...)
			e.b = append(e.b, ',')
		}
		e.b = append(e.b, `le="`...)
		if i < len(d.h.Bounds) {
			e.number(d.h.Bounds[i])
		} else {
			e.b = append(e.b, "+Inf"...)
		}
		e.b = append(e.b, '"')
		if d.after != "" {
			e.b = append(e.b, ',')
			e.b = append(e.b, d.after...)
		}
		e.b = append(e.b, "} "...)
		e.number(float64(sum))
		e.b = append(e.b, '\n')
	}
	e.sample(name+"_count", d.labels(), float64(sum))
	e.sample(name+"_sum", d.labels(), d.h.Sum)
}

// appendFloat prints a number as the Python client does: "3.0", and from 1e6 on a mantissa with "e+0" before
// the exponent whatever its width ("3.57e+010" in the live vLLM capture).
func appendFloat(b []byte, v float64) []byte {
	start := len(b)
	b = strconv.AppendFloat(b, v, 'f', -1, 64)
	dot := len(b)
	for i := start; i < len(b); i++ {
		if b[i] == '.' {
			dot = i
		}
	}
	whole := dot - start
	if v < 0 {
		whole--
	}
	if whole <= 6 {
		if dot == len(b) {
			b = append(b, ".0"...)
		}
		return b
	}
	return appendMantissa(b[:start], string(b[start:]), whole)
}

func appendMantissa(b []byte, text string, whole int) []byte {
	if text[0] == '-' {
		b, text = append(b, '-'), text[1:]
	}
	digits := strings.Replace(text, ".", "", 1)
	rest := strings.TrimRight(digits[1:], "0")
	if rest == "" {
		rest = "0"
	}
	b = append(b, digits[0], '.')
	b = append(b, rest...)
	b = append(b, "e+0"...)
	return strconv.AppendInt(b, int64(whole-1), 10)
}

// label prints one label pair with its value escaped.
func label(name, value string) string {
	if strings.ContainsAny(value, "\\\"\n") {
		value = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value)
	}
	return name + `="` + value + `"`
}
