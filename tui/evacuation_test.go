package tui

import (
	"errors"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

func TestOtherPlansThanThoseThatWereReadAreNotConfirmed(t *testing.T) {
	r := failoverRig(t)
	r.keys("5", "F", "enter", "enter")
	r.wants("step 3 of 5: CONFIRM")
	inner := r.control.PartsFunc
	r.control.PartsFunc = func(stage actions.FailoverStage, e *actions.Evacuation, id string, wish actions.FailoverWish) ([]actions.PlannedPart, error) {
		parts, err := inner(stage, e, id, wish)
		parts[0].Plan.After, parts[0].Plan.AfterHash = fleet.Weights{"openai": 1}, "other"
		return parts, err
	}
	r.m.evac.form.state.CheckedAt = r.m.clock.Now().Add(-time.Hour)
	r.send(r.m.flowAge()())
	r.wants("step 2 of 5: CHECKS", "The plans are others than before")
}

func TestWhatIsStaleIsLookedForAgain(t *testing.T) {
	r := failoverRig(t)
	r.keys("5", "F")
	r.control.PartsFunc = func(actions.FailoverStage, *actions.Evacuation, string, actions.FailoverWish) ([]actions.PlannedPart, error) {
		return nil, &fleet.Error{Kind: fleet.KindStale, Op: "fail over", Err: errors.New("the weights of chat-default are others")}
	}
	asked := r.m.evac.state.Found
	r.keys("enter")
	r.wants("step 1 of 5: SELECT", "the weights of chat-default are others")
	if r.m.evac.state.Found == nil || r.m.evac.state.Found == asked {
		t.Error("it was not asked again who could take it")
	}
}

func TestAStageThatCannotBePlannedAnyMoreIsNoEmptyConfirmation(t *testing.T) {
	r := failoverRig(t)
	r.m.beginFlow(views.FailoverFlow{Stage: actions.StageReturn, Origin: actions.Origin{Kind: actions.OriginPool, ID: "b200-a"}, Of: "fo-1"}, views.ShiftConfirm)
	r.m.evac.asking = 7
	r.send(partsMsg{req: 7, err: errors.New("b200-a is CRIT again")})
	r.wants("step 2 of 5: CHECKS", "b200-a is CRIT again")
}
