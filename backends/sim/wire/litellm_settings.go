package wire

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pitwall/backends/sim/world"
)

// The versions of LiteLLM that are played, by what came with them.
const (
	v181  = "1.81.15" // calls for the fallbacks of one route; a save of settings replaces them
	v196  = "1.96.0"  // block and unblock; a save is merged, and wipes aliases that it leaves out
	v1106 = "1.106.2" // a save leaves alone what it leaves out, and refuses what the config file has
)

func (o *Options) litellm() string {
	if o.LiteLLM == "" {
		return v196
	}
	return o.LiteLLM
}

// FileWins tells whether a version of LiteLLM lets its config file win over the database.
func FileWins(version string) bool { return !older(version, v1106) && version != "" }

// KeyRules are how a version of LiteLLM treats keys: the status of a spent budget was 400, then 429, and is 422 since.
func KeyRules(version string) *world.KeyRules {
	o := Options{LiteLLM: version}
	switch version = o.litellm(); {
	case older(version, v196):
		return &world.KeyRules{OverBudget: http.StatusBadRequest, Recaches: true}
	case older(version, v1106):
		return &world.KeyRules{OverBudget: http.StatusTooManyRequests}
	}
	return &world.KeyRules{OverBudget: http.StatusUnprocessableEntity}
}

// can tells whether the played version has what came with another.
func (x *gateway) can(since string) bool { return !older(x.o.litellm(), since) }

func older(version, than string) bool {
	var a, b [3]int
	_, _ = fmt.Sscanf(version, "%d.%d.%d", &a[0], &a[1], &a[2]) // what is missing is 0
	_, _ = fmt.Sscanf(than, "%d.%d.%d", &b[0], &b[1], &b[2])
	return slices.Compare(a[:], b[:]) < 0
}

// settings adds the calls that read and write router settings.
func (x *gateway) settings() {
	x.handle("GET /get/config/callbacks", true, x.callbacks)
	x.handle("POST /config/update", true, x.update)
	if x.can(v181) {
		x.handle("GET /fallback/{model}", true, x.fallback)
		x.handle("DELETE /fallback/{model}", true, x.dropFallback)
		x.handle("POST /fallback", true, x.setFallback)
	}
}

// callbacks gives the live router settings, without those that LiteLLM does not tell.
func (x *gateway) callbacks(w http.ResponseWriter, _ *http.Request) {
	var live world.RouterSettings
	x.view(func() { live = x.g.Live() })
	delete(live, "content_policy_fallbacks")
	live["retry_policy"] = nil
	if x.can(v196) {
		live["routing_groups"], live["enable_weighted_failover"], live["enable_tag_filtering"] = []any{}, false, false
	}
	respond(w, http.StatusOK, object{
		"status":    "success",
		"callbacks": []object{{"name": "prometheus", "variables": object{}, "type": "success_and_failure"}},
		"alerts":    []object{}, "router_settings": live, "available_callbacks": object{},
	})
}

// fallbackLists are the settings by the word for their kind.
var fallbackLists = map[string]string{
	"general": "fallbacks", "context_window": "context_window_fallbacks", "content_policy": "content_policy_fallbacks",
}

// listOf is the list that a request is about; false where it has answered already.
func listOf(w http.ResponseWriter, kind string) (string, bool) {
	key := fallbackLists[kind]
	if key == "" {
		invalid(w, []any{"query", "fallback_type"}, "Input should be 'general', 'context_window' or 'content_policy'")
	}
	return key, key != ""
}

func typeOf(r *http.Request) string {
	if kind := r.URL.Query().Get("fallback_type"); kind != "" {
		return kind
	}
	return "general"
}

// ruleOf is where the entry of a route stands in a list, -1 for nowhere.
func ruleOf(list []any, model string) int {
	return slices.IndexFunc(list, func(entry any) bool {
		rule, ok := entry.(map[string]any)
		return ok && rule[model] != nil
	})
}

// fallback tells what is in force: where a route has no entry of its own, that of any route.
func (x *gateway) fallback(w http.ResponseWriter, r *http.Request) {
	model, kind := r.PathValue("model"), typeOf(r)
	key, ok := listOf(w, kind)
	if !ok {
		return
	}
	var list []any
	x.view(func() { list, _ = x.g.Live()[key].([]any) })
	for _, name := range []string{model, "*"} {
		if i := ruleOf(list, name); i >= 0 {
			respond(w, http.StatusOK, object{"model": model, "fallback_models": list[i].(map[string]any)[name], "fallback_type": kind})
			return
		}
	}
	noFallbacks(w, kind, model)
}

func noFallbacks(w http.ResponseWriter, kind, model string) {
	respond(w, http.StatusNotFound, object{"detail": object{"error": "No " + kind + " fallbacks configured for model '" + model + "'"}})
}

// setFallback stores the entry of one route, among all that the file and the database have.
func (x *gateway) setFallback(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Model string   `json:"model"`
		To    []string `json:"fallback_models"`
		Kind  string   `json:"fallback_type"`
	}
	if !readJSON(w, r, &q) {
		return
	}
	if q.Kind == "" {
		q.Kind = "general"
	}
	key, ok := listOf(w, q.Kind)
	switch {
	case !ok:
		return
	case strings.TrimSpace(q.Model) == "":
		invalid(w, []any{"body", "model"}, "model must be a non-empty string")
		return
	case len(q.To) == 0 || len(slices.Compact(slices.Sorted(slices.Values(q.To)))) != len(q.To):
		invalid(w, []any{"body", "fallback_models"}, "fallback_models must name models, each once")
		return
	}
	status, problem, did := 0, "", "created"
	x.view(func() {
		if status, problem = x.judgeFallback(q.Model, q.To); status != 0 {
			return
		}
		list, _ := x.g.Combined()[key].([]any)
		rule := map[string]any{q.Model: q.To}
		if i := ruleOf(list, q.Model); i >= 0 {
			list[i], did = rule, "updated"
		} else {
			list = append(list, rule)
		}
		x.g.StoreFallbacks(key, list)
	})
	if status != 0 {
		respond(w, status, object{"detail": object{"error": problem}})
		return
	}
	respond(w, http.StatusOK, object{"model": q.Model, "fallback_models": q.To, "fallback_type": q.Kind,
		"message": "Fallback configuration " + did + " successfully"})
}

// judgeFallback refuses names that no model has.
func (x *gateway) judgeFallback(model string, to []string) (status int, problem string) {
	names := map[string]bool{}
	for _, row := range x.g.Rows {
		names[row.Spec.Route] = true
	}
	if !names[model] {
		return http.StatusNotFound, "Model '" + model + "' not found in router"
	}
	for _, name := range to {
		switch {
		case !names[name]:
			return http.StatusBadRequest, "Invalid fallback models: ['" + name + "']"
		case name == model:
			return http.StatusBadRequest, "Model '" + model + "' cannot be its own fallback"
		}
	}
	return 0, ""
}

// dropFallback looks into the file and the database, and not at what is in force.
func (x *gateway) dropFallback(w http.ResponseWriter, r *http.Request) {
	model, kind := r.PathValue("model"), typeOf(r)
	key, ok := listOf(w, kind)
	if !ok {
		return
	}
	found := false
	x.view(func() {
		list, _ := x.g.Combined()[key].([]any)
		left := slices.DeleteFunc(slices.Clone(list), func(entry any) bool { return ruleOf([]any{entry}, model) == 0 })
		if found = len(left) < len(list); found {
			x.g.StoreFallbacks(key, left)
		}
	})
	if !found {
		noFallbacks(w, kind, model)
		return
	}
	respond(w, http.StatusOK, object{"model": model, "fallback_type": kind, "message": "Fallback configuration deleted successfully"})
}

// noDeployments is the sentence of a router that has nobody to ask; it names the members that are cooled down.
func (s *server) noDeployments(route string) string {
	var cooled []string
	s.o.World.At(s.o.Clock.Now(), func() {
		for _, g := range s.o.World.Gateways {
			if g.Name == s.name {
				cooled = g.Cooled(route, s.o.World.Seconds())
			}
		}
	})
	list := ""
	for i, id := range cooled {
		if i > 0 {
			list += ", "
		}
		list += "'" + id + "'"
	}
	return fmt.Sprintf("No deployments available for selected model, Try again in %v seconds. Passed model=%s. "+
		"pre-call-checks=False, cooldown_list=[%s]", world.CooldownTime, route, list)
}
