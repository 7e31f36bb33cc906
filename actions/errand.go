package actions

import "pitwall/fleet"

// Object is the raw name of what a plan acts on: its route, its alerting system, a key or a team, or an object
// of a cluster.
func (p *Plan) Object() string {
	switch {
	case p.Work != nil:
		return p.Work.Was.Object.Name
	case p.Silence != nil:
		return string(p.Silence.Source)
	case p.OfKey():
		return p.Edit.Key.Edit.Of.Raw()
	}
	return string(p.Intent.Route)
}

// ObjectKind is what a plan acts on, as a word: "route", "alerting system", "Deployment".
func (p *Plan) ObjectKind() string {
	switch {
	case p.Work != nil:
		return fleet.Label(p.Work.Was.Object.Kind).String()
	case p.Silence != nil:
		return "alerting system"
	case p.OfKey():
		return p.Edit.Key.Edit.Of.Kind()
	}
	return "route"
}

// OfKey tells whether the plan changes a key of a gateway, or a team.
func (p *Plan) OfKey() bool { return p.Edit != nil && p.Edit.Key != nil }

// Lock is the name under which a plan's object is locked: that of the route, or one of the other object's.
func (p *Plan) Lock() fleet.RouteID {
	switch {
	case p.Work != nil:
		return ObjectLock(p.Work.Was.Object)
	case p.Silence != nil:
		return "alerts of " + fleet.RouteID(p.Silence.Source)
	case p.OfKey():
		return KeyLock(p.Gateway, p.Edit.Key.Edit.Of)
	}
	return p.Intent.Route
}

// SharedLock is the name under which the object of a cluster is locked in that cluster, which has other names elsewhere; ""
// for plans of other things.
func (p *Plan) SharedLock() string {
	if p.Work == nil {
		return ""
	}
	return lockIn(p.Work.Was.Object)
}

func lockIn(o fleet.ObjectRef) string { return o.Kind + " " + ObjectName(o) }

// ObjectLock is the name under which an object of a cluster is locked.
func ObjectLock(o fleet.ObjectRef) fleet.RouteID {
	return fleet.RouteID(lockIn(o) + " of " + string(o.Cluster))
}

// Errand tells whether the plan moves no weights.
func (p *Plan) Errand() bool { return p.Silence != nil || p.Work != nil || p.Edit != nil }

// ErrandText says what an errand does in one line: `alertname="Down" until 10:45:00, hides 3 (worst CRIT)`; of an
// expire, which silence ends; of an object, its writes; of an edit, what was and what shall be. It is "" for changes of weights.
func (p *Plan) ErrandText() fleet.Safe {
	switch {
	case p.Work != nil:
		return p.workText()
	case p.Edit != nil:
		return p.Edit.Text()
	case p.Silence == nil:
		return fleet.Safe{}
	case p.Intent.Kind == KindExpire && p.Intent.Silence != nil:
		return fleet.Textf("end of silence %s, %s show again", fleet.Label(p.Intent.Silence.ID), fleet.Int(p.Silence.Hides))
	}
	text := fleet.Textf("%s until %s, hides %s", fleet.MatchersText(p.Silence.Silence.Matchers),
		fleet.ClockTime(p.Silence.Silence.Until), fleet.Int(p.Silence.Hides))
	if p.Silence.Worst == "" {
		return text
	}
	return fleet.Concat(text, fleet.Text(" (worst "), p.Silence.Worst.Text(), fleet.Text(")"))
}
