package backends

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"pitwall/fleet"
)

type readFunc = func(time.Time) (fleet.Partial, error)

// deployments is a gateway page whose members a test fills.
func deployments(list ...fleet.DeploymentReading) fleet.Partial {
	for i := range list {
		list[i].Route = "chat"
	}
	return fleet.Partial{Gateway: &fleet.GatewayReading{Mode: fleet.GatewayModeDatabase, Strategy: "simple-shuffle",
		Metrics: true, Deployments: list}}
}

func TestAFailureSeriesThatAppearsLateCountsInFull(t *testing.T) {
	first := start.Add(80 * time.Second)
	b := newBench(t, map[fleet.SourceID]readFunc{"gw1": func(now time.Time) (fleet.Partial, error) {
		n := now.Sub(start).Seconds() * 2
		d := fleet.DeploymentReading{ID: "own", Weight: fleet.Some(100.0), Requests: fleet.Some(n), Successes: fleet.Some(n)}
		if !now.Before(first) {
			d.Failures, d.Successes = fleet.Some(30.0), fleet.Some(n-30)
		}
		return deployments(d), nil
	}})
	if e := b.after(75 * time.Second).Route("chat").Load.Errors; !e.OK || e.V != 0 {
		t.Errorf("without a failure series and with every request a success: %v, want 0", e)
	}
	e := b.after(15 * time.Second).Route("chat").Load.Errors
	if !e.OK || math.Abs(float64(e.V)-0.25) > 0.05 {
		t.Errorf("30 failures in about 120 requests: %v", e)
	}
}

func TestARemovedFailureSeriesIsNoZero(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{
		"gw1": func(now time.Time) (fleet.Partial, error) { // the operator took the family out: only the gap tells
			n := now.Sub(start).Seconds() * 10
			return deployments(fleet.DeploymentReading{ID: "own", Weight: fleet.Some(50.0),
				Requests: fleet.Some(n), Successes: fleet.Some(n * 0.8)},
				fleet.DeploymentReading{ID: "rented", Weight: fleet.Some(50.0), Requests: fleet.Some(n)}), nil
		}})
	r := b.after(2 * time.Minute).Route("chat")
	if e := r.Target("own").Load.Errors; !e.OK || math.Abs(float64(e.V)-0.2) > 0.01 {
		t.Errorf("a fifth of the requests did not succeed: %v", e)
	}
	if e := r.Target("rented").Load.Errors; e.OK {
		t.Errorf("neither successes nor failures are known, got %v", e)
	}
}

func TestAPageWithoutQueueAndTokensIsNotIdle(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{ // an upgrade renamed everything
		"r1": engine(fleet.EngineReading{}), "r2": engine(fleet.EngineReading{})})
	p := b.after(time.Minute).Pool("p")
	if p.State != fleet.StateWarn || p.Replicas[0].State != fleet.StateWarn {
		t.Errorf("pool %s, replica %s: unknown load is neither idle nor OK", p.State, p.Replicas[0].State)
	}
}

func TestWhatAStaleReplicaDidProvesNothingNow(t *testing.T) {
	dies := start.Add(time.Minute)
	b := newBench(t, map[fleet.SourceID]readFunc{
		"r1": func(now time.Time) (fleet.Partial, error) {
			if now.After(dies) {
				return fleet.Partial{}, &fleet.Error{Kind: fleet.KindServer, Op: "read", Err: errors.New("HTTP 500")}
			}
			return steady(100, 3)(now)
		}, "r2": steady(0, 0)})
	p := b.after(2 * time.Minute).Pool("p")
	if p.Replicas[0].State != fleet.StateStale {
		t.Fatalf("replica: %s", p.Replicas[0].State)
	}
	if p.Progress.Moving.OK && p.Progress.Moving.V {
		t.Error("tokens of a replica that is not read any more move")
	}
	if p.State != fleet.StateWarn {
		t.Errorf("pool with an unread replica: %s %s", p.State, p.Why)
	}
}

func TestAStallEndsAtItsLastSample(t *testing.T) {
	var w progressWatch
	for i := range 4 {
		w.add(start.Add(time.Duration(i)*10*time.Second), []fleet.EngineReading{{Running: fleet.Some(fleet.Count(1)),
			OutputTokens: fleet.Some(5.0)}})
	}
	if got := w.value(); got.Stalled != 20*time.Second {
		t.Errorf("stalled for %s, the samples cover 20 s", got.Stalled)
	}
}

func TestARefusedKeyIsNotAcceptedAnyMore(t *testing.T) {
	revoked := start.Add(time.Minute)
	b := newBench(t, map[fleet.SourceID]readFunc{"api": func(now time.Time) (fleet.Partial, error) {
		if now.After(revoked) {
			return fleet.Partial{Provider: &fleet.ProviderReading{Authorised: fleet.Some(false)}},
				&fleet.Error{Kind: fleet.KindAuth, Op: "list models"}
		}
		return fleet.Partial{Provider: &fleet.ProviderReading{Authorised: fleet.Some(true), Models: []fleet.ModelName{"big"}}}, nil
	}})
	before := b.after(30 * time.Second).Provider("api")
	s := b.after(time.Minute)
	p := s.Provider("api")
	if p.Authorised != fleet.Some(false) || p.State != fleet.StateCrit || len(p.Models) != 1 {
		t.Errorf("got %v %s, models %v", p.Authorised, p.State, p.Models)
	}
	if before.Authorised != fleet.Some(true) {
		t.Error("the snapshot from before changed")
	}
	for _, v := range s.Route("chat").Target("rented").Verdicts {
		if v.Kind == fleet.HealthProbe && (!v.Up.OK || v.Up.V) {
			t.Errorf("probe verdict: %+v", v)
		}
	}
}

func TestTheWindowOfAShareIsWhatItReallyWas(t *testing.T) {
	inv := fleet.Inventory{
		Gateways: []fleet.GatewaySpec{{ID: "g", Replicas: []fleet.GatewayReplicaSpec{{ID: "gw1"}}}},
		Routes:   []fleet.RouteSpec{{ID: "chat", Gateway: "g", Targets: []fleet.TargetSpec{{ID: "own", Pool: "p"}}}},
		Sources:  []fleet.SourceSpec{{ID: "gw1", Interval: 2 * time.Minute, Subject: fleet.Subject{Gateway: "g", GatewayReplica: "gw1"}}},
	}
	w := newWorld(Options{Inventory: inv}, []*sourceState{newSourceState(inv.Sources[0], nil, nil, 1)})
	s := w.states[0]
	for i := range 2 {
		at := start.Add(time.Duration(i) * 2 * time.Minute)
		s.status.LastGood, s.status.LastTry = at, at
		p := deployments(fleet.DeploymentReading{ID: "own", Weight: fleet.Some(1.0), Requests: fleet.Some(float64(240 * i))})
		p.At, s.last = at, p
		w.take(s, p)
	}
	tg := w.snapshot(1, start.Add(2*time.Minute)).Route("chat").Target("own")
	if tg.SeenOver != 2*time.Minute || tg.Load.Window != 2*time.Minute || tg.Load.Requests != fleet.Some(fleet.Rate(2)) {
		t.Errorf("over %s and %s at %v, the samples are two minutes apart", tg.SeenOver, tg.Load.Window, tg.Load.Requests)
	}
}

func TestAShareWithoutCountersIsUnknown(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{"gw1": func(now time.Time) (fleet.Partial, error) {
		return deployments(
			fleet.DeploymentReading{ID: "own", Weight: fleet.Some(60.0), Requests: fleet.Some(now.Sub(start).Seconds() * 20)},
			fleet.DeploymentReading{ID: "rented", Weight: fleet.Some(40.0)}), nil
	}})
	r := b.after(4 * time.Minute).Route("chat")
	if got := r.Target("rented").Seen; got.OK {
		t.Errorf("no request counter, yet a share of %v", got)
	}
}

func TestABlockedTargetIsNoDrift(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{"r1": steady(100, 3), "r2": steady(100, 3),
		"api": func(time.Time) (fleet.Partial, error) { return fleet.Partial{Provider: &fleet.ProviderReading{}}, nil },
		"gw1": func(now time.Time) (fleet.Partial, error) {
			n := fleet.Some(now.Sub(start).Seconds() * 20)
			return deployments(
				fleet.DeploymentReading{ID: "own", Weight: fleet.Some(60.0), Requests: n, Successes: n},
				fleet.DeploymentReading{ID: "rented", Weight: fleet.Some(40.0), Blocked: fleet.Some(true),
					Requests: fleet.Some(0.0), Successes: fleet.Some(0.0)}), nil
		}})
	if r := b.after(4 * time.Minute).Route("chat"); r.State == fleet.StateDrift {
		t.Errorf("%s: %s", r.State, r.Why)
	}
}

func TestARouteThatNoReplicaHoldsIsNotOK(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]readFunc{"gw1": func(time.Time) (fleet.Partial, error) { return deployments(), nil }})
	if r := b.after(time.Minute).Route("chat"); r.State.Rank() < fleet.StateWarn.Rank() {
		t.Errorf("%s %s", r.State, r.Why)
	}
}

func TestEqualRouteNamesOfTwoGatewaysStayApart(t *testing.T) {
	inv := fleet.Inventory{Gateways: []fleet.GatewaySpec{
		{ID: "a", Replicas: []fleet.GatewayReplicaSpec{{ID: "a1"}}}, {ID: "b", Replicas: []fleet.GatewayReplicaSpec{{ID: "b1"}}}}}
	var states []*sourceState
	for _, id := range []string{"a", "b"} {
		spec := fleet.SourceSpec{ID: fleet.SourceID(id), Interval: time.Minute,
			Subject: fleet.Subject{Gateway: fleet.GatewayID(id), GatewayReplica: fleet.GatewayReplicaID(id + "1")}}
		inv.Sources = append(inv.Sources, spec)
		states = append(states, newSourceState(spec, nil, nil, 1))
	}
	w := newWorld(Options{Inventory: inv}, states)
	for i := range 2 {
		for j, s := range states {
			at := start.Add(time.Duration(i) * time.Minute)
			s.status.LastGood = at
			p := deployments(fleet.DeploymentReading{ID: "x", Weight: fleet.Some(1.0), Requests: fleet.Some(float64(60 * i * (j + 1)))})
			p.At, s.last = at, p
			w.take(s, p)
		}
	}
	routes := w.snapshot(1, start.Add(time.Minute)).Routes
	if len(routes) != 2 || routes[0].Load.Requests.V != 1 || routes[1].Load.Requests.V != 2 {
		t.Errorf("got %+v", routes)
	}
}

func TestTheSameRunGivesTheSameSnapshots(t *testing.T) {
	run := func() string {
		multi := func(now time.Time) (fleet.Partial, error) {
			p, err := steady(1000.1, 10)(now)
			for _, e := range []string{"1", "2", "3", "4"} {
				x := p.Engines[0]
				x.Engine, x.OutputTokens = e, fleet.Some(x.OutputTokens.V*1.1+float64(len(p.Engines))/3)
				p.Engines = append(p.Engines, x)
			}
			return p, err
		}
		b := newBench(t, map[fleet.SourceID]readFunc{"r1": multi, "n1": func(now time.Time) (fleet.Partial, error) {
			var list []fleet.GPUReading
			for _, id := range []string{"0", "1", "2", "3", "4", "5"} {
				list = append(list, fleet.GPUReading{ID: fleet.GPUID("GPU-" + id), Index: id, Util: fleet.Some(fleet.Ratio(0.1))})
			}
			if now.After(start.Add(time.Minute)) {
				list = list[:1]
			}
			return fleet.Partial{GPUs: list}, nil
		}})
		s := b.after(2 * time.Minute)
		for i := range s.Sources {
			s.Sources[i].Took = 0 // real time
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := run()
	for range 4 {
		if run() != first {
			t.Fatal("two equal runs differ")
		}
	}
}
