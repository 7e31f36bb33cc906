package interlocks

import (
	"math"
	"slices"
	"strconv"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func verdict(sev actions.Severity, formula ...fleet.Safe) actions.Check {
	return actions.Check{Severity: sev, Formula: fleet.Concat(formula...)}
}

func pass(formula ...fleet.Safe) actions.Check { return verdict(actions.SeverityPass, formula...) }

// missing is a verdict that comes from absent data.
func missing(sev actions.Severity, what ...fleet.Safe) actions.Check {
	c := verdict(sev, what...)
	c.Missing = true
	return c
}

// noHistory is the override that absent look-back asks for; all of them together form one.
func noHistory(what ...fleet.Safe) actions.Check {
	c := missing(actions.SeverityOVR, what...)
	c.History = true
	return c
}

// worse keeps the stronger objection. Of two equal ones it keeps what was measured before what is missing, saying both,
// so that no grouped override of missing history hides a real one, and nothing measured hides what is missing.
func worse(a, b actions.Check) actions.Check {
	switch {
	case a.Formula.IsEmpty(), b.Severity > a.Severity:
		return b
	case b.Severity < a.Severity || a.Severity == actions.SeverityPass || absence(a) == absence(b):
		return a
	}
	if absence(b) < absence(a) {
		a, b = b, a
	}
	a.Missing, a.Formula = true, fleet.Concat(a.Formula, fleet.Text("; "), b.Formula)
	return a
}

// absence orders verdicts by how much of them rests on absent data.
func absence(c actions.Check) int {
	switch {
	case c.Missing && c.History:
		return 2
	case c.Missing:
		return 1
	default:
		return 0
	}
}

// band is a limit with the severity of crossing it.
type band struct {
	over float64
	sev  actions.Severity
}

// judge compares a value with bands, the severest first, and prints "0.91 = … > 0.85".
func judge(value float64, terms fleet.Safe, bands ...band) actions.Check {
	if math.IsNaN(value) {
		return missing(actions.SeverityOVR, fleet.Text("a figure is no number: "), terms)
	}
	for _, b := range bands {
		if value > b.over {
			return verdict(b.sev, fleet.Float(value, 2), fleet.Text(" = "), terms, fleet.Text(" > "), trim(b.over))
		}
	}
	least := bands[len(bands)-1]
	return pass(fleet.Float(value, 2), fleet.Text(" = "), terms, fleet.Text(" <= "), trim(least.over))
}

func trim(v float64) fleet.Safe { return fleet.Label(strconv.FormatFloat(v, 'g', -1, 64)) }

// grouped draws a number with thousands apart: "9,100".
func grouped[T ~float64](v T) fleet.Safe {
	digits := strconv.FormatFloat(float64(v), 'f', 0, 64)
	sign := ""
	if digits != "" && digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	out := ""
	for len(digits) > 3 {
		out = "," + digits[len(digits)-3:] + out
		digits = digits[:len(digits)-3]
	}
	return fleet.Label(sign + digits + out)
}

func target(id fleet.TargetID) fleet.Safe { return fleet.Label(string(id)) }

func on(c actions.Check, id fleet.TargetID) actions.Check {
	c.Target = id
	c.Formula = fleet.Concat(target(id), fleet.Text(": "), c.Formula)
	return c
}

// age draws ", age 12s"; the zero time has none.
func age(now, at time.Time) fleet.Safe {
	if at.IsZero() {
		return fleet.Text(", age unknown")
	}
	return fleet.Concat(fleet.Text(", age "), fleet.Age(now.Sub(at)))
}

func input(name, value fleet.Safe, at time.Time) actions.Input {
	return actions.Input{Name: name, Value: value, At: at}
}

// receivers are the targets whose share grows: of what the gateway shares out, or of all weights, since a member that is kept for
// when others fail takes more then.
func receivers(p actions.Plan, r *fleet.Route) []fleet.TargetID {
	return moving(p, r, func(was, will fleet.Maybe[fleet.Ratio]) bool { return will.OK && will.V > was.Or(0) })
}

// givers are the targets whose share falls.
func givers(p actions.Plan, r *fleet.Route) []fleet.TargetID {
	return moving(p, r, func(was, will fleet.Maybe[fleet.Ratio]) bool { return was.OK && will.Or(0) < was.V })
}

func moving(p actions.Plan, r *fleet.Route, is func(was, will fleet.Maybe[fleet.Ratio]) bool) []fleet.TargetID {
	var out []fleet.TargetID
	was, will := taking(r, p.Before), taking(r, p.After)
	blind := unread(p, r) != ""
	for _, id := range p.Order {
		if is(was.Share(id), will.Share(id)) || is(p.Before.Share(id), p.After.Share(id)) || blind && r != nil {
			out = append(out, id)
		}
	}
	return out
}

// unread is a member with weight of which nothing was read: whether it takes its part, and so what the others get, is not known.
func unread(p actions.Plan, r *fleet.Route) fleet.TargetID {
	for _, id := range p.Order {
		if p.Before[id]+p.After[id] > 0 && (r == nil || r.Target(id) == nil) {
			return id
		}
	}
	return ""
}

// taking are the weights by which a route's gateway shares requests out; all of them where the route was not read.
func taking(r *fleet.Route, w fleet.Weights) fleet.Weights {
	if r == nil {
		return w
	}
	return r.Takes(w)
}

// eachReceiver asks about every target whose share grows and keeps the strongest objection.
func eachReceiver(p actions.Plan, s *fleet.Snapshot, ask func(*fleet.Route,
	*fleet.Target) actions.Check) actions.Check {
	r := route(p, s)
	list := receivers(p, r)
	if len(list) == 0 {
		return pass(fleet.Text("no target's share grows"))
	}
	var out actions.Check
	for _, id := range list {
		if r != nil && r.Target(id) == nil && !mayGrow(p, r, id) {
			out = worse(out, missing(actions.SeverityOVR, target(id), fleet.Text(" was not read: what it takes is not known")))
			continue
		}
		if r == nil || r.Target(id) == nil {
			return missing(actions.SeverityHard, fleet.Text("the fleet no longer has target "), target(id))
		}
		c := ask(r, r.Target(id))
		out = worse(out, on(c, id))
	}
	return out
}

// mayGrow tells whether the share of a member of which nothing was read grows: by its weights, or by them and any order that it may
// have among the others, of which some may be blocked.
func mayGrow(p actions.Plan, r *fleet.Route, id fleet.TargetID) bool {
	orders := []fleet.Maybe[int]{fleet.None[int]()}
	for i := range r.Targets {
		orders = append(orders, r.Targets[i].Order)
	}
	with := *r
	for _, order := range orders {
		with.Targets = append(slices.Clone(r.Targets), fleet.Target{Spec: fleet.TargetSpec{ID: id}, Order: order})
		if with.Takes(p.After).Share(id).Or(0) > with.Takes(p.Before).Share(id).Or(0) {
			return true
		}
	}
	return p.After.Share(id).Or(0) > p.Before.Share(id).Or(0)
}

// route is the route of a plan as it was read. Whether the member is blocked that a plan blocks or puts back is in the plan's weights.
func route(p actions.Plan, s *fleet.Snapshot) *fleet.Route {
	if s == nil {
		return nil
	}
	r := s.RouteOf(p.Route)
	if r != nil && p.Edit != nil && p.Edit.Edit.Kind == fleet.EditBlock {
		return r.Without(p.Edit.Edit.Target)
	}
	return r
}

// weightsOnTheWay are the weights that the plan sets, one after the other.
func weightsOnTheWay(p actions.Plan) []fleet.Weights {
	out := make([]fleet.Weights, 0, len(p.Steps)+1)
	for _, st := range p.Steps {
		out = append(out, st.After)
	}
	return append(out, p.After)
}
