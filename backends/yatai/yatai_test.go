package yatai

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/scalers"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

var iris = fleet.ObjectRef{Cluster: "east", Kind: "BentoDeployment", Namespace: "llm", Name: "iris"}

func ago(d time.Duration) string { return noon.Add(-d).Format(time.RFC3339) }

func written(bento, spec, conditions string) string {
	return fmt.Sprintf(`
metadata: {name: iris, namespace: llm, uid: b1, generation: 2}
spec: {bento: %s%s}
status: {conditions: [%s]}`, bento, spec, conditions)
}

const isAvailable = `{type: Available, status: "True", reason: Reconciling, message: Reconciling, lastTransitionTime: "2026-11-30T11:00:00Z"}`

func putBento(c *toyobjects.Cluster, name, tag, image, more string, age time.Duration) {
	c.Put(bentoKind, fmt.Sprintf(`
metadata: {name: %s, namespace: llm, uid: u-%s, creationTimestamp: %q}
spec: {tag: "%s", image: %q%s}`, name, name, ago(age), tag, image, more))
}

// deployment is one that Yatai made, with pods that are all ready, or none of which is.
func deployment(c *toyobjects.Cluster, name, image, stamp string, want, updated, available int) {
	c.Put(child.DeploymentKind, fmt.Sprintf(`
metadata: {name: %s, namespace: llm, uid: u-%s, generation: 2}
spec: {replicas: %d, selector: {matchLabels: {yatai.ai/selector: %s}}, template: {metadata: {labels: {yatai.ai/selector: %s}, annotations: {%s}}, spec: {containers: [{name: main, image: %q, resources: {limits: {nvidia.com/gpu: "1"}}}]}}}
status: {observedGeneration: 2, replicas: %d, updatedReplicas: %d, readyReplicas: %d, availableReplicas: %d}`,
		name, name, want, name, name, stamp, image, want, updated, available, available))
}

// cluster runs Bento iris-2 with two replicas and a runner.
func cluster(spec string) *toyobjects.Cluster {
	c := toyobjects.New()
	c.Put(kind, written("iris-2", spec, isAvailable))
	putBento(c, "iris-1", "iris:v1", "r/iris:v1", "", 3*time.Hour)
	putBento(c, "iris-2", "iris:v2", "r/iris:v2", ", runners: [{name: model}]", 2*time.Hour)
	putBento(c, "rose-1", "rose:v1", "r/rose:v1", "", time.Hour)
	deployment(c, "iris", "r/iris:v2", "", 2, 2, 2)
	deployment(c, "iris-runner-0", "r/iris:v2", "", 1, 1, 1)
	return c
}

func look(t *testing.T, c *toyobjects.Cluster) fleet.Rollout {
	t.Helper()
	r, err := New(fleet.NewVirtualClock(noon)).Rollout(t.Context(), c, kind, iris)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func draft(t *testing.T, c *toyobjects.Cluster, w fleet.Want) (fleet.Draft, error) {
	t.Helper()
	return New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, look(t, c), w)
}

// Available says that Yatai has written everything, and nothing of pods.
func TestDoneIsThatAllDeploymentsRunTheBento(t *testing.T) {
	for _, x := range []struct {
		name   string
		change func(c *toyobjects.Cluster)
		phase  fleet.RolloutPhase
		why    string
	}{
		{"done", func(*toyobjects.Cluster) {}, fleet.RolloutDone, ""},
		{"True from before", func(c *toyobjects.Cluster) { deployment(c, "iris", "r/iris:v1", "", 2, 2, 2) }, fleet.RolloutUnseen, "still runs image r/iris:v1, that of Bento iris:v2 is r/iris:v2"},
		{"a runner from before", func(c *toyobjects.Cluster) { deployment(c, "iris-runner-0", "r/iris:v1", "", 1, 1, 1) }, fleet.RolloutUnseen, "Deployment iris-runner-0 still runs"},
		{"no runner", func(c *toyobjects.Cluster) { c.Drop(child.DeploymentKind, "llm", "iris-runner-0") }, fleet.RolloutUnseen, "iris-runner-0 of a runner is not there"},
		{"nothing yet", func(c *toyobjects.Cluster) { c.Drop(child.DeploymentKind, "llm", "iris") }, fleet.RolloutUnseen, "Deployment iris is not there"},
		{"rolls", func(c *toyobjects.Cluster) { deployment(c, "iris", "r/iris:v2", "", 2, 1, 2) }, fleet.RolloutMoving, "1 of 2 replicas of Deployment iris are updated"},
		{"the runner loads", func(c *toyobjects.Cluster) { deployment(c, "iris-runner-0", "r/iris:v2", "", 1, 1, 0) }, fleet.RolloutMoving, "0 of 1 updated replicas of Deployment iris-runner-0 are available"},
		{"no Bento", func(c *toyobjects.Cluster) { c.Drop(bentoKind, "llm", "iris-2") }, fleet.RolloutStuck, "neither a Bento nor a BentoRequest iris-2"},
		{"built", func(c *toyobjects.Cluster) {
			c.Drop(bentoKind, "llm", "iris-2")
			c.Put(kind, written("iris-2", "", `{type: BentoFound, status: "False", reason: Reconciling, message: x}, {type: BentoRequestFound, status: "True", reason: Reconciling, message: x}`))
		}, fleet.RolloutMoving, "is not built yet; what runs keeps running"},
		{"refused", func(c *toyobjects.Cluster) {
			c.Put(kind, written("iris-2", "", `{type: Available, status: "False", reason: Reconciling, message: "Failed to reconcile BentoDeployment: bad limit"}`))
			deployment(c, "iris", "r/iris:v1", "", 2, 2, 2)
		}, fleet.RolloutStuck, "bad limit"},
		{"not said", func(c *toyobjects.Cluster) { c.Put(kind, written("iris-2", "", "")) }, fleet.RolloutMoving, "has not said that it is available"},
		{"not restarted", func(c *toyobjects.Cluster) {
			c.Put(kind, written("iris-2", `, extraPodMetadata: {annotations: {kubectl.kubernetes.io/restartedAt: "2026-11-30T11:59:00Z"}}`, isAvailable))
		}, fleet.RolloutUnseen, "not those of the restart"},
		{"what it should run may not be read", func(c *toyobjects.Cluster) { c.Denied["bentoes"] = true }, fleet.RolloutUnknown, "is not known"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := cluster("")
			x.change(c)
			r := look(t, c)
			if r.Phase != x.phase || !strings.Contains(r.Why.String(), x.why) || (x.phase == fleet.RolloutDone) != r.Why.IsEmpty() {
				t.Errorf("%s: %q", r.Phase, r.Why)
			}
		})
	}
	r := look(t, cluster(""))
	if r.Now.ID != "iris-2" || r.Now.Name.String() != "iris:v2" || r.Now.Image.String() != "r/iris:v2" || r.Now.Revision.String() != "v2" || len(r.Runs) != 1 || r.Runs[0].ID != "iris-1" ||
		r.Desired != 2 || r.GPUsEach != 2 || r.Surge != (fleet.Surge{Extra: 1}) {
		t.Errorf("%+v", r)
	}
}

func TestWhatIsDoneToABentoDeployment(t *testing.T) {
	for _, x := range []struct {
		name, spec string
		want       fleet.Want
		writes     string
	}{
		{"by its tag", "", fleet.Want{Do: fleet.DoUpgrade, Weights: "iris:v1"}, `/spec/bento="iris-1"`},
		{"by its object", "", fleet.Want{Do: fleet.DoUpgrade, Version: "iris-1"}, `/spec/bento="iris-1"`},
		{"by its version", "", fleet.Want{Do: fleet.DoUpgrade, Revision: "v1"}, `/spec/bento="iris-1"`},
		{"another repository", "", fleet.Want{Do: fleet.DoUpgrade, Weights: "rose", Revision: "v1"}, `/spec/bento="rose-1"`},
		{"trap 13, without a surge", "", fleet.Want{Do: fleet.DoUpgrade, Weights: "iris:v1", Surge: fleet.Some(0)}, `/spec/bento="iris-1" /spec/annotations/yatai.ai~1deployment-strategy="BestEffortControlledRollout"`},
		{"with one", "", fleet.Want{Do: fleet.DoUpgrade, Weights: "iris:v1", Surge: fleet.Some(1)}, `/spec/bento="iris-1" /spec/annotations/yatai.ai~1deployment-strategy="RampedSlowRollout"`},
		{"scale", "", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `/spec/autoscaling/minReplicas=3 /spec/autoscaling/maxReplicas=3`},
		{"trap 15, hold", ", autoscaling: {minReplicas: 1, maxReplicas: 5}", fleet.Want{Do: fleet.DoHoldScaler}, `/spec/autoscaling/minReplicas=2 /spec/autoscaling/maxReplicas=2`},
		{"restart", "", fleet.Want{Do: fleet.DoRestart, Stamp: noon}, `/spec/extraPodMetadata/annotations/kubectl.kubernetes.io~1restartedAt="2026-11-30T12:00:00Z"`},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := cluster(x.spec)
			d, err := draft(t, c, x.want)
			if err != nil {
				t.Fatal(err)
			}
			var list []string
			for _, f := range d.Stages[0].Writes[0].Fields {
				list = append(list, f.Path+"="+string(f.After))
			}
			if got := strings.Join(list, " "); got != x.writes || !d.Stages[0].Until.Done {
				t.Errorf("%s, %+v", got, d.Stages[0].Until)
			}
			if x.want.Do == fleet.DoUpgrade && d.Extra != x.want.Surge.Or(1)*2 { // the Deployment and that of its runner
				t.Errorf("%d GPUs more", d.Extra)
			}
			if err := c.Write(t.Context(), d.Stages[0].Writes[0], "", false); err != nil {
				t.Fatal(err)
			}
			back, _ := d.Stages[0].Writes[0].Inverse()
			if err := c.Write(t.Context(), back, "", false); err != nil {
				t.Error(err)
			}
		})
	}
	d, err := draft(t, cluster(""), fleet.Want{Do: fleet.DoUpgrade, Weights: "iris:v1"})
	if err != nil || d.To.Image.String() != "r/iris:v1" || d.To.Revision.String() != "v1" || d.To.Served[0].String() != "iris" || d.Down != 1 || !strings.Contains(d.Notes[0].String(), "falls from 2 until its autoscaler raises it") {
		t.Errorf("%+v, %v", d, err)
	}
	c := cluster("")
	c.Put(requestKind, "metadata: {name: iris-3, namespace: llm}")
	if d, err = draft(t, c, fleet.Want{Do: fleet.DoUpgrade, Weights: "iris-3"}); err != nil || len(d.Notes) != 2 || !strings.Contains(d.Notes[1].String(), "not built yet") {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestWhatABentoDeploymentCannotDoSaysWhatItCan(t *testing.T) {
	for _, x := range []struct {
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{fleet.Want{Do: fleet.DoUpgrade, Weights: "iris:v2"}, fleet.KindInvalid, "as wanted already"},
		{fleet.Want{Do: fleet.DoUpgrade, Weights: "iris:v9"}, fleet.KindInvalid, "no Bento iris:v9; there are iris:v2, iris:v1"},
		{fleet.Want{Do: fleet.DoUpgrade}, fleet.KindInvalid, "which Bento is wanted"},
		{fleet.Want{Do: fleet.DoUpgrade, Image: "i"}, fleet.KindUnsupported, "build another one"},
		{fleet.Want{Do: fleet.DoUpgrade, Weights: "iris:v1", Parts: []fleet.Ratio{0.1}}, fleet.KindUnsupported, "second BentoDeployment"},
		{fleet.Want{Do: fleet.DoUpgrade, Weights: "iris:v1", Surge: fleet.Some(2)}, fleet.KindUnsupported, "a surge of 1"},
		{fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "x", Weight: 1}}}, fleet.KindUnsupported, "behind one HTTPRoute"},
		{fleet.Want{Do: fleet.DoPromote}, fleet.KindUnsupported, "splits no traffic"},
		{fleet.Want{Do: fleet.DoPause}, fleet.KindUnsupported, "undo the change"},
		{fleet.Want{Do: fleet.DoFreeScaler}, fleet.KindUnsupported, "undo the change"},
		{fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(0)}, fleet.KindUnsupported, "one replica at the least"},
		{fleet.Want{Do: fleet.DoScale}, fleet.KindInvalid, "how many"},
		{fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "upgraded, scaled and restarted"},
	} {
		_, err := draft(t, cluster(""), x.want)
		if fleet.KindOf(err) != x.kind || !strings.Contains(fmt.Sprint(err), x.why) || !strings.Contains(fmt.Sprint(err), "nothing was planned") {
			t.Errorf("%v; wanted %s, %q", err, x.kind, x.why)
		}
	}
	c := cluster("")
	r := look(t, c)
	c.Change(kind, iris, "/metadata/uid", "b2")
	if _, err := New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, r, fleet.Want{Do: fleet.DoRestart}); fleet.KindOf(err) != fleet.KindConflict {
		t.Error(err)
	}
}

// That all Deployments stand says nothing of other bounds, which the autoscaler gets and moves to after that.
func TestAnotherNumberIsNotDoneBeforeItIsThere(t *testing.T) {
	hpa := func(c *toyobjects.Cluster, low, high int) {
		c.Put(scalers.HPAKind, fmt.Sprintf(`{metadata: {name: iris, namespace: llm}, spec: {minReplicas: %d, maxReplicas: %d, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: iris}}, status: {desiredReplicas: 2}}`, low, high))
	}
	three := ", autoscaling: {minReplicas: 3, maxReplicas: 3}"
	for _, x := range []struct {
		name, spec string
		change     func(c *toyobjects.Cluster)
		phase      fleet.RolloutPhase
		why        string
	}{
		{"the autoscaler has the old bounds", three, func(c *toyobjects.Cluster) { hpa(c, 2, 2) }, fleet.RolloutUnseen, "its autoscaler keeps 2 to 2 replicas, wanted are 3 to 3"},
		{"it has not moved yet", three, func(c *toyobjects.Cluster) { hpa(c, 3, 3) }, fleet.RolloutMoving, "Deployment iris has 2 replicas, wanted are 3 to 3"},
		{"there", three, func(c *toyobjects.Cluster) { hpa(c, 3, 3); deployment(c, "iris", "r/iris:v2", "", 3, 3, 3) }, fleet.RolloutDone, ""},
		{"no bounds", "", func(c *toyobjects.Cluster) { hpa(c, 1, 1); deployment(c, "iris", "r/iris:v2", "", 1, 1, 1) }, fleet.RolloutDone, ""},
		{"switched off", three, func(c *toyobjects.Cluster) { hpa(c, 3, 3); deployment(c, "iris", "r/iris:v2", "", 0, 0, 0) }, fleet.RolloutStuck, "switches its autoscaler off"},
		{"the autoscaler may not be read", three, func(c *toyobjects.Cluster) { c.Denied["horizontalpodautoscalers"] = true }, fleet.RolloutMoving, "wanted are 3 to 3"},
		{"within", ", autoscaling: {minReplicas: 1, maxReplicas: 5}", func(c *toyobjects.Cluster) { hpa(c, 1, 5) }, fleet.RolloutDone, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := cluster(x.spec)
			x.change(c)
			if r := look(t, c); r.Phase != x.phase || !strings.Contains(r.Why.String(), x.why) || (x.phase == fleet.RolloutDone) != r.Why.IsEmpty() {
				t.Errorf("%s: %q", r.Phase, r.Why)
			}
		})
	}
}
