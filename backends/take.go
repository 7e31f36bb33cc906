package backends

import "pitwall/fleet"

// take adds one good reading.
func (w *world) take(s *sourceState, p fleet.Partial) {
	w.takeEngines(s, p)
	w.takeGPUs(s, p)
	w.takeGateway(s, p)
	w.takePools(s, p)
	w.takeAlerts(s, p)
	w.takeProbe(s, p.Probe, p.At)
	w.takeStatus(s, p)
	w.takeBill(s, p)
	if p.Cluster != nil {
		w.clusters[s.spec.ID] = p.Cluster
	}
	for _, n := range p.Notices {
		w.events.once(fleet.Event{At: p.At, Level: n.Level, Object: fleet.Label(string(s.spec.ID)), Text: n.Text})
	}
	w.events.recovered(s, p.At)
}

// takeEngines keeps the engines of a page in its order. An engine that left the page is dropped: what it did last is
// not what it does now.
func (w *world) takeEngines(s *sourceState, p fleet.Partial) {
	sub := s.spec.Subject
	if len(p.Engines) == 0 && sub.Replica == "" {
		return
	}
	list := make([]*engineSeries, 0, len(p.Engines))
	for _, r := range p.Engines {
		e := findEngine(w.engines[s.spec.ID], r)
		if e == nil {
			e = &engineSeries{}
		}
		before := e.totals()
		e.add(p.At, r)
		if model := w.models[sub.Pool]; ofModel(model, r.Model) {
			w.ledger.add(account{pool: sub.Pool}, e.totals().since(before))
		}
		list = append(list, e)
	}
	w.engines[s.spec.ID] = list
	if sub.Replica == "" {
		return
	}
	watch, ok := w.progress[s.spec.ID]
	if !ok {
		watch = &progressWatch{}
		w.progress[s.spec.ID] = watch
	}
	watch.add(p.At, ofPool(w.models[sub.Pool], p.Engines))
	w.watchEnginePage(s, p)
}

// ofPool leaves the engines of other models out: one server may run several, of which one hangs while others work.
func ofPool(model fleet.ModelName, engines []fleet.EngineReading) []fleet.EngineReading {
	own := make([]fleet.EngineReading, 0, len(engines))
	for _, e := range engines {
		if ofModel(model, e.Model) {
			own = append(own, e)
		}
	}
	return own
}

func findEngine(list []*engineSeries, r fleet.EngineReading) *engineSeries {
	for _, e := range list {
		if e.last.Model == r.Model && e.last.Engine == r.Engine {
			return e
		}
	}
	return nil
}

// ofModel tells whether an engine serves the model of its pool, as far as both are known.
func ofModel(pool, engine fleet.ModelName) bool { return pool == "" || engine == "" || pool == engine }

func (w *world) takeGateway(s *sourceState, p fleet.Partial) {
	if p.Gateway == nil {
		return
	}
	before := w.deployments[s.spec.ID]
	now := make(map[deploymentKey]*deploymentSeries, len(p.Gateway.Deployments))
	failed := w.takeRoutes(s, p)
	for _, r := range p.Gateway.Deployments {
		key := deploymentKey{r.Route, r.ID}
		d := now[key]
		if d == nil {
			d = before[key]
		}
		if d == nil {
			d = &deploymentSeries{}
		}
		was := d.totals()
		d.add(p.At, r, p.Gateway.Metrics)
		did := d.totals().since(was)
		if !r.CacheRead.OK {
			did.unsplit = did.in
		}
		if part, whole := failed[r.Route]; whole && !r.Failures.OK && !r.Successes.OK {
			did = attribute(did, part)
		}
		if r.Requests.OK {
			w.counts[routeKey{s.spec.Subject.Gateway, r.Route}] = true
		}
		w.ledger.add(account{gateway: s.spec.Subject.Gateway, route: r.Route, deployment: r.ID}, did)
		now[key] = d
	}
	w.deployments[s.spec.ID] = now
	w.keys.take(s, p.At, p.Gateway)
}
