package wire

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"pitwall/backends/sim/world"
)

// activity is what all replicas counted, by UTC day, newest first; one page holds it.
func (x *gateway) activity(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	days := map[string]*daily{}
	var total counted
	for _, s := range x.spent() {
		date := s.Day.Format(time.DateOnly)
		if date < q.Get("start_date") || date > q.Get("end_date") || q.Get("model") != "" && q.Get("model") != s.Deployment.Model {
			continue
		}
		if days[date] == nil {
			days[date] = newDaily()
		}
		days[date].add(s)
		total.Plus(s.KeyUse)
	}
	results := []object{}
	for date, d := range days {
		results = append(results, object{"date": date, "metrics": d.total.metrics(), "breakdown": d.breakdown()})
	}
	slices.SortFunc(results, func(a, b object) int { return strings.Compare(b["date"].(string), a["date"].(string)) })
	respond(w, http.StatusOK, object{"results": results, "metadata": object{"total_spend": total.Spend,
		"total_prompt_tokens": total.Prompt(), "total_completion_tokens": total.Output,
		"total_api_requests":        int64(total.Requests + total.Failed),
		"total_successful_requests": int64(total.Requests), "total_failed_requests": int64(total.Failed),
		"total_cache_read_input_tokens": total.CacheRead, "total_cache_creation_input_tokens": total.CacheWrite,
		"page": 1, "total_pages": 1, "has_more": false}})
}

// spent is what was counted since before the simulation began.
func (x *gateway) spent() []world.Spent {
	var list []world.Spent
	x.view(func() { list = x.o.World.Spent() })
	return slices.Concat(x.o.past().Spent, list) // the past is shared by all who ask at once
}

// daily is one day, and parts of it by what a breakdown names.
type daily struct {
	total counted
	by    map[string]map[string]*part // by kind of breakdown, then by name
}

// part is one entry of a breakdown, with the keys that were used for it.
type part struct {
	counted
	metadata object
	keys     map[string]*part
}

// counted is what was counted of something.
type counted struct{ world.KeyUse }

func newDaily() *daily {
	return &daily{by: map[string]map[string]*part{"models": {}, "model_groups": {}, "providers": {}, "api_keys": {}}}
}

func (d *daily) add(s world.Spent) {
	d.total.Plus(s.KeyUse)
	vendor, _, _ := strings.Cut(s.Deployment.Model, "/")
	hash, owner := keyHashOf(s.Key)
	for kind, name := range map[string]string{"models": s.Deployment.Model, "model_groups": s.Deployment.Route, "providers": vendor} {
		p := entry(d.by[kind], name, object{})
		p.Plus(s.KeyUse)
		entry(p.keys, hash, owner).Plus(s.KeyUse)
	}
	entry(d.by["api_keys"], hash, owner).Plus(s.KeyUse)
}

func entry(m map[string]*part, name string, metadata object) *part {
	if m[name] == nil {
		m[name] = &part{metadata: metadata, keys: map[string]*part{}}
	}
	return m[name]
}

// keyHashOf is how spending names a key: by its hash, beside alias and team.
func keyHashOf(k *world.KeySpec) (string, object) {
	if k == nil {
		return masterKey, object{"key_alias": nil, "team_id": nil}
	}
	return k.Hash, object{"key_alias": k.Alias, "team_id": k.Team}
}

// masterKey stands for the hash of the master key.
const masterKey = "litellm_proxy_master_key"

func (d *daily) breakdown() object {
	out := object{"mcp_servers": object{}, "endpoints": object{}, "entities": object{}}
	for kind, parts := range d.by {
		of := object{}
		for name, p := range parts {
			o := p.object()
			if kind != "api_keys" {
				keys := object{}
				for hash, k := range p.keys {
					keys[hash] = k.object()
				}
				o["api_key_breakdown"] = keys
			}
			of[name] = o
		}
		out[kind] = of
	}
	return out
}

func (p *part) object() object { return object{"metrics": p.metrics(), "metadata": p.metadata} }

func (c *counted) metrics() object {
	return object{"spend": c.Spend, "prompt_tokens": c.Prompt(), "completion_tokens": c.Output, "cache_read_input_tokens": c.CacheRead,
		"cache_creation_input_tokens": c.CacheWrite, "total_tokens": c.Prompt() + c.Output, "successful_requests": int64(c.Requests),
		"failed_requests": int64(c.Failed), "api_requests": int64(c.Requests + c.Failed)}
}

// budgets is refused as where none is configured.
func (x *gateway) budgets(w http.ResponseWriter, _ *http.Request) {
	fail(w, http.StatusInternalServerError, "internal_server_error",
		"No provider budget config found. Please set a provider budget config in the router settings.")
}
