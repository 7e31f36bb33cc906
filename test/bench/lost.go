package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/test/users"
)

// The users of measureLost, and how its fleet's time goes.
const (
	askRate   = 400.0 // requests per second of the fleet's time
	askTokens = 16
	askSpeed  = 4.0
	settled   = 20 * time.Second // of users before anything happens, and again after the last read-back
	noticed   = 15 * time.Second // from the loss of the pool to the failover
)

// measureLost lets users ask the gateways of the embedded fleet while a pool dies and is left by a failover as it is by default: three
// steps of at most 25 points, one a minute, with the gateway's own propagation.
func measureLost(ctx context.Context, w *workshop) (rows []row, err error) {
	d, err := newDutyDesk(ctx, w, duty{sim: sim.Options{Demand: .2, Coalesce: true, Routes: 1}, speed: askSpeed})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	inv := d.sim.Inventory()
	key, err := d.sim.Secret(ctx, inv.Gateways[0].Auth)
	if err != nil {
		return nil, err
	}
	o := users.Options{Clock: d.clock, Key: key.Reveal(), Models: []string{"chat", "chat-01"}, Rate: askRate, Tokens: askTokens}
	for _, r := range inv.Gateways[0].Replicas {
		o.URLs = append(o.URLs, r.URL)
	}
	crowd := users.Gather(o)
	died, back, err := d.loseAndLeave(ctx)
	all := crowd.Leave()
	if err != nil {
		return nil, err
	}
	return []row{lostRow(all, died, back)}, nil
}

// loseAndLeave ends the pool's engines, leaves it, and gives when they ended and when the last replica was read back.
func (d *dutyDesk) loseAndLeave(ctx context.Context) (died, back time.Time, err error) {
	if err := d.wait(ctx, settled); err != nil {
		return died, back, err
	}
	died = d.clock.Now() // before: its time goes on
	if err := d.sim.Lose(leaving, true); err != nil {
		return died, back, err
	}
	if err := d.wait(ctx, noticed); err != nil {
		return died, back, err
	}
	parts, approval, err := d.parts(actions.FailoverWish{Split: actions.SplitBalanced})
	if err != nil {
		return died, back, err
	}
	if err := d.leave(parts, approval); err != nil {
		return died, back, err
	}
	if back, err = d.readBack(ctx, parts[0].Plan.Intent.Failover.ID); err != nil {
		return died, back, err
	}
	return died, back, d.wait(ctx, settled)
}

// wait lets the fleet's time pass.
func (d *dutyDesk) wait(ctx context.Context, t time.Duration) error {
	task := fleet.Clock(d.clock).Task()
	defer task.Done()
	return task.Sleep(ctx, t)
}

// lostRow counts what users lost before the pool died, until the last replica was read back, and after it.
func lostRow(all []users.Request, died, back time.Time) row {
	var sent, lost [3]int
	dead, first := 0, ""
	for i := range all {
		q := &all[i]
		phase := 1
		switch {
		case q.Ended.Before(died):
			phase = 0
		case q.Sent.After(back):
			phase = 2
			if strings.HasSuffix(q.Member, leaving) {
				dead++
			}
		}
		sent[phase]++
		if q.Lost() {
			if lost[phase]++; phase == 2 && first == "" {
				first = fmt.Sprintf("; the first after it was sent %s later, status %d from %q: %v", q.Sent.Sub(back), q.Status, q.Member, q.Err)
			}
		}
	}
	return row{figure: "requests lost after the last replica's read-back", asked: "none beyond those already failing",
		measured: fmt.Sprintf("%d of %d; before the loss %d of %d, until the read-back %d of %d", lost[2], sent[2],
			lost[0], sent[0], lost[1], sent[1]) + first,
		how: fmt.Sprintf("%.0f requests/s of %d tokens in streams at the embedded fleet's gateways, half of them on a route with a "+
			"fallback; a pool of 60 %% dies; failover in its default steps %s later, read back %s after the loss; "+
			"afterwards %d went to the dead pool", askRate, askTokens, noticed,
			back.Sub(died).Round(time.Second), dead),
		ok: lost[2] == 0 && dead == 0 && sent[2] > 0 && sent[1] > 0}
}
