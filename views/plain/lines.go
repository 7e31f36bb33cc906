package plain

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Lines tells in labelled sentences what is new in cur and is since prev and was. With a nil prev it tells all of it.
// Figures alone are no news: a sentence comes when a state, an alert, a weight, a source or a change does something
// else than before, so that a screen reader falls silent when the fleet is calm.
func Lines(prev, cur *fleet.Snapshot, was, is actions.Book) []string {
	var out []string
	if cur != nil {
		if prev == nil {
			out = append(out, greeting(cur))
		}
		out = append(out, alertLines(prev, cur)...)
		out = append(out, poolLines(prev, cur)...)
		out = append(out, providerLines(prev, cur)...)
		out = append(out, routeLines(prev, cur)...)
		out = append(out, clusterLines(prev, cur)...)
		out = append(out, sourceLines(prev, cur)...)
		if prev != nil {
			out = append(out, eventLines(prev, cur)...)
		}
	}
	return append(out, changeLines(was, is)...)
}

// greeting says where one is and how the whole fleet does.
func greeting(s *fleet.Snapshot) string {
	l := &s.Totals.Load
	mode := fleet.Safe{}
	if s.Mode != fleet.ModeLive && s.Mode != "" {
		mode = fleet.Concat(fleet.Text("This is a "), fleet.Label(string(s.Mode)))
	}
	return sentence(mode,
		fleet.Concat(fleet.Text("Context "), fleet.Label(s.Context)),
		fleet.Concat(fleet.Text("Environment "), fleet.Label(string(s.Env))),
		fleet.Concat(fleet.Text("Time "), fleet.Stamp(s.At)),
		figure(fleet.Text("Requests per second"), l.Requests), percent(fleet.Text("Errors"), l.Errors),
		lasting(fleet.Text("First token, 95th percentile,"), l.TTFT95), percent(fleet.Text("GPU use"), s.Totals.GPUUtil),
		figure(fleet.Text("Dollars an hour"), s.Totals.Burn),
		fleet.Many(len(s.Alerts), "alert"))
}

// alertKey identifies an alert for as long as it lasts at one level.
type alertKey struct {
	object fleet.Safe
	level  fleet.Level
	since  time.Time
	name   string // of the rule, for an alert of another system
	origin fleet.SourceID
}

// alertKeys tells which alerts there are, and whether each is silenced.
func alertKeys(s *fleet.Snapshot) map[alertKey]bool {
	keys := map[alertKey]bool{}
	if s != nil {
		for i := range s.Alerts {
			keys[keyOf(&s.Alerts[i])] = !s.Alerts[i].Silenced.IsEmpty()
		}
	}
	return keys
}

func keyOf(a *fleet.Alert) alertKey {
	return alertKey{a.Object, a.Level, a.Since.UTC(), a.Labels["alertname"], a.Origin}
}

func alertLines(prev, cur *fleet.Snapshot) []string {
	var out []string
	before, now := alertKeys(prev), alertKeys(cur)
	for i := range cur.Alerts {
		a := &cur.Alerts[i]
		word := fleet.Text("Alert")
		silenced, known := before[keyOf(a)]
		switch hidden := !a.Silenced.IsEmpty(); {
		case known && hidden == silenced:
			continue
		case hidden:
			word = fleet.Text("Silenced alert")
		case known:
			word = fleet.Text("Alert no longer silenced")
		}
		out = append(out, sentence(word, spokenLevel(a.Level), a.Object, a.Text, a.Detail,
			named(fleet.Text("Route"), fleet.Label(string(a.Route))), named(fleet.Text("Runbook"), a.Runbook),
			fleet.Concat(fleet.Text("Since "), fleet.ClockTime(a.Since))))
	}
	if prev == nil {
		return out
	}
	for i := range prev.Alerts {
		a := &prev.Alerts[i]
		if _, there := now[keyOf(a)]; !there {
			out = append(out, sentence(fleet.Text("Alert over"), spokenLevel(a.Level), a.Object, a.Text))
		}
	}
	return out
}

func eventLines(prev, cur *fleet.Snapshot) []string {
	type key struct {
		at           time.Time
		object, text fleet.Safe
	}
	known := map[key]bool{}
	for _, e := range prev.Events {
		known[key{e.At.UTC(), e.Object, e.Text}] = true
	}
	var out []string
	for i := len(cur.Events) - 1; i >= 0; i-- { // oldest first, as it happened
		if e := cur.Events[i]; !known[key{e.At.UTC(), e.Object, e.Text}] {
			out = append(out, sentence(fleet.Text("Event"), fleet.ClockTime(e.At), spokenLevel(e.Level), e.Object, e.Text))
		}
	}
	return out
}

func sourceLines(prev, cur *fleet.Snapshot) []string {
	var out []string
	for i := range cur.Sources {
		s := &cur.Sources[i]
		word := sourceWord(s)
		before := fleet.Text("Answers")
		if prev != nil {
			if old := prev.Source(s.ID); old != nil {
				before = sourceWord(old)
			}
		}
		if word == before {
			continue
		}
		out = append(out, sentence(fleet.Concat(fleet.Text("Source "), fleet.Label(string(s.ID))), word,
			fleet.Concat(fleet.Text("Last good answer "), sinceWhen(s.LastGood)), s.Err))
	}
	return out
}

// sinceWhen reads a time of day out; a dash is not heard.
func sinceWhen(t time.Time) fleet.Safe {
	if t.IsZero() {
		return fleet.Text("never")
	}
	return fleet.ClockTime(t)
}

func sourceWord(s *fleet.SourceStatus) fleet.Safe {
	switch {
	case s.LastGood.IsZero() && s.Failing > 0:
		return fleet.Text("Does not answer")
	case s.LastGood.IsZero():
		return fleet.Text("Not read yet")
	case s.Stale:
		return fleet.Text("Stale")
	default:
		return fleet.Text("Answers")
	}
}
