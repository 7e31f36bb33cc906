package runner

import (
	"encoding/json"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// promoteDraft lifts a pause, as systems with steps do: their controller goes on at once and sets other things.
func promoteDraft() fleet.Draft {
	w := setting(field("/step", "1", "1"), field("/waits", `"since noon"`, ""))
	w.Passing = true
	return fleet.Draft{Stages: []fleet.Stage{{Text: fleet.Text("lift the pause"), Writes: []fleet.ObjectWrite{w}}}, NoUndo: fleet.Text("it has gone on")}
}

func steppingRig(t *testing.T) (*rig, *cluster) {
	g, c := workRig(t)
	c.fields["/step"], c.fields["/waits"] = "1", `"since noon"`
	c.takes = func() { c.fields["/step"], c.fields["/waits"] = "2", `"since one"` }
	return g, c
}

func TestWhatAControllerTakesOverWasMade(t *testing.T) {
	g, c := steppingRig(t)
	p := g.workPlan(actions.KindPromote, promoteDraft())
	id, err := g.r.Start(p, actions.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	end := g.until(id, in(actions.StateCommitted))
	if _, w := c.now(""); len(w) != 1 || !strings.Contains(end.Why.String(), "lift the pause") {
		t.Errorf("%q, %s", w, end.Why)
	}
	if _, err := g.r.Start(p, actions.Approval{}); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("pressed twice: %v", err)
	}
	if _, w := c.now(""); len(w) != 1 {
		t.Errorf("pressed twice, written twice: %q", w)
	}
	if _, err := plan.Restore(&end); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("it has no inverse: %v", err)
	}
	g.sound()
}

// TestAStepIsNotMadeTwiceByACrash kills the process at each point; a fresh one finds whether the step was made.
func TestAStepIsNotMadeTwiceByACrash(t *testing.T) {
	count := &killer{}
	g, c := steppingRig(t)
	g.armWork(c, count.probe)
	g.tellErrand(g.workPlan(actions.KindPromote, promoteDraft()), count.dead)
	for at := 1; at <= count.n; at++ {
		g, c := steppingRig(t)
		k := &killer{at: at}
		g.armWork(c, k.probe)
		g.tellErrand(g.workPlan(actions.KindPromote, promoteDraft()), k.dead)
		g.armWork(c, nil)
		book := g.r.Book()
		if open := book.Open(); len(open) > 0 {
			if err := g.r.Resume(open[0].ID); err != nil {
				t.Fatalf("point %d: %v", at, err)
			}
			g.until(open[0].ID, in(actions.StateCommitted))
			if step, w := c.now("/step"); step != "2" || len(w) != 1 {
				t.Errorf("point %d: step %s, %q", at, step, w)
			}
		}
		g.sound()
	}
}

// weighedDraft is a canary by weight whose inverses in one request would send all requests to the new version.
func weighedDraft() fleet.Draft {
	first := setting(field("/image", `"v1"`, `"v2"`), field("/weight", "", "10"))
	return fleet.Draft{Stages: []fleet.Stage{
		{Text: fleet.Text("10 %"), Writes: []fleet.ObjectWrite{first}, Until: fleet.Until{Updated: 1, Ready: 1}, Canary: true,
			Back: []fleet.ObjectWrite{setting(field("/weight", "10", "0"), field("/image", `"v2"`, `"v1"`))}},
		{Text: fleet.Text("all"), Writes: []fleet.ObjectWrite{setting(field("/weight", "10", ""))}, Until: fleet.Until{Done: true}},
	}}
}

func TestAStageGoesItsOwnWayBack(t *testing.T) {
	g, c := workRig(t)
	id := g.startWork(actions.KindUpgrade, weighedDraft())
	g.until(id, func(ch actions.Change) bool { return len(ch.Steps) == 1 && !ch.Steps[0].Verified.IsZero() })
	if err := g.r.RollBack(id); err != nil {
		t.Fatal(err)
	}
	g.until(id, in(actions.StateRolledBack))
	if fields, _ := json.Marshal(c.fields); string(fields) != `{"/image":"\"v1\"","/weight":"0"}` {
		t.Errorf("it holds %s", fields)
	}
	g.sound()
}

func TestAStageGoesNoWayBackOverSomebodyElse(t *testing.T) {
	g, c := workRig(t)
	id := g.startWork(actions.KindUpgrade, weighedDraft())
	g.until(id, func(ch actions.Change) bool { return len(ch.Steps) == 1 && !ch.Steps[0].Verified.IsZero() })
	c.turn(func() { c.fields["/weight"] = "33" })
	if err := g.r.RollBack(id); err != nil {
		t.Fatal(err)
	}
	g.until(id, in(actions.StateUnknown))
	if weight, _ := c.now("/weight"); weight != "33" {
		t.Errorf("weight %s", weight)
	}
}

func TestTheWholeChangeIsUndoneByItsInverses(t *testing.T) {
	g, c := workRig(t)
	id := g.startWork(actions.KindUpgrade, weighedDraft())
	done := g.until(id, in(actions.StateCommitted))
	back, err := plan.Restore(&done)
	if err != nil {
		t.Fatal(err)
	}
	g.until(g.startWork(actions.KindRestore, back), in(actions.StateCommitted))
	if fields, _ := json.Marshal(c.fields); string(fields) != `{"/image":"\"v1\""}` {
		t.Errorf("it holds %s", fields)
	}
	done.Plan.Work.Draft.Stages[1].Back = []fleet.ObjectWrite{setting(field("/image", `"v2"`, `"v1"`))}
	if back, err = plan.Restore(&done); err != nil || len(back.Stages[0].Writes) != 1 || len(back.Stages[0].Writes[0].Fields) != 1 {
		t.Errorf("its last stage has a way back of its own: %+v, %v", back, err)
	}
}
