package views

import (
	"time"

	"strings"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// maxSeries is how many lines one chart holds before it stops being read.
const maxSeries = 6

// line is one history that a chart may show.
type line struct {
	id    string
	trend fleet.Trend
}

// chartSpec is a chart with its section rule.
type chartSpec struct {
	title fleet.Safe
	lines []line
	limit fleet.Maybe[float64]
	word  fleet.Safe // what the limit is; "" means "limit"
	label func(float64) fleet.Safe
	top   float64 // upper edge of the scale; 0 takes it from the values
	note  fleet.Safe
}

// seriesRoles tell lines apart where there is colour; the letter does it everywhere.
var seriesRoles = [...]themes.Role{
	themes.Accent, themes.Warn, themes.OK, themes.Stale, themes.Text, themes.Crit, themes.Dim,
}

// axisStep is the step of the histories that charts draw.
const axisStep = 10 * time.Second

// chartPane draws histories over the scene's window in n lines, the rule that names each line's letter included.
func chartPane(b *part.Block, sc Scene, spec chartSpec, n int) {
	lines := spec.lines[:min(len(spec.lines), maxSeries)]
	right := fleet.Text("")
	if spec.limit.OK {
		word := spec.word
		if word.IsEmpty() {
			word = fleet.Text("limit")
		}
		right = fleet.Concat(word, fleet.Text(" "), spec.label(spec.limit.V))
	}
	// The axis moves with the steps of the history: a label that changes every second costs bytes and says nothing.
	to := sc.Now.Truncate(axisStep)
	c := part.Chart{From: to.Add(-sc.Window), To: to, Limit: spec.limit, Label: spec.label, Top: spec.top,
		Series: make([]part.Series, 0, len(lines))}
	legend := make([]fleet.Safe, 0, len(lines)+1)
	legend = append(legend, fleet.Age(sc.Window))
	used := ""
	for i, l := range lines {
		letter := "*"
		if len(lines) > 1 {
			letter = pickLetter(l.id, used)
		}
		used += letter
		mark := fleet.Label(letter)
		c.Series = append(c.Series, part.Series{Letter: mark, Role: seriesRoles[i%len(seriesRoles)],
			Trend: newest(l.trend, sc.Window, sc.Now)})
		if len(lines) > 1 {
			legend = append(legend, fleet.Concat(mark, fleet.Text("="), fleet.Label(l.id)))
		}
	}
	b.Rule(spec.title, fleet.Join(append(legend, nonEmpty(spec.note)...), fleet.Text("  ")), right)
	if len(lines) == 0 {
		b.Gap(2).Say(themes.Dim, "no history yet").End()
		b.Fill(b.Len() + max(0, n-2))
		return
	}
	c.Draw(b, n-1)
}

// pickLetter is the first ASCII letter or digit of a name that no line has yet.
func pickLetter(name, used string) string {
	for _, s := range []string{name, "abcdefghijklmnopqrstuvwxyz0123456789"} {
		for _, r := range s {
			plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
			if plain && !strings.ContainsRune(used, r) {
				return string(r)
			}
		}
	}
	return "*"
}

func secondsLabel(v float64) fleet.Safe { return fleet.Seconds(v).Text() }

func ratioLabel(v float64) fleet.Safe { return fleet.Ratio(v).Text() }

func rateLabel(v float64) fleet.Safe { return fleet.Rate(v).Text() }
