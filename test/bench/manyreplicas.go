package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

const (
	manyReplicas = 1000
	manyPools    = 20
	manyPage     = 54_000 // bytes of a live, idle vLLM server's page
	manyCPU      = 25.0   // per cent of a core
	manyRSS      = 120    // MB
	manyWarm     = 60 * time.Second
	manyTime     = 30 * time.Second
)

// measureManyReplicas opens the console on replicas that are all scraped by it. This process serves their pages, so
// that its own work does not count.
func measureManyReplicas(ctx context.Context, w *workshop) ([]row, error) {
	rows := []row{
		{figure: "CPU, 1,000 replicas of 54 kB scraped every 5 s", asked: "< 25 % of a core"},
		{figure: "resident memory, likewise, at its highest", asked: "< 120 MB"},
	}
	var served atomic.Int64
	url, stop, err := serveMany(ctx, &served)
	if err != nil {
		return rows, err
	}
	defer stop()
	home, err := w.folder()
	if err != nil {
		return rows, err
	}
	config := filepath.Join(home, "many.yaml")
	if err := os.WriteFile(config, []byte(manyConfig(url)), 0o600); err != nil {
		return rows, err
	}
	t, err := open(ctx, w.bin, home, 120, 40, nil, "--config", config)
	if err != nil {
		return rows, err
	}
	defer t.close()
	if err := t.allRead(ctx, "pool-00"); err != nil {
		return rows, err
	}
	if err := sleep(ctx, manyWarm); err != nil { // rates and histories have their working size by then
		return rows, err
	}
	from := served.Load()
	before, err := t.cpu()
	if err != nil {
		return rows, err
	}
	began := time.Now()
	if err := sleep(ctx, manyTime); err != nil {
		return rows, err
	}
	after, err := t.cpu()
	if err != nil {
		return rows, err
	}
	pages, due := served.Load()-from, int64(manyReplicas*manyTime/(5*time.Second))
	share := 100 * float64(after-before) / float64(time.Since(began))
	rows[0].measured, rows[0].ok = fmt.Sprintf("%.1f %%", share), share < manyCPU && pages >= due
	rows[0].how = fmt.Sprintf("utime+stime over %s in which %d pages were read, at least %d being due", manyTime, pages, due)
	peak, err := t.peakMemory()
	rows[1].measured, rows[1].ok = fmt.Sprintf("%d MB", peak>>20), err == nil && peak>>20 < manyRSS
	rows[1].how = fmt.Sprintf("VmHWM of the console, %s after its start", time.Since(began)+manyWarm)
	return rows, err
}

// serveMany answers as every replica under a path of its own.
func serveMany(ctx context.Context, served *atomic.Int64) (url string, stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	first := longPage()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{replica}/metrics", func(w http.ResponseWriter, _ *http.Request) {
		n := served.Add(1)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		fmt.Fprintf(w, "vllm:generation_tokens_total{engine=\"0\",model_name=\"bench\"} %d.0\n", 1_000_000+n)
		_, _ = w.Write(first)
	})
	mux.HandleFunc("GET /{replica}/health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /{replica}/version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version":"0.32.0"}`) })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), func() { _ = server.Close() }, nil
}

// longPage is a page of the usual length: what pitwall shows, and for the rest histograms that it does not.
func longPage() []byte {
	page := strings.ReplaceAll((&engine{pages: 40, waiting: 1}).page(), "vllm:generation_tokens_total{", "vllm:other_tokens_total{")
	b := bytes.NewBufferString(page)
	bounds := []float64{.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
	for i := 0; b.Len() < manyPage; i++ {
		var s strings.Builder
		histogram(&s, fmt.Sprintf("part_%d_seconds", i), bounds, 40)
		b.WriteString(s.String())
	}
	return b.Bytes()
}

func manyConfig(url string) string {
	var b strings.Builder
	b.WriteString("version: 1\ncontexts:\n  - name: many\n    env: dev\n    defaults: {interval: 5s, timeout: 4s}\n    pools:\n")
	for p := range manyPools {
		fmt.Fprintf(&b, "      - id: pool-%02d\n        engine: vllm\n        model: bench\n", p)
		fmt.Fprint(&b, "        gpu: H100\n        gpus_per_replica: 8\n        replicas:\n")
		for r := range manyReplicas / manyPools {
			fmt.Fprintf(&b, "          - {id: pool-%02d-%02d, url: %q}\n", p, r, fmt.Sprintf("%s/pool-%02d-%02d", url, p, r))
		}
	}
	return b.String()
}
