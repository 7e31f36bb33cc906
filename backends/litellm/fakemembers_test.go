package litellm

import (
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"slices"
)

// newModel adds a row under the id that was sent. The replica that takes it loads it at once.
func (r *fakeReplica) newModel(w *httptest.ResponseRecorder, body []byte) {
	var in struct {
		Name   string         `json:"model_name"`
		Params map[string]any `json:"litellm_params"`
		Info   map[string]any `json:"model_info"`
	}
	if json.Unmarshal(body, &in) != nil || in.Name == "" || in.Params == nil {
		answer(w, 422, map[string]any{"detail": []any{}})
		return
	}
	if r.refusesWrites(w) {
		return
	}
	m := fakeRow{Route: in.Name, FromDB: true, Keyless: true, Params: map[string]any{}, Info: map[string]any{}}
	m.ID, _ = in.Info["id"].(string)
	if slices.ContainsFunc(r.gw.rows, func(o fakeRow) bool { return o.ID == m.ID }) {
		answer(w, 500, map[string]any{"error": map[string]any{"message": "Unique constraint failed on the fields: (`model_id`)"}})
		return
	}
	for k, v := range in.Params {
		switch k {
		case keyModel:
			m.Model, _ = v.(string)
		case keyBase:
			m.Base, _ = v.(string)
		case keyWeight:
			n, _ := v.(float64)
			m.Weight = weight(n)
		case keyAPIKey:
			m.Keyless = false
		default:
			m.Params[k] = v
		}
	}
	for k, v := range in.Info {
		if k != "id" && k != "db_model" && k != "blocked" {
			m.Info[k] = v
		}
	}
	r.gw.rows = append(slices.Clone(r.gw.rows), m)
	r.reload(m.ID)
	if r.gw.late {
		answer(w, 500, map[string]any{"error": map[string]any{"message": "the model was saved to the database, but"}})
		return
	}
	answer(w, 200, map[string]any{"model_id": m.ID, "model_name": m.Route, "litellm_params": map[string]any{"model": seal(m.Model)},
		"model_info": map[string]any{"id": m.ID, "db_model": true}})
}

func (r *fakeReplica) deleteModel(w *httptest.ResponseRecorder, body []byte) {
	var in struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(body, &in) != nil || in.ID == "" {
		answer(w, 422, map[string]any{"detail": []any{}})
		return
	}
	if r.refusesWrites(w) {
		return
	}
	i := slices.IndexFunc(r.gw.rows, func(o fakeRow) bool { return o.ID == in.ID && o.FromDB })
	if i < 0 {
		answer(w, 400, map[string]any{"detail": map[string]any{"error": "Model with id=" + in.ID + " not found in db"}})
		return
	}
	r.gw.rows = slices.Delete(slices.Clone(r.gw.rows), i, i+1)
	r.reload("")
	if r.gw.late {
		answer(w, 500, map[string]any{"error": map[string]any{"message": "the model was deleted, but"}})
		return
	}
	answer(w, 200, map[string]any{"message": "Model: " + in.ID + " deleted successfully"})
}

// reload loads the rows, but for what the fake is told to drop.
func (r *fakeReplica) reload(added string) {
	r.loaded = slices.DeleteFunc(slices.Clone(r.gw.rows), func(m fakeRow) bool {
		return m.ID == r.gw.evicts || r.gw.unloaded && m.ID == added
	})
}

func (r *fakeReplica) metrics(w *httptest.ResponseRecorder, path string) {
	switch {
	case r.gw.metrics == "":
		answer(w, 404, map[string]any{"detail": "Not Found"})
	case r.gw.slash != "" && path == "/metrics":
		w.Header().Set("Location", r.gw.slash)
		w.WriteHeader(307)
	default:
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		w.WriteString(r.gw.metrics)
	}
}

// seal looks like a value under LiteLLM's salt key.
func seal(s string) string {
	return base64.URLEncoding.EncodeToString([]byte("0123456789abcdefghijklmnopqrstuvwxyzABCD" + s))
}
