package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/economics/tco"
	"pitwall/fleet"
	"pitwall/views"
	"pitwall/views/tcopage"
)

// paneEconomics begins the names of the panes of the economics screen, which share words with others.
const paneEconomics = "economics-"

// decision is what the economics screen was worked out from.
type decision struct {
	as     tco.Case // with what was edited
	edited map[tco.Key]bool
	answer *tco.Answer
}

func newEconomics() views.EconomicsState {
	u := views.EconomicsState{Pane: views.EconomicsPanes()[0], Tables: map[string]*views.Table{}}
	for _, id := range views.EconomicsPanes() {
		u.Tables[id] = &views.Table{}
	}
	return u
}

func economicsPanes() []string {
	ids := views.EconomicsPanes()
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = paneEconomics + id
	}
	return list
}

func economicsOrder(s *states) map[string][]string {
	list := map[string][]string{}
	for id, rows := range views.EconomicsOrder(s.economics) {
		list[paneEconomics+id] = rows
	}
	return list
}

// whyNoEconomics is why there is no decision to show.
func whyNoEconomics(m *Model) fleet.Safe {
	if m.snap == nil || len(m.snap.Routes) == 0 {
		return fleet.Text("no route is known")
	}
	return works()
}

// openEconomics shows the decision about the selected route, else about the one that was shown last, else about the first.
func (m *Model) openEconomics(string) tea.Cmd {
	id := m.selectedRoute()
	if m.snap.Route(id) == nil {
		id = m.states.economics.Of
	}
	if m.snap.Route(id) == nil {
		id = m.snap.Routes[0].Spec.ID
	}
	m.showEconomics(id)
	return nil
}

func (m *Model) cmdEconomics(args []string) (tea.Cmd, fleet.Safe) {
	if why := whyNoEconomics(m); !why.IsEmpty() {
		return nil, why
	}
	switch {
	case len(args) == 0:
		return m.openEconomics(""), fleet.Safe{}
	case len(args) > 1 || m.snap.Route(fleet.RouteID(args[0])) == nil:
		return nil, fleet.Text("name a route of this fleet")
	}
	m.showEconomics(fleet.RouteID(args[0]))
	return nil, fleet.Safe{}
}

// showEconomics goes to the screen. What was edited of the same route stays.
func (m *Model) showEconomics(id fleet.RouteID) {
	if m.states.economics.Of != id || m.states.economics.Answer == nil {
		m.decide(id)
	}
	m.visit(place{screen: views.ScreenEconomics, route: id})
}

// decide takes the inputs of a route from the fleet as it is read now. What was edited of the same route stays edited.
func (m *Model) decide(id fleet.RouteID) {
	u, was := &m.states.economics, m.states.decision
	same := u.Of == id
	u.Of, u.Answer, u.Why, u.Edits = id, nil, fleet.Safe{}, 0
	as, err := tco.FromRoute(m.snap, id, m.prices)
	if err != nil {
		u.Why = fleet.Sentence(err)
		return
	}
	u.Read = m.snap.At
	m.states.decision = decision{as: as, edited: map[tco.Key]bool{}}
	if same {
		for key := range was.edited {
			if v, ok := was.as.Value(key); ok && as.Put(key, v.V, v.Origin, v.From, v.AsOf) == nil {
				m.states.decision.edited[key] = true
			}
		}
		m.states.decision.as = as
	}
	m.solve(&as)
}

// solve works the answer out; it is arithmetic of a few milliseconds.
func (m *Model) solve(as *tco.Case) {
	a := tco.Solve(as, tco.MostMonths)
	d := tcopage.Layout(&a)
	m.states.decision.answer, m.states.economics.Answer = &a, &d
	m.states.economics.Edits = len(m.states.decision.edited)
}

// inputMeant is the input under the cursor.
func (m *Model) inputMeant() (tco.Input, bool) {
	p := m.states.economics.Pane
	if m.place().screen != views.ScreenEconomics || p != "inputs" && p != "sensitivity" {
		return tco.Input{}, false
	}
	return tco.Find(tco.Key(m.selected()))
}

// inputAnswer edits one input. The screen follows each keystroke; esc takes all of it back.
type inputAnswer struct {
	of     tco.Input
	before tco.Case
}

// editInput asks for a value of the input under the cursor.
func (m *Model) editInput() tea.Cmd {
	in, ok := m.inputMeant()
	if !ok {
		m.say(fleet.Text("enter edits an input: tab leads to the tables of inputs"))
		return nil
	}
	before := m.states.decision.as
	v, _ := before.Value(in.Key)
	text := in.Text(v.V).String()
	q := &question{answer: inputAnswer{in, before}, state: views.AskState{
		Title: fleet.Concat(fleet.Text("EDIT "), fleet.Label(string(in.Key))), Label: fleet.Label(string(in.Unit)),
		Field: &views.TextField{Text: text, Cursor: len([]rune(text))}, Lines: inputLines(&in, v)}}
	return m.open(q)
}

func inputLines(in *tco.Input, v tco.Value) []fleet.Safe {
	lines := []fleet.Safe{in.Label, fleet.Textf("%s: %s", fleet.Label(string(v.Origin)), v.From)}
	if len(in.Choices) == 0 {
		return append(lines, fleet.Textf("%s to %s", in.Text(in.Min), in.Text(in.Max)))
	}
	words := make([]fleet.Safe, len(in.Choices))
	for i, w := range in.Choices {
		words[i] = fleet.Label(w)
	}
	return append(lines, fleet.Join(words, fleet.Text(", ")))
}

// typed shows what the answer would be. While what is typed is no value the last answer stands.
func (a inputAnswer) typed(m *Model, text string) {
	as := a.before
	if err := as.Set(a.of.Key, text, tco.Edited, fleet.Text("typed here")); err != nil {
		m.ask.state.Err = fleet.Cause(err)
		return
	}
	m.solve(&as)
}

func (a inputAnswer) leave(m *Model) { m.solve(&a.before) }

func (a inputAnswer) choose(m *Model, _ int, typed string) tea.Cmd {
	as := a.before
	if err := as.Set(a.of.Key, typed, tco.Edited, fleet.Text("typed here")); err != nil {
		return m.refuse(fleet.Cause(err))
	}
	m.states.decision.as = as
	m.states.decision.edited[a.of.Key] = true
	m.solve(&as)
	return nil
}
