package seldon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func TestDoneIsThatTheDeploymentsAreAndSeldonSaysSo(t *testing.T) {
	v1 := served("main", "s3://m/v1", ", replicas: 4")
	roll := full("chat-main-0-llm", "s3://m/v1", 4)
	roll.updated = 2
	loads := full("chat-main-0-llm", "s3://m/v1", 4)
	loads.away = 1
	loads.late = true
	restarted := served("main", "s3://m/v1", `, annotations: {kubectl.kubernetes.io/restartedAt: "2026-11-30T11:59:00Z"}`)
	for _, x := range []struct {
		name, object string
		made         []made
		phase        fleet.RolloutPhase
		why          string
	}{
		{"done", sdep("", isAvailable, v1), []made{full("chat-main-0-llm", "s3://m/v1", 4)}, fleet.RolloutDone, ""},
		{"Available from before", sdep("", isAvailable, v1), []made{full("chat-main-0-llm", "s3://m/v0", 4)}, fleet.RolloutUnseen, "still loads s3://m/v0, wanted is s3://m/v1"},
		{"image from before", sdep("", isAvailable, boxed("main", "vllm:v2", "")), []made{{name: "chat-main-0-llm", image: "vllm:v1", want: 1, updated: 1, total: 1}}, fleet.RolloutUnseen, "still runs image vllm:v1, wanted is vllm:v2"},
		{"replicas from before", sdep("", isAvailable, v1), []made{full("chat-main-0-llm", "s3://m/v1", 3)}, fleet.RolloutUnseen, "should have 3 replicas, wanted are 4"},
		{"not restarted yet", sdep("", isAvailable, restarted), []made{full("chat-main-0-llm", "s3://m/v1", 1)}, fleet.RolloutUnseen, "not those of the restart"},
		{"no Deployment", sdep("", "{state: Creating}", v1), nil, fleet.RolloutUnseen, "Deployment chat-main-0-llm is not there yet"},
		{"refused", sdep("", `{state: Failed, description: "no server for HUGGINGFACE_SERVER"}`, v1), nil, fleet.RolloutFailed, "no server for HUGGINGFACE_SERVER"},
		{"rolls", sdep("", isAvailable, v1), []made{roll}, fleet.RolloutMoving, "2 of 4 replicas of Deployment chat-main-0-llm are updated"},
		{"services", sdep("", "{state: Creating}", v1), []made{full("chat-main-0-llm", "s3://m/v1", 4)}, fleet.RolloutMoving, "Seldon says Creating"},
		{"trap 12, loading past its deadline, though Seldon calls it Failed", sdep("", `{state: Failed, description: "Deployment is no longer progressing and not available."}`, v1), []made{loads}, fleet.RolloutLate, "loading: pod chat-main-0-llm-0"},
		{"nothing said", sdep("", "{}", v1), []made{full("chat-main-0-llm", "s3://m/v1", 4)}, fleet.RolloutUnseen, "said nothing"},
	} {
		t.Run(x.name, func(t *testing.T) {
			stands(t, look(t, cluster(x.object, x.made...), deploymentKind, chat), x.phase, x.why)
		})
	}
}

func TestWhatASeldonDeploymentServes(t *testing.T) {
	r := look(t, split(90, 10), deploymentKind, chat)
	if r.Now.Weights.String() != "s3://m/v2" || r.Old.Weights.String() != "s3://m/v1" || r.Now.Name.String() != "predictor canary" || r.Now.Image.String() != "hf:v1" ||
		r.Now.Served[0].String() != "chat" || r.Desired != 4 || r.Updated != 1 || r.UpdatedReady != 1 || len(r.UpdatedPods) != 1 || len(r.OldPods) != 4 || r.Total != 5 || r.GPUsEach != 2 {
		t.Errorf("%+v", r)
	}
	if r.Traffic.Kind != fleet.TrafficPercent || len(r.Traffic.Members) != 2 || r.Traffic.Members[0].Weight != 90 || !r.Traffic.Members[1].Ready || r.Surge.Extra != 1 || r.Surge.Missing != 0 {
		t.Errorf("%+v %+v", r.Traffic, r.Surge)
	}
	stands(t, r, fleet.RolloutDone, "")
	c := cluster(sdep("", isAvailable, served("main", "s3://m/v1", ", replicas: 4")), full("chat-main-0-llm", "s3://m/v1", 4))
	c.Change(child.ReplicaSetKind, fleet.ObjectRef{Namespace: "llm", Name: "chat-main-0-llm-new"}, "/metadata/creationTimestamp", ago(time.Hour))
	if r := look(t, c, deploymentKind, chat); !r.Now.At.Equal(noon.Add(-time.Hour)) || len(r.Loads) == 0 || !r.Shutdown.Grace.OK {
		t.Errorf("what the checks ask: %+v", r)
	}
	// the shadow gets copies: it is no member, yet its Deployment counts
	c = cluster(sdep("", isAvailable, served("main", "s3://m/v1", ""), served("copy", "s3://m/v2", ", shadow: true, traffic: 50")), full("chat-main-0-llm", "s3://m/v1", 1))
	r = look(t, c, deploymentKind, chat)
	stands(t, r, fleet.RolloutUnseen, "predictor copy: Deployment chat-copy-0-llm is not there yet")
	if r.Traffic.Kind != fleet.TrafficNone || !strings.Contains(r.System.String(), "copy is a shadow") {
		t.Errorf("%+v", r)
	}
}

func TestLongDeploymentsAreFoundByTheirHash(t *testing.T) {
	long := strings.Repeat("chat", 15)
	names := deploymentNames(long, "main", 0, "llm")
	if len(names) != 1 || !strings.HasPrefix(names[0], "seldon-") || len(names[0]) != len("seldon-")+32 {
		t.Errorf("%v", names)
	}
	if names = deploymentNames("chat", strings.Repeat("main", 15), 0, "llm"); len(names) != 2 || !strings.HasPrefix(names[1], "chat-") {
		t.Errorf("%v", names)
	}
	if routeName("chat") != "chat" || !strings.HasPrefix(routeName(strings.Repeat("chat", 16)), "seldon-") {
		t.Error("the VirtualService of a long name is hashed too")
	}
	graph := `{name: main, graph: {name: scale, type: TRANSFORMER, children: [{name: llm, implementation: TRITON_SERVER, modelUri: "s3://m/v1"}]}, componentSpecs: [{spec: {containers: [{name: scale, image: a}, {name: side, image: b}]}}, {metadata: {name: x}, spec: {containers: [{name: more, image: c}]}}]}`
	r := look(t, cluster(sdep("", isAvailable, graph)), deploymentKind, chat)
	if !strings.Contains(r.Why.String(), "chat-main-0-scale-side-llm") {
		t.Errorf("%s", r.Why)
	}
	c := cluster(sdep("", isAvailable, graph), full("chat-main-0-scale-side-llm", "", 1))
	if r = look(t, c, deploymentKind, chat); !strings.Contains(r.Why.String(), "does not have container scale yet") {
		t.Errorf("%s", r.Why)
	}
}

func virtualService(c *toyobjects.Cluster, a, b int) {
	c.Put(fleet.ObjectKind{Group: istio, Version: "v1", Resource: "virtualservices", Kind: "VirtualService"}, fmt.Sprintf(`
metadata: {name: chat, namespace: llm}
spec: {http: [{route: [{destination: {host: a, subset: main}, weight: %d}, {destination: {host: b, subset: canary}, weight: %d}]}]}`, a, b))
}

// The replicas of a canary are there before the operator gives it its share, which it does once all Deployments are ready.
func TestAStageOfACanaryWaitsForItsShare(t *testing.T) {
	until := fleet.Until{Updated: 1, Ready: 1, Split: true}
	late := func() *toyobjects.Cluster {
		c := split(90, 10)
		made{name: "chat-main-0-llm", uri: "s3://m/v1", want: 4, updated: 4, total: 4, away: 1}.put(c)
		return c
	}
	with := func(c *toyobjects.Cluster, a, b int) *toyobjects.Cluster {
		virtualService(c, a, b)
		return c
	}
	for _, x := range []struct {
		name string
		c    *toyobjects.Cluster
		over bool
		why  string
	}{
		{"the route is the old one", with(split(90, 10), 100, 0), false, "still gives predictor main 100 %"},
		{"the route is as asked", with(split(90, 10), 90, 10), true, ""},
		{"nobody can tell, and all is ready", split(90, 10), true, ""},
		{"nobody can tell, and a replica loads", late(), false, "loading"},
		{"the route is as asked, and a replica of the other loads", with(late(), 90, 10), true, ""},
	} {
		r := look(t, x.c, deploymentKind, chat)
		r.Updated, r.UpdatedReady = 1, 1
		if got := r.Traffic.Unsplit.String(); until.Reached(&r) != x.over || !strings.Contains(got, x.why) || (x.why == "") != (got == "") {
			t.Errorf("%s: over %v, %q", x.name, !x.over, got)
		}
	}
}

func TestWeightsAreInForceOnceIstioHasThem(t *testing.T) {
	c := split(90, 10)
	virtualService(c, 100, 0)
	stands(t, look(t, c, deploymentKind, chat), fleet.RolloutMoving, "VirtualService chat still gives predictor main 100 %, wanted is 90")
	c.Denied["virtualservices"] = true
	stands(t, look(t, c, deploymentKind, chat), fleet.RolloutDone, "")
	c = split(90, 10)
	virtualService(c, 90, 10)
	stands(t, look(t, c, deploymentKind, chat), fleet.RolloutDone, "")
}

// Trap 8: the webhook takes all weights together only.
func TestTrap8AllWeightsAreOneWriteThatNamesThePredictors(t *testing.T) {
	c := split(90, 10)
	d := do(t, c, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "canary", Weight: 30}, {Member: "main", Weight: 70}}})
	if len(d.Stages) != 1 || len(d.Stages[0].Writes) != 1 || !d.Stages[0].Until.Done || !d.Weights {
		t.Fatalf("%+v", d)
	}
	w := d.Stages[0].Writes[0]
	if got := sets(d.Stages[0].Writes); got != "/spec/predictors/0/traffic=70 /spec/predictors/1/traffic=30" {
		t.Error(got)
	}
	if got := guards(w); got != `/spec/predictors/0/name="main" /spec/predictors/1/name="canary"` {
		t.Error(got)
	}
	carry(t, c, deploymentKind, chat, d)
	// of three, the one that stays is compared
	three := cluster(sdep("", isAvailable, served("a", "s3://m/1", ", traffic: 50"), served("b", "s3://m/2", ", traffic: 50"), served("z", "s3://m/3", "")),
		full("chat-a-0-llm", "s3://m/1", 1), full("chat-b-0-llm", "s3://m/2", 1), full("chat-z-0-llm", "s3://m/3", 1))
	d = do(t, three, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "z", Weight: 10}, {Member: "a", Weight: 40}}})
	if got := guards(d.Stages[0].Writes[0]); !strings.Contains(got, "/spec/predictors/1/traffic=50") {
		t.Error(got)
	}
	if f := d.Stages[0].Writes[0].Fields[5]; f.Path != "/spec/predictors/2/traffic" || f.Before != nil || string(f.After) != "10" {
		t.Errorf("a weight that was not there: %+v", f)
	}
	carry(t, three, deploymentKind, chat, d)
	// somebody who moved the list meanwhile is not written over
	c = split(90, 10)
	c.Change(deploymentKind, chat, "/spec/predictors/1/name", "other")
	if err := c.Write(t.Context(), w, "", false); fleet.KindOf(err) != fleet.KindConflict {
		t.Error(err)
	}
}

func TestWhichWeightsAreRefused(t *testing.T) {
	shadowed := func() *toyobjects.Cluster {
		return cluster(sdep("", isAvailable, served("main", "s3://m/v1", ", traffic: 60"), served("copy", "s3://m/v2", ", shadow: true, traffic: 50"), served("b", "s3://m/v3", ", traffic: 40")),
			full("chat-main-0-llm", "s3://m/v1", 1), full("chat-copy-0-llm", "s3://m/v2", 1), full("chat-b-0-llm", "s3://m/v3", 1))
	}
	unready := cluster(sdep("", isAvailable, served("main", "s3://m/v1", ", traffic: 100"), served("canary", "s3://m/v2", ", traffic: 0")), full("chat-main-0-llm", "s3://m/v1", 1))
	single := cluster(sdep("", isAvailable, served("main", "s3://m/v1", "")), full("chat-main-0-llm", "s3://m/v1", 1))
	for _, x := range []struct {
		name   string
		c      *toyobjects.Cluster
		shares []fleet.Share
		kind   fleet.Kind
		why    string
	}{
		{"sum", split(90, 10), []fleet.Share{{Member: "canary", Weight: 20}}, fleet.KindInvalid, "main 90, canary 20, which is 110 together"},
		{"as they are", split(90, 10), []fleet.Share{{Member: "canary", Weight: 10}}, fleet.KindInvalid, "so already"},
		{"nobody", split(90, 10), []fleet.Share{{Member: "x", Weight: 10}}, fleet.KindInvalid, "no predictor x; there are main, canary"},
		{"none", split(90, 10), nil, fleet.KindInvalid, "no weight is named"},
		{"a shadow", shadowed(), []fleet.Share{{Member: "copy", Weight: 10}}, fleet.KindUnsupported, "is a shadow"},
		{"not ready", unready, []fleet.Share{{Member: "canary", Weight: 10}, {Member: "main", Weight: 90}}, fleet.KindConflict, "canary is not ready"},
		{"one", single, []fleet.Share{{Member: "main", Weight: 100}}, fleet.KindUnsupported, "upgrade with --canary"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := draftOf(t, x.c, deploymentKind, chat, fleet.Want{Do: fleet.DoTraffic, Shares: x.shares})
			refused(t, err, x.kind, x.why)
		})
	}
	d := do(t, shadowed(), fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "b", Weight: 50}, {Member: "main", Weight: 50}}})
	if got := sets(d.Stages[0].Writes); got != "/spec/predictors/0/traffic=50 /spec/predictors/2/traffic=50" {
		t.Errorf("the shadow's weight is none: %s", got)
	}
}

func TestEachDeedIsAWrite(t *testing.T) {
	plain := func(more string, n int) *toyobjects.Cluster {
		return cluster(sdep("", isAvailable, served("main", "s3://m/v1", more)), full("chat-main-0-llm", "s3://m/v1", n))
	}
	box := cluster(sdep("replicas: 2, ", isAvailable, boxed("main", "vllm:v1", "")), made{name: "chat-main-0-llm", image: "vllm:v1", want: 2, updated: 2, total: 2})
	hpa := cluster(sdep("", isAvailable, strings.Replace(boxed("main", "vllm:v1", ""), "]}}]", "]}, hpaSpec: {minReplicas: 1, maxReplicas: 6}}]", 1)),
		made{name: "chat-main-0-llm", image: "vllm:v1", want: 2, updated: 2, total: 2})
	hub := cluster(sdep("", isAvailable, `{name: main, graph: {name: llm, implementation: HUGGINGFACE_SERVER, parameters: [{name: task, type: STRING, value: text-generation}, {name: pretrained_model, type: STRING, value: org/m}]}}`), full("chat-main-0-llm", "", 1))
	for _, x := range []struct {
		name   string
		c      *toyobjects.Cluster
		want   fleet.Want
		writes string
	}{
		{"model", plain("", 1), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/v2"}, `/spec/predictors/0/graph/modelUri="s3://m/v2"`},
		{"image of a server of Seldon", plain("", 1), fleet.Want{Do: fleet.DoUpgrade, Image: "hf:v2"}, `/spec/predictors/0/componentSpecs=[{"spec":{"containers":[{"image":"hf:v2","name":"llm"}]}}]`},
		{"image", box, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v2"}, `/spec/predictors/0/componentSpecs/0/spec/containers/0/image="vllm:v2"`},
		{"flag", box, fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-model-len", Value: "4096"}}}, `/spec/predictors/0/componentSpecs/0/spec/containers/0/args/2="--max-model-len=4096"`},
		{"model of a container", box, fleet.Want{Do: fleet.DoUpgrade, Weights: "org/n"}, `/spec/predictors/0/componentSpecs/0/spec/containers/0/args/1="org/n"`},
		{"model of the hub", hub, fleet.Want{Do: fleet.DoUpgrade, Weights: "org/n"}, `/spec/predictors/0/graph/parameters/1/value="org/n"`},
		{"one of two", split(90, 10), fleet.Want{Do: fleet.DoUpgrade, Container: "canary", Weights: "s3://m/v3"}, `/spec/predictors/1/graph/modelUri="s3://m/v3"`},
		{"scale of the whole", box, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `scale/spec/replicas=3`},
		{"scale of the predictor, which wins", plain(", replicas: 2", 2), fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `/spec/predictors/0/replicas=3`},
		{"scale where nothing is said", plain("", 1), fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `/spec/replicas=3`},
		{"trap 15, scale under an autoscaler", hpa, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `/spec/predictors/0/componentSpecs/0/hpaSpec/minReplicas=3 /spec/predictors/0/componentSpecs/0/hpaSpec/maxReplicas=3`},
		{"hold the autoscaler", hpa, fleet.Want{Do: fleet.DoHoldScaler, Replicas: fleet.Some(2)}, `/spec/predictors/0/componentSpecs/0/hpaSpec/minReplicas=2 /spec/predictors/0/componentSpecs/0/hpaSpec/maxReplicas=2`},
		{"restart", split(90, 10), fleet.Want{Do: fleet.DoRestart, Stamp: noon}, `/spec/predictors/0/annotations/kubectl.kubernetes.io~1restartedAt="2026-11-30T12:00:00Z" /spec/predictors/1/annotations/kubectl.kubernetes.io~1restartedAt="2026-11-30T12:00:00Z"`},
		{"another share", split(90, 10), fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.25}}, "/spec/predictors/0/traffic=75 /spec/predictors/1/traffic=25"},
		{"promote", split(90, 10), fleet.Want{Do: fleet.DoPromote}, `/spec/predictors/0/traffic=100 /spec/predictors/0/graph/modelUri="s3://m/v2" /spec/predictors/1=`},
		{"abort", split(90, 10), fleet.Want{Do: fleet.DoAbandonRoll}, "/spec/predictors/0/traffic=100 /spec/predictors/1/traffic=0"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := do(t, x.c, x.want)
			if got := sets(d.Stages[0].Writes); got != x.writes {
				t.Errorf("got %s\nwant %s", got, x.writes)
			}
			if w := d.Stages[0].Writes[0]; w.Part == "" && x.writes[0] == '/' && strings.HasPrefix(x.writes, "/spec/predictors") && !strings.Contains(guards(w), "/name=") {
				t.Errorf("nothing holds it to its predictor: %s", guards(w))
			}
			if x.want.Do != fleet.DoRestart {
				carry(t, x.c, deploymentKind, chat, d)
			}
		})
	}
}

func TestACanaryIsASecondPredictorAndBecomesTheFirst(t *testing.T) {
	c := cluster(sdep("", isAvailable, served("main", "s3://m/v1", `, replicas: 4, annotations: {seldon.io/svc-name: chat}`)), full("chat-main-0-llm", "s3://m/v1", 4))
	d := do(t, c, fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/v2", Parts: []fleet.Ratio{0.1, 0.5}})
	if len(d.Stages) != 3 || !d.Stages[0].Canary || d.Stages[0].Until != (fleet.Until{Updated: 1, Ready: 1, Split: true}) || d.Stages[1].Until.Ready != 2 || !d.Stages[2].Until.Done || d.Stages[2].Canary {
		t.Fatalf("%+v", d.Stages)
	}
	name := canaryName(map[string]any{})
	_, after, _ := strings.Cut(sets(d.Stages[0].Writes), " ")
	for _, want := range []string{`/spec/predictors/1={"annotations":{},"graph":{"implementation":"HUGGINGFACE_SERVER","modelUri":"s3://m/v2","name":"llm"}`, `"replicas":1,"traffic":10}`} {
		if !strings.Contains(after, want) || strings.Contains(after, name) {
			t.Errorf("%s", after)
		}
	}
	if f := d.Stages[0].Writes[0].Fields[1]; f.Path != "/spec/predictors/0/traffic" || f.Before != nil || string(f.After) != "90" {
		t.Errorf("%+v", f)
	}
	if got := sets(d.Stages[2].Writes); got != `/spec/predictors/0/traffic=100 /spec/predictors/0/graph/modelUri="s3://m/v2" /spec/predictors/1=` {
		t.Error(got)
	}
	if d.Extra != (2+1)*2 {
		t.Errorf("two canaries and one of the surge, of two GPUs each: %d", d.Extra)
	}
	carry(t, c, deploymentKind, chat, d)
	again := do(t, cluster(sdep("", isAvailable, served("main", "s3://m/v1", `, replicas: 4, annotations: {seldon.io/svc-name: chat}`)), full("chat-main-0-llm", "s3://m/v1", 4)),
		fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/v2", Parts: []fleet.Ratio{0.1, 0.5}})
	if sets(again.Stages[0].Writes) != sets(d.Stages[0].Writes) {
		t.Error("planned twice, it has another name")
	}
	// beside an autoscaler the canary keeps the size of its step, and nothing that only one may have
	hpa := strings.Replace(boxed("main", "vllm:v1", ", explainer: {type: x}"), "]}}]", "]}, replicas: 3, hpaSpec: {minReplicas: 1, maxReplicas: 6}, pdbSpec: {}}]", 1)
	c = cluster(sdep("", isAvailable, hpa, served("copy", "s3://m/v9", ", shadow: true")), made{name: "chat-main-0-llm", image: "vllm:v1", want: 3, updated: 3, total: 3}, full("chat-copy-0-llm", "s3://m/v9", 1))
	d = do(t, c, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v2", Parts: []fleet.Ratio{0.5}})
	got := sets(d.Stages[0].Writes)
	if !strings.Contains(got, "/spec/predictors/2={") || strings.Contains(got, "hpaSpec") || strings.Contains(got, "pdbSpec") || strings.Contains(got, "explainer") || !strings.Contains(got, `"replicas":2,"traffic":50`) {
		t.Error(got)
	}
	carry(t, c, deploymentKind, chat, d)
}

// A promotion keeps what belongs to the predictor that stays, and takes only what was tried.
func TestWhatAPromotionTakesOver(t *testing.T) {
	stay := strings.Replace(boxed("main", "vllm:v1", ", traffic: 50"), "]}}]", "]}, hpaSpec: {minReplicas: 1, maxReplicas: 6}}]", 1)
	c := cluster(sdep("", isAvailable, stay, boxed("canary", "vllm:v2", ", traffic: 50, replicas: 1"), served("copy", "s3://m/v9", ", shadow: true")),
		made{name: "chat-main-0-llm", image: "vllm:v1", want: 3, updated: 3, total: 3}, made{name: "chat-canary-0-llm", image: "vllm:v2", want: 1, updated: 1, total: 1}, full("chat-copy-0-llm", "s3://m/v9", 1))
	d := do(t, c, fleet.Want{Do: fleet.DoPromote})
	// the shadow stands behind the canary: its place changes, so the list is written whole
	if got := sets(d.Stages[0].Writes); !strings.HasPrefix(got, `/spec/predictors=[`) || !strings.Contains(got, "hpaSpec") || strings.Contains(got, "canary") || !strings.Contains(got, "copy") || !strings.Contains(got, "vllm:v2") {
		t.Error(got)
	}
	carry(t, c, deploymentKind, chat, d)
	other := cluster(sdep("", isAvailable, served("main", "s3://m/v1", ", traffic: 90"), served("canary", "s3://m/v2", ", traffic: 10, svcOrchSpec: {replicas: 2}")),
		full("chat-main-0-llm", "s3://m/v1", 1), full("chat-canary-0-llm", "s3://m/v2", 1))
	_, err := draftOf(t, other, deploymentKind, chat, fleet.Want{Do: fleet.DoPromote})
	refused(t, err, fleet.KindUnsupported, "differ in svcOrchSpec too")
	unready := full("chat-canary-0-llm", "s3://m/v2", 1)
	unready.away = 1
	c = cluster(sdep("", isAvailable, served("main", "s3://m/v1", ", traffic: 90"), served("canary", "s3://m/v2", ", traffic: 10")), full("chat-main-0-llm", "s3://m/v1", 1), unready)
	_, err = draftOf(t, c, deploymentKind, chat, fleet.Want{Do: fleet.DoPromote})
	refused(t, err, fleet.KindConflict, "canary is not ready")
	// Seldon touches no route while a Deployment is not ready: its canary goes in the same write
	d = do(t, c, fleet.Want{Do: fleet.DoAbandonRoll})
	if got := sets(d.Stages[0].Writes); got != "/spec/predictors/0/traffic=100 /spec/predictors/1=" || !strings.Contains(d.Notes[0].String(), "changes no route") {
		t.Errorf("%s %v", got, d.Notes)
	}
	carry(t, c, deploymentKind, chat, d)
}

func TestWhatASeldonDeploymentCannotDoSaysWhatItCan(t *testing.T) {
	single := func() *toyobjects.Cluster {
		return cluster(sdep("", isAvailable, served("main", "s3://m/v1", "")), full("chat-main-0-llm", "s3://m/v1", 1))
	}
	several := cluster(sdep("", isAvailable, `{name: main, graph: {name: root, type: COMBINER, children: [{name: a, implementation: X, modelUri: "s3://a"}, {name: b, implementation: X, modelUri: "s3://b"}]}, componentSpecs: [{spec: {containers: [{name: root, image: r}]}}]}`))
	for _, x := range []struct {
		name string
		c    *toyobjects.Cluster
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{"nothing new", single(), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/v1"}, fleet.KindInvalid, "as wanted already"},
		{"a version", single(), fleet.Want{Do: fleet.DoUpgrade, Version: "1"}, fleet.KindUnsupported, "keeps no version"},
		{"a surge", single(), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/v2", Surge: fleet.Some(0)}, fleet.KindUnsupported, "leave --surge out"},
		{"a flag of a server", single(), fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--x", Value: "1"}}}, fleet.KindUnsupported, "which other models share"},
		{"a revision of a server", single(), fleet.Want{Do: fleet.DoUpgrade, Revision: "r"}, fleet.KindUnsupported, "whole storage URI"},
		{"which of two", split(90, 10), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/v3"}, fleet.KindUnsupported, "--container PREDICTOR"},
		{"which of two models", several, fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://c"}, fleet.KindInvalid, "loads several models; name one as --container: a, b"},
		{"a container that is not there", single(), fleet.Want{Do: fleet.DoUpgrade, Container: "x", Image: "i"}, fleet.KindInvalid, "no container x"},
		{"a canary beside a canary", split(90, 10), fleet.Want{Do: fleet.DoUpgrade, Container: "main", Weights: "s3://m/v3", Parts: []fleet.Ratio{0.1}}, fleet.KindUnsupported, "beside exactly one"},
		{"pause", single(), fleet.Want{Do: fleet.DoPause}, fleet.KindUnsupported, "upgrade with --canary"},
		{"promote nothing", single(), fleet.Want{Do: fleet.DoPromote}, fleet.KindUnsupported, "no canary is open"},
		{"abort nothing", single(), fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindUnsupported, "undo takes a change back"},
		{"a step", split(90, 10), fleet.Want{Do: fleet.DoAdvance}, fleet.KindUnsupported, "no list of steps"},
		{"scale to what it has", cluster(sdep("replicas: 1, ", isAvailable, served("main", "s3://m/v1", "")), full("chat-main-0-llm", "s3://m/v1", 1)), fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(1)}, fleet.KindInvalid, "already"},
		{"scale one of two", split(90, 10), fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, fleet.KindUnsupported, "replicas of their own"},
		{"hold nothing", single(), fleet.Want{Do: fleet.DoHoldScaler}, fleet.KindInvalid, "nothing scales it"},
		{"release", single(), fleet.Want{Do: fleet.DoFreeScaler}, fleet.KindUnsupported, "undo the change"},
		{"drain", single(), fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "can be upgraded, scaled"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := draftOf(t, x.c, deploymentKind, chat, x.want)
			refused(t, err, x.kind, x.why)
		})
	}
	c := single()
	r := look(t, c, deploymentKind, chat)
	c.Change(deploymentKind, chat, "/metadata/uid", "s2")
	_, err := New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, r, fleet.Want{Do: fleet.DoRestart, Stamp: time.Time{}})
	refused(t, err, fleet.KindConflict, "another object")
}

// Trap 13: a tenth of one replica is none, so that a surge without a spare GPU never ends.
func TestTrap13ASurgeWithoutASpareGPUIsSaidToNeverEnd(t *testing.T) {
	roll := made{name: "chat-main-0-llm", uri: "s3://m/v2", want: 1, updated: 1, total: 2}
	c := cluster(sdep("", isAvailable, served("main", "s3://m/v2", ", replicas: 1")), roll)
	c.Put(child.PodKind, fmt.Sprintf(`
metadata: {name: chat-main-0-llm-0, namespace: llm, uid: p, creationTimestamp: %q, labels: {seldon-deployment-id: chat, pod-template-hash: chat-main-0-llm-new}}
spec: {containers: [{name: llm, resources: {limits: {nvidia.com/gpu: "2"}}}]}
status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."}]}`, ago(20*time.Minute)))
	c.Put(child.NodeKind, `
metadata: {name: n1}
status: {allocatable: {nvidia.com/gpu: "2"}, conditions: [{type: Ready, status: "True"}]}`)
	r := look(t, c, deploymentKind, chat)
	if r.Phase != fleet.RolloutStuck || !r.Never || !strings.Contains(r.Why.String(), "will never finish") {
		t.Errorf("%s, never %v: %s", r.Phase, r.Never, r.Why)
	}
}
