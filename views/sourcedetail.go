package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// errorLines is how many lines the sentence of a failure may take, sourceDetailLines about how many the whole detail.
const (
	errorLines        = 3
	sourceDetailLines = 16
)

// sourceDetail says all that is known of one connection, and how the thing does that it tells about.
func sourceDetail(b *part.Block, sc Scene, s *fleet.SourceStatus) {
	state, skew := sourceState(s), skewCell(s)
	b.Rule(fleet.Concat(fleet.Text("SOURCE "), fleet.Label(string(s.ID))), fleet.Label(s.Kind), fleet.Text("r read now"))
	field(b, fleet.Text("address")).Put(themes.Text, s.URL).End()
	field(b, fleet.Text("tells of")).Put(themes.Text, subjectText(s.Subject)).End()
	field(b, fleet.Text("state")).Put(themes.OfState(state), state.Text())
	b.Gap(2).Say(themes.Dim, "last good ").Put(themes.Text, fleet.Stamp(s.LastGood))
	b.Gap(2).Say(themes.Dim, "age ").Put(themes.Text, ageText(s.LastGood, sc.Now))
	b.Gap(2).Say(themes.Dim, "next try ").Put(themes.Text, nextTry(s, sc.Now)).End()
	field(b, fleet.Text("reads")).Put(themes.Text, fleet.Int(s.Reads)).Say(themes.Dim, " tried, ")
	b.Put(themes.Text, fleet.Int(s.Failures)).Say(themes.Dim, " failed, ")
	b.Put(themes.Text, fleet.Int(s.Failing)).Say(themes.Dim, " in a row, ")
	b.Put(themes.Text, fleet.Int(s.Dropped)).Say(themes.Dim, " late dropped; took ")
	b.Put(themes.Text, tookText(s.Took)).End()
	field(b, fleet.Text("version")).Put(themes.Text, orUnknown(s.Version))
	b.Gap(2).Say(themes.Dim, "clock skew ").Put(skew.Role, skew.Text)
	if s.Insecure {
		b.Gap(2).Say(themes.Warn, "TLS is not verified: writes to it are forbidden")
	}
	b.End()
	text := s.Err
	if text.IsEmpty() {
		text = fleet.Text("none")
	}
	for i, t := range part.Wrap(text, b.Width()-12, errorLines) {
		name := fleet.Text("")
		if i == 0 {
			name = fleet.Text("error")
		}
		field(b, name).Put(themes.OfState(state), t).End()
	}
	facts := subjectFacts(sc.Snap, s.ID, s.Subject, sc.Now)
	if s.Probe != nil {
		facts = probeFacts(s.Probe, sc.Now)
	}
	for _, f := range facts {
		field(b, f.name).Put(f.role, f.text).End()
	}
}

// field begins a line of the detail with its name.
func field(b *part.Block, name fleet.Safe) *part.Block {
	return b.Gap(2).Cell(themes.Dim, name, 9, part.Left)
}

func orUnknown(t fleet.Safe) fleet.Safe {
	if t.IsEmpty() {
		return fleet.Text(fleet.Unknown)
	}
	return t
}
