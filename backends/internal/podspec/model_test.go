package podspec

import (
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// object puts a pod spec into a Deployment.
func object(t testing.TB, spec string) any {
	t.Helper()
	doc, err := jsonptr.Decode(fleet.JSON(`{"spec":{"template":{"metadata":{"labels":{"app":"m"}},"spec":` + spec + `}}}`))
	if err != nil {
		t.Fatalf("%v in %s", err, spec)
	}
	return doc
}

func template(t testing.TB, spec string) Template {
	t.Helper()
	made, err := New(object(t, spec), "/spec/template")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// one is a pod spec of one container.
func one(fields string) string { return `{"containers":[{"name":"engine",` + fields + `}]}` }

const (
	onClaim = `"volumeMounts":[{"name":"w","mountPath":"/models"}]}],"volumes":[{"name":"w","persistentVolumeClaim":{"claimName":"weights-v1"}}]}`
	onImage = `"volumeMounts":[{"name":"w","mountPath":"/models"}]}],"volumes":[{"name":"w","image":{"reference":"reg/llama:1"}}]}`
)

// The places in which the model name hides, each with what it serves beside it (orchestration.md 3.1).
func TestWhereTheModelNameHides(t *testing.T) {
	for _, c := range []struct {
		name, spec                string
		weights, revision, served string
	}{
		{"vLLM serve", one(`"args":["vllm","serve","org/m","--revision","r1","--served-model-name","a","b"]`), "org/m", "r1", "a b"},
		{"the image brings vllm serve", one(`"image":"vllm/vllm-openai:v0.11","args":["org/m","--port","8000"]`), "org/m", "", "org/m"},
		{"--model X", one(`"args":["--model","org/m","--port","1"]`), "org/m", "", "org/m"},
		{"--model=X", one(`"args":["--model=org/m","--served-model-name=a"]`), "org/m", "", "a"},
		{"SGLang", one(`"command":["python3","-m","sglang.launch_server","--model-path","org/m"]`), "org/m", "", "org/m"},
		{"TGI flag", one(`"args":["--model-id","org/m","--revision","abc"]`), "org/m", "abc", "org/m"},
		{"TGI variable", one(`"env":[{"name":"MODEL_ID","value":"org/m"},{"name":"REVISION","value":"abc"}]`), "org/m", "abc", "org/m"},
		{"NIM", one(`"env":[{"name":"NIM_MODEL_NAME","value":"/opt/m"},{"name":"NIM_SERVED_MODEL_NAME","value":"a,b"}]`), "/opt/m", "", "a b"},
		{"trtllm-serve", one(`"command":["trtllm-serve","org/m","--host","::"]`), "org/m", "", "org/m"},
		{"llama.cpp", one(`"image":"ghcr.io/ggml-org/llama.cpp:server","args":["-m","/gguf/m.gguf","--alias","m"]`), "/gguf/m.gguf", "", "m"},
		{"python -m is no model", one(`"command":["python3","-m","vllm.entrypoints.openai.api_server"]`), "", "", ""},
		{"$(VAR)", one(`"args":["--model","$(BASE)/$(M)"],"env":[{"name":"M","value":"m"},{"name":"BASE","value":"org"}]`), "org/m", "", "org/m"},
		{"a variable that names another", one(`"args":["--model","$(A)"],"env":[{"name":"B","value":"org/m"},{"name":"A","value":"$(B)"}]`), "org/m", "", "org/m"},
		{"variables in a ring", one(`"args":["--model","$(A)"],"env":[{"name":"B","value":"$(A)"},{"name":"A","value":"$(B)"}]`), "$(B)", "", "$(B)"},
		{"from a ConfigMap", one(`"args":["--model","$(M)"],"env":[{"name":"M","valueFrom":{"configMapKeyRef":{"name":"c","key":"k"}}}]`),
			"$(M), key k of ConfigMap c", "", "$(M)"},
		{"a shell line", one(`"command":["/bin/bash","-ec"],"args":["export X=1; # hm\nexec vllm serve 'org/m' \\\n --served-model-name=\"a\" > log 2>&1"]`), "org/m", "", "a"},
		{"a shell line with a variable", one(`"command":["sh","-c","vllm serve ${M:-org/fallback} --revision \"$R\""],"env":[{"name":"R","value":"r9"}]`), "org/fallback", "r9", "org/fallback"},
		{"a shell line that runs something", one(`"command":["sh","-c","vllm serve $(cat /m) --port 1"]`), "$(cat /m)", "", "$(cat /m)"},
		{"a claim", `{"containers":[{"name":"engine","args":["--model","/models/llama","--served-model-name","a"],` + onClaim, "pvc://weights-v1/llama", "", "a"},
		{"a claim that nothing names", `{"containers":[{"name":"engine",` + onClaim, "pvc://weights-v1", "", ""},
		{"an image volume", `{"containers":[{"name":"engine","args":["--model","/models"],` + onImage, "oci://reg/llama:1", "", "/models"},
		{"an init container", `{"initContainers":[{"name":"fetch","args":["s3://b/m","/w"],"volumeMounts":[{"name":"w","mountPath":"/w"}]}],` +
			`"containers":[{"name":"engine","args":["--model","/models/m"],"volumeMounts":[{"name":"w","mountPath":"/models"}]}],"volumes":[{"name":"w","emptyDir":{}}]}`,
			"s3://b/m, fetched by fetch", "", "/models/m"},
		{"nothing", one(`"args":["--port","1"]`), "", "", ""},
		{"the one with a GPU", `{"containers":[{"name":"proxy","args":["--model","no"],"ports":[{"containerPort":1}]},` +
			`{"name":"engine","args":["--model","yes"],"resources":{"limits":{"amd.com/gpu":"1"}}}]}`, "yes", "", "yes"},
	} {
		v := template(t, c.spec).Version()
		served := fleet.Join(v.Served, fleet.Text(" ")).String()
		if v.Weights.String() != c.weights || v.Revision.String() != c.revision || served != c.served {
			t.Errorf("%s: weights %q, revision %q, served %q", c.name, v.Weights, v.Revision, served)
		}
	}
}

func TestGPUsOfAllVendorsAndWhichAreAskedFor(t *testing.T) {
	t1 := template(t, `{"nodeSelector":{"nvidia.com/gpu.product":"NVIDIA-H100"},"containers":[{"name":"a","resources":{"limits":{"nvidia.com/gpu":"4"}}},`+
		`{"name":"b","resources":{"limits":{"nvidia.com/mig-1g.10gb":"2","cpu":"1"}}}],"initContainers":[{"name":"i","resources":{"limits":{"nvidia.com/gpu":"8"}}}]}`)
	if d := Devices(&t1.Pod().Spec); d["nvidia.com/gpu"] != 8 || d["nvidia.com/mig-1g.10gb"] != 2 || len(d) != 2 {
		t.Errorf("%v", d)
	}
	if p := Product(&t1.Pod().Spec); p.String() != "NVIDIA-H100" {
		t.Errorf("%q", p)
	}
	affine := func(terms string) string {
		return Product(&template(t, `{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[`+terms+`]}}},"containers":[]}`).Pod().Spec).String()
	}
	h := `{"matchExpressions":[{"key":"nvidia.com/gpu.product","operator":"In","values":["H200","H100"]}]}`
	if p := affine(h); p != "H100 or H200" {
		t.Errorf("%q", p)
	}
	if p := affine(h + `,{"matchExpressions":[{"key":"zone","operator":"Exists"}]}`); p != "" {
		t.Errorf("an alternative without a product: %q", p)
	}
	if n := NodeProduct(map[string]string{"amd.com/gpu.product-name": "MI300X"}); n.String() != "MI300X" {
		t.Errorf("%q", n)
	}
}

func TestATemplateThatIsNoneIsRefused(t *testing.T) {
	for _, spec := range []string{`{"containers":"x"}`, `7`} {
		if _, err := New(object(t, spec), "/spec/template"); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", spec, err)
		}
	}
	if _, err := New(object(t, `{}`), "/spec/other"); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
	if v := template(t, `{}`).Version(); !v.IsZero() {
		t.Errorf("%+v", v)
	}
}

func FuzzLex(f *testing.F) {
	for _, s := range []string{`vllm serve "a b" 'c'\''d' $(x) ${Y:-z} # e`, "a\\\nb", `"`, `'`, "$(", "`", "a>b 2>&1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, p := range lex(s) {
			if p.from < last || p.to <= p.from || p.to > len(s) {
				t.Fatalf("%q: %+v after %d", s, p, last)
			}
			last = p.to
		}
		if strings.ContainsRune(s, 0) {
			return
		}
		again := lex("x " + quoted(s) + " y")
		if len(again) != 3 || again[1].text != s || again[1].dynamic {
			t.Fatalf("%q quoted is %q: %+v", s, quoted(s), again)
		}
	})
}
