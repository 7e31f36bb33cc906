// Package together probes accounts of Together AI: whether the key is accepted, how long an answer takes, which models it may
// call and what limit headers say, which count per second there.
// It must ask nothing that costs money: the list of models is free and needs the key.
package together

import (
	"context"
	"net/http"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/ratelimits"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// Connector returns the connector "together". A source's URL is the API's address with or without its "/v1".
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "together", Title: "Together AI", Interval: time.Minute, NewReader: newReader,
		Reads: "a free probe of the list of models: key, latency, models, limit headers"}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	client *httpx.Client
	path   string
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	base := strings.TrimSuffix(spec.URL, "/")
	client, err := httpx.New(httpx.For(spec, base, deps))
	if err != nil {
		return nil, err
	}
	r := &reader{spec: spec, clock: deps.Clock, client: client, path: "/models"}
	if !rented.HasVersion(base) {
		r.path = "/v1/models"
	}
	return r, nil
}

// Read probes once. A refused key gives both an error and a reading that says so.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	reply, err := r.client.Do(ctx, http.MethodGet, r.path, nil)
	p := fleet.Partial{At: r.clock.Now()}
	if err != nil {
		p.Provider = rented.Refused(err)
		return p, err
	}
	models, err := rented.Models(r.spec.ID, reply)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.ServerTime, p.Notices = reply.ServerTime, rented.Missing(r.spec.Models, models, nil)
	p.Provider = &fleet.ProviderReading{
		Authorised: rented.Accepted(r.spec.Auth),
		Latency:    fleet.Some(fleet.Seconds(reply.Took.Seconds())),
		Models:     models,
		Limits:     limits(reply.Header, p.At),
	}
	return p, nil
}

// perMinute turns what Together counts in a second into what limits are kept in.
const perMinute = 60

// limits reads limits by the second. The guaranteed rate comes before the dynamic one, which may fall at any time.
func limits(h http.Header, now time.Time) []fleet.Limit {
	var list []fleet.Limit
	for _, l := range []struct {
		kind fleet.LimitKind
		name string
	}{{fleet.LimitRPM, "x-ratelimit-"}, {fleet.LimitTPM, "x-tokenlimit-"}} {
		found := fleet.Limit{Kind: l.kind, At: now,
			Max:       minutely(ratelimits.Amount(h, l.name+"limit", l.name+"limit-dynamic")),
			Remaining: minutely(ratelimits.Amount(h, l.name+"remaining", l.name+"remaining-dynamic"))}
		if found.Max.OK || found.Remaining.OK {
			list = append(list, found)
		}
	}
	return list
}

func minutely(perSecond fleet.Maybe[float64]) fleet.Maybe[float64] {
	perSecond.V *= perMinute
	return perSecond
}
