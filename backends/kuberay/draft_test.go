package kuberay

import (
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var toRay2 = fleet.Want{Do: fleet.DoUpgrade, Image: "ray:2"}

func TestAnImageRollsTheHeadAndAllWorkersTogether(t *testing.T) {
	c := serving(service{})
	node(c, "n1", 12)
	d := do(t, c, toRay2)
	const want = `rayClusterConfig/headGroupSpec/template/spec/containers/0/image="ray:2" rayClusterConfig/workerGroupSpecs/0/template/spec/containers/0/image="ray:2"`
	if got := sets(d); got != want || !d.Stages[0].Until.Done || d.Extra != 8 || d.Down != 0 {
		t.Errorf("%s, %d GPUs more, %d away, %+v", got, d.Extra, d.Down, d.Stages[0].Until)
	}
	if guard := d.Stages[0].Writes[0].Fields[0]; guard.Path != "/spec/rayClusterConfig/workerGroupSpecs/0/groupName" || !guard.Before.Equal(guard.After) {
		t.Errorf("the group is not guarded by its name: %+v", guard)
	}
	for _, says := range []string{"a second cluster of 2 workers and 8 GPUs", "waits for ever", "group gpus asks for 8 nvidia.com/gpu in 2 pods and there is room for 1 of them (4 free)",
		"KubeRay starts one more as it was"} {
		if !strings.Contains(notes(d), says) {
			t.Errorf("%q is not said: %s", says, notes(d))
		}
	}
	if text := d.Stages[0].Text.String(); text != "image of head, gpus: ray:1 -> ray:2" {
		t.Error(text)
	}
	carry(t, c, d)
	// somebody put another group in front: nothing is written into it
	moved := serving(service{})
	moved.Change(kind, llm, "/spec/rayClusterConfig/workerGroupSpecs/0/groupName", "other")
	if err := moved.Write(t.Context(), d.Stages[0].Writes[0], "", false); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("another group was written: %v", err)
	}
}

func TestOtherImagesStay(t *testing.T) {
	c := serving(service{})
	c.Change(kind, llm, "/spec/rayClusterConfig/headGroupSpec/template/spec/containers/0/image", "ray-cpu:1")
	c.Change(kind, llm, "/spec/rayClusterConfig/workerGroupSpecs/0/template/spec/containers/1", map[string]any{"name": "proxy", "image": "envoy:1"})
	d := do(t, c, toRay2)
	if got := sets(d); got != `rayClusterConfig/workerGroupSpecs/0/template/spec/containers/0/image="ray:2"` || !strings.Contains(d.Stages[0].Text.String(), "envoy:1, ray-cpu:1 stays") {
		t.Errorf("%s: %s", got, d.Stages[0].Text)
	}
	d = do(t, c, fleet.Want{Do: fleet.DoUpgrade, Image: "envoy:2", Container: "proxy"})
	if got := sets(d); got != `rayClusterConfig/workerGroupSpecs/0/template/spec/containers/1/image="envoy:2"` {
		t.Error(got)
	}
}

// What serveConfigV2 says is changed where it stands: comments and spelling stay, and undo writes the old text.
func TestOnlyTheSpanOfAModelChangesInTheText(t *testing.T) {
	c := serving(service{})
	d := do(t, c, fleet.Want{Do: fleet.DoUpgrade, Weights: "Qwen/Q8", Args: []fleet.ArgEdit{{Flag: "--max-model-len", Value: "4096"}}})
	want := strings.NewReplacer("Qwen/Q7", "Qwen/Q8", "8192", "4096").Replace(serveConfig)
	if got := configOf(t, d); got != want {
		t.Errorf("%s", got)
	}
	if d.Extra != 0 || d.Down != 1 || !d.Stages[0].Until.Done || !strings.Contains(notes(d), "ends the old ones first") ||
		d.Stages[0].Text.String() != "model of llms/qwen: Qwen/Q7 -> Qwen/Q8; max_model_len of llms: 8192 -> 4096" {
		t.Errorf("%d more, %d away: %s | %s", d.Extra, d.Down, d.Stages[0].Text, notes(d))
	}
	carry(t, c, d)
	one := serving(service{config: strings.Replace(serveConfig, "num_replicas: 2", "num_replicas: 1", 1)})
	if d = do(t, one, fleet.Want{Do: fleet.DoUpgrade, Weights: "Qwen/Q8"}); !strings.Contains(notes(d), "nothing serves while the new one loads") {
		t.Error(notes(d))
	}
}

// Trap 10: where both change at once, the cluster that serves keeps its configuration until the new one serves.
func TestTrap10BothAtOnce(t *testing.T) {
	c := serving(service{})
	d := do(t, c, fleet.Want{Do: fleet.DoUpgrade, Image: "ray:2", Weights: "Qwen/Q8"})
	if len(d.Stages) != 1 || len(d.Stages[0].Writes) != 1 || strings.Count(sets(d), "=") != 3 || !strings.Contains(notes(d), "the one that serves keeps its own") {
		t.Errorf("%s | %s", sets(d), notes(d))
	}
	carry(t, c, d)
	d = do(t, upgrading(service{}, ready), fleet.Want{Do: fleet.DoUpgrade, Weights: "Qwen/Q8"})
	if !strings.Contains(notes(d), "cluster llm-bbbbb gets this, and llm-aaaaa, which serves, does not") || d.Down != 0 {
		t.Errorf("%d away: %s", d.Down, notes(d))
	}
}

// Trap 10: a third configuration in the middle of an upgrade.
func TestTrap10AThirdConfiguration(t *testing.T) {
	d := do(t, upgrading(service{}, ready), fleet.Want{Do: fleet.DoUpgrade, Image: "ray:3"})
	if !strings.Contains(notes(d), "lets cluster llm-bbbbb go for the one of this change") {
		t.Error(notes(d))
	}
	d = do(t, upgrading(service{spec: steps}, ready), fleet.Want{Do: fleet.DoUpgrade, Image: "ray:3"})
	for _, says := range []string{"first takes all traffic back to cluster llm-aaaaa and ends llm-bbbbb", "gets 10 % of the traffic more every 30 s, by itself", "undo writes back exactly what was before"} {
		if !strings.Contains(notes(d), says) {
			t.Errorf("%q is not said: %s", says, notes(d))
		}
	}
	if d.Extra != 4 {
		t.Errorf("%d GPUs more, 40 %% of 8 are 4 at the most", d.Extra)
	}
	old := serving(service{spec: steps})
	old.Change(clusterKind, fleet.ObjectRef{Namespace: "serving", Name: "llm-aaaaa"}, "/metadata/annotations/ray.io~1kuberay-version", "v1.6.2")
	if d = do(t, old, toRay2); !strings.Contains(notes(d), "this KubeRay is 1.6: without its feature") {
		t.Error(notes(d))
	}
}

func TestARestartIsAnotherCluster(t *testing.T) {
	c := serving(service{})
	d := do(t, c, fleet.Want{Do: fleet.DoRestart, Stamp: noon})
	if got := sets(d); strings.Count(got, `"kubectl.kubernetes.io/restartedAt":"2026-11-24T12:00:00Z"`) != 2 || d.Extra != 8 || d.NoUndo.IsEmpty() || !d.Stages[0].Until.Done {
		t.Errorf("%s, %d GPUs more", got, d.Extra)
	}
	carry(t, c, d)
	if err := c.Write(t.Context(), d.Stages[0].Writes[0], "", false); err != nil {
		t.Fatal(err)
	}
	stands(t, look(t, c), fleet.RolloutStuck, false, "is not that of the restart at 2026-11-24T12:00:00Z")
}

func TestScalingIsAFieldOfRayServe(t *testing.T) {
	c := serving(service{})
	d := do(t, c, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)})
	if got := configOf(t, d); got != strings.Replace(serveConfig, "num_replicas: 2", "num_replicas: 3", 1) || d.Extra != 0 || d.Down != 0 || !d.Stages[0].Until.Done ||
		!strings.Contains(notes(d), "asks for 4 GPUs of the 2 workers that there are") {
		t.Errorf("%d more: %s\n%s", d.Extra, notes(d), got)
	}
	carry(t, c, d)
	if d = do(t, c, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(1)}); d.Down != 1 || d.Extra != 0 {
		t.Errorf("%d away, %d more", d.Down, d.Extra)
	}
	grows := serving(service{})
	grows.Change(kind, llm, "/spec/rayClusterConfig/enableInTreeAutoscaling", true)
	if d = do(t, grows, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(4)}); d.Extra != 8 || !strings.Contains(notes(d), "Ray's autoscaler adds workers of 4 GPUs") {
		t.Errorf("%d more: %s", d.Extra, notes(d))
	}
}

const autoscaled = "autoscaling_config: {min_replicas: 1, max_replicas: 4} # by load"

func TestWhatRayScalesIsHeld(t *testing.T) {
	config := strings.Replace(serveConfig, "num_replicas: 2", autoscaled, 1)
	c := serving(service{config: config})
	_, err := draft(t, c, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)})
	refused(t, err, fleet.KindUnsupported, "between 1 and 4 by autoscaling_config: hold the autoscaler at 3 instead")
	d := do(t, c, fleet.Want{Do: fleet.DoHoldScaler, Replicas: fleet.Some(3)})
	want := strings.Replace(config, "{min_replicas: 1, max_replicas: 4}", "{min_replicas: 3, max_replicas: 3}", 1)
	if got := configOf(t, d); got != want || !strings.Contains(notes(d), "Ray does not scale it until this is undone") {
		t.Errorf("%s\n%s", notes(d), got)
	}
	carry(t, c, d)
}

func TestSuspensionIsAllThatCanBeStopped(t *testing.T) {
	c := serving(service{})
	d := do(t, c, fleet.Want{Do: fleet.DoPause})
	if sets(d) != "suspend=true" || d.Down != 2 || d.Stages[0].Until != (fleet.Until{}) || !strings.Contains(notes(d), "nothing serves until it is resumed") {
		t.Errorf("%s, %d away: %s", sets(d), d.Down, notes(d))
	}
	carry(t, c, d)
	down := serving(service{spec: ", suspend: true", status: `observedGeneration: 7, conditions: [{type: Suspended, status: "True"}]`})
	if d = do(t, down, fleet.Want{Do: fleet.DoResume}); sets(d) != "suspend=false" || d.Extra != 8 || !d.Stages[0].Until.Done {
		t.Errorf("%s, %d more", sets(d), d.Extra)
	}
	_, err := draft(t, down, fleet.Want{Do: fleet.DoPause})
	refused(t, err, fleet.KindInvalid, "suspended already")
	definition := func(fields string) *toyobjects.Cluster {
		c := serving(service{})
		c.Drop(clusterKind, "serving", "llm-aaaaa")
		c.Put(definitionKind, `
metadata: {name: rayservices.ray.io}
spec: {versions: [{name: v1alpha1}, {name: v1, schema: {openAPIV3Schema: {properties: {spec: {properties: {serveConfigV2: {}`+fields+`}}}}}}]}`)
		return c
	}
	if d = do(t, definition(", suspend: {}"), fleet.Want{Do: fleet.DoPause}); sets(d) != "suspend=true" {
		t.Error(sets(d))
	}
	_, err = draft(t, definition(""), fleet.Want{Do: fleet.DoPause})
	refused(t, err, fleet.KindUnsupported, "suspend came with KubeRay 1.7, and this one is older")
	unread := serving(service{})
	unread.Drop(clusterKind, "serving", "llm-aaaaa")
	_, err = draft(t, unread, fleet.Want{Do: fleet.DoPause})
	refused(t, err, fleet.KindUnsupported, "cannot be read")
	older := serving(service{})
	older.Change(clusterKind, fleet.ObjectRef{Namespace: "serving", Name: "llm-aaaaa"}, "/metadata/annotations/ray.io~1kuberay-version", "v1.6.2")
	_, err = draft(t, older, fleet.Want{Do: fleet.DoPause})
	refused(t, err, fleet.KindUnsupported, "this one is older")
}

func TestWhatAServiceCannotDoSaysWhatItCan(t *testing.T) {
	none := func() *toyobjects.Cluster { return serving(service{spec: ", upgradeStrategy: {type: None}"}) }
	plain := func() *toyobjects.Cluster { return serving(service{}) }
	for _, x := range []struct {
		name string
		c    *toyobjects.Cluster
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{"a canary", plain(), fleet.Want{Do: fleet.DoUpgrade, Image: "i", Parts: []fleet.Ratio{0.1}}, fleet.KindUnsupported, "moves traffic to a new cluster in steps, by itself"},
		{"a surge", plain(), fleet.Want{Do: fleet.DoUpgrade, Image: "i", Surge: fleet.Some(0)}, fleet.KindUnsupported, "maxSurgePercent"},
		{"an old version", plain(), fleet.Want{Do: fleet.DoUpgrade, Version: "7"}, fleet.KindUnsupported, "undo the change"},
		{"ignored", none(), toRay2, fleet.KindUnsupported, "upgradeStrategy is None"},
		{"ignored restart", none(), fleet.Want{Do: fleet.DoRestart, Stamp: noon}, fleet.KindUnsupported, "upgradeStrategy is None"},
		{"as it is", plain(), fleet.Want{Do: fleet.DoUpgrade, Image: "ray:1", Weights: "Qwen/Q7"}, fleet.KindInvalid, "as wanted already"},
		{"no container", plain(), fleet.Want{Do: fleet.DoUpgrade, Image: "i", Container: "no"}, fleet.KindInvalid, "no group of its pods has a container no"},
		{"no model", plain(), fleet.Want{Do: fleet.DoUpgrade, Weights: "i", Container: "no"}, fleet.KindInvalid, "there is no model no"},
		{"garbled", serving(service{config: "applications: ["}), fleet.Want{Do: fleet.DoUpgrade, Weights: "i"}, fleet.KindUnsupported, "serveConfigV2 cannot be read"},
		{"scale in an upgrade", upgrading(service{}, ready), fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, fleet.KindConflict, "the one that serves does not get it"},
		{"scale to what is", plain(), fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2)}, fleet.KindInvalid, "has 2 replicas already"},
		{"hold what nothing scales", plain(), fleet.Want{Do: fleet.DoHoldScaler, Replicas: fleet.Some(2)}, fleet.KindInvalid, "nothing scales"},
		{"release", plain(), fleet.Want{Do: fleet.DoFreeScaler}, fleet.KindUnsupported, "undo the change"},
		{"resume", plain(), fleet.Want{Do: fleet.DoResume}, fleet.KindInvalid, "not suspended"},
		{"abort nothing", plain(), fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindUnsupported, "no upgrade is under way"},
		{"abort", upgrading(service{}, ready), fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindUnsupported, "Cluster llm-aaaaa serves until another one runs"},
		{"abort steps", upgrading(service{spec: steps}, ready), fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindUnsupported, "where exactly the one of before is written: undo the change"},
		{"advance", plain(), fleet.Want{Do: fleet.DoAdvance}, fleet.KindUnsupported, "all traffic goes over at once"},
		{"promote steps", upgrading(service{spec: steps}, ready), fleet.Want{Do: fleet.DoPromote}, fleet.KindUnsupported, "neither a weight nor a step can be set"},
		{"weights", plain(), fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "a", Weight: 1}}}, fleet.KindUnsupported, "all traffic goes over at once"},
		{"drain", plain(), fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "can be upgraded, scaled"},
		{"elsewhere", serving(service{spec: ", managedBy: kueue.x-k8s.io/multikueue"}), toRay2, fleet.KindUnsupported, "change it where it is managed"},
		{"over", serving(service{status: `observedGeneration: 7, conditions: [{type: Ready, status: "False", reason: InitializingTimeout}]`}), toRay2, fleet.KindUnsupported, "delete it and make it again"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := draft(t, x.c, x.want)
			refused(t, err, x.kind, x.why)
		})
	}
}

func TestAnotherServiceUnderTheNameIsNotPlannedOn(t *testing.T) {
	c := serving(service{})
	r := look(t, c)
	c.Change(kind, llm, "/metadata/uid", "other")
	_, err := New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, r, toRay2)
	refused(t, err, fleet.KindConflict, "another object has its name")
}

// An argument that comes behind others is written on a line of its own, and the way back takes it away again.
func TestAnArgumentThatWasNotThere(t *testing.T) {
	block := strings.Replace(serveConfig, "engine_kwargs: {tensor_parallel_size: 4, max_model_len: 8192}", "engine_kwargs:\n        tensor_parallel_size: 4 # of eight", 1)
	c := serving(service{config: block})
	d := do(t, c, fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--dtype", Value: "bfloat16"}}})
	if got := configOf(t, d); got != strings.Replace(block, "4 # of eight\n", "4 # of eight\n        dtype: bfloat16\n", 1) {
		t.Error(got)
	}
	carry(t, c, d)
	if path := d.Stages[0].Writes[0].Fields[0].Path; path != configAt {
		t.Errorf("it writes %s: %s", path, jsonptr.Encode(path))
	}
}
