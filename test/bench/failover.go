package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/backends/sim"
)

// leaving is the pool that the measured failovers leave.
const leaving = "b200-a"

const (
	machineMost   = time.Second
	machineRounds = 5
	machineRoutes = 10
)

// measureMachine confirms the failover of one pool over ten routes and times it until every replica of the gateway was read back to
// hold the end of every part.
func measureMachine(ctx context.Context, w *workshop) ([]row, error) {
	var took []time.Duration
	for range machineRounds {
		one, err := machineOnce(ctx, w)
		if err != nil {
			return nil, err
		}
		took = append(took, one)
	}
	return []row{{figure: "failover of a pool, confirm to all replicas read back", asked: "< 1 s for 3 replicas, 10 routes",
		measured: spread(took), ok: median(took) < machineMost,
		how: "desk.StartParts on the embedded fleet, each route in one step, until the last replica of the last route is read back; its " +
			"gateway's replicas take a write over together, so that nothing of its propagation counts"}}, nil
}

func machineOnce(ctx context.Context, w *workshop) (took time.Duration, err error) {
	d, err := newDutyDesk(ctx, w, duty{sim: sim.Options{AtOnce: true, Routes: machineRoutes - 1, Demand: .2}})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	parts, approval, err := d.parts(actions.FailoverWish{Split: actions.SplitBalanced, Ramp: actions.Ramp{Points: 100}})
	if err != nil {
		return 0, err
	}
	if len(parts) != machineRoutes {
		return 0, fmt.Errorf("%d routes leave %s, want %d", len(parts), leaving, machineRoutes)
	}
	began := time.Now()
	if err := d.leave(parts, approval); err != nil {
		return 0, err
	}
	if _, err := d.readBack(ctx, parts[0].Plan.Intent.Failover.ID); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

// parts plans the failover of the pool that is left, with the approval of somebody who overrides what asks for it.
func (d *dutyDesk) parts(wish actions.FailoverWish) ([]actions.PlannedPart, actions.Approval, error) {
	a := actions.Approval{Reason: "the bench leaves a pool", Typed: leaving}
	e, err := d.desk.Evacuate(actions.Origin{Kind: actions.OriginPool, ID: leaving}, actions.Bounds{})
	if err != nil {
		return nil, a, err
	}
	if len(e.Stays) > 0 {
		return nil, a, fmt.Errorf("%s stays: %s", e.Stays[0].Route, e.Stays[0].Why)
	}
	parts, err := d.desk.FailoverParts(e, wish)
	for _, p := range parts {
		a.Overrides = append(a.Overrides, actions.Overrides(p.Checks)...)
	}
	return parts, a, err
}

// leave starts the parts, all of which must start.
func (d *dutyDesk) leave(parts []actions.PlannedPart, a actions.Approval) (err error) {
	for _, s := range d.desk.StartParts(parts, a) {
		if s.Err != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", s.Route, s.Err))
		}
	}
	return err
}

// readBack waits until every replica holds the end of every part, and gives when the last was read back on the fleet's clock.
func (d *dutyDesk) readBack(ctx context.Context, id string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	for {
		b := d.desk.Book()
		last, all := time.Time{}, true
		for i := range b.Changes {
			c := &b.Changes[i]
			if c.Plan.Intent.Failover == nil || c.Plan.Intent.Failover.ID != id {
				continue
			}
			at := slices.IndexFunc(c.Steps, func(s actions.StepResult) bool {
				return s.N == len(c.Plan.Steps) && !s.Back && !s.Verified.IsZero()
			})
			switch {
			case c.State.Closed() && c.State != actions.StateCommitted:
				return last, fmt.Errorf("%s is %s: %s", c.Plan.Route.ID, c.State, c.Why)
			case at < 0:
				all = false
			case c.Steps[at].Verified.After(last):
				last = c.Steps[at].Verified
			}
		}
		if all {
			return last, nil
		}
		if err := d.desk.BookChanged(ctx); err != nil {
			return last, fmt.Errorf("not everything was read back: %w", err)
		}
	}
}
