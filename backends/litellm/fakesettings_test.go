package litellm

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
)

// canary is a secret that answers of the fake are full of: no error, log or reading may hold it.
const canary = "sk-canary-0123456789-master-key"

// fakeSettings are the router settings of a gateway: those of its file, the row of its database over them, and what each
// replica has in force, in the ways of LiteLLM 1.81.15, 1.96.0 and 1.106.2.
type fakeSettings struct {
	file map[string]any
	row  map[string]any

	noFallback bool // a version without /fallback
	replaces   bool // 1.81: a save replaces the row
	fileWins   bool // 1.106: what the file holds is the file's
	denies     bool // DELETE does not find what GET shows (#38425)
	drops      bool // a save answers 200 and is lost
	spoils     bool // a save changes something else too
}

func newFakeSettings() fakeSettings {
	return fakeSettings{file: map[string]any{
		"allowed_fails": 3.0, "cooldown_time": 5.0, "num_retries": 2.0, "timeout": 30.0, "max_retries": 2.0, "retry_after": 0.0,
		"fallbacks":                []any{map[string]any{"chat": []any{"chat-backup"}}},
		"context_window_fallbacks": []any{}, "content_policy_fallbacks": []any{},
		"model_group_alias": map[string]any{"gpt-4o": "chat", "o1": map[string]any{"model": "chat", "hidden": true}},
	}}
}

// combined is the file with the row over it; objects are merged.
func (s *fakeSettings) combined() map[string]any {
	out := deep(s.file)
	for k, v := range deep(s.row) {
		inFile, both := out[k].(map[string]any)
		object, isObject := v.(map[string]any)
		switch {
		case s.fileWins && s.file[k] != nil:
		case both && isObject:
			maps.Copy(inFile, object)
		default:
			out[k] = v
		}
	}
	return out
}

func deep(m map[string]any) map[string]any {
	var out map[string]any
	raw, _ := json.Marshal(m)
	_ = json.Unmarshal(raw, &out)
	if out == nil {
		out = map[string]any{}
	}
	return out
}

// takeOver is what a replica does with the row at its poll: content policy fallbacks are not among it.
func (r *fakeReplica) takeOver() {
	if r.live == nil {
		r.live = deep(r.gw.settings.file)
	}
	for k, v := range r.gw.settings.combined() {
		if k != "content_policy_fallbacks" {
			r.live[k] = v
		}
	}
}

func (r *fakeReplica) callbacks() any {
	live := deep(r.live)
	delete(live, "content_policy_fallbacks")
	live["routing_strategy"] = r.gw.strategy
	live["routing_strategy_args"], live["model_group_retry_policy"], live["retry_policy"] = map[string]any{}, map[string]any{}, nil
	return map[string]any{
		"status": "success", "router_settings": live,
		"callbacks": []any{map[string]any{"name": "langfuse", "variables": map[string]any{"LANGFUSE_SECRET_KEY": canary}}},
	}
}

// update is POST /config/update.
func (r *fakeReplica) update(w *httptest.ResponseRecorder, body []byte) {
	s := &r.gw.settings
	var in struct {
		Router map[string]any `json:"router_settings"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Router == nil {
		answer(w, 422, map[string]any{"detail": []any{}})
		return
	}
	switch {
	case !r.gw.hasDB:
		answer(w, 400, errorBody("Authentication Error, No DB Connected "+canary))
		return
	case s.replaces && !r.gw.storeOn:
		answer(w, 500, errorBody("Set `'STORE_MODEL_IN_DB='True'` in your env to enable this feature. "+canary))
		return
	}
	for k, v := range in.Router {
		if s.fileWins && s.file[k] != nil && !slices.Equal(bytesOf(v), bytesOf(r.live[k])) {
			answer(w, 400, errorBody("router_settings key '"+k+"' is set in the config file and cannot be changed here."))
			return
		}
	}
	if _, ok := in.Router["model_group_alias"]; !ok && !s.fileWins {
		in.Router["model_group_alias"] = map[string]any{} // the request model's default
	}
	switch {
	case s.drops:
	case s.replaces:
		s.row = in.Router
	default:
		s.row = deep(s.row)
		maps.Copy(s.row, in.Router)
	}
	if s.replaces && len(in.Router["model_group_alias"].(map[string]any)) == 0 {
		s.file["model_group_alias"] = map[string]any{}
	}
	r.takeOver()
	if s.spoils {
		r.live["num_retries"] = 0.0
	}
	answer(w, 200, map[string]any{"message": "Config updated successfully"})
}

func bytesOf(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}

func errorBody(message string) any {
	return map[string]any{"error": map[string]any{"message": message, "type": "auth_error", "param": "None", "code": "400"}}
}

var fallbackKeys = map[string]string{
	"general": "fallbacks", "context_window": "context_window_fallbacks", "content_policy": "content_policy_fallbacks",
}

func (r *fakeReplica) fallback(w *httptest.ResponseRecorder, req *http.Request, body []byte) {
	if r.gw.settings.noFallback {
		answer(w, 404, map[string]any{"detail": "Not Found"})
		return
	}
	if req.Method == http.MethodPost {
		r.setFallback(w, body)
		return
	}
	model, _ := url.PathUnescape(strings.TrimPrefix(req.URL.EscapedPath(), "/fallback/"))
	kind := req.URL.Query().Get("fallback_type")
	if kind == "" {
		kind = "general"
	}
	key := fallbackKeys[kind]
	if req.Method == http.MethodGet {
		list, _ := r.live[key].([]any)
		for _, rule := range list {
			if to, ok := rule.(map[string]any)[model]; ok {
				answer(w, 200, map[string]any{"model": model, "fallback_models": to, "fallback_type": kind})
				return
			}
		}
		answer(w, 404, noFallbacks(kind, model))
		return
	}
	if r.refusesSettings(w) {
		return
	}
	all := r.gw.settings.combined()
	list, _ := all[key].([]any)
	left := slices.DeleteFunc(slices.Clone(list), func(rule any) bool { return rule.(map[string]any)[model] != nil })
	if len(left) == len(list) || r.gw.settings.denies {
		answer(w, 404, noFallbacks(kind, model))
		return
	}
	all[key] = left
	r.gw.settings.row = all
	r.live[key] = left
	answer(w, 200, map[string]any{"model": model, "fallback_type": kind, "message": "Fallback configuration deleted successfully"})
}

func noFallbacks(kind, model string) any {
	return map[string]any{"detail": map[string]any{"error": "No " + kind + " fallbacks configured for model '" + model + "'"}}
}

func (r *fakeReplica) refusesSettings(w *httptest.ResponseRecorder) bool {
	if r.gw.hasDB && r.gw.storeOn {
		return false
	}
	answer(w, 400, map[string]any{"detail": map[string]any{
		"error": "Database storage not enabled. Set 'STORE_MODEL_IN_DB=True' in your environment to use this feature."}})
	return true
}

func (r *fakeReplica) setFallback(w *httptest.ResponseRecorder, body []byte) {
	var in struct {
		Model string   `json:"model"`
		To    []string `json:"fallback_models"`
		Kind  string   `json:"fallback_type"`
	}
	_ = json.Unmarshal(body, &in)
	if r.refusesSettings(w) {
		return
	}
	if !slices.ContainsFunc(r.loaded, func(m fakeRow) bool { return m.Route == in.Model }) {
		answer(w, 404, map[string]any{"detail": map[string]any{"error": "Model '" + in.Model + "' not found in router " + canary}})
		return
	}
	key := fallbackKeys[in.Kind]
	all := r.gw.settings.combined()
	list, _ := all[key].([]any)
	rule := map[string]any{in.Model: in.To}
	if i := slices.IndexFunc(list, func(rule any) bool { return rule.(map[string]any)[in.Model] != nil }); i >= 0 {
		list[i] = rule
	} else {
		list = append(list, rule)
	}
	if !r.gw.settings.drops {
		all[key] = list
		r.gw.settings.row = deep(all)
		r.live[key] = deep(all)[key]
	}
	answer(w, 200, map[string]any{"model": in.Model, "fallback_models": in.To, "fallback_type": in.Kind,
		"message": "Fallback configuration created successfully"})
}
