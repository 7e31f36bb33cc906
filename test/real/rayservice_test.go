//go:build real

package real_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/registry"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// rayWorker is a worker of a Ray cluster, as KubeRay labels it.
const rayWorker = `{apiVersion: v1, kind: Pod, metadata: {name: %[1]s-worker-%[2]d, labels: {ray.io/cluster: %[1]s, ray.io/node-type: worker}}, spec: {tolerations: [{operator: Exists}], containers: [{name: ray-worker, image: "ray:1", resources: {limits: {nvidia.com/gpu: "4"}}}]}}`

// TestARayServiceWithoutRoomForASecondClusterIsExplained is the upgrade that never ends: the real scheduler finds no GPU for
// the workers of the cluster that comes. What KubeRay would write is written by the test.
func TestARayServiceWithoutRoomForASecondClusterIsExplained(t *testing.T) {
	t.Parallel()
	c := newCluster(t, servers.Options{Namespace: "serving"}, 1) // of eight GPUs
	define(t, c, "ray.io")
	const services, clusters, pods = "/apis/ray.io/v1/namespaces/serving/rayservices", "/apis/ray.io/v1/namespaces/serving/rayclusters", "/api/v1/namespaces/serving/pods"
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(post(t, c, services, "apiVersion: ray.io/v1\nkind: RayService\nmetadata: {name: llm}\nspec: {serveConfigV2: \"applications: [{name: llms}]\", rayClusterConfig: "+
		strings.ReplaceAll(rayCluster, "ray:1", "ray:2")+"}"))
	for cluster, image := range map[string]string{"llm-aaaaa": "ray:1", "llm-bbbbb": "ray:2"} {
		must(post(t, c, clusters, "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: "+cluster+", annotations: {ray.io/kuberay-version: v1.7.0}}\nspec: "+
			strings.ReplaceAll(rayCluster, "ray:1", image)))
	}
	sources := []fleet.SourceSpec{{ID: "k", Kind: "kubernetes", Subject: fleet.Subject{Cluster: "c"}, Options: map[string]string{"kubeconfig": c.Admin.Kubeconfig}}}
	roller, ok := registry.Set(registry.Connectors()).Rollers(func() []fleet.SourceSpec { return sources }, fleet.Deps{Clock: fleet.SystemClock{}})("c")
	if !ok {
		t.Fatal("nothing rolls the cluster")
	}
	look := func() fleet.Rollout {
		t.Helper()
		r, err := roller.Rollout(t.Context(), fleet.ObjectRef{Cluster: "c", Kind: "RayService", Namespace: "serving", Name: "llm"})
		must(err)
		return r
	}
	const upgrading = `{observedGeneration: 1, conditions: [` + readyNow + `, {type: UpgradeInProgress, status: "True", reason: BothActivePendingClustersExist, message: "", lastTransitionTime: "2026-11-24T11:00:00Z"}],
		activeServiceStatus: {rayClusterName: llm-aaaaa}, pendingServiceStatus: {rayClusterName: llm-bbbbb}}`
	for n := range 2 {
		must(post(t, c, pods, fmt.Sprintf(rayWorker, "llm-aaaaa", n)))
	}
	patchStatus(t, c, services+"/llm", upgrading)
	until(t, time.Minute, "the workers of the cluster that serves", func() bool { return look().Ready == 2 })
	for n := range 2 {
		must(post(t, c, pods, fmt.Sprintf(rayWorker, "llm-bbbbb", n)))
	}
	var r fleet.Rollout
	until(t, time.Minute, "the scheduler's answer", func() bool { r = look(); return r.Phase == fleet.RolloutStuck })
	const why = "cluster llm-bbbbb, which comes beside llm-aaaaa: 2 pods Pending: 8 nvidia.com/gpu asked, 0 free, cluster llm-aaaaa gives none up before this one serves: will never finish"
	if r.Why.String() != why || !r.Never || r.Now.At.IsZero() || r.Now.Image.String() != "ray:2" || r.Old.Image.String() != "ray:1" || len(r.OldPods) != 2 || len(r.UpdatedPods) != 2 {
		t.Errorf("%s, never %v: %+v", r.Why, r.Never, r)
	}
	d, err := roller.Draft(t.Context(), r, fleet.Want{Do: fleet.DoUpgrade, Image: "ray:3"})
	must(err)
	if notes := fleet.Join(d.Notes, fleet.Text("; ")).String(); !strings.Contains(notes, "group gpus asks for 8 nvidia.com/gpu in 2 pods and there is room for 0 of them") {
		t.Error(notes)
	}
}
