package runner

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// pausingDraft is an upgrade whose controller goes along its own steps: it ends at the pause of the third one.
func pausingDraft() fleet.Draft {
	return fleet.Draft{Stages: []fleet.Stage{{Text: fleet.Text("image v1 -> v2"), Writes: []fleet.ObjectWrite{setting(field("/image", `"v1"`, `"v2"`))},
		Until: fleet.Until{Updated: 1, Ready: 1, Paused: 3}, Canary: true}}}
}

// analyses lets the controller of a new image run an analysis, for as many looks at it, before it stands at its pause.
type analyses struct {
	c     *cluster
	looks int
	stood bool // it has stood at the pause
}

func analysing(c *cluster, looks int) *analyses {
	a := &analyses{c: c, looks: looks}
	c.tells = a.tell
	return a
}

func (a *analyses) tell(r *fleet.Rollout) {
	switch {
	case a.c.fields["/image"] != `"v2"`:
		return
	case a.looks > 0:
		a.looks--
		r.Phase, r.Why = fleet.RolloutMoving, fleet.Text("step 2 of 4, analysis")
	default:
		r.Phase, r.Why, r.Traffic.Pause = fleet.RolloutPaused, fleet.Text("step 3 of 4, pause: waits"), 3
		a.stood = true
	}
}

// The replicas are there and ready from the first look on; the stage is not over before the controller says where it stands.
func TestAStageEndsAtThePauseOfItsController(t *testing.T) {
	g, c := workRig(t)
	a := analysing(c, 100)
	id := g.startWork(actions.KindUpgrade, pausingDraft())
	at := g.until(id, func(ch actions.Change) bool { return strings.Contains(ch.Why.String(), "step 2 of 4, analysis") })
	g.pass(time.Minute)
	if now := g.change(id); a.stood || now.State != actions.StateVerifying || !now.Steps[0].Verified.IsZero() {
		t.Fatalf("while the analysis runs: %s, %s, verified at %s", at.State, now.Why, now.Steps[0].Verified)
	}
	end := g.until(id, in(actions.StateCommitted))
	if !a.stood || a.looks != 0 || end.Steps[0].Verified.IsZero() {
		t.Errorf("%d looks before the pause: %s", a.looks, end.Why)
	}
	g.sound()
}

// A person who promotes it meanwhile ends the stage too: there is no pause any more to wait for.
func TestAStageEndsWhereSomebodyPromotedItsRoll(t *testing.T) {
	g, c := workRig(t)
	a := analysing(c, 1<<30)
	id := g.startWork(actions.KindUpgrade, pausingDraft())
	g.until(id, func(ch actions.Change) bool { return strings.Contains(ch.Why.String(), "step 2 of 4, analysis") })
	c.turn(func() { c.tells = nil })
	g.until(id, in(actions.StateCommitted))
	if a.stood {
		t.Error("it stood at the pause")
	}
	g.sound()
}

// What the stage waits for comes out of the journal: a fresh process does not end it by the replicas alone.
func TestThePauseIsWaitedForAfterACrash(t *testing.T) {
	eachDeath(t, "at a pause", 10, func(t *testing.T, k *killer) func(bool) {
		g := newRig(t)
		c := newCluster(g.clock)
		a := analysing(c, 8)
		g.armWork(c, k.probe)
		g.tellErrand(g.workPlan(actions.KindUpgrade, pausingDraft()), k.dead)
		return func(undo bool) {
			g.armWork(c, nil)
			if !g.takeUp(undo) {
				return
			}
			end := g.r.Book().Changes[0]
			if image, _ := c.now("/image"); undo && image != `"v1"` || !undo && (image != `"v2"` || !a.stood || end.State != actions.StateCommitted) {
				t.Errorf("undo %v: %s, %s; image %s, %d looks before the pause", undo, end.State, end.Why, image, a.looks)
			}
			g.sound()
		}
	})
}
