package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// whyNoEdit is why E does nothing.
func whyNoEdit(m *Model) fleet.Safe {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return why
	}
	if of, ok := m.keyMeant(); ok {
		return whyNoKeyEdit(m, of)
	}
	route := m.selectedRoute()
	r := m.snap.Route(route)
	switch c := m.book.OpenOn(route); {
	case route == "":
		return fleet.Text("no single route is meant here: 2 lists the routes")
	case r == nil:
		return fleet.Concat(fleet.Label(string(route)), fleet.Text(" is no route of this fleet any more"))
	case c != nil:
		return fleet.Concat(changeName(c), fleet.Text(" is open on this route: finish or undo it first; 7 shows it"))
	case len(r.Routing.Edits) > 0:
		return works()
	case !r.Routing.EditsWhy.IsEmpty():
		return fleet.Concat(fleet.Text("nothing beside weights can be edited here: "), r.Routing.EditsWhy)
	default:
		return fleet.Text("its gateway keeps nothing to edit beside weights: S moves its weights")
	}
}

// editChoice is one thing that can be edited, with what is there now.
type editChoice struct {
	text fleet.Safe
	want actions.EditIntent
	asks fleet.Safe // what is to be typed; "" for nothing
	now  string     // what the field begins with
}

// openEdit asks what is to be edited of the selected route, key or team.
func (m *Model) openEdit(string) tea.Cmd {
	if of, ok := m.keyMeant(); ok {
		return m.openKey(of)
	}
	r := m.snap.Route(m.selectedRoute())
	choices := editChoices(r)
	q := &question{answer: editAnswer{route: r.Spec.ID, choices: choices}, state: views.AskState{
		Title:   fleet.Concat(fleet.Text("EDIT "), fleet.Label(string(r.Spec.ID)), fleet.Text(" on "), fleet.Label(string(r.Spec.Gateway))),
		Lines:   []fleet.Safe{fleet.Text("Nothing is sent before you confirm the plan. S moves weights.")},
		Choices: []fleet.Safe{fleet.Text("cancel; nothing is sent")},
	}}
	if !r.Routing.EditsWhy.IsEmpty() {
		q.state.Lines = append(q.state.Lines, fleet.Concat(fleet.Text("Not everything: "), r.Routing.EditsWhy))
	}
	for _, c := range choices {
		q.state.Choices = append(q.state.Choices, c.text)
	}
	return m.open(q)
}

// editChoices lists what the gateway lets edit of a route.
func editChoices(r *fleet.Route) []editChoice {
	var list []editChoice
	if slices.Contains(r.Routing.Edits, fleet.EditFallbacks) {
		for _, kind := range []fleet.FallbackKind{fleet.FallbackFailure, fleet.FallbackContext, fleet.FallbackPolicy} {
			var now []string
			for _, f := range r.Routing.Fallbacks {
				if f.Kind == kind {
					for _, to := range f.To {
						now = append(now, string(to))
					}
				}
			}
			list = append(list, editChoice{
				text: fleet.Concat(fleet.Text("fallbacks ("), fleet.Label(string(kind)), fleet.Text("): "), orNobody(now)),
				want: actions.EditIntent{Kind: fleet.EditFallbacks, Fallback: kind},
				asks: fleet.Text("routes in order, with commas; none for none"), now: strings.Join(now, ", ")})
		}
	}
	if slices.Contains(r.Routing.Edits, fleet.EditAlias) {
		list = append(list, editChoice{text: fleet.Text("a further public name (alias) that leads here"),
			want: actions.EditIntent{Kind: fleet.EditAlias, To: []fleet.RouteID{r.Spec.ID}}, asks: fleet.Text("the name")})
		for _, alias := range r.Routing.Aliases {
			list = append(list, editChoice{text: fleet.Concat(fleet.Text("take alias "), fleet.Label(string(alias)), fleet.Text(" away")),
				want: actions.EditIntent{Kind: fleet.EditAlias, Alias: alias}})
		}
	}
	if slices.Contains(r.Routing.Edits, fleet.EditBlock) {
		for i := range r.Targets {
			t := &r.Targets[i]
			verb := fleet.Text("block ")
			if t.Blocked.V {
				verb = fleet.Text("unblock ")
			}
			list = append(list, editChoice{text: fleet.Concat(verb, fleet.Label(string(t.Spec.ID))),
				want: actions.EditIntent{Kind: fleet.EditBlock, Target: t.Spec.ID, Out: !t.Blocked.V}})
		}
	}
	return append(list, memberChoices(r)...)
}

func orNobody(names []string) fleet.Safe {
	if len(names) == 0 {
		return fleet.Text("none")
	}
	return fleet.Label(strings.Join(names, ", "))
}

// editAnswer is about what is edited.
type editAnswer struct {
	route   fleet.RouteID
	choices []editChoice
}

func (a editAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	if chosen < 1 || chosen > len(a.choices) {
		m.say(fleet.Text("cancelled; nothing was sent"))
		return nil
	}
	c := a.choices[chosen-1]
	if c.asks.IsEmpty() {
		return m.askEditReason(a.route, c.want)
	}
	field := views.TextField{Text: c.now, Cursor: len([]rune(c.now))}
	return m.open(&question{answer: editTyped{a.route, c}, state: views.AskState{
		Title: fleet.Concat(fleet.Text("EDIT "), fleet.Label(string(a.route))), Lines: []fleet.Safe{c.text, m.routeNames(a.route)},
		Field: &field, Label: c.asks}})
}

// routeNames are the routes that fallbacks can lead to.
func (m *Model) routeNames(of fleet.RouteID) fleet.Safe {
	var names []fleet.Safe
	r := m.snap.Route(of)
	for i := range m.snap.Routes {
		if o := &m.snap.Routes[i]; r != nil && o.Spec.Gateway == r.Spec.Gateway && o.Spec.ID != of {
			names = append(names, fleet.Label(string(o.Spec.Called())))
		}
	}
	if len(names) == 0 {
		return fleet.Text("the gateway has no other route")
	}
	return fleet.Concat(fleet.Text("other routes of the gateway: "), fleet.Join(names, fleet.Text(", ")))
}

// editTyped takes the names.
type editTyped struct {
	route  fleet.RouteID
	choice editChoice
}

func (a editTyped) choose(m *Model, _ int, typed string) tea.Cmd {
	want := a.choice.want
	switch want.Kind {
	case fleet.EditAlias:
		want.Alias = fleet.RouteID(strings.TrimSpace(typed))
	case fleet.EditAdd, fleet.EditRemove:
		member, err := typedMember(want, typed)
		if err != nil {
			return m.refuse(fleet.Sentence(err))
		}
		want.Member = member
	default:
		want.To = splitRoutes(typed)
	}
	return m.askEditReason(a.route, want)
}

// splitRoutes reads "a, b"; "none" and nothing are no route.
func splitRoutes(text string) []fleet.RouteID {
	if text = strings.TrimSpace(text); text == "" || text == "none" {
		return nil
	}
	var list []fleet.RouteID
	for _, word := range strings.Split(text, ",") {
		list = append(list, fleet.RouteID(strings.TrimSpace(word)))
	}
	return list
}

// askEditReason asks why an edit of a route is wanted.
func (m *Model) askEditReason(route fleet.RouteID, want actions.EditIntent) tea.Cmd {
	return m.askReason(fleet.Concat(fleet.Text("EDIT "), fleet.Label(string(route)), fleet.Text(": why")),
		actions.Intent{Kind: actions.KindEdit, Route: route, Edit: &want})
}

// askReason asks why, where no incident says it, and plans.
func (m *Model) askReason(title fleet.Safe, in actions.Intent) tea.Cmd {
	in.Incident, in.Actor = m.book.Access.Incident, m.book.Access.Actor
	if in.Incident != "" {
		in.Reason = in.Incident
		return m.planErrand(in)
	}
	return m.open(&question{answer: editReason{in}, state: views.AskState{Title: title,
		Lines: []fleet.Safe{fleet.Text("The reason is kept with the change and in the audit.")},
		Field: &views.TextField{}, Label: fleet.Text("reason")}})
}

// editReason takes the reason and plans.
type editReason struct{ in actions.Intent }

func (a editReason) choose(m *Model, _ int, typed string) tea.Cmd {
	if len([]rune(strings.TrimSpace(typed))) < leastComment {
		return m.refuse(fleet.Text("say in a few words why; nothing is sent without a reason"))
	}
	a.in.Reason = typed
	return m.planErrand(a.in)
}

// cmdEdit opens what can be edited of a route.
func (m *Model) cmdEdit(args []string) (tea.Cmd, fleet.Safe) {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return nil, why
	}
	if len(args) == 1 && m.snap.Route(fleet.RouteID(args[0])) != nil {
		m.visit(place{screen: views.ScreenRoutes, route: fleet.RouteID(args[0])})
	}
	if why := whyNoEdit(m); !why.IsEmpty() {
		return nil, why
	}
	return m.openEdit(""), fleet.Safe{}
}
