package prometheus

import (
	"context"
	"time"

	"pitwall/fleet"
)

// versionEvery is how often the version is asked.
const versionEvery = 5 * time.Minute

// about is what the store says of itself.
type about struct {
	name   fleet.Safe
	server fleet.Maybe[time.Time]
}

// titles are the names of the flavours: several of them answer with the version of the API that they imitate.
var titles = map[string]fleet.Safe{"prometheus": fleet.Text("Prometheus "), "thanos": fleet.Text("Thanos "),
	"mimir": fleet.Text("Mimir "), "victoriametrics": fleet.Text("VictoriaMetrics, as ")}

// currentVersion asks at most every five minutes. Where nothing else was asked in this read its answer decides whether
// the store was read, and a store without build information is asked for a number instead.
func (r *reader) currentVersion(ctx context.Context, now time.Time, alone bool) (about, error) {
	r.mu.Lock()
	a, due := about{name: r.version}, r.asked.IsZero() || now.Sub(r.asked) >= versionEvery
	if due {
		r.asked = now
	}
	r.mu.Unlock()
	if !due && !alone {
		return a, nil
	}
	if !alone {
		var cancel context.CancelFunc
		ctx, cancel = half(ctx)
		defer cancel()
	}
	reply, err := r.api.client.Get(ctx, "/api/v1/status/buildinfo", "application/json")
	var answer struct {
		Data struct {
			Version string `json:"version"`
		} `json:"data"`
	}
	if err == nil && reply.JSON(&answer) == nil && answer.Data.Version != "" {
		a.name, a.server = fleet.Concat(titles[r.flavour], fleet.Label(answer.Data.Version)), reply.ServerTime
		r.mu.Lock()
		r.version = a.name
		r.mu.Unlock()
		return a, nil
	}
	if !alone {
		return a, nil
	}
	h, err := r.api.instant(ctx, "vector(1)", 1, func(*row) error { return nil })
	a.server = h.server
	return a, err
}

// half gives a side question half of the time that is left.
func half(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/2) // an HTTP deadline is real time, whatever the clock
}
