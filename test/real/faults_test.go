//go:build real

package real_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pitwall/backends/litellm"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// front stands before a simulated engine and fails as backends do.
type front struct {
	URL, Engine string
	Weight      int

	pass   http.Handler
	mode   atomic.Value // string
	turn   atomic.Int64
	server *http.Server
}

// The ways in which a front answers.
const (
	healthy  = "healthy"
	brownout = "brownout" // three of four requests fail after a while
	quota    = "quota"    // 429 with headers
)

// ServeHTTP answers a gateway.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch f.mode.Load() {
	case brownout:
		if f.turn.Add(1)%4 != 0 {
			time.Sleep(50 * time.Millisecond) // slow on purpose; nothing waits for it
			http.Error(w, `{"error": {"message": "overloaded", "type": "server_error"}}`, http.StatusServiceUnavailable)
			return
		}
	case quota:
		w.Header().Set("Retry-After", "30")
		w.Header().Set("x-ratelimit-remaining-requests", "0")
		http.Error(w, `{"error": {"message": "You exceeded your current quota", "type": "insufficient_quota"}}`, http.StatusTooManyRequests)
		return
	}
	f.pass.ServeHTTP(w, r)
}

// up listens, again on the same port after down.
func (f *front) up(t *testing.T) {
	t.Helper()
	at := "127.0.0.1:0"
	if f.URL != "" {
		at = strings.TrimPrefix(f.URL, "http://")
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	f.URL, f.server = "http://"+l.Addr().String(), &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	go func() { _ = f.server.Serve(l) }() // until down
}

// down refuses connections and cuts those that are open.
func (f *front) down() { _ = f.server.Close() }

// faultBed is one real LiteLLM before three engines.
type faultBed struct {
	Key, Gateway string
	Fronts       map[string]*front
	reader       fleet.Reader
}

func newFaultBed(t *testing.T) *faultBed {
	t.Helper()
	program := litellmProgram(t)
	engines, err := sim.Listen(context.Background(), sim.Options{Clock: fleet.SystemClock{}, Mode: fleet.ModeLive,
		Engines: map[string]string{"h100-b": "vllm", "h200-dr": "vllm"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engines.Close() })
	b := &faultBed{Key: bedKey, Fronts: map[string]*front{}, Gateway: fmt.Sprintf("http://127.0.0.1:%d", freePort(t))}
	for id, x := range map[string]struct {
		engine string
		weight int
	}{"a": {"b200-a-r1", 50}, "b": {"h100-b-r1", 30}, "c": {"h200-dr-r1", 20}} {
		to, err := url.Parse(engines.URL(x.engine))
		if err != nil {
			t.Fatal(err)
		}
		pass := httputil.NewSingleHostReverseProxy(to)
		pass.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up
		f := &front{Engine: to.String(), Weight: x.weight, pass: pass}
		f.mode.Store(healthy)
		f.up(t)
		t.Cleanup(func() { f.down() })
		b.Fronts[id] = f
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	write(t, config, fill(t, "testdata/faults.yaml", b), 0o600)
	b.serve(t, program, config, filepath.Join(dir, "litellm.log"))
	b.reader, err = litellm.NewReader(fleet.SourceSpec{ID: "gw-1", URL: b.Gateway, Auth: fleet.SecretRef{Env: "BED_KEY"}},
		fleet.Deps{Clock: fleet.SystemClock{}, Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(bedKey), nil }})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// serve starts the proxy and waits until it answers.
func (b *faultBed) serve(t *testing.T, program, config, record string) {
	t.Helper()
	out, err := os.Create(record)
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(b.Gateway, "http://"))
	cmd := exec.Command(program, "--config", config, "--host", "127.0.0.1", "--port", port)
	cmd.Env = append(environment(), "LITELLM_LOCAL_MODEL_COST_MAP=True") // else it would download a price map
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait() // how it ended does not matter
		_ = out.Close()
		if t.Failed() {
			t.Logf("end of LiteLLM's log:\n%s", tail(record, 3000))
		}
	})
	until(t, 3*time.Minute, b.Gateway+" answers", func() bool { return alive(b.Gateway) })
}

func (b *faultBed) reading(t *testing.T) *fleet.GatewayReading {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	p, err := b.reader.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return p.Gateway
}

func (b *faultBed) routing(t *testing.T) fleet.Routing {
	t.Helper()
	return b.reading(t).Routing["chat"]
}

// readings are the members by their ids.
type readings = map[fleet.DeploymentID]fleet.DeploymentReading

func (b *faultBed) read(t *testing.T) readings {
	t.Helper()
	out := readings{}
	for _, d := range b.reading(t).Deployments {
		out[d.ID] = d
	}
	return out
}

// gained waits until the counters have grown as wanted, and writes down what each member did meanwhile.
func (b *faultBed) gained(t *testing.T, what string, grown func(before, now readings) bool) {
	t.Helper()
	before := b.read(t)
	until(t, 2*time.Minute, what, func() bool {
		now := b.read(t)
		ok := grown(before, now)
		if ok {
			for id, d := range now {
				t.Logf("%s: %s answered %.0f of %.0f more requests; cooled down %v, by status %v; failed by status %v", what, id,
					d.Successes.V-before[id].Successes.V, d.Requests.V-before[id].Requests.V, d.Cooldowns, d.CooldownsByStatus, d.FailuresByStatus)
			}
		}
		return ok
	})
}

// TestARealProxyTellsWhyItLeavesBackendsOut has one of three backends die, one brown out and one exhaust its quota.
func TestARealProxyTellsWhyItLeavesBackendsOut(t *testing.T) {
	b := newFaultBed(t)
	users := newClients(t, "chat", []string{b.Gateway}, rate)
	since := func(before, now readings, id fleet.DeploymentID) float64 {
		return now[id].Successes.Or(0) - before[id].Successes.Or(0)
	}
	b.gained(t, "all answer", func(before, now readings) bool {
		return since(before, now, "a")+since(before, now, "b")+since(before, now, "c") > 100
	})
	op := b.operator(t)
	t.Run("healthy", func(t *testing.T) {
		route := op.snapshot(t).Route("chat")
		for id, want := range map[fleet.TargetID]float64{"a": .5, "b": .3, "c": .2} {
			if got := route.Target(id); !got.Seen.OK || float64(got.Seen.V) < want-.15 || float64(got.Seen.V) > want+.15 || got.Cooling {
				t.Errorf("%s: seen %v of %.0f requests, want about %.2f; cooling %v", id, got.Seen, got.SeenN, want, got.Cooling)
			}
		}
		if r := b.routing(t); r.Cooldown != fleet.Some(fleet.Seconds(8)) || r.Retries != fleet.Some(fleet.Count(2)) || r.ByOrder != fleet.Some(true) {
			t.Errorf("routing %+v", r)
		}
	})
	t.Run("one dies", func(t *testing.T) {
		b.Fronts["a"].down()
		b.gained(t, "the dead one is left out", func(before, now readings) bool {
			return now["a"].Cooldowns.Or(0) > before["a"].Cooldowns.Or(0) && now["a"].CooldownsByStatus["500"] > before["a"].CooldownsByStatus["500"]
		})
		b.gained(t, "the others take its load", func(before, now readings) bool {
			return since(before, now, "b")+since(before, now, "c") > 60 && since(before, now, "a") == 0
		})
		b.shown(t, op, "a", "500", .1)
		b.Fronts["a"].up(t)
	})
	b.gained(t, "it is back", func(before, now readings) bool { return since(before, now, "a") > 20 })
	t.Run("one browns out", func(t *testing.T) {
		b.Fronts["b"].mode.Store(brownout)
		b.gained(t, "the brown one is left out", func(before, now readings) bool {
			return now["b"].CooldownsByStatus["503"] > before["b"].CooldownsByStatus["503"]
		})
		b.shown(t, op, "b", "503", .25) // one of four of its requests is answered, and it is tried again and again
		b.Fronts["b"].mode.Store(healthy)
	})
	t.Run("one is out of quota", func(t *testing.T) {
		b.Fronts["c"].mode.Store(quota)
		b.gained(t, "the one without quota is left out", func(before, now readings) bool {
			return now["c"].CooldownsByStatus["429"] > before["c"].CooldownsByStatus["429"]
		})
		b.shown(t, op, "c", "429", .1)
	})
	if failed, sent := users.failed.Load(), users.sent.Load(); float64(failed) > .1*float64(sent) {
		t.Errorf("%d of %d requests failed, though two of three members could answer", failed, sent)
	}
	t.Run("all are out of quota", func(t *testing.T) {
		for _, f := range b.Fronts {
			f.mode.Store(quota)
		}
		text := ""
		until(t, time.Minute, "the proxy names those that it leaves out", func() bool {
			text = b.ask(t)
			return strings.Contains(text, "No deployments available") && strings.Contains(text, "cooldown_list=")
		})
		for id := range b.Fronts {
			if !strings.Contains(text, "'"+id+"'") {
				t.Errorf("%s is not among those in %s", id, text)
			}
		}
		t.Log(text)
	})
}

// shown looks until a cool-down falls between two readings, and holds the screen's data to it: that the member is left out, for
// which status, and how little it gets.
func (b *faultBed) shown(t *testing.T, op program, id fleet.TargetID, status string, most float64) {
	t.Helper()
	var target *fleet.Target
	for range 6 {
		if target = op.snapshot(t).Route("chat").Target(id); target.Cooling {
			break
		}
	}
	if !target.Cooling || !strings.Contains(target.CoolWhy.String(), status) || !target.Seen.OK || float64(target.Seen.V) > most {
		t.Errorf("%s: cooling %v for %q, want %s; seen %v of %.0f, want at most %.2f", id, target.Cooling, target.CoolWhy, status, target.Seen,
			target.SeenN, most)
	}
	t.Logf("%s: cooling for %q, seen %v of %.0f", id, target.CoolWhy, target.Seen, target.SeenN)
}

// operator is pitwall with a configuration of this bed.
func (b *faultBed) operator(t *testing.T) program {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "pitwall.yaml")
	write(t, path, fill(t, "testdata/pitwallfaults.yaml", b), 0o600)
	return program{flags: []string{"--config", path, "--state-dir", filepath.Join(dir, "state")}, environ: []string{"BED_KEY=" + bedKey}}
}

// ask makes one request and gives the text of its answer where it was refused with 429.
func (b *faultBed) ask(t *testing.T) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.Gateway+"/v1/chat/completions",
		strings.NewReader(fmt.Sprintf(question, "chat")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bedKey)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil || res.StatusCode != http.StatusTooManyRequests {
		return ""
	}
	return string(text)
}
