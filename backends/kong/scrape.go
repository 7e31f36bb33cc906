package kong

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/promtext"
	"pitwall/backends/internal/webaddress"
	"pitwall/fleet"
)

// metricsPath is where both the Status API and the Admin API have the page.
const metricsPath = "/metrics"

// pageOf is one metrics page. One that is named in an option belongs to another listener, or to another process, which may be
// away while the Admin API is there.
type pageOf struct {
	client *httpx.Client
	path   string
	host   string // "" for the Admin API's own
}

// pageTimeout bounds all pages that are named, so that what is away costs no reading.
const pageTimeout = 3 * time.Second

// metricsPages opens the pages that the option names, without the token, which is the Admin API's alone. Without the option
// there is the page of the Admin API.
func metricsPages(s fleet.SourceSpec, a *api, deps fleet.Deps) ([]pageOf, error) {
	option := strings.TrimSpace(s.Options[OptionMetrics])
	if option == "" {
		return []pageOf{{client: a.client, path: metricsPath}}, nil
	}
	var list []pageOf
	for _, one := range strings.Split(option, ",") {
		address, err := webaddress.Beside(strings.TrimSpace(one), s.URL, metricsPath)
		if err != nil {
			return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "use the option " + OptionMetrics, Source: s.ID, Err: err}
		}
		client, err := httpx.New(httpx.Options{Source: s.ID, Base: address, TLS: s.TLS, Deps: deps, MaxBody: maxBody})
		if err != nil {
			return nil, err
		}
		list = append(list, pageOf{client: client, host: webaddress.Host(address)})
	}
	return list, nil
}

// metrics reads all pages. A page that is absent or closed is a state of the gateway and is said, and so is one of another
// process that does not answer: counters without it would fall, so that there are none. One that is cut is no page, and the whole
// reading fails, so that the last good one keeps its age.
func (r *reader) metrics(ctx context.Context, g *fleet.GatewayReading) (*pages, error) {
	out := newPages(r.api.workspace)
	named, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	for _, p := range r.scraped {
		way := ctx
		if p.host != "" {
			way = named
		}
		reply, err := p.client.Get(way, p.path, promtext.Accept)
		if err != nil {
			why := absent(reply)
			if p.host != "" && why.IsEmpty() && away(err) && ctx.Err() == nil {
				why = fleet.Concat(fleet.Text("the metrics page of "), fleet.Label(p.host), fleet.Text(" is not there: "), fleet.Cause(err))
			}
			if why.IsEmpty() {
				return nil, err
			}
			g.MetricsWhy = why
			return newPages(r.api.workspace), nil
		}
		if len(bytes.TrimSpace(reply.Body)) == 0 {
			continue
		}
		r.scraping.Lock()
		err = out.add(r.table, &r.raw, reply.Body)
		r.scraping.Unlock()
		if err != nil {
			return nil, promtext.Refused(r.api.source, err)
		}
	}
	g.Metrics = true
	if len(out.models) == 0 {
		g.MetricsWhy = fleet.Text("the metrics page has no AI series yet; they need ai_metrics of the prometheus plugin and " +
			"logging.log_statistics of each target")
	}
	return out, nil
}

func away(err error) bool {
	kind := fleet.KindOf(err)
	return kind == fleet.KindUnreachable || kind == fleet.KindTimeout || kind == fleet.KindServer
}

func absent(reply *httpx.Reply) fleet.Safe {
	if reply == nil {
		return fleet.Safe{}
	}
	switch reply.Status {
	case http.StatusNotFound:
		return fleet.Text("no metrics page here: the prometheus plugin is off, or the Status API serves it; name that in the option metrics")
	case http.StatusUnauthorized, http.StatusForbidden:
		return fleet.Text("the metrics page is closed to this token")
	}
	return fleet.Safe{}
}
