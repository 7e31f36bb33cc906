package backends

import (
	"maps"
	"slices"
	"time"

	"pitwall/fleet"
)

// feeds are the status feeds of a provider as they were read last.
func (w *world) feeds(id fleet.ProviderID, now time.Time) []fleet.StatusFeed {
	var list []fleet.StatusFeed
	for _, s := range w.index.statuses[id] {
		f := fleet.StatusFeed{Source: s.spec.ID, At: s.status.LastGood, Reading: s.last.Status, Err: s.status.Err}
		f.Stale = s.stale(now) && !s.unasked(now)
		if f.Reading != nil && f.Reading.Copied.OK {
			f.At = f.Reading.Copied.V // when the file was read says nothing
		}
		list = append(list, f)
	}
	return list
}

// published adds what a provider says of itself to what was measured: at most WARN, and only where all seemed well. A page
// that says that all is well proves nothing, and one that cannot be read says nothing new.
func published(p *fleet.Provider, measured judgement, now time.Time) (fleet.State, fleet.Safe) {
	switch measured.state {
	case fleet.StateOK, fleet.StateIdle, fleet.StateStandby:
	default:
		return measured.state, measured.why
	}
	for i := range p.Status {
		f := &p.Status[i]
		words := f.Reading.Words()
		switch {
		case words.IsEmpty():
		case f.Unknown().IsEmpty():
			return fleet.StateWarn, fleet.Concat(fleet.Text("its status page: "), words)
		default: // that it cannot be read any more ends no incident
			return fleet.StateWarn, fleet.Concat(fleet.Text("its status page, last read "), fleet.Age(now.Sub(f.At)), fleet.Text(" ago: "), words)
		}
	}
	return measured.state, measured.why
}

// mostSaid bounds the events that one reading of a feed makes.
const mostSaid = 5

// takeStatus says when an incident opens and when it is over.
func (w *world) takeStatus(s *sourceState, p fleet.Partial) {
	if p.Status == nil {
		return
	}
	before, now := w.incidents[s.spec.ID], map[string]fleet.Safe{}
	w.incidents[s.spec.ID] = now
	object := fleet.Label(string(s.spec.Subject.Provider))
	said := 0
	say := func(level fleet.Level, text fleet.Safe) {
		if said++; said <= mostSaid {
			w.events.add(fleet.Event{At: p.At, Level: level, Object: object, Text: text})
		}
	}
	for _, i := range p.Status.Open() {
		title := fleet.Concat(fleet.Quote(i.Title), fleet.Text(" ("), fleet.Quote(i.Said), fleet.Text(")"))
		now[i.ID] = fleet.Quote(i.Title)
		if _, known := before[i.ID]; known {
			continue
		}
		if i.Since.OK {
			title = fleet.Concat(title, fleet.Text(", since "), fleet.ClockTime(i.Since.V))
		}
		say(fleet.LevelWarn, fleet.Concat(fleet.Text("its status page opens an incident: "), title))
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if _, open := now[id]; !open {
			say(fleet.LevelInfo, fleet.Concat(fleet.Text("its status page no longer lists: "), before[id]))
		}
	}
	if said > mostSaid {
		w.events.add(fleet.Event{At: p.At, Level: fleet.LevelInfo, Object: object, Text: fleet.Textf(
			"its status page changed %s more", fleet.Many(said-mostSaid, "incident"))})
	}
}
