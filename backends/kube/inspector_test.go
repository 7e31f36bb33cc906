package kube

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

func inspect(t *testing.T, a *api) fleet.Inspector {
	t.Helper()
	i, err := newInspector(fleet.SourceSpec{ID: "kube", URL: a.URL}, fleet.Deps{Clock: fleet.NewVirtualClock(start)})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func text(lines []fleet.Safe) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.String())
		b.WriteByte('\n')
	}
	return b.String()
}

func chatty() *corev1.Pod {
	return pod("llm", "chat-1", waitingFor("CrashLoopBackOff", ""), ended137, func(p *corev1.Pod) {
		p.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubelet"}}
		p.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}", "note": "a\x1b[2Jb"}
		c := &p.Spec.Containers[0]
		c.Args = []string{"--api-key", "sk-12345", "--max-num-batched-tokens=8192", "--hf-token=hf_12345"}
		c.Env = []corev1.EnvVar{{Name: "HF_TOKEN", Value: "hf_12345"}, {Name: "VLLM_PORT", Value: "8000"},
			{Name: "MAX_TOKENS", Value: "4096"}, {Name: "SCRIPT", Value: "run --password sk-12345 now"},
			{Name: "API_KEY", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "keys"}, Key: "k"}}}}
	})
}

func TestDescribeAPod(t *testing.T) {
	a := newAPI(t)
	a.set("pods", chatty())
	a.set("events", &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "llm", Name: "e"}, Reason: "BackOff", Type: "Warning", Count: 9,
		Message: "Back-off restarting", LastTimestamp: at(1)})
	lines, err := inspect(t, a).Describe(t.Context(), fleet.ObjectRef{Kind: "Pod", Namespace: "llm", Name: "chat-1"})
	if err != nil {
		t.Fatal(err)
	}
	got := text(lines)
	for _, want := range []string{"CrashLoopBackOff: container vllm ended with OOMKilled 137, 5 restarts", "11:59:00Z Warning BackOff x9: Back-off restarting",
		"VLLM_PORT=8000", "API_KEY=(secret keys)", "HF_TOKEN=<redacted>", "created:             2026-11-25T11:00:00Z (60m ago)", "--max-num-batched-tokens=8192"} {
		if !strings.Contains(got, want) {
			t.Errorf("nothing says %q in\n%s", want, got)
		}
	}
	hides(t, got)
}

// hides fails where a secret of chatty is shown, or an escape sequence.
func hides(t *testing.T, got string) {
	t.Helper()
	for _, never := range []string{"12345", "\x1b", "last-applied"} {
		if strings.Contains(got, never) {
			t.Errorf("%q is shown in\n%s", never, got)
		}
	}
}

func TestRawAPod(t *testing.T) {
	a := newAPI(t)
	a.set("pods", chatty())
	lines, err := inspect(t, a).Raw(t.Context(), fleet.ObjectRef{Kind: "Pod", Namespace: "llm", Name: "chat-1"})
	if err != nil {
		t.Fatal(err)
	}
	got := text(lines)
	for _, want := range []string{"kind: Pod", "name: HF_TOKEN", "value: \"8000\"", "value: \"4096\"", "--max-num-batched-tokens=8192", "name: keys"} {
		if !strings.Contains(got, want) {
			t.Errorf("nothing says %q in\n%s", want, got)
		}
	}
	hides(t, got)
	if strings.Contains(got, "managedFields") {
		t.Error("managedFields are shown")
	}
}

func TestRawASecret(t *testing.T) {
	a := newAPI(t)
	a.page = func(w http.ResponseWriter, r *http.Request) bool {
		_, _ = io.WriteString(w, `{"kind":"Secret","metadata":{"name":"k"},"data":{"plain":"c2stMTIzNDU="},"stringData":{"x":"12345"},"type":"Opaque"}`)
		return r.URL.Path == "/api/v1/namespaces/llm/secrets/k"
	}
	lines, err := inspect(t, a).Raw(t.Context(), fleet.ObjectRef{Kind: "Secret", Namespace: "llm", Name: "k"})
	if got := text(lines); err != nil || strings.Contains(got, "c2st") || strings.Contains(got, "12345") || !strings.Contains(got, "type: Opaque") || !strings.Contains(got, "plain:") {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestDescribeOthers(t *testing.T) {
	a := newAPI(t)
	a.set("nodes", node("n1", gpus("8", "7"), says("GpuMemWatch", "True", "row remap")))
	a.set("deployments", deployment(4, 4, 4, 4))
	i := inspect(t, a)
	lines, err := i.Describe(t.Context(), fleet.ObjectRef{Kind: "Node", Name: "n1"})
	if got := text(lines); err != nil || !strings.Contains(got, "1 of 8 GPUs failed") || !strings.Contains(got, "GpuMemWatch True TROUBLE") {
		t.Errorf("%v\n%s", err, got)
	}
	lines, err = i.Describe(t.Context(), fleet.ObjectRef{Kind: "Deployment", Namespace: "llm", Name: "chat"})
	if got := text(lines); err != nil || !strings.Contains(got, "availableReplicas: 4") {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestObjectsThatCannotBeOpened(t *testing.T) {
	a := newAPI(t)
	a.with(func(a *api) { a.refuse["/api/v1/nodes/n2"] = 403 })
	i := inspect(t, a)
	for _, c := range []struct {
		o    fleet.ObjectRef
		kind fleet.Kind
	}{
		{fleet.ObjectRef{Kind: "Gizmo", Name: "x"}, fleet.KindUnsupported},
		{fleet.ObjectRef{Kind: "Pod", Namespace: "llm", Name: "gone"}, fleet.KindNotFound},
		{fleet.ObjectRef{Kind: "Pod", Name: "gone"}, fleet.KindInvalid},
		{fleet.ObjectRef{Kind: "Node", Name: ".."}, fleet.KindInvalid},
		{fleet.ObjectRef{Kind: "Node", Name: "n2"}, fleet.KindAuth},
	} {
		_, err := i.Describe(t.Context(), c.o)
		if fleet.KindOf(err) != c.kind || !fleet.IsClean(err.Error()) {
			t.Errorf("%+v: %v", c.o, err)
		}
		if _, err = i.Raw(t.Context(), c.o); fleet.KindOf(err) != c.kind {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
}

// logs answers for the log of chat-1.
func logs(t *testing.T, p *corev1.Pod, serve http.HandlerFunc) fleet.Inspector {
	a := newAPI(t)
	a.set("pods", p)
	a.page = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/chat-1/log") {
			return false
		}
		serve(w, r)
		return true
	}
	return inspect(t, a)
}

func TestContainersOfAPod(t *testing.T) {
	a := newAPI(t)
	always := corev1.ContainerRestartPolicyAlways
	p := chatty()
	p.Spec.InitContainers = []corev1.Container{{Name: "fetch"}, {Name: "mesh", RestartPolicy: &always}}
	p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "lo\x1b[2Jg"})
	p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "dbg"}}}
	p.Status.InitContainerStatuses = []corev1.ContainerStatus{
		{Name: "fetch", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}}},
		{Name: "mesh", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}},
	}
	a.set("pods", p)
	i := inspect(t, a)
	list, err := i.Containers(t.Context(), fleet.ObjectRef{Kind: "Pod", Namespace: "llm", Name: "chat-1"})
	var got []string
	for _, c := range list {
		line := c.Name + "|" + c.Role.String() + "|" + c.State.String()
		if c.Before {
			line += "|" + strconv.Itoa(c.Restarts) + " restarts"
		}
		if c.Chosen {
			line += "|chosen"
		}
		got = append(got, line)
	}
	want := []string{"fetch|init|ended: Completed 0", "mesh|sidecar|running", "vllm|serving|waiting: CrashLoopBackOff|5 restarts|chosen",
		"lo\x1b[2Jg|beside|not begun", "dbg|debug|not begun"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n%q, want\n%q", err, got, want)
	}
	if _, err := i.Containers(t.Context(), fleet.ObjectRef{Kind: "Deployment", Namespace: "llm", Name: "chat"}); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("a workload has containers: %v", err)
	}
	if _, err := i.Containers(t.Context(), fleet.ObjectRef{Kind: "Pod", Namespace: "llm", Name: "gone"}); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("of a pod that is gone: %v", err)
	}
}

func TestLogs(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	var asked string
	i := logs(t, pod("llm", "chat-1"), func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.RawQuery
		_, _ = io.WriteString(w, "one\r\n\x1b[31mred\x1b[0m\n10%\r 50%\rdone\n"+long+"\n\nlast")
	})
	var got []string
	err := i.Logs(t.Context(), fleet.ObjectRef{Kind: "Pod", Namespace: "llm", Name: "chat-1"}, fleet.LogOptions{Previous: true, Tail: 20},
		func(s fleet.Safe) { got = append(got, s.String()) })
	if err != nil || len(got) != 6 {
		t.Fatalf("%v %q", err, got)
	}
	if got[0] != "one" || got[1] != "^[[31mred^[[0m" || got[2] != "done" || got[4] != "" || got[5] != "last" {
		t.Errorf("%q", got)
	}
	if n := len(got[3]); n > 1100 || !strings.HasSuffix(got[3], "~") {
		t.Errorf("a long line of %d bytes ends with %q", n, got[3][n-5:])
	}
	if asked != "container=vllm&previous=true&tailLines=20" {
		t.Errorf("asked for %s", asked)
	}
}

func TestAFollowedLogEndsWithItsReader(t *testing.T) {
	ended := make(chan struct{})
	i := logs(t, pod("llm", "chat-1"), func(w http.ResponseWriter, r *http.Request) {
		for n := range 3 {
			_, _ = fmt.Fprintf(w, "line %d\n", n)
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(ended)
	})
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err := i.Logs(ctx, fleet.ObjectRef{Kind: "Pod", Namespace: "llm", Name: "chat-1"}, fleet.LogOptions{Follow: true}, func(fleet.Safe) {
		if n++; n == 3 {
			cancel()
		}
	})
	if err != nil || n != 3 {
		t.Errorf("%v after %d lines", err, n)
	}
	<-ended
}

func TestWhichContainerTellsMost(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	for want, change := range map[string]func(*corev1.Pod){
		"vllm": func(*corev1.Pod) {},
		"fetch": func(p *corev1.Pod) {
			p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "fetch", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
		},
		"gpu": func(p *corev1.Pod) {
			p.Spec.InitContainers = []corev1.Container{{Name: "mesh", RestartPolicy: &always}}
			p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "mesh", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
			p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "gpu",
				Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{"nvidia.com/gpu": *one(1)}}})
		},
	} {
		asked := ""
		i := logs(t, pod("llm", "chat-1", change), func(_ http.ResponseWriter, r *http.Request) { asked = r.URL.Query().Get("container") })
		if err := i.Logs(t.Context(), fleet.ObjectRef{Kind: "Pod", Namespace: "llm", Name: "chat-1"}, fleet.LogOptions{}, func(fleet.Safe) {}); err != nil || asked != want {
			t.Errorf("%v: asked for %q, want %q", err, asked, want)
		}
	}
}

func TestALogThatIsNotThere(t *testing.T) {
	i := logs(t, pod("llm", "chat-1"), func(w http.ResponseWriter, _ *http.Request) {
		fail(w, 400, "BadRequest", `container "vllm" in pod "chat-1" is waiting to start: ContainerCreating`)
	})
	err := i.Logs(t.Context(), fleet.ObjectRef{Kind: "Pod", Namespace: "llm", Name: "chat-1"}, fleet.LogOptions{}, func(fleet.Safe) {})
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "is waiting to start") {
		t.Errorf("got %v", err)
	}
	if err = i.Logs(t.Context(), fleet.ObjectRef{Kind: "Deployment", Name: "x"}, fleet.LogOptions{}, nil); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("got %v", err)
	}
}

func TestRedaction(t *testing.T) {
	for in, want := range map[string]string{
		"--api-key sk":                "--api-key <redacted>",
		"--api-key=sk":                "--api-key=<redacted>",
		"--password --other":          "--password --other",
		"--max-tokens 5":              "--max-tokens 5",
		"--tokenizer x":               "--tokenizer x",
		"export A_TOKEN=5":            "export A_TOKEN=<redacted>",
		"vllm serve m --enable-auth":  "vllm serve m --enable-auth",
		"ADMIN_PASSWORD=5":            "ADMIN_PASSWORD=<redacted>",
		"--password-file /run/x":      "--password-file /run/x",
		"postgres://u:p@h/db":         "postgres://<redacted>@h/db",
		"-H Authorization:Bearer":     "-H Authorization:Bearer",
		"--num-scheduler-steps 10":    "--num-scheduler-steps 10",
		"--served-model-name api-key": "--served-model-name api-key",
	} {
		if got := strings.Join(redactArgs(strings.Split(in, " ")), " "); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	for name, want := range map[string]bool{"HF_TOKEN": true, "adminToken": true, "OPENAI_API_KEY": true, "PGPASSWORD": true, "hfToken": true,
		"AWS_SECRET_ACCESS_KEY": true, "connectionString": true, "MAX_TOKENS": false, "maxTokenLength": false, "tokenizer": false,
		"secretName": false, "key": false, "author": false, "monkey": false, "passthrough": false} {
		if isSuspicious(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	if got := redactArgs([]string{"vllm serve m --api-key sk-1 --port 80"})[0]; got != "vllm serve m --api-key <redacted> --port 80" {
		t.Errorf("a shell line becomes %q", got)
	}
}
