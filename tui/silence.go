package tui

import (
	"maps"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// silenceDraft is what a silence is planned of: the labels of an alert, of which some are matched.
type silenceDraft struct {
	source   fleet.SourceID
	matchers []fleet.Matcher
	on       []bool
	length   int // index into silenceLengths
}

// silenceLengths are the choices of how long a silence lasts, the default first.
func silenceLengths() []time.Duration {
	return []time.Duration{actions.DefaultSilence, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, actions.LongestSilence, 30 * time.Minute}
}

// whyNoSilence is why M does nothing.
func whyNoSilence(m *Model) fleet.Safe {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return why
	}
	a := m.selectedAlert()
	switch {
	case a == nil:
		return fleet.Text("no alert is meant here: a goes to the alerts")
	case a.Origin == "":
		return fleet.Text("pitwall found this itself: only alerts of an Alertmanager can be silenced")
	case m.takesSilences(a) == "":
		return fleet.Concat(fleet.Label(string(a.Origin)), fleet.Text(" knows no silences: it is not an Alertmanager"))
	default:
		return works()
	}
}

// selectedAlert is the alert under the cursor, or nil.
func (m *Model) selectedAlert() *fleet.Alert {
	if m.pane() != paneAlerts {
		return nil
	}
	return alertByID(m.snap, m.selected())
}

// takesSilences is the first Alertmanager that holds an alert, "" where none does.
func (m *Model) takesSilences(a *fleet.Alert) fleet.SourceID {
	for _, id := range append([]fleet.SourceID{a.Origin}, a.Also...) {
		if s := m.snap.Source(id); s != nil && s.Silences {
			return id
		}
	}
	return ""
}

// openSilence drafts a silence of the selected alert: of all its labels, which hides it alone.
func (m *Model) openSilence(string) tea.Cmd {
	a := m.selectedAlert()
	d := silenceDraft{source: m.takesSilences(a)}
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		d.matchers = append(d.matchers, fleet.Matcher{Name: name, Value: a.Labels[name]})
		d.on = append(d.on, true)
	}
	return m.askSilence(d, 0, true)
}

// The first choices of the draft; matchers follow.
const (
	silenceCancel = iota
	silenceNext
	silenceLonger
	silenceMatchers
)

// askSilence asks which labels are matched and for how long. It is drawn anew after each choice.
func (m *Model) askSilence(d silenceDraft, chosen int, first bool) tea.Cmd {
	q := &question{answer: silenceAnswer{d}, state: views.AskState{Title: fleet.Text("SILENCE on "), Chosen: chosen}}
	q.state.Title = fleet.Concat(q.state.Title, fleet.Label(string(d.source)))
	q.state.Lines = m.silenceLines(d)
	q.state.Choices = []fleet.Safe{fleet.Text("cancel; nothing is sent"), fleet.Text("on: comment, plan and checks"),
		fleet.Concat(fleet.Text("lasts "), fleet.Age(silenceLengths()[d.length]), fleet.Text(": enter changes it"))}
	for i, x := range d.matchers {
		mark := fleet.Text("[ ] ")
		if d.on[i] {
			mark = fleet.Text("[x] ")
		}
		q.state.Choices = append(q.state.Choices, fleet.Concat(mark, x.Text()))
	}
	if first {
		return m.open(q)
	}
	m.ask = q
	return nil
}

// silenceLines say what the draft hides now. The first line is live.
func (m *Model) silenceLines(d silenceDraft) []fleet.Safe {
	return []fleet.Safe{m.hidesNow(d), fleet.Text("It ends by itself. Nothing is sent before you confirm the plan.")}
}

// hidesNow counts what the draft would hide on the snapshot that is shown.
func (m *Model) hidesNow(d silenceDraft) fleet.Safe {
	match, err := fleet.CompileMatchers(d.picked())
	switch {
	case err != nil:
		return fleet.Concat(fleet.Text("refused: "), fleet.Sentence(err))
	case m.snap == nil:
		return fleet.Text("what it hides now is not known")
	}
	n, critical := 0, 0
	for i := range m.snap.Alerts {
		if a := &m.snap.Alerts[i]; a.From(d.source) && match(a.Labels) {
			n++
			if a.Level == fleet.LevelCrit {
				critical++
			}
		}
	}
	text := fleet.Textf("hides %s of %s alerts of %s now", fleet.Int(n), fleet.Int(m.alertsOf(d.source)), fleet.Label(string(d.source)))
	if critical > 0 {
		text = fleet.Concat(text, fleet.Text(", "), fleet.Int(critical), fleet.Text(" of them CRIT"))
	}
	return text
}

func (m *Model) alertsOf(id fleet.SourceID) int {
	n := 0
	for i := range m.snap.Alerts {
		if m.snap.Alerts[i].From(id) {
			n++
		}
	}
	return n
}

func (d silenceDraft) picked() []fleet.Matcher {
	var out []fleet.Matcher
	for i, x := range d.matchers {
		if d.on[i] {
			out = append(out, x)
		}
	}
	return out
}

// silenceAnswer is about the draft.
type silenceAnswer struct{ draft silenceDraft }

func (a silenceAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	d := a.draft
	switch {
	case chosen == silenceCancel:
		m.say(fleet.Text("cancelled; nothing was sent"))
		return nil
	case chosen == silenceNext:
		if _, err := fleet.CompileMatchers(d.picked()); err != nil {
			return m.refuse(fleet.Sentence(err))
		}
		return m.askComment(d)
	case chosen == silenceLonger:
		d.length = (d.length + 1) % len(silenceLengths())
	case chosen-silenceMatchers < len(d.on):
		d.on = slices.Clone(d.on)
		d.on[chosen-silenceMatchers] = !d.on[chosen-silenceMatchers]
	}
	return m.askSilence(d, chosen, false)
}

// silenceRefresh counts anew what an open draft hides.
func (m *Model) silenceRefresh() {
	if m.ask == nil || len(m.ask.state.Lines) == 0 {
		return
	}
	if a, ok := m.ask.answer.(silenceAnswer); ok {
		m.ask.state.Lines = m.silenceLines(a.draft)
	}
}

// askComment asks why, for everybody who looks at the alert.
func (m *Model) askComment(d silenceDraft) tea.Cmd {
	return m.open(&question{answer: commentAnswer{d}, state: views.AskState{
		Title: fleet.Text("SILENCE: why"),
		Lines: []fleet.Safe{fleet.MatchersText(d.picked()), m.hidesNow(d),
			fleet.Text("The comment is shown to everybody who looks at these alerts. The number of the change is added to it.")},
		Field: &views.TextField{}, Label: fleet.Text("comment"),
	}})
}

// commentAnswer takes the comment and plans.
type commentAnswer struct{ draft silenceDraft }

// leastComment keeps "x" and "test" from being reasons.
const leastComment = 4

func (a commentAnswer) choose(m *Model, _ int, typed string) tea.Cmd {
	if len([]rune(typed)) < leastComment {
		return m.refuse(fleet.Text("say in a few words why; nothing is sent without a comment"))
	}
	d := a.draft
	return m.planErrand(actions.Intent{Kind: actions.KindSilence, Incident: m.book.Access.Incident, Actor: m.book.Access.Actor, Reason: typed,
		Silence: &actions.SilenceIntent{Source: d.source, Matchers: d.picked(), For: silenceLengths()[d.length], Comment: typed}})
}

// cmdSilence opens the draft of a silence: of the matchers that are given, else of the selected alert.
func (m *Model) cmdSilence(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) == 0 {
		if why := whyNoSilence(m); !why.IsEmpty() {
			return nil, why
		}
		return m.openSilence(""), fleet.Safe{}
	}
	if why := whyNoPlans(m); !why.IsEmpty() {
		return nil, why
	}
	d := silenceDraft{}
	for i := range m.snap.Sources {
		if s := &m.snap.Sources[i]; s.Silences && d.source == "" {
			d.source = s.ID
		}
	}
	if d.source == "" {
		return nil, fleet.Text("no Alertmanager was read: there is nothing that takes a silence")
	}
	for _, text := range args {
		x, err := fleet.ParseMatcher(text)
		if err != nil {
			return nil, fleet.Sentence(err)
		}
		d.matchers, d.on = append(d.matchers, x), append(d.on, true)
	}
	return m.askSilence(d, 0, true), fleet.Safe{}
}
