package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"pitwall/backends/sim/world"
)

// GatewayKong is the kind of gateways that speak as Kong's Admin API does.
const GatewayKong = "kong"

// kongVersion is the release whose answers these are.
const kongVersion = "3.10.0.2"

// kongPlugins are the plugins of one database, which all nodes share: one for each route. Weights are those of the world's
// rows; whatever else a target has is kept here as it was sent. It is touched with the world at rest only.
type kongPlugins struct {
	list []*kongPlugin
}

type kongPlugin struct {
	id, route string
	targets   []map[string]any
	updated   int64
	world     *world.World
}

// newKongPlugins makes one plugin ai-proxy-advanced for each route.
func newKongPlugins(w *world.World) *kongPlugins {
	k := &kongPlugins{}
	for i := range w.Spec.Deployments {
		d := &w.Spec.Deployments[i]
		p := k.find(d.Route)
		if p == nil {
			p = &kongPlugin{id: kongID("plugin", d.Route), route: d.Route, updated: w.Spec.Start.Unix() - 3600, world: w}
			k.list = append(k.list, p)
		}
		p.targets = append(p.targets, kongTarget(d))
	}
	return k
}

// find gives the plugin of an id or an instance name.
func (k *kongPlugins) find(name string) *kongPlugin {
	i := slices.IndexFunc(k.list, func(p *kongPlugin) bool { return p.route == name || p.id == name })
	if i < 0 {
		return nil
	}
	return k.list[i]
}

// kongID is a UUID that follows from a name.
func kongID(kind, name string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + name))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// kongTarget is a target as Kong shows it, with its key: Kong answers keys in clear.
func kongTarget(d *world.DeploymentSpec) map[string]any {
	provider, model, _ := strings.Cut(d.Model, "/")
	return map[string]any{
		"route_type": "llm/v1/chat", "weight": 1.0, "description": nil, "metadata": nil,
		"auth": map[string]any{"allow_override": false, "header_name": "Authorization", "header_value": "Bearer sk-simulated-" + d.ID,
			"param_name": nil, "param_value": nil, "param_location": nil},
		"logging": map[string]any{"log_statistics": true, "log_payloads": false},
		"model": map[string]any{"provider": provider, "name": model, "options": map[string]any{
			"upstream_url": d.APIBase + "/chat/completions", "input_cost": d.InCost * 1e6, "output_cost": d.OutCost * 1e6}},
	}
}

// deployment is the world's member that a target leads to, "" for one that leads nowhere.
func (p *kongPlugin) deployment(target map[string]any) string {
	model, _ := target["model"].(map[string]any)
	options, _ := model["options"].(map[string]any)
	name := fmt.Sprint(model["provider"], "/", model["name"])
	for i := range p.world.Spec.Deployments {
		d := &p.world.Spec.Deployments[i]
		if d.Route == p.route && d.Model == name && options["upstream_url"] == d.APIBase+"/chat/completions" {
			return d.ID
		}
	}
	return ""
}

// show is the plugin as GET answers it, with the weights that the database has.
func (p *kongPlugin) show(g *world.Gateway) object {
	targets := make([]any, len(p.targets))
	for i, t := range p.targets {
		shown := map[string]any{}
		for name, v := range t {
			shown[name] = v
		}
		if row := g.Row(p.deployment(t)); row != nil {
			shown["weight"], _ = row.Weight()
		}
		targets[i] = shown
	}
	return object{
		"id": p.id, "name": "ai-proxy-advanced", "instance_name": p.route, "enabled": true, "service": nil, "consumer": nil,
		"consumer_group": nil, "route": object{"id": kongID("route", p.route)}, "protocols": []string{"grpc", "grpcs", "http", "https"},
		"tags": nil, "partials": nil, "created_at": p.world.Spec.Start.Unix() - 40*24*3600, "updated_at": p.updated,
		"config": object{
			"targets": targets, "llm_format": "openai", "response_streaming": "allow", "model_name_header": true,
			"max_request_body_size": 1048576, "embeddings": nil, "vectordb": nil,
			"balancer": object{"algorithm": "round-robin", "retries": world.NumRetries, "connect_timeout": 60000, "read_timeout": 60000,
				"write_timeout": 60000, "slots": 10000, "failover_criteria": []string{"error", "timeout", "http_429", "http_503", "non_idempotent"},
				"hash_on_header": "X-Kong-LLM-Request-ID", "latency_strategy": "tpot", "tokens_count_strategy": "total-tokens"},
		},
	}
}

// kongNode is one node of Kong with its Admin API.
type kongNode struct {
	*server
	g       *world.Gateway
	plugins *kongPlugins
}

// kong serves the Admin API of one node that shares a database with the others.
func (s *server) kong(g *world.Gateway, plugins *kongPlugins) {
	x := &kongNode{s, g, plugins}
	for pattern, next := range map[string]http.HandlerFunc{
		"GET /{$}": x.about, "GET /status": x.status, "GET /plugins": x.listed, "GET /plugins/{id}": x.one, "PATCH /plugins/{id}": x.patch,
		"GET /upstreams":              func(w http.ResponseWriter, r *http.Request) { kongPage(w, r, "/upstreams", []object{}) },
		"GET /clustering/data-planes": x.planes,
		"GET /routes":                 x.routes,
		"GET /services":               x.services,
		"/": func(w http.ResponseWriter, _ *http.Request) {
			respond(w, http.StatusNotFound, object{"message": "Not found"})
		},
	} {
		x.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Kong-Admin-Token") != x.o.Key {
				respond(w, http.StatusUnauthorized, object{"message": "Invalid credentials. Token or User credentials required"})
				return
			}
			next(w, r)
		})
	}
	s.page("/metrics", textFormat, func(b []byte) []byte { return renderKong(b, g) })
}

// view runs f on the world of now.
func (x *kongNode) view(f func()) { x.o.World.At(x.o.Clock.Now(), f) }

func (x *kongNode) about(w http.ResponseWriter, _ *http.Request) {
	respond(w, http.StatusOK, object{"version": kongVersion, "edition": "enterprise", "tagline": "Welcome to kong", "hostname": x.name,
		"node_id":       kongID("node", x.name),
		"configuration": object{"database": "postgres", "role": "traditional", "db_update_frequency": 5, "pg_password": "******"},
		"plugins":       object{"enabled_in_cluster": []string{"ai-proxy-advanced", "prometheus"}}})
}

func (x *kongNode) status(w http.ResponseWriter, _ *http.Request) {
	n := 0
	x.view(func() { n = x.g.InFlight })
	respond(w, http.StatusOK, object{"database": object{"reachable": true}, "server": object{"connections_active": n}})
}

func (x *kongNode) planes(w http.ResponseWriter, _ *http.Request) {
	respond(w, http.StatusBadRequest, object{"message": "this node is no control plane"})
}

func (x *kongNode) listed(w http.ResponseWriter, r *http.Request) {
	var list []object
	x.view(func() {
		for _, p := range x.plugins.list {
			list = append(list, p.show(x.g))
		}
	})
	list = append(list, object{"id": kongID("plugin", "prometheus"), "name": "prometheus", "instance_name": nil, "enabled": true,
		"config": object{"ai_metrics": true, "status_code_metrics": true}})
	kongPage(w, r, "/plugins", list)
}

// kongPage answers a part of a list: 100 entries unless the request wants up to 1000.
func kongPage(w http.ResponseWriter, r *http.Request, path string, list []object) {
	size, from := 100, 0
	if text := r.URL.Query().Get("size"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			respond(w, http.StatusBadRequest, object{"code": 10, "name": "invalid size", "message": "size must be an integer between 1 and 1000"})
			return
		}
		size = n
	}
	if text := r.URL.Query().Get("offset"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > len(list) {
			respond(w, http.StatusBadRequest, object{"code": 7, "name": "invalid offset", "message": "bad offset"})
			return
		}
		from = n
	}
	end := min(from+size, len(list))
	out := object{"data": list[from:end], "next": nil}
	if end < len(list) {
		out["offset"], out["next"] = strconv.Itoa(end), path+"?offset="+strconv.Itoa(end)
	}
	respond(w, http.StatusOK, out)
}

// routes are Kong's own, each of a service of its name.
func (x *kongNode) routes(w http.ResponseWriter, r *http.Request) {
	var list []object
	for _, p := range x.plugins.list {
		list = append(list, object{"id": kongID("route", p.route), "name": p.route, "service": object{"id": kongID("service", p.route)},
			"paths": []string{"/" + p.route}})
	}
	kongPage(w, r, "/routes", list)
}

func (x *kongNode) services(w http.ResponseWriter, r *http.Request) {
	var list []object
	for _, p := range x.plugins.list {
		list = append(list, object{"id": kongID("service", p.route), "name": p.route, "host": "localhost", "port": 32000, "protocol": "http"})
	}
	kongPage(w, r, "/services", list)
}

func (x *kongNode) one(w http.ResponseWriter, r *http.Request) {
	var out object
	x.view(func() {
		if p := x.plugins.find(r.PathValue("id")); p != nil {
			out = p.show(x.g)
		}
	})
	if out == nil {
		respond(w, http.StatusNotFound, object{"message": "Not found"})
		return
	}
	respond(w, http.StatusOK, out)
}

// patch replaces the array of targets whole. Members that are not sent are off the list and get nothing.
func (x *kongNode) patch(w http.ResponseWriter, r *http.Request) {
	var change struct {
		Config *struct {
			Targets []map[string]any `json:"targets"`
		} `json:"config"`
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&change); err != nil || change.Config == nil || change.Config.Targets == nil {
		kongViolation(w, "config", "the simulated Kong changes config.targets only")
		return
	}
	var out object
	found := false
	field, why := "", ""
	x.view(func() {
		p := x.plugins.find(r.PathValue("id"))
		if found = p != nil; !found {
			return
		}
		if field, why = p.check(change.Config.Targets); why != "" {
			return
		}
		p.store(x.g, change.Config.Targets)
		out = p.show(x.g)
	})
	switch {
	case !found:
		respond(w, http.StatusNotFound, object{"message": "Not found"})
	case why != "":
		kongViolation(w, field, why)
	default:
		respond(w, http.StatusOK, out)
	}
}

func kongViolation(w http.ResponseWriter, field, why string) {
	respond(w, http.StatusBadRequest, object{"code": 2, "name": "schema violation",
		"message": "schema violation (" + field + ": " + why + ")", "fields": object{field: why}})
}
