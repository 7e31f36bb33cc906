package kubeapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"pitwall/test/kubesuite"
)

// noon is the time of test stores.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const logLines = 40

// fake is a backend of fixed logs and one server behind all pods; its controller follows sizes at once.
type fake struct {
	store *Store
	echo  string
	now   func() time.Time
}

func (f *fake) Refresh() {
	if f.now != nil {
		f.store.Tick(f.now())
	}
}

func (f *fake) Logs(ctx context.Context, _ PodRef, o LogOptions, w io.Writer) error {
	first := 1
	if o.Tail != nil {
		first = max(1, logLines-int(*o.Tail)+1)
	}
	for i := first; i <= logLines; i++ {
		line := kubesuite.LogLine(i, logLines) + "\n"
		if o.Timestamps {
			line = noon.Format(time.RFC3339Nano) + " " + line
		}
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	if o.Follow {
		<-ctx.Done()
	}
	return nil
}

func (f *fake) Endpoint(_ PodRef, port string) (string, error) {
	if port == "8000" {
		return f.echo, nil
	}
	return "", errors.New("dial tcp: connect: connection refused")
}

func (f *fake) Admit(Write) error { return nil }

func (f *fake) Remove(Write) bool { return false }

func (f *fake) Written(w Write) {
	d, ok := w.Now.(*appsv1.Deployment)
	if !ok {
		return
	}
	f.store.Update(Deployments, d, func(current runtime.Object) runtime.Object {
		out := current.(*appsv1.Deployment).DeepCopy()
		n := *out.Spec.Replicas
		out.Status = appsv1.DeploymentStatus{ObservedGeneration: out.Generation, Replicas: n, ReadyReplicas: n, UpdatedReplicas: n}
		return out
	})
}

// bench is a served store.
type bench struct {
	*Store
	url string
	api *Server
}

func (b *bench) config(token string) *rest.Config {
	const protobuf = "application/vnd.kubernetes.protobuf"
	return &rest.Config{Host: b.url, BearerToken: token, QPS: -1, WarningHandler: rest.NoWarnings{},
		ContentConfig: rest.ContentConfig{ContentType: protobuf, AcceptContentTypes: protobuf + ",application/json"}}
}

func (b *bench) client(t testing.TB) *kubernetes.Clientset {
	t.Helper()
	c, err := kubernetes.NewForConfig(b.config("admin"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve serves a store that keeps so many changes.
func serve(t testing.TB, keep int, now func() time.Time) *bench {
	t.Helper()
	store := newStore(noon, keep)
	echo := httptest.NewServer(kubesuite.Echo())
	t.Cleanup(echo.Close)
	api := New(Options{Store: store, Backend: &fake{store: store, echo: echo.URL, now: now}, Version: "v1.36.3", Users: map[string]User{
		"admin": Admin("root"), "viewer": Viewer("eve"), "scoped": NamespaceViewer("sam", "llm"), "nobody": Nobody("ned")}})
	server := httptest.NewServer(api)
	t.Cleanup(func() {
		store.Close()
		server.CloseClientConnections()
		server.Close()
		api.Close()
	})
	return &bench{Store: store, url: server.URL, api: api}
}

func (b *bench) pod(namespace, name, app string) *corev1.Pod {
	ready := []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	start, yes := metav1.NewTime(noon), true
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{"app": app, "pod-template-hash": "h"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: app + "-h", UID: "u", Controller: &yes}}},
		Spec: corev1.PodSpec{NodeName: "n1", Containers: []corev1.Container{{Name: "vllm", Image: "vllm:1",
			Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8000}}}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.1", StartTime: &start, Conditions: ready,
			ContainerStatuses: []corev1.ContainerStatus{{Name: "vllm", Ready: true,
				State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: start}}}}},
	}
	b.Put(Pods, p)
	return p
}

// furnish puts in what the suite asks for.
func (b *bench) furnish() {
	three, one := int32(3), metav1.LabelSelector{MatchLabels: map[string]string{"app": "chat"}}
	t := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: one.MatchLabels},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "vllm", Image: "vllm:1"}}}}
	b.Put(Nodes, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}})
	b.Put(Deployments, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "chat", Namespace: "llm"},
		Spec:   appsv1.DeploymentSpec{Replicas: &three, Selector: &one, Template: t},
		Status: appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: 3, ReadyReplicas: 3}})
	b.Put(ReplicaSets, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "chat-h", Namespace: "llm"},
		Spec: appsv1.ReplicaSetSpec{Replicas: &three, Selector: &one, Template: t}})
	for i := range 3 {
		b.pod("llm", fmt.Sprintf("chat-%d", i), "chat")
	}
	b.pod("other", "lone", "else")
	b.Put(Events, &corev1.Event{ObjectMeta: metav1.ObjectMeta{Name: "e", Namespace: "llm"}, Reason: "Pulled", Message: "m", Type: "Normal",
		LastTimestamp: metav1.NewTime(noon), InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: "chat-0", Namespace: "llm"}})
}

// TestTheRealServersSuite runs what the real API server passes, with logs and a server behind the pods.
func TestTheRealServersSuite(t *testing.T) {
	b := serve(t, keepChanges, time.Now)
	b.furnish()
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() { // watches end by the store's time
		defer close(done)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case now := <-tick.C:
				b.Tick(now)
			}
		}
	}()
	defer func() { close(stop); <-done }()
	kubesuite.Run(t, kubesuite.Server{
		URL: b.url, Namespace: "llm", Deployment: "chat", Elsewhere: "other", Port: 8000, Log: logLines,
		Tokens: kubesuite.Users{Admin: "admin", Viewer: "viewer", Scoped: "scoped", Nobody: "nobody"},
		Names:  kubesuite.Users{Admin: "root", Viewer: "eve", Scoped: "sam", Nobody: "ned"},
		Can:    kubesuite.Capabilities{Create: true, Custom: true, Owners: true, Apply: true, Tables: true, OpenAPI: true}, Expire: func(*testing.T) { b.Forget() },
	})
}

func get(t *testing.T, url, token, accept string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", accept)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}
