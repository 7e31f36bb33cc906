package wire

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"pitwall/backends/sim/world"
)

// declared are the router settings that a save of LiteLLM 1.81 knows (UpdateRouterConfig); what else is sent is dropped.
var declared = []string{
	"routing_strategy_args", "routing_strategy", "model_group_retry_policy", "allowed_fails", "cooldown_time", "num_retries",
	"timeout", "max_retries", "retry_after", "fallbacks", "context_window_fallbacks", "model_group_alias",
}

// later are those that came with 1.96.
var later = []string{"routing_groups", "retry_policy", "model_group_affinity_config", "enable_tag_filtering"}

// whole are the settings that LiteLLM cuts to whole numbers as it takes them over.
var whole = []string{"timeout", "num_retries", "retry_after", "allowed_fails", "cooldown_time"}

// update is POST /config/update, the admin UI's own call. Other sections than router settings are taken and do nothing.
func (x *gateway) update(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Router map[string]json.RawMessage `json:"router_settings"`
	}
	if !readJSON(w, r, &q) {
		return
	}
	if q.Router != nil && !x.save(w, q.Router) {
		return
	}
	respond(w, http.StatusOK, object{"message": "Config updated successfully"})
}

// save stores router settings in the manner of the version. False means that it has answered.
func (x *gateway) save(w http.ResponseWriter, sent map[string]json.RawMessage) bool {
	known := slices.Concat(declared, later)
	if !x.can(v196) {
		known = declared
	}
	row := world.RouterSettings{}
	for key, raw := range sent {
		var v any
		if json.Unmarshal(raw, &v) != nil || !fits(key, v) {
			invalid(w, []any{"body", "router_settings", key}, "Input should be valid")
			return false
		}
		switch {
		case !slices.Contains(known, key) && x.can(v1106):
			fail(w, http.StatusBadRequest, "auth_error", "Unsupported router settings: "+key+" are not valid router settings")
			return false
		case v == nil || !slices.Contains(known, key):
		case slices.Contains(whole, key):
			row[key] = float64(int(v.(float64)))
		default:
			row[key] = v
		}
	}
	if _, ok := row["model_group_alias"]; !ok && !x.can(v1106) {
		row["model_group_alias"] = map[string]any{} // the default of the request: aliases that are left out are wiped
	}
	owned := x.keep(row)
	if owned != "" {
		fail(w, http.StatusBadRequest, "auth_error", "router_settings key '"+owned+"' is set in the config file and cannot be changed here.")
	}
	return owned == ""
}

// keep stores a row, or names the key of it that the file owns.
func (x *gateway) keep(row world.RouterSettings) (owned string) {
	x.view(func() {
		live := x.g.Live()
		for key, v := range row {
			if x.g.OwnedByFile(key) && !reflect.DeepEqual(live[key], v) {
				owned = key
				return
			}
		}
		x.g.StoreSettings(x.merged(row))
	})
	return owned
}

// merged is the new row: what was sent, from 1.96 on over what was stored.
func (x *gateway) merged(sent world.RouterSettings) world.RouterSettings {
	if !x.can(v196) {
		return sent
	}
	row := x.g.Stored()
	maps.Copy(row, sent)
	return row
}

// fits tells whether a value has the type that a setting is declared with.
func fits(key string, v any) bool {
	if v == nil {
		return true
	}
	ok := true
	switch {
	case key == "routing_strategy":
		_, ok = v.(string)
	case strings.HasSuffix(key, "fallbacks"):
		list, isList := v.([]any)
		ok = isList && !slices.ContainsFunc(list, func(entry any) bool { _, isRule := entry.(map[string]any); return !isRule })
	case key == "model_group_alias", key == "routing_strategy_args", key == "model_group_retry_policy":
		_, ok = v.(map[string]any)
	case slices.Contains(whole, key), key == "max_retries":
		_, ok = v.(float64)
	}
	return ok
}
