package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"pitwall/backends/sim/promapi"
	"pitwall/fleet"
)

const (
	largeCPU  = 10.0             // per cent of a core
	largeRSS  = 200              // MB
	largeWarm = 3 * time.Minute  // at most, until every pool was read
	largeTime = 60 * time.Second // two rounds of questions about every pool
	// largeAsks is how many queries a round about one pool takes: its engines and its GPUs, and the worst of each.
	largeAsks = 4
)

// measureLargeFleet opens the console on 10,000 replicas and 80,000 GPUs that a store answers for, pool by pool. This
// process plays the store from a model, so that its own work does not count.
func measureLargeFleet(ctx context.Context, w *workshop) ([]row, error) {
	rows := []row{
		{figure: "CPU, 10,000 replicas and 80,000 GPUs through a store", asked: "< 10 % of a core"},
		{figure: "resident memory, likewise, at its highest", asked: "< 200 MB"},
	}
	now := time.Now()
	model := promapi.LargeModel(now)
	data := promapi.NewLarge(model)
	var asked atomic.Int64
	url, stop, err := serveLarge(ctx, data, &asked)
	if err != nil {
		return rows, err
	}
	defer stop()
	home, err := w.folder()
	if err != nil {
		return rows, err
	}
	config := filepath.Join(home, "large.yaml")
	if err := os.WriteFile(config, []byte(largeConfig(url, model)), 0o600); err != nil {
		return rows, err
	}
	t, err := open(ctx, w.bin, home, 120, 40, nil, "--config", config)
	if err != nil {
		return rows, err
	}
	defer t.close()
	if err := t.allRead(ctx, model.Pools[0].Name); err != nil {
		return rows, err
	}
	from := asked.Load()
	before, err := t.cpu()
	if err != nil {
		return rows, err
	}
	began := time.Now()
	if err := sleep(ctx, largeTime); err != nil {
		return rows, err
	}
	after, err := t.cpu()
	if err != nil {
		return rows, err
	}
	// On a busy machine the store that is played here answers less than it is asked. What it did not answer is counted as
	// if it had been read: the figure is that of a store that keeps up.
	answered, due := asked.Load()-from, int64(2*largeAsks*len(model.Pools))
	share := 100 * float64(after-before) / float64(time.Since(began)) * max(1, float64(due)/float64(max(1, answered)))
	rows[0].measured, rows[0].ok = fmt.Sprintf("%.1f %%", share), share < largeCPU
	rows[0].how = fmt.Sprintf("utime+stime over %s, of %d queries for the %d that were answered; %d replicas and %d GPUs in %d pools",
		largeTime, due, answered, data.Replicas(), data.GPUs(), len(model.Pools))
	peak, err := t.peakMemory()
	rows[1].measured, rows[1].ok = fmt.Sprintf("%d MB", peak>>20), err == nil && peak>>20 < largeRSS
	rows[1].how = "VmHWM of the console"
	return rows, err
}

// allRead waits until the screen shows a pool, and none that was never read.
func (t *terminal) allRead(ctx context.Context, pool string) error {
	unread := string(fleet.StateUnknown)
	for end := time.Now().Add(largeWarm); ; {
		screen := t.text()
		table, _, _ := strings.Cut(screen, " EVENTS ") // which tell of states that are over
		if strings.Contains(table, pool) && !strings.Contains(table, unread) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("after %s not every pool was read; the screen shows:\n%s", largeWarm, screen)
		}
		if err := sleep(ctx, time.Second); err != nil {
			return err
		}
	}
}

// serveLarge answers queries over the model on a loopback port, and counts them.
func serveLarge(ctx context.Context, data *promapi.Large, asked *atomic.Int64) (url string, stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	api := promapi.New(promapi.Options{Data: data, Clock: fleet.SystemClock{}, Align: time.Minute,
		Asked: func() { asked.Add(1) }})
	server := &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), func() { _ = server.Close() }, nil
}

// largeConfig declares every pool of the model as one that is asked for as a whole.
func largeConfig(url string, m *promapi.Model) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\ncontexts:\n  - name: large\n    env: dev\n    stores:\n"+
		"      - {id: store, url: %q, poll: {interval: 15s, timeout: 14s}}\n    pools:\n", url)
	for _, p := range m.Pools {
		fmt.Fprintf(&b, "      - {id: %[1]s, engine: vllm, model: llama-70b, gpu: H100, gpus_per_replica: %[2]d, store: store,\n"+
			"         selector: 'namespace=\"llm\",pod=~\"%[1]s-.*\"', gpu_selector: 'exported_pod=~\"%[1]s-.*\"'}\n", p.Name, p.GPUs)
	}
	return b.String()
}

// peakMemory is the most resident memory that the program has had, in bytes.
func (t *terminal) peakMemory() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("/proc/PID/status has no VmHWM")
}
