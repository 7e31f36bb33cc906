package views

import (
	"cmp"
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// drawChecks is step 2: every interlock with its verdict and its numbers, the failing ones first.
func (d *shiftDialog) drawChecks(s *sheet) {
	checks := worstFirst(d.state.Checks)
	if len(checks) == 0 {
		s.say(themes.Dim, fleet.Text("the checks are running; nothing is known yet"), 0, 1)
	} else {
		s.Put(severityRole(checks[0].Severity), tally(checks)).Gap(3).Put(themes.Dim, d.validity()).End()
	}
	s.mark(spareNever)
	d.drawConsequence(s, checks)
	s.blank()
	s.openList()
	for i := range checks {
		s.item()
		drawCheck(s, &checks[i], d.sc)
	}
	s.closeList(d.state.Scroll)
	s.moves = true
	s.blank()
	d.checkHints(s)
}

// worstFirst sorts checks by severity and keeps the order of their numbers among equals.
func worstFirst(checks []actions.Check) []actions.Check {
	sorted := slices.Clone(checks)
	slices.SortStableFunc(sorted, func(a, b actions.Check) int { return cmp.Compare(b.Severity, a.Severity) })
	return sorted
}

// tally counts severities: "25 checks: 20 PASS, 3 WARN, 1 OVR, 1 BLOCK".
func tally(checks []actions.Check) fleet.Safe {
	var count [actions.SeverityHard + 1]int
	for i := range checks {
		count[checks[i].Severity]++
	}
	parts := make([]fleet.Safe, 0, len(count))
	for severity, n := range count {
		if n > 0 || severity == int(actions.SeverityPass) {
			word := fleet.Label(actions.Severity(severity).String())
			parts = append(parts, fleet.Concat(fleet.Int(n), fleet.Text(" "), word))
		}
	}
	return fleet.Textf("%s: %s", fleet.Many(len(checks), "check"), fleet.Join(parts, fleet.Text(", ")))
}

// validity says how old the checks are and for how long they count.
func (d *shiftDialog) validity() fleet.Safe {
	if !d.state.Busy.IsEmpty() {
		return fleet.Concat(d.state.Busy, fleet.Text("..."))
	}
	if d.state.CheckedAt.IsZero() {
		return fleet.Text("not checked yet")
	}
	age := d.sc.Now.Sub(d.state.CheckedAt)
	return fleet.Concat(fleet.Age(age), fleet.Text(" ago, valid for "), countdown(d.state.ValidFor-age))
}

// drawConsequence says what the verdicts mean for the confirmation.
func (d *shiftDialog) drawConsequence(s *sheet, checks []actions.Check) {
	l := &d.state.Ladder
	switch {
	case len(checks) == 0:
	case !l.Refused.IsEmpty():
		s.say(themes.Crit, fleet.Concat(fleet.Text("REFUSED  "), l.Refused), 0, 2)
	case len(l.Overrides) > 0:
		s.say(themes.Warn, fleet.Concat(fleet.Text("OVERRIDE needed for "), overrideList(l.Overrides),
			fleet.Text(": typed name and reason in step 3")), 0, 2)
	default:
		s.say(themes.OK, fleet.Text("nothing stands in the way"), 0, 1)
	}
	s.mark(spareNever)
}

func overrideList(ids []string) fleet.Safe {
	names := make([]fleet.Safe, len(ids))
	for i, id := range ids {
		names[i] = fleet.Label(id)
	}
	return fleet.Join(names, fleet.Text(", "))
}

// The columns of a check: severity, number, title.
const (
	checkSeverity = 5
	checkID       = 11
	checkTitle    = 18
)

// drawCheck draws one check; a passed one in a single line where its formula fits.
func drawCheck(s *sheet, c *actions.Check, sc Scene) {
	role := severityRole(c.Severity)
	s.Put(role, fleet.Label(c.Severity.Verdict()))
	if c.Severity > actions.SeverityWarn {
		s.To(checkSeverity).Put(role, fleet.Label(c.Severity.String()))
	}
	s.To(checkID).Put(themes.Dim, fleet.Label(c.ID)).To(checkTitle).Put(themes.Text, c.Title)
	if c.Target != "" {
		s.Say(themes.Dim, "  on ").Put(themes.Text, fleet.Label(string(c.Target)))
	}
	if c.Missing {
		s.Gap(2).Say(themes.Stale, "NO DATA")
	}
	if c.Severity == actions.SeverityPass && part.Width(c.Formula)+2 <= s.Room() {
		s.Gap(2).Put(themes.Dim, c.Formula).End()
		return
	}
	s.End()
	if c.Severity == actions.SeverityPass {
		s.say(themes.Dim, c.Formula, checkID, 2)
		return
	}
	s.say(themes.Text, c.Formula, checkID, 3)
	s.say(themes.Dim, inputsText(c, sc), checkID, 2)
	if !c.Fix.IsEmpty() {
		s.say(themes.Accent, fleet.Concat(fleet.Text("fix: "), c.Fix), checkID, 2)
	}
}

// inputsText lists the numbers behind a verdict with their ages: "from decode 4.10k 2s ago, rating 10.0k".
func inputsText(c *actions.Check, sc Scene) fleet.Safe {
	parts := make([]fleet.Safe, 0, len(c.Inputs))
	for _, in := range c.Inputs {
		text := fleet.Concat(in.Name, fleet.Text(" "), in.Value)
		if !in.At.IsZero() {
			text = fleet.Concat(text, fleet.Text(" "), fleet.Age(sc.Now.Sub(in.At)), fleet.Text(" ago"))
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text("from "), fleet.Join(parts, fleet.Text(", ")))
}

func severityRole(severity actions.Severity) themes.Role {
	switch severity {
	case actions.SeverityPass:
		return themes.OK
	case actions.SeverityWarn, actions.SeverityOVR:
		return themes.Warn
	default:
		return themes.Crit
	}
}

func (d *shiftDialog) checkHints(s *sheet) {
	keys := make([]KeyHint, 0, 6)
	if len(d.state.Checks) > 0 && d.state.Ladder.Refused.IsEmpty() {
		keys = append(keys, hint(fleet.Text("enter"), fleet.Text("confirm")))
	}
	if id := d.lagging(); id != "" && d.state.Kind != actions.KindResync {
		keys = append(keys, hint(fleet.Text("R"), fleet.Concat(fleet.Text("resync "), fleet.Label(string(id)))))
	}
	if d.state.Work != nil && !d.state.Twin.IsEmpty() {
		keys = append(keys, hint(fleet.Text("y"), fleet.Text("copy the command")))
	}
	keys = append(keys, hint(fleet.Text("e"), fleet.Text("check again")), hint(fleet.Text("p"), fleet.Text("plan")),
		hint(fleet.Text("esc"), fleet.Text("cancel")))
	s.hints(d.state.Grace, keys...)
}

// lagging is the first gateway replica that differs, "" when all agree.
func (d *shiftDialog) lagging() fleet.GatewayReplicaID {
	if d.route == nil {
		return ""
	}
	for i := range d.route.Replicas {
		if d.route.Replicas[i].Differs {
			return d.route.Replicas[i].ID
		}
	}
	return ""
}
