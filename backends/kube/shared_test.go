package kube

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

// closet is a server that keeps whole objects by path, each write on the version that it names.
type closet struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	version  int
	objects  map[string]map[string]any
	requests []string
	refuse   func(r *http.Request) int
}

func newCloset(t testing.TB) *closet {
	c := &closet{t: t, objects: map[string]map[string]any{}}
	c.Server = httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.Close)
	return c
}

func (c *closet) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, r.Method+" "+r.URL.Path)
	if c.refuse != nil {
		if code := c.refuse(r); code != 0 {
			fail(w, code, "Forbidden", `it is forbidden: User "ann" cannot do this`)
			return
		}
	}
	now, known := c.objects[r.URL.Path]
	var sent map[string]any
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			c.t.Error(err)
		}
		if r.URL.Query().Get("fieldManager") != "pitwall" || r.URL.Query().Get("fieldValidation") != "Strict" {
			c.t.Errorf("%s %s", r.Method, r.URL)
		}
	}
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch r.Method {
	case http.MethodPost:
		meta := sent["metadata"].(map[string]any)
		path := r.URL.Path + "/" + meta["name"].(string)
		if c.objects[path] != nil {
			c.status(w, http.StatusConflict, "AlreadyExists", meta["name"].(string))
			return
		}
		c.store(w, path, sent)
	case http.MethodPut:
		if !known || sent["metadata"].(map[string]any)["resourceVersion"] != now["metadata"].(map[string]any)["resourceVersion"] {
			c.status(w, map[bool]int{true: http.StatusConflict, false: http.StatusNotFound}[known], map[bool]string{true: "Conflict", false: "NotFound"}[known], name)
			return
		}
		c.store(w, r.URL.Path, sent)
	case http.MethodDelete:
		if !known {
			c.status(w, http.StatusNotFound, "NotFound", name)
			return
		}
		delete(c.objects, r.URL.Path)
		_, _ = io.WriteString(w, `{"kind":"Status","apiVersion":"v1","status":"Success"}`)
	default:
		c.get(w, r, now, name)
	}
}

func (c *closet) get(w http.ResponseWriter, r *http.Request, now map[string]any, name string) {
	if now != nil {
		_ = json.NewEncoder(w).Encode(now)
		return
	}
	if name != "leases" && name != "configmaps" {
		c.status(w, http.StatusNotFound, "NotFound", name)
		return
	}
	items := []any{}
	for path, o := range c.objects {
		labels := o["metadata"].(map[string]any)["labels"].(map[string]any)
		if strings.HasPrefix(path, r.URL.Path+"/") && r.URL.Query().Get("labelSelector") == "app.kubernetes.io/managed-by=pitwall,pitwall.dev/shared="+labels["pitwall.dev/shared"].(string) {
			items = append(items, o)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"metadata": map[string]any{}, "items": items})
}

func (c *closet) store(w http.ResponseWriter, path string, o map[string]any) {
	c.version++
	o["metadata"].(map[string]any)["resourceVersion"] = fmt.Sprint(c.version)
	c.objects[path] = o
	_ = json.NewEncoder(w).Encode(o)
}

func (c *closet) status(w http.ResponseWriter, code int, why, name string) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Code: int32(code),
		Reason: metav1.StatusReason(why), Message: name + ": " + why, Details: &metav1.StatusDetails{Name: name}})
}

func (c *closet) at(path string) map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.objects[path]
}

func (c *closet) shared() *shared {
	c.t.Helper()
	s, err := newShared(fleet.SourceSpec{ID: "kube", URL: c.URL, Options: map[string]string{optShared: "pitwall"}},
		fleet.Deps{Clock: fleet.NewVirtualClock(start)})
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

func TestWithoutANamespaceNothingIsShared(t *testing.T) {
	_, err := newSharedReader(fleet.SourceSpec{ID: "kube", URL: "http://localhost"}, fleet.Deps{Clock: fleet.NewVirtualClock(start)})
	if fleet.KindOf(err) != fleet.KindUnsupported {
		t.Error(err)
	}
}

func TestASharedLockIsALease(t *testing.T) {
	c := newCloset(t)
	s := c.shared()
	const name = "Deployment llm/chat"
	free, err := s.Lock(t.Context(), name)
	if err != nil || free.Version != "" || free.Holder.Token != "" {
		t.Fatalf("%+v, %v", free, err)
	}
	mara := fleet.LockHolder{Token: "t1", UID: 1001, Name: "mara", Verified: true, Host: "bastion-1", PID: 4242, Change: "c7-1a2b"}
	held, err := s.PutLock(t.Context(), fleet.SharedLock{Name: name, Holder: mara, Life: fleet.SharedLockLife, Renewed: start})
	if err != nil || held.Version == "" {
		t.Fatal(err)
	}
	path := "/apis/coordination.k8s.io/v1/namespaces/pitwall/leases/" + leaseName(name)
	spec := c.at(path)["spec"].(map[string]any)
	if spec["holderIdentity"] != "mara@bastion-1/4242 c7-1a2b" || spec["leaseDurationSeconds"] != 15.0 || !strings.HasSuffix(spec["renewTime"].(string), ".000000Z") {
		t.Errorf("it is kept as %v", spec)
	}
	if _, err := s.PutLock(t.Context(), fleet.SharedLock{Name: name, Holder: mara}); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("made twice: %v", err)
	}
	again, err := s.PutLock(t.Context(), held)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutLock(t.Context(), held); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("written over a newer one: %v", err)
	}
	list, err := s.Locks(t.Context())
	if err != nil || len(list) != 1 || list[0].Holder != mara || list[0].Name != name || list[0].Version != again.Version || list[0].Life != fleet.SharedLockLife {
		t.Errorf("%+v, %v", list, err)
	}
	again.Holder = fleet.LockHolder{}
	if _, err = s.PutLock(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if now, err := s.Lock(t.Context(), name); err != nil || now.Holder.Token != "" {
		t.Errorf("given back: %+v, %v", now, err)
	}
}

// A Lease whose annotations are gone or altered is held by whom it names.
func TestALeaseOfAnotherHandIsNotFree(t *testing.T) {
	for _, notes := range []string{`{}`, `{"pitwall.dev/holder":"{"}`, `{"pitwall.dev/holder":"{}"}`} {
		l, _ := lockOf([]byte(`{"metadata":{"resourceVersion":"7","annotations":` + notes + `},"spec":{"holderIdentity":"ann"}}`))
		if l.Holder.Token != "ann" || l.Holder.Name != "ann" || l.Version != "7" {
			t.Errorf("%s: %+v", notes, l)
		}
	}
}

func TestACopyIsAConfigMap(t *testing.T) {
	c := newCloset(t)
	s := c.shared()
	first := fleet.ChangeCopy{ID: "c7-1a2b", At: start, Origin: "mara@bastion-1/7", Summary: []byte(`{"id":"c7-1a2b"}`), Journal: []byte{0x1f, 0x8b, 0, 255}}
	if _, err := s.Copy(t.Context(), first.ID); !isAbsent(err) {
		t.Fatal(err)
	}
	kept, err := s.PutCopy(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Copy(t.Context(), first.ID)
	if err != nil || string(got.Journal) != string(first.Journal) || !got.At.Equal(start) || got.Origin != first.Origin || !got.Closed.IsZero() || got.Version != kept.Version {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := s.PutCopy(t.Context(), first); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("made twice: %v", err)
	}
	kept.Closed, kept.Journal = start.Add(time.Hour), nil
	if _, err := s.PutCopy(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	list, err := s.Copies(t.Context())
	if err != nil || len(list) != 1 || !list[0].Closed.Equal(start.Add(time.Hour)) || list[0].Journal != nil || string(list[0].Summary) != `{"id":"c7-1a2b"}` {
		t.Errorf("%+v, %v", list, err)
	}
	large := fleet.ChangeCopy{ID: "c8-1a2b", Journal: make([]byte, fleet.CopyLimit*3/4)}
	if _, err := s.PutCopy(t.Context(), large); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "larger than 64 kB") || len(c.objects) != 1 {
		t.Error(err)
	}
	if err := errors.Join(s.RemoveCopy(t.Context(), first.ID), s.RemoveCopy(t.Context(), first.ID)); err != nil || len(c.objects) != 0 {
		t.Error(err)
	}
}

// A ConfigMap that says it is another change's is left out, with a word, beside the others.
func TestACopyUnderAnotherNameIsLeftOut(t *testing.T) {
	c := newCloset(t)
	s := c.shared()
	if _, err := s.PutCopy(t.Context(), fleet.ChangeCopy{ID: "c7-1a2b", At: start}); err != nil {
		t.Fatal(err)
	}
	const path = "/api/v1/namespaces/pitwall/configmaps/"
	forged, _ := json.Marshal(c.at(path + "pitwall-change-c7-1a2b"))
	var o map[string]any
	_ = json.Unmarshal([]byte(strings.Replace(string(forged), `"name":"pitwall-change-c7-1a2b"`, `"name":"pitwall-change-c9-ff"`, 1)), &o)
	c.objects[path+"pitwall-change-c9-ff"] = o
	list, err := s.Copies(t.Context())
	if len(list) != 1 || list[0].ID != "c7-1a2b" || fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "pitwall-change-c9-ff") {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestAWordIsAnEvent(t *testing.T) {
	c := newCloset(t)
	s := c.shared()
	note := fleet.ObjectNote{Object: fleet.ObjectRef{Kind: "Deployment", Namespace: "llm", Name: "chat"}, API: deployments, UID: "u1", Change: "c7-1a2b",
		By: strings.Repeat("b", 200), Reason: "ChangeStarted", Text: fleet.Label(strings.Repeat("ü", 1000)), Warn: true, At: start}
	if err := errors.Join(s.Tell(t.Context(), note), s.Tell(t.Context(), note)); err != nil {
		t.Fatal(err)
	}
	node := note
	node.Object, node.API = fleet.ObjectRef{Kind: "Node", Name: "n1"}, fleet.ObjectKind{Version: "v1", Resource: "nodes", Kind: "Node"}
	if err := s.Tell(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	if len(c.objects) != 2 {
		t.Fatalf("%d events", len(c.objects))
	}
	for path, e := range c.objects {
		about := e["regarding"].(map[string]any)
		if len(e["note"].(string)) > 1024 || len(e["reportingInstance"].(string)) > 128 || e["eventTime"] == "" || e["type"] != "Warning" || e["reason"] != "ChangeStarted" {
			t.Errorf("%s: %v", path, e)
		}
		if about["kind"] == "Deployment" && (about["apiVersion"] != "apps/v1" || about["uid"] != "u1" || !strings.HasPrefix(path, "/apis/events.k8s.io/v1/namespaces/llm/")) ||
			about["kind"] == "Node" && (about["apiVersion"] != "v1" || !strings.HasPrefix(path, "/apis/events.k8s.io/v1/namespaces/default/")) {
			t.Errorf("%s is about %v", path, about)
		}
	}
}

// What is refused is told with its right; nothing is sent to a server whose certificate is not looked at.
func TestSharingThatIsRefused(t *testing.T) {
	c := newCloset(t)
	c.refuse = func(*http.Request) int { return http.StatusForbidden }
	s := c.shared()
	_, locks := s.Locks(t.Context())
	_, copies := s.Copies(t.Context())
	_, lock := s.PutLock(t.Context(), fleet.SharedLock{Name: "x"})
	for _, err := range []error{locks, copies, lock, s.RemoveCopy(t.Context(), "c1-a"), s.Tell(t.Context(), fleet.ObjectNote{API: deployments})} {
		if fleet.KindOf(err) != fleet.KindAuth {
			t.Errorf("%v", err)
		}
	}
	sent := len(c.requests)
	blind, err := newShared(fleet.SourceSpec{ID: "kube", URL: strings.Replace(c.URL, "http:", "https:", 1), TLS: fleet.TLSSpec{Insecure: true},
		Options: map[string]string{optShared: "pitwall"}}, fleet.Deps{Clock: fleet.NewVirtualClock(start)})
	if err != nil {
		t.Fatal(err)
	}
	_, lock = blind.PutLock(t.Context(), fleet.SharedLock{Name: "x"})
	if errs := []error{lock, blind.RemoveCopy(t.Context(), "c1-a")}; slices.ContainsFunc(errs, func(e error) bool { return fleet.KindOf(e) != fleet.KindReadOnly }) || len(c.requests) != sent {
		t.Error(errs)
	}
}
