package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
)

const (
	cpuTime = 20 * time.Second
	cpuMost = 3.0 // per cent of a core
	cpuWarm = 8 * time.Second
)

// measureCPU opens the console on a fleet that a process of its own serves, as it prints the configuration.
func measureCPU(ctx context.Context, w *workshop) ([]row, error) {
	dir, err := w.folder()
	if err != nil {
		return nil, err
	}
	config, stop, err := serveSim(ctx, w.bin, dir)
	if err != nil {
		return nil, err
	}
	defer stop()
	key, err := (&sim.Fleet{}).Secret(ctx, fleet.SecretRef{Env: sim.KeyName})
	if err != nil {
		return nil, err
	}
	environ := []string{sim.KeyName + "=" + key.Reveal()}
	sizes := [][2]int{{80, 24}, {200, 60}}
	rows, failed := make([]row, len(sizes)), make([]error, len(sizes))
	var all sync.WaitGroup
	for i, sz := range sizes { // side by side: each has its own processor time
		home, err := w.folder()
		if err != nil {
			return nil, err
		}
		all.Go(func() { rows[i], failed[i] = cpuOf(ctx, w.bin, home, config, sz[0], sz[1], environ) })
	}
	all.Wait()
	return rows, errors.Join(failed...)
}

// cpuOf runs one console for a while.
func cpuOf(ctx context.Context, bin, home, config string, w, h int, environ []string) (row, error) {
	intervals, reads := intervalsOf(config)
	r := row{figure: fmt.Sprintf("CPU of the console beside pitwall sim, %dx%d", w, h), asked: "< 3 % of a core"}
	t, err := open(ctx, bin, home, w, h, environ, "--config", config)
	if err != nil {
		return r, err
	}
	defer t.close()
	if _, err := t.show(ctx, "b200-a", "OK"); err != nil {
		return r, err
	}
	if err := sleep(ctx, cpuWarm); err != nil {
		return r, err
	}
	before, err := t.cpu()
	if err != nil {
		return r, err
	}
	began := time.Now()
	_, pieces, err := t.written(ctx, cpuTime)
	if err != nil {
		return r, err
	}
	after, err := t.cpu()
	share := 100 * float64(after-before) / float64(time.Since(began))
	r.measured, r.ok = fmt.Sprintf("%.1f %%", share), share < cpuMost
	r.how = fmt.Sprintf("utime+stime over %s, %.1f screen updates/s, %s sources read every %s, as sim configures them",
		cpuTime, float64(pieces)/cpuTime.Seconds(), reads, intervals)
	return r, err
}

// output collects what a process prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// serveSim starts the embedded fleet as a server and writes down the configuration that it prints.
func serveSim(ctx context.Context, bin, dir string) (config string, stop func(), err error) {
	var out, said output
	cmd := exec.CommandContext(ctx, bin, "sim")
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	for range 500 { // it says on the other stream that it serves, after the configuration
		if strings.Contains(said.text(), "ctrl+c") {
			config = filepath.Join(dir, "sim.yaml")
			return config, stop, os.WriteFile(config, []byte(out.text()), 0o600)
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			stop()
			return "", nil, err
		}
	}
	stop()
	return "", nil, errors.New("pitwall sim did not say that it serves")
}

// intervalsOf lists the intervals of a configuration and counts its sources.
func intervalsOf(config string) (list, sources string) {
	b, err := os.ReadFile(config)
	if err != nil {
		return "unknown", "unknown"
	}
	var seen []string
	n := 0
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(strings.TrimLeft(strings.TrimSpace(line), "- "))
		if len(f) != 2 {
			continue
		}
		switch f[0] {
		case "interval:":
			if !strings.Contains(strings.Join(seen, " "), f[1]) {
				seen = append(seen, f[1])
			}
		case "url:":
			n++
		}
	}
	return strings.Join(seen, ", "), fmt.Sprint(n)
}
