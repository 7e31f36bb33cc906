package flagger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var chat = fleet.ObjectRef{Cluster: "east", Kind: "Canary", Namespace: "llm", Name: "chat"}

const steps = `analysis: {interval: 1m, threshold: 5, stepWeight: 10, maxWeight: 50%s}`

const gated = `, webhooks: [{type: confirm-rollout, name: go}, {type: confirm-promotion, name: boss}, {type: rollback, name: stop}]`

// canary is a Canary whose status changed ten minutes ago.
func canary(spec, status string) string {
	return fmt.Sprintf(`
metadata: {name: chat, namespace: llm, uid: c1, generation: 4}
spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}, %s}
status: {lastTransitionTime: "2026-11-24T11:50:00Z", %s}`, spec, status)
}

func plain(more string) string { return fmt.Sprintf(steps, more) }

const isReady = `phase: Running, conditions: [{type: Ready, status: "True", lastTransitionTime: "2026-11-24T10:30:00Z"}], containerStatuses: [{name: vllm, ready: true, state: {running: {startedAt: "2026-11-24T10:15:00Z"}}}]`

// put adds a Deployment of an image with so many ready replicas, and a ReplicaSet of this age.
func put(c *toyobjects.Cluster, name, image string, replicas int, age time.Duration, pods string) {
	label := name
	template := fmt.Sprintf(`{metadata: {labels: {app: %s}}, spec: {containers: [{name: vllm, image: "vllm:%s", args: [serve, org/m], resources: {limits: {nvidia.com/gpu: "4"}}}]}}`, label, image)
	ready := replicas
	if pods != isReady {
		ready = 0
	}
	c.Put(child.DeploymentKind, fmt.Sprintf(`
metadata: {name: %s, namespace: llm, uid: u-%s, generation: 2}
spec: {replicas: %d, selector: {matchLabels: {app: %s}}, progressDeadlineSeconds: 600, template: %s}
status: {observedGeneration: 2, replicas: %d, updatedReplicas: %d, readyReplicas: %d, availableReplicas: %d}`,
		name, name, replicas, label, template, replicas, replicas, ready, ready))
	c.Put(child.ReplicaSetKind, set(name, image, template, 2, age))
	for i := range replicas {
		c.Put(child.PodKind, fmt.Sprintf(`
metadata: {name: %s-%d, namespace: llm, uid: %s-%d, creationTimestamp: "2026-11-24T10:00:00Z", labels: {app: %s, pod-template-hash: %s}}
spec: {nodeName: n1, containers: [{name: vllm, image: "vllm:%s"}]}
status: {%s}`, name, i, name, i, label, image, image, pods))
	}
}

func set(name, hash, template string, revision int, age time.Duration) string {
	return fmt.Sprintf(`
metadata: {name: %s-%s, namespace: llm, uid: rs-%s-%s, creationTimestamp: %q, labels: {app: %s, pod-template-hash: %s}, annotations: {deployment.kubernetes.io/revision: "%d"}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: %s, uid: u-%s, controller: true}]}
spec: {template: %s}`, name, hash, name, hash, noon.Add(-age).Format(time.RFC3339), name, hash, revision, name, name, template)
}

// cluster is a Canary of which the primary runs v1 on two replicas, and the target an image on so many.
func cluster(object, image string, replicas int, age time.Duration, pods string) *toyobjects.Cluster {
	c := toyobjects.New()
	c.Put(kind, object)
	put(c, "chat", image, replicas, age, pods)
	put(c, "chat-primary", "v1", 2, 900*time.Hour, isReady)
	return c
}

func look(t *testing.T, c *toyobjects.Cluster) fleet.Rollout {
	t.Helper()
	r, err := New(fleet.NewVirtualClock(noon)).Rollout(t.Context(), c, kind, chat)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func draft(t *testing.T, c *toyobjects.Cluster, w fleet.Want) (fleet.Draft, error) {
	t.Helper()
	return New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, look(t, c), w)
}

func TestHowAnAnalysisStands(t *testing.T) {
	const old = 900 * time.Hour
	loading := `phase: Running, conditions: [{type: Ready, status: "False"}], containerStatuses: [{name: vllm, ready: false, state: {running: {startedAt: "2026-11-24T11:55:00Z"}}}]`
	for _, x := range []struct {
		name, spec, status, image string
		replicas                  int
		age                       time.Duration
		pods                      string
		phase                     fleet.RolloutPhase
		why                       string
	}{
		{"nothing said", plain(""), "", "v1", 0, old, "", fleet.RolloutUnseen, "nothing of it yet"},
		{"begins", plain(""), "phase: Initializing", "v1", 2, old, isReady, fleet.RolloutMoving, "makes the primary"},
		{"done", plain(""), "phase: Succeeded", "v1", 0, old, "", fleet.RolloutDone, ""},
		{"changed, not looked at", plain(""), "phase: Succeeded", "v2", 0, time.Minute, "", fleet.RolloutUnseen, "Flagger looks every 1m"},
		{"set back to an old ReplicaSet, not looked at", plain(""), "phase: Initialized", "v0", 0, old, "", fleet.RolloutUnseen, "Flagger looks every 1m"},
		{"gate closed", plain(gated), "phase: Waiting", "v2", 0, time.Minute, "", fleet.RolloutPaused, "gate confirm-rollout (webhook go) is closed"},
		{"loads", plain(""), "phase: Progressing", "v2", 2, time.Minute, loading, fleet.RolloutMoving, "loading: pod chat-0 for 5m; Flagger takes it back after 10m without progress"},
		{"analysed", plain(""), "phase: Progressing, canaryWeight: 20, failedChecks: 2", "v2", 2, time.Minute, isReady, fleet.RolloutMoving,
			"gets 20 % of the traffic (10 % more every 1m up to 50 %); 2 of 5 failed checks"},
		{"waits to be promoted", plain(gated), "phase: WaitingPromotion, canaryWeight: 50", "v2", 2, time.Minute, isReady, fleet.RolloutPaused, "gate confirm-promotion (webhook boss) is closed"},
		{"promoted", plain(""), "phase: Promoting", "v2", 2, time.Minute, isReady, fleet.RolloutMoving, "the primary takes over"},
		{"failed", plain(""), "phase: Failed, conditions: [{type: Promoted, status: \"False\", reason: Failed, message: \"analysis failed\"}]", "v2", 0, time.Hour, "", fleet.RolloutFailed, "keeps the bad version at 0 replicas"},
		{"failed, and changed again", plain(""), "phase: Failed", "v3", 0, time.Minute, "", fleet.RolloutUnseen, "Flagger looks every 1m"},
		{"failed, and undone", plain(""), "phase: Failed", "v1", 0, old, "", fleet.RolloutDone, ""},
		{"suspended", "suspend: true, " + plain(""), "phase: Progressing, canaryWeight: 20", "v2", 2, time.Minute, isReady, fleet.RolloutPaused, "keeps 20 % of the traffic"},
		{"unknown", plain(""), "phase: Dancing", "v1", 0, old, "", fleet.RolloutUnknown, "Dancing"},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := look(t, cluster(canary(x.spec, x.status), x.image, x.replicas, x.age, x.pods))
			if r.Phase != x.phase || !strings.Contains(r.Why.String(), x.why) || (x.phase == fleet.RolloutDone) != r.Why.IsEmpty() || r.Never != (x.phase == fleet.RolloutFailed) {
				t.Errorf("%s, never %v: %q", r.Phase, r.Never, r.Why)
			}
		})
	}
}

// The canary's replicas are ready long before; an upgrade is over at its end alone, and neither gates nor checks are passed over.
func TestAnUpgradeIsNotOverAtAGate(t *testing.T) {
	stage := do(t, cluster(canary(plain(gated), "phase: Succeeded"), "v1", 0, 900*time.Hour, ""), fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v2"}).Stages[0]
	for phase, image := range map[string]string{"Waiting": "v2", "Progressing": "v2", "WaitingPromotion": "v2", "Promoting": "v2", "Finalising": "v1", "Failed": "v2"} {
		r := look(t, cluster(canary(plain(gated), "phase: "+phase), image, 2, time.Minute, isReady))
		if r.Updated, r.UpdatedReady = 2, 2; stage.Until.Reached(&r) {
			t.Errorf("%s: %s, %s", phase, r.Phase, r.Why)
		}
	}
	if r := look(t, cluster(canary(plain(gated), "phase: Succeeded"), "v1", 0, time.Hour, "")); !stage.Until.Reached(&r) {
		t.Errorf("succeeded: %s, %s", r.Phase, r.Why)
	}
}

func TestWhatACanaryRuns(t *testing.T) {
	r := look(t, cluster(canary(plain(""), "phase: Progressing, canaryWeight: 20"), "v2", 1, time.Minute, isReady))
	if r.Now.Image.String() != "vllm:v2" || r.Old.Image.String() != "vllm:v1" || len(r.UpdatedPods) != 1 || len(r.OldPods) != 2 || r.Total != 3 || r.Desired != 2 ||
		r.Traffic.Kind != fleet.TrafficOwned || r.Traffic.Members[1].Weight != 20 || r.Traffic.Members[0].Weight != 80 || !r.Surge.Whole || r.Deadline != 10*time.Minute || r.Updated != 1 {
		t.Errorf("%+v", r)
	}
	r = look(t, cluster(canary(plain(""), "phase: Succeeded"), "v1", 0, time.Hour, ""))
	if r.Updated != 2 || r.UpdatedReady != 2 || !r.Old.IsZero() || r.Traffic.Kind != fleet.TrafficNone {
		t.Errorf("%+v", r)
	}
	r = look(t, cluster(canary("progressDeadlineSeconds: 120, "+plain(""), "phase: Succeeded"), "v1", 0, time.Hour, ""))
	if r.Deadline != 2*time.Minute {
		t.Errorf("the shorter deadline counts: %s", r.Deadline)
	}
	r = look(t, cluster(canary(plain(""), "phase: Progressing"), "v2", 1, time.Minute, isReady))
	if !r.At.Equal(noon) || !r.Now.At.Equal(noon.Add(-time.Minute)) || r.Shutdown.Grace.V != 30*time.Second || !r.Startup.OK || len(r.Loads) != 1 || len(r.Manifests) != 3 {
		t.Errorf("what the checks ask: %+v", r)
	}
}

func TestOnlyCanariesOfDeploymentsAreKnown(t *testing.T) {
	c := toyobjects.New()
	c.Put(kind, strings.Replace(canary(plain(""), "phase: Succeeded"), "kind: Deployment", "kind: DaemonSet", 1))
	if _, err := New(fleet.NewVirtualClock(noon)).Rollout(t.Context(), c, kind, chat); fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "DaemonSet chat") {
		t.Error(err)
	}
}

func do(t *testing.T, c *toyobjects.Cluster, w fleet.Want) fleet.Draft {
	t.Helper()
	d, err := draft(t, c, w)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func notes(d fleet.Draft) string { return fleet.Join(d.Notes, fleet.Text("\n")).String() }

func sets(s fleet.Stage) string {
	var list []string
	for _, w := range s.Writes {
		for _, f := range w.Fields {
			if !f.Before.Equal(f.After) {
				list = append(list, w.Object.Kind+" "+w.Object.Name+" "+f.Path+"="+string(f.After))
			}
		}
	}
	return strings.Join(list, "; ")
}

func TestTheTargetIsWhatIsChanged(t *testing.T) {
	c := cluster(canary(plain(gated), "phase: Succeeded"), "v1", 0, time.Hour, "")
	c.Put(child.ReplicaSetKind, set("chat", "v0", `{metadata: {labels: {app: chat, pod-template-hash: v0}}, spec: {containers: [{name: vllm, image: "vllm:v0", args: [serve, org/m], resources: {limits: {nvidia.com/gpu: "4"}}}]}}`, 1, 900*time.Hour))
	d := do(t, c, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v2"})
	if got := sets(d.Stages[0]); got != `Deployment chat /spec/template/spec/containers/0/image="vllm:v2"` || d.Extra != 8 || !d.Stages[0].Until.Done || d.Stages[0].Writes[0].UID != "u-chat" {
		t.Errorf("%s, %d GPUs more, %+v", got, d.Extra, d.Stages[0].Until)
	}
	for _, want := range []string{"10 % more every 1m up to 50 %", "gate confirm-rollout (webhook go)", "loading took 15m last time and Flagger takes back what is not ready after 10m"} {
		if !strings.Contains(notes(d), want) {
			t.Errorf("notes do not say %q:\n%s", want, notes(d))
		}
	}
	if got := sets(do(t, c, fleet.Want{Do: fleet.DoUpgrade, Version: "chat-v0"}).Stages[0]); got != `Deployment chat /spec/template/spec/containers/0/image="vllm:v0"` {
		t.Errorf("%s", got)
	}
	patient := cluster(canary(plain(""), "phase: Progressing"), "v1", 2, time.Hour, isReady)
	patient.Change(child.DeploymentKind, fleet.ObjectRef{Namespace: "llm", Name: "chat"}, "/spec/progressDeadlineSeconds", 7200)
	patient.Change(kind, chat, "/spec/progressDeadlineSeconds", 3600)
	if n := notes(do(t, patient, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v2"})); !strings.Contains(n, "by itself when it is not ready after 60m") || !strings.Contains(n, "it begins anew") {
		t.Errorf("%s", n)
	}
}

func TestAnAnalysisIsSkippedAndSuspended(t *testing.T) {
	c := cluster(canary(plain(gated), "phase: Waiting"), "v2", 2, time.Minute, isReady)
	d := do(t, c, fleet.Want{Do: fleet.DoPromote})
	if len(d.Stages) != 2 || sets(d.Stages[0]) != "Canary chat /spec/skipAnalysis=true" || !d.Stages[0].Until.Done || sets(d.Stages[1]) != "Canary chat /spec/skipAnalysis=" {
		t.Errorf("%+v", d.Stages)
	}
	if !strings.Contains(notes(d), "gate confirm-rollout (webhook go) is not skipped") {
		t.Errorf("%s", notes(d))
	}
	for _, s := range d.Stages {
		for _, w := range s.Writes {
			if err := c.Write(t.Context(), w, "", false); err != nil {
				t.Fatal(err)
			}
		}
	}
	d = do(t, c, fleet.Want{Do: fleet.DoPause})
	if sets(d.Stages[0]) != "Canary chat /spec/suspend=true" {
		t.Errorf("%+v", d.Stages)
	}
	if err := c.Write(t.Context(), d.Stages[0].Writes[0], "", false); err != nil {
		t.Fatal(err)
	}
	if d = do(t, c, fleet.Want{Do: fleet.DoResume}); sets(d.Stages[0]) != "Canary chat /spec/suspend=false" {
		t.Errorf("%+v", d.Stages)
	}
}

func TestWhatACanaryCannotDoSaysWhatItCan(t *testing.T) {
	for _, x := range []struct {
		name, spec, status string
		want               fleet.Want
		kind               fleet.Kind
		why                string
	}{
		{"a canary of its own", plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoUpgrade, Image: "i", Parts: []fleet.Ratio{0.1}}, fleet.KindUnsupported, "leave --canary out"},
		{"a surge", plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoUpgrade, Image: "i", Surge: fleet.Some(0)}, fleet.KindUnsupported, "leave --surge out"},
		{"while it is suspended", "suspend: true, " + plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoUpgrade, Image: "i"}, fleet.KindUnsupported, "resume it first"},
		{"nothing new", plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v1"}, fleet.KindInvalid, "as wanted already"},
		{"a revision that is gone", plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoUpgrade, Version: "x"}, fleet.KindInvalid, "keeps no ReplicaSet x"},
		{"advance", plain(gated), "phase: Progressing", fleet.Want{Do: fleet.DoAdvance}, fleet.KindUnsupported, "gate confirm-promotion (webhook boss)"},
		{"abort by a gate", plain(gated), "phase: Progressing", fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindUnsupported, "gate rollback (webhook stop)"},
		{"abort without one", plain(""), "phase: Progressing", fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindUnsupported, "no such gate is configured"},
		{"scale", plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, fleet.KindUnsupported, "of Deployment chat-primary"},
		{"scale what scales itself", "autoscalerRef: {kind: ScaledObject, name: so}, " + plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, fleet.KindUnsupported, "bounds of ScaledObject so"},
		{"restart", plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoRestart}, fleet.KindUnsupported, "restart Deployment chat-primary"},
		{"promote nothing", plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoPromote}, fleet.KindInvalid, "no analysis is under way"},
		{"promote what is suspended", "suspend: true, " + plain(""), "phase: Progressing", fleet.Want{Do: fleet.DoPromote}, fleet.KindUnsupported, "resume it first"},
		{"promote twice", "skipAnalysis: true, " + plain(""), "phase: Progressing", fleet.Want{Do: fleet.DoPromote}, fleet.KindInvalid, "set already"},
		{"pause twice", "suspend: true, " + plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoPause}, fleet.KindInvalid, "suspended already"},
		{"resume", plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoResume}, fleet.KindInvalid, "not suspended"},
		{"a weight", plain(""), "phase: Progressing", fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "primary", Weight: 20}}}, fleet.KindUnsupported, "by its own analysis, and sets others back"},
		{"drain", plain(""), "phase: Succeeded", fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "can be upgraded"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := draft(t, cluster(canary(x.spec, x.status), "v1", 0, time.Hour, ""), x.want)
			if fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.why) || !strings.Contains(err.Error(), "nothing was planned") {
				t.Error(err)
			}
		})
	}
	c := cluster(canary(plain(""), "phase: Succeeded"), "v1", 0, time.Hour, "")
	r := look(t, c)
	c.Change(kind, chat, "/metadata/uid", "c2")
	if _, err := New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, r, fleet.Want{Do: fleet.DoPause}); fleet.KindOf(err) != fleet.KindConflict {
		t.Error(err)
	}
}
