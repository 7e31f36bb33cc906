package litellm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pitwall/fleet"
)

// Edits of what LiteLLM keeps of a route beside weights. There is no lock: the stored state is compared just before each
// write, on every replica that answers, and read again after it, since LiteLLM also answers 200 to what it drops.

// edited is where one replica stands with what an edit changes.
type edited struct {
	rep  replica
	at   fleet.Standing
	now  string // what it holds, for a person and for comparing
	live routerSettings
	held holding      // block: its members
	all  []deployment // add, remove: all members of the gateway
	err  error
}

// Editable says why an edit cannot be made here. It asks, and writes nothing.
func (w *dbWriter) Editable(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) error {
	_, err := w.prepare(ctx, r, e)
	return err
}

// EditStands asks every replica, by its own address.
func (g *gateway) EditStands(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) []fleet.ReplicaStanding {
	var out []fleet.ReplicaStanding
	for _, s := range g.standings(ctx, r, e) {
		one := fleet.ReplicaStanding{Replica: s.rep.spec.ID, At: s.at, Err: s.err}
		if s.at == fleet.StandsForeign {
			one.Holds = fleet.Label(s.now)
		}
		out = append(out, one)
	}
	return out
}

// Edit makes it. Where every replica that answers holds it already, nothing is written.
func (w *dbWriter) Edit(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) error {
	p, err := w.prepare(ctx, r, e)
	if err != nil {
		return err
	}
	if err := w.compareEdit(r, e, p.stands); err != nil {
		return err
	}
	if !slices.ContainsFunc(p.stands, func(s edited) bool { return s.err == nil && s.at != fleet.StandsAfter }) {
		return nil
	}
	w.rememberEdit(r, e)
	switch e.Kind {
	case fleet.EditFallbacks:
		return w.editFallbacks(ctx, r, e, p)
	case fleet.EditAlias:
		return w.editAlias(ctx, r, e, p)
	case fleet.EditBlock:
		return w.editBlock(ctx, r, e, p)
	case fleet.EditAdd, fleet.EditRemove:
		return w.editMember(ctx, r, e, p)
	}
	return unsupported(editOp(r, e), "LiteLLM has no such edit")
}

// prepared is what was read before an edit.
type prepared struct {
	stands  []edited
	rep     replica // the first that answers
	can     features
	version string
	names   map[fleet.RouteID]bool // the public names that have members
}

// prepare reads the mode, the version and the state of every replica, and refuses what cannot be done.
func (w *dbWriter) prepare(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) (prepared, error) {
	p := prepared{stands: w.standings(ctx, r, e)}
	first := slices.IndexFunc(p.stands, func(s edited) bool { return s.err == nil })
	if first < 0 {
		return p, nobody(r, e, p.stands)
	}
	p.rep = p.stands[first].rep
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	ready, _, err := p.rep.api.readiness(ctx)
	if err != nil {
		return p, err
	}
	p.version = ready.Version
	p.rep.api.sawVersion(ready.Version)
	p.can = p.rep.api.features(ctx, w.clock.Now())
	all, err := p.rep.api.models(ctx, nil)
	if err != nil {
		return p, err
	}
	p.names = map[fleet.RouteID]bool{}
	for _, d := range all {
		p.names[d.route] = true
	}
	switch mode, _ := detectMode(ready, all); mode {
	case fleet.GatewayModeFile:
		return p, unsupported(editOp(r, e), "this LiteLLM runs without a database, so its API changes nothing: "+handAdvice)
	case fleet.GatewayModeDBReads:
		return p, unsupported(editOp(r, e), "this LiteLLM keeps its models in the config file (store_model_in_db is off, as far as "+
			"it shows): "+handAdvice)
	default:
	}
	return p, w.allowedEdit(ctx, r, e, p)
}

// handAdvice is what can be done instead where the API changes nothing.
const handAdvice = "edit its config file by hand and roll the replicas; weights of file models can be changed here"

func nobody(r fleet.RouteSpec, e fleet.RouteEdit, stands []edited) error {
	for _, s := range stands {
		if fleet.KindOf(s.err) == fleet.KindAuth || fleet.KindOf(s.err) == fleet.KindUnsupported {
			return s.err
		}
	}
	return &fleet.Error{Kind: fleet.KindUnreachable, Op: editOp(r, e), Next: "no replica tells what it holds; nothing was written"}
}

// allowedEdit refuses, with one sentence, what LiteLLM would take and users would suffer from.
func (w *dbWriter) allowedEdit(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	switch e.Kind {
	case fleet.EditFallbacks:
		return allowedFallbacks(r, e, p)
	case fleet.EditAlias:
		return allowedAlias(r, e, p)
	case fleet.EditBlock:
		return allowedBlock(r, e, p)
	case fleet.EditAdd, fleet.EditRemove:
		return w.allowedMember(ctx, r, e, p)
	}
	return unsupported(editOp(r, e), "LiteLLM has no such edit")
}

// editOp is what an edit is called in errors.
func editOp(r fleet.RouteSpec, e fleet.RouteEdit) string {
	switch e.Kind {
	case fleet.EditAlias:
		return fmt.Sprintf("point %s elsewhere", e.Alias)
	case fleet.EditBlock:
		if e.Out {
			return fmt.Sprintf("block %s of %s", e.Target, r.ID)
		}
		return fmt.Sprintf("unblock %s of %s", e.Target, r.ID)
	case fleet.EditAdd, fleet.EditRemove:
		if e.Member == nil {
			return fmt.Sprintf("change the members of %s", r.ID)
		}
		return fmt.Sprintf("%s %s of %s", e.Kind, fleet.Label(string(e.Member.ID)), r.ID)
	case fleet.EditFallbacks:
	}
	return fmt.Sprintf("set the %s fallbacks of %s", e.Fallback, r.ID)
}

// compareEdit refuses where a replica holds neither what the edit was planned on nor what it wants, nor what an earlier edit
// of this writer left on a replica that lags.
func (w *dbWriter) compareEdit(r fleet.RouteSpec, e fleet.RouteEdit, stands []edited) error {
	for _, s := range stands {
		if s.err != nil || s.at == fleet.StandsBefore || s.at == fleet.StandsAfter {
			continue
		}
		if s.at == fleet.StandsGone {
			return &fleet.Error{Kind: fleet.KindConflict, Op: editOp(r, e), Source: fleet.SourceID(s.rep.spec.ID),
				Next: fmt.Sprintf("it has no %s; nothing was written; resync the replica first", e.Target)}
		}
		if w.isKnownEdit(r, e, s.now) {
			continue
		}
		before, after := wording(e)
		return &fleet.Error{
			Kind: fleet.KindConflict, Op: editOp(r, e), Source: fleet.SourceID(s.rep.spec.ID),
			Next: fmt.Sprintf("it holds %s, neither %s as planned on nor %s as wanted: someone else changed it; nothing was written",
				fleet.Label(s.now), before, after),
		}
	}
	return nil
}

// wording is what an edit begins with and wants, as standings write it.
func wording(e fleet.RouteEdit) (before, after string) {
	if e.Kind == fleet.EditBlock {
		return inOrOut(e.WasOut), inOrOut(e.Out)
	}
	switch e.Kind {
	case fleet.EditAdd:
		return memberAbsent, memberThere
	case fleet.EditRemove:
		return memberThere, memberAbsent
	default:
	}
	return chain(e.Before), chain(e.After)
}

func inOrOut(out bool) string {
	if out {
		return "blocked"
	}
	return "open"
}

// chain is a list of routes in order.
func chain(to []fleet.RouteID) string {
	if len(to) == 0 {
		return "none"
	}
	var names []string
	for _, id := range to {
		names = append(names, string(id))
	}
	return strings.Join(names, " > ")
}

func editKey(r fleet.RouteSpec, e fleet.RouteEdit) string {
	return fmt.Sprintf("%q %q %q %q %q", r.ID, e.Kind, e.Fallback, e.Alias, e.Target)
}

func (w *dbWriter) rememberEdit(r fleet.RouteSpec, e fleet.RouteEdit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := editKey(r, e)
	before, after := wording(e)
	for _, s := range []string{before, after} {
		if !slices.Contains(w.edits[key], s) {
			w.edits[key] = append(w.edits[key], s)
		}
	}
	if n := len(w.edits[key]); n > maxKnown {
		w.edits[key] = w.edits[key][n-maxKnown:]
	}
}

func (w *dbWriter) isKnownEdit(r fleet.RouteSpec, e fleet.RouteEdit, state string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.edits[editKey(r, e)], state)
}
