package interlocks

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
	"pitwall/fleet/advisory"
)

// works is what the interlocks of objects are asked with: a Deployment of which a roll to another image passes everything.
type works struct {
	s     *fleet.Snapshot
	b     actions.Book
	kind  actions.Kind
	want  fleet.Want
	was   fleet.Rollout
	draft fleet.Draft
	pack  *advisory.Pack
	late  time.Duration // asked so long after planning
}

const (
	imageNow = "reg.example/vllm-openai:v0.29.0-cu129@sha256:aa"
	imageNew = "reg.example/vllm-openai:v0.30.0-cu129@sha256:bb"
	digestA  = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	digestB  = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
)

var deployed = fleet.ObjectRef{Cluster: "east", Kind: "Deployment", Namespace: "llm", Name: "llama"}

func goodWork() *works {
	w := &works{kind: actions.KindUpgrade, want: fleet.Want{Do: fleet.DoUpgrade, Image: imageNew}, pack: testPack(),
		b: actions.Book{At: now, Access: actions.Access{Write: true}}}
	w.was = fleet.Rollout{Object: deployed, UID: "u1", At: ago(5 * time.Second), Phase: fleet.RolloutDone, Unit: fleet.Text("replicas"),
		Now: fleet.Version{ID: "7", Image: fleet.Label(imageNow), Weights: fleet.Label("org/llama"), Revision: fleet.Label("6f6073b"),
			Served: []fleet.Safe{fleet.Label("llama")}, At: ago(48 * time.Hour), Manifest: fleet.Label(digestA), Signed: fleet.TrustSigned},
		Desired: 3, Updated: 3, Ready: 3, Available: 3, Total: 3, UpdatedReady: 3, UpdatedPods: []string{"llama-0", "llama-1", "llama-2"},
		GPUsEach: 4, Product: fleet.Label("H100"), Deadline: time.Hour, Startup: fleet.Some(30 * time.Minute),
		Shutdown: fleet.Shutdown{Grace: fleet.Some(120 * time.Second), PreStop: fleet.Some(15 * time.Second), Engine: fleet.Some(45 * time.Second)},
		Scaler:   fleet.Scaler{Object: fleet.ObjectRef{Kind: "HorizontalPodAutoscaler", Name: "llama"}, Min: 2, Max: 6},
	}
	w.draft = fleet.Draft{Extra: 4, Stages: []fleet.Stage{{Text: fleet.Text("all"), Until: fleet.Until{Done: true},
		Writes: []fleet.ObjectWrite{{Object: deployed, Verb: fleet.WriteSet, Text: fleet.Text("image"), Fields: []fleet.Field{
			{Path: "/image", Before: fleet.JSON(`"a"`), After: fleet.JSON(`"b"`)}}}}}}}
	c := &fleet.Cluster{ID: "east", State: fleet.StateOK, At: ago(2 * time.Second)}
	pool := goodPool("llama", "fra-1")
	pool.Spec.Workload, pool.Ready, pool.Desired = deployed, 3, 3
	pool.Used, pool.Load.E2E99 = fleet.Some(fleet.Ratio(0.5)), fleet.Some(fleet.Seconds(40))
	for i := range 3 {
		name, node := fmt.Sprintf("llama-%d", i), fmt.Sprintf("n%d", i)
		w.was.Manifests = append(w.was.Manifests, fleet.PodManifest{Pod: name, Updated: true, Digest: fleet.Label(digestA)})
		c.Pods = append(c.Pods, &fleet.Pod{Namespace: "llm", Name: name, Node: node, Owner: deployed, State: fleet.StateOK, Ready: 1,
			Containers: 1, GPUs: 4, Created: ago(48 * time.Hour), Since: ago(48*time.Hour - 5*time.Minute)})
		c.Nodes = append(c.Nodes, &fleet.KubeNode{Name: node, Ready: fleet.Some(true), GPUProduct: fleet.Label("H100"),
			Driver: fleet.Label("580.159.03"), GPUCapacity: fleet.Some(8), GPUUsable: fleet.Some(8), GPUAsked: 4, State: fleet.StateOK})
		id := fleet.NodeID("east/" + node)
		pool.Spec.Nodes = append(pool.Spec.Nodes, fleet.NodeSpec{ID: id, GPUs: 8, Object: fleet.ObjectRef{Cluster: "east", Kind: "Node", Name: node}})
		pool.Spec.Replicas = append(pool.Spec.Replicas, fleet.ReplicaSpec{ID: fleet.ReplicaID(name), Node: id,
			Pod: fleet.ObjectRef{Cluster: "east", Kind: "Pod", Namespace: "llm", Name: name}})
		pool.Replicas = append(pool.Replicas, fleet.Replica{ID: fleet.ReplicaID(name), Node: id})
		pool.Nodes = append(pool.Nodes, fleet.Node{ID: id, At: ago(4 * time.Second), State: fleet.StateOK, GPUs: []fleet.GPU{
			{Reading: fleet.GPUReading{ID: fleet.GPUID("GPU-" + node), Index: "0", Pod: "llm/" + name, RemapFailed: fleet.Some(false),
				Throttle: fleet.Some(uint64(0x4))}}}})
	}
	w.s = &fleet.Snapshot{Gen: 3, At: now, Context: "eu", Env: fleet.EnvStage, Mode: fleet.ModeLive, Clusters: []*fleet.Cluster{c},
		Pools: []fleet.Pool{pool}, Routes: []fleet.Route{{Spec: fleet.RouteSpec{ID: "chat"}, Targets: []fleet.Target{
			{Spec: fleet.TargetSpec{ID: "llama", Pool: "llama"}, Set: fleet.Some(100)}}}}}
	return w
}

// testPack knows all of vLLM as of yesterday.
func testPack() *advisory.Pack {
	yesterday := advisory.Date{Time: now.AddDate(0, 0, -1).Truncate(24 * time.Hour)}
	return &advisory.Pack{AsOf: yesterday,
		Products: []advisory.Product{{Name: "vllm", Images: []string{"vllm-openai"}, Source: "test", AsOf: yesterday, Complete: true,
			Known: []advisory.Known{{IDs: []string{"CVE-2026-1"}, In: "A", From: "0.3.0", Fixed: "0.22.0", CVSS: 9.1},
				{IDs: []string{"CVE-2026-2"}, In: "B", From: "0.3.0", Fixed: "0.25.0", CVSS: 7.5}}}},
		Drivers: []advisory.Branch{{Bulletin: "1", Date: yesterday, Branch: 535, Fixed: "535.309.01", CVSS: 8.8},
			{Bulletin: "1", Date: yesterday, Branch: 580, Fixed: "580.159.03", CVSS: 8.8}},
		CUDA: []advisory.Toolkit{{Release: "12.9", Floor: 525, Bundled: "575.51.03"}, {Release: "13.0", Floor: 580, Bundled: "580.65.06"}},
	}
}

func (w *works) cluster() *fleet.Cluster { return w.s.Clusters[0] }

func (w *works) node(i int) *fleet.KubeNode { return w.cluster().Nodes[i] }

func (w *works) gpu(i int) *fleet.GPU { return &w.s.Pools[0].Nodes[i].GPUs[0] }

// to makes it another deed.
func (w *works) to(kind actions.Kind) { w.kind, w.want = kind, fleet.Want{Do: fleet.Deed(kind)} }

// drain makes it a drain of n0 with one pod, under a budget that allows one.
func (w *works) drain() {
	w.to(actions.KindDrain)
	node := fleet.ObjectRef{Cluster: "east", Kind: "Node", Name: "n0"}
	pod := fleet.ObjectRef{Cluster: "east", Kind: "Pod", Namespace: "llm", Name: "llama-0"}
	w.was = fleet.Rollout{Object: node, At: ago(5 * time.Second), Phase: fleet.RolloutDone}
	w.draft = fleet.Draft{NoUndo: fleet.Text("evictions"), Stages: []fleet.Stage{{Until: fleet.Until{Gone: true},
		Writes: []fleet.ObjectWrite{{Object: pod, Verb: fleet.WriteEvict}}}},
		Leaves: []fleet.Leaving{{Pod: pod, Of: deployed, Ready: true, GPUs: 4, Budgets: fleet.Some([]fleet.DisruptionBudget{
			{Name: fleet.Label("llama"), Allowed: 1, Healthy: 3, Wanted: 2}}), Shutdown: goodWork().was.Shutdown}}}
}

func (w *works) leaving() *fleet.Leaving { return &w.draft.Leaves[0] }

func planOfWork(w *works) (actions.Plan, error) {
	in := actions.Intent{Kind: w.kind, Work: &actions.WorkIntent{Object: w.was.Object, Want: w.want}}
	return plan.Facts{Advisories: w.pack}.Work(in, w.was, w.draft, nil, w.s, now)
}

func (w *works) plan(t testing.TB) actions.Plan {
	t.Helper()
	p, err := planOfWork(w)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *works) checks(t testing.TB) []actions.Check {
	t.Helper()
	return Evaluate(w.plan(t), w.s, w.b, now.Add(w.late))
}

// workCase is one world with what one interlock says of it.
type workCase struct {
	name string
	edit func(w *works)
	want actions.Severity
	says string // part of the formula
	data string // "" measured, "missing"
}

func judgeWorks(t *testing.T, id string, cases []workCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := goodWork()
			if c.edit != nil {
				c.edit(w)
			}
			got := find(w.checks(t), id)
			data := ""
			if got.Missing {
				data = "missing"
			}
			if got.Severity != c.want || data != c.data || !strings.Contains(got.Formula.String(), c.says) {
				t.Errorf("%s is %s (%q) %s; want %s (%q) with %q", id, got.Severity, data, got.Formula, c.want, c.data, c.says)
			}
		})
	}
}

func TestAGoodRollPassesEverything(t *testing.T) {
	checks := goodWork().checks(t)
	if len(checks) != len(Works()) {
		t.Fatalf("%d checks of %d interlocks", len(checks), len(Works()))
	}
	for _, c := range checks {
		if c.Severity != ok || c.Missing || c.Formula.IsEmpty() {
			t.Errorf("%s %s: %s", c.ID, c.Severity, c.Formula)
		}
	}
}

func TestTheTableOfObjectsIsCompleteAndInOrder(t *testing.T) {
	last := ""
	for _, il := range Works() {
		if il.Title.IsEmpty() || il.Asks.IsEmpty() || il.Check == nil || il.ID <= last {
			t.Errorf("%s lacks its text or function, or stands after %s", il.ID, last)
		}
		last = il.ID
	}
}

// What is judged is in the plan, so that a plan out of the journal is judged as it was.
func TestAPlanOfTheJournalIsJudgedTheSame(t *testing.T) {
	w := goodWork()
	w.want.Image = "reg.example/vllm-openai:v0.21.0"
	p := w.plan(t)
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var again actions.Plan
	if err := json.Unmarshal(body, &again); err != nil {
		t.Fatal(err)
	}
	before, after := Evaluate(p, w.s, w.b, now), Evaluate(again, w.s, w.b, now)
	for i := range before {
		if before[i].Severity != after[i].Severity || before[i].Formula != after[i].Formula {
			t.Errorf("%s: %s became %s", before[i].ID, before[i].Formula, after[i].Formula)
		}
	}
}

// From the second stage on a change's own replicas and evictions are not held against it.
func TestLaterStagesAreNotAskedWhatTheChangeItselfCauses(t *testing.T) {
	w := goodWork()
	w.draft.Stages = append(w.draft.Stages, w.draft.Stages[0])
	p := w.plan(t)
	for _, id := range []string{"IL-29", "IL-31", "IL-32"} {
		if c := find(EvaluateStep(p, 2, w.s, w.b, now), id); c.ID != "" {
			t.Errorf("%s was asked of a change's own second stage", id)
		}
	}
	w.gpu(0).Reading.RemapFailed = fleet.Some(true)
	if c := find(EvaluateStep(p, 2, w.s, w.b, now), "IL-34"); c.Severity != warn {
		t.Errorf("a fault that came meanwhile is %s %s", c.Severity, c.Formula)
	}
}

func tritonRuntime() advisory.Runtime {
	return advisory.Runtime{Product: "triton", From: "25.10", Below: "25.11", CUDA: "13.0", Compat: true}
}

func emptyPack() advisory.Pack { return advisory.Pack{} }
