package argorollouts

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var chat = fleet.ObjectRef{Cluster: "east", Kind: "Rollout", Namespace: "llm", Name: "chat"}

func ago(d time.Duration) string { return noon.Add(-d).Format(time.RFC3339) }

const canarySteps = `canary: {trafficRouting: {plugins: {gateway: {}}}, steps: [{setWeight: 10}, {pause: {}}, {setWeight: 50}, {pause: {duration: 10m}}]}`

// rollout is a Rollout of four replicas in the middle of its steps: blue is stable, green is new.
func rollout(strategy, spec, status string) string {
	return fmt.Sprintf(`
metadata: {name: chat, namespace: llm, uid: r1, generation: 7}
spec:
  replicas: 4
  selector: {matchLabels: {app: chat}}
  template: {metadata: {labels: {app: chat}}, spec: {containers: [%s]}}
  strategy: {%s}
  %s
status: {observedGeneration: "7", currentPodHash: green, stableRS: blue, currentStepHash: h1, replicas: 5, updatedReplicas: 1, readyReplicas: 5, availableReplicas: 5, %s}`,
		container("v2"), strategy, spec, status)
}

func container(image string) string {
	return fmt.Sprintf(`{name: vllm, image: "vllm:%s", args: [serve, org/model, --served-model-name, chat], resources: {limits: {nvidia.com/gpu: "2"}}}`, image)
}

const atPause = `phase: Paused, message: CanaryPauseStep, controllerPause: true, currentStepIndex: 1, pauseConditions: [{reason: CanaryPauseStep, startTime: "2026-11-24T11:50:00Z"}], canary: {weights: {canary: {weight: 10, podTemplateHash: green}, stable: {weight: 90, podTemplateHash: blue}}}`

func set(name, hash, image string, revision int, age time.Duration) string {
	return fmt.Sprintf(`
metadata: {name: %s, namespace: llm, uid: %s, creationTimestamp: %q, labels: {app: chat, rollouts-pod-template-hash: %s}, annotations: {rollout.argoproj.io/revision: "%d"}, ownerReferences: [{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: chat, uid: r1, controller: true}]}
spec: {template: {metadata: {labels: {app: chat, rollouts-pod-template-hash: %s}}, spec: {containers: [%s]}}}`,
		name, name, ago(age), hash, revision, hash, container(image))
}

func pod(name, hash, status string) string {
	return fmt.Sprintf(`
metadata: {name: %s, namespace: llm, uid: %s, creationTimestamp: %q, labels: {app: chat, rollouts-pod-template-hash: %s}}
spec: {nodeName: n1, containers: [%s]}
status: {%s}`, name, name, ago(20*time.Minute), hash, container("v2"), status)
}

const isReady = `phase: Running, conditions: [{type: Ready, status: "True", lastTransitionTime: "2026-11-24T11:00:00Z"}], containerStatuses: [{name: vllm, ready: true, state: {running: {startedAt: "2026-11-24T10:55:00Z"}}}]`

func cluster(t *testing.T, object string) *toyobjects.Cluster {
	t.Helper()
	c := toyobjects.New()
	c.Put(kind, object)
	c.Put(child.ReplicaSetKind, set("chat-old", "old", "v0", 1, 90*time.Hour))
	c.Put(child.ReplicaSetKind, set("chat-blue", "blue", "v1", 2, 50*time.Hour))
	c.Put(child.ReplicaSetKind, set("chat-green", "green", "v2", 3, time.Hour))
	c.Put(child.PodKind, pod("green-1", "green", isReady))
	for i := range 4 {
		c.Put(child.PodKind, pod(fmt.Sprintf("blue-%d", i), "blue", isReady))
	}
	return c
}

func look(t *testing.T, c *toyobjects.Cluster) fleet.Rollout {
	t.Helper()
	r, err := New(fleet.NewVirtualClock(noon)).Rollout(context.Background(), c, kind, chat)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func draft(t *testing.T, c *toyobjects.Cluster, w fleet.Want) (fleet.Draft, error) {
	t.Helper()
	return New(fleet.NewVirtualClock(noon)).Draft(context.Background(), c, look(t, c), w)
}

func TestTheControllersWordCountsOnceItHasSeenTheObject(t *testing.T) {
	for _, x := range []struct {
		name, spec, status string
		phase              fleet.RolloutPhase
		never              bool
		why                string
	}{
		{"waits at a step", "", atPause, fleet.RolloutPaused, false, "step 2 of 4, pause until somebody advances it: waits since 10m"},
		{"pauses for a time", "", strings.Replace(atPause, "currentStepIndex: 1", "currentStepIndex: 3", 1), fleet.RolloutMoving, false, "step 4 of 4, pause 10m: since 10m, it goes on by itself"},
		{"by hand", "paused: true", atPause, fleet.RolloutPaused, false, "paused by hand"},
		{"unpausing", "", strings.Replace(atPause, `pauseConditions: [{reason: CanaryPauseStep, startTime: "2026-11-24T11:50:00Z"}],`, "", 1), fleet.RolloutUnseen, false, "has not gone on yet"},
		{"unseen", "", `observedGeneration: "6", phase: Healthy`, fleet.RolloutUnseen, false, "has seen generation 6 and not yet 7"},
		{"seen as a number among texts", "", `observedGeneration: "07x", phase: Healthy`, fleet.RolloutUnknown, false, "older than 0.10"},
		{"nothing said", "", `observedGeneration: ""`, fleet.RolloutUnseen, false, "nothing of it yet"},
		{"no phase", "", ``, fleet.RolloutUnknown, false, "nothing of a phase"},
		{"healthy", "", `phase: Healthy, stableRS: green`, fleet.RolloutDone, false, ""},
		{"healthy before it is promoted", "", `phase: Healthy`, fleet.RolloutMoving, false, "1 of 4 replicas are updated"},
		{"aborted", "", `phase: Degraded, message: "RolloutAborted: x", abort: true, conditions: [{type: Progressing, status: "False", reason: RolloutAborted, message: "metric err failed"}]`, fleet.RolloutFailed, true, "metric err failed"},
		{"bad spec", "", `phase: Degraded, conditions: [{type: InvalidSpec, status: "True", reason: InvalidSpec, message: "no service"}]`, fleet.RolloutFailed, true, "no service"},
		{"inconclusive", "", `phase: Paused, controllerPause: true, currentStepIndex: 1, pauseConditions: [{reason: InconclusiveAnalysisRun, startTime: "2026-11-24T11:58:00Z"}], canary: {currentStepAnalysisRunStatus: {name: a1, status: Inconclusive, message: no data}}`, fleet.RolloutPaused, false, "a person decides"},
		{"progressing", "", `phase: Progressing, message: more replicas need to be updated, currentStepIndex: 0`, fleet.RolloutMoving, false, "step 1 of 4, setWeight 10; 1 of 4 replicas are updated: more replicas need to be updated"},
	} {
		t.Run(x.name, func(t *testing.T) {
			object := rollout(canarySteps, x.spec, "")
			c := cluster(t, object[:strings.LastIndex(object, "status:")]+merge(object[strings.LastIndex(object, "status:"):], x.status))
			r := look(t, c)
			if r.Phase != x.phase || r.Never != x.never || !strings.Contains(r.Why.String(), x.why) || (x.why == "") != r.Why.IsEmpty() {
				t.Errorf("%s, never %v: %q", r.Phase, r.Never, r.Why)
			}
		})
	}
}

// merge puts keys of a status over those that the fixture has.
func merge(line, more string) string {
	for _, key := range []string{"observedGeneration", "stableRS"} {
		if strings.Contains(more, key) {
			for _, old := range []string{`observedGeneration: "7", `, "stableRS: blue, "} {
				if strings.HasPrefix(old, key) {
					line = strings.Replace(line, old, "", 1)
				}
			}
		}
	}
	return strings.Replace(line, "availableReplicas: 5, ", "availableReplicas: 5, "+more, 1)
}

func TestWhatARolloutRunsAndCanGoBackTo(t *testing.T) {
	r := look(t, cluster(t, rollout(canarySteps, "", atPause)))
	if r.Now.Image.String() != "vllm:v2" || r.Now.Weights.String() != "org/model" || r.Now.Name.String() != "revision 3" || r.Old.Image.String() != "vllm:v1" {
		t.Errorf("now %+v, old %+v", r.Now, r.Old)
	}
	if len(r.Runs) != 2 || r.Runs[0].Name.String() != "revision 2, stable" || r.Runs[1].ID != "chat-old" {
		t.Errorf("%+v", r.Runs)
	}
	if r.Traffic.Kind != fleet.TrafficSteps || r.Traffic.Step != 2 || r.Traffic.Steps != 4 || !r.Traffic.Paused || r.Traffic.Members[1].Weight != 10 {
		t.Errorf("%+v", r.Traffic)
	}
	if r.GPUsEach != 2 || r.Surge.Extra != 4 || !r.Surge.Whole || r.UpdatedReady != 1 || len(r.OldPods) != 4 || r.Deadline != 10*time.Minute {
		t.Errorf("%+v", r)
	}
	if !r.At.Equal(noon) || !r.Now.At.Equal(noon.Add(-time.Hour)) || r.Shutdown.Grace.V != 30*time.Second || !r.Startup.OK || len(r.Loads) != 1 || r.Loads[0] != 5*time.Minute ||
		len(r.Manifests) != 5 || !r.Manifests[0].Updated || r.Manifests[1].Updated {
		t.Errorf("what the checks ask: %+v", r)
	}
	c := cluster(t, rollout(canarySteps, "", atPause))
	c.Change(child.ReplicaSetKind, fleet.ObjectRef{Namespace: "llm", Name: "chat-green"}, "/metadata/annotations/rollout.argoproj.io~1revision-history", "1")
	if got := look(t, c).Now.At; !got.Equal(noon.Add(-20 * time.Minute)) {
		t.Errorf("a version that came back came at %s, its pod is 20 minutes old", got)
	}
}

// Trap 12: ten minutes of loading are over the default deadline and no failure.
func TestTrap12AMissedDeadlineIsLateWhileThePodLoads(t *testing.T) {
	timedOut := `phase: Degraded, message: "ProgressDeadlineExceeded: x", currentStepIndex: 0, conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: has timed out}]`
	c := cluster(t, rollout(canarySteps, "", timedOut))
	c.Put(child.PodKind, pod("green-1", "green", fmt.Sprintf(`phase: Running, conditions: [{type: Ready, status: "False"}], containerStatuses: [{name: vllm, ready: false, state: {running: {startedAt: %q}}}]`, ago(12*time.Minute))))
	r := look(t, c)
	if r.Phase != fleet.RolloutLate || r.Never || !strings.Contains(r.Why.String(), "loading: pod green-1 for 12m") {
		t.Errorf("%s: %s", r.Phase, r.Why)
	}
	c.Put(child.PodKind, pod("green-1", "green", `phase: Running, containerStatuses: [{name: vllm, ready: false, restartCount: 6, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error}}}]`))
	if r = look(t, c); r.Phase != fleet.RolloutStuck || !strings.Contains(r.Why.String(), "green-1") {
		t.Errorf("crashing: %s: %s", r.Phase, r.Why)
	}
	c = cluster(t, rollout(canarySteps, "progressDeadlineAbort: true", timedOut))
	if r = look(t, c); !strings.Contains(r.Why.String(), "progressDeadlineAbort is set") {
		t.Errorf("%s", r.Why)
	}
}

const workload = `
metadata: {name: engine, namespace: llm, uid: d1, generation: 4}
spec: {replicas: 0, selector: {matchLabels: {app: chat}}, template: {metadata: {labels: {app: chat}}, spec: {containers: [%s]}}}`

func referring(t *testing.T, seen string) *toyobjects.Cluster {
	object := strings.Replace(rollout(canarySteps, "workloadRef: {apiVersion: apps/v1, kind: Deployment, name: engine}", atPause+`, workloadObservedGeneration: "`+seen+`"`),
		"generation: 7}", `generation: 7, annotations: {rollout.argoproj.io/workload-generation: "`+seen+`"}}`, 1)
	object = object[:strings.Index(object, "  selector:")] + object[strings.Index(object, "  strategy:"):]
	c := cluster(t, object)
	c.Put(child.DeploymentKind, fmt.Sprintf(workload, container("v2")))
	return c
}

func TestATemplateThatIsReferredToIsReadAndWrittenThere(t *testing.T) {
	c := referring(t, "4")
	r := look(t, c)
	if r.Now.Image.String() != "vllm:v2" || r.Phase != fleet.RolloutPaused || len(r.UpdatedPods) != 1 || !strings.Contains(r.System.String(), "template of Deployment engine") {
		t.Errorf("%+v", r)
	}
	d, err := draft(t, c, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v3"})
	if err != nil {
		t.Fatal(err)
	}
	w := d.Stages[0].Writes[0]
	if w.Object.Kind != "Deployment" || w.Object.Name != "engine" || w.API != child.DeploymentKind || w.UID != "d1" {
		t.Errorf("%+v", w)
	}
	if err := c.Write(t.Context(), w, "", false); err != nil {
		t.Error(err)
	}
	if r = look(t, referring(t, "3")); r.Phase != fleet.RolloutUnseen || !strings.Contains(r.Why.String(), "generation 4 of Deployment engine") {
		t.Errorf("%s: %s", r.Phase, r.Why)
	}
}

func TestAnotherWorkloadIsNotFollowed(t *testing.T) {
	c := cluster(t, rollout(canarySteps, "workloadRef: {apiVersion: v1, kind: PodTemplate, name: t}", atPause))
	_, err := New(fleet.NewVirtualClock(noon)).Rollout(t.Context(), c, kind, chat)
	if fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "change that object itself") {
		t.Error(err)
	}
}
