//go:build real

package real_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/backends/productionstack"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// stackBed is a real router with two back ends, and what pitwall has of it.
type stackBed struct {
	*servers.StackRouter
	a, b   *upstream
	route  fleet.RouteSpec
	reader fleet.Reader
	writer fleet.RouteWriter
}

// forms are the two ways to write the same file. %[1]s and %[2]s are the back ends.
var forms = map[string]string{
	"dynamic.yaml": "service_discovery: static\nrouting_logic: roundrobin\nstatic_models:\n  talk:\n    static_backends:\n      - %[1]s # one\n" +
		"      - %[2]s\n    static_model_type: chat\n  spare:\n    static_backends: [%[2]s]\n    static_model_type: chat\nstatic_aliases: {nick: talk}\n",
	"dynamic.json": `{"service_discovery": "static", "routing_logic": "roundrobin", "static_backends": "%[1]s,%[2]s,%[2]s", ` +
		`"static_models": "talk,talk,spare", "static_model_types": "chat,chat,chat", "static_aliases": "nick:talk"}`,
}

func newStackBed(t *testing.T, form string) *stackBed {
	t.Helper()
	x := &stackBed{a: newUpstream(t, http.StatusOK), b: newUpstream(t, http.StatusOK)}
	var err error
	x.StackRouter, err = servers.StartStackRouter(t.Context(), form, fmt.Sprintf(forms[form], x.a.URL, x.b.URL))
	if errors.Is(err, servers.ErrMissing) {
		t.Skipf("%v. It is in no package registry (vllm-router of PyPI is another program): install its repository and name the program", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(x.Tail(3000))
		}
		x.Close()
	})
	x.route = fleet.RouteSpec{ID: "talk", Targets: []fleet.TargetSpec{{ID: "a", Deployment: fleet.DeploymentID(x.a.URL)},
		{ID: "b", Deployment: fleet.DeploymentID(x.b.URL)}}}
	c, deps := productionstack.Connector(), fleet.Deps{Clock: fleet.SystemClock{}}
	x.reader, err = c.NewReader(fleet.SourceSpec{ID: "r", Kind: c.Kind, URL: x.URL}, deps)
	if err != nil {
		t.Fatal(err)
	}
	x.writer, err = c.NewWriter(fleet.GatewaySpec{ID: "g", Kind: c.Kind, File: &fleet.GatewayFile{Path: x.File},
		Replicas: []fleet.GatewayReplicaSpec{{ID: "r", URL: x.URL}}}, deps)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// ask sends requests, and gives how many either back end has answered.
func (x *stackBed) ask(t *testing.T, model string, times int) (a, b int64) {
	t.Helper()
	a, b = x.a.served.Load(), x.b.served.Load()
	for range times {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.URL+"/v1/chat/completions",
			strings.NewReader(`{"model":"`+model+`","messages":[{"role":"user","content":"hi"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("status %d, %v", res.StatusCode, err)
		}
	}
	return x.a.served.Load() - a, x.b.served.Load() - b
}

func (x *stackBed) read(t *testing.T) fleet.Partial {
	t.Helper()
	p, err := x.reader.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (x *stackBed) back(t *testing.T) fleet.ReplicaWeights {
	t.Helper()
	return x.writer.ReadBack(t.Context(), x.route)[0]
}

// follows waits until the router says that it holds weights, for as long as the connector says.
func (x *stackBed) follows(t *testing.T, want fleet.Weights) {
	t.Helper()
	until(t, x.writer.Settle(), fmt.Sprintf("the router holds %v", want), func() bool {
		back := x.back(t)
		return back.Err == nil && back.Weights.Equal(want) && back.Pending.IsEmpty()
	})
}

func (x *stackBed) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(x.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestARealStackRouterFollowsItsFile takes a back end out of a real router and puts it back, in both forms of its file.
func TestARealStackRouterFollowsItsFile(t *testing.T) {
	for form := range forms {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			x := newStackBed(t, form)
			both, one := fleet.Weights{"a": 1, "b": 1}, fleet.Weights{"a": 0, "b": 1}
			x.follows(t, both)
			if a, b := x.ask(t, "talk", 10); a != 5 || b != 5 {
				t.Errorf("round robin gave %d and %d", a, b)
			}
			x.counts(t)
			if err := x.writer.SetWeights(t.Context(), x.route, both, one); err != nil {
				t.Fatal(err)
			}
			x.follows(t, one)
			if a, b := x.ask(t, "nick", 4); a != 0 || b != 4 {
				t.Errorf("one back end is out, and they get %d and %d", a, b)
			}
			editor := x.writer.(fleet.RouteEditor)
			edit := fleet.RouteEdit{Kind: fleet.EditAlias, Alias: "other", After: []fleet.RouteID{"talk"}}
			if err := editor.Edit(t.Context(), x.route, edit); err != nil {
				t.Fatal(err)
			}
			until(t, x.writer.Settle(), "the alias is held", func() bool {
				return editor.EditStands(t.Context(), x.route, edit)[0].At == fleet.StandsAfter
			})
			if err := x.writer.SetWeights(t.Context(), x.route, one, both); err != nil {
				t.Fatal(err)
			}
			x.follows(t, both)
			if a, b := x.ask(t, "other", 10); a != 5 || b != 5 {
				t.Errorf("put back they get %d and %d", a, b)
			}
		})
	}
}

// counts compares what is read with what was sent.
func (x *stackBed) counts(t *testing.T) {
	t.Helper()
	p := x.read(t)
	if p.Gateway.Mode != fleet.GatewayModeFile || p.Gateway.Strategy != "roundrobin" || len(p.Notices) != 0 {
		t.Errorf("%+v, %+v", p.Gateway, p.Notices)
	}
	talk := p.Gateway.Routing["talk"]
	if !talk.Pending.IsEmpty() || !talk.Fixed.IsEmpty() || len(talk.Aliases) != 1 || talk.Aliases[0] != "nick" {
		t.Errorf("%+v", talk)
	}
	for _, d := range p.Gateway.Deployments {
		if want := map[fleet.RouteID]float64{"talk": 5, "spare": 0}[d.Route]; d.Requests != fleet.Some(want) || d.Failures != fleet.Some(0.0) ||
			int(d.Latency.Count()) != int(want) {
			t.Errorf("%s of %s: %+v, want %v requests", d.ID, d.Route, d, want)
		}
	}
}

// TestARealStackRouterRefusesInItsLogAlone: what it does not take over shows in what pitwall reads back.
func TestARealStackRouterRefusesInItsLogAlone(t *testing.T) {
	t.Parallel()
	x := newStackBed(t, "dynamic.yaml")
	both := fleet.Weights{"a": 1, "b": 1}
	x.follows(t, both)
	good, err := os.ReadFile(x.File)
	if err != nil {
		t.Fatal(err)
	}
	said := func(text string) func() bool {
		return func() bool { log, err := os.ReadFile(x.Log); return err == nil && strings.Contains(string(log), text) }
	}
	// A field that it does not know makes it refuse the whole file.
	x.write(t, "future_field: 1\n"+strings.Replace(string(good), "      - "+x.b.URL+"\n", "", 1))
	until(t, 30*time.Second, "it refuses", said("unexpected keyword argument 'future_field'"))
	if back := x.back(t); !back.Weights.Equal(both) || !strings.Contains(back.Pending.String(), "its file says 1/0") {
		t.Errorf("%+v", back)
	}
	err = x.writer.SetWeights(t.Context(), x.route, fleet.Weights{"a": 1, "b": 0}, both)
	if fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "future_field") {
		t.Errorf("%v", err)
	}
	// So does an address that it does not take.
	x.write(t, strings.Replace(string(good), x.b.URL, "http://embed-svc:8000", 1))
	until(t, 30*time.Second, "it refuses", said("Skipping invalid URL: http://embed-svc:8000"))
	if back := x.back(t); !back.Weights.Equal(both) || !strings.Contains(back.Pending.String(), "refuse that file") {
		t.Errorf("%+v", back)
	}
	// A routing logic that cannot be made comes after the back ends: these are taken over, and it says the file of before.
	x.write(t, strings.NewReplacer("roundrobin", "session", "      - "+x.b.URL+"\n", "").Replace(string(good)))
	until(t, 30*time.Second, "half of it is taken over", func() bool {
		return strings.Contains(x.read(t).Gateway.Routing["talk"].Pending.String()+x.back(t).Pending.String(), "a part of the file was taken over")
	})
	// A back end that is listed twice is no weight.
	x.write(t, strings.Replace(string(good), "      - "+x.b.URL+"\n", "      - "+x.b.URL+"\n      - "+x.b.URL+"\n", 1))
	until(t, 30*time.Second, "it holds the list", func() bool { return len(x.read(t).Notices) == 1 })
	if a, b := x.ask(t, "talk", 10); a != 5 || b != 5 {
		t.Errorf("listed twice it gets %d of 10", b)
	}
}

// TestABackEndIsTakenOutOfARealStackRouter types at pitwall: it plans one step, writes the file, reads the router back, and the
// traffic follows; undo puts it back.
func TestABackEndIsTakenOutOfARealStackRouter(t *testing.T) {
	t.Parallel()
	x := newStackBed(t, "dynamic.yaml")
	both := fleet.Weights{"a": 1, "b": 1}
	x.follows(t, both)
	account := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"m"},{"id":"n"}]}`) // a key that is accepted proves health
	}))
	defer account.Close()
	dir := t.TempDir()
	path := filepath.Join(dir, "pitwall.yaml")
	write(t, path, fill(t, "testdata/stack.yaml", map[string]string{"File": x.File, "Router": x.URL, "A": x.a.URL, "B": x.b.URL,
		"Account": account.URL}), 0o600)
	op := program{flags: []string{"--config", path, "--state-dir", filepath.Join(dir, "state")}, environ: []string{"STACK_KEY=k"}}
	s := op.snapshot(t)
	if g := s.Gateways[0]; g.Writable != fleet.Some(true) || !s.Route("talk").Weights.Equal(both) {
		t.Fatalf("%+v\n%+v", g, s.Route("talk"))
	}
	r := op.must(t, 2, "shift", "talk", "a=30")
	if !strings.Contains(r.out+r.errs, "has no weights") {
		t.Errorf("a weight is answered with\n%s%s", r.out, r.errs)
	}
	users := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-users:
				return
			case <-time.After(30 * time.Millisecond):
				x.ask(t, "talk", 1)
			}
		}
	}()
	defer func() { close(users); <-done }()
	// Of two back ends one is half of the route, and nothing is known of how they carry.
	known := []string{"--confirm", "talk", "--reason", "the bed is a minute old", "--override", "IL-HISTORY"}
	for _, id := range []string{"IL-02", "IL-10", "IL-15", "IL-22"} {
		known = append(known, "--override", id)
	}
	op.must(t, 0, slices.Concat([]string{"shift", "talk", "a=0", "--yes"}, pace, known)...)
	if back := x.back(t); !back.Weights.Equal(fleet.Weights{"a": 0, "b": 1}) || !back.Pending.IsEmpty() {
		t.Errorf("%+v", back)
	}
	if got := op.snapshot(t).Route("talk").Target("a"); got.Set != fleet.Some(0) || got.SetShare != fleet.Some(fleet.Ratio(0)) {
		t.Errorf("%+v", got)
	}
}
