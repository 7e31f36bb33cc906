package wire

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"sort"
	"strconv"
	"time"

	"pitwall/backends/sim/world"
)

// patchRequest is the body of PATCH /model/{id}/update (LiteLLM 1.96 updateDeployment).
type patchRequest struct {
	ModelName *string        `json:"model_name"`
	Params    map[string]any `json:"litellm_params"`
	Info      map[string]any `json:"model_info"`
	Blocked   *bool          `json:"blocked"`
}

// invalid answers like FastAPI to a body of the wrong shape.
func invalid(w http.ResponseWriter, where []any, message string) {
	respond(w, http.StatusUnprocessableEntity, object{"detail": []object{{
		"loc": where, "msg": message, "type": "value_error", "input": nil, "ctx": object{},
	}}})
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		invalid(w, []any{"body"}, "JSON decode error: "+err.Error())
		return false
	}
	return true
}

// numeric are the declared params that must be numbers; weight and order are undeclared extras, which take anything.
var numeric = map[string]bool{
	"rpm": true, "tpm": true, "max_budget": true, "input_cost_per_token": true, "output_cost_per_token": true,
}

// patch merges the sent fields into the stored row, field by field. A null leaves a field as it is.
func (x *gateway) patch(w http.ResponseWriter, r *http.Request) {
	var q patchRequest
	if !readJSON(w, r, &q) {
		return
	}
	change := world.Change{Params: map[string]any{}, Blocked: q.Blocked, By: changedBy(r)}
	for k, v := range q.Params {
		if v == nil {
			continue
		}
		if _, isNumber := v.(float64); numeric[k] && !isNumber {
			invalid(w, []any{"body", "litellm_params", k}, "Input should be a valid number")
			return
		}
		change.Params[k] = v
	}
	id := r.PathValue("id")
	var row *world.Row
	x.view(func() { row = x.g.Write(id, change, x.o.World.Now()) })
	if row == nil {
		fail(w, http.StatusNotFound, "not_found_error", "Model "+id+" not found on proxy.")
		return
	}
	respond(w, http.StatusOK, storedRow(row))
}

func (x *gateway) block(w http.ResponseWriter, r *http.Request, blocked bool) {
	var q struct {
		ModelID *string `json:"model_id"`
	}
	if !readJSON(w, r, &q) {
		return
	}
	if q.ModelID == nil {
		invalid(w, []any{"body", "model_id"}, "Field required")
		return
	}
	by := changedBy(r)
	if v := r.Header.Get("litellm-changed-by"); v != "" {
		by = v
	}
	var row *world.Row
	x.view(func() { row = x.g.Write(*q.ModelID, world.Change{Blocked: &blocked, By: by}, x.o.World.Now()) })
	if row == nil {
		fail(w, http.StatusNotFound, "not_found_error", "Model "+*q.ModelID+" not found in the database.")
		return
	}
	respond(w, http.StatusOK, storedRow(row))
}

// changedBy is the user of the one key there is.
func changedBy(*http.Request) string { return "default_user_id" }

// storedRow is the row as the database holds it: texts encrypted, numbers in clear.
func storedRow(row *world.Row) object {
	params := object{}
	for k, v := range row.Params {
		if text, ok := v.(string); ok {
			v = seal(row.Spec.ID, k, text)
		}
		params[k] = v
	}
	if row.CreatedBy != byAPI { // members that the fleet began with have a key of their own
		params["api_key"] = seal(row.Spec.ID, "api_key", "simulated")
	}
	return object{
		"model_id": row.Spec.ID, "model_name": row.Spec.Route, "litellm_params": params,
		"model_info": object{"id": row.Spec.ID, "db_model": true}, "blocked": row.Blocked,
		"created_at": row.CreatedAt.Format(time.RFC3339), "created_by": row.CreatedBy,
		"updated_at": row.UpdatedAt.Format(time.RFC3339Nano), "updated_by": row.UpdatedBy,
	}
}

// seal looks like LiteLLM's encrypted values: base64url of a 24-byte nonce, a 16-byte tag and the text's length of
// noise. It is not encryption: there is nothing secret in a simulation, and the same row gives the same text.
func seal(id, field, text string) string {
	out := make([]byte, 0, 40+len(text))
	for i := 0; len(out) < 40+len(text); i++ {
		sum := sha256.Sum256([]byte(id + "\x00" + field + "\x00" + text + "\x00" + strconv.Itoa(i)))
		out = append(out, sum[:]...)
	}
	return base64.URLEncoding.EncodeToString(out[:40+len(text)])
}

func (x *gateway) refuseUpdate(w http.ResponseWriter, _ *http.Request) {
	fail(w, http.StatusBadRequest, "bad_request_error",
		"The old full update drops what is not sent; use PATCH /model/{model_id}/update.")
}

func (x *gateway) chat(w http.ResponseWriter, r *http.Request) {
	key := x.secretOf(bearer(r, "x-litellm-api-key"))
	if key == nil && !x.admit(w, r) {
		return
	}
	var f world.Refusal
	if x.view(func() { f = x.g.Admit(key, x.o.World.Seconds()) }); f.Status != 0 {
		x.turnedAway(w, f)
		return
	}
	q, err := readCompletion(r)
	if err != nil {
		fail(w, http.StatusBadRequest, "invalid_request_error", err.Error())
		return
	}
	known := false
	x.view(func() {
		for _, row := range x.g.Rows {
			known = known || row.Spec.Route == x.g.Resolve(q.Model)
		}
	})
	if !known {
		fail(w, http.StatusBadRequest, "invalid_request_error", "/chat/completions: Invalid model name passed in model="+
			q.Model+". Call `/v1/models` to view available models for your key.")
		return
	}
	a := answer{s: x.server, chat: true, model: q.Model, stream: q.Stream, reply: q.reply(false), header: x.headers}
	want := q.ask()
	want.Key = key
	want.Output = len(a.reply.words)
	a.serve(w, r, func() *world.Call { return x.o.World.Ask(x.g, q.Model, want) })
}

// headers are those by which a shift can be seen from outside.
func (x *gateway) headers(c *world.Call, h http.Header) {
	h.Set("x-litellm-version", x.o.litellm())
	h.Set("x-litellm-attempted-retries", strconv.Itoa(max(c.Attempts-1, 0)))
	fallbacks := "0"
	if c.FellBack {
		fallbacks = "1"
	}
	h.Set("x-litellm-attempted-fallbacks", fallbacks)
	for _, d := range x.o.World.Spec.Deployments {
		if d.ID == c.Deployment {
			h.Set("x-litellm-model-id", d.ID)
			h.Set("x-litellm-model-api-base", cmp.Or(c.Base, d.APIBase))
			d := *x.g.Prices(&d)
			cost := float64(c.Prompt)*d.InCost + float64(c.Output)*d.OutCost
			h.Set("x-litellm-response-cost", strconv.FormatFloat(cost, 'g', -1, 64))
		}
	}
	if c.End > 0 {
		h.Set("x-litellm-response-duration-ms", strconv.FormatFloat((c.End-c.Start)*1000, 'f', 3, 64))
	}
	if c.Limits.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(c.Limits.RetryAfter)))
	}
}

// statuses lists the keys of a counter by status in order.
func statuses(m map[int]float64) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Ints(keys)
	return keys
}
