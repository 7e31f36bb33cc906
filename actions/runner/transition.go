package runner

import (
	"errors"
	"fmt"

	"pitwall/actions"
	"pitwall/fleet"
)

// Event is what moves a change from one state to another.
type Event string

// The events in the life of a change.
const (
	EventPlan     Event = "plan"
	EventCheck    Event = "check"
	EventApprove  Event = "approve"
	EventLease    Event = "lease"
	EventWrite    Event = "write"     // a step's intent is on the disk, its write goes out
	EventWritten  Event = "written"   // the gateway answered, or may have taken the write
	EventRefused  Event = "refused"   // the write was not applied; the step before stays in force
	EventHold     Event = "hold"      // a person or missing evidence stops the ramp
	EventRelease  Event = "release"   // the ramp goes on with a step in force
	EventRetry    Event = "retry"     // the ramp goes on with nothing written so far
	EventSoak     Event = "soak"      // all steps are verified
	EventPass     Event = "pass"      // the soak is over; an errand, which needs none, is verified
	EventRollBack Event = "roll back" // limits are broken, a replica never followed, or a person wants it
	EventRestored Event = "restored"
	EventForeign  Event = "foreign" // the world is neither before nor after
	EventAbort    Event = "abort"   // nothing was written and nothing will be
	EventAbandon  Event = "abandon" // a person closes it as it stands
)

// Next is the one transition function. An event that a state does not know is an error of KindInternal.
func Next(s actions.State, e Event) (actions.State, error) {
	if to, ok := transitions[s][e]; ok {
		return to, nil
	}
	return s, &fleet.Error{Kind: fleet.KindInternal, Op: "move the change on",
		Err: fmt.Errorf("%w: %q in state %q", errNoTransition, e, s)}
}

var errNoTransition = errors.New("no such transition")

// transitions is the table of change-safety.md part B. Closed states have no row: nothing leaves them.
var transitions = map[actions.State]map[Event]actions.State{
	actions.StateDraft:    {EventPlan: actions.StatePlanned},
	actions.StatePlanned:  {EventCheck: actions.StateChecked},
	actions.StateChecked:  {EventApprove: actions.StateApproved, EventAbort: actions.StateAborted},
	actions.StateApproved: {EventLease: actions.StateLeased, EventAbort: actions.StateAborted},
	actions.StateLeased: {EventWrite: actions.StateApplying, EventHold: actions.StateHeld, EventRetry: actions.StateLeased,
		EventAbort: actions.StateAborted, EventAbandon: actions.StateAborted, EventForeign: actions.StateUnknown},
	actions.StateApplying: {EventWrite: actions.StateApplying, EventWritten: actions.StateVerifying,
		EventRefused: actions.StateHeld, EventHold: actions.StateHeld, EventRelease: actions.StateVerifying,
		EventRetry: actions.StateLeased, EventRollBack: actions.StateRollingBack, EventForeign: actions.StateUnknown,
		EventAbort: actions.StateAborted, EventAbandon: actions.StateAborted},
	actions.StateVerifying: {EventWrite: actions.StateApplying, EventRefused: actions.StateHeld,
		EventHold: actions.StateHeld, EventRelease: actions.StateVerifying, EventRetry: actions.StateLeased,
		EventSoak: actions.StateSoaking, EventPass: actions.StateCommitted, EventRollBack: actions.StateRollingBack,
		EventForeign: actions.StateUnknown, EventAbort: actions.StateAborted, EventAbandon: actions.StateAborted},
	actions.StateHeld: {EventWrite: actions.StateApplying, EventRefused: actions.StateHeld, EventHold: actions.StateHeld,
		EventRelease: actions.StateVerifying, EventRetry: actions.StateLeased, EventSoak: actions.StateSoaking,
		EventPass: actions.StateCommitted, EventRollBack: actions.StateRollingBack, EventForeign: actions.StateUnknown,
		EventAbort: actions.StateAborted, EventAbandon: actions.StateAborted},
	actions.StateSoaking: {EventPass: actions.StateCommitted, EventHold: actions.StateHeld,
		EventRelease: actions.StateVerifying, EventRollBack: actions.StateRollingBack,
		EventForeign: actions.StateUnknown, EventAbandon: actions.StateAborted},
	actions.StateRollingBack: {EventRollBack: actions.StateRollingBack, EventRestored: actions.StateRolledBack,
		EventForeign: actions.StateUnknown, EventAbandon: actions.StateAborted},
	actions.StateUnknown: {EventRelease: actions.StateVerifying, EventRetry: actions.StateLeased,
		EventRollBack: actions.StateRollingBack, EventForeign: actions.StateUnknown, EventAbort: actions.StateAborted,
		EventAbandon: actions.StateAborted},
}
