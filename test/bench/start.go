package main

import (
	"context"
	"fmt"
	"net"
	"time"
)

const (
	startMost = 100 * time.Millisecond
	starts    = 11
	closed    = 16 // sources that refuse
)

// measureStart starts the console on ports where nobody listens and times the first whole frame.
func measureStart(ctx context.Context, w *workshop) ([]row, error) {
	var urls []string
	for range closed {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		urls = append(urls, "http://"+l.Addr().String())
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	var took []time.Duration
	for range starts {
		one, err := startOnce(ctx, w, urls)
		if err != nil {
			return nil, err
		}
		took = append(took, one)
	}
	return []row{{figure: "start to first frame, no source reachable", asked: "< 100 ms", measured: spread(took),
		how: fmt.Sprintf("pitwall on %d closed ports with a new state directory, from exec to header and bottom line, 80x24", closed),
		ok:  median(took) < startMost}}, nil
}

func startOnce(ctx context.Context, w *workshop, urls []string) (time.Duration, error) {
	dir, err := w.folder()
	if err != nil {
		return 0, err
	}
	config, err := writeConfig(dir, 5*time.Second, urls)
	if err != nil {
		return 0, err
	}
	t, err := open(ctx, w.bin, dir, 80, 24, nil, "--config", config)
	if err != nil {
		return 0, err
	}
	defer t.close()
	at, err := t.show(ctx, "bench", "help")
	if err != nil {
		return 0, err
	}
	return at.Sub(t.began), nil
}
