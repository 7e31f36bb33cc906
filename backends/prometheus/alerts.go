package prometheus

import (
	"context"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/promalerts"
	"pitwall/fleet"
)

// alerts adds what the store's own rules say: alerts that fire and that wait. A store without rules, or one that keeps
// them elsewhere, answers no list; the reading holds without it.
func (r *reader) alerts(ctx context.Context, p *fleet.Partial) {
	ctx, cancel := aside.Half(ctx)
	defer cancel()
	reply, err := r.api.client.Get(ctx, promalerts.Path, "application/json")
	if err != nil {
		return
	}
	found, notices, err := promalerts.Decode(reply.Body)
	if err != nil {
		return
	}
	p.Alerts, p.Notices = found, append(p.Notices, notices...)
}
