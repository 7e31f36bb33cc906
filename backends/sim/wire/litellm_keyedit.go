package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"pitwall/backends/sim/world"
)

// keyCalls adds the calls that read and change one key or one team.
func (x *gateway) keyCalls() {
	x.handle("GET /key/info", true, x.keyInfo)
	x.handle("POST /key/block", true, func(w http.ResponseWriter, r *http.Request) { x.blockKey(w, r, true) })
	x.handle("POST /key/unblock", true, func(w http.ResponseWriter, r *http.Request) { x.blockKey(w, r, false) })
	x.handle("POST /key/update", true, x.updateKey)
	x.handle("GET /team/info", true, x.teamInfo)
	x.handle("POST /team/block", true, func(w http.ResponseWriter, r *http.Request) { x.blockTeam(w, r, true) })
	x.handle("POST /team/unblock", true, func(w http.ResponseWriter, r *http.Request) { x.blockTeam(w, r, false) })
	x.handle("POST /team/update", true, x.updateTeam)
}

func (x *gateway) keyOf(hash string) *world.KeySpec {
	for i := range x.o.World.Spec.Keys {
		if k := &x.o.World.Spec.Keys[i]; k.Hash == hash {
			return k
		}
	}
	return nil
}

// keyInfo tells everything of a key but its hash, which the caller has.
func (x *gateway) keyInfo(w http.ResponseWriter, r *http.Request) {
	hash := r.URL.Query().Get("key")
	k := x.keyOf(hash)
	if k == nil {
		fail(w, http.StatusNotFound, "not_found_error", "Key not found in database")
		return
	}
	info := x.keyObject(k)
	delete(info, "token")
	respond(w, http.StatusOK, object{"key": hash, "info": info})
}

func (x *gateway) blockKey(w http.ResponseWriter, r *http.Request, blocked bool) {
	var q struct {
		Key *string `json:"key"`
	}
	if !readJSON(w, r, &q) {
		return
	}
	if q.Key == nil {
		invalid(w, []any{"body", "key"}, "Field required")
		return
	}
	k := x.keyOf(*q.Key)
	if k == nil {
		fail(w, http.StatusNotFound, "not_found_error", "Key not found.")
		return
	}
	x.change(world.HolderRef{ID: k.Hash}, true, func(row *world.HolderRow) { row.Blocked = blocked })
	respond(w, http.StatusOK, x.keyObject(k))
}

// blockTeam changes the database alone: every replica goes on by its cache, as in LiteLLM up to 1.106 at least.
func (x *gateway) blockTeam(w http.ResponseWriter, r *http.Request, blocked bool) {
	var q struct {
		Team string `json:"team_id"`
	}
	if !readJSON(w, r, &q) {
		return
	}
	if x.teamObject(q.Team) == nil {
		x.noTeam(w, q.Team)
		return
	}
	x.change(world.HolderRef{Team: true, ID: q.Team}, false, func(row *world.HolderRow) { row.Blocked = blocked })
	respond(w, http.StatusOK, x.teamObject(q.Team))
}

func (x *gateway) noTeam(w http.ResponseWriter, id string) {
	respond(w, http.StatusNotFound, object{"detail": object{"error": "Team not found, passed team_id=" + id}})
}

func (x *gateway) teamInfo(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("team_id")
	o := x.teamObject(id)
	if o == nil {
		x.noTeam(w, id)
		return
	}
	keys := o["keys"]
	delete(o, "keys")
	respond(w, http.StatusOK, object{"team_id": id, "team_info": o, "keys": keys, "team_memberships": []object{}})
}

// change stores a row; this replica drops what it has cached where the call does so.
func (x *gateway) change(ref world.HolderRef, tells bool, edit func(*world.HolderRow)) {
	_, spent := x.holder(ref)
	x.view(func() {
		row := x.g.Holder(ref)
		if row == nil {
			return
		}
		row.TellSpent(x.g, ref, spent)
		edit(row)
		x.g.StoreHolder(ref, *row, tells)
	})
}

func (x *gateway) updateKey(w http.ResponseWriter, r *http.Request) {
	q := map[string]json.RawMessage{}
	if !readJSON(w, r, &q) {
		return
	}
	k := x.keyOf(wordOf(q["key"]))
	if k == nil {
		fail(w, http.StatusNotFound, "not_found_error", "Key not found")
		return
	}
	if x.mergeLimits(w, world.HolderRef{ID: k.Hash}, q) {
		respond(w, http.StatusOK, x.keyObject(k))
	}
}

func (x *gateway) updateTeam(w http.ResponseWriter, r *http.Request) {
	q := map[string]json.RawMessage{}
	if !readJSON(w, r, &q) {
		return
	}
	id := wordOf(q["team_id"])
	if x.teamObject(id) == nil {
		x.noTeam(w, id)
		return
	}
	if x.mergeLimits(w, world.HolderRef{Team: true, ID: id}, q) {
		respond(w, http.StatusOK, object{"team_id": id, "data": x.teamObject(id)})
	}
}

func wordOf(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // what is no text is none
	return s
}

// mergeLimits merges what was sent into a row: what is left out stays, a null clears. Up to 1.81 a null leaves the period of a budget.
func (x *gateway) mergeLimits(w http.ResponseWriter, ref world.HolderRef, q map[string]json.RawMessage) bool {
	var v struct {
		Budget  *float64 `json:"max_budget"`
		Per     *string  `json:"budget_duration"`
		TPM     *int64   `json:"tpm_limit"`
		RPM     *int64   `json:"rpm_limit"`
		Blocked *bool    `json:"blocked"`
	}
	whole, err := json.Marshal(q)
	if err == nil {
		err = json.Unmarshal(whole, &v)
	}
	if err != nil || v.Budget != nil && *v.Budget < 0 {
		invalid(w, []any{"body"}, "Input should be a valid number")
		return false
	}
	x.change(ref, true, func(row *world.HolderRow) {
		if _, sent := q["max_budget"]; sent {
			row.Budget = v.Budget
		}
		if _, sent := q["budget_duration"]; sent && v.Per != nil {
			row.Per, row.ResetAt = *v.Per, world.NextPeriod(*v.Per, x.o.World.Now())
		} else if sent && x.can(v196) {
			row.Per, row.ResetAt = "", world.NextPeriod("", x.o.World.Now())
		}
		if _, sent := q["tpm_limit"]; sent {
			row.TPM = v.TPM
		}
		if _, sent := q["rpm_limit"]; sent {
			row.RPM = v.RPM
		}
		if v.Blocked != nil && ref.Team {
			row.Blocked = *v.Blocked
		}
	})
	return true
}

// secretOf is the key of a client: the secret of a simulated key is sk- and its alias.
func (x *gateway) secretOf(bearer string) *world.KeySpec {
	for i := range x.o.World.Spec.Keys {
		if k := &x.o.World.Spec.Keys[i]; bearer == "sk-"+k.Alias {
			return k
		}
	}
	return nil
}

// turnedAway answers like LiteLLM to a request that its key does not allow.
func (x *gateway) turnedAway(w http.ResponseWriter, f world.Refusal) {
	switch {
	case f.Fast:
		what := "api_key"
		if f.Of.Team {
			what = "team"
		}
		w.Header().Set("retry-after", strconv.Itoa(60-int(x.o.World.Seconds())%60))
		fail(w, f.Status, "None", "Rate limit exceeded for "+what+": "+f.Of.ID)
	case f.Over && f.Of.Team:
		fail(w, f.Status, "budget_exceeded", fmt.Sprintf("Budget has been exceeded! Team=%s Current cost: %v, Max budget: %v", f.Of.ID, f.Spent,
			f.Budget))
	case f.Over:
		fail(w, f.Status, "budget_exceeded", fmt.Sprintf("Budget has been exceeded! Current cost: %v, Max budget: %v", f.Spent, f.Budget))
	case f.Of.Team:
		fail(w, f.Status, "auth_error", "Authentication Error, Team="+f.Of.ID+" is blocked. Update via `/team/unblock` if you're an admin.")
	default:
		text := "Authentication Error, Key is blocked. Update via `/key/unblock` if you're an admin."
		if !x.can(v196) {
			text = strings.Replace(text, "an admin", "admin", 1)
		}
		fail(w, f.Status, "auth_error", text)
	}
}
