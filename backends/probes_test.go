package backends

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// probedFleet is a pool of two replicas and a rented model behind one route, each with live probes, and a gateway replica.
type probedFleet struct {
	t *testing.T
	w *world
}

func probed(t *testing.T, keyed bool) *probedFleet {
	t.Helper()
	limit, err := fleet.ParseMoney("0.50", fleet.USD)
	if err != nil {
		t.Fatal(err)
	}
	in, _ := fleet.ParseMoney("3", fleet.USD)
	inv := fleet.Inventory{
		Pools: []fleet.PoolSpec{{ID: "p", Model: "m", Replicas: []fleet.ReplicaSpec{{ID: "r1"}, {ID: "r2"}}, Probe: &fleet.ProbeSpec{Tools: true}}},
		Providers: []fleet.ProviderSpec{{ID: "api", Kind: "openai", Models: []fleet.ProviderModel{{Name: "big",
			Price: fleet.Some(fleet.Price{Input: in, Output: in}), Probe: &fleet.ProbeSpec{Tools: true, JSON: true, URL: "http://api/v1",
				MaxPerDay: fleet.Some(limit)}}}}},
		Gateways: []fleet.GatewaySpec{{ID: "g", Kind: "litellm", Replicas: []fleet.GatewayReplicaSpec{{ID: "gw1"}}}},
		Routes: []fleet.RouteSpec{{ID: "chat", Gateway: "g", Targets: []fleet.TargetSpec{{ID: "own", Pool: "p"}, {ID: "rented", Provider: "api", Model: "big"}},
			Probe: &fleet.ProbeSpec{MaxPerDay: fleet.Some(limit)}}},
		Sources: []fleet.SourceSpec{
			{ID: "r1", URL: "http://r1:8000", Interval: 5 * time.Second, Subject: fleet.Subject{Pool: "p", Replica: "r1"}},
			{ID: "r2", URL: "http://r2:8000", Interval: 5 * time.Second, Subject: fleet.Subject{Pool: "p", Replica: "r2"}},
			{ID: "gw1", URL: "http://gw1:4000", Interval: 5 * time.Second, Subject: fleet.Subject{Gateway: "g", GatewayReplica: "gw1"}},
		},
	}
	if keyed {
		inv.Sources = append(inv.Sources, fleet.SourceSpec{ID: "api", URL: "http://api/v1", Interval: time.Minute, Subject: fleet.Subject{Provider: "api"}})
	}
	list, err := fleet.ProbeSources(&inv)
	if err != nil || len(list) != 3 {
		t.Fatalf("%v %v", list, err)
	}
	inv.Sources = append(inv.Sources, list...)
	var states []*sourceState
	for i, spec := range inv.Sources {
		states = append(states, newSourceState(spec, nil, nil, uint64(i)))
	}
	return &probedFleet{t, newWorld(Options{Inventory: inv}, states)}
}

func (f *probedFleet) read(id fleet.SourceID, at time.Time, p fleet.Partial, err error) {
	f.t.Helper()
	s := f.w.index.ids[id]
	if s == nil {
		f.t.Fatalf("no source %s", id)
	}
	p.At, s.status.LastTry = at, at
	if err != nil {
		s.status.Failing++
		s.status.ErrKind, s.status.Err = fleet.KindOf(err), fleet.Sentence(err)
		s.last = refused(s.last, s.status.ErrKind)
		f.w.probeFailed(s, answer{p, err}, at)
		return
	}
	s.status.Failing, s.status.LastGood, s.status.ErrKind, s.last = 0, at, "", p
	f.w.take(s, p)
}

const (
	poolProbe   = fleet.SourceID("probe/p")
	rentedProbe = fleet.SourceID("probe/api/big")
	routeProbe  = fleet.SourceID("probe/g/chat")
)

func good(end string) fleet.Partial {
	return fleet.Partial{Probe: &fleet.ProbeReading{OK: true, Asked: []fleet.ProbeAsk{fleet.ProbeTools}, End: end, Total: fleet.Some(fleet.Seconds(0.512))}}
}

func bad(end string) fleet.Partial {
	return fleet.Partial{Probe: &fleet.ProbeReading{Asked: []fleet.ProbeAsk{fleet.ProbeTools}, End: end, Why: fleet.Text("it calls no tool")}}
}

// load lets the gateway get answers from both members at a time.
func (f *probedFleet) load(at time.Time) {
	n := at.Sub(start).Seconds()*10 + 1
	f.read("gw1", at, deployments(
		fleet.DeploymentReading{ID: "own", Weight: fleet.Some(1.0), Requests: fleet.Some(n), Successes: fleet.Some(n)},
		fleet.DeploymentReading{ID: "rented", Weight: fleet.Some(1.0), Requests: fleet.Some(n), Successes: fleet.Some(n)}), nil)
}

func (f *probedFleet) at(now time.Time) *fleet.Snapshot { return f.w.snapshot(1, now) }

func TestALiveProbeIsEvidenceOfItsTarget(t *testing.T) {
	f := probed(t, false)
	for i := range 5 {
		f.load(start.Add(time.Duration(i) * 10 * time.Second))
	}
	own := f.at(start.Add(40 * time.Second)).Route("chat").Target("own")
	if v := own.Verdict(fleet.HealthProbe); v.Up.OK || v.Every != time.Minute || own.Probe == nil || own.ProbesCleanSince.OK {
		t.Errorf("before the first probe: %+v", v)
	}
	f.read(poolProbe, start.Add(41*time.Second), good("r1"), nil)
	own = f.at(start.Add(45 * time.Second)).Route("chat").Target("own")
	if v := own.Verdict(fleet.HealthProbe); v.Up != fleet.Some(true) || !v.At.Equal(start.Add(41*time.Second)) ||
		v.Why.String() != "answers a live probe with tools ("+fleet.ClockTime(start.Add(41*time.Second)).String()+", 512ms, r1)" {
		t.Errorf("%+v", v)
	}
	if own.ProbesCleanSince != fleet.Some(start.Add(41*time.Second)) {
		t.Errorf("clean since %v", own.ProbesCleanSince)
	}
	if v := f.at(start.Add(10 * time.Minute)).Route("chat").Target("own").Verdict(fleet.HealthProbe); v.Up.OK {
		t.Errorf("a stale probe is not up: %+v", v)
	}
}

func TestOneReplicaOfSeveralMayFailAProbe(t *testing.T) {
	f := probed(t, false)
	at := func(i int) time.Time { return start.Add(time.Duration(i) * time.Minute) }
	f.read(poolProbe, at(0), good("r1"), nil)
	f.read(poolProbe, at(1), good("r2"), nil)
	f.read(poolProbe, at(2), good("r1"), nil)
	if own := f.at(at(2)).Route("chat").Target("own"); own.ProbesCleanSince != fleet.Some(at(0)) {
		t.Errorf("clean since %v", own.ProbesCleanSince)
	}
	f.read(poolProbe, at(3), bad("r2"), nil)
	own := f.at(at(3)).Route("chat").Target("own")
	if v := own.Verdict(fleet.HealthProbe); v.Up != fleet.Some(true) || !v.At.Equal(at(2)) || !strings.Contains(v.Why.String(), "failed") {
		t.Errorf("one failed: %+v", v)
	}
	if own.ProbesCleanSince.OK {
		t.Error("a failed probe resets how long all was clean")
	}
	f.read(poolProbe, at(4), fleet.Partial{}, &fleet.Error{Kind: fleet.KindTimeout, Op: "read", Err: errors.New("no answer within the deadline")})
	own = f.at(at(4)).Route("chat").Target("own")
	if v := own.Verdict(fleet.HealthProbe); v.Up != fleet.Some(false) || !strings.Contains(v.Why.String(), "no answer within the deadline") {
		t.Errorf("two failed: %+v", v)
	}
	f.read(poolProbe, at(5), good("r2"), nil)
	own = f.at(at(5)).Route("chat").Target("own")
	if v := own.Verdict(fleet.HealthProbe); v.Up != fleet.Some(true) || own.ProbesCleanSince != fleet.Some(at(5)) {
		t.Errorf("back: %+v, clean since %v", v, own.ProbesCleanSince)
	}
	f.read(poolProbe, at(20), good("r1"), nil)
	if own = f.at(at(20)).Route("chat").Target("own"); own.ProbesCleanSince != fleet.Some(at(20)) {
		t.Errorf("nobody knows what was in the gap: clean since %v", own.ProbesCleanSince)
	}
}

func TestOnlyThisMachineMaySeeItFail(t *testing.T) {
	f := probed(t, true)
	for i := range 5 {
		f.load(start.Add(time.Duration(i) * 10 * time.Second))
	}
	now := start.Add(45 * time.Second)
	f.read("api", now, fleet.Partial{Provider: &fleet.ProviderReading{Authorised: fleet.Some(true)}}, nil)
	f.read(rentedProbe, now, fleet.Partial{}, &fleet.Error{Kind: fleet.KindTimeout, Op: "read", Err: errors.New("no answer")})
	x := f.at(now).Route("chat").Target("rented")
	if x.State != fleet.StateWarn || !strings.Contains(x.Why.String(), "the gateway gets answers: it may be this machine") {
		t.Errorf("%s %q", x.State, x.Why)
	}
	if own, gateway := x.Verdict(fleet.HealthProbe), x.Verdict(fleet.HealthGateway); own.Up != fleet.Some(false) || gateway.Up != fleet.Some(true) {
		t.Errorf("own %+v gateway %+v", own, gateway)
	}
	if n := len(x.Verdicts); n != 3 {
		t.Errorf("%d voices: the key's is heard too", n)
	}
}

func TestAGoodProbeProvesTheKey(t *testing.T) {
	f := probed(t, false)
	f.read(rentedProbe, start, good(""), nil)
	s := f.at(start.Add(time.Second))
	if p := s.Provider("api"); p.Authorised != fleet.Some(true) || !p.ProbeAt.Equal(start) || p.State == fleet.StateUnknown {
		t.Errorf("%v %s %s %s", p.Authorised, p.ProbeAt, p.State, p.Why)
	}
	if v := s.Route("chat").Target("rented").Verdicts; len(v) != 2 {
		t.Errorf("the gateway and the probe speak: %+v", v)
	}
	f = probed(t, true)
	f.read(rentedProbe, start, good(""), nil)
	f.read("api", start.Add(time.Minute), fleet.Partial{}, &fleet.Error{Kind: fleet.KindAuth, Op: "list models"})
	if p := f.at(start.Add(time.Minute)).Provider("api"); p.Authorised != fleet.Some(false) {
		t.Error("a key that is refused later is not accepted")
	}
	f.read(rentedProbe, start.Add(2*time.Minute), good(""), nil)
	if p := f.at(start.Add(2 * time.Minute)).Provider("api"); p.Authorised != fleet.Some(true) || !p.ProbeAt.Equal(start.Add(2*time.Minute)) {
		t.Error("a good probe after the refusal proves it again")
	}
}

func TestAProbeThatMayNotBeSentSaysNothing(t *testing.T) {
	f := probed(t, false)
	f.read(rentedProbe, start, good(""), nil)
	f.read(rentedProbe, start.Add(time.Minute), fleet.Partial{Probe: &fleet.ProbeReading{Paused: fleet.Text("no probe is sent before 00:00Z")}}, nil)
	if x := f.at(start.Add(time.Minute)).Route("chat").Target("rented"); x.Verdict(fleet.HealthProbe).Up != fleet.Some(true) {
		t.Error("the last probe still counts")
	}
	s := f.at(start.Add(10 * time.Minute))
	if x := s.Route("chat").Target("rented"); x.Verdict(fleet.HealthProbe).Up.OK || x.ProbesCleanSince.OK {
		t.Error("it is too old now")
	}
	src := s.Source(rentedProbe)
	if src.Probe == nil || src.Probe.Paused.IsEmpty() || !src.Probe.PerDay.OK || src.Probe.PerDay.V.Small().String() != "$0.50" {
		t.Errorf("%+v", src.Probe)
	}
	f.read(rentedProbe, start.Add(11*time.Minute), fleet.Partial{}, &fleet.Error{Kind: fleet.KindInternal, Op: "note what the probe costs"})
	if p := f.at(start.Add(11 * time.Minute)).Source(rentedProbe).Probe; p.Failing != 0 {
		t.Error("what is wrong on this side says nothing of the other")
	}
}

func TestBadNewsOfAProbeStands(t *testing.T) {
	f := probed(t, false)
	f.read(rentedProbe, start, bad(""), nil)
	if v := f.at(start.Add(time.Hour)).Route("chat").Target("rented").Verdict(fleet.HealthProbe); v.Up != fleet.Some(false) {
		t.Errorf("%+v", v)
	}
}

func TestARouteIsProbedThroughItsGateway(t *testing.T) {
	f := probed(t, false)
	f.read(routeProbe, start, good("gw1"), nil)
	if r := f.at(start).Route("chat"); r.Probe == nil || r.Probe.Up() != fleet.Some(true) {
		t.Errorf("%+v", r.Probe)
	}
	f.read(routeProbe, start.Add(time.Minute), bad("gw1"), nil)
	if r := f.at(start.Add(time.Minute)).Route("chat"); r.State.Rank() < fleet.StateWarn.Rank() || r.Probe.Up() != fleet.Some(false) {
		t.Errorf("%s %s", r.State, r.Why)
	}
}

// A person who wants everything read anew does not want to pay for it.
func TestProbesAreNotSentByARefresh(t *testing.T) {
	f := probed(t, false)
	woken := false
	s := f.w.index.ids[poolProbe]
	s.wake = func() { woken = true }
	s.refresh()
	if woken || s.again {
		t.Error("a probe was sent before its time")
	}
}
