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
	canary   map[string]cloudVersion
}

// cloudVersion is a version beside the main one.
type cloudVersion struct {
	Bento    string `json:"bento"`
	Weight   int    `json:"weight"`
	Services any    `json:"services"`
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
	targets, weights := []any{cloudTarget("main", b.bento, b.services)}, map[string]int{}
	for name, v := range b.canary {
		targets = append(targets, cloudTarget(name, strings.TrimPrefix(v.Bento, "chat:"), v.Services))
		weights[name] = v.Weight
	}
	return map[string]any{"uid": "d1", "name": "chat", "status": b.status, "created_at": at, "cluster": map[string]any{"name": "north-1"},
		"latest_revision": map[string]any{"uid": fmt.Sprint("r", b.revision), "created_at": at, "targets": targets},
		"manifest":        map[string]any{"routing": map[string]any{"route_type": "random", "weights": weights}}}
}

func cloudTarget(name, bento string, services any) map[string]any {
	return map[string]any{"name": name, "config": map[string]any{"services": services},
		"bento": map[string]any{"name": bento, "version": bento, "repository": map[string]any{"name": "chat"}}}
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
			Canary   struct {
				Versions map[string]cloudVersion `json:"versions"`
			} `json:"canary"`
		}
		if json.NewDecoder(r.Body).Decode(&body) != nil || body.Services == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, b.bento, _ = strings.Cut(body.Bento, ":")
		b.services, b.canary = body.Services, body.Canary.Versions
		b.revision++
		answer = b.document()
	default:
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]any{"error": "record not found"}
	}
	_ = json.NewEncoder(w).Encode(answer)
}
