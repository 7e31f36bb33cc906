package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// budgetsLife is how long what budgets allow is believed: each pod that comes or goes changes it.
const budgetsLife = 2 * time.Minute

// budgets is IL-29: what stands in the way of evictions. Rolls are not asked: the API server heeds budgets on evictions
// alone.
func budgets(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	leaving := p.Work.Draft.Leaves
	switch {
	case p.Intent.Kind != actions.KindDrain:
		return pass(fleet.Text("it evicts no pod: disruption budgets do not apply"))
	case len(leaving) == 0 && !evicts(&p):
		return pass(fleet.Text("no pod has to leave"))
	case len(leaving) == 0:
		return missing(actions.SeverityOVR, fleet.Text("which pods leave, and what their budgets allow, is not known"))
	}
	var out actions.Check
	for i := range leaving {
		out = worse(out, mayLeave(&leaving[i]))
	}
	out = worse(out, groupsStayWhole(leaving))
	out = worse(out, oneAtATime(leaving))
	if old := now.Sub(p.Work.Was.At); p.Work.Was.At.IsZero() || old > budgetsLife {
		out = worse(out, missing(actions.SeverityOVR, fleet.Text("budgets were read too long ago"), age(now, p.Work.Was.At),
			fleet.Text(" > "), fleet.Age(budgetsLife), fleet.Text(": plan again")))
	}
	return out
}

// evicts tells whether a plan has an eviction among its writes.
func evicts(p *actions.Plan) bool {
	for _, w := range p.Work.Writes(len(p.Work.Draft.Stages)) {
		if w.Verb == fleet.WriteEvict {
			return true
		}
	}
	return false
}

func mayLeave(l *fleet.Leaving) actions.Check {
	name := fleet.Label(l.Pod.Name)
	list := l.Budgets.V
	switch {
	case !l.Budgets.OK:
		return missing(actions.SeverityOVR, name, fleet.Text(": its disruption budgets are not known"))
	case len(list) == 0:
		return pass(name, fleet.Text(": no budget applies"))
	case len(list) > 1:
		c := verdict(actions.SeverityBlock, name, fleet.Text(": "), fleet.Many(len(list), "budget"), fleet.Text(" select it ("), list[0].Name,
			fleet.Text(", "), list[1].Name, fleet.Text("): the API server refuses to evict such a pod at all"))
		c.Fix = fleet.Text("leave one budget for its labels")
		return c
	}
	b := list[0]
	terms := fleet.Concat(name, fleet.Text(": "), b.Name, fleet.Text(" allows "), fleet.Int(b.Allowed), fleet.Text(" = "),
		fleet.Int(b.Healthy), fleet.Text(" healthy - "), fleet.Int(b.Wanted), fleet.Text(" wanted"))
	switch {
	case !l.Ready && (b.Unready || b.Healthy >= b.Wanted && b.Wanted > 0):
		return pass(terms, fleet.Text(", and it is not ready: it may go"))
	case b.Allowed > 0:
		return pass(terms)
	}
	c := verdict(actions.SeverityBlock, terms, fleet.Text(": it is refused until another pod is ready"))
	c.Fix = fleet.Text("scale the workload up by one first, or wait for its pods")
	if !l.Ready {
		c.Fix = fleet.Text("set unhealthyPodEvictionPolicy: AlwaysAllow on the budget, or mend the pod: while it is not ready it blocks for ever")
	}
	return c
}

// groupsStayWhole objects to a group of which some pods leave and others stay: all of it restarts, or none of it serves.
func groupsStayWhole(leaving []fleet.Leaving) actions.Check {
	count, size := map[string]int{}, map[string]int{}
	var order []string
	for i := range leaving {
		if l := &leaving[i]; l.Group != "" {
			if count[l.Group] == 0 {
				order = append(order, l.Group)
			}
			count[l.Group]++
			size[l.Group] = max(size[l.Group], l.Size)
		}
	}
	var out actions.Check
	for _, group := range order {
		switch {
		case size[group] == 0:
			out = worse(out, missing(actions.SeverityOVR, fleet.Text("group "), fleet.Label(group),
				fleet.Text(": how many pods it has is not known")))
		case count[group] < size[group]:
			c := verdict(actions.SeverityBlock, fleet.Int(count[group]), fleet.Text(" of "), fleet.Int(size[group]),
				fleet.Text(" pods of the group "), fleet.Label(group), fleet.Text(" leave: the whole replica goes down with them"))
			c.Fix = fleet.Text("take the group away as a whole first: scale its workload down by one, with its share of traffic moved")
			out = worse(out, c)
		}
	}
	if out.Formula.IsEmpty() {
		return pass(fleet.Text("no group is left in part"))
	}
	return out
}

// oneAtATime says which budgets allow fewer evictions than there are pods of them: each waits for a replacement.
func oneAtATime(leaving []fleet.Leaving) actions.Check {
	type under struct{ pods, allowed int }
	all := map[fleet.Safe]*under{}
	var order []fleet.Safe
	for i := range leaving {
		l := &leaving[i]
		if len(l.Budgets.V) != 1 {
			continue
		}
		b := l.Budgets.V[0]
		key := fleet.Concat(fleet.Label(l.Pod.Namespace), fleet.Text("/"), b.Name)
		if all[key] == nil {
			all[key] = &under{allowed: b.Allowed}
			order = append(order, key)
		}
		all[key].pods++
	}
	var out actions.Check
	for _, key := range order {
		if u := all[key]; u.allowed > 0 && u.pods > u.allowed {
			out = worse(out, verdict(actions.SeverityWarn, fleet.Many(u.pods, "pod"), fleet.Verb(u.pods, " leaves under ", " leave under "),
				key, fleet.Text(", which allows "),
				fleet.Int(u.allowed), fleet.Text(": the others wait until replacements are ready elsewhere")))
		}
	}
	if out.Formula.IsEmpty() {
		return pass(fleet.Many(len(leaving), "pod"), fleet.Verb(len(leaving), " leaves, as its budget allows", " leave, as their budgets allow"))
	}
	return out
}
