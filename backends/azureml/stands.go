package azureml

import (
	"cmp"
	"time"

	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

// verdict is how an object stands.
type verdict struct {
	phase fleet.RolloutPhase
	why   fleet.Safe
	never bool
	since time.Time
}

// stand says how far a resource is by its provisioning state.
func stand(what fleet.Safe, state string, s system, now time.Time) verdict {
	v := verdict{since: s.Modified.UTC()}
	age := now.Sub(s.Modified)
	switch state {
	case "Succeeded":
		v.phase = fleet.RolloutDone
		if restobjects.Settling(s.Modified, now) { // a PATCH is answered before it begins
			v.phase = fleet.RolloutUnseen
			v.why = fleet.Textf("%s was changed %s ago: its state may be that of before", what, fleet.Age(max(age, 0)))
		}
	case "Creating", "Updating", "Scaling", "Deleting":
		v.phase = fleet.RolloutMoving
		v.why = fleet.Textf("%s is %s since %s", what, fleet.Label(state), fleet.Age(max(age, 0)))
		if s.Modified.IsZero() {
			v.why = fleet.Textf("%s is %s", what, fleet.Label(state))
		}
	case "Failed":
		v.phase, v.never = fleet.RolloutFailed, true
		v.why = fleet.Textf("the last operation on %s failed: the activity log of Azure and the logs of the deployment say why", what)
	case "Canceled":
		v.phase, v.never = fleet.RolloutFailed, true
		v.why = fleet.Textf("the last operation on %s was cancelled", what)
	default:
		v.phase = fleet.RolloutUnknown
		v.why = fleet.Textf("Azure says the state of %s is %s, which pitwall does not know", what, fleet.Quote(cmp.Or(state, "empty")))
	}
	return v
}

func (v *verdict) state() fleet.State {
	switch v.phase {
	case fleet.RolloutDone:
		return fleet.StateOK
	case fleet.RolloutFailed:
		return fleet.StateDown
	case fleet.RolloutUnknown:
		return fleet.StateUnknown
	default:
		return fleet.StateWarn
	}
}

// worse orders phases, the one that matters most last.
func worse(a, b fleet.RolloutPhase) bool {
	rank := map[fleet.RolloutPhase]int{fleet.RolloutUnknown: 1, fleet.RolloutUnseen: 2, fleet.RolloutMoving: 3, fleet.RolloutFailed: 4}
	return rank[a] > rank[b]
}

func (d *deployment) stands(now time.Time) verdict {
	return stand(fleet.Concat(fleet.Text("deployment "), fleet.Quote(d.Name)), d.Properties.State, d.System, now)
}

// gathered is an endpoint with its deployments.
type gathered struct {
	endpoint    endpoint
	deployments []deployment
	now         time.Time
}

// stands says how an endpoint stands: as what goes worst of it and its deployments. One that failed before the endpoint was changed
// last, and gets no requests, keeps nothing from its end.
func (g *gathered) stands() verdict {
	v := stand(fleet.Text("the endpoint"), g.endpoint.Properties.State, g.endpoint.System, g.now)
	var left fleet.Safe
	for i := range g.deployments {
		d := g.deployments[i].stands(g.now)
		switch {
		case d.phase == fleet.RolloutFailed && g.forgotten(&g.deployments[i]):
			left = fleet.Textf("deployment %s, which gets no requests, failed earlier", fleet.Quote(g.deployments[i].Name))
		case worse(d.phase, v.phase):
			v = d
		}
	}
	if v.phase == fleet.RolloutDone && v.why.IsEmpty() {
		v.why = left
	}
	return v
}

// forgotten tells whether a deployment was left as it is: the endpoint was changed after it, and sends it nothing.
func (g *gathered) forgotten(d *deployment) bool {
	p := &g.endpoint.Properties
	return p.Traffic[d.Name] == 0 && p.Mirrored[d.Name] == 0 && !d.System.Modified.IsZero() &&
		d.System.Modified.Before(g.endpoint.System.Modified)
}

// instances are those of all its deployments.
func (g *gathered) instances() int {
	n := 0
	for i := range g.deployments {
		n += g.deployments[i].instances()
	}
	return n
}

// serving is the deployment with the most requests, nil where none gets any.
func (g *gathered) serving() *deployment {
	var best *deployment
	for i := range g.deployments {
		d := &g.deployments[i]
		if n := g.endpoint.Properties.Traffic[d.Name]; n > 0 && (best == nil || n > g.endpoint.Properties.Traffic[best.Name]) {
			best = d
		}
	}
	return best
}

var gaps = fleet.Gaps{Ready: true, GPUs: true}

func (g *gathered) workload() *fleet.Workload {
	e := &g.endpoint
	v := g.stands()
	w := &fleet.Workload{Kind: endpointKind.Kind, Name: e.Name, UID: identity(e.ID, e.System), Created: e.System.Created.UTC(),
		Desired: g.instances(), Gaps: gaps, State: v.state(), Why: v.why, Since: v.since}
	if d := g.serving(); d != nil {
		w.Image = fleet.Label(asset(d.Properties.Model))
	} else if v.phase == fleet.RolloutDone {
		w.State, w.Why = fleet.StateIdle, fleet.Text("no deployment gets requests")
	}
	return w
}

func (d *deployment) workload(of string, now time.Time) *fleet.Workload {
	v := d.stands(now)
	w := &fleet.Workload{Kind: deploymentKind.Kind, Namespace: of, Name: d.Name, UID: identity(d.ID, d.System),
		Created: d.System.Created.UTC(), Desired: d.instances(), Gaps: gaps, State: v.state(),
		Why: v.why, Since: v.since, Image: fleet.Label(asset(d.Properties.Environment))}
	if d.scales() {
		w.Autoscaler = fleet.Textf("%s-%s", fleet.Int(d.Properties.Scale.Min), fleet.Int(d.Properties.Scale.Max))
	}
	return w
}
