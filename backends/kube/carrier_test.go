package kube

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"pitwall/fleet"
)

const proxied = "/api/v1/namespaces/llm/pods/chat-1:8000/proxy"

// through opens a way of a fake API server behind which pod answers.
func through(t *testing.T, options map[string]string, pod http.HandlerFunc) (fleet.Carriers, *api) {
	t.Helper()
	a := newAPI(t)
	a.page = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, proxied) {
			return false
		}
		pod(w, r)
		return true
	}
	a.token = "kube"
	c, err := newCarriers(fleet.SourceSpec{ID: "kube", URL: a.URL, Auth: fleet.SecretRef{Env: "X"}, Options: options}, fleet.Deps{
		Clock:  fleet.NewVirtualClock(start),
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret("kube"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, a
}

func way(t *testing.T, c fleet.Carriers) fleet.Carrier {
	t.Helper()
	w, err := c.Carrier("llm/chat-1:8000")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func get(path string) fleet.CarriedRequest {
	return fleet.CarriedRequest{Method: http.MethodGet, Path: path, Header: map[string][]string{}}
}

func TestARequestIsCarried(t *testing.T) {
	var got *http.Request
	c, _ := through(t, nil, func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("up 1\n"))
	})
	r := get("/v1/models?x=a%2Fb")
	r.Header = map[string][]string{"X-Litellm-Api-Key": {"sk-1"}, "Authorization": {"Bearer sk-2"}, "Accept": {"text/plain"},
		"Impersonate-User": {"root"}, "Cookie": {"a=b"}, "X-Remote-User": {"root"}}
	reply, err := way(t, c).Carry(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(reply.Body)
	_ = reply.Body.Close()
	if reply.Status != 200 || string(body) != "up 1\n" {
		t.Errorf("%d %q", reply.Status, body)
	}
	if got.URL.RequestURI() != proxied+"/v1/models?x=a%2Fb" || got.Header.Get("X-Litellm-Api-Key") != "sk-1" || got.Header.Get("Accept") != "text/plain" {
		t.Errorf("%s %v", got.URL.RequestURI(), got.Header)
	}
	if got.Header.Get("Authorization") != "Bearer kube" || got.Header.Get("Impersonate-User")+got.Header.Get("Cookie")+got.Header.Get("X-Remote-User") != "" {
		t.Errorf("an adapter chose who it is to the API server: %v", got.Header)
	}
}

func TestWhoseAnswerItIs(t *testing.T) {
	status := func(code int, reason, message string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fail(w, code, reason, message) }
	}
	plain := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		}
	}
	for _, c := range []struct {
		name   string
		pod    http.HandlerFunc
		key    bool // the adapter has a credential of its own
		status int  // of the pod's answer, 0 for an error
		kind   fleet.Kind
		words  string
	}{
		{name: "no right", pod: status(403, "Forbidden", `pods "chat-1:8000" is forbidden`), kind: fleet.KindAuth, words: `the verb "get" on pods/proxy is missing in namespace llm`},
		{name: "no pod", pod: status(404, "NotFound", `pods "chat-1" not found`), kind: fleet.KindNotFound, words: "not found"},
		{name: "nothing listens", pod: status(503, "ServiceUnavailable", "error trying to reach service: dial tcp 10.0.0.1:8000: connect: connection refused"),
			kind: fleet.KindUnreachable, words: "does not reach it: dial tcp 10.0.0.1:8000: connect: connection refused"},
		{name: "an older server's words", pod: plain(502, "Error trying to reach service: 'EOF'"), kind: fleet.KindUnreachable, words: "does not reach it: EOF"},
		{name: "busy", pod: status(429, "TooManyRequests", "too many"), kind: fleet.KindRateLimited},
		{name: "the pod's own 503", pod: plain(503, "loading"), status: 503},
		{name: "the pod's own 403", pod: plain(403, `{"error":"no"}`), status: 403},
		{name: "the pod's own 404", pod: plain(404, ""), status: 404},
		{name: "the pod wants a key that does not pass", pod: plain(401, `{"error":"no"}`), key: true, kind: fleet.KindAuth, words: "x-litellm-api-key"},
		{name: "the pod wants a key", pod: plain(401, `{"error":"no"}`), status: 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			ways, _ := through(t, nil, c.pod)
			r := get("/metrics")
			if c.key {
				r.Header["Authorization"] = []string{"Bearer sk"}
			}
			reply, err := way(t, ways).Carry(t.Context(), r)
			if c.status == 0 {
				if fleet.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.words) || !fleet.IsClean(err.Error()) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || reply.Status != c.status {
				t.Fatalf("%+v, %v", reply, err)
			}
			body, _ := io.ReadAll(reply.Body)
			_ = reply.Body.Close()
			want := map[string]string{"the pod's own 503": "loading", "the pod's own 404": ""}
			if text, ok := want[c.name]; ok && string(body) != text {
				t.Errorf("body %q", body)
			}
		})
	}
}

func TestRequestsThatAreNotCarried(t *testing.T) {
	ways, a := through(t, nil, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	w := way(t, ways)
	for _, path := range []string{"/../../secrets", "/a/%2e%2e/b", "/%2E%2e/", "metrics", "", "/a\\..\\b", "/%zz"} {
		if _, err := w.Carry(t.Context(), get(path)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", path, err)
		}
	}
	post := get("/v1/chat")
	post.Method = http.MethodPost
	if _, err := w.Carry(t.Context(), post); fleet.KindOf(err) != fleet.KindReadOnly {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"", "llm", "llm/chat-1", "llm/chat-1:x", "llm/chat-1:0", "llm/../x:1", "../chat-1:1", "llm/..:1", "llm/%zz:1", "llm/%2e%2e:1"} {
		if _, err := ways.Carrier(name); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", name, err)
		}
	}
	if n := a.asked("/"); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestWritesWhereTheyAreAllowed(t *testing.T) {
	var body string
	ways, _ := through(t, map[string]string{"proxy_writes": "true"}, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		body = r.Method + " " + string(b)
	})
	r := get("/model/update")
	r.Method, r.Body = http.MethodPost, []byte("{}")
	reply, err := way(t, ways).Carry(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	_ = reply.Body.Close()
	if body != "POST {}" {
		t.Errorf("the pod got %q", body)
	}
}

func TestARedirectIsThePodsOwn(t *testing.T) {
	ways, _ := through(t, nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, proxied+"/metrics/?a=b", http.StatusTemporaryRedirect)
	})
	reply, err := way(t, ways).Carry(t.Context(), get("/metrics"))
	if err != nil {
		t.Fatal(err)
	}
	_ = reply.Body.Close()
	if to := http.Header(reply.Header).Get("Location"); reply.Status != 307 || to != "/metrics/?a=b" {
		t.Errorf("%d to %q", reply.Status, to)
	}
}

func TestFourAtOnce(t *testing.T) {
	var mu sync.Mutex
	var once sync.Once
	now, most := 0, 0
	enough, gate := make(chan struct{}), make(chan struct{})
	ways, _ := through(t, nil, func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		if now == maxCarried {
			once.Do(func() { close(enough) })
		}
		mu.Unlock()
		<-gate
		mu.Lock()
		now--
		mu.Unlock()
	})
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			reply, err := way(t, ways).Carry(t.Context(), get("/metrics"))
			if err != nil {
				t.Error(err)
				return
			}
			_ = reply.Body.Close()
		})
	}
	<-enough
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := way(t, ways).Carry(ctx, get("/metrics")); err == nil {
		t.Error("a fifth one was sent")
	}
	for range 10 {
		gate <- struct{}{}
		mu.Lock()
		if now > maxCarried {
			t.Error("more than four at once")
		}
		mu.Unlock()
	}
	all.Wait()
	if most != maxCarried {
		t.Errorf("%d at once", most)
	}
}
