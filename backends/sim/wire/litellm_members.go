package wire

import (
	"net/http"

	"pitwall/backends/sim/world"
)

// byAPI is who created the members that were added while the simulation ran.
const byAPI = "added by API"

func (x *gateway) newModel(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Name   *string        `json:"model_name"`
		Params map[string]any `json:"litellm_params"`
		Info   map[string]any `json:"model_info"`
	}
	if !readJSON(w, r, &q) {
		return
	}
	id, _ := q.Info["id"].(string)
	if q.Name == nil || q.Params == nil || q.Params["model"] == nil || id == "" {
		invalid(w, []any{"body"}, "Field required")
		return
	}
	var row *world.Row
	x.view(func() { row = x.g.Add(*q.Name, id, q.Params, byAPI, x.o.World.Now()) })
	if row == nil {
		fail(w, http.StatusInternalServerError, "internal_server_error", "Unique constraint failed on the fields: (`model_id`), or no such route")
		return
	}
	respond(w, http.StatusOK, storedRow(row))
}

func (x *gateway) deleteModel(w http.ResponseWriter, r *http.Request) {
	var q struct {
		ID *string `json:"id"`
	}
	if !readJSON(w, r, &q) {
		return
	}
	if q.ID == nil {
		invalid(w, []any{"body", "id"}, "Field required")
		return
	}
	found := false
	x.view(func() { found = x.g.Remove(*q.ID) })
	if !found {
		respond(w, http.StatusBadRequest, object{"detail": object{"error": "Model with id=" + *q.ID + " not found in db"}})
		return
	}
	respond(w, http.StatusOK, object{"message": "Model: " + *q.ID + " deleted successfully"})
}
