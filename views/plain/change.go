package plain

import (
	"strconv"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Change tells a change from its state to its proof, for "pitwall journal show" and while a change runs without a
// screen. Weights stand in the given order, or in that of the plan where it is empty.
func Change(c actions.Change, order []fleet.TargetID, now time.Time) string {
	if len(order) == 0 {
		order = c.Plan.Order
	}
	r := &report{}
	p := &c.Plan
	p.Order = order
	r.line(fleet.Text("CHANGE "), fleet.Int(c.Seq), fleet.Text("  "), fleet.Label(string(p.Intent.Kind)), fleet.Text(" "),
		rawName(p.Object()), fleet.Text("  "), move(p))
	state := c.Told()
	if c.Held {
		state = fleet.Join(kept(fleet.Concat(fleet.Label(string(c.State)), fleet.Text(" by a person")), c.Why), fleet.Text(": "))
	}
	r.fact(fleet.Text("state"), state)
	r.fact(fleet.Text("goes back"), c.Back())
	if c.World != nil {
		r.fact(fleet.Text("gateway"), fleet.Concat(fleet.Text("holds "), c.World.Text(order), fleet.Text(" as of "),
			fleet.ClockTime(c.WorldAt)))
	}
	step := fleet.Textf("%s of %s", fleet.Int(c.Step), fleet.Int(len(p.Steps)))
	if !c.NextAt.IsZero() && !c.State.Closed() {
		step = fleet.Concat(step, fleet.Text(", next in "), fleet.Age(c.NextAt.Sub(now)))
	}
	r.fact(fleet.Text("step"), step)
	r.fact(fleet.Text("guard"), guard(&c))
	r.fact(fleet.Text("started"), fleet.Stamp(c.Started))
	if c.State.Closed() {
		r.fact(fleet.Text("ended"), fleet.Stamp(c.Ended))
	}
	r.fact(fleet.Text("approved"), approved(&c))
	r.fact(fleet.Text("reason"), fleet.Label(c.Approval.Reason))
	for _, id := range c.Approval.Overrides {
		r.fact(fleet.Text("override"), fleet.Label(id))
	}
	r.fact(fleet.Text("undoes"), fleet.Label(string(p.Intent.Undoes)))
	r.fact(fleet.Text("undone by"), fleet.Label(string(c.Undone)))
	r.fact(fleet.Text("plan"), fleet.Label(p.Short()))
	r.fact(fleet.Text("id"), rawName(string(c.ID)))
	switch {
	case p.Work != nil:
		workSteps(r, &c)
	case p.Errand():
		errandSteps(r, &c)
	default:
		sentSteps(r, &c, order)
		limitTable(r, &c)
	}
	if len(c.Checks) > 0 {
		checkList(r, c.Checks)
	}
	return r.String()
}

// rawName is a name that is typed or written to: where a label does not show it as it is, its quoted form stands
// beside it.
func rawName(name string) fleet.Safe {
	if fleet.IsClean(name) {
		return fleet.Label(name)
	}
	return fleet.Concat(fleet.Label(name), fleet.Text(" (raw "), fleet.Label(strconv.QuoteToASCII(name)), fleet.Text(")"))
}

func approved(c *actions.Change) fleet.Safe {
	if c.Approval.At.IsZero() {
		return fleet.Text("never")
	}
	return fleet.Concat(fleet.Stamp(c.Approval.At), fleet.Text(" by "), c.Approval.By.Text())
}

// guard says which process verifies the change and rolls it back.
func guard(c *actions.Change) fleet.Safe {
	g := &c.Guard
	process := fleet.Concat(fleet.Text("process "), fleet.Int(g.PID), fleet.Text(" on "), or(fleet.Label(g.Host)))
	switch {
	case c.State.Closed():
		return fleet.Safe{}
	case g.Mine:
		return fleet.Concat(fleet.Text("this one, "), process)
	case g.Alive.OK && !g.Alive.V:
		return fleet.Concat(fleet.Text("NOBODY GUARDS IT: "), process, fleet.Text(" is gone; resume or undo it"))
	case !g.Alive.OK:
		return fleet.Concat(process, fleet.Text(", which cannot be asked from here"))
	case g.Detached:
		return fleet.Concat(process, fleet.Text(", without a screen: it starts no further step"))
	default:
		return process
	}
}

// sentSteps is what was sent, read back and seen, and what is still due.
func sentSteps(r *report, c *actions.Change, order []fleet.TargetID) {
	r.line()
	r.line(fleet.Text("STEPS "), fleet.Int(len(c.Plan.Steps)))
	var rows [][]fleet.Safe
	done := 0
	for i := range c.Steps {
		s := &c.Steps[i]
		number := fleet.Int(s.N)
		if s.Back {
			number = fleet.Concat(number, fleet.Text(" back"))
		} else {
			done = max(done, s.N)
		}
		rows = append(rows, []fleet.Safe{number, s.Weights.Text(order), fleet.ClockTime(s.Sent), heldBy(s),
			fleet.ClockTime(s.Verified), seen(s, order), or(remarks(s, order))})
	}
	for i := range c.Plan.Steps {
		if s := &c.Plan.Steps[i]; s.N > done {
			none := fleet.Text(fleet.Unknown)
			rows = append(rows, []fleet.Safe{fleet.Int(s.N), s.After.Text(order), none, none, none, none,
				fleet.Text("not sent")})
		}
	}
	r.table([]column{left(fleet.Text("STEP")), left(fleet.Text("SET")), left(fleet.Text("SENT")),
		left(fleet.Text("HELD BY")),
		left(fleet.Text("VERIFIED")), left(fleet.Text("SEEN%")), left(fleet.Text("REMARK"))}, rows)
}

func heldBy(s *actions.StepResult) fleet.Safe {
	held := 0
	for i := range s.ReadBack {
		if s.ReadBack[i].OK {
			held++
		}
	}
	if len(s.ReadBack) == 0 {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Textf("%s of %s", fleet.Int(held), fleet.Int(len(s.ReadBack)))
}

func seen(s *actions.StepResult, order []fleet.TargetID) fleet.Safe {
	if len(s.Seen) == 0 {
		return fleet.Text(fleet.Unknown)
	}
	shares := make([]fleet.Safe, len(order))
	for i, id := range order {
		shares[i] = fleet.Show(s.Seen[id])
	}
	return fleet.Join(shares, fleet.Text("/"))
}

// remarks are what is wrong with a step: its error, the replicas that do not hold it, traffic that does not follow.
func remarks(s *actions.StepResult, order []fleet.TargetID) fleet.Safe {
	parts := kept(s.Err)
	for i := range s.ReadBack {
		b := &s.ReadBack[i]
		if b.OK && b.Err.IsEmpty() {
			continue
		}
		text := fleet.Concat(fleet.Label(string(b.Replica)), fleet.Text(" holds "), b.Weights.Text(order))
		if b.Weights == nil {
			text = fleet.Concat(fleet.Label(string(b.Replica)), fleet.Text(" did not say what it holds"))
		}
		parts = append(parts, fleet.Join(kept(text, b.Err), fleet.Text(": ")))
	}
	if s.SeenOK.OK && !s.SeenOK.V {
		parts = append(parts, fleet.Text("traffic does not follow the weights"))
	}
	return fleet.Join(parts, fleet.Text("; "))
}

func limitTable(r *report, c *actions.Change) {
	if len(c.Limits)+len(c.Harm) == 0 {
		return
	}
	r.line()
	r.line(fleet.Text("ROLL-BACK LIMITS"))
	var rows [][]fleet.Safe
	for _, list := range [][]actions.LimitNow{c.Limits, c.Harm} {
		for i := range list {
			l := &list[i]
			broken := fleet.Text(fleet.Unknown)
			if l.Broken > 0 {
				broken = fleet.Age(l.Broken)
			}
			rows = append(rows, []fleet.Safe{l.Name, or(fleet.Label(string(l.Target))), or(l.Before), or(l.Now), or(l.Limit),
				or(fleet.Label(l.Verdict)), broken})
		}
	}
	r.table([]column{left(fleet.Text("FIGURE")), left(fleet.Text("TARGET")), right(fleet.Text("BEFORE")),
		right(fleet.Text("NOW")), right(fleet.Text("LIMIT")), left(fleet.Text("VERDICT")), left(fleet.Text("BROKEN FOR"))},
		rows)
}
