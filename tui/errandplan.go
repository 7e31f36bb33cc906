package tui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// errandMsg answers the request for the plan of a silence, of its end, or of an edit, with its checks.
type errandMsg struct {
	req    uint64
	plan   actions.Plan
	twin   fleet.Safe
	checks []actions.Check
	err    error
}

// planErrand asks for the plan and its checks.
func (m *Model) planErrand(in actions.Intent) tea.Cmd {
	req, control := m.request(), m.control
	m.say(fleet.Text("planning"))
	return command("plan", func() tea.Msg {
		p, err := control.Plan(in)
		if err != nil {
			return errandMsg{req: req, err: err}
		}
		return errandMsg{req: req, plan: p, twin: control.Twin(in, nil), checks: control.Check(p)}
	})
}

// errandPlanned shows the plan with its checks and what confirms it.
func (m *Model) errandPlanned(msg errandMsg) tea.Cmd {
	if msg.req != m.req || m.ask != nil || m.line != nil || m.shift != nil || m.evac != nil {
		m.late++ // the person went on to something else
		return nil
	}
	if msg.err != nil {
		m.fail(fleet.Sentence(msg.err))
		return nil
	}
	p := &msg.plan
	if p.Silence == nil && p.Edit == nil {
		m.late++ // it answers nothing that was asked
		return nil
	}
	l := ladder(*p, msg.checks)
	if a := m.book.Access; l.Refused.IsEmpty() && !a.Write {
		l.Refused = fleet.Join([]fleet.Safe{fleet.Text("this console may not write"), a.Why}, fleet.Text(": "))
	}
	state := views.AskState{Title: fleet.Concat(fleet.Text("CONFIRM "), errandTitle(p)), Lines: errandLines(p, msg.checks, l, msg.twin)}
	if !l.Refused.IsEmpty() {
		state.Choices = []fleet.Safe{fleet.Text("close; nothing was sent")}
	} else {
		state.Choices = []fleet.Safe{fleet.Text("cancel; nothing is sent"), errandVerb(p)}
		if l.TypeName {
			state.Field = &views.TextField{}
			state.Label = fleet.Concat(fleet.Text("type "), rawName(p.Object()))
		}
	}
	return m.open(&question{answer: errandAnswer{plan: *p, checks: msg.checks, ladder: l}, state: state})
}

func errandTitle(p *actions.Plan) fleet.Safe {
	if p.OfKey() {
		return fleet.Concat(fleet.Text("change of "), p.Edit.Key.Edit.Of.Text(), fleet.Text(" on "), fleet.Label(string(p.Gateway)))
	}
	if p.Edit != nil {
		return fleet.Concat(fleet.Text("edit of "), fleet.Label(p.Object()), fleet.Text(" on "), fleet.Label(string(p.Gateway)))
	}
	if p.Intent.Kind == actions.KindExpire {
		return fleet.Concat(fleet.Text("the end of a silence on "), fleet.Label(p.Object()))
	}
	return fleet.Concat(fleet.Text("silence on "), fleet.Label(p.Object()))
}

func errandVerb(p *actions.Plan) fleet.Safe {
	if p.OfKey() {
		return fleet.Concat(fleet.Text("DO IT: "), p.ErrandText())
	}
	if p.Edit != nil {
		return fleet.Concat(fleet.Text("EDIT: "), p.ErrandText())
	}
	if p.Intent.Kind == actions.KindExpire {
		return fleet.Concat(fleet.Text("END the silence: "), fleet.Many(p.Silence.Hides, "alert"),
			fleet.Verb(p.Silence.Hides, " shows again", " show again"))
	}
	return fleet.Concat(fleet.Text("SILENCE "), fleet.Many(p.Silence.Hides, "alert"), fleet.Text(" until "),
		fleet.Stamp(p.Silence.Silence.Until))
}

// errandLines are the plan in short: what, why, which alerts, each check that is not passed, and how many are.
func errandLines(p *actions.Plan, checks []actions.Check, l views.Ladder, twin fleet.Safe) []fleet.Safe {
	lines := []fleet.Safe{p.ErrandText()}
	if p.Edit != nil {
		lines = append(lines, editLines(p)...)
	} else {
		lines = append(lines, silencePlanLines(p)...)
	}
	passed := 0
	for i := range checks {
		c := &checks[i]
		if c.Severity == actions.SeverityPass {
			passed++
			continue
		}
		lines = append(lines, fleet.Concat(fleet.Label(c.Severity.Verdict()), fleet.Text(" "), fleet.Label(c.Severity.String()),
			fleet.Text(" "), fleet.Label(c.ID), fleet.Text(" "), c.Title, fleet.Text(": "), c.Formula))
	}
	lines = append(lines, fleet.Concat(fleet.Int(passed), fleet.Text(" of "), fleet.Int(len(checks)), fleet.Text(" checks pass; plan "),
		fleet.Label(p.Short())))
	if len(l.Overrides) > 0 {
		lines = append(lines, fleet.Concat(fleet.Text("This overrides "), fleet.Label(strings.Join(l.Overrides, ", ")),
			fleet.Text("; what you typed is the reason")))
	}
	if !l.Refused.IsEmpty() {
		lines = append(lines, fleet.Concat(fleet.Text("REFUSED  "), l.Refused))
	}
	if !twin.IsEmpty() {
		lines = append(lines, twin)
	}
	return lines
}

// silencePlanLines say what a silence hides and why.
func silencePlanLines(p *actions.Plan) []fleet.Safe {
	const most = 6
	var lines []fleet.Safe
	if p.Intent.Kind == actions.KindExpire { // its line names it by its ID alone
		lines = append(lines, fleet.Concat(fleet.Text("it matches "), fleet.MatchersText(p.Silence.Silence.Matchers), fleet.Text(", set by "),
			fleet.Label(p.Silence.Silence.By)))
	}
	lines = append(lines, fleet.Concat(fleet.Text("comment: "), fleet.Label(p.Silence.Silence.Comment)))
	for i, a := range p.Silence.Alerts {
		if i == most {
			lines = append(lines, fleet.Concat(fleet.Text("  and "), fleet.Int(p.Silence.Hides-most), fleet.Text(" more")))
			break
		}
		lines = append(lines, fleet.Join([]fleet.Safe{fleet.Text(" "), a.Level.Text(), a.Object, a.Text}, fleet.Text(" ")))
	}
	return lines
}

// editLines say what an edit needs to be done, and where the load of a blocked member goes.
func editLines(p *actions.Plan) []fleet.Safe {
	lines := []fleet.Safe{fleet.Textf("done when all %s replicas hold it; undo: %s", fleet.Int(len(p.Edit.Replicas)),
		p.Edit.BackText())}
	lines = append(lines, p.Notes...)
	for i := range p.Effects {
		e := &p.Effects[i]
		lines = append(lines, fleet.Textf("  %s: share %s%% -> %s%%, %s -> %s req/s (est.)", fleet.Label(string(e.Target)),
			fleet.Show(e.ShareNow), fleet.Show(e.ShareNew), fleet.Show(e.RequestsNow), fleet.Show(e.RequestsThen)))
	}
	return lines
}

// errandAnswer confirms the plan of a silence, of its end, or of an edit.
type errandAnswer struct {
	plan   actions.Plan
	checks []actions.Check
	ladder views.Ladder
}

func (a errandAnswer) choose(m *Model, chosen int, typed string) tea.Cmd {
	if chosen != 1 || !a.ladder.Refused.IsEmpty() {
		m.say(fleet.Text("cancelled; nothing was sent"))
		return nil
	}
	reason := strings.TrimSpace(a.plan.Intent.Reason)
	switch {
	case m.paused:
		return m.refuse(whyNoPlans(m))
	case a.ladder.TypeName && typed != a.plan.Object():
		return m.refuse(fleet.Concat(fleet.Text("type the name to confirm: "), rawName(a.plan.Object())))
	case len(a.ladder.Overrides) > 0 && utf8.RuneCountInString(reason) < actions.MinOverrideReason:
		return m.refuse(fleet.Textf("an override needs a reason of at least %s; esc, then plan it again",
			fleet.Many(actions.MinOverrideReason, "character")))
	}
	approval := actions.Approval{Typed: typed, Reason: reason, Overrides: a.ladder.Overrides, By: m.book.Access.Actor, At: m.clock.Now()}
	plan, control := a.plan, m.control
	return m.act("start", fleet.Text("begun; 7 shows what became of it, Z undoes it"), func() error {
		_, err := control.Start(plan, approval)
		return err
	})
}
