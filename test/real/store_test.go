//go:build real

package real_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// prometheusVariable names the program of a Prometheus server.
const prometheusVariable = "PITWALL_TEST_PROMETHEUS"

// stopped is a clock that stands: the simulated fleet does not move, so that two ways of reading can be compared.
func stopped() *fleet.VirtualClock { return fleet.NewVirtualClock(time.Now()) }

// TestARealPrometheusSaysTheSame: what pitwall reads of engines and GPUs through a real Prometheus is what it reads
// from them directly, and its aggregates are the sums of that.
func TestARealPrometheusSaysTheSame(t *testing.T) {
	program := os.Getenv(prometheusVariable)
	if program == "" {
		lacks(t, prometheusVariable+" names no prometheus")
	}
	clock := stopped()
	engines, err := sim.Listen(t.Context(), sim.Options{Clock: clock, Mode: fleet.ModeLive})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engines.Close() })
	var parts []fleet.SourceSpec
	for _, s := range engines.Inventory().Sources {
		if s.Subject.Replica != "" || s.Subject.Node != "" && s.Kind == "dcgm" {
			s.From = "prom"
			parts = append(parts, s)
		}
	}
	base := startPrometheus(t, program, parts)

	set := registry.Set(registry.Connectors())
	deps := set.Equip(fleet.Deps{Clock: fleet.SystemClock{}, Secret: engines.Secret}, nil)
	reader, err := set.Open(fleet.SourceSpec{ID: "prom", Kind: "prometheus", URL: base}, deps)
	if err != nil {
		t.Fatal(err)
	}
	store := reader.(fleet.Store)
	store.Serve(parts, []fleet.PoolSpec{{ID: "all", Engine: "vllm", Store: &fleet.StorePool{Source: "prom", Replicas: `job="vllm"`, GPUs: `job="dcgm"`}}})
	said := await(t, store, len(parts))

	direct := map[fleet.SourceID]fleet.Partial{}
	for _, spec := range parts {
		spec.From = ""
		one, err := set.Open(spec, deps)
		if err != nil {
			t.Fatal(err)
		}
		if direct[spec.ID], err = one.Read(t.Context()); err != nil {
			t.Fatalf("%s: %v", spec.ID, err)
		}
	}
	compared := 0
	for _, part := range said.Parts {
		want := direct[part.Source]
		for i := range want.Engines { // TGI names its model elsewhere than on its page
			if i < len(part.Reading.Engines) && part.Reading.Engines[i].Model == "" {
				want.Engines[i].Model = ""
			}
		}
		if !reflect.DeepEqual(part.Reading.Engines, want.Engines) || !reflect.DeepEqual(part.Reading.GPUs, want.GPUs) {
			t.Errorf("%s: what Prometheus says differs from its page", part.Source)
			t.Logf("%+v %+v\ndirectly\n%+v %+v", part.Reading.Engines, part.Reading.GPUs, want.Engines, want.GPUs)
		}
		if age := time.Since(part.Reading.At); age < 0 || age > 30*time.Second {
			t.Errorf("%s: sampled at %v, %v ago", part.Source, part.Reading.At, age)
		}
		compared += len(want.Engines) + len(want.GPUs)
	}
	if compared < 50 {
		t.Errorf("only %d engines and GPUs were compared", compared)
	}
	compareTotals(t, parts, said, direct)
}

// compareTotals holds the aggregates against sums of what was read directly. The fleet stands still: rates are 0.
func compareTotals(t *testing.T, parts []fleet.SourceSpec, said fleet.Partial, direct map[fleet.SourceID]fleet.Partial) {
	t.Helper()
	if len(said.Pools) != 1 || said.Pools[0].Err != nil {
		t.Fatalf("no aggregates: %+v", said.Pools)
	}
	got := said.Pools[0]
	var running, waiting fleet.Count
	replicas, boards := 0, 0
	for _, spec := range parts {
		p := direct[spec.ID]
		boards += len(p.GPUs)
		if spec.Kind != "vllm" {
			continue
		}
		replicas++
		for _, e := range p.Engines {
			running, waiting = running+e.Running.V, waiting+e.Waiting.V
		}
	}
	if got.Running != fleet.Some(running) || got.Waiting != fleet.Some(waiting) || got.Replicas != fleet.Some(replicas) ||
		got.Up != fleet.Some(replicas) || got.GPUs.Boards != fleet.Some(boards) {
		t.Errorf("aggregates are running %v waiting %v of %v replicas, %v up, %v boards; want %v, %v, %d, %d, %d", got.Running, got.Waiting,
			got.Replicas, got.Up, got.GPUs.Boards, running, waiting, replicas, replicas, boards)
	}
	if len(got.Worst) == 0 || len(got.Hurt) == 0 {
		t.Errorf("%d worst replicas, %d GPUs", len(got.Worst), len(got.Hurt))
	}
}

// await reads until everything is there.
func await(t *testing.T, store fleet.Store, want int) fleet.Partial {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		p, err := store.Read(ctx)
		missing := want - len(p.Parts)
		for _, part := range p.Parts {
			if part.Err != nil {
				missing++
			}
		}
		whole := len(p.Pools) == 1 && p.Pools[0].Err == nil && p.Pools[0].Replicas.OK
		if err == nil && missing == 0 && whole {
			return p
		}
		timer := time.NewTimer(time.Second)
		select {
		case <-ctx.Done():
			timer.Stop()
			t.Fatalf("%d sources are still missing, pools %+v: %v", missing, p.Pools, err)
		case <-timer.C:
		}
	}
}

// startPrometheus starts a server that scrapes the sources every second, with the labels that discovery in a cluster puts on.
func startPrometheus(t *testing.T, program string, parts []fleet.SourceSpec) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n")
	jobs := map[string][]string{}
	for _, s := range parts {
		u, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimRight(u.Path, "/")
		if s.Kind == "trtllm" {
			path = "/prometheus/metrics"
		}
		if path == "" {
			path = "/metrics"
		}
		labels := fmt.Sprintf("namespace: serving, pod: %q, __metrics_path__: %q", "pod-of-"+string(s.ID), path)
		jobs[s.Kind] = append(jobs[s.Kind], fmt.Sprintf("      - {targets: [%q], labels: {%s}}\n", u.Host, labels))
	}
	for job, targets := range jobs {
		fmt.Fprintf(&b, "  - job_name: %s\n    static_configs:\n%s", job, strings.Join(targets, ""))
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.CommandContext(t.Context(), program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	ready := func() bool {
		resp, err := http.Get("http://" + address + "/-/ready")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}
	for range 300 {
		if ready() {
			return "http://" + address
		}
		time.Sleep(100 * time.Millisecond)
	}
	text, _ := os.ReadFile(log.Name())
	t.Fatalf("prometheus is not ready; it says\n%s", text)
	return ""
}
