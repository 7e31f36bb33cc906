package wire

import (
	"net/http"
	"strings"
	"time"

	"pitwall/backends/sim/world"
)

// litellm serves one LiteLLM replica in database mode.
func (s *server) litellm(g *world.Gateway) {
	x := &gateway{server: s, g: g}
	x.handle("GET /health/readiness", false, x.readiness)
	if x.can(v196) {
		x.handle("GET /health/readiness/details", true, x.details)
	}
	for _, path := range []string{"GET /health/liveliness", "GET /health/liveness"} {
		x.handle(path, false, func(w http.ResponseWriter, _ *http.Request) {
			respond(w, http.StatusOK, "I'm alive!")
		})
	}
	if x.can(v196) {
		x.handle("GET /health/backlog", true, x.backlog)
	}
	x.handle("GET /model/info", true, x.models)
	x.handle("GET /v1/model/info", true, x.models)
	x.handle("GET /model_group/info", true, x.groups)
	x.settings()
	x.handle("GET /callbacks/list", true, func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, object{
			"success": []string{}, "failure": []string{}, "success_and_failure": []string{"prometheus"}})
	})
	x.handle("GET /active/callbacks", true, func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, object{"litellm.callbacks": []string{"PrometheusLogger"}})
	})
	x.handle("GET /v1/models", true, x.names)
	x.handle("GET /models", true, x.names)
	x.handle("GET /openapi.json", false, x.openapi)
	for _, path := range []string{"GET /metrics", "GET /metrics/"} {
		x.handle(path, s.o.MetricsAuth, func(w http.ResponseWriter, _ *http.Request) {
			s.write(w, "/metrics", textFormat, func(b []byte) []byte { return renderLiteLLM(b, g, s.o.World.Spec, x.can(v196)) })
		})
	}
	x.handle("PATCH /model/{id}/update", true, x.patch)
	if x.can(v196) {
		x.handle("POST /model/block", true, func(w http.ResponseWriter, r *http.Request) { x.block(w, r, true) })
		x.handle("POST /model/unblock", true, func(w http.ResponseWriter, r *http.Request) { x.block(w, r, false) })
	}
	x.handle("POST /model/new", true, x.newModel)
	x.handle("POST /model/delete", true, x.deleteModel)
	x.handle("GET /user/daily/activity", true, x.activity)
	if x.can(v196) {
		x.handle("GET /user/daily/activity/aggregated", true, x.activity)
	}
	x.keyCalls()
	x.handle("GET /key/list", true, x.keys)
	x.handle("GET /team/list", true, x.teams)
	x.handle("GET /provider/budgets", false, x.budgets)
	x.handle("POST /model/update", true, x.refuseUpdate)
	for _, path := range []string{"POST /chat/completions", "POST /v1/chat/completions"} {
		x.handle(path, false, x.chat)
	}
}

// gateway is one LiteLLM replica's interface.
type gateway struct {
	*server
	g     *world.Gateway
	paths []string
}

// handle adds a path; with auth it wants the key.
func (x *gateway) handle(pattern string, auth bool, next http.HandlerFunc) {
	x.paths = append(x.paths, pattern)
	x.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if auth && !x.admit(w, r) || x.unsaved(w, r) {
			return
		}
		next(w, r)
	})
}

func (x *gateway) admit(w http.ResponseWriter, r *http.Request) bool {
	got := bearer(r, "x-litellm-api-key")
	switch {
	case got == x.o.Key:
		return true
	case got == "" && strings.HasPrefix(r.URL.Path, "/metrics"):
		fail(w, http.StatusUnauthorized, "auth_error", "A key is needed here. To open this page set "+
			"litellm_settings.require_auth_for_metrics_endpoint to false.")
	case got == "":
		fail(w, http.StatusUnauthorized, "auth_error", "Authentication Error, No api key passed in.")
	default:
		fail(w, http.StatusUnauthorized, "token_not_found_in_db", "Authentication Error, Invalid proxy server token passed.")
	}
	return false
}

// unsaved answers what should be saved while the database is lost.
func (x *gateway) unsaved(w http.ResponseWriter, r *http.Request) bool {
	lost := false
	if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/completions") {
		x.view(func() { lost = x.g.DatabaseLost() })
	}
	if lost {
		fail(w, http.StatusInternalServerError, "internal_server_error", "Can't reach database server. Please make sure your database "+
			"server is running.")
	}
	return lost
}

// view runs f on the world of now.
func (x *gateway) view(f func()) { x.o.World.At(x.o.Clock.Now(), f) }

// readiness tells everything up to 1.81, and only the state since.
func (x *gateway) readiness(w http.ResponseWriter, r *http.Request) {
	lost := false
	if x.view(func() { lost = x.g.DatabaseLost() }); lost {
		fail(w, http.StatusServiceUnavailable, "service_unavailable", "Service Unhealthy (All connection attempts failed)")
		return
	}
	if !x.can(v196) {
		x.details(w, r)
		return
	}
	respond(w, http.StatusOK, object{"status": "healthy", "db": "connected"})
}

func (x *gateway) details(w http.ResponseWriter, _ *http.Request) {
	respond(w, http.StatusOK, object{"status": "healthy", "db": "connected", "cache": nil,
		"litellm_version": x.o.litellm(), "success_callbacks": []string{"PrometheusLogger"}, "use_aiohttp_transport": true,
		"last_updated": x.o.Clock.Now().UTC().Format(time.RFC3339)})
}

func (x *gateway) backlog(w http.ResponseWriter, _ *http.Request) {
	n := 0
	x.view(func() { n = x.g.InFlight })
	respond(w, http.StatusOK, object{"in_flight_requests": n})
}

func (x *gateway) models(w http.ResponseWriter, r *http.Request) {
	want := r.URL.Query().Get("litellm_model_id")
	list := []object{}
	x.view(func() {
		for _, row := range x.g.Rows {
			if want == "" || want == row.Spec.ID {
				list = append(list, modelInfo(row, x.g.Prices(row.Spec), x.can(v196)))
			}
		}
	})
	if want != "" && len(list) == 0 {
		respond(w, http.StatusBadRequest, object{"detail": object{
			"error": "Model id = " + want + " not found on litellm proxy"}})
		return
	}
	respond(w, http.StatusOK, object{"data": list})
}

// modelInfo is one entry of GET /model/info, without secrets. An absent weight stays absent.
func modelInfo(row *world.Row, s *world.DeploymentSpec, blocks bool) object {
	params := object{}
	for k, v := range row.Params {
		if k != "api_key" {
			params[k] = v
		}
	}
	provider, _, _ := strings.Cut(s.Model, "/")
	info := object{
		"id": s.ID, "db_model": true, "input_cost_per_token": s.InCost, "output_cost_per_token": s.OutCost,
		"litellm_provider": provider, "mode": "chat", "max_input_tokens": s.MaxInput, "max_output_tokens": nil,
		"key": s.Model, "cache_read_input_token_cost": budget(s.ReadCost), "cache_creation_input_token_cost": budget(s.WriteCost),
		"supports_function_calling": true, "supports_vision": false,
	}
	if blocks {
		info["blocked"] = row.Blocked
	}
	return object{"model_name": s.Route, "litellm_params": params, "model_info": info}
}

func (x *gateway) groups(w http.ResponseWriter, r *http.Request) {
	want := r.URL.Query().Get("model_group")
	list := []object{}
	x.view(func() {
		byName := map[string]object{}
		for _, row := range x.g.Rows {
			s := x.g.Prices(row.Spec)
			provider, _, _ := strings.Cut(s.Model, "/")
			o := byName[s.Route]
			if o == nil {
				if want != "" && want != s.Route {
					continue
				}
				o = object{"model_group": s.Route, "providers": []string{}, "max_input_tokens": s.MaxInput,
					"max_output_tokens": nil, "input_cost_per_token": s.InCost, "output_cost_per_token": s.OutCost,
					"mode": "chat", "tpm": nil, "rpm": nil, "supports_function_calling": true, "supports_vision": false,
					"is_public_model_group": false, "supported_openai_params": []string{"temperature", "max_tokens", "stream"},
					"configurable_clientside_auth_params": nil}
				byName[s.Route] = o
				list = append(list, o)
			}
			if !contains(o["providers"].([]string), provider) {
				o["providers"] = append(o["providers"].([]string), provider)
			}
			o["input_cost_per_token"] = max(o["input_cost_per_token"].(float64), s.InCost)
			o["output_cost_per_token"] = max(o["output_cost_per_token"].(float64), s.OutCost)
		}
	})
	respond(w, http.StatusOK, object{"data": list})
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (x *gateway) names(w http.ResponseWriter, _ *http.Request) {
	list := []object{}
	x.view(func() {
		seen := map[string]bool{}
		for _, row := range x.g.Rows {
			if name := row.Spec.Route; !seen[name] {
				seen[name] = true
				list = append(list, object{"id": name, "object": "model", "created": 1677610602, "owned_by": "openai"})
			}
		}
	})
	respond(w, http.StatusOK, object{"object": "list", "data": list})
}

// openapi lists the paths, as the real page does among much else.
func (x *gateway) openapi(w http.ResponseWriter, _ *http.Request) {
	paths := object{}
	for _, pattern := range x.paths {
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.Replace(path, "{id}", "{model_id}", 1)
		if path == "/get/config/callbacks" || path == "/config/update" || path == "/metrics/" || path == "/metrics" {
			continue // hidden from the real page
		}
		item, _ := paths[path].(object)
		if item == nil {
			item = object{}
			paths[path] = item
		}
		item[strings.ToLower(method)] = object{"responses": object{"200": object{"description": "Successful Response"}}}
	}
	respond(w, http.StatusOK, object{"openapi": "3.1.0",
		"info": object{"title": "LiteLLM API", "version": x.o.litellm()}, "paths": paths})
}
