package kserve

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func withRoute(c *toyobjects.Cluster, backends string) *toyobjects.Cluster {
	c.Put(routeKind, fmt.Sprintf(`
metadata: {name: chat, namespace: llm}
spec: {rules: [{backendRefs: [%s]}]}`, backends))
	return c
}

func withController(c *toyobjects.Cluster, image string) *toyobjects.Cluster {
	c.Put(child.DeploymentKind, fmt.Sprintf(`
metadata: {name: kserve-controller-manager, namespace: kserve, labels: {control-plane: kserve-controller-manager}}
spec: {selector: {matchLabels: {a: b}}, template: {spec: {containers: [{name: manager, image: %q}]}}}`, image))
	return c
}

const stableOnly = `{name: chat-predictor, weight: 100}`

// canaryCluster is a service of four replicas that can have canaries.
func canaryCluster() *toyobjects.Cluster {
	object := strings.Replace(isvc("", "", "", inStandard), "minReplicas: 2", "minReplicas: 4", 1)
	c := cluster(object, deployment{name: "chat-predictor", uri: "s3://models/v2", want: 4, updated: 4, total: 4, available: 4})
	return withController(withRoute(c, stableOnly), "kserve/kserve-controller:v0.20.0")
}

var toThree = fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3", Parts: []fleet.Ratio{0.1, 0.5}}

// Trap 4: a canary is added without traffic, gets some only once it is ready, and grows to all before it takes over.
func TestTrap4ACanaryIsReadyBeforeItGetsTraffic(t *testing.T) {
	c := canaryCluster()
	d := do(t, c, toThree)
	type step struct{ percent, replicas string }
	want := []step{{"0", "1"}, {"10", "1"}, {"50", "2"}, {"50", "4"}}
	if len(d.Stages) != len(want)+1 || d.Extra != 8 {
		t.Fatalf("%d stages, %d GPUs more", len(d.Stages), d.Extra)
	}
	for i, w := range want {
		s := d.Stages[i]
		got := sets(s.Writes)
		if !strings.HasPrefix(got, `/spec/canary=[`) || !strings.Contains(got, `"trafficPercent":`+w.percent+"}") || !strings.Contains(got, `"minReplicas":`+w.replicas+",") ||
			!strings.Contains(got, `"storageUri":"s3://models/v3"`) || !strings.Contains(got, `"name":"","resources":{"limits"`) || s.Canary != (i > 0) {
			t.Errorf("stage %d: %s", i+1, got)
		}
		if fmt.Sprint(s.Until.Ready) != w.replicas || fmt.Sprint(s.Until.Updated) != w.replicas {
			t.Errorf("stage %d waits for %+v", i+1, s.Until)
		}
		send(t, c, s.Writes)
	}
	last := d.Stages[len(want)]
	if got := sets(last.Writes); len(last.Writes) != 1 || !strings.HasPrefix(got, `/spec/canary= /spec/predictor/name="v`) || !strings.HasSuffix(got, `/spec/predictor/model/storageUri="s3://models/v3"`) || !last.Until.Done {
		t.Errorf("the last stage: %s, %+v", got, last.Until)
	}
	send(t, c, last.Writes)
	// with the old name KServe would end all replicas before others serve
	if got := sets(last.Back); got != `/spec/predictor/model/storageUri="s3://models/v2"` {
		t.Errorf("its way back: %s", got)
	}
	send(t, c, last.Back)
}

// open is a service with a canary v9, of which this many replicas are there.
func open(percent, replicas, ready int, said bool) *toyobjects.Cluster {
	entry := fmt.Sprintf(`  canary: [{trafficPercent: %d, predictor: {name: v9, minReplicas: %d, model: {modelFormat: {name: huggingface}, storageUri: "s3://models/v9", args: [--max-model-len=8192]}}}]`, percent, replicas)
	object := isvc("", entry, "", inStandard+fmt.Sprintf(", canaryStatuses: [{name: v9, ready: %v, trafficPercent: %d}]", said, percent))
	canary := deployment{name: "chat-v9-predictor", uri: "s3://models/v9", want: replicas, updated: replicas, total: replicas, available: ready}
	if ready < replicas {
		canary.pods = loading
	}
	return cluster(object, done("chat-predictor", "s3://models/v2"), canary)
}

func TestHowACanaryStands(t *testing.T) {
	split := stableOnly[:len(stableOnly)-4] + `90}, {name: chat-v9-predictor, weight: 10}`
	r := look(t, withRoute(open(10, 1, 1, true), split), isvcKind, chat)
	stands(t, r, fleet.RolloutPaused, "canary v9 holds at 10 %")
	if r.Traffic.Kind != fleet.TrafficPercent || r.Traffic.Members[0].Weight != 90 || r.Traffic.Members[1].ID != "v9" || !r.Traffic.Members[1].Ready ||
		r.Updated != 1 || r.UpdatedReady != 1 || len(r.OldPods) != 2 || r.Total != 3 || r.Now.Weights.String() != "s3://models/v9" || r.Old.Weights.String() != "s3://models/v2" {
		t.Errorf("%+v", r)
	}
	stands(t, look(t, open(0, 1, 0, false), isvcKind, chat), fleet.RolloutMoving, "loading: pod chat-v9-predictor-0")
	stands(t, look(t, open(0, 1, 1, false), isvcKind, chat), fleet.RolloutMoving, "KServe has not said that it is ready")
	stands(t, look(t, open(0, 1, 1, true), isvcKind, chat), fleet.RolloutPaused, "holds at 0 %")
	gone := open(10, 1, 1, true)
	gone.Denied["httproutes"] = true
	stands(t, look(t, gone, isvcKind, chat), fleet.RolloutPaused, "holds at 10 %")
}

// Trap 4: the status repeats the spec, and the release 0.20.0 leaves canaries out of its routes: the route is asked.
func TestTrap4ACanaryWithoutARouteIsSaid(t *testing.T) {
	r := look(t, withRoute(open(10, 1, 1, true), stableOnly), isvcKind, chat)
	stands(t, r, fleet.RolloutStuck, "should get 10 % and HTTPRoute chat gives it 0")
	if (fleet.Until{Updated: 1, Ready: 1, Split: true}).Reached(&r) || r.UpdatedReady != 1 {
		t.Errorf("the next stage would begin: %+v", r.Traffic)
	}
	r = look(t, open(10, 1, 1, true), isvcKind, chat)
	stands(t, r, fleet.RolloutStuck, "there is no HTTPRoute chat")
	if !r.Never {
		t.Error("it would end by itself")
	}
}

func TestACanaryThatIsOpenIsMoved(t *testing.T) {
	c := open(10, 1, 1, true)
	d := do(t, c, fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.4}})
	if got := sets(d.Stages[0].Writes); got != `/spec/canary/0/trafficPercent=40` || d.Stages[0].Writes[0].Fields[0].Path != "/spec/canary/0/predictor/name" {
		t.Errorf("%s, guarded by %+v", got, d.Stages[0].Writes[0].Fields[0])
	}
	send(t, c, d.Stages[0].Writes)
	d = do(t, c, fleet.Want{Do: fleet.DoPromote})
	if len(d.Stages) != 2 || d.Stages[0].Until.Ready != 2 || !strings.Contains(sets(d.Stages[0].Writes), `"minReplicas":2`) {
		t.Fatalf("it takes over with fewer replicas than served: %+v", d.Stages)
	}
	for _, s := range d.Stages {
		send(t, c, s.Writes)
	}
	if got := sets(d.Stages[1].Writes); got != `/spec/canary= /spec/predictor/name="v9" /spec/predictor/model/storageUri="s3://models/v9"` {
		t.Errorf("%s", got)
	}
	c = open(10, 1, 1, true)
	d = do(t, c, fleet.Want{Do: fleet.DoAbandonRoll})
	if got := sets(d.Stages[0].Writes); got != "/spec/canary=" {
		t.Errorf("%s", got)
	}
	send(t, c, d.Stages[0].Writes)
	back, _ := d.Stages[0].Writes[0].Inverse()
	send(t, c, []fleet.ObjectWrite{back})
}

// A canary is made of what it says over what the predictor says: so it is promoted, or its pods would be made anew.
func TestAPromotedCanaryKeepsWhatItTookFromThePredictor(t *testing.T) {
	base := map[string]any{"args": []any{"a"}, "resources": map[string]any{"limits": map[string]any{"gpu": "2"}}, "storageUri": "v1", "runtime": "r"}
	got := over(base, map[string]any{"args": []any{}, "resources": map[string]any{"limits": map[string]any{"cpu": "1"}}, "storageUri": "v2", "runtime": ""})
	want := map[string]any{"args": []any{"a"}, "resources": map[string]any{"limits": map[string]any{"gpu": "2", "cpu": "1"}}, "storageUri": "v2", "runtime": "r"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	more := isvc("", `  canary: [{trafficPercent: 0, predictor: {name: v9, nodeSelector: {a: b}, model: {storageUri: "s3://models/v9"}}}]`, "", inStandard+", canaryStatuses: [{name: v9, ready: true}]")
	_, err := draft(t, cluster(more, done("chat-predictor", "s3://models/v2")), isvcKind, chat, fleet.Want{Do: fleet.DoPromote})
	refused(t, err, fleet.KindUnsupported, "its canary says nodeSelector beside its model")
}

func TestWhatACanaryCannotDo(t *testing.T) {
	same := isvc("", `  canary: [{trafficPercent: 0, predictor: {name: v9, model: {storageUri: "s3://models/v2"}}}]`, "", inStandard+", canaryStatuses: [{name: v9, ready: true}]")
	for _, x := range []struct {
		name string
		c    *toyobjects.Cluster
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{"more for what is not ready", open(0, 1, 0, false), fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.1}}, fleet.KindConflict, "would be answered with 503"},
		{"promote what is not ready", open(0, 1, 0, false), fleet.Want{Do: fleet.DoPromote}, fleet.KindConflict, "is not ready"},
		{"promote the same model", cluster(same, done("chat-predictor", "s3://models/v2")), fleet.Want{Do: fleet.DoPromote}, fleet.KindUnsupported, "wants another one"},
		{"a second canary", open(10, 1, 1, true), toThree, fleet.KindUnsupported, "promote it or abort first"},
		{"roll under it", open(10, 1, 1, true), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/3"}, fleet.KindUnsupported, "promote it or abort first"},
		{"scale under it", open(10, 1, 1, true), fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, fleet.KindUnsupported, "promote it or abort first"},
		{"no route", withController(standardCluster(isvc("", "", "", inStandard)), "kserve/kserve-controller:v0.20.0"), toThree, fleet.KindUnsupported, "enableGatewayApi"},
		{"too old", withController(withRoute(standardCluster(isvc("", "", "", inStandard)), stableOnly), "kserve/kserve-controller:v0.19.0"), toThree, fleet.KindUnsupported, "this KServe is 0.19"},
		{"unknown", withRoute(standardCluster(isvc("", "", "", inStandard)), stableOnly), toThree, fleet.KindUnsupported, "cannot be read"},
		{"several nodes", withController(withRoute(standardCluster(isvc(", workerSpec: {size: 2}", "", "", inStandard)), stableOnly), "kserve/kserve-controller:v0.21.0"), toThree, fleet.KindUnsupported, "on several nodes"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := draft(t, x.c, isvcKind, chat, x.want)
			refused(t, err, x.kind, x.why)
		})
	}
}

func TestWhetherKServeKnowsCanariesIsRead(t *testing.T) {
	schema := func(c *toyobjects.Cluster, fields string) *toyobjects.Cluster {
		c.Put(definitionKind, fmt.Sprintf(`
metadata: {name: inferenceservices.serving.kserve.io}
spec: {versions: [{name: v1beta1, schema: {openAPIV3Schema: {properties: {spec: {properties: {%s}}}}}}]}`, fields))
		return c
	}
	bare := func() *toyobjects.Cluster {
		return withRoute(standardCluster(isvc("", "", "", inStandard)), stableOnly)
	}
	if d, err := draft(t, schema(bare(), "predictor: {}, canary: {}"), isvcKind, chat, toThree); err != nil || len(d.Stages) < 4 {
		t.Errorf("by the schema: %v", err)
	}
	_, err := draft(t, schema(bare(), "predictor: {}"), isvcKind, chat, toThree)
	refused(t, err, fleet.KindUnsupported, "came with 0.20")
	denied := canaryCluster()
	denied.Denied["customresourcedefinitions"] = true
	if _, err := draft(t, denied, isvcKind, chat, toThree); err != nil {
		t.Errorf("by the controller's image: %v", err)
	}
	for image, want := range map[string]int{"kserve/kserve-controller:v0.20.0": 20, "r.example:5000/x/kserve-controller:0.21.1-rc0@sha256:ab": 21, "kserve/kserve-controller:v1.2.0": 1002} {
		if got, ok := release(image); !ok || got != want {
			t.Errorf("%s: %d", image, got)
		}
	}
	for _, image := range []string{"kserve/kserve-controller:latest", "kserve/kserve-controller", "other:v0.20.0", ""} {
		if n, ok := release(image); ok {
			t.Errorf("%s: %d", image, n)
		}
	}
}
