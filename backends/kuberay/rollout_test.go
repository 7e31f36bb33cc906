package kuberay

import (
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func TestAServiceThatServes(t *testing.T) {
	r := look(t, serving(service{}))
	stands(t, r, fleet.RolloutDone, false, "")
	if r.Desired != 2 || r.Updated != 2 || r.UpdatedReady != 2 || r.Ready != 2 || r.Total != 2 || r.GPUsEach != 4 || !r.Surge.Whole || r.Surge.Extra != 2 ||
		r.Unit.String() != "workers" || r.Traffic.Kind != fleet.TrafficNone || len(r.UpdatedPods) != 2 || r.Runs != nil {
		t.Errorf("%+v", r)
	}
	if r.Now.Image.String() != "ray:1" || r.Now.Weights.String() != "Qwen/Q7" || r.Now.Served[0].String() != "qwen" || r.Now.Engine.String() != "vllm" ||
		!r.Now.At.Equal(noon.Add(-time.Hour)) || !r.Old.IsZero() {
		t.Errorf("%+v", r.Now)
	}
}

// Trap 10: a change of the cluster asks for all of its GPUs once more, and waits for ever where they are not there.
func TestTrap10ASecondClusterWithoutRoomNeverServes(t *testing.T) {
	const pending = `phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."}]`
	c := upgrading(service{}, pending)
	node(c, "n1", 12)
	r := look(t, c)
	stands(t, r, fleet.RolloutStuck, true, "cluster llm-bbbbb, which comes beside llm-aaaaa: 2 pods Pending: 8 nvidia.com/gpu asked, 4 free, cluster llm-aaaaa gives none up before this one serves: will never finish")
	if r.Total != 4 || r.Updated != 2 || r.UpdatedReady != 0 || r.Ready != 2 || len(r.OldPods) != 2 || r.Old.Image.String() != "ray:1" || r.Now.Image.String() != "ray:2" {
		t.Errorf("%+v", r)
	}
	c.Denied["nodes"] = true
	stands(t, look(t, c), fleet.RolloutStuck, true, "8 nvidia.com/gpu asked, how many are free is not known")
}

func TestHowAnUpgradeStands(t *testing.T) {
	deploying := both(`, applicationStatuses: {llms: {status: DEPLOYING, serveDeploymentStatuses: {LLM: {status: UPDATING, message: "loads"}}}}`, "")
	failed := both(`, applicationStatuses: {llms: {status: DEPLOY_FAILED, message: "no such model"}}`, "")
	forbidden := both(`, rayClusterStatus: {conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreateWorkerPod, message: "exceeded quota"}]}`, "")
	const loading = `phase: Running, conditions: [{type: Ready, status: "False"}], containerStatuses: [{name: ray-worker, ready: false, state: {running: {startedAt: "2026-11-24T11:55:00Z"}}}]`
	for _, x := range []struct {
		name, status, pods string
		phase              fleet.RolloutPhase
		never              bool
		why                string
	}{
		{"new", "", ready, fleet.RolloutMoving, false, "KubeRay has not read its applications"},
		{"starting", deploying, loading, fleet.RolloutMoving, false, "2 of 3 new pods loading: pod llm-bbbbb-1 for 5m"},
		{"deploying", deploying, ready, fleet.RolloutMoving, false, "application llms is DEPLOYING (deployment LLM is UPDATING: loads)"},
		{"failed", failed, ready, fleet.RolloutFailed, true, "application llms is DEPLOY_FAILED: no such model; Ray tries no more"},
		{"quota", forbidden, ready, fleet.RolloutStuck, true, "RayCluster llm-bbbbb may not make pods: FailedCreateWorkerPod: exceeded quota"},
		{"runs", both(", "+appsRun, ""), ready, fleet.RolloutMoving, false, "all of its applications run, the Services go over to it"},
		{"unhealthy", both(`, applicationStatuses: {llms: {status: UNHEALTHY}}`, ""), loading, fleet.RolloutStuck, false, "llms is UNHEALTHY"},
		{"another application", both(`, applicationStatuses: {other: {status: RUNNING}}`, ""), ready, fleet.RolloutMoving, false, "application llms is not there yet"},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := look(t, upgrading(service{status: x.status}, x.pods))
			stands(t, r, x.phase, x.never, x.why)
			if r.Phase != fleet.RolloutDone && r.Since.IsZero() {
				t.Error("since when is not said")
			}
		})
	}
}

// Taken back before the switch, KubeRay starts one more cluster as the one that serves is.
func TestAClusterThatComesForAnUndo(t *testing.T) {
	c := serving(service{status: both("", "")})
	run(c, "llm-bbbbb", "ray:1", ready)
	stands(t, look(t, c), fleet.RolloutMoving, false, "llm-aaaaa, which serves, is as configured already: nothing is missing while this one waits")
}

const steps = `, upgradeStrategy: {type: NewClusterWithIncrementalUpgrade, clusterUpgradeOptions: {maxSurgePercent: 40, stepSizePercent: 10, intervalSeconds: 30, gatewayClassName: istio}}`

func TestAnIncrementalUpgradeMovesTrafficByItself(t *testing.T) {
	moved := func(d time.Duration, more string) string {
		return both(`, trafficRoutedPercent: 20, targetCapacity: 40, lastTrafficMigratedTime: "`+ago(d)+`", `+appsRun, more)
	}
	r := look(t, upgrading(service{spec: steps, status: moved(time.Minute, "")}, ready))
	stands(t, r, fleet.RolloutMoving, false, "it gets 20 % of the traffic, 40 % of the capacity")
	if r.Traffic.Kind != fleet.TrafficOwned || len(r.Traffic.Members) != 2 || r.Traffic.Members[0].Weight != 80 || r.Traffic.Members[1].ID != "llm-bbbbb" ||
		!r.Traffic.Members[1].Ready || r.Surge.Whole || r.Surge.Extra != 1 {
		t.Errorf("%+v, %+v", r.Traffic, r.Surge)
	}
	stands(t, look(t, upgrading(service{spec: steps, status: moved(10*time.Minute, "")}, ready)), fleet.RolloutStuck, false,
		"none moved for 10m, where each step should take 30s: look at Gateway llm-gateway")
	back := `, {type: RollbackInProgress, status: "True", reason: DesiredClusterSpecChanged, message: "rolling back"}`
	stands(t, look(t, upgrading(service{spec: steps, status: moved(time.Minute, back)}, ready)), fleet.RolloutMoving, false,
		"traffic goes back to cluster llm-aaaaa, llm-bbbbb gets 20 %: DesiredClusterSpecChanged")
}

func TestWhatKubeRayDoesNotDoAnyMore(t *testing.T) {
	status := func(ready, more string) string {
		return strings.Replace(settled, `{type: Ready, status: "True", reason: NonZeroServeEndpoints}`, ready, 1) + more
	}
	timeout := status(`{type: Ready, status: "False", reason: InitializingTimeout, message: "not ready within 30m"}`, "")
	r := look(t, serving(service{status: strings.Replace(timeout, "observedGeneration: 7", "observedGeneration: 6", 1), meta: `, annotations: {ray.io/initializing-timeout: "1800"}`}))
	stands(t, r, fleet.RolloutFailed, true, "InitializingTimeout: not ready within 30m; that is final")
	if r.Deadline != 30*time.Minute {
		t.Error(r.Deadline)
	}
	invalid := strings.Replace(status(`{type: Ready, status: "False", reason: ValidationFailed, message: "no head"}`, ""), "observedGeneration: 7", "observedGeneration: 6", 1)
	stands(t, look(t, serving(service{status: invalid + `, lastUpdateTime: "` + ago(time.Minute) + `"`})), fleet.RolloutFailed, true, "does not take its spec: Ready is False: ValidationFailed: no head")
	// of the spec before this one
	stands(t, look(t, serving(service{status: invalid + `, lastUpdateTime: "` + ago(2*time.Hour) + `"`})), fleet.RolloutUnseen, false, "seen generation 6 and not yet 7")
	r = look(t, serving(service{spec: ", managedBy: kueue.x-k8s.io/multikueue"}))
	stands(t, r, fleet.RolloutUnknown, false, "managedBy is kueue.x-k8s.io/multikueue")
	if r.Frozen.IsEmpty() {
		t.Error("a write would have no effect, and that is not said")
	}
}

func TestWhatWasNotTakenUpYet(t *testing.T) {
	r := look(t, serving(service{generation: 8}))
	stands(t, r, fleet.RolloutUnseen, false, "KubeRay has seen generation 7 and not yet 8")
	if r.Updated != 0 || r.UpdatedReady != 0 {
		t.Errorf("%d of %d are updated", r.UpdatedReady, r.Updated)
	}
	// RUNNING was read before the new configuration was handed over
	stands(t, look(t, serving(service{changed: 3 * time.Second})), fleet.RolloutMoving, false, "may be before the change of 3s ago")
	stands(t, look(t, serving(service{changed: 11 * time.Second})), fleet.RolloutDone, false, "")
	stands(t, look(t, serving(service{image: "ray:2", changed: 5 * time.Second})), fleet.RolloutMoving, false,
		"group head of cluster llm-aaaaa still runs image ray:1, wanted is ray:2; KubeRay prepares another cluster")
	stands(t, look(t, serving(service{image: "ray:2"})), fleet.RolloutStuck, false, "ENABLE_ZERO_DOWNTIME")
	stands(t, look(t, serving(service{image: "ray:2", spec: ", upgradeStrategy: {type: None}"})), fleet.RolloutStuck, true, "KubeRay ignores changes of the cluster, will never finish")
	unread := serving(service{image: "ray:2"})
	unread.Denied["rayclusters"] = true
	stands(t, look(t, unread), fleet.RolloutDone, false, "")
}

func TestWhatElseAServiceCanBeAt(t *testing.T) {
	const none = `observedGeneration: 7, conditions: [{type: Ready, status: "False", reason: Initializing}]`
	stands(t, look(t, serving(service{status: none})), fleet.RolloutMoving, false, "has made no cluster yet")
	first := none + `, pendingServiceStatus: {rayClusterName: llm-aaaaa}`
	stands(t, look(t, serving(service{status: first})), fleet.RolloutMoving, false, "cluster llm-aaaaa: KubeRay has not read its applications")
	unreached := func(d time.Duration) string {
		return strings.Replace(settled, `{type: Ready, status: "True", reason: NonZeroServeEndpoints}`,
			`{type: Ready, status: "False", reason: ZeroServeEndpoints, message: "dropped to 0", lastTransitionTime: "`+ago(d)+`"}`, 1)
	}
	stands(t, look(t, serving(service{status: unreached(time.Minute)})), fleet.RolloutMoving, false, "nobody reaches them: Ready is False: ZeroServeEndpoints")
	stands(t, look(t, serving(service{status: unreached(time.Hour)})), fleet.RolloutStuck, false, "nobody reaches them")
	suspended := func(more string) string { return `observedGeneration: 7, conditions: [` + more + `]` }
	stands(t, look(t, serving(service{spec: ", suspend: true", status: suspended(`{type: Suspending, status: "True", reason: SuspendRequested}`)})), fleet.RolloutMoving, false, "is being suspended")
	// what has begun is brought to its end, whatever is wanted by now
	stands(t, look(t, serving(service{status: suspended(`{type: Suspending, status: "True", reason: SuspendRequested}`)})), fleet.RolloutMoving, false, "is being suspended")
	stands(t, look(t, serving(service{spec: ", suspend: true", status: suspended(`{type: Suspended, status: "True"}`)})), fleet.RolloutPaused, false, "serves nobody")
	stands(t, look(t, serving(service{status: suspended(`{type: Suspended, status: "True"}`)})), fleet.RolloutUnseen, false, "not taken up yet what suspend says")
	stands(t, look(t, serving(service{config: "applications: ["})), fleet.RolloutDone, false, "")
	c := serving(service{})
	c.Denied["pods"] = true
	if _, err := New(fleet.NewVirtualClock(noon)).Rollout(t.Context(), c, kind, llm); fleet.KindOf(err) != fleet.KindAuth {
		t.Errorf("without pods nothing can be counted: %v", err)
	}
	if _, err := New(fleet.NewVirtualClock(noon)).Rollout(t.Context(), toyobjects.New(), kind, llm); fleet.KindOf(err) != fleet.KindNotFound {
		t.Error(err)
	}
}

func TestWhoScalesIt(t *testing.T) {
	auto := strings.Replace(serveConfig, "num_replicas: 2", "autoscaling_config: {min_replicas: 1, max_replicas: 4}", 1)
	r := look(t, serving(service{config: auto}))
	if !r.Scaler.Exists() || r.Scaler.Object != llm || r.Scaler.Min != 1 || r.Scaler.Max != 4 || !r.Scaler.Held.IsEmpty() {
		t.Errorf("%+v", r.Scaler)
	}
	if r = look(t, serving(service{config: strings.Replace(auto, "max_replicas: 4", "max_replicas: 1", 1)})); r.Scaler.Held.IsEmpty() {
		t.Errorf("%+v", r.Scaler)
	}
}
