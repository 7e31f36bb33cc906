package views

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
)

// Where the parts of a check begin.
const (
	checkSeverityAt = 7
	checkIDAt       = 13
	checkTitleAt    = 20
)

// confirmed draws the checks as they were when the change was confirmed, the worst first.
func confirmed(s *page, c *actions.Change) {
	s.End()
	if len(c.Checks) == 0 {
		s.Rule(fleet.Text("CHECKS at confirmation"), fleet.Safe{}, fleet.Safe{})
		s.Gap(2).Say(themes.Dim, "none recorded").End()
		return
	}
	checks := bySeverity(c.Checks)
	s.Rule(fleet.Concat(fleet.Text("CHECKS at confirmation "), fleet.Int(len(checks))), verdicts(checks), fleet.Safe{})
	for i := range checks {
		verdict(s, &checks[i], c.Approval.At)
	}
}

// verdict draws one check with its formula; what objects tells its inputs with their ages at that time, and what
// would make it pass.
func verdict(s *page, c *actions.Check, at time.Time) {
	role := roleOfSeverity(c.Severity)
	s.Gap(2).Put(role, fleet.Label(c.Severity.Verdict()))
	if c.Severity > actions.SeverityWarn {
		s.To(checkSeverityAt).Put(role, fleet.Label(c.Severity.String()))
	}
	s.To(checkIDAt).Put(themes.Dim, fleet.Label(c.ID)).To(checkTitleAt).Put(themes.Text, c.Title)
	if c.Target != "" {
		s.Say(themes.Dim, "  on ").Put(themes.Text, fleet.Label(string(c.Target)))
	}
	if c.Missing {
		s.Gap(2).Say(themes.Stale, "NO DATA")
	}
	s.End()
	s.say(themes.Dim, c.Formula, checkTitleAt, 3)
	if c.Severity == actions.SeverityPass {
		return
	}
	s.say(themes.Dim, inputsOf(c, at), checkTitleAt, 3)
	if !c.Fix.IsEmpty() {
		s.say(themes.Accent, fleet.Concat(fleet.Text("fix: "), c.Fix), checkTitleAt, 2)
	}
}

// inputsOf lists the numbers behind a verdict: "from decode 4.10k 2s old, rating 10.0k".
func inputsOf(c *actions.Check, at time.Time) fleet.Safe {
	parts := make([]fleet.Safe, 0, len(c.Inputs))
	for _, in := range c.Inputs {
		text := fleet.Concat(in.Name, fleet.Text(" "), in.Value)
		if !in.At.IsZero() && !at.IsZero() {
			text = fleet.Concat(text, fleet.Text(" "), fleet.Age(at.Sub(in.At)), fleet.Text(" old"))
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text("from "), fleet.Join(parts, fleet.Text(", ")))
}
