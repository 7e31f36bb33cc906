package sim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"pitwall/backends/litellm"
	"pitwall/fleet"
)

// wiretap stands before the gateways and keeps what goes through.
type wiretap struct {
	mu   sync.Mutex
	seen []exchange
}

type exchange struct {
	request  *http.Request
	sent     []byte
	status   int
	answered []byte
	header   http.Header
}

// before is an address that passes everything on to another.
func (w *wiretap) before(t *testing.T, url string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		onward, err := http.NewRequestWithContext(r.Context(), r.Method, url+r.URL.RequestURI(), bytes.NewReader(sent))
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadGateway)
			return
		}
		onward.Header = r.Header.Clone()
		resp, err := http.DefaultTransport.RoundTrip(onward)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadGateway)
			return
		}
		answered, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		w.mu.Lock()
		w.seen = append(w.seen, exchange{r.Clone(context.Background()), sent, resp.StatusCode, answered, resp.Header})
		w.mu.Unlock()
		for k, v := range resp.Header {
			rw.Header()[k] = v
		}
		rw.WriteHeader(resp.StatusCode)
		_, _ = rw.Write(answered)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// editor opens the writer of the embedded fleet's gateway, with every request tapped.
func editor(t *testing.T, f *Fleet, clock fleet.Clock) (fleet.RouteEditor, fleet.RouteSpec, *wiretap) {
	t.Helper()
	tap, inv := &wiretap{}, f.Inventory()
	spec := inv.Gateways[0]
	spec.Replicas = append([]fleet.GatewayReplicaSpec{}, spec.Replicas...)
	for i := range spec.Replicas {
		spec.Replicas[i].URL = tap.before(t, spec.Replicas[i].URL)
	}
	w, err := litellm.Connector().NewWriter(spec, fleet.Deps{Clock: clock, Secret: f.Secret})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range inv.Routes {
		if r.ID == routeChat {
			return w.(fleet.RouteEditor), r, tap
		}
	}
	t.Fatal("the fleet has no chat")
	return nil, fleet.RouteSpec{}, nil
}

func standing(e fleet.RouteEditor, r fleet.RouteSpec, edit fleet.RouteEdit) string {
	var out []string
	for _, s := range e.EditStands(context.Background(), r, edit) {
		out = append(out, fmt.Sprint(s.At, s.Holds, s.Err))
	}
	return strings.Join(out, ", ")
}

const (
	allBefore = "before <nil>, before <nil>, before <nil>"
	allAfter  = "after <nil>, after <nil>, after <nil>"
	oneAfter  = "after <nil>, before <nil>, before <nil>"
)

func editsOfChat() []fleet.RouteEdit {
	return []fleet.RouteEdit{
		{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackFailure, Before: []fleet.RouteID{routeBackup}, After: []fleet.RouteID{routeCode, routeBackup}},
		{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackContext, After: []fleet.RouteID{routeCode}},
		{Kind: fleet.EditFallbacks, Fallback: fleet.FallbackPolicy, After: []fleet.RouteID{routeBackup}},
		{Kind: fleet.EditAlias, Alias: "gpt-4o", After: []fleet.RouteID{routeChat}},
		{Kind: fleet.EditBlock, Target: "b200-a", Out: true},
		{Kind: fleet.EditAdd, Member: &fleet.MemberEdit{ID: "chat-v2", Model: "openai/llama-70b-v2", APIBase: "http://10.9.9.9:8000/v1",
			Credential: "none", Settings: `{"params":{"rpm":600}}`}},
	}
}

// Each edit goes to one replica, reaches the others by their poll, and is taken back, on every version that is played; all
// that is sent and answered fits LiteLLM's own description.
func TestEditsOnEveryVersion(t *testing.T) {
	for _, version := range []string{"1.80.9", "1.81.15", "1.96.0"} {
		t.Run(version, func(t *testing.T) {
			f, clock := listen(t, Options{LiteLLM: version})
			w, r, tap := editor(t, f, clock)
			for _, e := range editsOfChat() {
				if e.Target != "" {
					e.Target = r.Targets[0].ID
				}
				err := w.Editable(t.Context(), r, e)
				if lacks := e.Kind == fleet.EditBlock && version != "1.96.0" || e.Fallback == fleet.FallbackPolicy && version == "1.80.9"; lacks {
					if fleet.KindOf(err) != fleet.KindUnsupported {
						t.Errorf("%s %s: %v", e.Kind, e.Fallback, err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := standing(w, r, e); got != allBefore {
					t.Fatalf("%s %s%s begins %s", e.Kind, e.Fallback, e.Alias, got)
				}
				apply(t, w, r, e, clock)
				if e.Fallback == fleet.FallbackContext && version == "1.80.9" {
					continue // the last entry of a list cannot be taken away there
				}
				apply(t, w, r, e.Inverse(), clock)
			}
			if version == "1.96.0" {
				t.Run("described", func(t *testing.T) { tap.fits(t, describedBy(t)) })
			}
		})
	}
}

func apply(t *testing.T, w fleet.RouteEditor, r fleet.RouteSpec, e fleet.RouteEdit, clock *fleet.VirtualClock) {
	t.Helper()
	if err := w.Edit(t.Context(), r, e); err != nil {
		t.Fatal(err)
	}
	if got := standing(w, r, e); got != oneAfter && (e.Fallback != fleet.FallbackPolicy || got != allAfter) {
		t.Errorf("%s %s%s: at once it stands %s", e.Kind, e.Fallback, e.Alias, got)
	}
	if err := clock.Advance(t.Context(), 31*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := standing(w, r, e); got != allAfter {
		t.Errorf("%s %s%s: after the poll it stands %s", e.Kind, e.Fallback, e.Alias, got)
	}
}

func describedBy(t *testing.T) routers.Router {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(shared(t, "gateways/litellm-openapi-1.96.0-subset.json")))
	if err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// fits holds every exchange to the description, and wants every call of edits among them.
func (w *wiretap) fits(t *testing.T, router routers.Router) {
	t.Helper()
	checked := w.described(t, router)
	for _, want := range []string{"POST /fallback", "GET /fallback/chat", "DELETE /fallback/chat", "POST /model/block", "POST /model/unblock",
		"POST /model/new", "POST /model/delete"} {
		if !checked[want] {
			t.Errorf("%s was not made", want)
		}
	}
}

// described holds every exchange to the description; some calls are hidden from it, and it cannot describe itself.
func (w *wiretap) described(t *testing.T, router routers.Router) map[string]bool {
	t.Helper()
	checked := map[string]bool{}
	for _, x := range w.seen {
		path := x.request.URL.Path
		if path == "/get/config/callbacks" || path == "/config/update" || path == "/openapi.json" || path == "/metrics" {
			continue
		}
		req, err := http.NewRequestWithContext(t.Context(), x.request.Method, "http://gateway"+x.request.URL.RequestURI(), bytes.NewReader(x.sent))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = x.request.Header
		route, params, err := router.FindRoute(req)
		if err != nil {
			t.Errorf("%s %s: %v", req.Method, path, err)
			continue
		}
		in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("%s %s sent %s: %v", req.Method, path, x.sent, err)
		}
		if x.status != http.StatusNotFound { // which the description does not have
			out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: x.status, Header: x.header, Options: in.Options,
				Body: io.NopCloser(bytes.NewReader(x.answered))}
			if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
				t.Errorf("%s %s answered %d %s: %v", req.Method, path, x.status, x.answered, err)
			}
		}
		checked[req.Method+" "+path] = true
	}
	return checked
}

// A save in the manner of old versions replaces the row and wipes aliases that it leaves out: what pitwall must not do.
func TestASaveWipesWhatItLeavesOut(t *testing.T) {
	for version, want := range map[string]string{"1.81.15": "", "1.96.0": "", "1.106.2": "gpt-4o"} {
		f, _ := listen(t, Options{LiteLLM: version})
		url := f.URL("gw-1")
		for _, body := range []string{`{"router_settings":{"model_group_alias":{"gpt-4o":"chat"}}}`,
			`{"router_settings":{"context_window_fallbacks":[{"chat":["code"]}]}}`} {
			if resp, text := send(t, "POST", url+"/config/update", key, body); resp.StatusCode != 200 {
				t.Fatalf("%d %s", resp.StatusCode, text)
			}
		}
		_, live := get(t, url+"/get/config/callbacks", true)
		if got := strings.Contains(live, "gpt-4o"); got != (want != "") || !strings.Contains(live, `[{"chat":["code"]}]`) {
			t.Errorf("%s: %s", version, live)
		}
	}
}

// From 1.106 on the config file's word stands: the call for fallbacks answers 200, and the poll takes it back.
func TestTheFileTakesAChangeBack(t *testing.T) {
	f, clock := listen(t, Options{LiteLLM: "1.106.2"})
	w, r, _ := editor(t, f, clock)
	e := editsOfChat()[0]
	if err := w.Edit(t.Context(), r, e); err != nil {
		t.Fatal(err)
	}
	if got := standing(w, r, e); got != oneAfter {
		t.Errorf("at once it stands %s", got)
	}
	if err := clock.Advance(t.Context(), 31*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := standing(w, r, e); got != allBefore {
		t.Errorf("after the poll it stands %s", got)
	}
}

// An alias is followed by requests, and so is a new fallback: clients see it, not only the settings.
func TestRequestsFollowEdits(t *testing.T) {
	f, clock := listen(t, Options{})
	w, r, _ := editor(t, f, clock)
	ask := func(name string) (*http.Response, string) {
		return send(t, "POST", f.URL("gw-1")+"/v1/chat/completions", key,
			`{"model":"`+name+`","max_tokens":2,"messages":[{"role":"user","content":"hi"}]}`)
	}
	if resp, body := ask("gpt-4o"); resp.StatusCode != 400 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	alias := fleet.RouteEdit{Kind: fleet.EditAlias, Alias: "gpt-4o", After: []fleet.RouteID{routeCode}}
	if err := w.Edit(t.Context(), r, alias); err != nil {
		t.Fatal(err)
	}
	flow(t, f, clock)
	resp, body := ask("gpt-4o")
	if id := resp.Header.Get("x-litellm-model-id"); resp.StatusCode != 200 || !strings.HasPrefix(id, "code-") {
		t.Errorf("%d from %s: %s", resp.StatusCode, id, body)
	}
}

// What is counted of the day is the sum of what clients cost, and fits LiteLLM's own description.
func TestSpendingOfTheDayIsPlayed(t *testing.T) {
	f, clock := listen(t, Options{})
	flow(t, f, clock)
	tap := &wiretap{}
	url := tap.before(t, f.URL("gw-1"))
	r, err := litellm.NewReader(fleet.SourceSpec{ID: "gw-1", URL: url, Auth: f.Inventory().Gateways[0].Auth}, fleet.Deps{Clock: clock, Secret: f.Secret})
	if err != nil {
		t.Fatal(err)
	}
	var p fleet.Partial
	for i := 0; i < 1000 && (p.Gateway == nil || p.Gateway.Spend == nil); i++ {
		if p, err = r.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if p.Gateway.Spend == nil || p.Gateway.Spend.Total <= 0 || p.Gateway.Spend.Routes[routeChat] <= 0 {
		t.Fatalf("read %+v", p.Gateway.Spend)
	}
	tap.mu.Lock()
	defer tap.mu.Unlock()
	seen := 0
	for _, x := range tap.seen {
		if strings.HasPrefix(x.request.URL.Path, "/user/daily/activity") {
			seen++
		}
	}
	if seen != 1 {
		t.Errorf("asked %d times", seen)
	}
	t.Run("described", func(t *testing.T) { tap.described(t, describedBy(t)) })
}
