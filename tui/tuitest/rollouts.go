package tuitest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"pitwall/actions"
	"pitwall/fleet"
)

// Rollouts answers for objects of clusters with what a test puts in. It satisfies tui.Rollouts.
type Rollouts struct {
	// Stands is how objects stand; Err replaces every answer about that.
	Stands map[fleet.ObjectRef]fleet.Rollout
	Err    error
	// Missing are the rights that Lacks tells of, whatever the object.
	Missing map[fleet.Deed]fleet.Safe
	// PlanFunc makes plans.
	PlanFunc func(actions.Intent) (actions.Plan, error)
	// Hang makes PlanWork wait for the end of its context.
	Hang bool

	mu      sync.Mutex
	asked   []fleet.ObjectRef
	intents []actions.Intent
	given   int
}

// Asked lists the objects that were read so far.
func (r *Rollouts) Asked() []fleet.ObjectRef {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.asked)
}

// Intents lists everything that was planned.
func (r *Rollouts) Intents() []actions.Intent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.intents)
}

// GivenUp counts the plans that ended with their context.
func (r *Rollouts) GivenUp() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.given
}

// Lacks gives what is put in.
func (r *Rollouts) Lacks(context.Context, *fleet.Rollout) map[fleet.Deed]fleet.Safe { return r.Missing }

// Rollout gives what is put in.
func (r *Rollouts) Rollout(_ context.Context, o fleet.ObjectRef) (fleet.Rollout, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, o)
	if r.Err != nil {
		return fleet.Rollout{}, r.Err
	}
	s, ok := r.Stands[o]
	if !ok {
		return fleet.Rollout{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "read the object", Err: fmt.Errorf("there is no %s", o.Name)}
	}
	return s, nil
}

// PlanWork records the intent and lets PlanFunc answer.
func (r *Rollouts) PlanWork(ctx context.Context, in actions.Intent) (actions.Plan, error) {
	r.mu.Lock()
	r.intents = append(r.intents, in)
	r.mu.Unlock()
	if r.Hang {
		<-ctx.Done()
		r.mu.Lock()
		r.given++
		r.mu.Unlock()
		return actions.Plan{}, ctx.Err()
	}
	return r.PlanFunc(in)
}

// Find finds an object of Stands by its name.
func (r *Rollouts) Find(name, kind string) (fleet.ObjectRef, error) {
	for o := range r.Stands {
		if strings.HasSuffix("/"+name, "/"+o.Name) && (kind == "" || o.Kind == kind) {
			return o, nil
		}
	}
	return fleet.ObjectRef{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "find the object", Err: fmt.Errorf("there is no %q", name)}
}
