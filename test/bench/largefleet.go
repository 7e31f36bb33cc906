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
	largeCPU  = 10.0 // per cent of a core
	largeRSS  = 200  // MB
	largeWarm = 45 * time.Second
	largeTime = 60 * time.Second // two rounds of questions about every pool
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
	if err := sleep(ctx, largeWarm); err != nil {
		return rows, err
	}
	if err := t.allRead(model.Pools[0].Name); err != nil {
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
	if err := t.allRead(model.Pools[0].Name); err != nil { // a store that gives up costs nothing to read
		return rows, err
	}
	share := 100 * float64(after-before) / float64(time.Since(began))
	rows[0].measured, rows[0].ok = fmt.Sprintf("%.1f %%", share), share < largeCPU
	rows[0].how = fmt.Sprintf("utime+stime over %s, in which %d queries were answered; %d replicas and %d GPUs in %d pools",
		largeTime, asked.Load()-from, data.Replicas(), data.GPUs(), len(model.Pools))
	peak, err := t.peakMemory()
	rows[1].measured, rows[1].ok = fmt.Sprintf("%d MB", peak>>20), err == nil && peak>>20 < largeRSS
	rows[1].how = "VmHWM of the console"
	return rows, err
}

// allRead tells whether the screen shows a pool, and none that is not read.
func (t *terminal) allRead(pool string) error {
	screen := t.text()
	for _, word := range []string{string(fleet.StateUnknown), string(fleet.StateStale)} {
		if strings.Contains(screen, word) {
			return fmt.Errorf("the console shows a pool that is %s:\n%s", word, screen)
		}
	}
	if !strings.Contains(screen, pool) {
		return fmt.Errorf("the console does not show %s; it shows:\n%s", pool, screen)
	}
	return nil
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
