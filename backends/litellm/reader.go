package litellm

import (
	"context"
	"net/http"
	"sync"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// Reader reads one LiteLLM replica, by its own address and never through a service: each replica holds its own
// copy of the routing state.
type Reader struct {
	api   *api
	clock fleet.Clock

	table    *promtext.Table
	scraping sync.Mutex
	raw      promtext.Page // memory that is used again

	policies policies
	money    *money
}

// NewReader returns a reader of the replica at the source's URL.
func NewReader(s fleet.SourceSpec, deps fleet.Deps) (*Reader, error) {
	a, err := newAPI(s.ID, s.URL, s.Auth, s.TLS, deps)
	if err != nil {
		return nil, err
	}
	m, err := newMoney(s, deps)
	if err != nil {
		return nil, err
	}
	return &Reader{api: a, clock: deps.Clock, table: promtext.NewTable(families()...), money: m}, nil
}

// Read asks for readiness, models, live settings and metrics. Without readiness and models there is no reading;
// settings and metrics may be closed to the key or absent, and what is missing is said.
func (r *Reader) Read(ctx context.Context) (fleet.Partial, error) {
	ready, reply, err := r.api.readiness(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	out := fleet.Partial{
		Version: fleet.Label(ready.Version), ServerTime: reply.ServerTime,
		Health:  fleet.Some(reply.Status == http.StatusOK && (ready.Status == "healthy" || ready.Status == "connected")),
		Gateway: &fleet.GatewayReading{},
	}
	live, err := r.settings(ctx, &out)
	if err != nil {
		return fleet.Partial{}, err
	}
	deployments, err := r.api.models(ctx, live.aliases)
	if err != nil {
		return fleet.Partial{}, err
	}
	g := out.Gateway
	g.Mode, g.ModeWhy = detectMode(ready, deployments)
	r.api.sawVersion(ready.Version)
	if r.hasFallbackCall(ctx, g.Mode, ready.Version) {
		r.policies.add(ctx, r.api, r.clock.Now(), deployments, &live)
	}
	g.Strategy, g.Routing = live.strategy, live.routing(deployments, ready.Version)
	out.Notices = append(out.Notices, mixedNotices(deployments, live, ready.Version)...)
	counters, err := r.metrics(ctx, g)
	if err != nil {
		return fleet.Partial{}, err
	}
	out.Notices = append(out.Notices, counters.notices...)
	g.Deployments = readings(deployments, counters, &out)
	g.Keys = counters.readKeys()
	g.CanBlock = r.canBlock(ctx, g.Mode)
	tellEdits(g, !live.read)
	stored := g.Mode == fleet.GatewayModeDatabase || g.Mode == fleet.GatewayModeDBReads
	r.money.add(ctx, r.clock.Now(), live.read && stored, r.aggregates(ctx, g.Mode), &out)
	out.At = r.clock.Now()
	return out, nil
}

// settings reads the live router settings. A key that is not a proxy admin's is refused them; then strategy,
// fallbacks and aliases stay unknown.
func (r *Reader) settings(ctx context.Context, out *fleet.Partial) (settings, error) {
	s, err := r.api.settings(ctx)
	switch fleet.KindOf(err) {
	case "":
		s.read = true
		return s, nil
	case fleet.KindAuth, fleet.KindNotFound, fleet.KindUnsupported:
		out.Notices = append(out.Notices, fleet.Notice{
			Level: fleet.LevelWarn,
			Text: fleet.Text("the router settings are closed to this key, so that strategy, fallbacks and aliases are " +
				"unknown; they need a proxy admin's key"),
		})
		return settings{}, nil
	default:
		return settings{}, err
	}
}

// metrics reads the metrics page. A page that is absent or closed is a state of the replica and is said; a page
// that fails or is cut is no page, and the whole reading fails, so that the last good one keeps its age.
func (r *Reader) metrics(ctx context.Context, g *fleet.GatewayReading) (*page, error) {
	p, status, err := r.page(ctx)
	switch {
	case err == nil && p.series > 0:
		g.Metrics, g.InFlight = true, p.inFlight
		return p, nil
	case err == nil:
		g.Metrics, g.InFlight = true, p.inFlight
		g.MetricsWhy = fleet.Text("the metrics page has no LiteLLM series yet")
		return p, nil
	case status == http.StatusNotFound:
		g.MetricsWhy = fleet.Text("no metrics page here: litellm_settings.callbacks lacks prometheus, " +
			"or it is served on its own port")
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		g.MetricsWhy = fleet.Text("the metrics page needs a LiteLLM key (default since 1.85); give this source a key, " +
			"or set litellm_settings.require_auth_for_metrics_endpoint: false")
	case status != 0 && status/100 == 3:
		g.MetricsWhy = fleet.Text("the metrics page redirects to another place, which is not followed")
	default:
		return nil, err
	}
	return newPage(), nil
}

// canBlock is only asked where the mode has something to block.
func (r *Reader) canBlock(ctx context.Context, mode fleet.GatewayMode) fleet.Maybe[bool] {
	if mode == fleet.GatewayModeFile || mode == fleet.GatewayModeDBReads {
		return fleet.Some(false)
	}
	return r.api.features(ctx, r.clock.Now()).block
}

// aggregates tells whether a day's activity can be had as one sum; it is only looked up where that costs nothing more.
func (r *Reader) aggregates(ctx context.Context, mode fleet.GatewayMode) bool {
	return mode == fleet.GatewayModeDatabase && r.api.features(ctx, r.clock.Now()).aggregated.V
}

// hasFallbackCall goes by the version, and looks at LiteLLM's description of itself only where that is asked for anyway.
func (r *Reader) hasFallbackCall(ctx context.Context, mode fleet.GatewayMode, version string) bool {
	can := between(version, number3{1, 80, 9}, number3{1, 81, 15})
	if !can.OK && mode == fleet.GatewayModeDatabase {
		can = r.api.features(ctx, r.clock.Now()).fallback
	}
	return can.Or(false)
}

// readings joins members with their counters. Values that the gateway could not decrypt are not shown.
func readings(ds []deployment, counters *page, out *fleet.Partial) []fleet.DeploymentReading {
	sealed, odd := 0, 0
	list := make([]fleet.DeploymentReading, 0, len(ds))
	seen := map[fleet.DeploymentID]bool{}
	for _, d := range ds {
		m := fleet.DeploymentReading{
			ID: d.id, Route: d.route, Model: fleet.ModelName(d.model), APIBase: d.apiBase, Weight: d.weight,
			Order: d.order, Blocked: d.blocked, FromDB: d.fromDB, UpdatedAt: d.updatedAt, UpdatedBy: d.updatedBy,
			RequestsPerMinute: d.rpm, TokensPerMinute: d.tpm, Settings: d.settings,
		}
		if isSealed(d.model) || isSealed(d.apiBase) {
			sealed++
		}
		if d.odd {
			odd++
		}
		if isSealed(d.model) {
			m.Model = ""
		}
		if isSealed(d.apiBase) {
			m.APIBase = ""
		}
		if !seen[d.id] { // counters belong to the deployment, and are told once where it has several names
			counters.fill(&m)
			seen[d.id] = true
		}
		list = append(list, m)
	}
	if odd > 0 {
		out.Notices = append(out.Notices, fleet.Notice{
			Level: fleet.LevelWarn,
			Text: fleet.Textf("%s %s a weight that is no number, which LiteLLM cannot use", fleet.Many(odd, "model"),
				fleet.Verb(odd, "has", "have")),
		})
	}
	if sealed > 0 {
		out.Notices = append(out.Notices, fleet.Notice{
			Level: fleet.LevelWarn,
			Text: fleet.Textf("%s %s values that LiteLLM could not decrypt: was its salt key or master key changed?",
				fleet.Many(sealed, "model"), fleet.Verb(sealed, "holds", "hold")),
		})
	}
	return list
}
