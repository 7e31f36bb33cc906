package smg

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// reader reads one router.
type reader struct {
	api     *api
	clock   fleet.Clock
	unnamed fleet.RouteID
	page    pageOf

	table    *promtext.Table
	scraping sync.Mutex
	raw      promtext.Page // memory that is used again
}

func newReader(s fleet.SourceSpec, deps fleet.Deps) (*reader, error) {
	if _, err := plansOf(s.Options); err != nil { // so that a fault shows before somebody wants to change something
		return nil, err
	}
	a, err := newAPI(s.ID, s.URL, s.Auth, s.TLS, deps)
	if err != nil {
		return nil, err
	}
	p, err := metricsPage(s, deps)
	if err != nil {
		return nil, err
	}
	return &reader{api: a, clock: deps.Clock, unnamed: unnamedRoute(s.Options), page: p, table: promtext.NewTable(families()...)}, nil
}

// unnamedRoute is the route of workers that name no model.
func unnamedRoute(options map[string]string) fleet.RouteID {
	return fleet.RouteID(cmp.Or(options[OptionModel], noModel))
}

// Read implements fleet.Reader.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	held, reply, err := r.api.list(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	up, _ := aside.Health(ctx, r.api.client, "/readiness")
	out := fleet.Partial{ServerTime: reply.ServerTime, Health: up, Gateway: &fleet.GatewayReading{
		Mode: fleet.GatewayModeAPI, ModeWhy: modeWhy(held), CanBlock: fleet.Some(false), Routing: map[fleet.RouteID]fleet.Routing{}}}
	read, err := r.metrics(ctx, out.Gateway)
	if err != nil {
		return fleet.Partial{}, err
	}
	out.Notices = append(out.Notices, read.notices...)
	r.tell(held, read, &out)
	out.At = r.clock.Now()
	return out, nil
}

func modeWhy(l listing) fleet.Safe {
	if l.old {
		return fleet.Text("its workers are changed by /add_worker and /remove_worker: a router of before 0.2")
	}
	return fleet.Text("its workers are changed by /workers, and kept in its memory alone")
}

// tell writes workers down as members of routes.
func (r *reader) tell(held listing, read *page, out *fleet.Partial) {
	list := slices.Clone(held.workers)
	slices.SortFunc(list, func(a, b worker) int { return cmp.Compare(a.url, b.url) })
	seen := map[fleet.DeploymentID]bool{}
	var twice, shared, valued int
	var idle []fleet.Safe
	for i := range list {
		w := &list[i]
		if seen[w.id] {
			twice++
			continue
		}
		seen[w.id] = true
		c := read.workers[w.url]
		r.member(held, w, c, read, out.Gateway)
		if c != nil && c.active.OK {
			out.Gateway.InFlight = fleet.Some(out.Gateway.InFlight.V + fleet.Count(c.active.V))
		}
		if len(w.models) > 1 && c != nil {
			shared++
		}
		if w.valued() {
			valued++
		}
		if why := w.leftOut(c); !why.IsEmpty() {
			idle = append(idle, fleet.Textf("%s gets nothing: %s", fleet.Label(string(w.id)), why))
		}
	}
	r.remark(idle, twice, shared, valued, out)
}

// maxTold is how many workers that get nothing are named.
const maxTold = 5

func (r *reader) remark(leftOut []fleet.Safe, twice, shared, valued int, out *fleet.Partial) {
	for _, text := range leftOut[:min(len(leftOut), maxTold)] {
		warn(out, text)
	}
	if more := len(leftOut) - maxTold; more > 0 {
		warn(out, fleet.Textf("%s more workers get nothing", fleet.Int(more)))
	}
	if twice > 0 {
		warn(out, fleet.Textf("%s workers have the address of another one and are left out", fleet.Int(twice)))
	}
	if shared > 0 {
		warn(out, fleet.Textf("%s workers serve several models, and the router counts these together: their counters are unknown",
			fleet.Int(shared)))
	}
	if valued > 0 {
		warn(out, fleet.Textf("%s workers have a priority or a cost of their own: the router keeps both and no policy looks at them, so "+
			"they are no weights", fleet.Int(valued)))
	}
}

func warn(out *fleet.Partial, text fleet.Safe) {
	out.Notices = append(out.Notices, fleet.Notice{Level: fleet.LevelWarn, Text: text})
}

// member writes one worker down in each of its routes.
func (r *reader) member(held listing, w *worker, c *counted, read *page, g *fleet.GatewayReading) {
	model := fleet.ModelName("")
	for i, id := range w.routes(r.unnamed) {
		if len(w.models) > 0 {
			model = w.models[i]
		}
		d := fleet.DeploymentReading{ID: w.id, Route: id, Model: model, APIBase: string(w.id), Weight: fleet.Some(0.0),
			Blocked: fleet.Some(!w.leftOut(c).IsEmpty())}
		if w.in() {
			d.Weight = fleet.Some(1.0)
		}
		if c != nil && len(w.models) < 2 {
			d.Requests, d.Successes, d.Failures = fleet.Some(c.good+c.bad), fleet.Some(c.good), fleet.Some(c.bad)
			d.Cooldowns = fleet.Some(c.opened)
			d.CooldownsByStatus = map[string]float64{"circuit breaker": c.opened}
		}
		g.Deployments = append(g.Deployments, d)
		if _, told := g.Routing[id]; !told {
			g.Routing[id] = routing(held, read, read.policy(w.role, model))
		}
	}
}

// unedited says what there is beside members, and what becomes of a change.
var unedited = fleet.Text("a router of SMG has workers alone, no fallbacks and no aliases; it keeps them in memory, and when it starts " +
	"again it has those of its command line or of its discovery")

// even are the policies that give each worker as much as another; the others go by prefixes, keys or load.
var even = map[string]bool{"round_robin": true, "random": true}

func routing(held listing, read *page, policy string) fleet.Routing {
	g := fleet.Routing{Strategy: fleet.Label(policy), Weighing: fleet.WeighingInOut, Listed: true, Uneven: !even[policy], Most: 1,
		ByOrder: fleet.Some(false), EditsWhy: unedited}
	if read.discovered {
		g.Owner = fleet.Text("the router's service discovery")
	}
	if held.old {
		g.EditsWhy = fleet.Concat(unedited, fleet.Text("; this one is of before 0.2 and takes a worker by its address alone"))
	}
	return g
}

// leftOut says why a worker that is in gets nothing now; empty where it gets its part, or nobody says otherwise.
func (w *worker) leftOut(c *counted) fleet.Safe {
	switch {
	case !w.in():
		return fleet.Safe{}
	case w.status == statusPending:
		return fleet.Text("it was added and has not passed a health check yet")
	case w.status == statusNotReady:
		return fleet.Text("it fails its health checks")
	case w.status == statusFailed:
		return fleet.Text("it has failed for long; the router may remove it")
	case w.status != statusReady:
		return fleet.Textf("the router calls it %s", fleet.Quote(w.status))
	case c != nil && c.breaker == fleet.Some[float64](breakerOpen):
		return fleet.Text("its circuit breaker is open")
	}
	return fleet.Safe{}
}

// valued tells whether it has a priority or a cost other than those that every worker has.
func (w *worker) valued() bool {
	for name, usual := range map[string]float64{"/priority": defaultPriority, "/cost": defaultCost} {
		if v, ok := numberAt(w.doc, name); ok && v != usual {
			return true
		}
	}
	return false
}

// numberAt reads a number; false where there is none.
func numberAt(doc any, path string) (float64, bool) {
	v, _ := jsonptr.Find(doc, path)
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}
