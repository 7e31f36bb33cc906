package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// keyMeant is the key or the team under the cursor: of an alert, or of a line of the bills.
func (m *Model) keyMeant() (fleet.KeyOf, bool) {
	if m.snap == nil {
		return fleet.KeyOf{}, false
	}
	id := m.selected()
	switch m.pane() {
	case paneAlerts:
		if a := alertByID(m.snap, id); a != nil && a.Key != nil {
			return *a.Key, true
		}
	case paneBillParts:
		for i := range m.snap.Spend.Rows {
			r := &m.snap.Spend.Rows[i]
			if views.SpendRowID(r.By, r.Name) == id && (r.By == fleet.SpendByKey || r.By == fleet.SpendByTeam) {
				return m.gatewayKey(fleet.KeyRef{Team: r.By == fleet.SpendByTeam, Alias: r.Name}), r.Provider == ""
			}
		}
	}
	return fleet.KeyOf{}, false
}

// gatewayKey says where a key or a team of the bills is, as far as that is told.
func (m *Model) gatewayKey(ref fleet.KeyRef) fleet.KeyOf {
	found := fleet.KeyOf{KeyRef: ref}
	for i := range m.snap.Spend.Keys {
		of := m.snap.Spend.Keys[i].Of()
		if of.Team != ref.Team || of.Alias != ref.Alias && of.ID != ref.Alias {
			continue
		}
		if found.Gateway != "" {
			return fleet.KeyOf{KeyRef: ref} // several have that name: the plan asks which
		}
		found = of
	}
	return found
}

// whyNoKeyEdit is why E does nothing on a key or a team.
func whyNoKeyEdit(m *Model, of fleet.KeyOf) fleet.Safe {
	if of.Gateway == "" || of.ID == "" {
		return works() // where it is is found when it is planned
	}
	if c := m.book.OpenOn(actions.KeyLock(of.Gateway, of.KeyRef)); c != nil {
		return fleet.Concat(changeName(c), fleet.Text(" is open on this "), fleet.Label(of.Kind()),
			fleet.Text(": finish or undo it first; 7 shows it"))
	}
	return works()
}

// openKey asks what is to be done with a key or a team.
func (m *Model) openKey(of fleet.KeyOf) tea.Cmd {
	lines := []fleet.Safe{fleet.Text("Nothing is sent before you confirm the plan. What is stored is read for it.")}
	for i := range m.snap.Spend.Keys {
		if b := &m.snap.Spend.Keys[i]; b.Gateway == of.Gateway && b.Of().ID == of.ID && of.Team == (b.Key == "") && b.Rate.OK {
			lines = append(lines, fleet.Textf("It spends $%s/h now by the gateway's prices, $%s in its last hour.", b.Rate.V.Text(),
				fleet.Show(b.Hour)))
		}
	}
	title := fleet.Concat(fleet.Text("CHANGE "), of.Text())
	if of.Gateway != "" {
		title = fleet.Concat(title, fleet.Text(" on "), fleet.Label(string(of.Gateway)))
	}
	return m.open(&question{answer: keyAnswer{of}, state: views.AskState{Title: title, Lines: lines, Choices: []fleet.Safe{
		fleet.Text("cancel; nothing is sent"), fleet.Text("block it: every request is refused"),
		fleet.Text("unblock it"), fleet.Text("change its limits: budget, tokens or requests a minute")}}})
}

// keyAnswer is about what is done with it.
type keyAnswer struct{ of fleet.KeyOf }

func (a keyAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	want := actions.KeyIntent{Gateway: a.of.Gateway, Of: a.of.KeyRef, Kind: fleet.KeyBlock, Out: chosen == 1}
	switch chosen {
	case 1, 2:
		return m.askKeyReason(want)
	case 3:
		return m.open(&question{answer: keyTyped{want}, state: views.AskState{Title: fleet.Concat(fleet.Text("LIMITS of "), a.of.Text()),
			Lines: []fleet.Safe{fleet.Text("Such as: budget=50 per=1d, or rpm=60 tpm=100000; none for no limit. What is not named stays.")},
			Field: &views.TextField{}, Label: fleet.Text("limits")}})
	}
	m.say(fleet.Text("cancelled; nothing was sent"))
	return nil
}

// keyTyped takes the limits.
type keyTyped struct{ want actions.KeyIntent }

func (a keyTyped) choose(m *Model, _ int, typed string) tea.Cmd {
	if why := typedLimits(&a.want, strings.Fields(typed)); !why.IsEmpty() {
		return m.refuse(why)
	}
	return m.askKeyReason(a.want)
}

// typedLimits reads budget=50 per=1d and the like; the sentence says what is wrong.
func typedLimits(want *actions.KeyIntent, words []string) fleet.Safe {
	want.Kind, want.Out = fleet.KeyLimit, false
	values := map[string]string{}
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		named := map[string]*bool{"budget": &want.Budget, "per": &want.Per, "tpm": &want.TPM, "rpm": &want.RPM}[name]
		if !ok || named == nil {
			return fleet.Concat(fleet.Quote(word), fleet.Text(" is none of budget=, per=, tpm=, rpm="))
		}
		*named, values[name] = true, value
	}
	if len(values) == 0 {
		return fleet.Text("name a limit: budget=, per=, tpm=, rpm=")
	}
	if err := actions.ReadLimits(want, values["budget"], values["per"], values["tpm"], values["rpm"]); err != nil {
		return fleet.Sentence(err)
	}
	return fleet.Safe{}
}

// askKeyReason asks why, where no incident says it.
func (m *Model) askKeyReason(want actions.KeyIntent) tea.Cmd {
	return m.askReason(fleet.Concat(fleet.Text("CHANGE "), want.Of.Text(), fleet.Text(": why")),
		actions.Intent{Kind: actions.KindKey, Key: &want})
}

func (m *Model) cmdKey(args []string) (tea.Cmd, fleet.Safe)  { return m.keyCommand(args, false) }
func (m *Model) cmdTeam(args []string) (tea.Cmd, fleet.Safe) { return m.keyCommand(args, true) }

// keyCommand plans a change of a key or a team by its name.
func (m *Model) keyCommand(args []string, team bool) (tea.Cmd, fleet.Safe) {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return nil, why
	}
	for _, word := range args {
		if fleet.LooksSecret(word) {
			return nil, fleet.Text("that looks like a key itself: name keys by alias or hash; it was neither kept nor sent")
		}
	}
	want := actions.KeyIntent{Kind: fleet.KeyBlock}
	want.Of.Team = team
	if len(args) >= 2 {
		want.Of.Alias = args[1]
	}
	switch {
	case len(args) == 2 && (args[0] == "block" || args[0] == "unblock"):
		want.Out = args[0] == "block"
	case len(args) > 2 && args[0] == "limit":
		if why := typedLimits(&want, args[2:]); !why.IsEmpty() {
			return nil, why
		}
	default:
		return nil, fleet.Text("block NAME, unblock NAME, or limit NAME budget=50 per=1d (tpm=, rpm=, none for no limit)")
	}
	return m.askKeyReason(want), fleet.Safe{}
}

// keyWords complete the verb and the name.
func keyWords(team bool) func(*Model, []string) []string {
	return func(m *Model, args []string) []string {
		if len(args) <= 1 {
			return []string{"block", "unblock", "limit"}
		}
		if len(args) > 2 || m.snap == nil {
			return nil
		}
		var names []string
		for i := range m.snap.Spend.Keys {
			if b := &m.snap.Spend.Keys[i]; team == (b.Key == "") {
				names = append(names, b.Of().Raw())
			}
		}
		return names
	}
}
