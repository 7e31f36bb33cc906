//go:build real

package real_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"pitwall/backends/registry"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// definitions are the kinds of the systems. As their projects publish them they are no part of this repository; where they are
// not on the machine, kinds of the same names are made that take anything.
var definitions = []struct{ published, group, version, plural, kind string }{
	{"kserve-v0.20.0-inferenceservices", "serving.kserve.io", "v1beta1", "inferenceservices", "InferenceService"},
	{"kserve-v0.20.0-llminferenceservices", "serving.kserve.io", "v1alpha2", "llminferenceservices", "LLMInferenceService"},
	{"kuberay-v1.7.0-rayservices", "ray.io", "v1", "rayservices", "RayService"},
	{"kuberay-v1.7.0-rayclusters", "ray.io", "v1", "rayclusters", "RayCluster"},
	{"argo-rollouts-v1.9.1-rollouts", "argoproj.io", "v1alpha1", "rollouts", "Rollout"},
	{"flagger-v1.44.0-crds", "flagger.app", "v1beta1", "canaries", "Canary"},
	{"gateway-api-v1.6.1-standard-httproutes", "gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute"},
	{"seldon-core-v1.17.1-seldondeployments", "machinelearning.seldon.io", "v1", "seldondeployments", "SeldonDeployment"},
	{"seldon-core2-v2.6.0-models", "mlops.seldon.io", "v1alpha1", "models", "Model"},
	{"seldon-core2-v2.6.0-experiments", "mlops.seldon.io", "v1alpha1", "experiments", "Experiment"},
	{"yatai-deployment-755faf2-bentodeployments", "serving.yatai.ai", "v2alpha1", "bentodeployments", "BentoDeployment"},
	{"", "networking.istio.io", "v1", "virtualservices", "VirtualService"},
	{"", "resources.yatai.ai", "v1alpha1", "bentoes", "Bento"},
}

const takesAnything = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[3]s.%[1]s, annotations: {api-approved.kubernetes.io: "unapproved, for a test"}}
spec:
  group: %[1]s
  scope: Namespaced
  names: {plural: %[3]s, singular: %[5]s, kind: %[4]s, listKind: %[4]sList}
  versions:
  - name: %[2]s
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {
      spec: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {canary: {x-kubernetes-preserve-unknown-fields: true}}}}}}
`

// post sends a document to the API server as the administrator. part is "status" or "".
func post(t *testing.T, c *servers.Cluster, path, text string) error {
	t.Helper()
	body, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c.Client.CoreV1().RESTClient().Post().AbsPath(path).SetHeader("Content-Type", "application/json").Body(body).Do(t.Context()).Error()
}

func patchStatus(t *testing.T, c *servers.Cluster, path, text string) {
	t.Helper()
	body, err := yaml.YAMLToJSON([]byte("status: " + text))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Client.CoreV1().RESTClient().Patch("application/merge-patch+json").AbsPath(path + "/status").Body(body).Do(t.Context()).Error(); err != nil {
		t.Fatal(err)
	}
}

// define makes the kinds known, of some groups or for none of all, and waits until they are served.
func define(t *testing.T, c *servers.Cluster, groups ...string) {
	t.Helper()
	other := func(group string) bool { return len(groups) > 0 && !slices.Contains(groups, group) }
	const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
	for _, x := range definitions {
		if other(x.group) {
			continue
		}
		text, err := []byte(nil), os.ErrNotExist
		if x.published != "" {
			text, err = os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "crds", x.published+".yaml"))
		}
		if err != nil {
			t.Logf("the published kind %s is not on this machine: it takes anything", x.kind)
			text = fmt.Appendf(nil, takesAnything, x.group, x.version, x.plural, x.kind, strings.ToLower(x.kind))
		}
		for _, one := range strings.Split(string(text), "\n---") {
			if strings.TrimSpace(one) == "" {
				continue
			}
			if err := post(t, c, crds, one); err != nil {
				t.Fatalf("%s: %v", x.plural, err)
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, x := range definitions {
		if other(x.group) {
			continue
		}
		path := "/apis/" + x.group + "/" + x.version + "/" + x.plural
		for c.Client.CoreV1().RESTClient().Get().AbsPath(path).Do(ctx).Error() != nil {
			if ctx.Err() != nil {
				t.Fatalf("%s is not served", path)
			}
		}
	}
}

// systemCase is an object of a system with its status, and deeds of which every stage is written.
type systemCase struct {
	name, plural, kind string // plural is the path of the kind
	object, status     string
	more               map[string]string // other objects, by path, of several with --- between
	ready              []string          // Deployments among them of which all pods must be ready
	deeds              []fleet.Want
}

const servingModel = `{modelFormat: {name: huggingface}, storageUri: "s3://models/v1", args: [--max-model-len=8192]}`

// besides is a service in Standard mode with an open canary, which KServe says is ready.
const (
	besides     = `spec: {predictor: {minReplicas: 2, maxReplicas: 4, model: %s}, canary: [{trafficPercent: 10, predictor: {name: v9, minReplicas: 1, model: %s}}]}`
	canaryModel = `{name: "", modelFormat: {name: huggingface}, storageUri: "s3://models/v9", args: [--max-model-len=8192]}`
	besideReady = `{deploymentMode: Standard, conditions: [{type: Ready, status: "True"}], canaryStatuses: [{name: v9, ready: true, trafficPercent: 10}]}`
)

const rayCluster = `{headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: ray-head, image: "ray:1"}]}}}, workerGroupSpecs: [{groupName: gpus, replicas: 2, minReplicas: 1, maxReplicas: 4, rayStartParams: {}, template: {spec: {containers: [{name: ray-worker, image: "ray:1", resources: {limits: {nvidia.com/gpu: "4"}}}]}}}]}`

const readyNow = `{type: Ready, status: "True", reason: NonZeroServeEndpoints, message: "", lastTransitionTime: "2026-11-24T11:00:00Z"}`

// Parts of Seldon and Yatai: a predictor with a container, the Deployment that its operator would make of it, a Model, a Bento.
const (
	seldonPart  = `{name: %s, traffic: %[3]d, graph: {name: vllm, type: MODEL}, componentSpecs: [{spec: {containers: [{name: vllm, image: "vllm:%[2]s"}]}}]}`
	seldonChild = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: split-%[1]s-0-vllm}, spec: {replicas: 1, selector: {matchLabels: {app: split-%[1]s}}, template: {metadata: {labels: {app: split-%[1]s}}, spec: {containers: [{name: vllm, image: "vllm:%[2]s"}]}}}}`
	seldonModel = `{apiVersion: mlops.seldon.io/v1alpha1, kind: Model, metadata: {name: NAME}, spec: {storageUri: "s3://models/NAME"}}`
	yataiBento  = `{apiVersion: resources.yatai.ai/v1alpha1, kind: Bento, metadata: {name: iris-N}, spec: {tag: "iris:vN", image: "r/iris:vN"}}`
)

const seldons, seldons2, bentoes = "/apis/machinelearning.seldon.io/v1", "/apis/mlops.seldon.io/v1alpha1", "/apis/resources.yatai.ai/v1alpha1"

var stamp = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func systemCases() []systemCase {
	const isvcs, llms, rollouts = "/apis/serving.kserve.io/v1beta1", "/apis/serving.kserve.io/v1alpha2", "/apis/argoproj.io/v1alpha1"
	template := `{metadata: {labels: {app: NAME}}, spec: {containers: [{name: vllm, image: "vllm:v1", args: [serve, org/m]}]}}`
	member := `spec: {model: {uri: "hf://org/m:r1", name: llama}, replicas: 1, router: {route: {group: g, weight: %d}}}`
	return []systemCase{
		{"chat", isvcs + "/namespaces/serving/inferenceservices", "InferenceService",
			`spec: {predictor: {minReplicas: 4, maxReplicas: 6, model: ` + servingModel + `}}`,
			`{deploymentMode: Standard, conditions: [{type: Ready, status: "True"}]}`,
			map[string]string{"/apis/gateway.networking.k8s.io/v1/namespaces/serving/httproutes": `{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: chat}, spec: {rules: [{backendRefs: [{name: chat-predictor, port: 80}]}]}}`}, nil,
			[]fleet.Want{{Do: fleet.DoUpgrade, Weights: "s3://models/v2", Parts: []fleet.Ratio{0.1, 0.5}}, {Do: fleet.DoUpgrade, Image: "e:2", Surge: fleet.Some(0)},
				{Do: fleet.DoScale, Replicas: fleet.Some(5)}, {Do: fleet.DoRestart, Stamp: stamp}}},
		{"code", isvcs + "/namespaces/serving/inferenceservices", "InferenceService",
			`spec: {predictor: {minReplicas: 2, model: ` + servingModel + `}}`,
			`{deploymentMode: Knative, components: {predictor: {latestCreatedRevision: r1, latestReadyRevision: r1, latestRolledoutRevision: r1}}}`, nil, nil,
			[]fleet.Want{{Do: fleet.DoUpgrade, Weights: "s3://models/v2", Parts: []fleet.Ratio{0.1}}, {Do: fleet.DoRestart, Stamp: stamp}}},
		{"open", isvcs + "/namespaces/serving/inferenceservices", "InferenceService",
			`spec: {predictor: {minReplicas: 2, canaryTrafficPercent: 10, model: ` + servingModel + `}}`,
			`{deploymentMode: Knative, components: {predictor: {latestCreatedRevision: r2, latestReadyRevision: r2, latestRolledoutRevision: r1, traffic: [
				{latestRevision: true, percent: 10, revisionName: r2}, {revisionName: r1, percent: 90, tag: prev}]}}}`, nil, nil,
			[]fleet.Want{{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.25}}, {Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "r2", Weight: 40}}}, {Do: fleet.DoAbandonRoll}, {Do: fleet.DoPromote}}},
		{"beside", isvcs + "/namespaces/serving/inferenceservices", "InferenceService", fmt.Sprintf(besides, servingModel, canaryModel), besideReady, nil, nil,
			[]fleet.Want{{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.4}}, {Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "v9", Weight: 60}, {Member: "stable", Weight: 40}}}, {Do: fleet.DoPromote}}},
		{"givenup", isvcs + "/namespaces/serving/inferenceservices", "InferenceService", fmt.Sprintf(besides, servingModel, canaryModel), besideReady, nil, nil,
			[]fleet.Want{{Do: fleet.DoAbandonRoll}}},
		{"llama", llms + "/namespaces/serving/llminferenceservices", "LLMInferenceService", fmt.Sprintf(member, 10), `{conditions: [{type: WorkloadsReady, status: "True"}]}`,
			map[string]string{llms + "/namespaces/serving/llminferenceservices": "apiVersion: serving.kserve.io/v1alpha2\nkind: LLMInferenceService\nmetadata: {name: blue}\n" + fmt.Sprintf(member, 90)}, nil,
			[]fleet.Want{{Do: fleet.DoUpgrade, Weights: "org/n", Image: "llm-d:v2"}, {Do: fleet.DoPromote}, {Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "llama", Weight: 60}, {Member: "blue", Weight: 40}}}, {Do: fleet.DoRestart, Stamp: stamp}, {Do: fleet.DoScale, Replicas: fleet.Some(3)}}},
		{"ray", "/apis/ray.io/v1/namespaces/serving/rayservices", "RayService",
			`spec: {serveConfigV2: "applications:\n- name: llms # for everybody\n  args:\n    llm_configs:\n    - model_loading_config: {model_id: qwen, model_source: Qwen/Q7}\n      deployment_config: {num_replicas: 2}\n", rayClusterConfig: ` + rayCluster + `}`,
			`{observedGeneration: 1, conditions: [` + readyNow + `], activeServiceStatus: {rayClusterName: ray-aaaaa, applicationStatuses: {llms: {status: RUNNING}}}}`,
			map[string]string{"/apis/ray.io/v1/namespaces/serving/rayclusters": "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: ray-aaaaa, annotations: {ray.io/kuberay-version: v1.7.0}}\nspec: " + rayCluster}, nil,
			[]fleet.Want{{Do: fleet.DoUpgrade, Image: "ray:2", Weights: "Qwen/Q8"}, {Do: fleet.DoScale, Replicas: fleet.Some(3)}, {Do: fleet.DoRestart, Stamp: stamp},
				{Do: fleet.DoPause}, {Do: fleet.DoResume}}},
		{"steps", rollouts + "/namespaces/serving/rollouts", "Rollout",
			`spec: {replicas: 3, selector: {matchLabels: {app: steps}}, template: ` + strings.ReplaceAll(template, "NAME", "steps") + `, strategy: {canary: {steps: [{setWeight: 10}, {pause: {}}, {setWeight: 50}]}}}`,
			`{observedGeneration: "1", phase: Paused, controllerPause: true, currentStepIndex: 1, currentStepHash: h, currentPodHash: green, stableRS: blue, pauseConditions: [{reason: CanaryPauseStep, startTime: "2026-11-24T11:00:00Z"}]}`, nil, nil,
			[]fleet.Want{{Do: fleet.DoPromote}, {Do: fleet.DoAdvance}, {Do: fleet.DoPause}, {Do: fleet.DoResume}, {Do: fleet.DoRestart, Stamp: stamp}, {Do: fleet.DoScale, Replicas: fleet.Some(4)},
				{Do: fleet.DoUpgrade, Image: "vllm:v2"}, {Do: fleet.DoAbandonRoll}}},
		{"gated", "/apis/flagger.app/v1beta1/namespaces/serving/canaries", "Canary",
			`spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: gated}, service: {port: 80}, analysis: {interval: 1m, threshold: 5, stepWeight: 10, maxWeight: 50}}`,
			`{phase: Progressing, canaryWeight: 10, failedChecks: 0, iterations: 0}`,
			map[string]string{"/apis/apps/v1/namespaces/serving/deployments": `{apiVersion: apps/v1, kind: Deployment, metadata: {name: gated}, spec: {replicas: 0, selector: {matchLabels: {app: gated}}, template: ` + strings.ReplaceAll(template, "NAME", "gated") + `}}`}, nil,
			[]fleet.Want{{Do: fleet.DoUpgrade, Image: "vllm:v2"}, {Do: fleet.DoPromote}, {Do: fleet.DoPause}, {Do: fleet.DoResume}}},
		{"single", seldons + "/namespaces/serving/seldondeployments", "SeldonDeployment",
			`spec: {predictors: [{name: main, replicas: 2, graph: {name: llm, implementation: HUGGINGFACE_SERVER, modelUri: "s3://models/v1"}}]}`, `{state: Available}`, nil, nil,
			[]fleet.Want{{Do: fleet.DoUpgrade, Weights: "s3://models/v2", Parts: []fleet.Ratio{0.1, 0.9}}, {Do: fleet.DoUpgrade, Image: "hf:v2"}, {Do: fleet.DoUpgrade, Image: "hf:v3", Parts: []fleet.Ratio{0.5}},
				{Do: fleet.DoScale, Replicas: fleet.Some(3)}, {Do: fleet.DoRestart, Stamp: stamp}}},
		{"whole", seldons + "/namespaces/serving/seldondeployments", "SeldonDeployment",
			`spec: {replicas: 2, predictors: [{name: main, graph: {name: vllm, type: MODEL}, componentSpecs: [{spec: {containers: [{name: vllm, image: "vllm:v1", args: [serve, org/m], ports: [{containerPort: 8000}]}]}}]}]}`, `{state: Available}`, nil, nil,
			[]fleet.Want{{Do: fleet.DoScale, Replicas: fleet.Some(3)}, {Do: fleet.DoUpgrade, Weights: "org/n", Image: "vllm:v2", Parts: []fleet.Ratio{0.5}}, {Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-model-len", Value: "4096"}}}}},
		{"split", seldons + "/namespaces/serving/seldondeployments", "SeldonDeployment",
			fmt.Sprintf(`spec: {predictors: [%s, %s]}`, fmt.Sprintf(seldonPart, "main", "v1", 90), fmt.Sprintf(seldonPart, "canary", "v2", 10)), `{state: Available}`,
			map[string]string{"/apis/apps/v1/namespaces/serving/deployments": fmt.Sprintf(seldonChild, "main", "v1") + "\n---\n" + fmt.Sprintf(seldonChild, "canary", "v2")},
			[]string{"split-main-0-vllm", "split-canary-0-vllm"},
			[]fleet.Want{{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "main", Weight: 70}, {Member: "canary", Weight: 30}}}, {Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.5}}, {Do: fleet.DoAbandonRoll}, {Do: fleet.DoPromote}}},
		{"iris", seldons2 + "/namespaces/serving/models", "Model",
			`spec: {storageUri: "s3://models/v1", requirements: [sklearn], memory: 100Mi, replicas: 1}`, `{replicas: 1, conditions: [{type: ModelReady, status: "True", reason: ModelAvailable}]}`, nil, nil,
			[]fleet.Want{{Do: fleet.DoUpgrade, Weights: "s3://models/v2", Revision: "3"}, {Do: fleet.DoScale, Replicas: fleet.Some(2)}}},
		{"trial", seldons2 + "/namespaces/serving/experiments", "Experiment",
			`spec: {default: a, candidates: [{name: a, weight: 90}, {name: b, weight: 10}]}`, `{conditions: [{type: ExperimentReady, status: "True"}]}`,
			map[string]string{seldons2 + "/namespaces/serving/models": strings.ReplaceAll(seldonModel, "NAME", "a") + "\n---\n" + strings.ReplaceAll(seldonModel, "NAME", "b")}, nil,
			[]fleet.Want{{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "b", Weight: 5}}}}},
		{"weights", "/apis/gateway.networking.k8s.io/v1/namespaces/serving/httproutes", "HTTPRoute",
			`spec: {parentRefs: [{name: gw}], rules: [{matches: [{path: {type: PathPrefix, value: /code}}], backendRefs: [{name: v1, port: 80}, {name: v2, port: 80}]}, {backendRefs: [{name: v1, port: 80, weight: 90}, {name: v1, port: 81, weight: 10}]}]}`,
			`{parents: []}`, nil, nil,
			[]fleet.Want{{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "@1/v2", Weight: 9}, {Member: "@2/v1:81", Weight: 50}}}}},
		{"bento", "/apis/serving.yatai.ai/v2alpha1/namespaces/serving/bentodeployments", "BentoDeployment",
			`spec: {bento: iris-1}`, `{podSelector: {}, conditions: [{type: Available, status: "True", reason: Reconciling, message: Reconciling, lastTransitionTime: "2026-11-30T11:00:00Z"}]}`,
			map[string]string{bentoes + "/namespaces/serving/bentoes": strings.ReplaceAll(yataiBento, "N", "1") + "\n---\n" + strings.ReplaceAll(yataiBento, "N", "2")}, nil,
			[]fleet.Want{{Do: fleet.DoUpgrade, Weights: "iris:v2", Surge: fleet.Some(1)}, {Do: fleet.DoScale, Replicas: fleet.Some(2)}, {Do: fleet.DoRestart, Stamp: stamp}}},
	}
}

// TestTheDraftsOfSystemsAreTaken holds every draft against the real API server with the published kinds: each write is
// rehearsed, taken under strict validation, and stored as asked. No controller of these systems runs.
func TestTheDraftsOfSystemsAreTaken(t *testing.T) {
	t.Parallel()
	c := newCluster(t, servers.Options{Namespace: "serving"}, 1)
	define(t, c)
	sources := []fleet.SourceSpec{{ID: "k", Kind: "kubernetes", Subject: fleet.Subject{Cluster: "c"}, Options: map[string]string{"kubeconfig": c.Admin.Kubeconfig}}}
	deps := fleet.Deps{Clock: fleet.SystemClock{}}
	set := registry.Set(registry.Connectors())
	writers, err := set.ObjectWriters(sources, deps)
	if err != nil {
		t.Fatal(err)
	}
	roller, ok := set.Rollers(func() []fleet.SourceSpec { return sources }, deps)("c")
	if !ok {
		t.Fatal("nothing rolls the cluster")
	}
	for _, x := range systemCases() {
		t.Run(x.kind+" "+x.name, func(t *testing.T) {
			version := strings.Split(strings.TrimPrefix(x.plural, "/apis/"), "/namespaces")[0]
			for path, text := range x.more {
				for _, one := range strings.Split(text, "\n---\n") {
					if err := post(t, c, path, one); err != nil {
						t.Fatal(err)
					}
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for _, name := range x.ready {
				if err := c.AwaitReady(ctx, "serving", name); err != nil {
					t.Fatal(err)
				}
			}
			if err := post(t, c, x.plural, fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s}\n%s", version, x.kind, x.name, x.object)); err != nil {
				t.Fatal(err)
			}
			ref := fleet.ObjectRef{Cluster: "c", Kind: x.kind, Namespace: "serving", Name: x.name}
			for _, w := range x.deeds {
				patchStatus(t, c, x.plural+"/"+x.name, x.status)
				taken(t, roller, writers["c"], ref, w, func(generation int64) {
					if x.kind == "Rollout" { // as its controller would
						patchStatus(t, c, x.plural+"/"+x.name, strings.Replace(x.status, `observedGeneration: "1"`, fmt.Sprintf(`observedGeneration: "%d"`, generation), 1))
					}
				}, c, x.plural+"/"+x.name)
			}
		})
	}
}

// taken drafts a deed and writes all of its stages.
func taken(t *testing.T, roller fleet.Roller, writer fleet.ObjectWriter, ref fleet.ObjectRef, w fleet.Want, seen func(int64), c *servers.Cluster, path string) {
	t.Helper()
	body, err := c.Client.CoreV1().RESTClient().Get().AbsPath(path).DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var o struct {
		Metadata struct{ Generation int64 }
	}
	if err := yaml.Unmarshal(body, &o); err != nil {
		t.Fatal(err)
	}
	seen(o.Metadata.Generation)
	r, err := roller.Rollout(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	d, err := roller.Draft(t.Context(), r, w)
	if err != nil {
		t.Fatalf("%s: %v", w.Do, err)
	}
	for n, s := range d.Stages {
		for _, write := range s.Writes {
			if err := roller.May(t.Context(), write); err != nil {
				t.Errorf("%s, stage %d: %v", w.Do, n+1, err)
			}
			for _, dry := range []bool{true, false} {
				if err := writer.Write(t.Context(), write, "test/"+string(w.Do), dry); err != nil {
					t.Fatalf("%s, stage %d, dry %v: %s: %v", w.Do, n+1, dry, write.Text, err)
				}
			}
			if at, err := roller.Stand(t.Context(), write); err != nil || at != fleet.StandsAfter {
				t.Errorf("%s, stage %d stands %s, %v", w.Do, n+1, at, err)
			}
			if err := writer.Write(t.Context(), write, "test/again", false); fleet.KindOf(err) != fleet.KindConflict && write.Passing {
				t.Errorf("%s, stage %d is taken twice: %v", w.Do, n+1, err)
			}
		}
		for _, back := range s.Back {
			if err := writer.Write(t.Context(), back, "test/back", true); err != nil {
				t.Errorf("%s, the way back of stage %d: %v", w.Do, n+1, err)
			}
		}
	}
}

// TestAModelIsDoneOnceSeldonHasSpoken: Core 2 says of no generation that it has seen it, so that what the API server keeps of
// who wrote what, and when, tells. The status is written as its operator would.
func TestAModelIsDoneOnceSeldonHasSpoken(t *testing.T) {
	t.Parallel()
	c := newCluster(t, servers.Options{Namespace: "serving"}, 0)
	define(t, c)
	sources := []fleet.SourceSpec{{ID: "k", Kind: "kubernetes", Subject: fleet.Subject{Cluster: "c"}, Options: map[string]string{"kubeconfig": c.Admin.Kubeconfig}}}
	deps := fleet.Deps{Clock: fleet.SystemClock{}}
	set := registry.Set(registry.Connectors())
	writers, err := set.ObjectWriters(sources, deps)
	if err != nil {
		t.Fatal(err)
	}
	roller, ok := set.Rollers(func() []fleet.SourceSpec { return sources }, deps)("c")
	if !ok {
		t.Fatal("nothing rolls the cluster")
	}
	models := seldons2 + "/namespaces/serving/models"
	if err := post(t, c, models, strings.ReplaceAll(seldonModel, "NAME", "iris")); err != nil {
		t.Fatal(err)
	}
	ref := fleet.ObjectRef{Cluster: "c", Kind: "Model", Namespace: "serving", Name: "iris"}
	speak := func() fleet.Rollout { // until what it says is of a later second than the spec
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for n := 0; ; n++ {
			patchStatus(t, c, models+"/iris", fmt.Sprintf(`{replicas: 1, conditions: [{type: ModelReady, status: "True", reason: ModelAvailable, message: "%d"}]}`, n))
			r, err := roller.Rollout(ctx, ref)
			if err != nil {
				t.Fatal(err)
			}
			if r.Phase == fleet.RolloutDone {
				return r
			}
			if r.Phase != fleet.RolloutUnseen {
				t.Fatalf("%s: %s", r.Phase, r.Why)
			}
		}
	}
	r := speak()
	d, err := roller.Draft(t.Context(), r, fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v2"})
	if err != nil {
		t.Fatal(err)
	}
	if err := writers["c"].Write(t.Context(), d.Stages[0].Writes[0], "test/uptake", false); err != nil {
		t.Fatal(err)
	}
	if r, err = roller.Rollout(t.Context(), ref); err != nil || r.Phase != fleet.RolloutUnseen || !strings.Contains(r.Why.String(), "since pitwall wrote it") {
		t.Errorf("right after the write, with a status from before: %s, %q, %v", r.Phase, r.Why, err)
	}
	if r = speak(); r.Now.Weights.String() != "s3://models/v2" {
		t.Errorf("%+v", r.Now)
	}
}
