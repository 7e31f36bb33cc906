package drills

import (
	"fmt"
	"strings"
	"time"

	"pitwall/fleet"
)

// Report is what is known after a drill: enough to play it again and to learn from it.
type Report struct {
	Scenario *Scenario
	Seed     uint64
	Begin    time.Time
	Result   Result
	Log      Log
	// Curves are the harm of each minute, added up, from the begin of the drill: doing nothing, the reference plan, the player.
	Curves struct{ Nothing, Reference, Player []float64 }
	Cost   struct{ Nothing, Reference, Player float64 }
	// Signals are what could be seen, and when the player answered it. They follow from the rest.
	Signals []Signal
	Chain   []Link // over all of the above; empty until Seal
}

// NewReport judges a drill against two runs of the same seed. Of those only the time that the player worked counts.
func NewReport(s *Scenario, seed uint64, nothing, reference, player *Played) *Report {
	r := &Report{Scenario: s, Seed: seed, Begin: player.Begin, Log: player.Log}
	minutes := int((player.Log.Ended + time.Minute - 1) / time.Minute)
	c := Courses{Nothing: nothing.until(player.Log.Ended), Reference: reference.until(player.Log.Ended), Player: player.Course}
	r.Result = Score(s, &player.Log, &c, reference.Log.overrides())
	r.Curves.Nothing, r.Curves.Reference = c.Nothing.Curve(nothing.Begin, minutes), c.Reference.Curve(reference.Begin, minutes)
	r.Curves.Player = c.Player.Curve(player.Begin, minutes)
	r.Cost.Nothing, r.Cost.Reference, r.Cost.Player = c.Nothing.Cost, c.Reference.Cost, c.Player.Cost
	r.Signals = Signals(s, &r.Log)
	return r
}

// until is the part of a run before a time has passed. Its cost is taken to be spread evenly, and so is
// the harm of the minute that is cut: the player had only a part of it.
func (p *Played) until(passed time.Duration) Course {
	out := Course{Cost: p.Course.Cost}
	if p.Log.Ended > passed {
		out.Cost *= float64(passed) / float64(p.Log.Ended)
	}
	for _, h := range p.Course.Harms {
		if left := passed - h.At.Sub(p.Begin); left > 0 {
			out.Harms = append(out.Harms, h.part(float64(left)/float64(time.Minute)))
		}
	}
	return out
}

// Markdown draws a report for people.
func Markdown(r *Report) string {
	var b strings.Builder
	s := r.Scenario
	fmt.Fprintf(&b, "# EXERCISE %s: %s\n\n", s.ID, fleet.Label(s.Title))
	fmt.Fprintf(&b, "EXERCISE. %s of 100 points, %s. Seed %d, begun %s.\n\n", Points(r.Result.Total), r.Result.Grade, r.Seed,
		fleet.Stamp(r.Begin))
	for _, f := range r.Result.Flags {
		fmt.Fprintf(&b, "**RED FLAG: %s**\n\n", fleet.Label(f))
	}
	b.WriteString("## Score\n\n| Part | Points | Of | How |\n|---|---|---|---|\n")
	for _, p := range r.Result.Parts {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.Name, Points(p.Points), Points(p.Of), cell(p.How))
	}
	if r.Result.Hints > 0 {
		fmt.Fprintf(&b, "| hints | -%s | | |\n", Points(r.Result.Hints))
	}
	b.WriteString("\n## Timeline\n\n")
	for i := range r.Log.Entries {
		e := &r.Log.Entries[i]
		fmt.Fprintf(&b, "- EXERCISE %s %s: %s", fleet.Age(e.At.Truncate(time.Second)), e.Kind, cell(e.Text))
		if e.Change != nil {
			fmt.Fprintf(&b, " (%s %s)", fleet.Label(e.Change.State), cell(e.Change.Why))
			if said := e.Change.Interlocks(); !said.IsEmpty() {
				fmt.Fprintf(&b, " [%s]", cell(said))
			}
		}
		b.WriteString("\n")
		for _, line := range e.Screen {
			fmt.Fprintf(&b, "      %s\n", line)
		}
	}
	signalTable(&b, r.Signals)
	b.WriteString("\n## Harm, added up\n\n| Minute | Nothing | Reference | You |\n|---|---|---|---|\n")
	for i := range r.Curves.Player {
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", i+1, Points(r.Curves.Nothing[i]), Points(r.Curves.Reference[i]), Points(r.Curves.Player[i]))
	}
	b.WriteString("\n## What it teaches\n\n")
	fmt.Fprintf(&b, "%s\n\n%s\n\n", fleet.Label(s.Lesson), fleet.Label(s.Teaching.Before))
	for _, line := range s.Teaching.After {
		fmt.Fprintf(&b, "- %s\n", fleet.Label(line))
	}
	fmt.Fprintf(&b, "- What tempts: %s\n", fleet.Label(s.Tempting.Why))
	for _, line := range s.Sources {
		fmt.Fprintf(&b, "- Source: %s\n", fleet.Label(line))
	}
	return b.String()
}

// cell is text inside a table.
func cell(t fleet.Safe) string { return strings.ReplaceAll(t.String(), "|", "/") }
