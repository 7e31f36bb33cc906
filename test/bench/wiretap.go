package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"pitwall/actions/journal"
	"pitwall/fleet"
)

// wiretap stands before every gateway replica, passes everything on and notes the first request that writes.
type wiretap struct {
	state   string // state directory of the change
	servers []*http.Server

	mu    sync.Mutex
	wrote chan evidence // nil while nobody listens
}

// evidence is what was found on the disk when a write arrived.
type evidence struct {
	at   time.Time
	text string
	ok   bool
}

// between puts the tap between an inventory and its gateways.
func (w *wiretap) between(ctx context.Context, inv *fleet.Inventory) error {
	tapped := map[string]string{}
	for i := range inv.Gateways {
		for j := range inv.Gateways[i].Replicas {
			r := &inv.Gateways[i].Replicas[j]
			own, err := w.serve(ctx, r.URL)
			if err != nil {
				return err
			}
			tapped[r.URL], r.URL = own, own
		}
	}
	for i := range inv.Sources {
		if own, ok := tapped[inv.Sources[i].URL]; ok {
			inv.Sources[i].URL = own
		}
	}
	return nil
}

func (w *wiretap) serve(ctx context.Context, upstream string) (string, error) {
	to, err := url.Parse(upstream)
	if err != nil {
		return "", err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	s := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.note(time.Now())
		}
		proxy.ServeHTTP(rw, r)
	})}
	w.servers = append(w.servers, s)
	go func() { _ = s.Serve(l) }()
	return "http://" + l.Addr().String(), nil
}

// listen arms the tap for the next write.
func (w *wiretap) listen() <-chan evidence {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrote = make(chan evidence, 1)
	return w.wrote
}

func (w *wiretap) note(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wrote == nil {
		return
	}
	e := look(filepath.Join(w.state, "journal"))
	e.at = at
	w.wrote <- e
	w.wrote = nil
}

func (w *wiretap) close() error {
	var failed error
	for _, s := range w.servers {
		failed = errors.Join(failed, s.Close())
	}
	return failed
}

// look finds the intent of the first step in the journal and asks the kernel whether any page of the file still waits
// to be written to the disk.
func look(dir string) evidence {
	names, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(names) != 1 {
		return evidence{text: "no journal of the change"}
	}
	body, err := os.ReadFile(names[0])
	if err != nil {
		return evidence{text: err.Error()}
	}
	if !intended(body) {
		return evidence{text: "the intent was NOT in the journal"}
	}
	f, err := os.Open(names[0])
	if err != nil {
		return evidence{text: err.Error()}
	}
	defer f.Close()
	pages, err := unsynced(f)
	if err != nil {
		return evidence{ok: true, text: fmt.Sprintf("intent in the journal; whether synced is not to be seen here (%v)", err)}
	}
	if pages > 0 {
		return evidence{text: fmt.Sprintf("intent in the journal, but %d pages NOT synced", pages)}
	}
	return evidence{ok: true, text: "intent in the journal, no page unsynced"}
}

// intended tells whether a journal holds an intent as its last record or before it.
func intended(body []byte) bool {
	for line := range bytes.Lines(body) {
		var l struct {
			Rec journal.Record `json:"rec"`
		}
		if json.Unmarshal(line, &l) == nil && l.Rec.Kind == journal.KindIntent && l.Rec.Step != nil && l.Rec.Step.N == 1 {
			return true
		}
	}
	return false
}
