//go:build real

package real_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"pitwall/fleet"
	"pitwall/test/servers"
)

// defined makes one kind known as its project publishes it, or one of its name that takes anything.
func defined(t *testing.T, c *servers.Cluster, published, group, version, plural, kind string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "crds", published+".yaml"))
	if err != nil {
		t.Logf("%s is not on this machine: %s takes anything", published, kind)
		text = fmt.Appendf(nil, takesAnything, group, version, plural, kind, strings.ToLower(kind))
	}
	for doc := range strings.SplitSeq(string(text), "\n---") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		if err := post(t, c, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", doc); err != nil {
			t.Fatal(err)
		}
	}
	until(t, time.Minute, plural+" are served", func() bool {
		return c.Client.CoreV1().RESTClient().Get().AbsPath("/apis/"+group+"/"+version+"/"+plural).Do(t.Context()).Error() == nil
	})
}

// TestTheDraftsOfGroupsAndScalersAreTaken writes every stage of every deed on a LeaderWorkerSet, a HorizontalPodAutoscaler with
// its real controller, and a ScaledObject, reads each back, and takes all of it back in one write.
func TestTheDraftsOfGroupsAndScalersAreTaken(t *testing.T) {
	t.Parallel()
	c := newCluster(t, servers.Options{Namespace: "serving"}, 1)
	defined(t, c, "lws-v0.10.0-leaderworkersets", "leaderworkerset.x-k8s.io", "v1", "leaderworkersets", "LeaderWorkerSet")
	defined(t, c, "keda-v2.20.2-scaledobjects", "keda.sh", "v1alpha1", "scaledobjects", "ScaledObject")
	serves(t, c, servers.Serving{Namespace: "serving", Name: "chat", Model: "llama-70b", Replicas: 2, GPUs: 1})
	serves(t, c, servers.Serving{Namespace: "serving", Name: "code", Model: "coder", Replicas: 2, GPUs: 1})
	h := newHands(t, c)
	pod := `{spec: {containers: [{name: vllm, image: "vllm:v1", command: [sh, -c, "%s"], resources: {limits: {nvidia.com/gpu: 8}}}]}}`
	up := func(w fleet.Want) fleet.Want { w.Do = fleet.DoUpgrade; return w }
	hold, free := fleet.Want{Do: fleet.DoHoldScaler, Replicas: fleet.Some(2)}, fleet.Want{Do: fleet.DoFreeScaler}
	for _, x := range []struct {
		path, kind, name string
		spec, status     string
		deeds            [][]fleet.Want // each one after the other, then all taken back
	}{
		{"/apis/leaderworkerset.x-k8s.io/v1/namespaces/serving/leaderworkersets", "LeaderWorkerSet", "deepseek",
			// The strategy is what its webhook sets where none is given.
			`{replicas: 3, rolloutStrategy: {type: RollingUpdate, rollingUpdateConfiguration: {maxUnavailable: 1, maxSurge: 0, partition: 0}}, leaderWorkerTemplate: {size: 2, leaderTemplate: ` + fmt.Sprintf(pod, "vllm serve org/deepseek") + `, workerTemplate: ` +
				fmt.Sprintf(pod, "ray start --block") + `}}`,
			`{observedGeneration: %d, replicas: 3, readyReplicas: 3, updatedReplicas: 3, conditions: [
				{type: Available, status: "True", reason: AllGroupsReady, message: "", lastTransitionTime: "2026-11-24T08:00:00Z"}]}`,
			[][]fleet.Want{{up(fleet.Want{Image: "vllm:v2", Weights: "org/deepseek-2", Parts: []fleet.Ratio{0.3}})}, {up(fleet.Want{Image: "vllm:v2", Surge: fleet.Some(1)})},
				{{Do: fleet.DoRestart, Stamp: stamp}}, {{Do: fleet.DoScale, Replicas: fleet.Some(2)}}, {{Do: fleet.DoPause}, {Do: fleet.DoResume}}}},
		{"/apis/autoscaling/v2/namespaces/serving/horizontalpodautoscalers", "HorizontalPodAutoscaler", "chat",
			`{minReplicas: 1, maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}}`, "", [][]fleet.Want{{hold, free}, {hold}}},
		{"/apis/keda.sh/v1alpha1/namespaces/serving/scaledobjects", "ScaledObject", "code",
			`{minReplicaCount: 1, maxReplicaCount: 4, scaleTargetRef: {name: code}, triggers: [{type: cron, metadata: {timezone: UTC, start: 0 6 * * *, end: 0 20 * * *, desiredReplicas: "2"}}]}`,
			"", [][]fleet.Want{{hold, free}, {hold}}},
	} {
		t.Run(x.kind, func(t *testing.T) {
			h := h
			h.t = t
			ref := fleet.ObjectRef{Cluster: "c", Kind: x.kind, Namespace: "serving", Name: x.name}
			version := strings.Split(strings.TrimPrefix(x.path, "/apis/"), "/namespaces")[0]
			if err := post(t, c, x.path, fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s}\nspec: %s", version, x.kind, x.name, x.spec)); err != nil {
				t.Fatal(err)
			}
			before := specOf(t, c, x.path+"/"+x.name)
			for _, deeds := range x.deeds {
				var sent []fleet.ObjectWrite
				for _, w := range deeds {
					if x.status != "" { // as its controller would
						patchStatus(t, c, x.path+"/"+x.name, fmt.Sprintf(x.status, generationOf(t, c, x.path+"/"+x.name)))
					}
					d := h.draft(ref, w)
					for _, s := range d.Stages {
						h.send(s.Writes...)
						h.send(s.Then...)
						sent = append(append(sent, s.Writes...), s.Then...)
					}
				}
				if now := specOf(t, c, x.path+"/"+x.name); len(deeds) == 1 && now == before {
					t.Errorf("%s changes nothing", deeds[0].Do)
				}
				for _, w := range fleet.Net(sent) {
					if back, _ := w.Inverse(); changes(back) {
						h.send(back)
					}
				}
				if now := specOf(t, c, x.path+"/"+x.name); now != before {
					t.Errorf("%s and back:\n%s\nnot\n%s", deeds[0].Do, now, before)
				}
			}
		})
	}
}

func changes(w fleet.ObjectWrite) bool {
	for _, f := range w.Fields {
		if !f.Before.Equal(f.After) {
			return true
		}
	}
	return false
}

// parts are what a test compares of an object that the server has.
type parts struct {
	Metadata struct {
		Generation  int64
		Annotations map[string]string
	}
	Spec any
}

func partsOf(t *testing.T, c *servers.Cluster, path string) parts {
	t.Helper()
	body, err := c.Client.CoreV1().RESTClient().Get().AbsPath(path).SetHeader("Accept", "application/json").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var p parts
	if err := yaml.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func generationOf(t *testing.T, c *servers.Cluster, path string) int64 {
	t.Helper()
	return partsOf(t, c, path).Metadata.Generation
}

// specOf is the spec with the annotations, but for the one that names the change. Maps that a write made around what it
// took away again stay, empty, where no type of the server leaves them out.
func specOf(t *testing.T, c *servers.Cluster, path string) string {
	t.Helper()
	p := partsOf(t, c, path)
	delete(p.Metadata.Annotations, "pitwall.dev/change")
	text, err := yaml.Marshal([]any{filled(p.Spec), fmt.Sprint(p.Metadata.Annotations)})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func filled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if m, ok := filled(inner).(map[string]any); ok && len(m) == 0 {
				delete(v, name)
			}
		}
	case []any:
		for i := range v {
			v[i] = filled(v[i])
		}
	}
	return v
}
