package wire

import (
	"net/http"
	"time"

	"pitwall/backends/sim/world"
)

// activity is what all replicas counted since the simulation began, as the sums of its day; one page holds it.
func (x *gateway) activity(w http.ResponseWriter, r *http.Request) {
	today := x.o.Clock.Now().UTC().Format(time.DateOnly)
	total, models, groups := counted{}, map[string]*counted{}, map[string]*counted{}
	x.view(func() {
		for _, g := range x.o.World.Gateways {
			for _, d := range g.Stats.Deployments {
				total.add(d)
				put(models, d.Spec.Model).add(d)
				put(groups, d.Spec.Route).add(d)
			}
		}
	})
	results := []object{}
	if q := r.URL.Query(); q.Get("start_date") <= today && today <= q.Get("end_date") {
		results = append(results, object{"date": today, "metrics": total.metrics(), "breakdown": object{"mcp_servers": object{},
			"models": breakdown(models), "model_groups": breakdown(groups), "providers": object{}, "endpoints": object{}, "api_keys": object{},
			"entities": object{}}})
	}
	respond(w, http.StatusOK, object{"results": results, "metadata": object{"total_spend": total.spend, "page": 1, "total_pages": 1,
		"has_more": false}})
}

// counted is what was counted of some members.
type counted struct{ spend, in, out, ok, failed float64 }

func put(m map[string]*counted, name string) *counted {
	if m[name] == nil {
		m[name] = &counted{}
	}
	return m[name]
}

func (c *counted) add(d *world.DeploymentStats) {
	c.spend += d.Spend
	c.in += d.In
	c.out += d.Out
	c.ok += d.Success
	c.failed += d.Total - d.Success
}

func (c *counted) metrics() object {
	return object{"spend": c.spend, "prompt_tokens": int64(c.in), "completion_tokens": int64(c.out), "cache_read_input_tokens": 0,
		"cache_creation_input_tokens": 0, "total_tokens": int64(c.in + c.out), "successful_requests": int64(c.ok),
		"failed_requests": int64(c.failed), "api_requests": int64(c.ok + c.failed)}
}

func breakdown(m map[string]*counted) object {
	out := object{}
	for name, c := range m {
		out[name] = object{"metrics": c.metrics(), "metadata": object{}, "api_key_breakdown": object{}}
	}
	return out
}

// budgets is refused as where none is configured.
func (x *gateway) budgets(w http.ResponseWriter, _ *http.Request) {
	fail(w, http.StatusInternalServerError, "internal_server_error",
		"No provider budget config found. Please set a provider budget config in the router settings.")
}
