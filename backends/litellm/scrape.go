package litellm

import (
	"context"
	"net/url"
	"strings"

	"pitwall/backends/internal/promtext"
)

// The metrics page is a mount of its own: /metrics answers with a redirect to /metrics/, which names the scheme that
// LiteLLM sees and not the one in front of it, so that the client cannot always follow it.
const (
	metricsPath  = "/metrics"
	metricsMount = "/metrics/"
)

// page reads the metrics page; status is that of a refusal.
func (r *Reader) page(ctx context.Context) (p *page, status int, err error) {
	reply, err := r.api.client.Get(ctx, metricsPath, promtext.Accept)
	if err != nil && reply != nil && reply.Status/100 == 3 && isMount(reply.Header.Get("Location")) {
		reply, err = r.api.client.Get(ctx, metricsMount, promtext.Accept)
	}
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

func isMount(location string) bool {
	u, err := url.Parse(location)
	return err == nil && strings.HasSuffix(u.Path, metricsMount)
}
