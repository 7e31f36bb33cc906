package desk

import (
	"context"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/actions/runner"
	"pitwall/fleet"
)

// carrier is what carries changes: the runner, or watchOnly where nothing can be written down.
type carrier interface {
	SetWriters(runner.Writers)
	SetSilencers(runner.Silencers)
	SetWorks(runner.Works)
	SetSharers(runner.Sharers)
	Watch(context.Context)
	Look(context.Context)
	LookAt(context.Context, fleet.ClusterID)
	SetAccess(actions.Access)
	Start(actions.Plan, actions.Approval) (fleet.ChangeID, error)
	Hold(fleet.ChangeID) error
	Release(fleet.ChangeID) error
	NextNow(fleet.ChangeID) error
	RollBack(fleet.ChangeID) error
	Resume(fleet.ChangeID) error
	Abandon(id fleet.ChangeID, reason string) error
	Book() actions.Book
	Updates() <-chan struct{}
	Stop(context.Context) error
	Detach()
	Wait(context.Context) error
}

// watchOnly stands in for the runner where the state directory cannot be used: what cannot be written down is not
// done. It shows what can still be read of the journal.
type watchOnly struct {
	state  string
	clock  fleet.Clock
	access actions.Access
}

func newWatchOnly(o Options, actor actions.Actor, cause error) *watchOnly {
	why := fleet.Concat(fleet.Text("writing is disabled, watching goes on: "), fleet.Sentence(cause))
	return &watchOnly{state: o.State, clock: o.Clock, access: actions.Access{Why: why, Actor: actor}}
}

func (w *watchOnly) refuse() error {
	return refuse(fleet.KindReadOnly, "change anything", w.access.Why.String())
}

// SetWriters constructs nothing, whatever it is given.
func (w *watchOnly) SetWriters(runner.Writers) {}

// SetSilencers constructs nothing either.
func (w *watchOnly) SetSilencers(runner.Silencers) {}

// SetWorks constructs nothing either.
func (w *watchOnly) SetWorks(runner.Works) {}

// SetSharers constructs nothing either.
func (w *watchOnly) SetSharers(runner.Sharers) {}

// Watch, Look and LookAt see nothing: what is not written down here is not taken over here.
func (w *watchOnly) Watch(context.Context) {}

// Look sees nothing.
func (w *watchOnly) Look(context.Context) {}

// LookAt sees nothing.
func (w *watchOnly) LookAt(context.Context, fleet.ClusterID) {}

// SetAccess changes nothing: why nothing can be written stays true until the next start.
func (w *watchOnly) SetAccess(actions.Access) {}

// Start refuses.
func (w *watchOnly) Start(actions.Plan, actions.Approval) (fleet.ChangeID, error) {
	return "", w.refuse()
}

// Hold refuses, and so do the other acts on a change.
func (w *watchOnly) Hold(fleet.ChangeID) error { return w.refuse() }

// Release refuses.
func (w *watchOnly) Release(fleet.ChangeID) error { return w.refuse() }

// NextNow refuses.
func (w *watchOnly) NextNow(fleet.ChangeID) error { return w.refuse() }

// RollBack refuses.
func (w *watchOnly) RollBack(fleet.ChangeID) error { return w.refuse() }

// Resume refuses.
func (w *watchOnly) Resume(fleet.ChangeID) error { return w.refuse() }

// Abandon refuses.
func (w *watchOnly) Abandon(fleet.ChangeID, string) error { return w.refuse() }

// Book is what the journal says as far as it can be read.
func (w *watchOnly) Book() actions.Book {
	changes, _ := journal.Load(w.state)
	for i := range changes {
		// Without the locks nobody can tell whether the guard lives.
		changes[i].Guard.Mine, changes[i].Guard.Alive = false, fleet.None[bool]()
	}
	return actions.Book{At: w.clock.Now(), Changes: changes, Access: w.access}
}

// Updates never has an element: nothing changes here by itself.
func (w *watchOnly) Updates() <-chan struct{} { return nil }

// Stop returns at once: nothing is carried here.
func (w *watchOnly) Stop(context.Context) error { return nil }

// Detach does nothing, for the same reason.
func (w *watchOnly) Detach() {}

// Wait returns at once.
func (w *watchOnly) Wait(context.Context) error { return nil }
