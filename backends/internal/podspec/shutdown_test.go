package podspec

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

func say(d fleet.Maybe[time.Duration]) string {
	if !d.OK {
		return "?"
	}
	return d.V.String()
}

// How long a replica has to end what it was given: "grace hook engine" (IL-30).
func TestHowLongAReplicaHasToEnd(t *testing.T) {
	hook := func(of string) string { return one(`"args":["vllm","serve","m"],"lifecycle":{"preStop":` + of + `}`) }
	for _, c := range []struct{ name, spec, want string }{
		{"nothing is said", one(`"args":["vllm","serve","m"]`), "30s 0s 0s"},
		{"grace", strings.TrimSuffix(one(`"args":["vllm","serve","m"]`), "}") + `,"terminationGracePeriodSeconds":600}`, "10m0s 0s 0s"},
		{"a hook that sleeps", hook(`{"sleep":{"seconds":15}}`), "30s 15s 0s"},
		{"a command that sleeps", hook(`{"exec":{"command":["/bin/sleep","20"]}}`), "30s 20s 0s"},
		{"a shell that sleeps", hook(`{"exec":{"command":["/bin/sh","-c","sleep 20s"]}}`), "30s 20s 0s"},
		{"a program decides", hook(`{"exec":{"command":["/bin/sh","-c","sleep 5; drain --all"]}}`), "30s ? 0s"},
		{"a request decides", hook(`{"httpGet":{"port":8000,"path":"/drain"}}`), "30s ? 0s"},
		{"a sleep of no number", hook(`{"exec":{"command":["sleep","$WAIT"]}}`), "30s ? 0s"},
		{"vLLM waits", one(`"args":["vllm","serve","m","--shutdown-timeout","60"]`), "30s 0s 1m0s"},
		{"vLLM waits as a variable says", one(`"args":["vllm","serve","m","--shutdown-timeout=$(W)"],"env":[{"name":"W","value":"45"}]`), "30s 0s 45s"},
		{"vLLM waits as something else says", one(`"args":["vllm","serve","m","--shutdown-timeout=$(W)"]`), "30s 0s ?"},
		{"Triton waits by itself", one(`"command":["/opt/tritonserver/bin/tritonserver","--model-repository=/m"]`), "30s 0s 30s"},
		{"Triton waits as told", one(`"command":["tritonserver","--exit-timeout-secs=5"]`), "30s 0s 5s"},
	} {
		d := template(t, c.spec).Shutdown()
		if got := say(d.Grace) + " " + say(d.PreStop) + " " + say(d.Engine); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if d := template(t, `{"containers":[]}`).Shutdown(); d.PreStop.OK || d.Engine.OK {
		t.Errorf("of no container something is known: %+v", d)
	}
}

// How long probes let a replica load (IL-33).
func TestHowLongProbesLetItLoad(t *testing.T) {
	for _, c := range []struct{ name, spec, want string }{
		{"no probe", one(`"args":["a"]`), "0s"},
		{"a startup probe", one(`"startupProbe":{"initialDelaySeconds":30,"periodSeconds":10,"failureThreshold":180},"livenessProbe":{}`), "30m30s"},
		{"a liveness probe alone, by its defaults", one(`"livenessProbe":{}`), "30s"},
		{"no container", `{"containers":[]}`, "?"},
	} {
		if got := say(template(t, c.spec).Startup()); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What else makes a model answer as it does, and what is known of its files (IL-18, IL-41).
func TestWhatAVersionSaysOfItsModel(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	for _, c := range []struct {
		name, spec, annotations  string
		quant, template, trusted string
	}{
		{"nothing", one(`"args":["vllm","serve","m"]`), `{}`, "", "", " "},
		{"flags", one(`"args":["vllm","serve","m","--quantization=fp8","--chat-template","/t.jinja"]`), `{}`, "fp8", "/t.jinja", " "},
		{"TGI", one(`"args":["--model-id","m","--quantize","awq"]`), `{}`, "awq", "", " "},
		{"TGI by variable", one(`"args":["--model-id","m"],"env":[{"name":"QUANTIZE","value":"gptq"}]`), `{}`, "gptq", "", " "},
		{"from a ConfigMap", one(`"args":["vllm","serve","m","--quantization","$(Q)"],"env":[{"name":"Q","valueFrom":{"configMapKeyRef":{"name":"c","key":"k"}}}]`),
			`{}`, "$(Q), key k of ConfigMap c", "", " "},
		{"signed", one(`"args":["a"]`), `{"pitwall/weights-manifest":"` + digest + `","pitwall/weights-signed":"signed"}`, "", "", digest + " signed"},
		{"upper case", one(`"args":["a"]`), `{"pitwall/weights-manifest":"` + strings.ToUpper(digest) + `"}`, "", "", digest + " "},
		{"no digest, no degree of trust", one(`"args":["a"]`), `{"pitwall/weights-manifest":"sha256:12","pitwall/weights-signed":"yes"}`, "", "", " "},
	} {
		object := jsonptr.With(object(t, c.spec), "/spec/template/metadata/annotations", decoded(t, c.annotations))
		made, err := New(object, "/spec/template")
		if err != nil {
			t.Fatal(err)
		}
		v := made.Version()
		if v.Quant.String() != c.quant || v.Template.String() != c.template || v.Manifest.String()+" "+string(v.Signed) != c.trusted {
			t.Errorf("%s: quant %q, template %q, %q %q", c.name, v.Quant, v.Template, v.Manifest, v.Signed)
		}
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	v, err := jsonptr.Decode(fleet.JSON(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Numbers that no probe has do not come out as a budget below zero, over which every load would be.
func TestAProbeOfNonsenseHasNoBudgetBelowZero(t *testing.T) {
	for _, p := range []*corev1.Probe{{PeriodSeconds: 2e9, FailureThreshold: 2e9}, {InitialDelaySeconds: -5, PeriodSeconds: -10, FailureThreshold: 3}} {
		if got, _ := ProbeBudget(&corev1.Container{StartupProbe: p}); got < 0 {
			t.Errorf("%+v: %s", p, got)
		}
	}
}
