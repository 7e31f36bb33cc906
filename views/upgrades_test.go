package views_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// upgradeScene is the incident with its clusters, of which two objects were read: one a moment ago, one long before.
func upgradeScene(ascii bool) (views.Scene, views.UpgradesState) {
	sc := clusterScene(ascii)
	sc.Book.Changes = nil
	u := views.UpgradesState{Seen: map[fleet.ObjectRef]views.RolloutSeen{}}
	for o, r := range viewtest.Rollouts() {
		seen := views.RolloutSeen{Rollout: r, At: sc.Now.Add(-4 * time.Second), Tried: sc.Now.Add(-4 * time.Second)}
		if o.Name == "qwen-embed" {
			seen.At, seen.Tried, seen.Err = sc.Now.Add(-6*time.Minute), sc.Now.Add(-9*time.Second), fleet.Text("no answer from 10.8.0.1 within 15s")
		}
		u.Seen[o] = seen
	}
	return sc, u
}

// upgraded has the canary of the wireframes under way.
func upgraded(sc *views.Scene, u *views.UpgradesState, change ...func(*actions.Change)) {
	c := viewtest.UpgradeChange()
	for _, f := range change {
		f(&c)
	}
	sc.Book.Changes = []actions.Change{c}
	seen := u.Seen[viewtest.Llama()]
	seen.Rollout.Phase, seen.Rollout.Never, seen.Rollout.Updated, seen.Rollout.UpdatedReady = fleet.RolloutPaused, false, 1, 1
	seen.Rollout.Why = fleet.Text("paused: 1 of 4 replicas is new")
	u.Seen[viewtest.Llama()] = seen
}

// nodeRead opens a machine from which a drain would move one pod away.
func nodeRead(sc views.Scene, u views.UpgradesState) views.UpgradesState {
	u.Of = ref("Node", "", "b200-a-01")
	u.Seen[u.Of] = views.RolloutSeen{At: sc.Now.Add(-4 * time.Second), Tried: sc.Now.Add(-4 * time.Second), Rollout: fleet.Rollout{Object: u.Of,
		System: fleet.Text("Node"), Unit: fleet.Text("pods"), Desired: 1, Total: 1, Ready: 1, Updated: 1, GPUsEach: 8, PodGPUs: []int{8},
		Product: fleet.Text("NVIDIA-B200"), Phase: fleet.RolloutDone}}
	return u
}

// dialogOn opens the dialog on an object.
func dialogOn(sc views.Scene, u views.UpgradesState, s views.ShiftState, o fleet.ObjectRef) views.UpgradesState {
	s.ValidFor, s.CheckedAt = time.Minute, sc.Now.Add(-8*time.Second)
	s.Twin = fleet.Text("pitwall upgrade Deployment/llm/llama-70b --cluster prod-eu-1 --image registry.example.net/vllm:0.25.0 --canary 25 --dry-run")
	if s.Work.Deed == fleet.DoDrain {
		s.Twin = fleet.Text("pitwall drain Node/b200-a-01 --cluster prod-eu-1 --dry-run")
	}
	s.Work.Object, s.Work.Seen = o, u.Seen[o]
	u.Of, u.Shift = o, &s
	return u
}

func formOf(at int, texts ...string) *views.WorkForm {
	w := &views.WorkForm{Deed: fleet.DoUpgrade, At: at}
	names := []string{"image", "model", "revision", "flags", "canary", "surge", "hold", "version"}
	for i, n := range names {
		f := views.WorkField{ID: n, Name: fleet.Label(n), Note: fleet.Text("what it takes")}
		if i < len(texts) {
			f.Text = typed(texts[i])
		}
		w.Fields = append(w.Fields, f)
	}
	w.Fields = append(w.Fields, views.WorkField{ID: "by-readiness", Name: fleet.Text("ready"), Note: fleet.Text("go on by readiness alone"), Mark: true})
	return w
}

func workChecks() []actions.Check {
	return []actions.Check{
		{ID: "IL-19", Title: fleet.Text("no roll in flight"), Formula: fleet.Text("no roll in flight")},
		{ID: "IL-31", Title: fleet.Text("GPUs for the surge"), Severity: actions.SeverityOVR, Formula: fleet.Text("needs 8 GPUs more, how many are free is not known"),
			Missing: true},
		{ID: "IL-38", Title: fleet.Text("who owns it"), Severity: actions.SeverityWarn, Formula: fleet.Text("applied by hand")},
	}
}

// upgradeScreens are the frames of the upgrades screen and of the dialog over it.
var upgradeScreens = map[string]func(views.Scene, views.UpgradesState) (views.Scene, views.UpgradesState){
	"list": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		upgraded(&sc, &u)
		u.List.Selected = views.UpgradeID(viewtest.Llama(), "")
		return sc, u
	},
	"unread": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		u.Seen = map[fleet.ObjectRef]views.RolloutSeen{viewtest.Llama(): {Busy: true, Tried: sc.Now}}
		u.Of = viewtest.Llama()
		return sc, u
	},
	"stuck": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		u.Of = viewtest.Llama()
		return sc, u
	},
	"old": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		u.Of = ref("Deployment", "llm", "qwen-embed")
		return sc, u
	},
	"canary": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		upgraded(&sc, &u)
		u.Of = viewtest.Llama()
		return sc, u
	},
	"form": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		s := views.ShiftState{Step: views.ShiftPlan, Kind: actions.KindUpgrade, Work: formOf(0, "registry.example.net/vllm:0.24.0", "meta-llama/Llama-3.3-70B-Instruct")}
		s.Work.Fields[0].Was, s.Work.Fields[1].Was = s.Work.Fields[0].Text.Text, s.Work.Fields[1].Text.Text
		return sc, dialogOn(sc, u, s, viewtest.Llama())
	},
	"planning": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		s := views.ShiftState{Step: views.ShiftPlan, Kind: actions.KindUpgrade, Work: formOf(0, "registry.example.net/vllm:0.25.0"), Busy: fleet.Text("planning")}
		return sc, dialogOn(sc, u, s, viewtest.Llama())
	},
	"plan": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		p := viewtest.UpgradePlan()
		s := views.ShiftState{Step: views.ShiftPlan, Kind: actions.KindUpgrade, Plan: &p, Work: formOf(9, "registry.example.net/vllm:0.25.0", "", "", "max-model-len=16384", "25")}
		return sc, dialogOn(sc, u, s, viewtest.Llama())
	},
	"refused-plan": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		s := views.ShiftState{Step: views.ShiftPlan, Kind: actions.KindUpgrade, Work: formOf(0, "registry.example.net/vllm:0.25.0"),
			PlanErr: fleet.Text("draft the upgrade of Deployment llm/llama-70b: it runs this image already; nothing was changed")}
		return sc, dialogOn(sc, u, s, viewtest.Llama())
	},
	"drain": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		p := viewtest.DrainPlan()
		s := views.ShiftState{Step: views.ShiftPlan, Kind: actions.KindDrain, Plan: &p, Work: &views.WorkForm{Deed: fleet.DoDrain}}
		return sc, dialogOn(sc, u, s, p.Work.Was.Object)
	},
	"node": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		return sc, nodeRead(sc, u)
	},
	"confirm": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		p := viewtest.UpgradePlan()
		s := views.ShiftState{Step: views.ShiftConfirm, Kind: actions.KindUpgrade, Plan: &p, Work: formOf(9), Checks: workChecks(),
			Ladder: views.Ladder{Prod: true, TypeName: true, NeedsReason: true, Overrides: []string{"IL-31"}},
			Reason: typed("CVE in the engine"), Name: typed("llama"), Field: views.FieldName}
		return sc, dialogOn(sc, u, s, viewtest.Llama())
	},
	"apply": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		upgraded(&sc, &u)
		s := views.ShiftState{Step: views.ShiftApply, Kind: actions.KindUpgrade, Change: "c-131", Work: &views.WorkForm{Deed: fleet.DoUpgrade}}
		return sc, dialogOn(sc, u, s, viewtest.Llama())
	},
	"rolled-back": func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		upgraded(&sc, &u, func(c *actions.Change) {
			c.State, c.Why, c.NextAt = actions.StateRolledBack, fleet.Text("rolled back: it is as it was before"), time.Time{}
			c.Ended = sc.Now.Add(-3 * time.Second)
			c.Golden = []actions.Golden{{Replica: "llama-70b-canary-5d8f-abcde", Passed: 2, Prompts: 3, Verdict: "FAIL",
				Why: fleet.Text("json-total FAIL (value at /total is 12, asked 14)")}}
			c.Steps = append(c.Steps, actions.StepResult{N: 1, Back: true, Sent: sc.Now.Add(-40 * time.Second), Verified: sc.Now.Add(-3 * time.Second)})
		})
		s := views.ShiftState{Step: views.ShiftSoak, Kind: actions.KindUpgrade, Change: "c-131", Work: &views.WorkForm{Deed: fleet.DoUpgrade}}
		return sc, dialogOn(sc, u, s, viewtest.Llama())
	},
}

func TestUpgradesGolden(t *testing.T) {
	for name, set := range upgradeScreens {
		for _, sz := range sizes {
			for _, glyphs := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+strconv.Itoa(sz.W)+"x"+strconv.Itoa(sz.H)+"/"+glyphs, func(t *testing.T) {
					sc, u := set(upgradeScene(glyphs == "ascii"))
					frame := views.Upgrades(sc, u, sz)
					exact(t, frame, sz)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
	}
}

func upgradesFrame(set func(views.Scene, views.UpgradesState) (views.Scene, views.UpgradesState), sz views.Size) string {
	sc, u := set(upgradeScene(true))
	return plain(views.Upgrades(sc, u, sz))
}

// A machine has no replicas, no version and no autoscaler: its page tells what it has, and what a drain would move away.
func TestAMachineIsNotToldAsAWorkload(t *testing.T) {
	for _, sz := range sizes {
		frame := upgradesFrame(upgradeScreens["node"], sz)
		for _, not := range []string{"wanted", "newest version", "scaled by", "phase", "U plans one", "1 pods", "REV"} {
			if strings.Contains(frame, not) {
				t.Errorf("%v: a machine has no %q:\n%s", sz, not, frame)
			}
		}
		for _, want := range []string{"8 offered", "open to new pods", "a drain", "moves 1 pod away, 1 ready, with 8 GPUs", "read 4s ago"} {
			if !strings.Contains(strings.Join(strings.Fields(frame), " "), want) {
				t.Errorf("%v: it does not say %q:\n%s", sz, want, frame)
			}
		}
	}
}

// An engine that is told no name calls its model by the path of its weights: the column shows the name that clients use.
func TestTheModelIsNamedAsItIsServed(t *testing.T) {
	for declared, want := range map[fleet.ModelName]string{"llama-4": "llama-4", "": "llama-v9"} {
		sc, u := upgradeScene(true)
		sc.Snap.Pools[0].Spec.Workload, sc.Snap.Pools[0].Spec.Model = viewtest.Llama(), declared
		seen := u.Seen[viewtest.Llama()]
		seen.Rollout.Now.Served = []fleet.Safe{fleet.Text("/models/deep/llama-v9")}
		u.Seen[viewtest.Llama()] = seen
		if frame := plain(views.Upgrades(sc, u, sizes[0])); !strings.Contains(frame, " "+want+" ") {
			t.Errorf("declared %q: it does not show %s:\n%s", declared, want, frame)
		}
	}
}

// While an object goes back its sentence tells how far; why it goes back stays in sight, in the dialog and in the journal.
func TestWhyItGoesBackStaysInSight(t *testing.T) {
	back := func(c *actions.Change) {
		c.State, c.Cause = actions.StateRollingBack, fleet.Text("p9 crashes: exit code 1")
		c.Why = fleet.Text("rolling back, the fields are as before: 1 new pod loading")
	}
	sc, u := upgradeScene(true)
	upgraded(&sc, &u, back)
	s := views.ShiftState{Step: views.ShiftApply, Kind: actions.KindUpgrade, Change: "c-131", Work: &views.WorkForm{Deed: fleet.DoUpgrade}}
	frames := map[string]string{"dialog": plain(views.Upgrades(sc, dialogOn(sc, u, s, viewtest.Llama()), sizes[0])),
		"journal": plain(views.Events(sc, views.EventsState{Journal: views.Table{Selected: "c-131"}}, sizes[1]))}
	for name, frame := range frames {
		if !strings.Contains(frame, "p9 crashes: exit code 1") || strings.Contains(frame, "rolling back: rolling back") {
			t.Errorf("%s:\n%s", name, frame)
		}
	}
}

func TestOneOpenChangeIsCountedAsOne(t *testing.T) {
	frame := upgradesFrame(func(sc views.Scene, u views.UpgradesState) (views.Scene, views.UpgradesState) {
		upgraded(&sc, &u)
		return sc, u
	}, sizes[2])
	if !strings.Contains(frame, "1 change open") {
		t.Error(frame)
	}
}

func TestStuckAndMovingUpgradesComeFirst(t *testing.T) {
	sc, u := upgradeScene(true)
	ids := views.UpgradesOrder(sc, u)["upgrades"]
	if ids[0] != views.UpgradeID(viewtest.Llama(), "") {
		t.Errorf("the stuck one is not the first: %q", ids)
	}
	upgraded(&sc, &u, func(c *actions.Change) {
		c.Plan.Work.Was.Object = ref("Node", "", "b200-a-06")
		c.State = actions.StateUnknown
	})
	ids = views.UpgradesOrder(sc, u)["upgrades"]
	if ids[0] != views.RefID(ref("Node", "", "b200-a-06")) {
		t.Errorf("a change that a person must decide on is not the first: %q", ids)
	}
	for i, id := range ids {
		for _, other := range ids[i+1:] {
			if id == other {
				t.Errorf("%q is listed twice", id)
			}
		}
	}
}

func TestAnObjectOfAPoolIsListedOnceUnderThePool(t *testing.T) {
	sc, u := upgradeScene(true)
	sc.Snap.Pools[0].Spec.Workload = viewtest.Llama()
	frame := plain(views.Upgrades(sc, u, sizes[1]))
	if strings.Contains(frame, " llama-70b ") && strings.Count(frame, string(sc.Snap.Pools[0].Spec.ID)+" ") == 0 {
		t.Errorf("the pool does not stand for its object:\n%s", frame)
	}
	n := 0
	for _, o := range views.UpgradeRefs(sc, u) {
		if o == viewtest.Llama() {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the object stands in %d rows", n)
	}
}

// A second pool on the same object has a row of its own, which says where it is changed.
func TestASecondPoolOnAnObjectSaysWhatKeepsIt(t *testing.T) {
	sc, u := upgradeScene(true)
	sc.Snap.Pools[0].Spec.Workload, sc.Snap.Pools[1].Spec.Workload = viewtest.Llama(), viewtest.Llama()
	u.List.Selected = views.UpgradeID(fleet.ObjectRef{}, sc.Snap.Pools[1].Spec.ID)
	frame := plain(views.Upgrades(sc, u, views.Size{W: 160, H: 50}))
	if want := "as pool " + string(sc.Snap.Pools[0].Spec.ID) + ": one object keeps both"; !strings.Contains(frame, want) || strings.Contains(frame, string(sc.Snap.Pools[1].Spec.ID)+": no object of a cluster is known") {
		t.Errorf("no %q in\n%s", want, frame)
	}
}

func TestWhatIsNotReadSaysSoAndWhatIsOldSaysItsAge(t *testing.T) {
	for name, wants := range map[string][]string{
		"unread":   {"not read yet, asking prod-eu-1", "which version each runs is not read yet"},
		"old":      {"read 6m ago, which is OLD", "asked 9s ago: no answer from 10.8.0.1 within 15s"},
		"stuck":    {"stuck for 12m", "will never finish", "8 nvidia.com/gpu asked, 0 free", "1 beside the wanted ones (8 GPUs more)"},
		"planning": {"planning: Deployment llm/llama-70b of prod-eu-1 is being read", "esc gives it up"},
		"drain":    {"budget llama-70b allows 0", "LAST REPLICA of llama-70b", "does not come back to its node"},
		"plan": {"/spec/template/spec/containers/0/image", `"registry.example.net/vllm:0.24.0" -> "registry.example.net/vllm:0.25.0"`,
			"8 GPUs more at the most, 8 free of NVIDIA-B200", "(absent) -> true", "compared for 15m"},
		"canary":  {"12:48 left of 15m", "905ms", "FAIL", "what is unclear waits for P"},
		"confirm": {"type llama-70b", "IL-31", "[ APPLY 2 stages ]", "waits for the name of the object"},
		"apply":   {"space hold", "P next stage", "A take it back", "read 4s ago"},
	} {
		frame := strings.Join(strings.Fields(strings.NewReplacer("|", " ").Replace(upgradesFrame(upgradeScreens[name], views.Size{W: 120, H: 60}))), " ")
		for _, want := range wants {
			if !strings.Contains(frame, want) {
				t.Errorf("%s does not say %q:\n%s", name, want, upgradesFrame(upgradeScreens[name], views.Size{W: 120, H: 60}))
			}
		}
	}
	if frame := upgradesFrame(upgradeScreens["plan"], sizes[2]); strings.Contains(frame, "containers/0/name") {
		t.Error("a field that is only compared looks as if it were written")
	}
}

func TestHostileObjectsStayInTheirRow(t *testing.T) {
	evil := "\x1b[2Jx\u202e" + strings.Repeat("\u6a21", 400)
	sc, u := upgradeScene(true)
	sc.Snap = viewtest.HostileClusters()
	for _, c := range sc.Snap.Clusters {
		for _, w := range c.Workloads {
			r := viewtest.StuckRollout()
			r.Object = views.WorkloadRef(c, w)
			r.Why, r.Now.Image, r.Now.Weights, r.System = fleet.Label(evil), fleet.Label(evil), fleet.Label(evil), fleet.Label(evil)
			u.Seen[r.Object] = views.RolloutSeen{Rollout: r, At: sc.Now, Err: fleet.Label(evil), Tried: sc.Now}
		}
	}
	for _, sz := range sizes {
		frame := views.Upgrades(sc, u, sz)
		exact(t, frame, sz)
		onScreen(t, "upgrades", frame, sz)
		u.Of = views.WorkloadRef(sc.Snap.Clusters[0], sc.Snap.Clusters[0].Workloads[0])
		frame = views.Upgrades(sc, u, sz)
		exact(t, frame, sz)
		onScreen(t, "upgrade", frame, sz)
		u.Of = fleet.ObjectRef{}
	}
}
