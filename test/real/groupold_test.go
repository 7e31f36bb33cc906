//go:build real

package real_test

import (
	"fmt"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/test/servers"
)

// groupsWithDefaults is a kind that gives defaults as that of LeaderWorkerSet does, below a strategy that it does not ask for.
const groupsWithDefaults = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: leaderworkersets.leaderworkerset.x-k8s.io, annotations: {api-approved.kubernetes.io: "unapproved, for a test"}}
spec:
  group: leaderworkerset.x-k8s.io
  scope: Namespaced
  names: {plural: leaderworkersets, singular: leaderworkerset, kind: LeaderWorkerSet, listKind: LeaderWorkerSetList}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema: {openAPIV3Schema: {type: object, properties: {
      status: {type: object, x-kubernetes-preserve-unknown-fields: true},
      spec: {type: object, properties: {
        replicas: {type: integer},
        leaderWorkerTemplate: {type: object, x-kubernetes-preserve-unknown-fields: true},
        rolloutStrategy: {type: object, properties: {
          type: {type: string, default: RollingUpdate},
          rollingUpdateConfiguration: {type: object, properties: {
            partition: {type: integer, default: 0},
            maxSurge: {x-kubernetes-int-or-string: true, default: 0},
            maxUnavailable: {x-kubernetes-int-or-string: true, default: 1}}}}}}}}}}
`

// TestAStrategyThatWasNeverStoredIsLeftAtItsDefaults rolls a LeaderWorkerSet that was stored before there was a strategy: what the
// server fills in is what the drafts leave, so that each stage and the way back are found as they were made.
func TestAStrategyThatWasNeverStoredIsLeftAtItsDefaults(t *testing.T) {
	t.Parallel()
	c := newCluster(t, servers.Options{Namespace: "serving"}, 1)
	const path = "/apis/leaderworkerset.x-k8s.io/v1/namespaces/serving/leaderworkersets"
	if err := post(t, c, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", groupsWithDefaults); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "leaderworkersets are served", func() bool {
		return c.Client.CoreV1().RESTClient().Get().AbsPath("/apis/leaderworkerset.x-k8s.io/v1/leaderworkersets").Do(t.Context()).Error() == nil
	})
	const pod = `{spec: {containers: [{name: vllm, image: "vllm:v1", args: [serve, org/deepseek], resources: {limits: {nvidia.com/gpu: 8}}}]}}`
	up := func(w fleet.Want) fleet.Want { w.Do, w.Image = fleet.DoUpgrade, "vllm:v2"; return w }
	for i, w := range []fleet.Want{up(fleet.Want{Parts: []fleet.Ratio{0.3}}), up(fleet.Want{Surge: fleet.Some(1)}), {Do: fleet.DoPause}} {
		h := newHands(t, c)
		ref := fleet.ObjectRef{Cluster: "c", Kind: "LeaderWorkerSet", Namespace: "serving", Name: fmt.Sprintf("old-%d", i)}
		if err := post(t, c, path, fmt.Sprintf("apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nmetadata: {name: %s}\nspec: {replicas: 3, leaderWorkerTemplate: {size: 2, workerTemplate: %s}}", ref.Name, pod)); err != nil {
			t.Fatal(err)
		}
		patchStatus(t, c, path+"/"+ref.Name, `{observedGeneration: 1, replicas: 3, readyReplicas: 3, updatedReplicas: 3, conditions: [{type: Available, status: "True", reason: AllGroupsReady, message: "", lastTransitionTime: "2026-11-24T08:00:00Z"}]}`)
		d := h.draft(ref, w)
		var sent []fleet.ObjectWrite
		for _, s := range d.Stages {
			h.send(s.Writes...)
			sent = append(sent, s.Writes...)
			for _, net := range fleet.Net(sent) {
				if at, err := h.roller.Stand(t.Context(), net); err != nil || at != fleet.StandsAfter {
					t.Errorf("%s: after %s all that was written stands %s, %v", w.Do, s.Text, at, err)
				}
			}
		}
		back := d.Stages[len(d.Stages)-1].Back
		h.send(back...)
		for _, one := range back {
			if at, err := h.roller.Stand(t.Context(), one); len(back) == 0 || err != nil || at != fleet.StandsAfter {
				t.Errorf("%s: the way back stands %s, %v", w.Do, at, err)
			}
		}
		now := fmt.Sprint(partsOf(t, c, path+"/"+ref.Name).Spec.(map[string]any)["rolloutStrategy"])
		if want := "map[rollingUpdateConfiguration:map[maxSurge:0 maxUnavailable:1 partition:0] type:RollingUpdate]"; now != want {
			t.Errorf("%s and back: %s", w.Do, now)
		}
	}
}
