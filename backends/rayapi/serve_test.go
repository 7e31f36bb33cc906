package rayapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/backends/internal/restrig"
	"pitwall/fleet"
)

const token = "ray_contract_do_not_show"

// serve plays Ray Serve: it takes the configuration of all applications, ends declarative ones that are not in it, and lets
// deployments follow when it is told to settle.
type serve struct {
	t     *testing.T
	clock *fleet.VirtualClock
	spec  fleet.SourceSpec
	deps  fleet.Deps

	mu     sync.Mutex
	all    map[string]any
	puts   []map[string]any
	scales []string
	answer func(w http.ResponseWriter, r *http.Request) bool // in place of the API, where it says true
}

func newServe(t *testing.T, options map[string]string) (*serve, *restrig.Rig) {
	t.Helper()
	s := &serve{t: t, clock: fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))}
	if err := json.Unmarshal([]byte(sample(t)), &s.all); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.deps = fleet.Deps{Clock: s.clock,
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(token), nil }}
	s.spec = fleet.SourceSpec{ID: "ray", Kind: "ray", URL: server.URL, Auth: fleet.SecretRef{Env: "RAY"}, Options: options, Subject: fleet.Subject{Cluster: "ray"}}
	return s, restrig.Open(t, Connector(), s.spec, s.deps, kind, s.settle)
}

func (s *serve) app(name string) map[string]any {
	a, _ := s.all["applications"].(map[string]any)[name].(map[string]any)
	return a
}

func (s *serve) deployment(app, name string) map[string]any {
	return s.app(app)["deployments"].(map[string]any)[name].(map[string]any)
}

func (s *serve) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	apps := s.all["applications"].(map[string]any)
	for name := range apps {
		a := s.app(name)
		switch a["status"] {
		case "DEPLOYING":
			a["status"] = running
			for _, v := range a["deployments"].(map[string]any) {
				d := v.(map[string]any)
				d["status"] = healthy
				d["replicas"] = slices.Repeat([]any{map[string]any{"state": running, "start_time_s": s.now()}}, int(d["target_num_replicas"].(float64)))
			}
		case deleting:
			delete(apps, name)
		}
	}
	if err := s.clock.Advance(s.t.Context(), time.Minute); err != nil {
		s.t.Error(err)
	}
}

func (s *serve) now() float64 { return float64(s.clock.Now().UnixNano()) / 1e9 }

func (s *serve) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Date", s.clock.Now().Format(http.TimeFormat))
	if s.answer != nil && s.answer(w, r) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+token {
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	}
	body, _ := io.ReadAll(r.Body)
	switch {
	case r.Method == http.MethodGet && r.URL.Path == applicationsPath:
		_ = json.NewEncoder(w).Encode(s.all)
	case r.Method == http.MethodPut && r.URL.Path == applicationsPath:
		if why := s.take(body); why != "" {
			http.Error(w, why, http.StatusBadRequest)
		}
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/scale"):
		s.scale(w, strings.Split(r.URL.Path, "/"), body)
	default:
		http.NotFound(w, r)
	}
}

// take is what Serve does with a configuration.
func (s *serve) take(body []byte) (why string) {
	var put map[string]any
	if err := json.Unmarshal(body, &put); err != nil {
		return "no JSON"
	}
	s.puts = append(s.puts, put)
	listed := map[string]bool{}
	for _, v := range put["applications"].([]any) {
		c := v.(map[string]any)
		name := c["name"].(string)
		listed[name] = true
		a := s.app(name)
		if a == nil || a["source"] != declarative {
			return "an application that was none: " + name
		}
		a["last_deployed_time_s"] = s.now()
		was, _ := json.Marshal(a["deployed_app_config"])
		is, _ := json.Marshal(c)
		if string(was) == string(is) {
			continue
		}
		a["deployed_app_config"], a["status"] = c, "DEPLOYING"
		list, _ := c["deployments"].([]any)
		for _, v := range list {
			d, _ := a["deployments"].(map[string]any)[v.(map[string]any)["name"].(string)].(map[string]any)
			if n, ok := v.(map[string]any)["num_replicas"].(float64); ok && d != nil {
				d["target_num_replicas"] = n
			}
			if d != nil {
				d["status"] = "UPDATING"
			}
		}
	}
	for name := range s.all["applications"].(map[string]any) {
		if a := s.app(name); a["source"] == declarative && !listed[name] {
			a["status"], a["deployed_app_config"] = deleting, nil
		}
	}
	return ""
}

func (s *serve) scale(w http.ResponseWriter, path []string, body []byte) {
	var in struct {
		N float64 `json:"target_num_replicas"`
	}
	app, of := path[4], path[6]
	if a := s.app(app); a == nil || a["external_scaler_enabled"] != true {
		w.WriteHeader(http.StatusPreconditionFailed)
		_, _ = io.WriteString(w, `{"error":"external_scaler_enabled is not set"}`)
		return
	}
	if err := json.Unmarshal(body, &in); err != nil {
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	}
	s.scales = append(s.scales, fmt.Sprintf("%s/%s=%v", app, of, in.N))
	s.deployment(app, of)["target_num_replicas"] = in.N
	s.app(app)["status"], s.app(app)["last_deployed_time_s"] = "DEPLOYING", s.now()
}
