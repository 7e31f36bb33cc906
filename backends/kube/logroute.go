package kube

import (
	"context"
	"log/slog"
	"sync"

	"k8s.io/klog/v2"

	"pitwall/fleet"
)

// routeOnce sends what client-go logs to the program's log. Its logger is one for the whole process and writes to
// standard error until somebody says otherwise, which would be on the screen.
var routeOnce sync.Once

func routeLogs(log *slog.Logger) {
	routeOnce.Do(func() { klog.SetSlogLogger(log.With("from", "client-go")) })
}

// warnings takes the Warning headers of an API server, each text once.
type warnings struct {
	log  *slog.Logger
	mu   sync.Mutex
	seen map[string]bool
}

// maxWarnings is how many different texts of one server are logged.
const maxWarnings = 100

// HandleWarningHeaderWithContext logs a warning of an API server.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, code int, _ string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if code != 299 || text == "" || w.seen[text] || len(w.seen) >= maxWarnings {
		return
	}
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	w.seen[text] = true
	w.log.Info("the API server warns", "text", fleet.Label(text).String())
}
