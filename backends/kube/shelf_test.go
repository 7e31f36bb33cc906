package kube

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

// shelf is a server that holds objects by path, gives them, and patches them as the API server does: all of a patch or
// nothing, and of a failed test no more than that it failed.
type shelf struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	version  int
	objects  map[string]string // JSON without a resourceVersion
	requests []*http.Request
	bodies   []string
	between  func(put func(path, object string)) // runs before a patch is applied
	answer   func(w http.ResponseWriter, r *http.Request) bool
}

func newShelf(t testing.TB) *shelf {
	s := &shelf{t: t, objects: map[string]string{}, version: 100}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *shelf) put(path, object string) {
	s.version++
	var m map[string]any
	if err := json.Unmarshal([]byte(object), &m); err != nil {
		s.t.Errorf("%v in %s", err, object)
		return
	}
	meta, _ := m["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
		m["metadata"] = meta
	}
	meta["resourceVersion"] = fmt.Sprint(s.version)
	b, _ := json.Marshal(m)
	s.objects[path] = string(b)
}

// with puts an object from a test.
func (s *shelf) with(path, object string) *shelf {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(path, object)
	return s
}

func (s *shelf) object(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[path]
}

// sent gives the bodies of all requests that would change something.
func (s *shelf) sent() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.requests {
		if r.Method != http.MethodGet {
			list = append(list, s.bodies[i])
		}
	}
	return list
}

func (s *shelf) last() *http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[len(s.requests)-1]
}

func (s *shelf) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.bodies = append(s.requests, r), append(s.bodies, string(body))
	if s.answer != nil && s.answer(w, r) {
		return
	}
	path := strings.TrimSuffix(r.URL.Path, "/status")
	object, ok := s.objects[path]
	switch {
	case !ok:
		name := path[strings.LastIndexByte(path, '/')+1:]
		gone(w, name)
	case r.Method == http.MethodGet:
		_, _ = io.WriteString(w, object)
	case r.Method == http.MethodPatch:
		s.patch(w, r, path, body)
	default:
		fail(w, 405, "MethodNotAllowed", "not here")
	}
}

func gone(w http.ResponseWriter, name string) {
	w.WriteHeader(http.StatusNotFound)
	_ = json.NewEncoder(w).Encode(metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Code: 404,
		Reason: "NotFound", Message: fmt.Sprintf("deployments.apps %q not found", name), Details: &metav1.StatusDetails{Name: name, Kind: "deployments"}})
}

func (s *shelf) patch(w http.ResponseWriter, r *http.Request, path string, body []byte) {
	if s.between != nil {
		s.between(s.put)
	}
	ops, err := jsonpatch.DecodePatch(body)
	if err != nil {
		fail(w, 400, "BadRequest", err.Error())
		return
	}
	out, err := ops.Apply([]byte(s.objects[path]))
	if err != nil {
		fail(w, 422, "Invalid", "the server rejected our request due to an error in our request")
		return
	}
	if r.URL.Query().Get("dryRun") == "" {
		s.put(path, string(out))
	}
	_, _ = w.Write(out)
}

func (s *shelf) spec() fleet.SourceSpec { return fleet.SourceSpec{ID: "kube", URL: s.URL} }

func (s *shelf) reads() fleet.Objects {
	s.t.Helper()
	o, err := newObjects(s.spec(), fleet.Deps{Clock: fleet.NewVirtualClock(start)})
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

func (s *shelf) writes() fleet.ObjectWriter {
	s.t.Helper()
	w, err := newObjectWriter(s.spec(), fleet.Deps{Clock: fleet.NewVirtualClock(start)})
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

const (
	chatPath = "/apis/apps/v1/namespaces/llm/deployments/chat"
	chatJSON = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"chat","namespace":"llm","uid":"u1"},
		"spec":{"replicas":4,"template":{"spec":{"containers":[{"name":"vllm","image":"vllm:1","args":["--model","a < b"]}]}}}}`
)

var deployments = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment"}

// chatWrite is a write on the Deployment chat.
func chatWrite(fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: fleet.ObjectRef{Kind: "Deployment", Namespace: "llm", Name: "chat"}, API: deployments, UID: "u1",
		Verb: fleet.WriteSet, Fields: fields}
}

// to is a field that is set; an empty text is absence.
func to(path, before, after string) fleet.Field {
	f := fleet.Field{Path: path}
	if before != "" {
		f.Before = fleet.JSON(before)
	}
	if after != "" {
		f.After = fleet.JSON(after)
	}
	return f
}
