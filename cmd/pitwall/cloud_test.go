package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// bentoCloud plays a BentoCloud of one deployment, which takes what is put at once.
type bentoCloud struct {
	mu       sync.Mutex
	revision int
	status   string
	bento    string
	services any
}

const cloudToken = "bc-canary-0123456789"

func newBentoCloud() *bentoCloud {
	return &bentoCloud{status: "running", bento: "aaa", services: map[string]any{"Chat": map[string]any{"instance_type": "gpu.l4.1",
		"scaling": map[string]any{"min_replicas": 2, "max_replicas": 2},
		"envs":    []any{map[string]any{"name": "HF_TOKEN", "value": "hf-canary-0123456789"}}}}}
}

// document is the deployment as it is read. Its revisions are an hour old, so that nothing waits for them.
func (b *bentoCloud) document() map[string]any {
	at := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	return map[string]any{"uid": "d1", "name": "chat", "status": b.status, "created_at": at, "cluster": map[string]any{"name": "north-1"},
		"latest_revision": map[string]any{"uid": fmt.Sprint("r", b.revision), "created_at": at, "targets": []any{map[string]any{"name": "main",
			"bento":  map[string]any{"name": b.bento, "version": b.bento, "repository": map[string]any{"name": "chat"}},
			"config": map[string]any{"services": b.services}}}}}
}

func (b *bentoCloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Header.Get("X-YATAI-API-TOKEN") != cloudToken {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var answer any
	switch call := r.Method + " " + r.URL.Path; {
	case call == "GET /api/v2/deployments":
		answer = map[string]any{"total": 1, "items": []any{b.document()}}
	case strings.HasPrefix(call, "GET /api/v1/bento_repositories/chat/bentos/"):
		answer = map[string]any{}
	case call == "GET /api/v2/deployments/chat":
		answer = b.document()
	case call == "PUT /api/v2/deployments/chat":
		var body struct {
			Bento    string `json:"bento"`
			Services any    `json:"services"`
		}
		if json.NewDecoder(r.Body).Decode(&body) != nil || body.Services == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, b.bento, _ = strings.Cut(body.Bento, ":")
		b.services = body.Services
		b.revision++
		answer = b.document()
	default:
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]any{"error": "record not found"}
	}
	_ = json.NewEncoder(w).Encode(answer)
}
