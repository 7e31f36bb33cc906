package kube

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"

	"pitwall/fleet"
)

// api is a small API server in memory: lists in pages, watches, streamed lists, in protobuf and JSON. It decides nothing.
type api struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	version  int
	objects  map[string]map[string]runtime.Object // by plural, then namespace/name
	log      []change
	wake     chan struct{}
	refuse   map[string]int // path to the status that it is refused with
	down     bool           // connections end without an answer
	streams  bool           // streamed lists
	silent   bool           // streamed lists are accepted and never come
	expired  string         // versions of this kind to go on from are too old, once
	jsonOnly bool
	token    string // "" accepts everybody
	open     map[*http.Request]func()
	requests []string
	page     func(w http.ResponseWriter, r *http.Request) bool // answers in place of all this
}

type change struct {
	plural string
	kind   string // ADDED, MODIFIED, DELETED
	at     int
	object runtime.Object
}

func newAPI(t testing.TB) *api {
	a := &api{t: t, objects: map[string]map[string]runtime.Object{}, wake: make(chan struct{}), refuse: map[string]int{},
		streams: true, open: map[*http.Request]func(){}, version: 100}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(func() {
		a.cut()
		a.Close()
	})
	return a
}

// set puts objects, deletes nothing, and tells watches.
func (a *api) set(plural string, list ...runtime.Object) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.objects[plural] == nil {
		a.objects[plural] = map[string]runtime.Object{}
	}
	for _, o := range list {
		m, err := meta.Accessor(o)
		if err != nil {
			a.t.Fatal(err)
		}
		a.version++
		m.SetResourceVersion(strconv.Itoa(a.version))
		name, kind := m.GetNamespace()+"/"+m.GetName(), "ADDED"
		if a.objects[plural][name] != nil {
			kind = "MODIFIED"
		}
		o = o.DeepCopyObject()
		a.objects[plural][name] = o
		a.log = append(a.log, change{plural, kind, a.version, o})
	}
	a.tell()
}

func (a *api) remove(plural, namespace, name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := a.objects[plural][namespace+"/"+name].DeepCopyObject()
	delete(a.objects[plural], namespace+"/"+name)
	a.version++
	m, _ := meta.Accessor(o)
	m.SetResourceVersion(strconv.Itoa(a.version))
	a.log = append(a.log, change{plural, "DELETED", a.version, o})
	a.tell()
}

// with changes how the server behaves.
func (a *api) with(f func(*api)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f(a)
	a.tell()
}

func (a *api) tell() {
	close(a.wake)
	a.wake = make(chan struct{})
}

// cut ends every connection.
func (a *api) cut() {
	a.CloseClientConnections()
}

func (a *api) asked(part string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, r := range a.requests {
		if strings.Contains(r, part) {
			n++
		}
	}
	return n
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.requests = append(a.requests, r.URL.RequestURI())
	status, down, page, token := a.refuse[r.URL.Path], a.down, a.page, a.token
	a.mu.Unlock()
	switch {
	case down:
		panic(http.ErrAbortHandler)
	case token != "" && r.Header.Get("Authorization") != "Bearer "+token:
		fail(w, 401, "Unauthorized", "Unauthorized")
	case status == 403:
		fail(w, 403, "Forbidden", `it is forbidden: User "ann" cannot list this`)
	case status != 0:
		fail(w, status, "InternalError", "refused by the test")
	case page != nil && page(w, r):
	case r.URL.Path == "/version":
		_, _ = w.Write([]byte(`{"gitVersion":"v1.36.3"}`))
	default:
		a.resource(w, r)
	}
}

func fail(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure",
		Code: int32(code), Reason: metav1.StatusReason(reason), Message: message})
}

// resource answers /api/v1[/namespaces/NS]/PLURAL[/NAME] and the same of groups.
func (a *api) resource(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	group := 2
	if parts[0] == "apis" {
		group = 3
	}
	rest, namespace := parts[min(group, len(parts)):], ""
	if len(rest) > 2 && rest[0] == "namespaces" {
		namespace, rest = rest[1], rest[2:]
	}
	if len(rest) == 0 || !slices.ContainsFunc(kinds, func(k kind) bool { return k.plural == rest[0] }) ||
		rest[0] == "leaderworkersets" && a.count(rest[0]) == 0 {
		fail(w, 404, "NotFound", "the server could not find the requested resource")
		return
	}
	q := r.URL.Query()
	switch {
	case len(rest) == 2:
		a.one(w, r, rest[0], namespace+"/"+rest[1])
	case q.Get("watch") == "true":
		a.watch(w, r, rest[0], namespace)
	default:
		a.list(w, r, rest[0], namespace)
	}
}

func (a *api) count(plural string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.objects[plural])
}

func (a *api) one(w http.ResponseWriter, r *http.Request, plural, name string) {
	a.mu.Lock()
	o := a.objects[plural][name]
	a.mu.Unlock()
	if o == nil {
		fail(w, 404, "NotFound", plural+" not found")
		return
	}
	body, kind := a.encode(r, o)
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body)
}

// encode writes an object as the client prefers.
func (a *api) encode(r *http.Request, o runtime.Object) (body []byte, contentType string) {
	o = o.DeepCopyObject()
	gvks, _, err := testScheme().ObjectKinds(o)
	if err != nil {
		a.t.Error(err)
		return nil, ""
	}
	o.GetObjectKind().SetGroupVersionKind(gvks[0])
	if a.isJSON(r) {
		body, _ = json.Marshal(o)
		return body, "application/json"
	}
	var b bytes.Buffer
	if err := protobuf.NewSerializer(testScheme(), testScheme()).Encode(o, &b); err != nil {
		a.t.Error(err)
	}
	return b.Bytes(), "application/vnd.kubernetes.protobuf"
}

var testScheme = sync.OnceValue(newScheme)

func (a *api) isJSON(r *http.Request) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.jsonOnly || !strings.Contains(r.Header.Get("Accept"), "protobuf")
}

func (a *api) matching(plural, namespace string) []runtime.Object {
	var list []runtime.Object
	for _, name := range slices.Sorted(maps.Keys(a.objects[plural])) {
		if namespace == "" || strings.HasPrefix(name, namespace+"/") {
			list = append(list, a.objects[plural][name])
		}
	}
	return list
}

func (a *api) list(w http.ResponseWriter, r *http.Request, plural, namespace string) {
	a.mu.Lock()
	items, version := a.matching(plural, namespace), a.version
	a.mu.Unlock()
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	items = items[min(from, len(items)):]
	next := ""
	if limit > 0 && len(items) > limit {
		items, next = items[:limit], strconv.Itoa(from+limit)
	}
	var list runtime.Object
	for _, k := range kinds {
		if k.plural == plural {
			list = k.list()
		}
	}
	if err := meta.SetList(list, items); err != nil {
		a.t.Error(err)
	}
	m, _ := meta.ListAccessor(list)
	m.SetResourceVersion(strconv.Itoa(version))
	m.SetContinue(next)
	body, kind := a.encode(r, list)
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body)
}

func (a *api) watch(w http.ResponseWriter, r *http.Request, plural, namespace string) {
	q := r.URL.Query()
	from, _ := strconv.Atoi(q.Get("resourceVersion"))
	initial := q.Get("sendInitialEvents") == "true"
	a.mu.Lock()
	streams, silent, expired := a.streams, a.silent && initial, a.expired == plural && from > 0
	if expired {
		a.expired = ""
	}
	var first []runtime.Object
	if initial {
		first, from = a.matching(plural, namespace), a.version
	}
	a.mu.Unlock()
	if initial && !streams {
		fail(w, 422, "Invalid", "sendInitialEvents: Forbidden: not supported by this server")
		return
	}
	contentType := "application/vnd.kubernetes.protobuf;stream=watch"
	if a.isJSON(r) {
		contentType = "application/json"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(200)
	flush := http.NewResponseController(w)
	_ = flush.Flush()
	if expired {
		a.event(w, r, "ERROR", &metav1.Status{Status: "Failure", Code: 410, Reason: metav1.StatusReasonExpired, Message: "too old"})
		return
	}
	if initial && !silent {
		for _, o := range first {
			a.event(w, r, "ADDED", o)
		}
		a.bookmark(w, r, plural, from)
	}
	for {
		a.mu.Lock()
		wake, log := a.wake, a.log
		a.mu.Unlock()
		for _, c := range log {
			m, _ := meta.Accessor(c.object)
			if c.at > from && c.plural == plural && (namespace == "" || m.GetNamespace() == namespace) && !silent {
				a.event(w, r, c.kind, c.object)
				from = c.at
			}
		}
		_ = flush.Flush()
		select {
		case <-wake:
		case <-r.Context().Done():
			return
		}
	}
}

func (a *api) bookmark(w http.ResponseWriter, r *http.Request, plural string, version int) {
	for _, k := range kinds {
		if k.plural != plural {
			continue
		}
		items, err := meta.GetItemsPtr(k.list())
		if err != nil {
			a.t.Error(err)
			return
		}
		o := newItem(items)
		m, _ := meta.Accessor(o)
		m.SetResourceVersion(strconv.Itoa(version))
		m.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
		a.event(w, r, "BOOKMARK", o)
	}
}

func (a *api) event(w http.ResponseWriter, r *http.Request, kind string, o runtime.Object) {
	body, contentType := a.encode(r, o)
	e := metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Raw: body}}
	if contentType == "application/json" {
		_ = json.NewEncoder(w).Encode(e)
		return
	}
	frame, err := e.Marshal()
	if err != nil {
		a.t.Error(err)
	}
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(frame)))
	_, _ = w.Write(append(length[:], frame...))
}

// start is when every test begins.
var start = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func pod(namespace, name string, change ...func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: "uid-of-" + "x", CreationTimestamp: metav1.NewTime(start.Add(-time.Hour)),
			Labels: map[string]string{"app": "chat"}},
		Spec: corev1.PodSpec{NodeName: "n1", Containers: []corev1.Container{{Name: "vllm", Image: "vllm:1"}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.1",
			Conditions:        []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
			ContainerStatuses: []corev1.ContainerStatus{{Name: "vllm", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}},
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func node(name string, change ...func(*corev1.Node)) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name},
		Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}}}
	for _, c := range change {
		c(n)
	}
	return n
}

// scene is one watch of a fake API server with what it delivered.
type scene struct {
	t     *testing.T
	api   *api
	clock *fleet.VirtualClock
	got   chan any // *fleet.Cluster or error
	last  *fleet.Cluster
	stop  func()
}

func watching1(t *testing.T, a *api, options map[string]string) *scene {
	t.Helper()
	s := &scene{t: t, api: a, clock: fleet.NewVirtualClock(start), got: make(chan any, 10_000)}
	w, err := NewWatcher(fleet.SourceSpec{ID: "kube", Kind: Kind, URL: a.URL, Subject: fleet.Subject{Cluster: "c1"}, Options: options},
		fleet.Deps{Clock: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	s.run(w)
	return s
}

func (s *scene) run(w *Watcher) {
	ctx, cancel := contextOf(s.t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Watch(ctx, func(p fleet.Partial) { s.got <- p.Cluster }, func(err error) { s.got <- err })
	}()
	s.stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	s.t.Cleanup(s.stop)
}

// until takes what is delivered, letting time pass, until it is as wanted.
func (s *scene) until(what string, good func(*fleet.Cluster, error) bool) {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		select {
		case got := <-s.got:
			c, _ := got.(*fleet.Cluster)
			err, _ := got.(error)
			if c != nil {
				s.last = c
			}
			if good(c, err) {
				return
			}
		case <-time.After(2 * time.Millisecond): // nothing is under way: what is due later may come now
			ctx, cancel := contextOf(s.t)
			_ = s.clock.Advance(ctx, 100*time.Millisecond)
			cancel()
		}
	}
	s.t.Fatalf("never came: %s; last %+v", what, s.last)
}

func (s *scene) untilPods(n int) {
	s.t.Helper()
	s.until(strconv.Itoa(n)+" pods", func(c *fleet.Cluster, _ error) bool {
		return c != nil && len(c.Pods) == n && c.State == fleet.StateOK
	})
}
