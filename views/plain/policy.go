package plain

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Policy is one route's policy with how it is kept, for a table and as JSON.
type Policy struct {
	Route  fleet.RouteID
	Policy fleet.RoutePolicy
	State  fleet.PolicyState
	Faults []fleet.Lint
}

// PoliciesOf are the policies of a fleet, or that of one route; nil where there is none.
func PoliciesOf(s *fleet.Snapshot, only fleet.RouteID) []Policy {
	var list []Policy
	for i := range s.Routes {
		r := &s.Routes[i]
		if r.Spec.Policy == nil || r.Policy == nil || only != "" && r.Spec.ID != only {
			continue
		}
		list = append(list, Policy{Route: r.Spec.ID, Policy: *r.Spec.Policy, State: *r.Policy, Faults: policyFaults(r)})
	}
	return list
}

// policyFaults are the faults of a route that its policy has.
func policyFaults(r *fleet.Route) []fleet.Lint {
	var list []fleet.Lint
	for _, l := range r.Lints {
		switch l.Rule {
		case fleet.LintPolicySplit, fleet.LintPolicySides, fleet.LintPolicyFallback, fleet.LintPolicyProven, fleet.LintPolicyCold,
			fleet.LintPolicyFate, fleet.LintPolicyModel:
			list = append(list, l)
		default:
		}
	}
	return list
}

// Policies draws policies as a table, with the evidence and the faults of each below.
func Policies(list []Policy, now time.Time) string {
	r := &report{}
	r.line(fleet.Text("POLICIES "), fleet.Int(len(list)), fleet.Text("  shares are own GPUs/API"))
	rows := make([][]fleet.Safe, 0, len(list))
	for i := range list {
		x := &list[i]
		rows = append(rows, []fleet.Safe{fleet.Label(string(x.Route)), fleet.Label(string(x.Policy.Pattern)), x.Policy.Local.Split(),
			split(x.State.Set), split(x.State.Seen), fleet.Int(int(x.State.SeenN)), fleet.Age(x.State.Over), fleet.Label(string(x.State.Verdict)),
			since(x.State.Since, now)})
	}
	r.table([]column{left(fleet.Text("ROUTE")), left(fleet.Text("PATTERN")), right(fleet.Text("INTENDED")), right(fleet.Text("SET")),
		right(fleet.Text("SEEN")), right(fleet.Text("REQUESTS")), right(fleet.Text("IN")),
		left(fleet.Text("VERDICT")), right(fleet.Text("FOR"))}, rows)
	for i := range list {
		x := &list[i]
		r.line()
		r.line(rawName(string(x.Route)), fleet.Text(": "), or(x.State.Why))
		for _, l := range x.Faults {
			r.line(fleet.Text("  "), fleet.Label(string(l.Rule)), fleet.Text(": "), l.Text)
		}
	}
	return r.String()
}

func split(m fleet.Maybe[fleet.Ratio]) fleet.Safe {
	if !m.OK {
		return fleet.Text(fleet.Unknown)
	}
	return m.V.Split()
}

// PolicyTest tells what would happen to a route under its policy. Nothing has been sent.
func PolicyTest(t actions.PolicyTest, p Policy) string {
	r := &report{}
	r.line(fleet.Text("POLICY TEST "), rawName(string(t.Route)), fleet.Text("  "), p.Policy.Text(), fleet.Text("  now "),
		fleet.Label(string(p.State.Verdict)))
	for i := range t.Cases {
		c := &t.Cases[i]
		r.line()
		r.line(fleet.Text("IF "), c.What, fleet.Text(": "), fleet.Label(string(c.Verdict)))
		r.fact(fleet.Text("why"), c.Why)
		if c.Requests.OK {
			room := fleet.Text("there is no telling for how much of it there is room")
			if c.Room.OK {
				room = fleet.Textf("there is room for %s%% of it", c.Room.V.Whole())
			}
			r.fact(fleet.Text("moves"), fleet.Textf("%s req/s, and %s", fleet.Show(c.Requests), room))
		}
		if c.Weights != nil {
			r.fact(fleet.Text("weights"), weightsText(c.Weights))
		}
		for _, x := range c.Takers {
			r.fact(fleet.Text("taker"), takerText(t.Route, &x))
		}
		for k := range c.Checks {
			x := &c.Checks[k]
			r.fact(fleet.Text("check"), fleet.Textf("%s %s %s: %s", fleet.Label(x.Severity.String()), fleet.Label(x.ID), x.Title, x.Formula))
		}
		for _, remark := range c.Remarks {
			r.fact(fleet.Text("note"), remark)
		}
	}
	r.line()
	r.line(fleet.Text("nothing was sent"))
	return r.String()
}

func takerText(route fleet.RouteID, x *actions.Taker) fleet.Safe {
	name := fleet.Label(string(x.Target))
	if x.Route != route {
		name = fleet.Textf("%s of %s", name, fleet.Label(string(x.Route)))
	}
	could := fleet.Textf("could take %s%%", x.Fit.Whole())
	if !x.Known {
		could = fleet.Text("what it can take is not known")
	}
	text := fleet.Textf("%s would get %s%%, %s", name, x.Gets.Whole(), could)
	if !x.Why.IsEmpty() {
		text = fleet.Textf("%s: %s", text, x.Why)
	}
	return text
}
