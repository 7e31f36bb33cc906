package runner

import (
	"context"
	"fmt"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// Works gives what reads and writes the objects of one cluster, and false where nothing does. A nil Works is read-only.
type Works func(fleet.ClusterID) (fleet.Roller, fleet.ObjectWriter, bool)

// work carries a change of one object of a cluster: stages of writes, each waited for before the next.
type work struct {
	read  fleet.Roller
	write fleet.ObjectWriter
	plan  *actions.WorkPlan

	followed bool          // what follows the writes of the stage in force was sent
	reached  time.Time     // since when what the stage waits for is there; zero before
	trouble  time.Time     // since when something stands in the way; zero while nothing does
	worse    time.Time     // since when the new version is worse than the old one; zero while it is not
	unclear  time.Time     // since when old and new cannot be compared; zero while they can
	now      fleet.Rollout // as last read
	golden   *goldens      // what new replicas are asked; nil for nothing
}

func (w *work) stage(n int) *fleet.Stage { return &w.plan.Draft.Stages[n-1] }

// advanceWork does what the state asks for and returns how long to wait before looking again.
func (k *carrier) advanceWork() time.Duration {
	switch {
	case k.c.State == actions.StateRollingBack:
		return k.workBack()
	case k.c.Step == 0 && (k.c.State == actions.StateLeased || k.c.State == actions.StateHeld):
		return k.beginWork()
	case k.c.State == actions.StateApplying, k.c.State == actions.StateVerifying, k.c.State == actions.StateHeld:
		return k.watchWork()
	case k.c.State == actions.StateSoaking:
		return k.soakWork()
	default:
		k.over = true
		return 0
	}
}

func (k *carrier) beginWork() time.Duration {
	switch {
	case k.c.Held:
		return k.r.o.Poll
	case k.now().Sub(k.c.Plan.Created) > actions.PlanLife:
		k.close(EventAbort, audit.KindClosed, fleet.Text("the plan is older than 10 minutes and nothing was written: plan again"), world{})
		return 0
	}
	if wait, decided := k.goldenFirst(); decided {
		return wait
	}
	return k.sendStage(1)
}

// currentWork compares the object with the plan, and lets the server rehearse the first stage: nothing was written yet.
func (k *carrier) currentWork() error {
	at, err := k.work.place(1)
	if err != nil {
		return err
	}
	if at != unapplied {
		return refuse(fleet.KindConflict, "the plan is stale: "+at.text().String(), "nothing was written; plan again")
	}
	return k.rehearse(1)
}

// rehearse sends the writes of a stage as a dry run. Of several writes on one object only the first can be: the others
// start where it ends.
func (k *carrier) rehearse(n int) error {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	seen := map[fleet.ObjectRef]bool{}
	for _, w := range k.work.stage(n).Writes {
		if seen[w.Object] {
			continue
		}
		seen[w.Object] = true
		at, err := k.work.read.Stand(ctx, w)
		if err != nil {
			return err
		}
		if at != fleet.StandsBefore {
			continue
		}
		if err := k.work.write.Write(ctx, w, actions.RehearsalName(k.c.ID), true); err != nil {
			if w.Verb == fleet.WriteEvict && fleet.KindOf(err) == fleet.KindBlocked {
				continue // a budget that refuses now may allow it later: it is waited for
			}
			return err
		}
	}
	return nil
}

// sendStage writes a stage: checks, rehearsal, lock, journal, then the cluster.
func (k *carrier) sendStage(n int) time.Duration {
	if why := k.objection(k.c.Plan.Steps[n-1]); !why.IsEmpty() {
		return k.hold(why)
	}
	if err := k.rehearse(n); err != nil {
		return k.unrehearsed(n, err)
	}
	if err := k.stillMine(); err != nil {
		return k.unknown(fleet.Concat(fleet.Text("nothing more is written: "), fleet.Sentence(err)), world{})
	}
	if why := k.unsure(); !why.IsEmpty() {
		return k.hold(why)
	}
	in := k.stageIntent(n, "")
	if err := k.to(EventWrite, journal.Record{Kind: journal.KindIntent, Step: &in, Why: fleet.Textf("writing stage %s of %s: %s",
		fleet.Int(n), fleet.Int(len(k.c.Plan.Steps)), k.work.stage(n).Text)}); err != nil {
		return k.hold(fleet.Sentence(err))
	}
	attempt := 0
	if k.c.Step == n {
		attempt = k.inForce.attempt
	} else {
		k.work.followed = false
	}
	k.c.Step, k.c.Held = n, false
	k.inForce = inForce{attempt: attempt + 1}
	k.work.reached, k.work.trouble, k.work.worse, k.work.unclear = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	k.work.golden.anew()
	sent := k.now()
	k.written(n, sent, k.writeAll(fmt.Sprint(n), k.work.stage(n).Writes))
	return 0
}

// unrehearsed deals with a stage that the server would refuse.
func (k *carrier) unrehearsed(n int, err error) time.Duration {
	why := fleet.Textf("the server would refuse stage %s, nothing of it was written: %s", fleet.Int(n), fleet.Sentence(err))
	switch {
	case passing(err):
		return k.hold(why)
	case n == 1 && k.c.Step == 0:
		k.close(EventAbort, audit.KindClosed, why, world{})
		return 0
	case fleet.KindOf(err) == fleet.KindConflict:
		return k.unknown(fleet.Concat(fleet.Text("somebody else changed it: "), fleet.Sentence(err)), world{})
	}
	k.c.Held = true
	return k.hold(why)
}

// written notes the answer to the writes of a stage.
func (k *carrier) written(n int, sent time.Time, err error) {
	now := k.now()
	k.inForce.failed, k.inForce.deadline = err, now.Add(2*leastSettle)
	if err != nil && !ambiguous(err) {
		k.inForce.deadline = now
	}
	res := k.result(n, false, func(r *actions.StepResult) {
		r.Sent, r.Err = sent, fleet.Sentence(err)
		if err == nil {
			r.Accepted = now
		}
	})
	kind, why := journal.KindResult, fleet.Text("it was taken: reading it back")
	if err != nil {
		kind, why = journal.KindSent, fleet.Concat(fleet.Text("the write failed, reading what holds: "), fleet.Sentence(err))
	}
	_ = k.to(EventWritten, journal.Record{Kind: kind, Result: &res, Why: why, NextAt: k.inForce.deadline})
}

// writeAll sends writes that do not hold yet, in order; meanwhile the change does not hold the clock. It stops at the
// first that fails.
func (k *carrier) writeAll(name string, writes []fleet.ObjectWrite) error {
	for i, w := range writes {
		var err error
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		k.task.Idle(func() {
			at, e := k.work.read.Stand(ctx, w)
			if err = e; e != nil || at == fleet.StandsAfter || w.Verb == fleet.WriteEvict && at == fleet.StandsGone {
				return
			}
			k.r.o.Probe(fmt.Sprintf("before write %s.%d", name, i+1))
			if err = k.stillMine(); err != nil {
				return
			}
			err = k.work.write.Write(ctx, w, actions.WriteName(k.c.ID, name, i+1), false)
			k.r.o.Probe(fmt.Sprintf("after write %s.%d", name, i+1))
		})
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

func (k *carrier) stageIntent(n int, tag string) journal.Intent {
	s := k.c.Plan.Steps[n-1]
	undo := fleet.Text("nothing takes it back")
	if net := fleet.Net(k.work.plan.Writes(n)); len(net) > 0 {
		undo = fleet.Concat(fleet.Text("set back what the plan holds as before, on "), fleet.Many(len(net), "object"))
	}
	return journal.Intent{N: n, Key: fmt.Sprintf("%s/step-%d%s", k.c.ID, n, tag), BeforeHash: s.BeforeHash, AfterHash: s.AfterHash,
		Tag: tag, Undo: undo}
}
