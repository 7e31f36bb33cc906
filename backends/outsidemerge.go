package backends

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// outsideAlerts lists the alerts of all alerting systems, each once. Systems that know silences come first: what a
// Prometheus evaluates is the same alert as what it sent on, with external labels added.
func (w *world) outsideAlerts(now time.Time) []fleet.Alert {
	var is []saying
	for _, s := range w.states {
		if o := w.outside[s.spec.ID]; o != nil {
			is = append(is, saying{o, s.stale(now) || now.Sub(o.at) > staleAfter(s.spec.Interval)})
		}
	}
	if !slices.Equal(is, w.heard) {
		w.heard, w.told = is, mergeAlerts(is)
	}
	return w.told
}

// saying is what one system said, and whether it is old by now.
type saying struct {
	by  *outside
	old bool
}

func mergeAlerts(list []saying) []fleet.Alert {
	var m merged
	m.byKey, m.byThing = map[string]int{}, map[string][]int{}
	for _, silences := range []bool{true, false} {
		for _, h := range list {
			if h.by.raw.SilencesRead != silences {
				continue
			}
			for i := range h.by.alerts {
				m.add(&h.by.alerts[i], h.old, h.by.at, !silences)
			}
		}
	}
	out := make([]fleet.Alert, len(m.list))
	for i := range m.list {
		out[i] = m.list[i].Alert
	}
	return out
}

// merged is the list while it is made.
type merged struct {
	list    []outsideAlert
	byKey   map[string]int
	byThing map[string][]int
}

// mostSame bounds the search for the alert that one without external labels is.
const mostSame = 64

func (m *merged) add(a *outsideAlert, old bool, at time.Time, evaluated bool) {
	if i, ok := m.find(a, evaluated); ok {
		m.join(&m.list[i], a, old, evaluated)
		return
	}
	one := *a
	if one.Old = old; old {
		one.Detail = fleet.Concat(one.Detail, fleet.Text(", OLD: as of "), fleet.ClockTime(at))
	}
	m.byKey[one.key] = len(m.list)
	m.byThing[one.thing] = append(m.byThing[one.thing], len(m.list))
	m.list = append(m.list, one)
}

func (m *merged) find(a *outsideAlert, evaluated bool) (int, bool) {
	if i, ok := m.byKey[a.key]; ok {
		return i, true
	}
	if !evaluated {
		return 0, false
	}
	same := m.byThing[a.thing]
	for _, i := range same[:min(len(same), mostSame)] {
		if m.list[i].covers(a) {
			return i, true
		}
	}
	return 0, false
}

// join adds another system's word on the same alert. Who is told of it by one system is told of it: it is silenced only
// where all that know silences hide it. A system that is read outdoes one that no longer is.
func (m *merged) join(have, a *outsideAlert, old, evaluated bool) {
	if a.Origin == have.Origin {
		return
	}
	have.Also = append(slices.Clone(have.Also), a.Origin)
	if !evaluated && !old && (have.Old || a.Silenced.IsEmpty()) {
		have.Silenced, have.Detail, have.Level, have.Old = a.Silenced, a.Detail, a.Level, false
	}
	if have.Since.After(a.Since) {
		have.Since = a.Since
	}
}

// silences lists what is silenced, with how many alerts each silence hides now.
func (w *world) silences() []fleet.SilenceOf {
	var out []fleet.SilenceOf
	for _, s := range w.states {
		o := w.outside[s.spec.ID]
		if o == nil {
			continue
		}
		for _, silence := range o.raw.Silences {
			out = append(out, fleet.SilenceOf{Silence: silence, Source: s.spec.ID, Hides: o.hides[silence.ID]})
		}
	}
	return out
}

// takesSilences tells whether a source is an alerting system whose silences were read.
func (w *world) takesSilences(id fleet.SourceID) bool {
	o := w.outside[id]
	return o != nil && o.raw.SilencesRead
}
