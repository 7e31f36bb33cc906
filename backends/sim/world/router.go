package world

import (
	"encoding/json"
	"maps"
	"slices"
)

// RouterSettings is a document of LiteLLM's router settings, as JSON decodes it. It is not changed once it is stored.
type RouterSettings map[string]any

// The settings that a replica does not take over from the database: it keeps them until it starts again (update_settings of
// 1.81 to 1.106).
const keptSetting = "content_policy_fallbacks"

// fileSettings are those of the config file that all replicas started with.
func fileSettings(spec *Spec) RouterSettings {
	fallbacks := []any{}
	for _, name := range slices.Sorted(maps.Keys(spec.Fallbacks)) {
		if to := spec.Fallbacks[name]; len(to) > 0 {
			fallbacks = append(fallbacks, map[string]any{name: to})
		}
	}
	return RouterSettings{
		"routing_strategy": "simple-shuffle", "routing_strategy_args": map[string]any{}, "allowed_fails": AllowedFails,
		"cooldown_time": CooldownTime, "num_retries": NumRetries, "timeout": FirstTimeout, "max_retries": NumRetries,
		"retry_after": 0, "fallbacks": fallbacks, "context_window_fallbacks": []any{}, keptSetting: []any{},
		"model_group_alias": map[string]any{}, "model_group_retry_policy": map[string]any{},
	}.clone()
}

// clone is a deep copy in the types of decoded JSON.
func (s RouterSettings) clone() RouterSettings {
	out := RouterSettings{}
	if s == nil {
		return out
	}
	if raw, err := json.Marshal(s); err == nil {
		_ = json.Unmarshal(raw, &out) // it was just written
	}
	return out
}

// over is the config file with the stored row over it. Objects are merged, everything else is replaced; with fileWins the
// file keeps what it has, as in LiteLLM from 1.106 on.
func (s RouterSettings) over(file RouterSettings, fileWins bool) RouterSettings {
	out := file.clone()
	for key, v := range s.clone() {
		mine, isObject := v.(map[string]any)
		theirs, both := out[key].(map[string]any)
		switch {
		case fileWins && !emptySetting(file[key]):
		case isObject && both:
			maps.Copy(theirs, mine)
		default:
			out[key] = v
		}
	}
	return out
}

func emptySetting(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case []any:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	}
	return false
}

// Live returns the settings that this replica has in force. It is for use inside At.
func (g *Gateway) Live() RouterSettings { return g.live.clone() }

// Combined returns the config file with the database over it, which the calls for fallbacks begin with.
func (g *Gateway) Combined() RouterSettings { return g.db.settings.over(g.db.file, g.db.fileWins) }

// Stored returns the row of the database.
func (g *Gateway) Stored() RouterSettings { return g.db.settings.clone() }

// OwnedByFile tells whether the config file has a setting and keeps it.
func (g *Gateway) OwnedByFile(key string) bool { return g.db.fileWins && !emptySetting(g.db.file[key]) }

// StoreSettings puts a row in the place of the stored one. This replica takes it over at once, the others at their poll.
func (g *Gateway) StoreSettings(row RouterSettings) {
	g.db.settings = row.clone()
	g.takeOver()
}

// StoreFallbacks stores one list and puts it in force on this replica, which alone has it where it is not taken over.
func (g *Gateway) StoreFallbacks(key string, rules []any) {
	row := g.Combined()
	row[key] = rules
	g.db.settings = row.clone()
	g.live[key] = row.clone()[key]
	g.settle()
}

// takeOver puts the stored settings in force.
func (g *Gateway) takeOver() {
	if g.live == nil {
		g.live = g.db.file.clone()
	}
	for key, v := range g.Combined() {
		if key != keptSetting {
			g.live[key] = v
		}
	}
	g.settle()
}

// settle works out what the settings in force mean to requests.
func (g *Gateway) settle() {
	g.fallbacks, g.aliases = map[string][]string{}, map[string]string{}
	list, _ := g.live["fallbacks"].([]any)
	for _, entry := range list {
		rule, _ := entry.(map[string]any)
		for from, to := range rule {
			names, _ := to.([]any)
			if _, known := g.fallbacks[from]; known {
				continue // the first counts
			}
			for _, name := range names {
				if s, ok := name.(string); ok {
					g.fallbacks[from] = append(g.fallbacks[from], s)
				}
			}
		}
	}
	aliases, _ := g.live["model_group_alias"].(map[string]any)
	for name, to := range aliases {
		if object, ok := to.(map[string]any); ok {
			to = object["model"]
		}
		if s, ok := to.(string); ok {
			g.aliases[name] = s
		}
	}
}

// Resolve gives the route that a public name leads to now. It is for use inside At.
func (g *Gateway) Resolve(name string) string {
	if to, ok := g.aliases[name]; ok {
		return to
	}
	return name
}

// fallbacksOf are the routes that take over from one.
func (g *Gateway) fallbacksOf(route string) []string {
	if to, ok := g.fallbacks[route]; ok {
		return to
	}
	if to, ok := g.fallbacks[g.Resolve(route)]; ok {
		return to
	}
	return g.fallbacks["*"]
}

// Cooled lists the members of a route that are cooled down now, by their ids. It is for use inside At.
func (g *Gateway) Cooled(route string, now float64) []string {
	var ids []string
	for _, d := range g.groups[g.Resolve(route)] {
		if d.cooldown > now {
			ids = append(ids, d.row.Spec.ID)
		}
	}
	return ids
}
