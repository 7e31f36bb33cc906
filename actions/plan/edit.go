package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Edit plans a change of what a gateway keeps of a route beside its weights. What the gateway cannot do, or does already, and
// names that it does not have, are refused (KindInvalid); what is not known of it is refused as KindStale.
func Edit(in actions.Intent, s *fleet.Snapshot, now time.Time) (actions.Plan, error) {
	if in.Edit == nil {
		return actions.Plan{}, refuse(errors.New("the intent says nothing of an edit"))
	}
	p, r, err := begin(in, s, now)
	if err != nil {
		return actions.Plan{}, err
	}
	want := *in.Edit
	e := fleet.RouteEdit{Kind: want.Kind, Fallback: want.Fallback, Alias: want.Alias, Target: want.Target, After: slices.Clone(want.To),
		Out: want.Out, Member: cloneMember(want.Member)}
	if in.Undoes == "" { // what is undone names routes as the gateway does already
		nameRoutes(&e, r, s)
	}
	if e.Kind == fleet.EditFallbacks && e.Fallback == "" {
		e.Fallback = fleet.FallbackFailure
	}
	if err := editable(r, e.Kind); err != nil {
		return actions.Plan{}, err
	}
	if err := fillEdit(&e, r, s, &p); err != nil {
		return actions.Plan{}, refuse(err)
	}
	if e.Kind == fleet.EditBlock {
		p.Effects = effects(&p, r.Without(e.Target), s)
		p.BurnNow, p.BurnThen = burn(&p, s)
	} else {
		p.Before = nil // no weight changes
	}
	p.Edit = &actions.EditPlan{Edit: e}
	for _, x := range r.Replicas {
		if !x.Stale {
			p.Edit.Replicas = append(p.Edit.Replicas, x.ID)
		}
	}
	p.BeforeHash, p.AfterHash = editHash(e.Inverse()), editHash(e)
	p.Steps = []actions.Step{{N: 1, Before: p.Before, After: p.After, BeforeHash: p.BeforeHash, AfterHash: p.AfterHash}}
	p.Ramp, p.Soak = actions.Ramp{}, 0
	return seal(p)
}

// fillEdit says what holds before and after an edit, each kind by its own rules.
func fillEdit(e *fleet.RouteEdit, r *fleet.Route, s *fleet.Snapshot, p *actions.Plan) error {
	switch e.Kind {
	case fleet.EditFallbacks:
		return editFallbacks(e, r, s)
	case fleet.EditAlias:
		return editAlias(e, r, s)
	case fleet.EditBlock:
		return editBlock(e, r, p)
	case fleet.EditAdd:
		return editAdd(e, r, s)
	case fleet.EditRemove:
		return editRemove(e, r)
	default:
		return fmt.Errorf("the kind of edit %q is not known", fleet.Label(string(e.Kind)))
	}
}

// nameRoutes writes IDs of routes as their gateway calls them. Fallbacks are shown and typed by these names: one goes before an ID.
func nameRoutes(e *fleet.RouteEdit, r *fleet.Route, s *fleet.Snapshot) {
	for i, to := range e.After {
		o := s.Route(to)
		if o == nil || o.Spec.Gateway != r.Spec.Gateway || e.Kind == fleet.EditFallbacks && s.RouteAt(r.Spec.Gateway, to) != nil {
			continue
		}
		e.After[i] = o.Spec.Called()
	}
}

// editable refuses what the gateway cannot do, or of which nobody knows what holds now.
func editable(r *fleet.Route, kind fleet.EditKind) error {
	switch {
	case !r.RoutingAs.IsEmpty():
		return &fleet.Error{Kind: fleet.KindConflict, Op: "plan", Err: errors.New(r.RoutingAs.String()),
			Next: "make the replicas agree first: pitwall resync ROUTE REPLICA"}
	case slices.Contains(r.Routing.Edits, kind):
		return nil
	case !r.Routing.EditsWhy.IsEmpty():
		return refuse(fmt.Errorf("%s of %s cannot be edited here: %s", kind, fleet.Label(string(r.Spec.ID)), r.Routing.EditsWhy))
	}
	return refuse(fmt.Errorf("%s of %s cannot be edited: its gateway has no such thing, or was not read", kind,
		fleet.Label(string(r.Spec.ID))))
}

func editFallbacks(e *fleet.RouteEdit, r *fleet.Route, s *fleet.Snapshot) error {
	for _, f := range r.Routing.Fallbacks {
		if f.Kind == e.Fallback {
			e.Before = slices.Clone(f.To)
		}
	}
	seen := map[fleet.RouteID]bool{r.Spec.Called(): true}
	for _, to := range e.After {
		switch {
		case to == r.Spec.Called():
			return fmt.Errorf("%s cannot be its own fallback", fleet.Label(string(to)))
		case seen[to]:
			return fmt.Errorf("%s is named twice", fleet.Label(string(to)))
		case s.RouteAt(r.Spec.Gateway, to) == nil:
			return fmt.Errorf("%s has no route %s; it has %s", fleet.Label(string(r.Spec.Gateway)), fleet.Quote(string(to)),
				list(routesOf(s, r.Spec.Gateway)))
		}
		seen[to] = true
	}
	switch {
	case len(e.After) > actions.MostEdit:
		return fmt.Errorf("at most %d fallbacks are followed, and %d are named", actions.MostEdit, len(e.After))
	case slices.Equal(e.Before, e.After):
		return fmt.Errorf("the fallbacks of %s are so already", fleet.Label(string(r.Spec.ID)))
	}
	return nil
}

func editAlias(e *fleet.RouteEdit, r *fleet.Route, s *fleet.Snapshot) error {
	for i := range s.Routes {
		o := &s.Routes[i]
		if o.Spec.Gateway == r.Spec.Gateway && slices.Contains(o.Routing.Aliases, e.Alias) {
			e.Before = []fleet.RouteID{o.Spec.Called()}
		}
	}
	switch {
	case e.Alias == "" || !fleet.IsClean(string(e.Alias)) || strings.TrimSpace(string(e.Alias)) != string(e.Alias):
		return errors.New("an alias needs a public name of plain characters")
	case slices.ContainsFunc(s.Routes, func(o fleet.Route) bool { return o.Spec.Gateway == r.Spec.Gateway && o.Spec.Called() == e.Alias }):
		return fmt.Errorf("%s is a route of its own: its members would no longer be reached", fleet.Quote(string(e.Alias)))
	case len(e.After) > 1:
		return errors.New("an alias leads to one route")
	case slices.Equal(e.Before, e.After):
		return fmt.Errorf("alias %s is so already", fleet.Quote(string(e.Alias)))
	}
	for _, to := range e.After {
		if !slices.ContainsFunc(s.Routes, func(o fleet.Route) bool { return o.Spec.Gateway == r.Spec.Gateway && o.Spec.Called() == to }) {
			return fmt.Errorf("%s has no route %s; it has %s", fleet.Label(string(r.Spec.Gateway)), fleet.Quote(string(to)),
				list(routesOf(s, r.Spec.Gateway)))
		}
	}
	return nil
}

// editBlock gives the plan the weights that the route would have, so that the checks see where its load goes.
func editBlock(e *fleet.RouteEdit, r *fleet.Route, p *actions.Plan) error {
	t := r.Target(e.Target)
	switch {
	case t == nil:
		return fmt.Errorf("%s has no target %s", fleet.Label(string(r.Spec.ID)), fleet.Quote(string(e.Target)))
	case !t.Blocked.OK:
		return fmt.Errorf("whether %s is blocked is not known", fleet.Label(string(e.Target)))
	}
	if e.WasOut = t.Blocked.V; e.WasOut == e.Out {
		return fmt.Errorf("%s is so already", fleet.Label(string(e.Target)))
	}
	n := func(o *fleet.Target) int { return o.Set.Or(0) }
	counted := func(blocked bool) fleet.Weights {
		w := fleet.Weights{}
		for i := range r.Targets {
			o := &r.Targets[i]
			out := o.Blocked.OK && o.Blocked.V
			if o.Spec.ID == e.Target {
				out = blocked
			}
			if w[o.Spec.ID] = 0; !out {
				w[o.Spec.ID] = n(o)
			}
		}
		return w
	}
	// A weight that cannot be read is not 0: a member that has one is no reason to keep another one that harms.
	unset := slices.ContainsFunc(r.Targets, func(o fleet.Target) bool { return !o.Set.OK })
	if p.Before, p.After = counted(e.WasOut), counted(e.Out); unset || !decides(r) {
		// No weight says how much a member gets: what is left is shared out by something else.
		n = func(*fleet.Target) int { return 1 }
		p.Before, p.After = counted(e.WasOut), counted(e.Out)
		p.Notes = append(p.Notes, fleet.Text("no weights decide here: what each member would get is not known"))
	}
	switch {
	case p.After.Sum() == 0 && !e.Out:
		return fmt.Errorf("no member would take anything by it: %s has no weight", fleet.Label(string(e.Target)))
	case p.After.Sum() == 0:
		return fmt.Errorf("%s is the last member that may take anything", fleet.Label(string(e.Target)))
	}
	return nil
}

// decides tells whether weights say how much a member of a route gets.
func decides(r *fleet.Route) bool {
	return r.Routing.Weighing == fleet.WeighingUnknown || r.Routing.Weighing.Decides()
}

func routesOf(s *fleet.Snapshot, gateway fleet.GatewayID) []string {
	var names []string
	for i := range s.Routes {
		if s.Routes[i].Spec.Gateway == gateway {
			names = append(names, fleet.Label(string(s.Routes[i].Spec.Called())).String())
		}
	}
	return names
}

// editHash identifies what holds after an edit.
func editHash(e fleet.RouteEdit) string {
	e.Before, e.WasOut = nil, false
	body, err := json.Marshal(e)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// undoEdit is the intent that sets back what an edit found.
func undoEdit(c actions.Change, actor actions.Actor) (actions.Intent, error) {
	if c.Step == 0 || c.State == actions.StateRolledBack {
		return actions.Intent{}, refuse(errors.New("the change left nothing: there is nothing to undo"))
	}
	if c.Plan.OfKey() {
		return undoKey(c, actor), nil
	}
	back := c.Plan.Edit.Edit.Inverse()
	return actions.Intent{Kind: actions.KindEdit, Route: c.Plan.Intent.Route, Undoes: c.ID, Actor: actor, Reason: "undo " + string(c.ID),
		Edit: &actions.EditIntent{Kind: back.Kind, Fallback: back.Fallback, Alias: back.Alias, Target: back.Target,
			To: back.After, Out: back.Out, Member: cloneMember(back.Member)}}, nil
}

// twinEdit is an edit as a command line.
func twinEdit(in actions.Intent) string {
	e := in.Edit
	parts := []string{"pitwall edit", quote(string(in.Route))}
	to := "none"
	if len(e.To) > 0 {
		words := make([]string, len(e.To))
		for i, id := range e.To {
			words[i] = string(id)
		}
		to = strings.Join(words, ",")
	}
	switch e.Kind {
	case fleet.EditFallbacks:
		parts = append(parts, "--fallbacks", quote(to))
		if e.Fallback != "" && e.Fallback != fleet.FallbackFailure {
			parts = append(parts, "--on", quote(string(e.Fallback)))
		}
	case fleet.EditAlias:
		flag := "--alias"
		if len(e.To) == 0 {
			flag = "--no-alias"
		}
		parts = append(parts, flag, quote(string(e.Alias)))
	case fleet.EditBlock:
		flag := "--unblock"
		if e.Out {
			flag = "--block"
		}
		parts = append(parts, flag, quote(string(e.Target)))
	case fleet.EditAdd, fleet.EditRemove:
		parts = append(parts, twinMember(e)...)
	}
	return strings.Join(append(parts, "--dry-run"), " ")
}
