package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// updating is how many sources change while keys are timed, perPool how many of them make a pool; every is how often
// each is read.
const (
	updating = 8
	perPool  = 2
	every    = time.Second
)

// lab is the console on servers of this process.
type lab struct {
	engines []*engine
	screen  *terminal
}

// newLab opens the console at 80x24 on engines that change with each page, and waits until their rates are shown.
func newLab(ctx context.Context, w *workshop) (_ *lab, err error) {
	l := &lab{}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	var urls []string
	for range updating {
		e, err := newEngine(ctx)
		if err != nil {
			return nil, err
		}
		l.engines = append(l.engines, e)
		urls = append(urls, e.url)
	}
	dir, err := w.folder()
	if err != nil {
		return nil, err
	}
	config, err := writeConfig(dir, every, urls)
	if err != nil {
		return nil, err
	}
	if l.screen, err = open(ctx, w.bin, dir, 80, 24, nil, "--config", config); err != nil {
		return nil, err
	}
	if _, err = l.screen.show(ctx, "pool-1", "pool-4", "src 8/8 ok"); err != nil {
		return nil, err
	}
	return l, sleep(ctx, 5*time.Second)
}

func (l *lab) close() {
	if l.screen != nil {
		l.screen.close()
	}
	for _, e := range l.engines {
		e.close()
	}
}

// poolOf is the pool of the n-th server.
func poolOf(n int) string { return fmt.Sprintf("pool-%d", 1+n/perPool) }

// writeConfig names servers as the replicas of small pools.
func writeConfig(dir string, interval time.Duration, urls []string) (path string, err error) {
	var b strings.Builder
	b.WriteString("version: 1\ncontexts:\n- name: bench\n  env: stage\n  pools:\n")
	for i, url := range urls {
		if i%perPool == 0 {
			fmt.Fprintf(&b, "  - id: %s\n    engine: vllm\n    model: bench\n    gpus_per_replica: 1\n"+
				"    poll: {interval: %s}\n    replicas:\n", poolOf(i), interval)
		}
		fmt.Fprintf(&b, "    - {id: r%d, url: %q}\n", i+1, url)
	}
	path = filepath.Join(dir, "bench.yaml")
	return path, os.WriteFile(path, []byte(b.String()), 0o600)
}
