package serveconfig

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/yamltext"
	"pitwall/fleet"
)

const llms = `
applications:
- name: llms
  args:
    llm_configs:
    - model_loading_config: {model_id: qwen, model_source: Qwen/Q7}
      engine_kwargs: {tensor_parallel_size: 2, pipeline_parallel_size: 2, max_model_len: 8192, enforce_eager: false}
      deployment_config: {num_replicas: 2}
    - model_loading_config: {model_id: org/tiny}
      deployment_config: {autoscaling_config: {min_replicas: 1, initial_replicas: 2, max_replicas: 4}}
    - /etc/third.yaml
`

const own = `
applications:
- name: chat
  args: {model: org/m, temperature: 0.5, tags: [a]}
  runtime_env: {env_vars: {MODEL_ID: other, MAX_TOKENS: "9"}}
  deployments:
  - {name: LLM, num_replicas: 3, ray_actor_options: {num_gpus: 2}, user_config: {revision: r1, temperature: 0.1}}
  - {name: Router, num_replicas: auto}
- name: vars
  deployments:
  - {name: D, placement_group_bundles: [{CPU: 1}, {GPU: 1}, {GPU: 1}], ray_actor_options: {runtime_env: {env_vars: {MODEL_ID: org/v, REVISION: a}}}}
- {name: code}
`

func parse(t *testing.T, text string) []App {
	t.Helper()
	doc, err := yamltext.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return Apps(doc, "/applications")
}

func TestModelsAndWhereTheyAreSaid(t *testing.T) {
	var got []string
	for _, m := range append(Models(parse(t, llms)), Models(parse(t, own))...) {
		got = append(got, fmt.Sprintf("%s=%s@%s%s", m.Called(), m.Weights, m.Revision, m.source))
	}
	want := []string{
		"llms/qwen=Qwen/Q7@/args/llm_configs/0/model_loading_config/model_source",
		"llms/org/tiny=org/tiny@/args/llm_configs/1/model_loading_config/model_source",
		"chat=org/m@r1/args/model",
		"vars=org/v@a/deployments/0/ray_actor_options/runtime_env/env_vars/MODEL_ID",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	v := Models(parse(t, llms))[0].Version()
	if v.Weights.String() != "Qwen/Q7" || v.Served[0].String() != "qwen" || v.Engine.String() != "vllm" {
		t.Errorf("%+v", v)
	}
	bucket := parse(t, `applications: [{args: {llm_configs: [{model_loading_config: {model_id: a, model_source: {bucket_uri: "s3://b/m"}}}]}}]`)
	if m := Models(bucket)[0]; m.App != "default" || m.Weights != "s3://b/m" || !strings.HasSuffix(m.source, "/bucket_uri") {
		t.Errorf("%+v", m)
	}
}

func edits(list []Edit) string {
	var out []string
	for _, e := range list {
		out = append(out, strings.TrimPrefix(e.Path, "/applications/")+"="+string(jsonptr.Encode(e.To)))
	}
	return strings.Join(out, " ")
}

func TestWhatAnUpgradeChanges(t *testing.T) {
	arg := func(flag, value string) []fleet.ArgEdit { return []fleet.ArgEdit{{Flag: flag, Value: value}} }
	for _, x := range []struct {
		text string
		want fleet.Want
		sets string
		says string
	}{
		{llms, fleet.Want{Container: "qwen", Weights: "Qwen/Q8", Revision: "r2"}, `0/args/llm_configs/0/model_loading_config/model_source="Qwen/Q8" 0/args/llm_configs/0/engine_kwargs/revision="r2"`, "model of llms/qwen: Qwen/Q7 -> Qwen/Q8"},
		{llms, fleet.Want{Container: "llms/org/tiny", Weights: "org/big"}, `0/args/llm_configs/1/model_loading_config/model_source="org/big"`, "none -> org/big"},
		{llms, fleet.Want{Args: arg("--max-model-len", "4096")}, `0/args/llm_configs/0/engine_kwargs/max_model_len=4096`, "8192 -> 4096"},
		{llms, fleet.Want{Args: arg("--enforce-eager", "")}, `0/args/llm_configs/0/engine_kwargs/enforce_eager=true`, ""},
		{llms, fleet.Want{Container: "org/tiny", Args: arg("--gpu-memory-utilization", "0.8")}, `0/args/llm_configs/1/engine_kwargs/gpu_memory_utilization=0.8`, "none -> 0.8"},
		{llms, fleet.Want{Container: "org/tiny", Args: arg("--dtype", "bfloat16")}, `0/args/llm_configs/1/engine_kwargs/dtype="bfloat16"`, ""},
		{own, fleet.Want{Container: "chat", Weights: "org/n", Revision: "r2"}, `0/args/model="org/n" 0/deployments/0/user_config/revision="r2"`, ""},
		{own, fleet.Want{Args: arg("--args.temperature", "1")}, `0/args/temperature=1`, ""},
		{own, fleet.Want{Args: arg("--max-tokens", "12")}, `0/runtime_env/env_vars/MAX_TOKENS="12"`, ""},
		{own, fleet.Want{Container: "vars", Weights: "org/w"}, `1/deployments/0/ray_actor_options/runtime_env/env_vars/MODEL_ID="org/w"`, ""},
		{own, fleet.Want{Container: "chat", Weights: "org/m"}, "", ""},
	} {
		list, said, err := Upgrade(parse(t, x.text), x.want)
		if err != nil || edits(list) != x.sets || !strings.Contains(fleet.Join(said, fleet.Text("; ")).String(), x.says) {
			t.Errorf("%+v: %s, %v, %v", x.want, edits(list), said, err)
		}
	}
}

func TestWhatAnUpgradeCannotChange(t *testing.T) {
	arg := func(flag, value string) fleet.Want {
		return fleet.Want{Args: []fleet.ArgEdit{{Flag: flag, Value: value}}}
	}
	for _, x := range []struct {
		text string
		want fleet.Want
		kind fleet.Kind
		says string
	}{
		{llms, fleet.Want{Weights: "x"}, fleet.KindInvalid, "llms/qwen, llms/org/tiny"},
		{llms, fleet.Want{Weights: "x", Container: "no"}, fleet.KindInvalid, `there is no model no`},
		{llms, arg("--swap-space", "4"), fleet.KindInvalid, "several places"},
		{own, arg("--temperature", "1"), fleet.KindInvalid, "chat/args/temperature"},
		{own, arg("--unknown", "1"), fleet.KindUnsupported, "whether its code knows it is not known"},
		{own, arg("--args.temperature", "hot"), fleet.KindInvalid, "is a number"},
		{own, arg("--args.tags", "b"), fleet.KindUnsupported, "a list or an object"},
		{llms, arg("--enforce-eager", "maybe"), fleet.KindInvalid, "a truth value"},
		{llms, arg("--api-key", "s"), fleet.KindInvalid, "credential"},
		{llms, arg("--", "s"), fleet.KindInvalid, "no argument"},
		{own, fleet.Want{Container: "chat2", Revision: "r"}, fleet.KindInvalid, "no model"},
		{`applications: [{name: c, args: {model: m}}]`, fleet.Want{Revision: "r"}, fleet.KindUnsupported, "told no revision"},
		{`applications: [{name: c}]`, fleet.Want{Weights: "m"}, fleet.KindUnsupported, "its code does"},
	} {
		_, _, err := Upgrade(parse(t, x.text), x.want)
		if fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.says) || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("%+v: %v", x.want, err)
		}
	}
}

func TestDeploymentsAndTheirReplicas(t *testing.T) {
	var got []string
	for _, d := range append(Deployments(parse(t, llms)), Deployments(parse(t, own))...) {
		got = append(got, fmt.Sprintf("%s %v auto %v %v-%v gpus %v", d.Called(), d.Replicas.Or(-1), d.Auto, d.Min.Or(-1), d.Max.Or(-1), d.GPUs.Or(-1)))
	}
	want := []string{
		"llms/qwen 2 auto false -1--1 gpus 4",
		"llms/org/tiny -1 auto true 1-4 gpus 1",
		"chat/LLM 3 auto false -1--1 gpus 2",
		"chat/Router -1 auto true -1--1 gpus -1",
		"vars/D -1 auto false -1--1 gpus 2",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	resize := func(text, name string, n int) string {
		d, err := Part(parse(t, text), name)
		if err != nil {
			return err.Error()
		}
		list, said, err := d.Resize(n)
		if err != nil {
			return err.Error()
		}
		return edits(list) + " | " + said.String()
	}
	for _, x := range []struct {
		text, name string
		n          int
		says       string
	}{
		{llms, "qwen", 3, "0/args/llm_configs/0/deployment_config/num_replicas=3 | num_replicas of llms/qwen: 2 -> 3"},
		{llms, "org/tiny", 3, "Ray decides how many replicas deployment llms/org/tiny has, between 1 and 4"},
		{llms, "qwen", 2, "has 2 replicas already"},
		{llms, "", 3, "several deployments"},
		{llms, "no", 3, "there is no deployment no"},
		{own, "chat", 4, "0/deployments/0/num_replicas=4"},
		{own, "D", 4, "1/deployments/0/num_replicas=4 | num_replicas of vars/D: none -> 4"},
		{own, "D", -1, "not said"},
		{`applications: [{name: c}]`, "", 2, "names no deployment"},
		{`applications: [{name: c, deployments: [{name: a, num_replicas: 1}]}]`, "", 2, "num_replicas of c/a: 1 -> 2"},
	} {
		if got := resize(x.text, x.name, x.n); !strings.Contains(got, x.says) {
			t.Errorf("%s to %d: %s", x.name, x.n, got)
		}
	}
}

func TestHoldingWhatRayScales(t *testing.T) {
	d, err := Part(parse(t, llms), "org/tiny")
	if err != nil {
		t.Fatal(err)
	}
	list, said, err := d.Hold(3)
	const at = "0/args/llm_configs/1/deployment_config/autoscaling_config/"
	if err != nil || edits(list) != at+"min_replicas=3 "+at+"max_replicas=3 "+at+"initial_replicas=3" || !strings.Contains(said.String(), "max_replicas of llms/org/tiny: 4 -> 3") {
		t.Errorf("%s, %v, %v", edits(list), said, err)
	}
	fixed, _ := Part(parse(t, llms), "qwen")
	for _, err := range []error{third(d.Hold(0)), third(fixed.Hold(3))} {
		if fleet.KindOf(err) != fleet.KindInvalid {
			t.Error(err)
		}
	}
}

// What only the code of an application says gets an entry of its own.
func TestAnEntryForWhatOnlyTheCodeSays(t *testing.T) {
	apps := parse(t, own)
	d := apps[0].Unlisted("Speller")
	list, said, err := d.Resize(2)
	if err != nil || edits(list) != `0/deployments/2={"name":"Speller","num_replicas":2}` || said.String() != "num_replicas of chat/Speller: as its code says -> 2" {
		t.Errorf("%s, %v, %v", edits(list), said, err)
	}
	list, _, err = apps[2].Unlisted("C").Resize(2)
	if err != nil || edits(list) != `2/deployments=[{"name":"C","num_replicas":2}]` {
		t.Errorf("%s, %v", edits(list), err)
	}
	d.Auto = true
	if err := third(d.Hold(2)); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Error(err)
	}
}

func third(_ []Edit, _ fleet.Safe, err error) error { return err }
