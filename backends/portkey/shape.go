package portkey

import (
	"errors"
	"fmt"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// shape finds routes in configs. The config is a route by its slug, which clients name; each target that has targets itself is
// one as well, called by its path in the gateway's own words: "pc-chat-1a2b3c/targets[0]".
type shape struct{}

// Kinds implements routeobjects.Shape.
func (shape) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

// Ref implements routeobjects.Shape.
func (shape) Ref(route fleet.RouteID) fleet.ObjectRef {
	slug, _, _ := strings.Cut(string(route), "/")
	return fleet.ObjectRef{Name: slug}
}

// mostDepth bounds targets within targets.
const mostDepth = 8

// Routes implements routeobjects.Shape.
func (shape) Routes(_ fleet.ObjectKind, ref fleet.ObjectRef, doc any) ([]routeobjects.Route, error) {
	root, _ := jsonptr.Find(doc, "/config")
	config, ok := root.(map[string]any)
	if !ok {
		return nil, errors.New("config " + fleet.Quote(ref.Name).String() + " is no object")
	}
	w := walk{ref: ref}
	if err := w.node(config, "/config", "", passed{}, 0); err != nil {
		return nil, fmt.Errorf("config %s: %w", fleet.Quote(ref.Name), err)
	}
	by := jsonptr.Text(doc, "/by")
	at := (&stored{UpdatedAt: jsonptr.Text(doc, "/at")}).time()
	for i := range w.routes {
		r := &w.routes[i].Routing
		r.ChangedBy, r.ChangedAt, r.Version = fleet.Label(by), at, jsonptr.Text(doc, "/version")
	}
	return w.routes, nil
}

// walk gathers the routes of one config.
type walk struct {
	ref    fleet.ObjectRef
	routes []routeobjects.Route
}

// passed is what a target has from those around it.
type passed struct {
	model    string
	host     string
	retry    map[string]any
	timeout  any
	breaker  map[string]any
	fallback []fleet.RouteID // what takes over when all of it failed
}

// below adds what one node says to what it has from those around it.
func (p passed) below(node map[string]any) passed {
	if m := jsonptr.Text(node, "/override_params/model"); m != "" {
		p.model = m
	}
	if h := jsonptr.Text(node, "/custom_host"); h != "" {
		p.host = h
	}
	if r, ok := node["retry"].(map[string]any); ok {
		p.retry = r
	}
	if t, ok := node["request_timeout"]; ok && t != nil {
		p.timeout = t
	}
	if b, ok := find[map[string]any](node, "/strategy/cb_config"); ok {
		p.breaker = b
	}
	return p
}

func find[T any](doc any, at string) (v T, ok bool) {
	found, _ := jsonptr.Find(doc, at)
	v, ok = found.(T)
	return v, ok
}

// node is a config or a target that has targets. One without them is a single target: a route where it is the whole config
// and says where requests go, since a config may hold guardrails or a cache only.
func (w *walk) node(node map[string]any, at, path string, from passed, depth int) error {
	if depth > mostDepth {
		return fmt.Errorf("targets are nested deeper than %d", mostDepth)
	}
	all, has := node["targets"]
	list, ok := all.([]any)
	if has && !ok {
		return errors.New("its targets are no list")
	}
	here := from.below(node)
	id := routeobjects.ID(w.ref, path)
	route := routeobjects.Route{ID: id, Routing: here.routing(node)}
	if !has {
		if path == "" && leads(node) {
			w.routes = append(w.routes, alone(route, node, at, from))
		}
		return nil
	}
	targets := make([]target, len(list))
	for i, v := range list {
		body, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("targets[%d] is no object", i)
		}
		targets[i] = target{body: body, at: fmt.Sprintf("%s/targets/%d", at, i), word: fmt.Sprintf("targets[%d]", i)}
	}
	route.Same = []string{at + "/strategy/mode"}
	w.routes = append(w.routes, weigh(route, mode(node), targets, here))
	for i, t := range targets {
		if !t.group() {
			continue
		}
		within := here
		if mode(node) == modeFallback {
			within.fallback = append(takeOver(targets[i+1:], id), here.fallback...)
		}
		if err := w.node(t.body, t.at, strings.TrimPrefix(path+"."+t.word, "."), within, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// takeOver are the routes that a fallback strategy tries next: those of targets that are routes, and the one that the others
// are members of.
func takeOver(next []target, parent fleet.RouteID) (to []fleet.RouteID) {
	slug, path, _ := strings.Cut(string(parent), "/")
	plain := false
	for _, t := range next {
		if !t.group() {
			plain = true
			continue
		}
		to = append(to, fleet.RouteID(slug+"/"+strings.TrimPrefix(path+"."+t.word, ".")))
	}
	if plain {
		to = append(to, parent)
	}
	return to
}

// leads tells whether a config without targets says where requests go.
func leads(node map[string]any) bool {
	for _, k := range []string{"provider", "virtual_key", "custom_host"} {
		if s, _ := node[k].(string); s != "" {
			return true
		}
	}
	return strings.HasPrefix(jsonptr.Text(node, "/override_params/model"), "@")
}
