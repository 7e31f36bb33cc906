package kube

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
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

// newTLSAPI speaks TLS and HTTP/2, as real servers do; a kubeconfig gives no credential to any other.
func newTLSAPI(t testing.TB) *api {
	a := newAPI(t)
	plain := a.Server
	plain.Close()
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(a.serve))
	a.EnableHTTP2 = true
	a.TLS = &tls.Config{ClientAuth: tls.RequestClientCert} // so that a plugin is also asked for one
	a.StartTLS()
	return a
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

// authority is the certificate to trust, as a kubeconfig has it.
func (a *api) authority() string {
	if a.Certificate() == nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw}))
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
