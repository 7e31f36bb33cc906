package runner

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// editing changes what a gateway keeps of a route beside weights, or of a key or a team. Each replica has its own copy: the edit
// is made where all of them hold it.
type editing struct {
	can    func(context.Context) error // nil where nothing has to be asked first
	stands func(context.Context) []fleet.ReplicaStanding
	write  func(ctx context.Context, back bool) error
	text   fleet.Safe
	back   fleet.Safe // what takes it back
	settle time.Duration
	clock  fleet.Clock
	says   fleet.Safe // what the replicas hold that do not agree, as last asked
	tells  bool       // each replica has to be told, since it goes by a cache
	untold bool       // a replica that answers was not told, as last asked

	sentBack bool // the way back was taken by the gateway
}

func editingOf(w fleet.RouteWriter, p *actions.Plan, clock fleet.Clock) (*editing, bool) {
	out := &editing{text: p.Edit.Text(), back: p.Edit.BackText(), clock: clock}
	if k := p.Edit.Key; k != nil {
		by, ok := w.(fleet.KeyEditor)
		if !ok {
			return nil, false
		}
		edit := k.Edit
		out.stands = func(ctx context.Context) []fleet.ReplicaStanding { return by.KeyStands(ctx, edit) }
		out.write = func(ctx context.Context, back bool) error { return by.EditKey(ctx, backed(edit, back)) }
		out.settle, out.tells = max(k.Holder.Cached, leastSettle), true
		return out, true
	}
	by, ok := w.(fleet.RouteEditor)
	if !ok {
		return nil, false
	}
	route, edit := p.Route, p.Edit.Edit
	out.can = func(ctx context.Context) error { return by.Editable(ctx, route, edit) }
	out.stands = func(ctx context.Context) []fleet.ReplicaStanding { return by.EditStands(ctx, route, edit) }
	out.write = func(ctx context.Context, back bool) error { return by.Edit(ctx, route, backed(edit, back)) }
	out.settle = max(w.Settle(), leastSettle)
	return out, true
}

// backed is an edit, or the one that takes it back.
func backed[E interface{ Inverse() E }](e E, back bool) E {
	if back {
		return e.Inverse()
	}
	return e
}

// ask implements errand. Replicas that do not agree are on their way.
func (e *editing) ask(ctx context.Context) (standing, string, error) {
	list := e.stands(ctx)
	var errs []error
	var late fleet.Safe
	e.untold = false
	at := map[fleet.Standing][]string{}
	for _, r := range list {
		if r.Err != nil {
			errs = append(errs, r.Err)
			continue
		}
		at[r.At] = append(at[r.At], fleet.Label(string(r.Replica)).String())
		if r.Cached.After(e.clock.Now()) {
			e.untold = true
			late = fleet.Textf("it is stored, and %s was not told: until %s it may go by what it had cached", fleet.Label(string(r.Replica)),
				fleet.ClockTime(r.Cached))
		}
		if r.At == fleet.StandsForeign {
			e.says = fleet.Concat(fleet.Label(string(r.Replica)), fleet.Text(" has "), r.Holds)
		}
	}
	switch {
	case len(at) == 0:
		return silent, "", errors.Join(append(errs, errors.New("no replica of the gateway answers"))...)
	case len(at[fleet.StandsForeign])+len(at[fleet.StandsGone]) > 0:
		return foreign, "", nil
	case e.untold:
		e.says = late
		return between, "", nil
	case len(at) == 1 && len(at[fleet.StandsBefore]) > 0:
		return before, "", nil
	case len(at) == 1 && len(errs) == 0:
		return after, "", nil
	case len(at) == 1:
		e.says = fleet.Concat(fleet.Int(len(at[fleet.StandsAfter])), fleet.Text(" of "), fleet.Int(len(list)),
			fleet.Text(" replicas hold it, the others do not answer"))
	default:
		e.says = fleet.Textf("%s of %s replicas hold it, not yet %s", fleet.Int(len(at[fleet.StandsAfter])), fleet.Int(len(list)),
			fleet.Label(strings.Join(slices.Sorted(slices.Values(at[fleet.StandsBefore])), ", ")))
	}
	return between, "", nil
}

// agree implements errand: the gateway says first whether it can do this at all.
func (e *editing) agree(ctx context.Context) error {
	if e.can != nil {
		if err := e.can(ctx); err != nil {
			return err
		}
	}
	at, _, err := e.ask(ctx)
	switch {
	case err != nil:
		return err
	case at == after:
		return errors.New("all replicas have it so already")
	case at != before:
		return errors.New(e.says.String())
	}
	return nil
}

func (e *editing) do(ctx context.Context) (string, error) { return "", e.write(ctx, false) }

func (e *editing) undo() func(context.Context) error {
	return func(ctx context.Context) error { return e.write(ctx, true) }
}

func (e *editing) intent() journal.Intent { return journal.Intent{Undo: e.back} }

// again implements errand: a replica that was not told is told.
func (e *editing) again() bool { return e.untold }

func (e *editing) over() time.Time { return time.Time{} }

func (e *editing) spread() time.Duration { return e.settle }

func (e *editing) done(string) fleet.Safe {
	return fleet.Concat(fleet.Text("all replicas hold it: "), e.text)
}

func (e *editing) odd(at standing) fleet.Safe {
	if at == foreign {
		return fleet.Concat(fleet.Text("somebody else changed it: "), e.says)
	}
	return e.says
}

func (e *editing) began(fleet.ChangeID) {}

// editBack sets back what an edit found, until all replicas have it. A replica that follows late is waited for.
func (k *carrier) editBack(e *editing) time.Duration {
	at, _, err := k.askErrand()
	now := k.now()
	waiting := now.Before(k.inForce.deadline)
	switch {
	case err != nil:
		k.say(fleet.Concat(fleet.Text("rolling back: it does not answer, trying on: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	case at == foreign:
		return k.unknown(fleet.Concat(fleet.Text("not rolled back: "), e.odd(at)), world{})
	case at == before && (e.sentBack || !waiting && !e.tells):
		k.verified(true, func(r *actions.StepResult) { r.Verified = now })
		k.close(EventRestored, audit.KindRolledBack, fleet.Concat(fleet.Text("rolled back: "), e.back), world{})
		return 0
	case at == before && !e.tells, waiting && (at == before || e.sentBack): // a write whose answer was lost may still arrive; replicas follow
		return min(k.r.o.Poll, k.inForce.deadline.Sub(now))
	}
	if err := k.lock.Verify(); err != nil {
		return k.unknown(fleet.Concat(fleet.Text("not rolled back: "), fleet.Sentence(err)), world{})
	}
	in := k.errandIntent(true)
	if err := k.to(EventRollBack, journal.Record{Kind: journal.KindIntent, Step: &in, Why: k.c.Why}); err != nil {
		k.say(fleet.Concat(fleet.Text("rolling back waits: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll
	}
	undo := e.undo()
	_, err = k.writeErrand("back", func(ctx context.Context) (string, error) { return "", undo(ctx) })
	e.sentBack, k.inForce.deadline = err == nil, k.now().Add(2*e.spread())
	res := k.result(1, true, func(r *actions.StepResult) { r.Sent, r.Err = now, fleet.Sentence(err) })
	kind := journal.KindResult
	if err != nil {
		kind = journal.KindSent
		k.say(fleet.Concat(fleet.Text("rolling back: not taken, trying again: "), fleet.Sentence(err)), time.Time{})
	}
	_ = k.to(EventRollBack, journal.Record{Kind: kind, Result: &res, Why: k.c.Why})
	return k.r.o.Poll
}
