package litellm

import (
	"context"

	"pitwall/backends/internal/promtext"
)

// page reads the metrics page; status is that of a refusal. Mounts answer /metrics with a redirect to /metrics/,
// which the client follows.
func (r *Reader) page(ctx context.Context) (p *page, status int, err error) {
	reply, err := r.api.client.Get(ctx, "/metrics", promtext.Accept)
	if err != nil {
		if reply != nil {
			status = reply.Status
		}
		return nil, status, err
	}
	r.scraping.Lock()
	defer r.scraping.Unlock()
	p, err = parsePage(r.table, &r.raw, reply.Body)
	if err != nil {
		return nil, 0, promtext.Refused(r.api.source, err)
	}
	return p, 0, nil
}
