package kubeapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	kwatch "k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

func TestAReflectorListsAgainWhenItsPlaceIsForgotten(t *testing.T) {
	b := serve(t, keepChanges, nil)
	b.furnish()
	factory := informers.NewSharedInformerFactory(b.client(t), 0)
	inf := factory.Core().V1().Nodes().Informer()
	ctx, stop := context.WithCancel(t.Context())
	factory.Start(ctx.Done())
	defer factory.Shutdown()
	defer stop()
	if !cache.WaitForCacheSync(ctx.Done(), inf.HasSynced) {
		t.Fatal("never synced")
	}
	seen := make(chan string, 16)
	if _, err := inf.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: func(o any) { seen <- o.(*corev1.Node).Name }}); err != nil {
		t.Fatal(err)
	}
	// All in one step of the store, so that the watch finds its place gone.
	table := b.tables[Nodes]
	b.mu.Lock()
	fresh := node("n2", "")
	b.record(table, 1, nil, &row{key: "n2", obj: fresh, meta: fresh})
	table.log, table.floor = nil, b.rev
	b.mu.Unlock()
	limit, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		select {
		case name := <-seen:
			if name == "n2" {
				return
			}
		case <-limit.Done():
			t.Fatal("the informer never saw what it had missed")
		}
	}
}

func TestAnIdleWatchGetsBookmarksAndEnds(t *testing.T) {
	b := serve(t, keepChanges, nil)
	b.furnish()
	two := int64(120)
	w, err := b.client(t).CoreV1().Nodes().Watch(t.Context(), metav1.ListOptions{AllowWatchBookmarks: true, TimeoutSeconds: &two,
		ResourceVersion: version(b.Revision())})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	b.Put(Events, &corev1.Event{ObjectMeta: metav1.ObjectMeta{Name: "later", Namespace: "llm"}}) // moves the revision on
	b.Tick(noon.Add(61 * time.Second))
	if e := <-w.ResultChan(); e.Type != kwatch.Bookmark || e.Object.(*corev1.Node).ResourceVersion != version(b.Revision()) {
		t.Errorf("%+v", e)
	}
	b.Tick(noon.Add(3 * time.Minute))
	for e := range w.ResultChan() {
		if e.Type != kwatch.Bookmark {
			t.Errorf("%+v", e)
		}
	}
}

func TestWatchesEndWithTheStore(t *testing.T) {
	b := serve(t, keepChanges, nil)
	w, err := b.client(t).CoreV1().Nodes().Watch(t.Context(), metav1.ListOptions{ResourceVersion: version(b.Revision())})
	if err != nil {
		t.Fatal(err)
	}
	if b.api.Streams() != 1 {
		t.Errorf("%d streams", b.api.Streams())
	}
	b.Close()
	for e := range w.ResultChan() {
		t.Errorf("%+v", e)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	b := serve(t, keepChanges, nil)
	b.api.watchers.Store(maxWatchers)
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "/api/v1/nodes?watch=true", http.NoBody)
	req.Header.Set("Authorization", "Bearer admin")
	b.api.ServeHTTP(rec, req)
	if rec.Code != http.StatusTooManyRequests || rec.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	if b.api.Streams() != maxWatchers {
		t.Errorf("%d streams are counted", b.api.Streams())
	}
}

func TestALargeBodyIsRefused(t *testing.T) {
	b := serve(t, keepChanges, nil)
	b.furnish()
	body := `{"metadata":{"annotations":{"a":"` + strings.Repeat("x", maxBody) + `"}}}`
	_, err := b.client(t).CoreV1().Nodes().Patch(t.Context(), "n1", types.MergePatchType, []byte(body), metav1.PatchOptions{})
	if !apierrors.IsRequestEntityTooLargeError(err) {
		t.Errorf("%.200v", err)
	}
}

func TestCustomResourcesAreJSONWithoutStrategicPatches(t *testing.T) {
	b := serve(t, keepChanges, nil)
	c, err := dynamic.NewForConfig(b.config("admin"))
	if err != nil {
		t.Fatal(err)
	}
	sets := c.Resource(schema.GroupVersionResource{Group: "leaderworkerset.x-k8s.io", Version: "v1", Resource: "leaderworkersets"}).Namespace("llm")
	made, err := sets.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet", "metadata": map[string]any{"name": "big"},
		"spec": map[string]any{"replicas": int64(2)}, "status": map[string]any{"replicas": int64(9)}}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if made.GetGeneration() != 1 || made.GetUID() == "" {
		t.Errorf("%v", made.Object)
	}
	patched, err := sets.Patch(t.Context(), "big", types.MergePatchType, []byte(`{"spec":{"replicas":3},"status":{"replicas":3}}`), metav1.PatchOptions{})
	if err != nil || patched.GetGeneration() != 2 {
		t.Errorf("%v %v", err, patched)
	}
	if n, _, _ := unstructured.NestedInt64(patched.Object, "status", "replicas"); n == 3 {
		t.Error("a patch of the object changed its status")
	}
	_, err = sets.Patch(t.Context(), "big", types.StrategicMergePatchType, []byte(`{"spec":{"replicas":3}}`), metav1.PatchOptions{})
	if !apierrors.IsUnsupportedMediaType(err) {
		t.Errorf("a strategic patch of a custom resource: %v", err)
	}
	list, err := sets.List(t.Context(), metav1.ListOptions{})
	if err != nil || len(list.Items) != 1 || list.Items[0].GetKind() != "LeaderWorkerSet" {
		t.Errorf("%v %v", err, list)
	}
}

func TestADisruptionBudgetStopsAnEviction(t *testing.T) {
	b := serve(t, keepChanges, nil)
	b.furnish()
	c := b.client(t)
	least := intstr.FromInt32(3)
	budget := func(name string, allowed int32) {
		b.Put(Budgets, &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "llm"},
			Spec:   policyv1.PodDisruptionBudgetSpec{MinAvailable: &least, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "chat"}}},
			Status: policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: allowed, CurrentHealthy: 3, DesiredHealthy: 3}})
	}
	evict := func(dry ...string) error {
		return c.CoreV1().Pods("llm").EvictV1(t.Context(), &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "chat-0", Namespace: "llm"},
			DeleteOptions: &metav1.DeleteOptions{DryRun: dry}})
	}
	budget("one", 0)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := c.PolicyV1().RESTClient().Post().MaxRetries(0).AbsPath("/api/v1/namespaces/llm/pods/chat-0/eviction").
		Body(&policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "chat-0", Namespace: "llm"}}).Do(ctx).Error()
	if !apierrors.IsTooManyRequests(err) || !apierrors.HasStatusCause(err, policyv1.DisruptionBudgetCause) {
		t.Errorf("no disruption is allowed: %v", err)
	}
	budget("two", 1)
	if err := evict(); !apierrors.IsInternalError(err) {
		t.Errorf("two budgets: %v", err)
	}
	b.Delete(Budgets, "llm", "one")
	if err := evict("All"); err != nil || b.Get(Pods, "llm", "chat-0") == nil {
		t.Errorf("a dry run: %v", err)
	}
	if err := evict(); err != nil || b.Get(Pods, "llm", "chat-0") != nil {
		t.Errorf("an allowed eviction: %v", err)
	}
	if left := b.Get(Budgets, "llm", "two").(*policyv1.PodDisruptionBudget).Status.DisruptionsAllowed; left != 0 {
		t.Errorf("%d disruptions are left", left)
	}
}

func TestDeletionsHaveConditions(t *testing.T) {
	b := serve(t, keepChanges, nil)
	b.furnish()
	pods := b.client(t).CoreV1().Pods("llm")
	other := types.UID("other")
	if err := pods.Delete(t.Context(), "chat-0", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &other}}); !apierrors.IsConflict(err) {
		t.Errorf("another identity: %v", err)
	}
	if err := pods.Delete(t.Context(), "chat-0", metav1.DeleteOptions{DryRun: []string{"All"}}); err != nil || b.Get(Pods, "llm", "chat-0") == nil {
		t.Errorf("a dry run: %v", err)
	}
	if err := pods.Delete(t.Context(), "chat-0", metav1.DeleteOptions{}); err != nil || b.Get(Pods, "llm", "chat-0") != nil {
		t.Errorf("a deletion: %v", err)
	}
}

func TestAStatusIsWrittenAlone(t *testing.T) {
	b := serve(t, keepChanges, nil)
	b.furnish()
	api := b.client(t).AppsV1().Deployments("llm")
	body := []byte(`{"spec":{"replicas":9},"status":{"readyReplicas":1}}`)
	d, err := api.Patch(t.Context(), "chat", types.MergePatchType, body, metav1.PatchOptions{}, "status")
	if err != nil || *d.Spec.Replicas != 3 || d.Status.ReadyReplicas != 1 || d.Generation != 1 {
		t.Errorf("%v: %d replicas, %d ready, generation %d", err, *d.Spec.Replicas, d.Status.ReadyReplicas, d.Generation)
	}
}

// FuzzServe throws requests at the server: whatever comes, it answers a client's mistake, never one of its own.
func FuzzServe(f *testing.F) {
	for _, path := range []string{"/api/v1/nodes?limit=1&continue=e30", "/apis/apps/v1/namespaces/llm/deployments/chat/scale",
		"/api/v1/namespaces/llm/pods/chat-0/log?tailLines=9", "/api//v1", "/apis/", "/api/v1/watch/", "/api/v1/namespaces/llm/pods/a:b:c/proxy/x",
		"/api/v1/namespaces/llm/pods/chat-0/eviction", "/apis/events.k8s.io/v1/events?fieldSelector=type=a"} {
		f.Add("GET", path, "application/json", []byte(`{}`))
		f.Add("PATCH", path, "application/merge-patch+json", []byte(`{"metadata":null,"spec":[]}`))
		f.Add("PATCH", path, "application/json-patch+json", []byte(`[{"op":"move","from":"/spec","path":"/metadata"}]`))
		f.Add("POST", path, "application/vnd.kubernetes.protobuf", []byte("k8s\x00\x0a\x04"))
	}
	b := serve(f, keepChanges, nil)
	f.Fuzz(func(t *testing.T, method, path, media string, body []byte) {
		if !strings.HasPrefix(path, "/") || strings.Contains(path, "watch") || strings.Contains(path, "follow") {
			return // streams would not end
		}
		req, err := http.NewRequestWithContext(t.Context(), method, "http://x"+path, bytes.NewReader(body))
		if err != nil {
			return
		}
		req.Header.Set("Authorization", "Bearer admin")
		req.Header.Set("Content-Type", media)
		b.furnish()
		rec := httptest.NewRecorder()
		b.api.ServeHTTP(rec, req)
		if rec.Code == http.StatusInternalServerError {
			t.Errorf("%s %s: %s", method, path, rec.Body)
		}
	})
}

func TestPagesOfMetadataGoOn(t *testing.T) {
	b := serve(t, keepChanges, nil)
	b.furnish()
	const accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	next, seen := "", 0
	for {
		code, body := get(t, b.url+"/api/v1/pods?limit=2&continue="+next, "viewer", accept)
		var list metav1.PartialObjectMetadataList
		if err := json.Unmarshal(body, &list); err != nil || code != http.StatusOK {
			t.Fatalf("%d %v %s", code, err, body)
		}
		seen += len(list.Items)
		if next = list.Continue; next == "" {
			break
		}
	}
	if seen != 4 {
		t.Errorf("%d pods", seen)
	}
}

// crowd fills a store with pods of the size of serving ones.
func crowd(b *bench, n int) {
	for i := range n {
		p := b.pod("load", fmt.Sprintf("pod-%05d", i), "x")
		q := p.DeepCopy()
		q.Annotations = map[string]string{"filler": strings.Repeat("x", 3500)}
		b.Put(Pods, q)
	}
}

func BenchmarkListPods4000(b *testing.B) {
	s := serve(b, keepChanges, nil)
	crowd(s, 4000)
	for _, accept := range []string{"application/vnd.kubernetes.protobuf", "application/json"} {
		b.Run(accept, func(b *testing.B) {
			for b.Loop() {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.url+"/api/v1/pods", http.NoBody)
				if err != nil {
					b.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer admin")
				req.Header.Set("Accept", accept)
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, resp.Body)
				if err = errors.Join(err, resp.Body.Close()); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(n), "bytes/list")
			}
		})
	}
}
