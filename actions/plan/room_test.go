package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/fleet/advisory"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestWhatTheNewReplicasRun(t *testing.T) {
	was := fleet.Rollout{Now: fleet.Version{ID: "7", Image: fleet.Label("v1"), Release: fleet.Label("1"), CUDA: fleet.Label("12.8"),
		Weights: fleet.Label("org/a"), Revision: fleet.Label("r1"), Manifest: fleet.Label("sha256:aa"), Signed: fleet.TrustSigned}}
	was.Runs = []fleet.Version{{ID: "6", Image: fleet.Label("v0"), Weights: fleet.Label("org/z")}}
	for name, c := range map[string]struct {
		want  fleet.Want
		image string
		rest  string // weights, revision, manifest, trust
	}{
		"restart":        {fleet.Want{Do: fleet.DoRestart}, "v1", "org/a r1 sha256:aa signed"},
		"image":          {fleet.Want{Image: "v2"}, "v2", "org/a r1 sha256:aa signed"},
		"weights":        {fleet.Want{Weights: "org/b"}, "v1", "org/b   "},
		"the same again": {fleet.Want{Weights: "org/a", Revision: "r1"}, "v1", "org/a r1 sha256:aa signed"},
		"revision":       {fleet.Want{Revision: "r2"}, "v1", "org/a r2  "},
		"both":           {fleet.Want{Weights: "org/b", Revision: "r2"}, "v1", "org/b r2  "},
		"by flag":        {fleet.Want{Args: []fleet.ArgEdit{{Flag: "--model", Value: "org/c"}}}, "v1", "org/c r1  "},
		"version":        {fleet.Want{Version: "6"}, "v0", "org/z   "},
		"lost version":   {fleet.Want{Version: "1"}, "", "   "},
	} {
		v := next(c.want, &was, &fleet.Draft{})
		rest := v.Weights.String() + " " + v.Revision.String() + " " + v.Manifest.String() + " " + string(v.Signed)
		if v.Image.String() != c.image || rest != c.rest {
			t.Errorf("%s: %q, %q", name, v.Image, rest)
		}
		if c.image == "v2" && (!v.Release.IsEmpty() || !v.CUDA.IsEmpty()) {
			t.Errorf("%s: the new image has the release of the old one", name)
		}
	}
	said := fleet.Version{ID: "x", Image: fleet.Label("v9")}
	if v := next(fleet.Want{Image: "v2"}, &was, &fleet.Draft{To: said}); v.Image != said.Image {
		t.Errorf("the draft knows better: %q", v.Image)
	}
}

func TestAnUndoRunsWhatRanBefore(t *testing.T) {
	object := fleet.ObjectRef{Kind: "Deployment", Name: "x"}
	was := fleet.Rollout{Object: object, Now: fleet.Version{ID: "7", Image: fleet.Label("v1")}}
	write := fleet.ObjectWrite{Object: object, Verb: fleet.WriteSet, Fields: []fleet.Field{{Path: "/image", Before: fleet.JSON(`1`), After: fleet.JSON(`2`)}}}
	in := actions.Intent{Kind: actions.KindUpgrade, Work: &actions.WorkIntent{Object: object, Want: fleet.Want{Image: "v2"}}}
	p, err := Work(in, was, fleet.Draft{Stages: []fleet.Stage{{Writes: []fleet.ObjectWrite{write}}}}, nil, &fleet.Snapshot{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Restore(&actions.Change{Plan: p, Step: 1})
	if err != nil || back.To.Image.String() != "v1" || p.Work.To.Image.String() != "v2" {
		t.Errorf("%v: from %q back to %q", err, p.Work.To.Image, back.To.Image)
	}
	// A controller with steps of its own goes along them on the way back too, and stops where it stopped before.
	for until, want := range map[fleet.Until]fleet.Until{{}: {}, {Done: true}: {Done: true}, {Updated: 1, Ready: 1}: {Done: true},
		{Updated: 1, Ready: 1, Paused: 3}: {Paused: 3}, {Paused: 1}: {Paused: 1}} {
		p.Work.Draft.Stages[0].Until = until
		if back, err = Restore(&actions.Change{Plan: p, Step: 1}); err != nil || back.Stages[0].Until != want {
			t.Errorf("%v: of %+v the way back waits for %+v", err, until, back.Stages[0].Until)
		}
	}
}

func TestThePoolOfAnObject(t *testing.T) {
	object := fleet.ObjectRef{Cluster: "east", Kind: "InferenceService", Namespace: "llm", Name: "a"}
	child := fleet.ObjectRef{Cluster: "east", Kind: "Deployment", Namespace: "llm", Name: "a-predictor"}
	s := &fleet.Snapshot{Pools: []fleet.Pool{{Spec: fleet.PoolSpec{ID: "other"}}, {Spec: fleet.PoolSpec{ID: "a", Workload: child,
		Replicas: []fleet.ReplicaSpec{{Pod: fleet.ObjectRef{Cluster: "east", Namespace: "llm", Name: "a-predictor-1"}}}}},
		{Spec: fleet.PoolSpec{ID: "written", Replicas: []fleet.ReplicaSpec{{ID: "b-0"}}}}},
		Clusters: []*fleet.Cluster{{ID: "east", Pods: []*fleet.Pod{{Namespace: "llm", Name: "b-0"}}}}}
	for name, c := range map[string]struct {
		was  fleet.Rollout
		want fleet.PoolID
	}{
		"by workload":                          {fleet.Rollout{Object: child}, "a"},
		"by a pod":                             {fleet.Rollout{Object: object, OldPods: []string{"a-predictor-1"}}, "a"},
		"by a replica that bears a pod's name": {fleet.Rollout{Object: object, UpdatedPods: []string{"b-0"}}, "written"},
		"another cluster":                      {fleet.Rollout{Object: fleet.ObjectRef{Cluster: "west", Namespace: "llm"}, OldPods: []string{"a-predictor-1"}}, ""},
		"nothing is known":                     {fleet.Rollout{Object: object}, ""},
	} {
		if got := poolsOf(s, &c.was); c.want == "" && len(got) != 0 || c.want != "" && !slices.Equal(got, []fleet.PoolID{c.want}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAdviceNamesFewNodesAndTheOldestDriver(t *testing.T) {
	c := &fleet.Cluster{ID: "east", State: fleet.StateOK, At: noon}
	for i := range 20 {
		driver := "580.159.03"
		if i == 19 {
			driver = "570.211.01"
		}
		c.Nodes = append(c.Nodes, &fleet.KubeNode{Name: string(rune('a' + i)), Ready: fleet.Some(true), GPUUsable: fleet.Some(8), Driver: fleet.Label(driver)})
	}
	object := fleet.ObjectRef{Cluster: "east", Kind: "Deployment", Name: "x"}
	for _, node := range []string{"a", "t"} {
		c.Pods = append(c.Pods, &fleet.Pod{Name: "x-" + node, Node: node, Owner: object, State: fleet.StateOK})
	}
	w := &actions.WorkPlan{Was: fleet.Rollout{Object: object}, To: fleet.Version{Image: fleet.Label("vllm/vllm-openai:v0.22.0-cu130")}}
	a := advise(advisory.Embedded(), c, w)
	if len(a.Drivers) != 2 || a.Drivers[1].Count != 19 || len(a.Drivers[1].Nodes) != actions.MostNodes || a.Runs != "570.211.01" {
		t.Errorf("%+v", a)
	}
	if a.Drivers[0].Fit.Is != advisory.FitTooOld || a.Drivers[0].Fix.Is != advisory.FixNoBranch || a.CUDA != "13.0" || a.Engine.Product != "vllm" {
		t.Errorf("%+v", a)
	}
	c.Nodes[0].Driver = fleet.Safe{}
	if a := advise(advisory.Embedded(), c, w); a.Runs != "" {
		t.Errorf("the oldest driver under it is %q though one is not known", a.Runs)
	}
}

// Two pools on one object are both named, whichever way each of them names it.
func TestTheSeveralPoolsOfAnObjectAreAllSaid(t *testing.T) {
	object := fleet.ObjectRef{Cluster: "east", Kind: "Deployment", Namespace: "llm", Name: "a"}
	pod := fleet.ReplicaSpec{ID: "a-1", Pod: fleet.ObjectRef{Cluster: "east", Namespace: "llm", Name: "a-1"}}
	other := object
	other.Name = "other"
	s := &fleet.Snapshot{Pools: []fleet.Pool{{Spec: fleet.PoolSpec{ID: "found", Replicas: []fleet.ReplicaSpec{pod}}},
		{Spec: fleet.PoolSpec{ID: "one", Model: "org/one", Workload: object}}, {Spec: fleet.PoolSpec{ID: "two", Model: "org/two", Workload: object}},
		{Spec: fleet.PoolSpec{ID: "apart", Workload: other, Replicas: []fleet.ReplicaSpec{pod}}}}}
	was := fleet.Rollout{Object: object, Now: fleet.Version{ID: "7", Image: fleet.Label("v1")}, UpdatedPods: []string{"a-1"}}
	write := fleet.ObjectWrite{Object: object, Verb: fleet.WriteSet, Fields: []fleet.Field{{Path: "/image", Before: fleet.JSON(`1`), After: fleet.JSON(`2`)}}}
	in := actions.Intent{Kind: actions.KindUpgrade, Work: &actions.WorkIntent{Object: object, Want: fleet.Want{Image: "v2"}}}
	facts := Facts{Golden: []fleet.GoldenPrompt{{Name: "one", Pools: []fleet.PoolID{"one"}}, {Name: "two", Pools: []fleet.PoolID{"two"}},
		{Name: "by model", Models: []fleet.ModelName{"org/two"}}, {Name: "none", Pools: []fleet.PoolID{"apart"}}}}
	p, err := facts.Work(in, was, fleet.Draft{Stages: []fleet.Stage{{Writes: []fleet.ObjectWrite{write}}}}, nil, s, noon)
	if err != nil {
		t.Fatal(err)
	}
	if want := []fleet.PoolID{"one", "two", "found"}; p.Work.Pool != "one" || !slices.Equal(p.Work.Serving(), want) {
		t.Errorf("%q of %q", p.Work.Pool, p.Work.Serving())
	}
	notes := fleet.Join(p.Notes, fleet.Text("\n")).String()
	if !strings.Contains(notes, "3 pools name this object, one, two, found: it changes for all of them") || len(p.Work.Golden) != 3 {
		t.Errorf("%d prompts, %s", len(p.Work.Golden), notes)
	}
	s.Pools = s.Pools[1:2]
	if p, err = facts.Work(in, was, fleet.Draft{Stages: []fleet.Stage{{Writes: []fleet.ObjectWrite{write}}}}, nil, s, noon); err != nil || p.Work.Pools != nil {
		t.Errorf("one pool: %q, %v", p.Work.Pools, err)
	}
}
