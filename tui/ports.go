package tui

import (
	"context"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Feed delivers the fleet.
type Feed interface {
	// Next blocks until there is a snapshot newer than the last one it gave, and returns the newest; older ones are
	// gone. An error ends only this wait, unless the context has ended.
	Next(ctx context.Context) (*fleet.Snapshot, error)
}

// Control plans, checks and carries out changes. Every call may block and is made outside of the event loop.
type Control interface {
	// Plan turns an intent into pure data. Nothing is sent.
	Plan(intent actions.Intent) (actions.Plan, error)
	// Twin is an intent as a command line, for the ticket; order is that of the route's targets.
	Twin(intent actions.Intent, order []fleet.TargetID) fleet.Safe
	// Check asks every interlock about a plan on live data.
	Check(plan actions.Plan) []actions.Check
	// Evacuate finds where all that is sent to an origin can go. Nothing is sent.
	Evacuate(o actions.Origin, within actions.Bounds) (actions.Evacuation, error)
	// FailoverParts are the plans of one way of an evacuation with their checks, SettleParts those of the second stage of a failover,
	// ReturnParts those of its way back. Nothing is sent.
	FailoverParts(e actions.Evacuation, wish actions.FailoverWish) ([]actions.PlannedPart, error)
	SettleParts(id string, wish actions.FailoverWish) ([]actions.PlannedPart, error)
	ReturnParts(id string, wish actions.FailoverWish) ([]actions.PlannedPart, error)
	// WarmParts are the plans that start standby pools for a failover.
	WarmParts(ctx context.Context, of []actions.Warmup, as actions.FailoverPart) ([]actions.PlannedPart, error)
	// CheckParts asks every interlock about plans that start together, on live data.
	CheckParts(parts []actions.PlannedPart) []actions.PlannedPart
	// StartParts hands confirmed plans to the runner; what became of each is told, in their order.
	StartParts(parts []actions.PlannedPart, approval actions.Approval) []actions.StartedPart
	// Start hands a confirmed plan to the runner and returns once it is journalled.
	Start(plan actions.Plan, approval actions.Approval) (fleet.ChangeID, error)
	// Hold stops forward steps; the step in force stays guarded.
	Hold(id fleet.ChangeID) error
	// Release ends a hold.
	Release(id fleet.ChangeID) error
	// NextNow starts the next step without waiting for its time.
	NextNow(id fleet.ChangeID) error
	// RollBack takes an open change back to where it began.
	RollBack(id fleet.ChangeID) error
	// Resume lets this process guard an open change that nobody carries, after comparing it with the world.
	Resume(id fleet.ChangeID) error
	// Abandon closes an open change without writing anything more.
	Abandon(id fleet.ChangeID) error
	// UndoIntent is the intent that restores the state before a closed change.
	UndoIntent(id fleet.ChangeID) (actions.Intent, error)
	// Book is the newest list of changes.
	Book() actions.Book
	// BookChanged blocks until the book differs from the one that Book gave last.
	BookChanged(ctx context.Context) error
	// Arm constructs the writers for d. typed is the name of the context as the person typed it.
	Arm(d time.Duration, typed string) error
	// Lock drops the writers.
	Lock()
	// Incident takes an incident by its raw id; "" drops the taken one.
	Incident(id string) error
	// Refresh makes every source read now.
	Refresh()
}

// Details opens objects of clusters in full. Every call may block, is made outside of the event loop, and ends early
// when ctx does. Lines are sanitised and bounded; secrets are not among them. A fleet.Inspector is one.
type Details interface {
	// Describe tells an object in words. It has a deadline of its own.
	Describe(ctx context.Context, o fleet.ObjectRef) ([]fleet.Safe, error)
	// Raw is the object as its cluster holds it. It has a deadline of its own.
	Raw(ctx context.Context, o fleet.ObjectRef) ([]fleet.Safe, error)
	// Containers lists those of a pod in the order in which they begin. It has a deadline of its own.
	Containers(ctx context.Context, o fleet.ObjectRef) ([]fleet.Container, error)
	// Logs calls line for each line, oldest first, until the log or ctx ends. line never blocks.
	Logs(ctx context.Context, o fleet.ObjectRef, opt fleet.LogOptions, line func(fleet.Safe)) error
}

// Rollouts reads and plans what keeps replicas in clusters, and their nodes.
type Rollouts interface {
	// Rollout reads how an object stands. It may block, is made outside of the event loop, and ends early when ctx does.
	Rollout(ctx context.Context, o fleet.ObjectRef) (fleet.Rollout, error)
	// Lacks says which deeds this identity may not do to an object, each with the right that is missing. It may block like
	// Rollout.
	Lacks(ctx context.Context, r *fleet.Rollout) map[fleet.Deed]fleet.Safe
	// PlanWork plans a change of an object, which is read for it: it may take seconds, and ends early when ctx does.
	// Nothing is sent.
	PlanWork(ctx context.Context, intent actions.Intent) (actions.Plan, error)
	// Find finds the object that a person named, of a kind or, for "", of any that keeps replicas. It answers at once.
	Find(name, kind string) (fleet.ObjectRef, error)
}

// Faults is what only the demo and drills have: causes that can be switched on and off.
type Faults interface {
	Faults() []FaultInfo
	ToggleFault(id string) error
}

// FaultInfo is one fault that the demo can run.
type FaultInfo struct {
	ID    string // such as "F24"
	Title fleet.Safe
	On    bool
}
