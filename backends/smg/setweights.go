package smg

import (
	"context"
	"fmt"
	"strings"

	"pitwall/fleet"
)

// opSet is what a change is called in errors.
const opSet = "set weights"

// move is one worker of one router that is to be taken out or put back.
type move struct {
	router
	old    bool
	route  fleet.RouteID
	target fleet.TargetSpec
	worker *worker // as it was before; nil where the router had none
	in     bool    // put back
}

// SetWeights implements fleet.RouteWriter. Routers that do not answer are left as they are, for ReadBack to tell. A mix of before
// and after is what an interrupted change of ours leaves, and is completed.
func (w *writer) SetWeights(ctx context.Context, r fleet.RouteSpec, before, after fleet.Weights) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	for _, t := range r.Targets {
		if v, named := after[t.ID]; named && v != 0 && v != 1 {
			return w.refuse(fleet.KindInvalid, opSet, r.ID, fmt.Sprintf("this gateway has no weights: 1 is in and 0 is out, and %s would get %d",
				fleet.Quote(string(t.ID)), v))
		}
	}
	live, err := w.answering(w.ask(ctx), r.ID)
	if err != nil {
		return err
	}
	for _, s := range live {
		now := w.weights(s.held, r)
		for _, t := range r.Targets {
			b, was := before[t.ID]
			a, wanted := after[t.ID]
			if v := now[t.ID]; was && v == b || wanted && v == a || !was && !wanted {
				continue
			}
			return w.refuse(fleet.KindConflict, opSet, r.ID, fmt.Sprintf("%s holds %s by now: someone else changed it",
				fleet.Quote(string(s.id)), now.Text(order(r))))
		}
	}
	return w.change(ctx, opSet, r, live, after)
}

// answering are the routers that answer; an error where none does.
func (w *writer) answering(states []state, id fleet.RouteID) ([]state, error) {
	var live []state
	var failed error
	for _, s := range states {
		if s.err == nil {
			live = append(live, s)
		} else if failed == nil {
			failed = s.err
		}
	}
	switch {
	case len(live) > 0:
		return live, nil
	case failed == nil:
		failed = w.refuse(fleet.KindInvalid, opSet, id, "the gateway has no replica in the configuration")
	}
	return nil, failed
}

// change makes some routers hold weights.
func (w *writer) change(ctx context.Context, op string, r fleet.RouteSpec, states []state, after fleet.Weights) error {
	var moves []move
	for _, s := range states {
		now := w.weights(s.held, r)
		var own []move
		for _, t := range r.Targets {
			if v, wanted := after[t.ID]; wanted && v != now[t.ID] {
				own = append(own, move{s.router, s.held.old, r.ID, t, w.find(s.held, r.ID, t), v == 1})
			}
		}
		if kind, why := w.objection(s, r, own); why != "" {
			return w.refuse(kind, op, r.ID, why)
		}
		moves = append(moves, own...)
	}
	return w.carryOut(ctx, op, r, moves)
}

// objection says why moves on one router are not made; "" where they are.
func (w *writer) objection(s state, r fleet.RouteSpec, moves []move) (fleet.Kind, string) {
	for _, m := range moves {
		if why := w.unsendable(m); why != "" {
			return fleet.KindUnsupported, why
		}
		if m.in {
			if x := w.byAddress(s.held, m); x != nil && x.in() {
				return fleet.KindConflict, fleet.Quote(string(m.target.ID)).String() + " is there as a member of " +
					fleet.Quote(string(x.routes(w.unnamed)[0])).String() + ", another route: see which model it serves"
			}
			continue
		}
		if why := w.irretrievable(m); why != "" {
			return fleet.KindUnsupported, fleet.Quote(string(m.target.ID)).String() + " could not be put back: " + why
		}
	}
	return fleet.KindInvalid, w.evicts(s, r, moves)
}

// unsendable says why a worker could not be added as it was.
func (w *writer) unsendable(m move) string {
	id := deployment(m.target)
	called := fleet.Quote(string(m.target.ID)).String()
	switch {
	case !w.plans.keyKnown:
		return "a router does not tell whether its workers want a key, and forgets it with the worker: set the option " + OptionKey +
			" to none, env:NAME or file:PATH, so that a worker can be put back"
	case m.old && (!w.plans.key.IsZero() || len(w.plans.of(id)) > 0):
		return "a router of before 0.2 takes a worker by its address alone, and the configuration has a key or settings for " + called
	case !strings.Contains(string(id), "://"):
		return called + " is no worker's address; write it as deployment of the target, such as http://10.0.0.7:8000"
	}
	if _, rank := parted(string(id)); rank != "" {
		return called + " is one rank of a data-parallel engine, which a router takes and gives up as a whole"
	}
	return ""
}

// irretrievable says why a worker that is taken out could not be put back as it was: the router forgets all of it.
func (w *writer) irretrievable(m move) string {
	switch {
	case m.target.Pool == "" && m.target.Provider == "":
		return "the configuration does not name it, and the router forgets it; name it as a target of the route, with its address as deployment"
	case m.worker.secretive():
		return "its address has a credential in it, which is kept nowhere else; use the option " + OptionKey
	case len(m.worker.models) > 1:
		return "it serves " + fmt.Sprint(len(m.worker.models)) + " models, and would be out of the routes of all of them"
	}
	if _, told := numberAt(m.worker.doc, "/dp_rank"); told {
		return "it is one rank of a data-parallel engine, which a router takes and gives up as a whole"
	}
	if lost := w.plans.lost(m.worker); len(lost) > 0 {
		return "the router keeps settings of it that are nowhere else (" + strings.Join(lost, ", ") + "); write them in the option " +
			OptionSettings
	}
	return ""
}

// evicts says that nobody would be left on a router to answer the route.
func (w *writer) evicts(s state, r fleet.RouteSpec, moves []move) string {
	out := map[string]bool{}
	takes, left, ready := 0, 0, 0
	for _, m := range moves {
		if m.in {
			left, ready = left+1, ready+1
		} else {
			takes++
			out[m.worker.key] = true
		}
	}
	for i := range s.held.workers {
		x := &s.held.workers[i]
		if out[x.key] || !x.in() || !w.serves(x, r.ID) {
			continue
		}
		left++
		if x.leftOut(nil).IsEmpty() {
			ready++
		}
	}
	switch where := fleet.Quote(string(s.id)).String(); {
	case takes == 0:
		return ""
	case left == 0:
		return "no worker would be left on " + where + ", and no request would be answered"
	case ready == 0:
		return "none of the workers that would be left on " + where + " is ready, and no request would be answered"
	}
	return ""
}

func order(r fleet.RouteSpec) []fleet.TargetID {
	list := make([]fleet.TargetID, len(r.Targets))
	for i, t := range r.Targets {
		list[i] = t.ID
	}
	return list
}
