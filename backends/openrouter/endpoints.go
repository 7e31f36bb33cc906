package openrouter

import (
	"context"
	"net/url"
	"strings"

	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

const (
	// mostAsked bounds how many models one probe asks about one by one.
	mostAsked = 10
	// poorUptime is the share of answered requests, in percent, below which an endpoint is spoken of. The share itself is not
	// said: it changes with each probe, and each new sentence would be an event.
	poorUptime = 95.0
)

// endpoint is one provider behind a model, as OpenRouter measured it on everybody's requests.
type endpoint struct {
	Model  string   `json:"model_id"`
	Tag    string   `json:"tag"`
	Status *int     `json:"status"` // 0 is normal, below it is not
	Last5m *float64 `json:"uptime_last_5m"`
	Last30 *float64 `json:"uptime_last_30m"`
}

// uptime is the freshest share of answered requests in percent. Few requests give none.
func (e *endpoint) uptime() fleet.Maybe[float64] {
	for _, v := range []*float64{e.Last5m, e.Last30} {
		if v != nil && *v >= 0 && *v <= 100 {
			return fleet.Some(*v)
		}
	}
	return fleet.None[float64]()
}

// endpoints remarks models of the configuration that nobody serves well, and where it is asked for those whose endpoints
// keep data. The names of models of other accounts are no secret: nothing of the answer is kept but figures.
func (r *reader) endpoints(ctx context.Context) []fleet.Notice {
	var notices []fleet.Notice
	var zdr map[string]int
	if r.zdr && len(r.spec.Models) > 0 {
		var err error
		if zdr, err = r.keepNothing(ctx); err != nil {
			notices = append(notices, rented.Without(fleet.Text("which endpoints keep no data"), err))
		}
	}
	for i, m := range r.spec.Models {
		if i == mostAsked {
			return append(notices, fleet.Notice{Level: fleet.LevelInfo,
				Text: fleet.Text("the endpoints of its other models were not asked for: at most 10 are asked about")})
		}
		author, slug, ok := strings.Cut(string(bare(m)), "/")
		if !ok || author == "" || slug == "" || author == "openrouter" { // routers have no endpoints of their own
			continue
		}
		reply, err := r.get(ctx, "/models/"+url.PathEscape(author)+"/"+url.PathEscape(slug)+"/endpoints")
		if err != nil {
			notices = append(notices, rented.Without(fleet.Concat(fleet.Text("the endpoints of "), fleet.Quote(string(m))), err))
			if rented.Stopped(err) {
				return notices
			}
			continue
		}
		var page struct {
			Data struct {
				Endpoints *[]endpoint `json:"endpoints"`
			} `json:"data"`
		}
		if err := reply.JSON(&page); err != nil || page.Data.Endpoints == nil {
			notices = append(notices, rented.Of(m, fleet.Text(": the answer holds no list of its endpoints")))
			continue
		}
		notices = append(notices, judge(m, *page.Data.Endpoints)...)
		if zdr != nil {
			notices = append(notices, keeps(m, *page.Data.Endpoints, zdr)...)
		}
	}
	return notices
}

// judge speaks of a model whose best endpoint does poorly: OpenRouter goes to the next one by itself, and it has none.
func judge(m fleet.ModelName, list []endpoint) []fleet.Notice {
	if len(list) == 0 {
		return []fleet.Notice{rented.Of(m, fleet.Text(" has no endpoint: nobody serves it now"))}
	}
	down, best := 0, fleet.None[float64]()
	for i := range list {
		if e := &list[i]; e.Status != nil && *e.Status < 0 {
			down++
		} else if up := e.uptime(); up.OK && up.V >= best.V {
			best = up
		}
	}
	switch {
	case down == len(list):
		return []fleet.Notice{rented.Of(m, fleet.Text(": all of its "), fleet.Int(len(list)),
			fleet.Text(" endpoints are marked as down or degraded"))}
	case best.OK && best.V < poorUptime:
		return []fleet.Notice{rented.Of(m, fleet.Text(": the best of its "), fleet.Int(len(list)),
			fleet.Text(" endpoints answered less than 95% of all requests lately"))}
	}
	return nil
}

// keepNothing counts the endpoints of each model that keep no data.
func (r *reader) keepNothing(ctx context.Context) (map[string]int, error) {
	reply, err := r.get(ctx, "/endpoints/zdr")
	if err != nil {
		return nil, err
	}
	var page struct {
		Data *[]endpoint `json:"data"`
	}
	if err := reply.JSON(&page); err != nil {
		return nil, err
	}
	if page.Data == nil {
		return nil, rented.Invalid(r.spec.ID, "the answer holds no list of endpoints")
	}
	out := map[string]int{}
	for _, e := range *page.Data {
		out[e.Model+" "+e.Tag]++
	}
	return out, nil
}

// keeps says how many endpoints of a model keep data. Which one answers is OpenRouter's to choose, unless the account or the
// request asks for zero data retention.
func keeps(m fleet.ModelName, list []endpoint, zdr map[string]int) []fleet.Notice {
	clean := 0
	for _, e := range list {
		if zdr[e.Model+" "+e.Tag] > 0 {
			clean++
		}
	}
	switch {
	case len(list) == 0 || clean == len(list):
		return nil
	case clean == 0:
		return []fleet.Notice{rented.Of(m, fleet.Text(": none of its endpoints is listed as keeping no data"))}
	default:
		return []fleet.Notice{rented.Of(m, fleet.Text(": "), fleet.Int(clean), fleet.Text(" of "), fleet.Int(len(list)),
			fleet.Text(" endpoints keep no data; only a setting of the account or of each request keeps to these"))}
	}
}
