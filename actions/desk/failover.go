package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/failover"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// Evacuate finds where all that is sent to an origin can go, on what is read now. Nothing is sent.
func (d *Desk) Evacuate(o actions.Origin, within actions.Bounds) (actions.Evacuation, error) {
	d.expire()
	return failover.Evacuate(o, within, d.o.Latest(), d.runner.Book(), d.o.Clock.Now())
}

// FailoverParts are the plans of one way of an evacuation with their checks, to be started together.
func (d *Desk) FailoverParts(e actions.Evacuation, wish actions.FailoverWish) ([]actions.PlannedPart, error) {
	d.expire()
	parts, err := failover.Parts(&e, d.failoverID(e.Origin), wish, d.o.Latest(), d.runner.Book(), d.o.Clock.Now())
	return d.CheckParts(d.mine(parts)), err
}

// stage plans a later part of a failover.
type stage func(*actions.FailoverRun, actions.FailoverWish, *fleet.Snapshot, actions.Book, time.Time) ([]actions.PlannedPart, error)

// SettleParts are the plans of the second stage of a failover: load goes from what was rented for the while to what is warm now.
func (d *Desk) SettleParts(id string, wish actions.FailoverWish) ([]actions.PlannedPart, error) {
	return d.later(id, wish, actions.StageSettle, failover.Settle)
}

// ReturnParts are the plans by which the load of a failover goes back to where it came from.
func (d *Desk) ReturnParts(id string, wish actions.FailoverWish) ([]actions.PlannedPart, error) {
	return d.later(id, wish, actions.StageReturn, failover.Return)
}

func (d *Desk) later(id string, wish actions.FailoverWish, of actions.FailoverStage, plans stage) ([]actions.PlannedPart, error) {
	d.expire()
	b := d.runner.Book()
	run, err := failover.Run(b, id)
	if err != nil {
		return nil, err
	}
	snap := d.o.Latest()
	if r := snap.Runbook(run.Runbook); run.Runbook != "" && r != nil {
		wish = wish.Over(actions.RunbookWish(r, of))
	}
	parts, err := plans(run, wish, snap, b, d.o.Clock.Now())
	return d.CheckParts(d.mine(parts)), err
}

// mine says who wants the parts, in which incident. The digests follow.
func (d *Desk) mine(parts []actions.PlannedPart) []actions.PlannedPart {
	for i := range parts {
		p := &parts[i].Plan
		p.Intent = d.by(p.Intent)
		p.Digest = ""
		p.Digest = plan.Digest(*p)
	}
	return parts
}

// CheckParts asks every interlock about plans that start together, on the newest snapshot.
func (d *Desk) CheckParts(parts []actions.PlannedPart) []actions.PlannedPart {
	d.expire()
	plans := make([]actions.Plan, len(parts))
	for i := range parts {
		plans[i] = parts[i].Plan
	}
	return failover.Judge(plans, d.o.Latest(), d.runner.Book(), d.o.Clock.Now())
}

// StartParts starts plans together, in their order. One that cannot start does not keep the others: what became of each is told. Each
// is approved with those overrides only that its own checks ask for.
func (d *Desk) StartParts(parts []actions.PlannedPart, a actions.Approval) []actions.StartedPart {
	out := make([]actions.StartedPart, len(parts))
	for i := range parts {
		one := a
		one.Overrides = nil
		for _, id := range actions.Overrides(parts[i].Checks) {
			if slices.Contains(a.Overrides, id) {
				one.Overrides = append(one.Overrides, id)
			}
		}
		out[i].Route, out[i].Object = parts[i].Plan.Route.ID, parts[i].Plan.Object()
		out[i].Change, out[i].Err = d.Start(parts[i].Plan, one)
	}
	return out
}

// WarmParts are the plans that start standby pools for a failover, with their checks. One that cannot be planned keeps no other: the
// error tells which, beside the plans of the others.
func (d *Desk) WarmParts(ctx context.Context, of []actions.Warmup, as actions.FailoverPart) ([]actions.PlannedPart, error) {
	var out []actions.PlannedPart
	var errs []error
	for _, w := range of {
		in, err := failover.WarmIntent(w, as)
		if err == nil {
			var p actions.Plan
			if p, err = d.PlanWork(ctx, in); err == nil {
				out = append(out, actions.PlannedPart{Plan: p, Checks: d.Check(p)})
				continue
			}
		}
		errs = append(errs, fmt.Errorf("%s: %w", fleet.Quote(string(w.Pool)), err))
	}
	return out, errors.Join(errs...)
}

// failoverID tells one failover from another: when it was planned, of what, and by whom.
func (d *Desk) failoverID(o actions.Origin) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(o, d.actor.UID, d.actor.Host)))
	return "fo-" + d.o.Clock.Now().UTC().Format("0102-150405") + "-" + hex.EncodeToString(sum[:2])
}
