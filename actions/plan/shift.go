package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// format is the version of the Plan structure that this package makes.
const format = 1

// maxWeight bounds what a person may type: gateways take any integer, and a slip of a key is not meant.
const maxWeight = 1_000_000

// New plans an intent of any kind on a snapshot.
func New(in actions.Intent, s *fleet.Snapshot, now time.Time) (actions.Plan, error) {
	switch in.Kind {
	case actions.KindResync:
		return Resync(in, s, now)
	case actions.KindShift:
		return Shift(in, s, now)
	case actions.KindSilence:
		return Silence(in, s, now)
	case actions.KindExpire:
		return Expire(in, s, now)
	case actions.KindEdit:
		return Edit(in, s, now)
	default:
		return actions.Plan{}, refuse(fmt.Errorf("the kind of change %q is not known", fleet.Label(string(in.Kind))))
	}
}

// Shift plans a change of weights. Targets that the intent does not name keep theirs. A route, a target or a weight
// that does not exist is refused with the names that do (KindInvalid); weights that no gateway replica tells are
// refused as KindStale.
func Shift(in actions.Intent, s *fleet.Snapshot, now time.Time) (actions.Plan, error) {
	p, r, err := begin(in, s, now)
	if err != nil {
		return actions.Plan{}, err
	}
	switch g := &r.Routing; {
	case !g.Fixed.IsEmpty():
		return actions.Plan{}, refuse(fmt.Errorf("the weights of %s cannot be changed here: %s", fleet.Label(string(r.Spec.ID)), g.Fixed))
	case g.Weighing == fleet.WeighingIgnored || g.Weighing == fleet.WeighingGroups:
		return actions.Plan{}, refuse(fmt.Errorf("strategy %s of %s does not share traffic by weights: changing them moves nothing", g.Strategy,
			fleet.Label(string(r.Spec.ID))))
	}
	if err := nameTargets(r, in.Weights); err != nil {
		return actions.Plan{}, err
	}
	p.After = p.Before.Clone()
	for id, v := range in.Weights {
		p.After[id] = v
	}
	if err := unsetMembers(&p, r); err != nil {
		return actions.Plan{}, err
	}
	if p.After.Equal(p.Before) {
		return actions.Plan{}, refuse(fmt.Errorf("%s already has these weights: nothing to change",
			fleet.Label(string(r.Spec.ID))))
	}
	if p.After.Sum() <= 0 {
		return actions.Plan{}, refuse(errors.New("all weights would be 0: the route would have no target"))
	}
	p.AfterHash = fleet.HashWeights(p.After)
	p.Most = r.Routing.Most
	if r.Routing.Weighing == fleet.WeighingInOut {
		if err := inOrOut(p.After); err != nil {
			return actions.Plan{}, err
		}
		p.InOrOut = true
		p.Steps = turns(p.Before, p.After, p.Order, p.Ramp)
	} else {
		p.Steps = ramp(p.Before, p.After, p.Order, p.Ramp, p.Most)
	}
	Estimate(&p, r, s)
	notePolicy(&p, r, s)
	return seal(p)
}

// seal gives a finished plan its digest.
func seal(p actions.Plan) (actions.Plan, error) {
	if p.Digest = Digest(p); p.Digest == "" {
		return actions.Plan{}, &fleet.Error{Kind: fleet.KindInternal, Op: "plan",
			Err: errors.New("a figure of the plan is no number"), Next: "nothing was changed"}
	}
	return p, nil
}

// begin fills what every plan has and finds the route with the weights that it is planned on.
func begin(in actions.Intent, s *fleet.Snapshot, now time.Time) (actions.Plan, *fleet.Route, error) {
	if s == nil {
		return actions.Plan{}, nil, &fleet.Error{Kind: fleet.KindStale, Op: "plan",
			Err: errors.New("nothing has been read yet")}
	}
	r := s.Route(in.Route)
	if r == nil {
		return actions.Plan{}, nil, refuse(fmt.Errorf("there is no route %q; there are %s", in.Route, routeNames(s)))
	}
	if gateways := gatewaysOf(s, in.Route); len(gateways) > 1 {
		return actions.Plan{}, nil, refuse(fmt.Errorf("%s have a route %s: a change is of one of them, and by its name they cannot be told "+
			"apart", list(gateways), fleet.Quote(string(in.Route))))
	}
	before, err := observed(r)
	if err != nil {
		return actions.Plan{}, nil, err
	}
	p := actions.Plan{
		Format: format, Created: now, Intent: in, Context: s.Context, Env: s.Env, Mode: s.Mode,
		Gateway: r.Spec.Gateway, Route: r.Spec, Order: r.Order(), Before: before, BeforeHash: fleet.HashWeights(before),
		Ramp: in.Ramp.WithDefaults(), Guard: withDefaults(in.Guard,
			r.Spec.Guard), Soak: in.Soak, SeenGen: s.Gen, SeenAt: s.At,
	}
	if p.Soak <= 0 {
		p.Soak = actions.DefaultSoak
	}
	return p, r, nil
}

// gatewaysOf names the gateways that have a route of this name.
func gatewaysOf(s *fleet.Snapshot, id fleet.RouteID) []string {
	var names []string
	for i := range s.Routes {
		if s.Routes[i].Spec.ID == id {
			names = append(names, fleet.Label(string(s.Routes[i].Spec.Gateway)).String())
		}
	}
	return names
}

// observed returns what all gateway replicas agree on, else what most of them hold: the interlock on
// disagreement then refuses, with the plan to look at.
func observed(r *fleet.Route) (fleet.Weights, error) {
	if r.Weights != nil {
		return r.Weights.Clone(), nil
	}
	for _, v := range r.Replicas {
		if !v.Stale && !v.Differs && v.Weights != nil {
			return v.Weights.Clone(), nil
		}
	}
	return nil, &fleet.Error{Kind: fleet.KindStale, Op: "plan",
		Err: fmt.Errorf("no gateway replica of %s answers with its weights",
			fleet.Label(string(r.Spec.ID))), Next: "nothing was changed; see Sources for what cannot be read"}
}

// withDefaults completes the guard of an intent with the route's.
func withDefaults(g, route fleet.Guard) fleet.Guard {
	if !g.ErrRatio.OK {
		g.ErrRatio = route.ErrRatio
	}
	if !g.TTFT95.OK {
		g.TTFT95 = route.TTFT95
	}
	if g.For <= 0 {
		g.For = route.For
	}
	if g.For <= 0 {
		g.For = time.Minute
	}
	return g
}

// nameTargets refuses names that the route does not have, and weights out of range.
func nameTargets(r *fleet.Route, w fleet.Weights) error {
	if len(w) == 0 {
		return refuse(errors.New("no weights are given; write TARGET=WEIGHT"))
	}
	for id, v := range w {
		if r.Target(id) == nil {
			return refuse(fmt.Errorf("route %q has no target %q; it has %s", r.Spec.ID, id, targetNames(r)))
		}
		if v < 0 || v > maxWeight {
			return refuse(fmt.Errorf("weight %d of %q is not between 0 and %d", v, id, maxWeight))
		}
		if most := r.Routing.Most; most > 0 && v > most && r.Routing.Weighing != fleet.WeighingInOut {
			return refuse(fmt.Errorf("weight %d of %q is over %d, the most that its gateway takes", v, id, most))
		}
	}
	return nil
}

// unsetMembers asks for explicit numbers: gateways treat members without a weight in surprising ways
// (LiteLLM: as 0, or all alike when the first healthy one has none).
func unsetMembers(p *actions.Plan, r *fleet.Route) error {
	for _, id := range r.Unset {
		if _, named := p.Intent.Weights[id]; !named {
			return refuse(fmt.Errorf("target %q has no usable weight on the gateway; give every member a number, %q too", id,
				id))
		}
		p.Notes = append(p.Notes, fleet.Concat(fleet.Label(string(id)),
			fleet.Text(" had no weight before; undo sets a number, since the gateway cannot clear it")))
	}
	return nil
}

func routeNames(s *fleet.Snapshot) string {
	names := make([]string, 0, len(s.Routes))
	for _, r := range s.Routes {
		names = append(names, fleet.Label(string(r.Spec.ID)).String())
	}
	slices.Sort(names)
	return list(names)
}

func targetNames(r *fleet.Route) string {
	names := make([]string, 0, len(r.Targets))
	for _, t := range r.Targets {
		names = append(names, fleet.Label(string(t.Spec.ID)).String())
	}
	return list(names)
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func refuse(err error) error { return &fleet.Error{Kind: fleet.KindInvalid, Op: "plan", Err: err} }
