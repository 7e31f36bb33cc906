package desk

import (
	"context"
	"fmt"
	"time"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// Bounds of reading an object for a plan.
const (
	draftWithin = 30 * time.Second
	askWithin   = 10 * time.Second
)

// Rollout reads how an object of a cluster stands.
func (d *Desk) Rollout(ctx context.Context, o fleet.ObjectRef) (fleet.Rollout, error) {
	r, err := d.roller(o.Cluster)
	if err != nil {
		return fleet.Rollout{}, err
	}
	return r.Rollout(ctx, o)
}

func (d *Desk) roller(id fleet.ClusterID) (fleet.Roller, error) {
	if d.o.Roller != nil {
		if r, ok := d.o.Roller(id); ok {
			return r, nil
		}
	}
	return nil, &fleet.Error{Kind: fleet.KindNotFound, Op: "read the object",
		Err: fmt.Errorf("no cluster %q is read", fleet.Label(string(id))), Next: "pitwall reads the clusters of the kubeconfig"}
}

// Find finds the object of a cluster that a person named; see plan.FindObject. It asks nobody.
func (d *Desk) Find(name, kind string) (fleet.ObjectRef, error) {
	return plan.FindObject(d.o.Latest(), name, kind, "")
}

// PlanWork plans a change of an object of a cluster, which is read for it. It gives up when ctx ends. Nothing is written.
func (d *Desk) PlanWork(ctx context.Context, in actions.Intent) (actions.Plan, error) {
	d.expire()
	return d.planWork(ctx, d.by(in))
}

// planWork reads the object and lets its orchestrator draft the writes.
func (d *Desk) planWork(ctx context.Context, in actions.Intent) (actions.Plan, error) {
	snap := d.o.Latest()
	if err := in.Work.Want.Check(snap != nil && snap.Cluster(in.Work.Object.Cluster) != nil); err != nil {
		return actions.Plan{}, err
	}
	r, err := d.roller(in.Work.Object.Cluster)
	if err != nil {
		return actions.Plan{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, draftWithin)
	defer cancel()
	was, err := r.Rollout(ctx, in.Work.Object)
	if err != nil {
		return actions.Plan{}, err
	}
	d.runner.LookAt(ctx, in.Work.Object.Cluster)
	draft, err := d.draft(ctx, r, in, was)
	if err != nil {
		return actions.Plan{}, err
	}
	facts := plan.Facts{Advisories: d.o.Advisories, Golden: d.o.Golden}
	return facts.Work(in, was, draft, denied(ctx, r, draft), d.o.Latest(), d.o.Clock.Now())
}

func (d *Desk) draft(ctx context.Context, r fleet.Roller, in actions.Intent, was fleet.Rollout) (fleet.Draft, error) {
	if in.Kind != actions.KindRestore {
		return r.Draft(ctx, was, in.Work.Want)
	}
	book := d.runner.Book()
	c := book.Change(in.Undoes)
	if c == nil || c.Plan.Work == nil {
		return fleet.Draft{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "plan",
			Err: fmt.Errorf("there is no change %q of an object", fleet.Label(string(in.Undoes)))}
	}
	back, err := plan.Restore(c)
	if err != nil {
		return fleet.Draft{}, err
	}
	for _, w := range back.Stages[0].Writes {
		at, err := r.Stand(ctx, w)
		if err != nil {
			return fleet.Draft{}, err
		}
		if at != fleet.StandsBefore {
			return fleet.Draft{}, &fleet.Error{Kind: fleet.KindConflict, Op: "plan",
				Err:  fmt.Errorf("%s does not hold any more what the change wrote (it is %s)", fleet.Label(actions.ObjectName(w.Object)), at),
				Next: "nothing was changed; plan what is wanted now instead"}
		}
	}
	return back, nil
}

// denied asks the server for each right that the writes need, and says which are missing.
func denied(ctx context.Context, r fleet.Roller, draft fleet.Draft) []fleet.Safe {
	type right struct {
		api  fleet.ObjectKind
		part string
		verb fleet.WriteVerb
		ns   string
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	asked := map[right]bool{}
	var out []fleet.Safe
	for _, s := range draft.Stages {
		for _, w := range append(s.Writes[:len(s.Writes):len(s.Writes)], s.Then...) {
			key := right{w.API, w.Part, w.Verb, w.Object.Namespace}
			if asked[key] {
				continue
			}
			asked[key] = true
			if err := r.May(ctx, w); fleet.KindOf(err) == fleet.KindAuth {
				out = append(out, fleet.Sentence(err))
			}
		}
	}
	return out
}
