package backends

import (
	"time"

	"pitwall/fleet"
)

// world is what the Hub remembers between snapshots. The Hub's mutex guards it.
type world struct {
	opt       Options
	inventory fleet.Inventory // what is configured and what discovery found
	reads     int             // sources that tell of a replica
	states    []*sourceState
	index     index
	models    map[fleet.PoolID]fleet.ModelName
	// declared routes have names of their own in what is remembered.
	declared map[routeKey]bool
	given    map[routeKey]givenID // IDs of routes that nobody configured

	engines       map[fleet.SourceID][]*engineSeries // in the order of the page
	deployments   map[fleet.SourceID]map[deploymentKey]*deploymentSeries
	byRoute       map[fleet.SourceID]map[fleet.RouteID]*routeSeries // of routes whose failures are counted as a whole
	counts        map[routeKey]bool                                 // routes of which a gateway ever counted a target's requests
	progress      map[fleet.SourceID]*progressWatch
	gpus          map[fleet.SourceID]map[gpuKey]*gpuWatch
	still         map[fleet.SourceID]*stillness // of pages of engines and of GPUs
	ledger        ledger
	trends        trends
	since         map[string]stateSince // when an object entered its state
	alerts        map[string]time.Time  // when an alert's condition began
	policyWatches map[routeKey]*policyWatch
	events        eventLog
	money         meter
	metering      metering
	bills         []billed
	wakeBooks     func()
	kept          *keptBooks // nil until the books were read
	paces         burnPaces
	shifts        map[routeKey]*shift
	keys          keySpend
	look          lookback
	reversals     map[routeKey]*turns
	lags          map[replicaKey]*lagWatch
	// recollections are how far pools' pasts are filled in from stores, and rests which stores refused that.
	recollections map[fleet.PoolID]*recollection
	rests         map[fleet.SourceID]*storeRest
	clusters      map[fleet.SourceID]*fleet.Cluster
	probes        map[fleet.SourceID]*probeWatch
	outside       map[fleet.SourceID]*outside
	incidents     map[fleet.SourceID]map[string]fleet.Safe // that are open by status feed: title by id
	idle          map[string]time.Time                     // since when machines that cost money do nothing
	heard         []saying                                 // what told was made of
	told          []fleet.Alert                            // the alerts of all alerting systems
	names         names
	whole         map[fleet.PoolID]*whole // pools that stores answer for
}

// deploymentKey is one target on one gateway replica, of a route as the gateway calls it.
type deploymentKey struct {
	route      fleet.RouteID
	deployment fleet.DeploymentID
}

// routeKey is one route as its gateway calls it: two gateways may have routes of one name.
type routeKey struct {
	gateway fleet.GatewayID
	route   fleet.RouteID
}

func keyOf(r fleet.RouteSpec) routeKey { return routeKey{r.Gateway, r.Called()} }

type stateSince struct {
	state fleet.State
	at    time.Time // when it was entered
	seen  time.Time // when it was last confirmed
}

// engineSeries is one engine over time.
type engineSeries struct {
	last                                    fleet.EngineReading
	prompt, output, finished, failed        counter
	aborted, prefixHits, prefixQueries      counter
	ttft, itl, e2e, promptLen, outLen, maxT distribution
}

func (e *engineSeries) add(at time.Time, r fleet.EngineReading) {
	e.last = r
	const paged = true // an engine is only read with its page
	e.prompt.add(at, r.PromptTokens, paged)
	e.output.add(at, r.OutputTokens, paged)
	e.finished.add(at, r.Finished, paged)
	e.failed.add(at, r.Failed, paged)
	e.aborted.add(at, r.Aborted, paged)
	e.prefixHits.add(at, r.PrefixHits, paged)
	e.prefixQueries.add(at, r.PrefixQueries, paged)
	e.ttft.add(at, r.TTFT)
	e.itl.add(at, r.ITL)
	e.e2e.add(at, r.E2E)
	e.promptLen.add(at, r.PromptLen)
	e.outLen.add(at, r.OutputLen)
	e.maxT.add(at, r.MaxTokens)
}

// deploymentSeries is one target on one gateway replica over time.
type deploymentSeries struct {
	requests, successes, failures, cooldowns, in, out counter
	read, written                                     counter             // parts of in
	cooledFor                                         map[string]*counter // cool-downs by status
	ttft, latency                                     distribution
	// answered is when the newest success came at the earliest: at the reading before the one that counted it.
	answered time.Time
}

// add takes a new reading; paged tells whether the replica's metrics page was read.
func (d *deploymentSeries) add(at time.Time, r fleet.DeploymentReading, paged bool) {
	before, total := d.successes.newest(), d.successes.total
	d.requests.add(at, r.Requests, paged)
	d.successes.add(at, r.Successes, paged)
	if d.successes.total > total && !before.IsZero() {
		d.answered = before
	}
	d.failures.add(at, r.Failures, paged)
	d.addCauses(at, r.CooldownsByStatus, paged)
	d.cooldowns.add(at, r.Cooldowns, paged)
	d.in.add(at, r.InTokens, paged)
	d.out.add(at, r.OutTokens, paged)
	d.read.add(at, r.CacheRead, paged)
	d.written.add(at, r.CacheWrite, paged)
	d.ttft.add(at, r.TTFT)
	d.latency.add(at, r.Latency)
}

// mostCauses bounds the statuses that are followed of one target.
const mostCauses = 32

func (d *deploymentSeries) addCauses(at time.Time, by map[string]float64, paged bool) {
	for status := range by {
		if d.cooledFor[status] == nil && len(d.cooledFor) < mostCauses {
			if d.cooledFor == nil {
				d.cooledFor = map[string]*counter{}
			}
			d.cooledFor[status] = &counter{}
			if before := d.cooldowns.newest(); !before.IsZero() { // there were none of it then
				d.cooledFor[status].add(before, fleet.None[float64](), true)
			}
		}
	}
	for status, c := range d.cooledFor {
		n, told := by[status]
		c.add(at, fleet.Maybe[float64]{V: n, OK: told}, paged)
	}
}

// causes adds the cool-downs of the last window by what they were for.
func (d *deploymentSeries) causes(to map[string]float64) map[string]float64 {
	for status, c := range d.cooledFor {
		if n, _, ok := c.increase(coolingWindow); ok && n > 0 {
			if to == nil {
				to = map[string]float64{}
			}
			to[status] += n
		}
	}
	return to
}

func newWorld(opt Options, states []*sourceState) *world {
	w := &world{
		opt:         opt,
		engines:     map[fleet.SourceID][]*engineSeries{},
		deployments: map[fleet.SourceID]map[deploymentKey]*deploymentSeries{},
		byRoute:     map[fleet.SourceID]map[fleet.RouteID]*routeSeries{},
		counts:      map[routeKey]bool{},
		progress:    map[fleet.SourceID]*progressWatch{},
		gpus:        map[fleet.SourceID]map[gpuKey]*gpuWatch{},
		still:       map[fleet.SourceID]*stillness{},
		ledger:      ledger{},
		keys:        newKeySpend(opt.Inventory.Runaway),
		given:       map[routeKey]givenID{},
		trends:      trends{},
		since:       map[string]stateSince{},
		alerts:      map[string]time.Time{},
		reversals:   map[routeKey]*turns{},
		shifts:      map[routeKey]*shift{},
		paces:       burnPaces{},
		lags:        map[replicaKey]*lagWatch{},
		rests:       map[fleet.SourceID]*storeRest{},

		recollections: map[fleet.PoolID]*recollection{},
		whole:         map[fleet.PoolID]*whole{},
		clusters:      map[fleet.SourceID]*fleet.Cluster{},
		probes:        map[fleet.SourceID]*probeWatch{},
		outside:       map[fleet.SourceID]*outside{},
		incidents:     map[fleet.SourceID]map[string]fleet.Safe{},
		idle:          map[string]time.Time{},
	}
	w.fit(opt.Inventory, states)
	w.look = newLookback()
	return w
}

// fit makes the world that of another inventory. What is remembered of objects that stay is kept.
func (w *world) fit(inv fleet.Inventory, states []*sourceState) {
	w.inventory, w.states, w.index = inv, states, newIndex(states)
	w.reads = 0
	for _, s := range states {
		if s.spec.Subject.Replica != "" {
			w.reads++
		}
	}
	w.models, w.declared = map[fleet.PoolID]fleet.ModelName{}, map[routeKey]bool{}
	for _, p := range inv.Pools {
		w.models[p.ID] = p.Model
	}
	for _, r := range w.opt.Inventory.Routes {
		w.declared[keyOf(r)] = true
	}
	for id := range w.whole {
		if spec := w.poolSpec(id); spec == nil || spec.Store == nil {
			delete(w.whole, id)
		}
	}
	w.names = newNames(inv)
	w.heard = nil
	for id, o := range w.outside {
		o.point(w, id)
	}
}

// quiet is for how long followers of a snapshot are gathered: a quarter of a second, or longer where hundreds of
// replicas are read, since each merge costs a share of a millisecond for each of them.
func (w *world) quiet() time.Duration {
	switch {
	case w.reads <= 256:
		return quiet
	case w.reads <= 512:
		return 2 * quiet
	default:
		return 4 * quiet
	}
}

// replicaSpan is how long the histories of single replicas are kept: an hour, or less where there are many.
func (w *world) replicaSpan() time.Duration {
	if w.reads > 256 {
		return shortSpan / 6
	}
	return shortSpan
}

// agesEvery is how often a silent fleet is merged anew, so that silence turns into STALE: ages are told in seconds, and
// go stale after half a minute at the earliest. Merging thousands of replicas each second would be most of what an idle
// console costs.
func (w *world) agesEvery() time.Duration {
	replicas := 0
	for i := range w.inventory.Pools {
		replicas += len(w.inventory.Pools[i].Replicas)
	}
	switch {
	case replicas <= 256:
		return time.Second
	case replicas <= 1024:
		return 2 * time.Second
	default:
		return 5 * time.Second
	}
}

// forget drops what a source that left said.
func (w *world) forget(id fleet.SourceID) {
	delete(w.engines, id)
	delete(w.deployments, id)
	delete(w.byRoute, id)
	delete(w.keys.counters, id)
	delete(w.progress, id)
	delete(w.gpus, id)
	delete(w.still, id)
	delete(w.clusters, id)
	delete(w.probes, id)
	delete(w.outside, id)
	delete(w.incidents, id)
}

// failed notes a failure of a source; an event is made of the third in a row, once.
func (w *world) failed(s *sourceState, inARow int, at time.Time) {
	if inARow == failuresToSay {
		w.events.add(fleet.Event{At: at, Level: fleet.LevelStale, Object: fleet.Label(string(s.spec.ID)),
			Text: fleet.Concat(fleet.Text("cannot be read: "), s.status.Err)})
		w.events.down[s.spec.ID] = true
	}
}

// enter returns since when an object is in a state, and says so when it changed.
func (w *world) enter(key string, state fleet.State, now time.Time) (since time.Time, from fleet.State, changed bool) {
	prev, ok := w.since[key]
	if ok && prev.state == state {
		w.since[key] = stateSince{state, prev.at, now}
		return prev.at, state, false
	}
	w.since[key] = stateSince{state, now, now}
	return now, prev.state, ok
}

// staleAfter is when the last good answer of a source no longer counts as the present:
// three intervals, at least half a minute.
func staleAfter(interval time.Duration) time.Duration { return max(3*interval, 30*time.Second) }

// unasked tells whether nothing can be said of a source yet: no answer, no failure, and no undue wait for either.
func (s *sourceState) unasked(now time.Time) bool {
	st := &s.status
	return st.LastGood.IsZero() && st.Failing == 0 &&
		(st.LastTry.IsZero() || now.Sub(st.LastTry) <= staleAfter(s.spec.Interval))
}

// stale tells whether the source's last good answer is too old, or whether there is none. A watcher that does not say
// that its system is gone has nothing newer to tell.
func (s *sourceState) stale(now time.Time) bool {
	if s.told && s.status.Failing == 0 {
		return false
	}
	return s.status.LastGood.IsZero() || now.Sub(s.status.LastGood) > staleAfter(s.spec.Interval)
}

// prune forgets what left the fleet, so that names that come and go do not add up.
func (w *world) prune(specs []fleet.RouteSpec, now time.Time) {
	for key, t := range w.trends {
		if now.Sub(t.end) > t.span {
			delete(w.trends, key)
		}
	}
	for key, s := range w.since {
		if now.Sub(s.seen) > goneAfter {
			delete(w.since, key)
		}
	}
	for key, g := range w.given {
		if now.Sub(g.seen) > goneAfter {
			delete(w.given, key)
		}
	}
	w.paces.prune(now)
	w.prunePools(now)
	w.pruneRoutes(specs)
}

// pruneRoutes forgets what was remembered of routes and targets that left.
func (w *world) pruneRoutes(specs []fleet.RouteSpec) {
	routes, here := map[routeKey]bool{}, map[account]bool{}
	for _, r := range specs {
		routes[keyOf(r)] = true
		for _, t := range r.Targets {
			here[account{gateway: r.Gateway, route: r.Called(), deployment: deployment(t)}] = true
		}
	}
	for key := range w.reversals {
		if !routes[key] {
			delete(w.reversals, key)
		}
	}
	for key := range w.counts {
		if !routes[key] {
			delete(w.counts, key)
		}
	}
	for key := range w.ledger {
		if key.pool == "" && !here[key] {
			delete(w.ledger, key)
			delete(w.money.tokens, key)
		}
	}
}

// prunePools forgets what was remembered of pools and replicas that left.
func (w *world) prunePools(now time.Time) {
	for id := range w.recollections {
		if w.poolSpec(id) == nil {
			delete(w.recollections, id)
		}
	}
	for key, l := range w.lags {
		if now.Sub(l.seen) > goneAfter {
			delete(w.lags, key)
		}
	}
}
