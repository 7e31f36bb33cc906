package backends

import (
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// plainFleet is two own pools and a rented account behind gateways, read every five seconds by functions of the time.
type plainFleet struct {
	inv  fleet.Inventory
	read map[fleet.SourceID]func(seconds float64) fleet.Partial
}

// newPlainFleet has a pool a whose engine ends 6 requests a second, and a pool b that ends 3, of which it fails a tenth.
func newPlainFleet() *plainFleet {
	f := &plainFleet{read: map[fleet.SourceID]func(float64) fleet.Partial{}}
	for id, rate := range map[fleet.PoolID]float64{"a": 6, "b": 3} {
		f.inv.Pools = append(f.inv.Pools, fleet.PoolSpec{ID: id, Model: "m", Replicas: []fleet.ReplicaSpec{{ID: fleet.ReplicaID(id + "-1")}}})
		f.source(fleet.SourceID(id), fleet.Subject{Pool: id, Replica: fleet.ReplicaID(id + "-1")}, func(sec float64) fleet.Partial {
			n := sec * rate
			failed := 0.0
			if id == "b" {
				failed = n / 10
			}
			return fleet.Partial{Engines: []fleet.EngineReading{{Model: "m", Running: fleet.Some(fleet.Count(3)), Waiting: fleet.Some(fleet.Count(0)),
				Finished: fleet.Some(n), Failed: fleet.Some(failed), PromptTokens: fleet.Some(100 * n), OutputTokens: fleet.Some(10 * n)}}}
		})
	}
	f.inv.Providers = []fleet.ProviderSpec{{ID: "api", Kind: "openai"}}
	return f
}

func (f *plainFleet) source(id fleet.SourceID, sub fleet.Subject, read func(float64) fleet.Partial) {
	f.inv.Sources = append(f.inv.Sources, fleet.SourceSpec{ID: id, Subject: sub, Interval: 5 * time.Second})
	f.read[id] = read
}

// route adds a gateway with one replica and one route of its name; targets are its members with their weights.
func (f *plainFleet) route(gateway fleet.GatewayID, weights map[fleet.TargetID]float64, page func(sec float64, g *fleet.GatewayReading)) {
	spec := fleet.RouteSpec{ID: fleet.RouteID(gateway), Gateway: gateway, SLO: fleet.Some(fleet.Ratio(0.99))}
	for _, id := range []fleet.TargetID{"a", "b", "api"} {
		if _, in := weights[id]; !in {
			continue
		}
		t := fleet.TargetSpec{ID: id, Pool: fleet.PoolID(id)}
		if id == "api" {
			t = fleet.TargetSpec{ID: id, Provider: "api", Model: "big"}
		}
		spec.Targets = append(spec.Targets, t)
	}
	f.inv.Routes = append(f.inv.Routes, spec)
	replica := fleet.GatewayReplicaID(gateway + "-1")
	f.inv.Gateways = append(f.inv.Gateways, fleet.GatewaySpec{ID: gateway, Replicas: []fleet.GatewayReplicaSpec{{ID: replica}}})
	f.source(fleet.SourceID(replica), fleet.Subject{Gateway: gateway, GatewayReplica: replica}, func(sec float64) fleet.Partial {
		g := &fleet.GatewayReading{Mode: fleet.GatewayModeObjects}
		for _, t := range spec.Targets {
			g.Deployments = append(g.Deployments, fleet.DeploymentReading{ID: fleet.DeploymentID(t.ID), Route: spec.ID,
				Weight: fleet.Some(weights[t.ID])})
		}
		if page != nil {
			page(sec, g)
		}
		return fleet.Partial{Gateway: g}
	})
}

// after reads the fleet for a time and merges what was read.
func (f *plainFleet) after(d time.Duration) *fleet.Snapshot {
	var states []*sourceState
	for i, spec := range f.inv.Sources {
		states = append(states, newSourceState(spec, nil, nil, uint64(i)))
	}
	w := newWorld(Options{Inventory: f.inv}, states)
	var s *fleet.Snapshot
	for at := time.Duration(0); at <= d; at += 5 * time.Second {
		for _, state := range states {
			p := f.read[state.spec.ID](at.Seconds())
			p.At = start.Add(at)
			state.last, state.status.LastGood = p, p.At
			w.take(state, p)
		}
		s = w.snapshot(uint64(at), start.Add(at))
	}
	return s
}

func about(m fleet.Maybe[fleet.Ratio], want float64) bool {
	return m.OK && math.Abs(float64(m.V)-want) < 0.01
}

func TestEnginesCountForARouteThatNobodyElseCounts(t *testing.T) {
	f := newPlainFleet()
	f.route("mesh", map[fleet.TargetID]float64{"a": 60, "b": 40}, nil)
	f.route("off", map[fleet.TargetID]float64{"a": 0, "api": 100}, nil) // leads nothing to pool a
	s := f.after(90 * time.Second)
	r := s.Route("mesh")
	a, b := r.Target("a"), r.Target("b")
	engines := fleet.Counted{Requests: fleet.CountedEngines, Errors: fleet.CountedEngines}
	if a.Counted != engines || b.Counted != engines || r.Counted != engines {
		t.Fatalf("counted by %+v, %+v, the route by %+v", a.Counted, b.Counted, r.Counted)
	}
	if !about(a.Seen, 6.0/9) || !about(b.Seen, 3.0/9) || math.Abs(a.SeenN-540) > 20 || a.SeenOver != time.Minute {
		t.Errorf("seen %v and %v of %v requests in %v", a.Seen, b.Seen, a.SeenN, a.SeenOver)
	}
	if !about(a.Load.Errors, 0) || !about(b.Load.Errors, 0.1) || !about(r.Load.Errors, 0.3/9) || math.Abs(float64(r.Load.Requests.V)-9) > 0.2 ||
		b.Load.PromptMean != fleet.Some(fleet.Tokens(100)) {
		t.Errorf("errors %v, %v, of the route %v; %v requests of %v tokens", a.Load.Errors, b.Load.Errors, r.Load.Errors, r.Load.Requests,
			b.Load.PromptMean)
	}
	if v := a.Verdict(fleet.HealthGateway); v.Up.OK {
		t.Errorf("the gateway is said to have seen answers: %+v", v)
	}
	if r.State == fleet.StateDrift { // what else goes to the pools is in these counts
		t.Errorf("%s: %s", r.State, r.Why)
	}
	if total := s.Totals.Load.Requests; !total.OK || math.Abs(float64(total.V)-9) > 0.2 {
		t.Errorf("the fleet has %v requests", total)
	}
}

func TestEnginesDoNotCountWhatTheyCannotTellApart(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(f *plainFleet)
		says string
	}{
		"another route leads there": {func(f *plainFleet) {
			f.route("other", map[fleet.TargetID]float64{"a": 1, "api": 1}, nil)
		}, "shared with other of other"},
		"a route whose weights are not read": {func(f *plainFleet) {
			f.route("other", map[fleet.TargetID]float64{"a": 0}, nil)
			f.read["other-1"] = func(float64) fleet.Partial { return fleet.Partial{} }
		}, "shared with other of other"},
		"two targets lead there": {func(f *plainFleet) {
			f.inv.Routes[0].Targets = append(f.inv.Routes[0].Targets, fleet.TargetSpec{ID: "again", Pool: "a"})
		}, "two targets of this route"},
		"a replica is not read": {func(f *plainFleet) {
			f.inv.Pools[0].Replicas = append(f.inv.Pools[0].Replicas, fleet.ReplicaSpec{ID: "more"})
			f.inv.Pools[1].Replicas = append(f.inv.Pools[1].Replicas, fleet.ReplicaSpec{ID: "more"})
		}, "not all replicas"},
		"engines that do not count": {func(f *plainFleet) {
			read := f.read["a"]
			f.read["a"] = func(sec float64) fleet.Partial {
				p := read(sec)
				p.Engines[0].Finished = fleet.None[float64]()
				return p
			}
		}, "do not count requests"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newPlainFleet()
			f.route("mesh", map[fleet.TargetID]float64{"a": 60, "b": 40}, nil)
			c.edit(f)
			r := f.after(90 * time.Second).Route("mesh")
			a := r.Target("a")
			if a.Load.Requests.OK || a.Load.Errors.OK || !strings.Contains(a.Counted.Why.String(), c.says) {
				t.Errorf("%v requests, errors %v: %s", a.Load.Requests, a.Load.Errors, a.Counted.Why)
			}
			if b := r.Target("b"); b.Seen.OK || r.Load.Requests.OK {
				t.Errorf("seen %v of %v", b.Seen, r.Load.Requests)
			}
		})
	}
}

// The shares of own pools are none where a rented member takes what nobody counts; at weight 0 it takes nothing.
func TestARentedMemberLeavesSharesUnknown(t *testing.T) {
	for weight, known := range map[float64]bool{10: false, 0: true} {
		f := newPlainFleet()
		f.route("mesh", map[fleet.TargetID]float64{"a": 60, "b": 40, "api": weight}, nil)
		r := f.after(90 * time.Second).Route("mesh")
		if a := r.Target("a"); a.Seen.OK != known || r.Load.Requests.OK != known || !a.Load.Requests.OK {
			t.Errorf("rented at %v: seen %v, %v requests of the route, %v of a", weight, a.Seen, r.Load.Requests, a.Load.Requests)
		}
		if x := r.Target("api"); x.Seen.OK || x.Load.Requests.OK {
			t.Errorf("rented at %v: %v", weight, x.Load.Requests)
		}
		if !known && !strings.Contains(r.Counted.Why.String(), "not all of its members") {
			t.Errorf("why: %s", r.Counted.Why)
		}
	}
}

// A gateway that counted once and fell silent is not stood in for: its silence is no good news.
func TestAGatewayThatFellSilentIsNotStoodInFor(t *testing.T) {
	f := newPlainFleet()
	f.route("lite", map[fleet.TargetID]float64{"a": 60, "b": 40}, func(sec float64, g *fleet.GatewayReading) {
		if g.Metrics = sec < 30; g.Metrics {
			for i := range g.Deployments {
				g.Deployments[i].Requests, g.Deployments[i].Failures = fleet.Some(sec), fleet.Some(sec/2)
			}
		}
	})
	a := f.after(3 * time.Minute).Route("lite").Target("a")
	if a.Load.Requests.OK || a.Load.Errors.OK || a.Counted.Requests == fleet.CountedEngines {
		t.Errorf("%+v, counted by %+v", a.Load, a.Counted)
	}
}

// wholeRoute is a gateway that counts requests of targets and failures of the route, as Kong does: 6 a second to a, 1 to the
// rented one, and a part of all fails.
func wholeRoute(f *plainFleet, part float64) {
	f.route("kong", map[fleet.TargetID]float64{"a": 85, "api": 15}, func(sec float64, g *fleet.GatewayReading) {
		g.Metrics = true
		for i := range g.Deployments {
			d := &g.Deployments[i]
			d.Requests = fleet.Some(sec * map[fleet.DeploymentID]float64{"a": 6, "api": 1}[d.ID])
		}
		g.Whole = map[fleet.RouteID]fleet.RouteCounts{"kong": {Requests: fleet.Some(7 * sec), Failures: fleet.Some(7 * sec * part)}}
	})
}

func TestFailuresOfAWholeRoute(t *testing.T) {
	for _, c := range []struct {
		part   float64
		api, a fleet.Maybe[bool]
		api5   float64 // burn of five minutes
	}{
		{0.01, fleet.Some(true), fleet.Some(true), 1},
		{0.2, fleet.None[bool](), fleet.Some(true), 20},
		{0.9, fleet.None[bool](), fleet.None[bool](), 90},
	} {
		f := newPlainFleet()
		wholeRoute(f, c.part)
		s := f.after(5 * time.Minute)
		r := s.Route("kong")
		a, api := r.Target("a"), r.Target("api")
		if r.Counted.Errors != fleet.CountedRoute || !about(r.Load.Errors, c.part) || math.Abs(float64(r.Load.Requests.V)-7) > 0.2 {
			t.Errorf("%v: the route has errors %v of %v, counted by %+v", c.part, r.Load.Errors, r.Load.Requests, r.Counted)
		}
		if a.Counted != (fleet.Counted{Errors: fleet.CountedEngines}) || !about(a.Load.Errors, 0) ||
			api.Counted != (fleet.Counted{Errors: fleet.CountedRoute}) || api.Load.Errors.OK {
			t.Errorf("%v: a %v by %+v, api %v by %+v", c.part, a.Load.Errors, a.Counted, api.Load.Errors, api.Counted)
		}
		if !about(a.Seen, 6.0/7) || !about(api.Seen, 1.0/7) {
			t.Errorf("%v: seen %v and %v", c.part, a.Seen, api.Seen)
		}
		if x, y := api.Verdict(fleet.HealthGateway), a.Verdict(fleet.HealthGateway); x.Up != c.api || y.Up != c.a {
			t.Errorf("%v: the gateway says of the rented one %v (%s), of a %v (%s)", c.part, x.Up, x.Why, y.Up, y.Why)
		}
		for name, m := range map[string]fleet.Maybe[float64]{"a": a.BurnRate.M5, "api": api.BurnRate.M5,
			"the account": s.Provider("api").BurnRate.M5} {
			if !m.OK || math.Abs(m.V-c.api5) > 0.05*c.api5 {
				t.Errorf("%v: %s burns %v, want %v", c.part, name, m, c.api5)
			}
		}
		if total := s.Totals.Load; !about(total.Errors, c.part) || math.Abs(float64(total.Requests.V)-7) > 0.2 {
			t.Errorf("%v: the fleet has errors %v of %v", c.part, total.Errors, total.Requests)
		}
	}
}

// Without the counts of the route nobody knows how requests ended, and they are none that went well.
func TestRequestsOfUnknownEndBurnNothingAway(t *testing.T) {
	f := newPlainFleet()
	wholeRoute(f, 0.5)
	read := f.read["kong-1"]
	f.read["kong-1"] = func(sec float64) fleet.Partial {
		p := read(sec)
		p.Gateway.Whole["kong"] = fleet.RouteCounts{Requests: fleet.Some(7 * sec)}
		return p
	}
	r := f.after(5 * time.Minute).Route("kong")
	api := r.Target("api")
	if r.Load.Errors.OK || api.BurnRate.M5.OK || api.Verdict(fleet.HealthGateway).Up.OK {
		t.Errorf("errors %v, burn %v, verdict %+v", r.Load.Errors, api.BurnRate.M5, api.Verdict(fleet.HealthGateway))
	}
}

// Where the gateway counts a route as a whole and none of its targets, the engines of own pools tell the shares.
func TestEnginesTellSharesOfAWholeRoute(t *testing.T) {
	f := newPlainFleet()
	whole := func(sec float64, g *fleet.GatewayReading) {
		g.Metrics = true
		g.Whole = map[fleet.RouteID]fleet.RouteCounts{g.Deployments[0].Route: {Requests: fleet.Some(9 * sec), Failures: fleet.Some(0.09 * sec)}}
	}
	f.route("up", map[fleet.TargetID]float64{"a": 60, "b": 40}, whole)
	r := f.after(90 * time.Second).Route("up")
	if r.Counted != (fleet.Counted{Requests: fleet.CountedEngines, Errors: fleet.CountedRoute}) || !about(r.Load.Errors, 0.01) {
		t.Errorf("errors %v by %+v", r.Load.Errors, r.Counted)
	}
	if b := r.Target("b"); !about(b.Seen, 1.0/3) || !about(b.Load.Errors, 0.1) {
		t.Errorf("seen %v, errors %v", b.Seen, b.Load.Errors)
	}
	f = newPlainFleet()
	f.route("up", map[fleet.TargetID]float64{"api": 40}, whole)
	api := f.after(90 * time.Second).Route("up").Target("api")
	if api.Counted != (fleet.Counted{Requests: fleet.CountedRoute, Errors: fleet.CountedRoute}) || api.Load.Requests.OK {
		t.Errorf("%v requests by %+v", api.Load.Requests, api.Counted)
	}
}
