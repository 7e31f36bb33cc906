package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
)

// mostListed is how many incidents and components of one feed are drawn.
const mostListed = 4

// statusFacts say what one status feed lists.
func statusFacts(p *fleet.Provider, id fleet.SourceID, now time.Time) []fact {
	for i := range p.Status {
		if f := &p.Status[i]; f.Source == id {
			return append([]fact{statusLine(f, now)}, feedEntries(f.Reading, now)...)
		}
	}
	return nil
}

// statusLine is a feed in one line: "Errors (major, investigating), read 40s ago". What is not read is unknown, with what
// was said last.
func statusLine(f *fleet.StatusFeed, now time.Time) fact {
	words, role := f.Reading.Words(), themes.Warn
	if words.IsEmpty() {
		words, role = fleet.Text("nothing open"), themes.Text
		if n := len(f.Reading.Open()); n > 0 {
			words, role = fleet.Textf("%s that may concern it", fleet.Many(n, "open incident")), themes.Warn
		}
	}
	why := f.Unknown()
	if f.Reading == nil {
		return fact{fleet.Text("status"), because(fleet.Text("unknown"), why), themes.Stale}
	}
	when := fleet.Concat(fleet.Text(", read "), ageText(f.At, now), fleet.Text(" ago"))
	if f.Reading.Copied.OK {
		when = fleet.Concat(fleet.Text(", from a file of "), ageText(f.At, now), fleet.Text(" ago"))
	}
	if !why.IsEmpty() {
		return fact{fleet.Text("status"), fleet.Concat(fleet.Text("unknown now; last said: "), words, when, fleet.Text(": "), why), themes.Stale}
	}
	return fact{fleet.Text("status"), fleet.Concat(words, when), role}
}

// feedEntries are the incidents and components of a feed, the worst first.
func feedEntries(r *fleet.StatusReading, now time.Time) []fact {
	if r == nil {
		return nil
	}
	var facts []fact
	for i := range r.Incidents[:min(mostListed, len(r.Incidents))] {
		in := &r.Incidents[i]
		name, role := fleet.Text("incident"), themes.Warn
		if !in.Impact.Hurts() {
			name, role = in.Impact.Text(), themes.Dim // planned, or none
		}
		facts = append(facts, fact{name, incidentText(in, now), role})
	}
	for i := range r.Components[:min(mostListed, len(r.Components))] {
		c := &r.Components[i]
		role := themes.Text
		if c.Impact.Hurts() {
			role = themes.Warn
		}
		facts = append(facts, fact{fleet.Text("watched"), fleet.Concat(fleet.Quote(c.Name), fleet.Text(": "), fleet.Quote(c.Said)), role})
	}
	for _, name := range r.Missing[:min(mostListed, len(r.Missing))] {
		facts = append(facts, fact{fleet.Text("watched"), fleet.Concat(fleet.Quote(name), fleet.Text(": not on the page, unknown")),
			themes.Stale})
	}
	more := max(0, len(r.Incidents)-mostListed) + max(0, len(r.Components)-mostListed)
	var rest []fleet.Safe
	if more > 0 {
		rest = append(rest, fleet.Textf("%s more", fleet.Int(more)))
	}
	if r.Others > 0 {
		rest = append(rest, fleet.Textf("%s of what is not watched", fleet.Many(r.Others, "open incident")))
	}
	if len(rest) > 0 {
		facts = append(facts, fact{fleet.Text("besides"), fleet.Join(rest, fleet.Text(", ")), themes.Dim})
	}
	return facts
}

// incidentText is an incident with what it names: "Errors (major, investigating), since 13:50Z: Chat, eu-west-1".
func incidentText(in *fleet.Incident, now time.Time) fleet.Safe {
	text := fleet.Concat(fleet.Quote(in.Title), fleet.Text(" ("), fleet.Quote(in.Said), fleet.Text(")"))
	if in.Since.OK {
		if in.Since.V.After(now) {
			text = fleet.Concat(text, fleet.Text(", from "), fleet.Stamp(in.Since.V))
		} else {
			text = fleet.Concat(text, fleet.Text(", for "), fleet.Age(now.Sub(in.Since.V)))
		}
	}
	if in.Updated.OK && in.Updated.V.Before(now) {
		text = fleet.Concat(text, fleet.Text(", news "), fleet.Age(now.Sub(in.Updated.V)), fleet.Text(" ago"))
	}
	var names []fleet.Safe
	for _, list := range [][]string{in.Components, in.Regions} {
		for _, n := range list[:min(mostListed, len(list))] {
			names = append(names, fleet.Quote(n))
		}
	}
	if in.Vague {
		names = append(names, fleet.Text("it does not say what it concerns"))
	}
	if !in.Link.IsEmpty() {
		names = append(names, in.Link)
	}
	if len(names) == 0 {
		return text
	}
	return fleet.Concat(text, fleet.Text(": "), fleet.Join(names, fleet.Text(", ")))
}

// publishes tells whether one of a provider's feeds lists something that concerns it.
func publishes(p *fleet.Provider) bool {
	for i := range p.Status {
		if !p.Status[i].Reading.Words().IsEmpty() {
			return true
		}
	}
	return false
}
