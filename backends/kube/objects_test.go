package kube

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/fleet"
)

var services = fleet.ObjectKind{Group: "serving.kserve.io", Version: "v1beta1", Resource: "inferenceservices", Kind: "InferenceService"}

func TestObjectsOfAnyKindAreRead(t *testing.T) {
	s := newShelf(t).with("/apis/serving.kserve.io/v1beta1/namespaces/llm/inferenceservices/chat", `{"spec":{"minReplicas":0}}`).
		with("/api/v1/nodes/n1", `{"kind":"Node"}`)
	o := s.reads()
	got, err := o.Get(t.Context(), services, fleet.ObjectRef{Namespace: "llm", Name: "chat"})
	if err != nil || !strings.Contains(string(got), `"minReplicas":0`) {
		t.Errorf("%s, %v", got, err)
	}
	if r := s.last(); r.Header.Get("Accept") != "application/json" || !strings.HasPrefix(r.Header.Get("User-Agent"), "pitwall/") {
		t.Errorf("asked with %v", r.Header)
	}
	node := fleet.ObjectKind{Version: "v1", Resource: "nodes", Kind: "Node"}
	if _, err = o.Get(t.Context(), node, fleet.ObjectRef{Name: "n1"}); err != nil {
		t.Error(err)
	}
}

func TestObjectsThatCannotBeRead(t *testing.T) {
	s := newShelf(t)
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:] {
		case "hidden":
			fail(w, 403, "Forbidden", `inferenceservices "hidden" is forbidden: User "eve" cannot get resource "inferenceservices"`)
		case "unserved":
			fail(w, 404, "NotFound", "the server could not find the requested resource")
		case "nowhere":
			http.Error(w, "404 page not found", http.StatusNotFound)
		case "rubbish":
			_, _ = io.WriteString(w, "<html>")
		case "huge":
			_, _ = io.WriteString(w, `{"a":"`+strings.Repeat("x", maxObject)+`"}`)
		default:
			return false
		}
		return true
	}
	o := s.reads()
	for name, want := range map[string]struct {
		kind fleet.Kind
		text string
	}{
		"gone":     {fleet.KindNotFound, `"gone" not found`},
		"hidden":   {fleet.KindAuth, "cannot get resource"},
		"unserved": {fleet.KindNotFound, "does not serve inferenceservices of serving.kserve.io in version serving.kserve.io/v1beta1"},
		"nowhere":  {fleet.KindNotFound, "does not serve inferenceservices"},
		"rubbish":  {fleet.KindInvalid, "not JSON"},
		"huge":     {fleet.KindInvalid, "over 4 MiB"},
		"..":       {fleet.KindInvalid, "it has no name"},
	} {
		_, err := o.Get(t.Context(), services, fleet.ObjectRef{Namespace: "llm", Name: name})
		if fleet.KindOf(err) != want.kind || !strings.Contains(err.Error(), want.text) || !fleet.IsClean(fleet.Sentence(err).String()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAListIsReadPageByPage(t *testing.T) {
	s, forgotten, light := newShelf(t), true, false
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		light = light || q.Get("limit") == fmt.Sprint(lightPage)
		switch {
		case q.Get("labelSelector") != "app=chat":
			fail(w, 400, "BadRequest", "no selector came")
		case !light:
			_, _ = io.WriteString(w, `{"items":["`+strings.Repeat("x", maxListBody)+`"]}`)
		case q.Get("continue") == "":
			_, _ = io.WriteString(w, `{"metadata":{"continue":"two"},"items":[{"n":1},{"n":2}]}`)
		case forgotten:
			forgotten = false
			fail(w, 410, "Expired", "The provided continue parameter is too old")
		default:
			_, _ = io.WriteString(w, `{"metadata":{},"items":[{"n":3}]}`)
		}
		return true
	}
	list, err := s.reads().List(t.Context(), services, "llm", "app=chat")
	if err != nil || len(list) != 3 || string(list[2]) != `{"n":3}` {
		t.Errorf("%s, %v", list, err)
	}
	if forgotten || s.last().URL.Path != "/apis/serving.kserve.io/v1beta1/namespaces/llm/inferenceservices" {
		t.Errorf("asked for %s", s.last().URL)
	}
}

func TestAListWithoutAnEndIsRefused(t *testing.T) {
	s := newShelf(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = io.WriteString(w, `{"metadata":{"continue":"more"},"items":[`+strings.TrimSuffix(strings.Repeat("{},", 5000), ",")+`]}`)
		return true
	}
	if list, err := s.reads().List(t.Context(), services, "", ""); fleet.KindOf(err) != fleet.KindInvalid || list != nil {
		t.Errorf("%d objects, %v", len(list), err)
	}
	if n := len(s.requests); n != maxListed/5000 {
		t.Errorf("%d pages were read", n)
	}
}

func TestVersionsOfGroups(t *testing.T) {
	s := newShelf(t)
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case "/api":
			_, _ = io.WriteString(w, `{"kind":"APIVersions","versions":["v1"]}`)
		case "/apis/serving.kserve.io":
			_, _ = io.WriteString(w, `{"kind":"APIGroup","versions":[{"version":"v1alpha1"},{"version":"v1beta1"}],"preferredVersion":{"version":"v1beta1"}}`)
		case "/apis/hidden":
			fail(w, 403, "Forbidden", "no discovery for you")
		default:
			http.Error(w, "404 page not found", http.StatusNotFound)
		}
		return true
	}
	clock := fleet.NewVirtualClock(start)
	o, err := newObjects(s.spec(), fleet.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	for group, want := range map[string]string{"": "[v1]", "serving.kserve.io": "[v1beta1 v1alpha1]", "ray.io": "[]"} {
		if got, err := o.Versions(t.Context(), group); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q has %v, want %s, %v", group, got, want, err)
		}
	}
	if _, err := o.Versions(t.Context(), "hidden"); fleet.KindOf(err) != fleet.KindAuth {
		t.Errorf("got %v", err)
	}
	before := len(s.requests)
	_, _ = o.Versions(t.Context(), "ray.io")
	if len(s.requests) != before {
		t.Error("a group that is known is asked for again")
	}
	if err := clock.Advance(t.Context(), servedFor); err != nil {
		t.Fatal(err)
	}
	if _, _ = o.Versions(t.Context(), "ray.io"); len(s.requests) == before {
		t.Error("a group that was looked up long ago is not asked for again")
	}
}

func TestWhereAnObjectStands(t *testing.T) {
	image := to("/spec/template/spec/containers/0/image", `"vllm:1"`, `"vllm:2"`)
	name := to("/spec/template/spec/containers/0/name", `"vllm"`, `"vllm"`)
	paused := to("/spec/paused", "", "true")
	for _, c := range []struct {
		what   string
		write  fleet.ObjectWrite
		object string
		want   fleet.Standing
	}{
		{"untouched", chatWrite(name, image, paused), chatJSON, fleet.StandsBefore},
		{"done", chatWrite(name, image, paused), strings.Replace(strings.Replace(chatJSON, "vllm:1", "vllm:2", 1), `"spec":{`, `"spec":{"paused":true,`, 1), fleet.StandsAfter},
		{"half", chatWrite(name, image, paused), strings.Replace(chatJSON, "vllm:1", "vllm:2", 1), fleet.StandsForeign},
		{"another value", chatWrite(image), strings.Replace(chatJSON, "vllm:1", "vllm:3", 1), fleet.StandsForeign},
		{"another container", chatWrite(name, image), strings.Replace(chatJSON, `"name":"vllm"`, `"name":"log"`, 1), fleet.StandsForeign},
		{"another object", chatWrite(image), strings.Replace(chatJSON, "u1", "u2", 1), fleet.StandsGone},
		{"by value", chatWrite(to("/spec/replicas", "4.0", "5")), chatJSON, fleet.StandsBefore},
		{"null", chatWrite(to("/spec/paused", "null", "true")), chatJSON, fleet.StandsBefore},
		{"removed", chatWrite(to("/spec/replicas", "4", "")), strings.Replace(chatJSON, `"replicas":4,`, "", 1), fleet.StandsAfter},
	} {
		got, err := newShelf(t).with(chatPath, c.object).reads().Stand(t.Context(), c.write)
		if err != nil || got != c.want {
			t.Errorf("%s stands %q, want %q, %v", c.what, got, c.want, err)
		}
	}
	if got, err := newShelf(t).reads().Stand(t.Context(), chatWrite(image)); err != nil || got != fleet.StandsGone {
		t.Errorf("without an object: %q, %v", got, err)
	}
	if _, err := newShelf(t).reads().Stand(t.Context(), chatWrite(to("spec", "1", "2"))); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("got %v", err)
	}
}

func TestWhereAScaleAndAPodStand(t *testing.T) {
	s := newShelf(t).with(chatPath+"/scale", `{"kind":"Scale","metadata":{"uid":"u1"},"spec":{}}`).
		with("/api/v1/namespaces/llm/pods/p", `{"metadata":{"uid":"p1"}}`).
		with("/api/v1/namespaces/llm/pods/q", `{"metadata":{"uid":"q1","deletionTimestamp":"2026-11-25T12:00:00Z"}}`)
	scale := chatWrite(to("/spec/replicas", "0", "2")) // which a Scale of 0 does not write
	scale.Part = partScale
	if got, err := s.reads().Stand(t.Context(), scale); err != nil || got != fleet.StandsBefore {
		t.Errorf("%q, %v", got, err)
	}
	for name, want := range map[string]fleet.Standing{"p": fleet.StandsBefore, "q": fleet.StandsAfter, "r": fleet.StandsGone} {
		if got, err := s.reads().Stand(t.Context(), eviction(name, name+"1")); err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, err := s.reads().Stand(t.Context(), eviction("p", "p0")); err != nil || got != fleet.StandsGone {
		t.Errorf("another pod: %q, %v", got, err)
	}
}

// eviction is the write that evicts a pod.
func eviction(name, uid string) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: fleet.ObjectRef{Kind: "Pod", Namespace: "llm", Name: name}, UID: uid, Verb: fleet.WriteEvict,
		API: fleet.ObjectKind{Version: "v1", Resource: "pods", Kind: "Pod"}}
}

// reviews answers access reviews by what they ask for.
func reviews(s *shelf, status func(asked string) string) *int {
	n := 0
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/selfsubjectaccessreviews") {
			return false
		}
		n++
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"kind":"SelfSubjectAccessReview","status":%s}`, status(s.bodies[len(s.bodies)-1]))
		return true
	}
	return &n
}

func TestRightsAreAskedForOnce(t *testing.T) {
	s := newShelf(t)
	asked := reviews(s, func(asked string) string {
		return fmt.Sprintf(`{"allowed":%v}`, strings.Contains(asked, `"subresource":"scale"`))
	})
	clock := fleet.NewVirtualClock(start)
	o, err := newObjects(s.spec(), fleet.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	scale := chatWrite(to("/spec/replicas", "1", "2"))
	scale.Part = partScale
	for range 3 {
		if err := o.May(t.Context(), scale); err != nil {
			t.Error(err)
		}
	}
	if *asked != 1 {
		t.Errorf("asked %d times", *asked)
	}
	err = o.May(t.Context(), chatWrite())
	if fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(err.Error(), "may not patch deployments of apps in the namespace llm") {
		t.Errorf("got %v", err)
	}
	if err = o.May(t.Context(), eviction("p", "")); !strings.Contains(fmt.Sprint(err), "ask for the verb create on pods/eviction") {
		t.Errorf("got %v", err)
	}
	before := *asked
	if err := clock.Advance(t.Context(), rightsFor); err != nil {
		t.Fatal(err)
	}
	if _ = o.May(t.Context(), scale); *asked != before+1 {
		t.Error("an old answer is not asked for again")
	}
}

func TestARightForOneObjectSuffices(t *testing.T) {
	s := newShelf(t)
	reviews(s, func(asked string) string {
		return fmt.Sprintf(`{"allowed":%v}`, strings.Contains(asked, `"name":"chat"`))
	})
	if err := s.reads().May(t.Context(), chatWrite()); err != nil {
		t.Error(err)
	}
}

func TestUnknownRightsAreNoClaim(t *testing.T) {
	for _, status := range []string{`{"allowed":false,"evaluationError":"role not found"}`, `7`, `null`} {
		s := newShelf(t)
		asked := reviews(s, func(string) string { return status })
		o := s.reads()
		for range 2 {
			if err := o.May(t.Context(), chatWrite()); err != nil {
				t.Errorf("%s: %v", status, err)
			}
		}
		if *asked != 2 {
			t.Errorf("%s: asked %d times, but nothing was learnt", status, *asked)
		}
	}
	s := newShelf(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		fail(w, 403, "Forbidden", "no reviews")
		return true
	}
	if err := s.reads().May(t.Context(), chatWrite()); err != nil {
		t.Error(err)
	}
	s.Close()
	if err := s.reads().May(t.Context(), chatWrite()); err != nil {
		t.Error(err)
	}
}

// A refused credential is read again at the next call, from the kubeconfig.
func TestARefusedCredentialIsReadAgain(t *testing.T) {
	a := newTLSAPI(t)
	a.token = "new"
	a.set("deployments", deployment(4, 4, 4, 4))
	path := filepath.Join(t.TempDir(), "config")
	write := func(token string) {
		config := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: %q, certificate-authority-data: %s}}]\n"+
			"users: [{name: u, user: {token: %s}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n", a.URL, a.authority(), token)
		if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("old")
	o, err := newObjects(fleet.SourceSpec{ID: "kube", Options: map[string]string{optKubeconfig: path}}, fleet.Deps{Clock: fleet.NewVirtualClock(start)})
	if err != nil {
		t.Fatal(err)
	}
	ref := fleet.ObjectRef{Kind: "Deployment", Namespace: "llm", Name: "chat"}
	if _, err = o.Get(t.Context(), deployments, ref); fleet.KindOf(err) != fleet.KindAuth {
		t.Fatalf("got %v", err)
	}
	write("new")
	if _, err = o.Get(t.Context(), deployments, ref); err != nil {
		t.Error(err)
	}
}
