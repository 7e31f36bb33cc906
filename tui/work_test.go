package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/tui/tuitest"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// workRig is a console on clusters whose objects can be read and changed, in an environment.
func workRig(t *testing.T, env fleet.Env, book actions.Book) (*rig, *tuitest.Rollouts) {
	t.Helper()
	w := &tuitest.Rollouts{Stands: viewtest.Rollouts()}
	w.Stands[object("Node", "", "b200-a-01")] = fleet.Rollout{Object: object("Node", "", "b200-a-01"), Phase: fleet.RolloutDone, Unit: fleet.Text("pods")}
	w.PlanFunc = func(in actions.Intent) (actions.Plan, error) {
		p := viewtest.UpgradePlan()
		if in.Kind == actions.KindDrain {
			p = viewtest.DrainPlan()
		}
		p.Intent, p.Env, p.Created = in, env, viewtest.Now()
		p.Work.Was.Object = in.Work.Object
		return p, nil
	}
	r := newRig(t, inEnv(clustered(), env), book, func(o *Options) { o.Rollouts = w })
	return r, w
}

// toLlama opens the page of the object that the wireframes upgrade.
func (r *rig) toLlama() {
	r.Helper()
	r.m.visit(place{screen: views.ScreenUpgrades, object: viewtest.Llama()})
	r.run(r.m.readRollouts())
}

// workRigs adds consoles in every step of a change of an object.
func workRigs(t *testing.T, rigs map[string]*rig) {
	for name, keys := range map[string][]string{
		"upgrades": {"4"}, "upgrade form": {"U"}, "upgrade plan": {"U", "enter"}, "upgrade checks": {"U", "enter", "enter"},
		"upgrade confirm": {"U", "enter", "enter", "enter"}, "upgrade page": {}, "object actions": {"x"},
	} {
		r, _ := workRig(t, fleet.EnvDev, writable())
		r.toLlama()
		r.keys(keys...)
		rigs[name] = r
	}
	r, _ := workRig(t, fleet.EnvDev, upgrading())
	r.toLlama()
	rigs["upgrade page with a change"] = r
	r, _ = workRig(t, fleet.EnvDev, upgrading())
	r.toLlama()
	r.keys("U")
	rigs["upgrade apply"] = r
}

// upgrading is a book with the canary of the wireframes under way.
func upgrading(change ...func(*actions.Change)) actions.Book {
	b := writable()
	c := viewtest.UpgradeChange()
	for _, f := range change {
		f(&c)
	}
	b.Changes = []actions.Change{c}
	return b
}

func TestUpgradeIsTypedPlannedCheckedAndConfirmed(t *testing.T) {
	r, w := workRig(t, fleet.EnvProd, writable())
	r.toLlama()
	r.keys("U")
	r.wants("UPGRADE Deployment llm/llama-70b", "registry.example.net/vllm:0.24.0", "nothing is planned yet")
	if len(w.Intents()) != 0 {
		t.Fatal("it is planned before anything is typed")
	}
	r.keys("backspace")
	r.typed("1")
	r.keys("tab", "tab", "tab")
	r.typed("max-model-len=16384 gpu-memory-utilization=0.9")
	r.keys("tab")
	r.typed("25,50")
	r.keys("tab")
	r.typed("0")
	r.keys("tab")
	r.typed("20m")
	r.keys("tab", "tab", "space", "enter")
	want := w.Intents()[0].Work.Want
	switch in := w.Intents()[0]; {
	case in.Kind != actions.KindUpgrade || want.Image != "registry.example.net/vllm:0.24.1" || want.Weights != "" || want.Revision != "":
		t.Errorf("intent %+v", in.Work)
	case len(want.Args) != 2 || want.Args[0] != (fleet.ArgEdit{Flag: "max-model-len", Value: "16384"}):
		t.Errorf("flags %+v", want.Args)
	case !slices.Equal(want.Parts, []fleet.Ratio{0.25, 0.5}) || want.Surge != fleet.Some(0):
		t.Errorf("parts %v, surge %+v", want.Parts, want.Surge)
	case in.Work.Hold != 20*time.Minute || !in.Work.ByReadiness:
		t.Errorf("hold %v, by readiness %v", in.Work.Hold, in.Work.ByReadiness)
	}
	r.wants("8 GPUs more at the most, 8 free", "containers/0/image", "same as")
	r.keys("enter")
	r.wantStep(views.ShiftChecks)
	r.keys("enter")
	r.wantStep(views.ShiftConfirm)
	r.typed("CVE in the engine")
	r.keys("tab")
	r.typed("chat-default")
	r.keys("enter")
	r.wantNotice("type the name of the object to arm: llama-70b")
	r.wantCalls()
	r.keys("ctrl+u")
	r.typed("llama-70b")
	r.keys("enter")
	r.wantCalls("start")
	if a := r.control.Approvals(); len(a) != 1 || a[0].Typed != "llama-70b" || a[0].Reason != "CVE in the engine" {
		t.Errorf("%+v", a)
	}
	r.wantStep(views.ShiftApply)
}

func TestWhatIsTypedWronglyIsRefusedWithoutAsking(t *testing.T) {
	for field, text := range map[string]string{askCanary: "50,10", askSurge: "-1", askHold: "soon", askFlags: "fast", askReplicas: "many", askImage: "bad image",
		askModel: "s3://a b", askRevision: "v 2",
		askShare: "0", askWeights: "v2=-1"} {
		deed := fleet.DoUpgrade
		switch field {
		case askReplicas:
			deed = fleet.DoScale
		case askShare:
			deed = fleet.DoAdvance
		case askWeights:
			deed = fleet.DoTraffic
		}
		r, w := workRig(t, fleet.EnvDev, writable())
		r.run(r.m.openWork(viewtest.Llama(), deed))
		setField(r.m.shift.state.Work, field, text)
		r.m.shift.workEdited()
		r.keys("enter")
		planned := 0
		if deed == fleet.DoAdvance {
			planned = 1 // at once, while nothing was typed
		}
		if len(w.Intents()) != planned || r.m.shift.state.PlanErr.IsEmpty() || !strings.Contains(r.m.shift.state.PlanErr.String(), text) {
			t.Errorf("%s %q: planned %d, says %q", field, text, len(w.Intents()), r.m.shift.state.PlanErr)
		}
		r.keys("tab", "shift+tab", "enter")
		r.wantStep(views.ShiftPlan)
	}
}

func TestAPlanThatIsOlderThanWhatIsTypedIsMadeAgain(t *testing.T) {
	r, w := workRig(t, fleet.EnvDev, writable())
	r.toLlama()
	r.keys("U", "enter", "shift+tab", "shift+tab", "shift+tab") // back to a text field
	r.typed("9m")
	r.wants("older than what is typed")
	r.keys("enter")
	r.wantStep(views.ShiftPlan)
	if len(w.Intents()) != 2 {
		t.Fatalf("%d plans", len(w.Intents()))
	}
	r.keys("enter")
	r.wantStep(views.ShiftChecks)
}

func TestPlanningIsGivenUpWithEscape(t *testing.T) {
	r, w := workRig(t, fleet.EnvDev, writable())
	w.Hang = true
	r.toLlama()
	r.hold = true
	r.keys("U", "enter")
	r.wants("planning: Deployment llm/llama-70b of prod-eu-1 is being read")
	r.keys("enter")
	r.wantNotice("it is being planned; esc gives it up")
	r.keys("esc")
	r.wantNotice("given up; nothing was sent")
	r.wantStep(views.ShiftPlan)
	r.release() // the planner ends with its context, or this test never does
	if w.GivenUp() != 1 || r.m.shift.state.Plan != nil || !r.m.shift.state.PlanErr.IsEmpty() {
		t.Errorf("given up %d, plan %v, error %q", w.GivenUp(), r.m.shift.state.Plan, r.m.shift.state.PlanErr)
	}
	r.keys("esc")
	r.wantStep(0)

	// A deed without fields has nothing to go back to.
	r2, w2 := workRig(t, fleet.EnvDev, writable())
	w2.Hang, r2.hold = true, true
	r2.held = append(r2.held, r2.m.openWork(object("Node", "", "b200-a-01"), fleet.DoDrain))
	r2.keys("esc")
	r2.wantStep(0)
	r2.release()
	if w2.GivenUp() != 1 {
		t.Error("a closed dialog goes on reading the cluster")
	}
}

func TestAFailedPlanSaysWhyAndGoesNowhere(t *testing.T) {
	r, w := workRig(t, fleet.EnvDev, writable())
	w.PlanFunc = func(actions.Intent) (actions.Plan, error) {
		return actions.Plan{}, &fleet.Error{Kind: fleet.KindUnsupported, Op: "draft the scale of b200-a-01", Err: errors.New("a node has no replicas")}
	}
	r.run(r.m.openWork(viewtest.Llama(), fleet.DoRestart))
	r.wants("a node has no replicas")
	r.keys("enter")
	r.wantStep(views.ShiftPlan)
	if len(w.Intents()) != 2 {
		t.Errorf("enter does not plan again: %d plans", len(w.Intents()))
	}
	if w.Intents()[0].Work.Want.Stamp.IsZero() {
		t.Error("a restart has no time")
	}
}

func TestObjectsInSightAreReadInTurnAndAgainWhenOld(t *testing.T) {
	r, w := workRig(t, fleet.EnvDev, writable())
	r.keys("1")
	if len(w.Asked()) != 0 {
		t.Fatal("objects are read that no screen shows")
	}
	r.keys("4")
	first := w.Asked()
	if len(first) < 3 {
		t.Fatalf("read %v", first)
	}
	r.send(secondMsg{})
	if len(w.Asked()) != len(first) {
		t.Error("a fresh answer is asked for again")
	}
	r.clock.advance(rolloutClose)
	r.send(secondMsg{})
	again := w.Asked()[len(first):]
	if len(again) != 1 {
		t.Errorf("after %v %v were read again, want the selected one", rolloutClose, again)
	}
	r.clock.advance(rolloutSight)
	r.send(secondMsg{})
	if got := len(w.Asked()); got < 2*len(first) {
		t.Errorf("%d reads after %v, want those in sight again", got, rolloutSight)
	}
	r.keys("p")
	before := len(w.Asked())
	r.clock.advance(time.Hour)
	r.send(secondMsg{})
	if len(w.Asked()) != before {
		t.Error("a paused display goes on reading")
	}
}

func TestAnObjectThatDoesNotAnswerKeepsItsLastAnswerWithItsAge(t *testing.T) {
	r, w := workRig(t, fleet.EnvDev, writable())
	r.toLlama()
	r.wants("stuck", "read 0s ago")
	w.Err = &fleet.Error{Kind: fleet.KindUnreachable, Op: "read the object", Err: errors.New("no answer from 10.8.0.1")}
	r.clock.advance(3 * time.Minute)
	r.send(secondMsg{})
	r.wants("stuck", "read 3m ago, which is OLD", "no answer from 10.8.0.1")
	n := len(w.Asked())
	r.clock.advance(rolloutClose)
	r.send(secondMsg{})
	if len(w.Asked()) != n {
		t.Error("an object that does not answer is asked as often as one that does")
	}
}

func TestUpgradeKeyShowsTheOpenChangeAndSteersIt(t *testing.T) {
	r, _ := workRig(t, fleet.EnvDev, upgrading())
	r.toLlama()
	r.keys("U")
	r.wantStep(views.ShiftApply)
	r.wants("12:48 left of 15m", "905ms", "FAIL")
	if r.m.shift.state.Twin.IsEmpty() {
		t.Error("no command line")
	}
	r.keys("space")
	r.wantCalls("hold c-131")
	r.keys("P", "enter")
	r.wantCalls("hold c-131")
	r.keys("P")
	r.wants("PROMOTE change 131", "FAIL ttft95: new 905ms, old 720ms, limit 864ms", "PROMOTE to stage 2 now")
	r.keys("tab", "enter")
	r.wantCalls("hold c-131", "next c-131")
	r.keys("A")
	r.wants("roll back: each field that it set goes back to what it was")
	r.keys("tab", "enter")
	r.wantCalls("hold c-131", "next c-131", "rollback c-131")
	r.keys("y")
	r.wantNotice("copied the command line")
	r.keys("esc")
	r.wantNotice("U opens it again")
	r.keys("A", "tab", "enter")
	r.wantCalls("hold c-131", "next c-131", "rollback c-131", "rollback c-131")
}

func TestPromoteAndAbortSayWhyTheyAreOff(t *testing.T) {
	r, w := workRig(t, fleet.EnvDev, writable())
	r.toLlama()
	r.keys("P")
	r.wantNotice("its system has no steps or weights of its own")
	r.keys("A")
	r.wantNotice("its system has no steps or weights of its own")
	stands := w.Stands[viewtest.Llama()]
	stands.Traffic = fleet.Traffic{Kind: fleet.TrafficSteps, Step: 1, Steps: 3}
	w.Stands[viewtest.Llama()] = stands
	r.clock.advance(rolloutClose)
	r.send(secondMsg{})
	r.keys("P")
	r.wantStep(views.ShiftPlan)
	if in := w.Intents(); len(in) != 1 || in[0].Kind != actions.KindPromote {
		t.Errorf("%+v", in)
	}
	back, _ := workRig(t, fleet.EnvDev, upgrading(func(c *actions.Change) { c.State = actions.StateRollingBack }))
	back.toLlama()
	back.keys("P")
	back.wantNotice("on its way back")
	last, _ := workRig(t, fleet.EnvDev, upgrading(func(c *actions.Change) { c.Step = 2 }))
	last.toLlama()
	last.keys("P")
	last.wantNotice("nothing to promote to")
}

func TestUndoOfAChangeOfAnObjectIsPlannedInTheSameDialog(t *testing.T) {
	done := upgrading(func(c *actions.Change) { c.State, c.Step, c.NextAt = actions.StateCommitted, 2, time.Time{} })
	r, w := workRig(t, fleet.EnvDev, done)
	r.control.UndoFunc = func(id fleet.ChangeID) (actions.Intent, error) {
		return actions.Intent{Kind: actions.KindRestore, Undoes: id, Work: &actions.WorkIntent{Object: viewtest.Llama(),
			Want: fleet.Want{Do: fleet.Deed(actions.KindRestore)}}}, nil
	}
	r.toLlama()
	r.keys("Z")
	r.wantStep(views.ShiftPlan)
	r.wants("UNDO of 131: Deployment llm/llama-70b")
	if in := w.Intents(); len(in) != 1 || in[0].Undoes != "c-131" || in[0].Kind != actions.KindRestore {
		t.Fatalf("%+v", in)
	}
	r.keys("enter", "enter")
	r.wantStep(views.ShiftConfirm)
	r.keys("tab", "enter")
	r.wantCalls("start")
}

func TestQuestionsAboutChangesOfObjectsSpeakOfObjects(t *testing.T) {
	orphan := upgrading(func(c *actions.Change) { c.Guard = actions.Guardian{PID: 9, Host: "b", Alive: fleet.Some(false)} })
	r, _ := workRig(t, fleet.EnvDev, orphan)
	r.wants("resume: compare with the cluster", "roll back: each field that it set goes back")
	drained := upgrading(func(c *actions.Change) {
		c.Plan = viewtest.DrainPlan()
		c.Guard = actions.Guardian{PID: 9, Host: "b", Alive: fleet.Some(false)}
	})
	r, _ = workRig(t, fleet.EnvDev, drained)
	r.wants("does not come back to its node")
	for _, word := range []string{"silence", "gateway"} {
		if strings.Contains(r.choices(), word) {
			t.Errorf("it speaks of a %s: %s", word, r.choices())
		}
	}
	closed := upgrading(func(c *actions.Change) { c.Plan, c.State = viewtest.DrainPlan(), actions.StateCommitted })
	r, _ = workRig(t, fleet.EnvDev, closed)
	r.keys("7", "Z")
	r.wantNotice("does not come back to its node")
	r.keys("enter", "w")
	r.m.shift = nil
	report := report(&closed.Changes[0])
	var text []string
	for _, l := range report {
		text = append(text, l.String())
	}
	if all := strings.Join(text, "\n"); !strings.Contains(all, "/spec/unschedulable (absent) -> true") || strings.Contains(all, "gateway") ||
		strings.Contains(all, "weights:") {
		t.Errorf("report:\n%s", all)
	}
}

func TestActionsOfObjectsPlanTheirDeeds(t *testing.T) {
	r, w := workRig(t, fleet.EnvDev, writable())
	r.toLlama()
	r.m.states.upgrades.Pods.Selected = "prod-eu-1/llm/llama-70b-6c9f7d5b4-2x4zk"
	r.keys("x")
	all := r.choices()
	for _, want := range []string{"scale Deployment llm/llama-70b", "hold the autoscaler of Deployment llm/llama-70b  (off: nothing is known to scale it",
		"drain Node b200-a-01", "uncordon Node b200-a-01  (off: it is not cordoned)", "restart, one replica after the other"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	at := slices.IndexFunc(strings.Split(all, "\n"), func(s string) bool { return strings.Contains(s, "drain Node") })
	r.m.ask.state.Chosen = at
	r.keys("enter")
	r.wantStep(views.ShiftPlan)
	r.wants("DRAIN Node b200-a-01", "REPLICA of llama-70b", "NO UNDO")
	if in := w.Intents(); len(in) != 1 || in[0].Kind != actions.KindDrain || in[0].Work.Object.Name != "b200-a-01" {
		t.Errorf("%+v", in)
	}
}

func TestCommandsPlanWithoutSending(t *testing.T) {
	for line, want := range map[string]actions.Kind{
		"upgrade llama-70b image=x/y:2 canary=25 flags=a=1 flags=b=2 by-readiness": actions.KindUpgrade, "scale llama-70b 5": actions.KindScale,
		"restart llama-70b": actions.KindRestart, "pause llama-70b": actions.KindPause, "resume llama-70b": actions.KindContinue,
		"autoscaler hold qwen-embed 3": actions.KindHoldScaler, "autoscaler release qwen-embed": actions.KindFreeScaler,
		"cordon b200-a-01": actions.KindCordon, "uncordon b200-a-01": actions.KindUncordon, "drain b200-a-01": actions.KindDrain,
		"promote llama-70b": actions.KindPromote, "advance llama-70b": actions.KindAdvance, "abort llama-70b": actions.KindGiveUpRoll,
	} {
		r, w := workRig(t, fleet.EnvDev, writable())
		r.keys(":")
		r.m.line.field.Text = line
		r.keys("enter")
		in := w.Intents()
		if len(in) != 1 || in[0].Kind != want {
			t.Errorf("%s: %+v\n%s", line, in, r.frame())
			continue
		}
		if want == actions.KindUpgrade && (in[0].Work.Want.Image != "x/y:2" || len(in[0].Work.Want.Args) != 2 || !in[0].Work.ByReadiness) {
			t.Errorf("%s: %+v", line, in[0].Work)
		}
		if want == actions.KindScale && in[0].Work.Want.Replicas != fleet.Some(5) {
			t.Errorf("%s: %+v", line, in[0].Work.Want)
		}
		r.wantStep(views.ShiftPlan)
		r.wantCalls()
	}
	r, _ := workRig(t, fleet.EnvDev, writable())
	for line, want := range map[string]string{"upgrade nothing": "there is no", "upgrade llama-70b speed=9": "none of the fields", "scale": "name an object",
		"autoscaler llama-70b": "hold or release", "drain a b": "one object"} {
		if _, why := r.m.runCommand(line); !strings.Contains(why.String(), want) {
			t.Errorf("%s: %q", line, why)
		}
	}
}

func TestAChangedObjectGoesBackToTheChecks(t *testing.T) {
	r, w := workRig(t, fleet.EnvDev, writable())
	r.toLlama()
	r.keys("U", "enter", "enter", "enter")
	r.wantStep(views.ShiftConfirm)
	s := inEnv(clustered(), fleet.EnvDev)
	s.Gen++
	r.send(snapshotMsg{snap: s})
	r.wantStep(views.ShiftConfirm)
	other := inEnv(clustered(), fleet.EnvDev)
	other.Gen = s.Gen + 1
	for _, c := range other.Clusters {
		for i, x := range c.Workloads {
			if x.Name == "llama-70b" {
				y := *x
				y.Desired = 9
				c.Workloads[i] = &y
			}
		}
	}
	r.send(snapshotMsg{snap: other})
	r.wantStep(views.ShiftChecks)
	if len(w.Intents()) != 2 || !strings.Contains(r.m.shift.state.Stale.String(), "not as it was planned on") || r.m.shift.state.Checks == nil {
		t.Errorf("%d plans, %q, checks %v", len(w.Intents()), r.m.shift.state.Stale, r.m.shift.state.Checks)
	}
}

func TestWithoutClustersTheUpgradesSayWhy(t *testing.T) {
	r := newRig(t, world(), writable())
	r.keys("4")
	r.wants("UPGRADES", "no object of a")
	r.keys("U")
	r.wantNotice("reads no object of a cluster")
}

func TestNoKeySequenceStartsAnUpgradeWithoutItsName(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r, _ := workRig(t, fleet.EnvProd, writable())
		r.toLlama()
		for range walkKeys {
			key := r.randomKey(rt)
			if rapid.Bool().Draw(rt, "way") {
				key = rapid.SampledFrom([]string{"U", "enter", "enter", "tab", "x", "j"}).Draw(rt, "step")
			}
			r.keys(key)
			if r.frame() == "" {
				rt.Fatal("nothing is drawn")
			}
			if s := r.m.shift; s != nil && s.state.Work != nil && r.m.place().object != s.state.Work.Object {
				rt.Fatalf("the dialog of %+v lies over %+v", s.state.Work.Object, r.m.place())
			}
		}
		if slices.Contains(r.control.Calls(), "start") {
			rt.Fatal("an upgrade was started in production without the name")
		}
	})
}

func TestWeightsAreTypedByMember(t *testing.T) {
	r, w := workRig(t, fleet.EnvDev, writable())
	stands := w.Stands[viewtest.Llama()]
	stands.Traffic = fleet.Traffic{Kind: fleet.TrafficPercent, Members: []fleet.TrafficMember{
		{Name: fleet.Text("v1"), ID: "llama=v1", Weight: 100}, {Name: fleet.Text("v2"), ID: "v2"}}}
	w.Stands[viewtest.Llama()] = stands
	r.toLlama()
	r.run(r.m.openWork(viewtest.Llama(), fleet.DoTraffic))
	r.wants("SET THE WEIGHTS of Deployment llm/llama-70b", "llama=v1=100 v2=0")
	r.keys("enter")
	if len(w.Intents()) != 0 || !strings.Contains(r.m.shift.state.PlanErr.String(), "say the weight") {
		t.Fatalf("planned %d, says %q", len(w.Intents()), r.m.shift.state.PlanErr)
	}
	r.keys("backspace")
	r.typed("10")
	r.keys("enter")
	want := []fleet.Share{{Member: "llama=v1", Weight: 100}, {Member: "v2", Weight: 10}}
	if got := w.Intents(); len(got) != 1 || got[0].Kind != actions.KindTraffic || !slices.Equal(got[0].Work.Want.Shares, want) {
		t.Errorf("%+v", got)
	}
	r.keys("esc")
	r.keys(":")
	r.typed("traffic llm/llama-70b v2=25")
	r.keys("enter")
	if got := w.Intents(); len(got) != 2 || !slices.Equal(got[1].Work.Want.Shares, []fleet.Share{{Member: "v2", Weight: 25}}) {
		t.Errorf("by command: %+v", got)
	}
}

func TestWhatMayNotBeDoneIsNotOffered(t *testing.T) {
	r, w := workRig(t, fleet.EnvDev, writable())
	w.Missing = map[fleet.Deed]fleet.Safe{
		fleet.DoUpgrade: fleet.Text("this identity may not patch deployments.apps in llm"),
		fleet.DoScale:   fleet.Text("this identity may not patch deployments.apps/scale in llm")}
	r.toLlama()
	r.keys("U")
	r.wantNotice("may not patch deployments.apps in llm")
	if why := r.m.whyNoDeed(viewtest.Llama(), fleet.DoScale).String(); !strings.Contains(why, "deployments.apps/scale") {
		t.Errorf("scale: %q", why)
	}
	if why := r.m.whyNoDeed(viewtest.Llama(), fleet.DoRestart); !why.IsEmpty() {
		t.Errorf("restart: %q", why)
	}
	if len(w.Intents()) != 0 {
		t.Error("something was planned")
	}
}

func TestEachActionIsListedOnce(t *testing.T) {
	r, _ := workRig(t, fleet.EnvDev, writable())
	r.m.visit(place{screen: views.ScreenUpgrades, object: object("Node", "", "b200-a-01")})
	r.run(r.m.readRollouts())
	seen := map[string]bool{}
	for _, a := range r.m.objectActions() {
		if text := a.text.String(); seen[text] {
			t.Errorf("%q is listed twice", text)
		} else {
			seen[text] = true
		}
	}
	if len(seen) != len(workDeeds(kindNode)) {
		t.Errorf("%d actions for a node: %v", len(seen), seen)
	}
}

// What has a key or a command is in the list of actions, with the reason where it is off.
func TestStepsOfARollAreListedAmongTheActions(t *testing.T) {
	const off = "no steps or weights of its own"
	fresh, _ := workRig(t, fleet.EnvDev, writable())
	if !fresh.m.stepless(viewtest.Llama()) {
		t.Error("a Deployment that was not read yet is offered steps")
	}
	r, w := workRig(t, fleet.EnvDev, writable())
	r.toLlama()
	for text, why := range listed(r) {
		if steps := strings.HasPrefix(text, "P  ") || strings.HasPrefix(text, "A  ") || strings.Contains(text, "advance"); steps != strings.Contains(why, off) {
			t.Errorf("%q is off: %q", text, why)
		}
	}
	stands := w.Stands[viewtest.Llama()]
	stands.Traffic = fleet.Traffic{Kind: fleet.TrafficSteps, Step: 1, Steps: 3}
	w.Stands[viewtest.Llama()] = stands
	r.clock.advance(rolloutClose)
	r.send(secondMsg{})
	on := map[string]bool{}
	for text, why := range listed(r) {
		if why == "" {
			on[text[:3]] = true
		}
		if strings.Contains(text, "advance by one step") {
			on["advance"] = why == ""
		}
	}
	if !on["P  "] || !on["A  "] || !on["advance"] {
		t.Errorf("offered: %v", on)
	}
	back, _ := workRig(t, fleet.EnvDev, upgrading(func(c *actions.Change) { c.State = actions.StateRollingBack }))
	back.toLlama()
	for text, why := range listed(back) {
		if strings.HasPrefix(text, "P  ") && !strings.Contains(why, "on its way back") {
			t.Errorf("%q is off: %q", text, why)
		}
	}
}

// listed are the actions for what is under the cursor, with why each is off.
func listed(r *rig) map[string]string {
	all := map[string]string{}
	for _, a := range r.m.actions() {
		all[a.text.String()] = a.off(r.m).String()
	}
	return all
}
