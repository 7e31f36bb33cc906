package smg

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/fleet"
)

// canary is a worker's key: it may be in nothing that pitwall shows or keeps.
const canary = "sk-canary-9d1e"

// fakeRouter is one router with the ugly parts: calls are taken and carried out later, workers are pending before they are ready
// and drain before they are gone, a worker that drains cannot be added again, the key of a worker is never told, and the list has
// another order each time.
type fakeRouter struct {
	mu      sync.Mutex
	t       testing.TB
	server  *httptest.Server
	workers []*fakeWorker
	made    int
	turns   int
	old     bool                                    // of before 0.2
	plain   bool                                    // of sglang-router 0.3: no states, no draining
	slow    int                                     // how many answers a worker is pending, or drains, for
	models  map[string]string                       // what an engine says that it serves, by address
	broken  map[string]bool                         // addresses that cannot be added
	refuse  func(method, path string) (int, string) // answers in its place where it gives a status
	then    func(method, path string)               // after an answer was made
	log     []string                                // writes: method, path and body
	page    string                                  // metrics
}

type fakeWorker struct {
	id, url, key string
	more         map[string]any
	status       string
	left         int // answers until the status changes
	failed       bool
}

func newFake(t testing.TB, workers ...string) *fakeRouter {
	f := &fakeRouter{t: t, slow: 2, models: map[string]string{}, broken: map[string]bool{}}
	for _, url := range workers {
		f.has(url, nil)
	}
	f.server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.server.Close)
	return f
}

// has gives it a worker that is ready.
func (f *fakeRouter) has(url string, more map[string]any) {
	f.made++
	f.workers = append(f.workers, &fakeWorker{id: fmt.Sprintf("00000000-0000-7000-8000-%012d", f.made), url: url, key: canary, more: more,
		status: statusReady})
}

func (f *fakeRouter) serve(out http.ResponseWriter, in *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(in.Body)
	path := in.URL.EscapedPath()
	if in.Method != http.MethodGet {
		f.log = append(f.log, in.Method+" "+in.URL.RequestURI()+" "+string(body))
	}
	if f.then != nil {
		defer f.then(in.Method, path)
	}
	if f.refuse != nil {
		if status, text := f.refuse(in.Method, path); status != 0 {
			answer(out, status, text)
			return
		}
	}
	switch {
	case path == "/readiness":
		answer(out, 200, `{"status":"ready"}`)
	case path == "/metrics":
		_, _ = io.WriteString(out, f.page)
	case f.old:
		f.serveOld(out, in)
	case path == "/workers" && in.Method == http.MethodGet:
		f.turn()
		f.list(out)
	case path == "/workers" && in.Method == http.MethodPost:
		f.add(out, body)
	case strings.HasPrefix(path, "/workers/"):
		f.one(out, in.Method, strings.TrimPrefix(path, "/workers/"))
	default:
		answer(out, 404, "")
	}
}

func answer(out http.ResponseWriter, status int, body string) {
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(status)
	_, _ = io.WriteString(out, body)
}

// turn lets jobs go on by one answer.
func (f *fakeRouter) turn() {
	f.turns++
	for _, w := range f.workers {
		if w.left--; w.left > 0 || w.failed {
			continue
		}
		switch w.status {
		case statusPending:
			w.status = statusReady
		case statusDraining:
			w.status = "gone"
		}
	}
	f.workers = slices.DeleteFunc(f.workers, func(w *fakeWorker) bool { return w.status == "gone" })
}

func (f *fakeRouter) list(out http.ResponseWriter) {
	docs := []map[string]any{}
	for i := range f.workers {
		if w := f.workers[(i+f.turns)%len(f.workers)]; !w.failed {
			docs = append(docs, f.doc(w))
		}
	}
	writeJSON(out, 200, map[string]any{"workers": docs, "total": len(docs), "stats": map[string]int{"regular_count": len(docs)}})
}

func writeJSON(out http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	answer(out, status, string(raw))
}

func (f *fakeRouter) doc(w *fakeWorker) map[string]any {
	doc := map[string]any{"id": w.id, "url": w.url, "worker_type": "regular", "priority": 50, "cost": 1.0, "load": 0,
		"is_healthy": w.status == statusReady}
	if f.plain {
		doc["model_id"], doc["connection_mode"], doc["disable_health_check"] = noModel, "HTTP", false
	} else {
		model := f.modelOf(w.url)
		doc["model_id"], doc["models"] = model, []map[string]any{{"id": model, "model_type": []string{"chat"}}}
		doc["status"], doc["connection_mode"], doc["runtime_type"], doc["max_connection_attempts"] = w.status, "http", "vllm", 20
		doc["labels"], doc["http2"] = map[string]any{"served_model_name": model, "version": "0.11.0"}, false
	}
	for name, v := range w.more {
		if labels, ok := v.(map[string]any); ok && name == "labels" {
			all, _ := doc["labels"].(map[string]any)
			all = maps.Clone(all)
			maps.Copy(all, labels)
			v = all
		}
		doc[name] = v
	}
	delete(doc, "api_key")
	return doc
}

func (f *fakeRouter) modelOf(url string) string {
	if m := f.models[url]; m != "" {
		return m
	}
	return "llama"
}

func (f *fakeRouter) add(out http.ResponseWriter, body []byte) {
	var given map[string]any
	if err := json.Unmarshal(body, &given); err != nil {
		answer(out, 400, `{"error":"no JSON","code":"BAD_REQUEST"}`)
		return
	}
	url, _ := given["url"].(string)
	key, _ := given["api_key"].(string)
	if i := slices.IndexFunc(f.workers, func(w *fakeWorker) bool { return w.url == url && !w.failed }); i >= 0 {
		answer(out, 409, `{"error":"Worker already exists at URL '`+url+`'","code":"WORKER_ALREADY_EXISTS"}`)
		return
	}
	delete(given, "url")
	f.has(url, given)
	w := f.workers[len(f.workers)-1]
	w.key, w.left, w.failed = key, f.slow, f.broken[url]
	if w.status = statusPending; f.plain || f.slow == 0 {
		w.status = statusReady
	}
	writeJSON(out, 202, map[string]any{"status": "accepted", "worker_id": w.id, "url": url, "location": "/workers/" + w.id,
		"message": "Worker addition queued for background processing"})
}

func (f *fakeRouter) one(out http.ResponseWriter, method, id string) {
	i := slices.IndexFunc(f.workers, func(w *fakeWorker) bool { return w.id == id })
	if i < 0 {
		answer(out, 404, `{"error":"Worker not found","code":"WORKER_NOT_FOUND"}`)
		return
	}
	w := f.workers[i]
	switch method {
	case http.MethodGet:
		doc := f.doc(w)
		if w.failed {
			doc["job_status"] = map[string]any{"status": "failed", "message": "step create_worker with key " + w.key + " at " + w.url + " failed"}
		}
		writeJSON(out, 200, doc)
	case http.MethodDelete:
		if w.status, w.left = statusDraining, f.slow; f.plain || f.slow == 0 {
			f.workers = slices.Delete(f.workers, i, i+1)
		}
		writeJSON(out, 202, map[string]any{"status": "accepted", "worker_id": id, "message": "Worker removal queued for background processing"})
	}
}

func (f *fakeRouter) serveOld(out http.ResponseWriter, in *http.Request) {
	url := in.URL.Query().Get("url")
	at := slices.IndexFunc(f.workers, func(w *fakeWorker) bool { return w.url == url })
	switch path := in.URL.Path; {
	case path == "/list_workers" && in.Method == http.MethodGet:
		urls := []string{}
		for _, w := range f.workers {
			urls = append(urls, w.url)
		}
		writeJSON(out, 200, map[string]any{"urls": urls})
	case path == "/add_worker" && in.Method == http.MethodPost && at < 0:
		f.has(url, nil)
		answer(out, 200, "Successfully added worker: "+url)
	case path == "/remove_worker" && in.Method == http.MethodPost && at >= 0:
		f.workers = slices.Delete(f.workers, at, at+1)
		answer(out, 200, "Successfully removed worker: "+url)
	default:
		answer(out, 404, "")
	}
}

// writes are the writes that came, with nothing of a key.
func (f *fakeRouter) writes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.log)
}

// holds are the workers that it has, with their states.
func (f *fakeRouter) holds() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, w := range f.workers {
		list = append(list, w.url+" "+w.status)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// The addresses of the workers in tests.
const (
	one   = "http://10.0.0.1:8000"
	two   = "http://10.0.0.2:8000"
	three = "http://10.0.0.3:8000"
)

// openWriter opens the writer of a gateway with these routers, which asks often.
func openWriter(t testing.TB, options map[string]string, routers ...*fakeRouter) fleet.RouteWriter {
	t.Helper()
	spec := fleet.GatewaySpec{ID: "edge", Kind: Kind, Options: options}
	for i, f := range routers {
		spec.Replicas = append(spec.Replicas, fleet.GatewayReplicaSpec{ID: fleet.GatewayReplicaID(fmt.Sprint("r", i+1)), URL: f.server.URL})
	}
	w, err := Connector().NewWriter(spec, fleet.Deps{Clock: fleet.SystemClock{},
		Secret: func(_ context.Context, ref fleet.SecretRef) (fleet.Secret, error) {
			if ref.IsZero() {
				return fleet.Secret{}, nil
			}
			return fleet.NewSecret(canary), nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	w.(*writer).every = time.Millisecond
	return w
}

// routeOf is a route of the configuration with these workers, called a, b, c.
func routeOf(workers ...string) fleet.RouteSpec {
	r := fleet.RouteSpec{ID: "llama", Gateway: "edge"}
	for i, url := range workers {
		r.Targets = append(r.Targets, fleet.TargetSpec{ID: fleet.TargetID(string(rune('a' + i))), Pool: "p", Deployment: fleet.DeploymentID(url)})
	}
	return r
}

// noKey says that workers want no key.
var noKey = map[string]string{OptionKey: "none"}
