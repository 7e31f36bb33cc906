package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/actions/lease"
	"pitwall/actions/shared"
	"pitwall/fleet"
)

// Sharers gives what writes the shared locks and copies of one cluster, and false where nothing is shared there. A nil
// Sharers is read-only.
type Sharers func(fleet.ClusterID) (fleet.SharedWriter, bool)

// sharedLockCheck is the interlock that lets a change go on while the lock of the cluster cannot be asked for.
const sharedLockCheck = "IL-20"

// SetSharers does for what operators share what SetWriters does for gateways.
func (r *Runner) SetSharers(s Sharers) {
	r.mu.Lock()
	r.sharers = s
	r.mu.Unlock()
	r.notify()
}

// Watch looks at what operators on other machines do, until ctx ends; LookAt does it once, for one cluster.
func (r *Runner) Watch(ctx context.Context) { r.view.Watch(ctx) }

// LookAt reads what is shared in one cluster now.
func (r *Runner) LookAt(ctx context.Context, id fleet.ClusterID) { r.view.LookAt(ctx, id) }

// Look reads what is shared in every cluster now.
func (r *Runner) Look(ctx context.Context) { r.view.Look(ctx) }

func (r *Runner) sharerFor(p *actions.Plan) fleet.SharedWriter {
	r.mu.Lock()
	sharers := r.sharers
	r.mu.Unlock()
	if sharers == nil || p.Work == nil {
		return nil
	}
	w, ok := sharers(p.Work.Was.Object.Cluster)
	if !ok {
		return nil
	}
	return w
}

// holdsShared tells whether a shared lock is this process's.
func (r *Runner) holdsShared(token string) bool {
	return slices.ContainsFunc(r.carriers(), func(k *carrier) bool { return k.claim != nil && k.claim.Token() == token })
}

// wanted is the lock of the cluster on a plan's object.
func (k *carrier) wanted(p *actions.Plan, id fleet.ChangeID) lease.Wanted {
	me := k.r.me(false)
	return lease.Wanted{Store: k.sharer, Clock: k.r.o.Clock, Log: k.r.o.Log, Name: p.SharedLock(), Actor: k.r.o.Actor, Host: me.Host,
		PID: me.PID, Change: id, Since: k.r.view.Since(p.Work.Was.Object.Cluster)}
}

// claimShared takes the lock of the cluster beside the one of the state directory. Where it cannot be asked for, the local
// lock suffices if a person said so, or if nothing new is begun: the lock is tried for on the way, and forward steps wait
// for it.
func (k *carrier) claimShared(p *actions.Plan, id fleet.ChangeID, overridden, resuming bool) error {
	if k.sharer = k.r.sharerFor(p); k.sharer == nil {
		return nil
	}
	w := k.wanted(p, id)
	claim, err := w.Claim(context.Background(), k.task)
	switch {
	case err == nil && !claim.TakenFrom.IsEmpty() && !overridden && !resuming:
		return errors.Join(refuse(fleet.KindBlocked, "its lock in the cluster is that of "+claim.TakenFrom.String(),
			"override "+sharedLockCheck+" to take it over"), claim.Release(context.Background(), k.task))
	case err == nil:
		k.claim = claim
		return nil
	case fleet.KindOf(err) == fleet.KindConflict || fleet.KindOf(err) == fleet.KindInterrupted:
		return err
	case !overridden && !resuming:
		return &fleet.Error{Kind: fleet.KindBlocked, Op: "start the change",
			Err:  fmt.Errorf("the lock in the cluster cannot be asked for: %w", err),
			Next: "nothing was written; override " + sharedLockCheck + " to go on with the lock of this machine alone"}
	}
	k.r.o.Log.Warn("the lock of the cluster cannot be asked for", "change", string(id), "err", err)
	k.claim = w.Pursue(err)
	return nil
}

// stolen writes down whose lock was taken over.
func (k *carrier) stolen() {
	if k.claim != nil && !k.claim.TakenFrom.IsEmpty() {
		k.r.audit(audit.KindStolen, &k.c, fleet.Concat(fleet.Text("from "), k.claim.TakenFrom), false)
	}
}

// stillMine tells whether both locks are still this process's.
func (k *carrier) stillMine() error {
	if err := k.lock.Verify(); err != nil {
		return err
	}
	if k.claim == nil {
		return nil
	}
	return k.claim.Verify()
}

// unsure says why a forward step waits for the lock of the cluster, "" where it need not. Going back never waits for it.
func (k *carrier) unsure() fleet.Safe {
	if k.claim == nil || slices.Contains(k.c.Approval.Overrides, sharedLockCheck) {
		return fleet.Safe{}
	}
	if err := k.claim.Doubt(); err != nil {
		return fleet.Concat(fleet.Text("the next stage waits: "), fleet.Sentence(err))
	}
	return fleet.Safe{}
}

// unlock sends the newest copy and gives both locks back.
func (k *carrier) unlock() error {
	k.copies.flush(k.task)
	var err error
	if k.claim != nil {
		err = k.claim.Release(context.Background(), k.task)
	}
	return errors.Join(err, k.lock.Release())
}

// tellEnd leaves a word with the object when the change ended or began to go back.
func (k *carrier) tellEnd(was, now actions.State) {
	if was == now || k.copies == nil {
		return
	}
	if reason := endWords[now]; reason != "" {
		k.tell(reason, fleet.Label(string(now)), now == actions.StateUnknown || now == actions.StateRollingBack)
	}
}

// endWords are the states of which a word is left, each as an Event names its reason.
var endWords = map[actions.State]string{
	actions.StateCommitted: "ChangeDone", actions.StateAborted: "ChangeAborted", actions.StateRolledBack: "ChangeRolledBack",
	actions.StateRollingBack: "ChangeRollingBack", actions.StateUnknown: "ChangeUnknown",
}

// tell leaves a word with the object. Why is told only of changes whose journal may be: it may name values.
func (k *carrier) tell(reason string, what fleet.Safe, warn bool) {
	if k.copies == nil {
		return
	}
	w := &k.c.Plan.Work.Was
	text := fleet.Concat(fleet.Text("pitwall "), fleet.Label(string(k.c.Plan.Intent.Kind)), fleet.Text(" "), fleet.Label(string(k.c.ID)),
		fleet.Text(" by "), k.c.Plan.Intent.Actor.Text(), fleet.Text(": "), what)
	if !k.c.Why.IsEmpty() && shared.Private(&k.c.Plan).IsEmpty() {
		text = fleet.Concat(text, fleet.Text(": "), k.c.Why)
	}
	k.copies.tell(fleet.ObjectNote{Object: w.Object, API: w.API, UID: w.UID, Change: k.c.ID, By: k.copies.origin, Reason: reason, Text: text,
		Warn: warn, At: k.now()})
}

// looked puts right what a look at a cluster showed: a change of this machine that another one ended is ended here too,
// and copies of changes that were closed long ago go.
func (r *Runner) looked(id fleet.ClusterID) {
	defer r.notify()
	r.mu.Lock()
	sharers := r.sharers
	r.mu.Unlock()
	closed := r.view.Closed(id)
	if len(closed) == 0 || sharers == nil {
		return
	}
	w, ok := sharers(id)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	open, _ := r.o.Journal.Changes()
	for change, since := range closed {
		if r.o.Clock.Now().Sub(since) > fleet.CopyKept {
			if err := w.RemoveCopy(ctx, change); err != nil {
				r.o.Log.Warn("remove the copy of a closed change", "change", string(change), "err", err)
			}
		}
		at := slices.IndexFunc(open, func(c actions.Change) bool { return c.ID == change && !c.State.Closed() })
		if at >= 0 && r.carrierOf(change) == nil {
			if err := r.endedElsewhere(ctx, w, &open[at]); err != nil {
				r.o.Log.Warn("take over how a change ended elsewhere", "change", string(change), "err", err)
			}
		}
	}
}

func (r *Runner) endedElsewhere(ctx context.Context, w fleet.SharedWriter, c *actions.Change) error {
	lock, err := r.o.Locks.Acquire(c.Plan.Lock(), r.o.Actor, c.ID)
	if err != nil {
		return nil //nolint:nilerr // somebody of this machine is at it
	}
	return errors.Join(r.importCopy(ctx, w, c.ID, c.Plan.Work.Was.Object.Cluster), lock.Release())
}

// importCopy takes the journal of a change over from its copy, where another machine went on with it. The caller holds
// the lock of its object.
func (r *Runner) importCopy(ctx context.Context, w fleet.SharedWriter, id fleet.ChangeID, in fleet.ClusterID) error {
	c, err := w.Copy(ctx, id)
	if err != nil {
		return err
	}
	ch, err := shared.Open(c, in, r.o.Digest)
	if err != nil {
		return err
	}
	if ch.Copy.Summary {
		return &fleet.Error{Kind: fleet.KindUnsupported, Op: "take the change over", Err: errors.New(ch.Why.String()), Next: "act there"}
	}
	content, err := shared.Journal(c)
	if err != nil {
		return err
	}
	why := fleet.Concat(fleet.Text("taken over from its copy of "), fleet.Stamp(ch.Updated), fleet.Text(", from "), fleet.Label(c.Origin))
	took, err := r.o.Journal.Import(id, content, why)
	if took {
		r.o.Log.Info("took a change over from its copy", "change", string(id), "from", fleet.Label(c.Origin).String())
		r.mu.Lock()
		delete(r.shown, id)
		r.mu.Unlock()
	}
	return err
}

// fetch brings the newest journal of a change here before it is taken over. What is here is gone on with where the cluster
// does not answer, if the journal is of this machine.
func (k *carrier) fetch(c *actions.Change) error {
	elsewhere := c.Copy != nil && c.Copy.Elsewhere
	if k.sharer == nil {
		if elsewhere {
			return refuse(fleet.KindReadOnly, "nothing writes what is shared in its cluster from here", "see it under Sources")
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	var err error
	k.task.Idle(func() { err = k.r.importCopy(ctx, k.sharer, c.ID, c.Plan.Work.Was.Object.Cluster) })
	if err != nil && !elsewhere {
		if fleet.KindOf(err) != fleet.KindNotFound {
			k.r.o.Log.Warn("look whether another machine went on with a change", "change", string(c.ID), "err", err)
		}
		return nil
	}
	return err
}

// abandonSummary closes a change of which only a summary is known, when its own machine will not do it any more.
func (r *Runner) abandonSummary(c *actions.Change) error {
	lock, err := r.o.Locks.Acquire(c.Plan.Lock(), r.o.Actor, c.ID)
	if err != nil {
		return err
	}
	k := &carrier{r: r, task: r.o.Clock.Task(), lock: lock}
	defer k.letGo()
	if err = k.claimShared(&c.Plan, c.ID, false, true); err == nil && k.sharer == nil {
		err = refuse(fleet.KindReadOnly, "nothing writes what is shared in its cluster from here", "see it under Sources")
	}
	if err == nil {
		err = k.closeSummary(c)
	}
	return errors.Join(err, k.unlock())
}

func onlySummary(c *actions.Change) bool { return c.Copy != nil && c.Copy.Elsewhere && c.Copy.Summary }

func (k *carrier) closeSummary(c *actions.Change) error {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	was, err := k.sharer.Copy(ctx, c.ID)
	if err != nil {
		return err
	}
	was.Closed, was.Origin = k.now(), k.r.origin()
	if _, err = k.sharer.PutCopy(ctx, was); err != nil {
		return err
	}
	k.c = *c
	k.r.audit(audit.KindAbandoned, &k.c, fleet.Text("its copy was closed; its journal stays open on its own machine"), true)
	k.r.view.LookAt(ctx, c.Plan.Work.Was.Object.Cluster)
	return nil
}
