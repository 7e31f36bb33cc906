package productionstack

import (
	"context"
	"sync"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// reader reads one router.
type reader struct {
	api   *api
	clock fleet.Clock

	table    *promtext.Table
	scraping sync.Mutex
	raw      promtext.Page // memory that is used again
}

func newReader(s fleet.SourceSpec, deps fleet.Deps) (*reader, error) {
	a, err := newAPI(s.ID, s.URL, s.Auth, s.TLS, deps)
	if err != nil {
		return nil, err
	}
	return &reader{api: a, clock: deps.Clock, table: promtext.NewTable(families()...)}, nil
}

// Read implements fleet.Reader.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	held, reply, err := r.api.held(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	counted, err := r.metrics(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	if held != nil && held.foreign(counted) != "" { // it may have taken a new configuration over between the two
		if held, reply, err = r.api.held(ctx); err != nil {
			return fleet.Partial{}, err
		}
	}
	out := fleet.Partial{ServerTime: reply.ServerTime, Version: fleet.Label(r.api.version(ctx)), Health: fleet.Some(true),
		Notices: counted.notices, Gateway: &fleet.GatewayReading{CanBlock: fleet.Some(false), Metrics: counted.read,
			MetricsWhy: counted.why, InFlight: counted.inFlight, Routing: map[fleet.RouteID]fleet.Routing{}}}
	if held != nil && held.discovery == static {
		tellListed(held, counted, &out)
	} else if err := r.tellFound(ctx, held, counted, &out); err != nil {
		return fleet.Partial{}, err
	}
	out.At = r.clock.Now()
	return out, nil
}

func warn(out *fleet.Partial, text fleet.Safe) {
	out.Notices = append(out.Notices, fleet.Notice{Level: fleet.LevelWarn, Text: text})
}
