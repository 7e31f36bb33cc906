package backends

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// snapshot merges everything that is known into a new immutable value.
func (w *world) snapshot(gen uint64, now time.Time) *fleet.Snapshot {
	inv := w.inventory
	for _, s := range w.states { // readings and status stand still while they are merged
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	s := &fleet.Snapshot{Gen: gen, At: now, Context: inv.Context, Env: inv.Env, Mode: inv.Mode, Sites: inv.Sites, Runbooks: inv.Runbooks,
		Rules:   fleet.SiteRules{Blocking: inv.Rules.Blocking, Policy: inv.Rules.Policy},
		Freezes: inv.Rules.Windows(inv.Env, now),
		Pools:   make([]fleet.Pool, 0, len(inv.Pools))}
	seen := w.loads(now)
	for _, spec := range inv.Pools {
		s.Pools = append(s.Pools, w.pool(spec, seen, now))
	}
	w.standIn(seen, s, now)
	for _, spec := range inv.Providers {
		s.Providers = append(s.Providers, w.provider(spec, seen, now))
	}
	for _, spec := range inv.Gateways {
		s.Gateways = append(s.Gateways, w.gateway(spec, now))
	}
	for _, spec := range seen.specs {
		s.Routes = append(s.Routes, w.route(spec, s, seen, now))
	}
	w.policies(s, now)
	lint(s)
	s.Clusters = w.clusterList()
	w.machines(s, now)
	s.Spend = w.spend(s, seen, now)
	w.costs(s, now)
	w.accountFor(s, seen, now)
	s.Totals = w.totals(s, seen, now)
	for _, src := range w.states {
		st := src.status
		st.Stale = src.stale(now) && !src.unasked(now)
		st.Silences = w.takesSilences(src.spec.ID)
		st.Probe = w.probe(src, now)
		s.Sources = append(s.Sources, st)
	}
	w.observe(s, seen.specs, now)
	s.Alerts, s.Silences = w.alertsOf(s, now), w.silences()
	s.Events = w.events.newestFirst()
	return s
}

// observe feeds the look-back and closes its points when they are due.
func (w *world) observe(s *fleet.Snapshot, specs []fleet.RouteSpec, now time.Time) {
	for i := range s.Pools {
		p := &s.Pools[i]
		w.look.observe("pool/"+string(p.Spec.ID), w.ledger.pool(p.Spec.ID), p.Load.TTFT95,
			(p.State == fleet.StateOK || p.State == fleet.StateIdle) && allRead(p), now)
	}
	providers := map[fleet.ProviderID]totals{}
	for i := range s.Routes {
		r := &s.Routes[i]
		var whole float64
		all := make([]totals, len(r.Targets))
		for j := range r.Targets {
			all[j] = w.did(r, &r.Targets[j])
			whole += all[j].requests
		}
		for j := range r.Targets {
			t := &r.Targets[j]
			all[j].route = whole
			w.look.observe(w.lookedAt(r, t), all[j], t.Load.TTFT95, t.State == fleet.StateOK, now)
			if id := t.Spec.Provider; id != "" {
				p := providers[id]
				p.plus(all[j])
				providers[id] = p
			}
		}
	}
	for i := range s.Providers {
		p := &s.Providers[i]
		w.look.observe("provider/"+string(p.Spec.ID), providers[p.Spec.ID], p.Load.TTFT95, p.Measured == fleet.StateOK, now)
	}
	if w.look.roll(now) {
		w.prune(specs, now)
	}
}

// totals are the golden signals of the whole fleet: users' requests as the gateways see them, engines' tokens,
// queues and caches.
func (w *world) totals(s *fleet.Snapshot, seen gatewayLoads, now time.Time) fleet.Totals {
	all := sum(seen.users())
	t := fleet.Totals{Load: all.load(), Burn: s.Spend.Burn, BurnWhy: s.Spend.BurnWhy}
	fresh, wholes := w.freshEngines(now), w.freshWholes(now)
	engines := addWhole(engineLoad(fresh), fresh, wholes)
	if !t.Load.Requests.OK {
		t.Load.Requests, t.Load.Errors = engines.Requests, engines.Errors
	}
	if !t.Load.TTFT95.OK {
		t.Load.TTFT95, t.Load.TTFT50 = engines.TTFT95, engines.TTFT50
	}
	t.Load.ITL95, t.Load.KV = engines.ITL95, engines.KV
	t.Load.Running, t.Load.Waiting = engines.Running, engines.Waiting
	if !t.Load.OutRate.OK {
		t.Load.OutRate, t.Load.InRate = engines.OutRate, engines.InRate
	}
	var nodes []fleet.Node
	counted := map[fleet.NodeID]bool{} // a machine may serve two pools
	for _, p := range s.Pools {
		if p.Whole != nil {
			continue // its nodes are the worst ones only
		}
		for _, n := range p.Nodes {
			if !counted[n.ID] {
				counted[n.ID] = true
				nodes = append(nodes, n)
			}
		}
	}
	t.GPUUtil = meanUtil(nodes)
	for _, n := range nodes {
		t.GPUs += presentGPUs(n.GPUs)
	}
	addWholeGPUs(&t, wholes)
	t.Trends = w.loadTrends("total", trendSpan, t.Load, now)
	t.Trends.GPUUtil = w.trends.put("total/gpu", trendSpan, now, orNaN(t.GPUUtil))
	t.Trends.Burn = w.trends.put("total/burn", trendSpan, now, orNaN(t.Burn))
	return t
}

// allRead tells whether every replica of a pool is read, so that its rates are of now.
func allRead(p *fleet.Pool) bool {
	for i := range p.Replicas {
		switch p.Replicas[i].State {
		case fleet.StateStale, fleet.StateUnknown, fleet.StateDown:
			return false
		default:
		}
	}
	return true
}

func (w *world) freshEngines(now time.Time) []*engineSeries {
	var list []*engineSeries
	for _, s := range w.states {
		if s.spec.Subject.Replica == "" || s.stale(now) {
			continue
		}
		list = append(list, w.engines[s.spec.ID]...)
	}
	return list
}

// ofPart tells whether an alert is of less than a whole pool.
func ofPart(a *fleet.Alert) bool {
	return a.Subject.Pool == "" || a.Subject.Replica != "" || a.Subject.Node != ""
}

// sortAlerts puts the worst first, then the oldest; those that somebody silenced come last.
func sortAlerts(list []fleet.Alert) {
	rank := func(l fleet.Level) int {
		return slices.Index([]fleet.Level{fleet.LevelCrit, fleet.LevelWarn, fleet.LevelStale, fleet.LevelInfo}, l)
	}
	slices.SortStableFunc(list, func(a, b fleet.Alert) int {
		if hidden := !a.Silenced.IsEmpty(); hidden != !b.Silenced.IsEmpty() {
			if hidden {
				return 1
			}
			return -1
		}
		if d := rank(a.Level) - rank(b.Level); d != 0 {
			return d
		}
		if a.Level == fleet.LevelStale && ofPart(&a) != ofPart(&b) { // a pool that is lost, before each page that is
			if ofPart(&b) {
				return -1
			}
			return 1
		}
		return a.Since.Compare(b.Since)
	})
}
