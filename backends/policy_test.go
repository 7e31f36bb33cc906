package backends

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// flowing is a gateway whose members answer so many requests a second, as it was said for the time; "own" and "rented" are on
// route chat, "hard" on route hard.
func flowing(weights map[fleet.DeploymentID]float64, rates func(at time.Duration) map[fleet.DeploymentID]float64) func(time.Time) (fleet.Partial, error) {
	counts, last := map[fleet.DeploymentID]float64{}, start
	return func(now time.Time) (fleet.Partial, error) {
		for ; last.Before(now); last = last.Add(time.Second) {
			for id, n := range rates(last.Sub(start)) {
				counts[id] += n
			}
		}
		g := &fleet.GatewayReading{Mode: fleet.GatewayModeDatabase, Metrics: true}
		for _, id := range []fleet.DeploymentID{"own", "rented", "hard"} {
			w, has := weights[id]
			if !has {
				continue
			}
			d := fleet.DeploymentReading{ID: id, Route: "chat", Weight: fleet.Some(w)}
			if id == "hard" {
				d.Route = "hard"
			}
			if n, counted := counts[id]; counted {
				d.Requests, d.Successes = fleet.Some(n), fleet.Some(n)
			}
			g.Deployments = append(g.Deployments, d)
		}
		return fleet.Partial{Gateway: g}, nil
	}
}

func constantly(rates map[fleet.DeploymentID]float64) func(time.Duration) map[fleet.DeploymentID]float64 {
	return func(time.Duration) map[fleet.DeploymentID]float64 { return rates }
}

// withPolicy is a bench with one gateway replica whose route chat has a policy, beside a route hard of the API alone.
func withPolicy(t *testing.T, p fleet.RoutePolicy, read func(time.Time) (fleet.Partial, error)) *bench {
	t.Helper()
	return newBenchOf(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){"gw1": read}, func(inv *fleet.Inventory) {
		inv.Gateways[0].Replicas = inv.Gateways[0].Replicas[:1]
		inv.Routes[0].Policy = &p
		inv.Routes = append(inv.Routes, fleet.RouteSpec{ID: "hard", Gateway: "g",
			Targets: []fleet.TargetSpec{{ID: "hard", Provider: "api", Model: "big"}}})
	})
}

var eightyTwenty = map[fleet.DeploymentID]float64{"own": 80, "rented": 20}

func easyLocal() fleet.RoutePolicy {
	return fleet.RoutePolicy{Pattern: fleet.PatternEasyLocal, Local: 0.8, Tolerance: 0.05}
}

func policyEvents(s *fleet.Snapshot) []string {
	var list []string
	for _, e := range s.Events {
		if strings.HasPrefix(e.Text.String(), "policy ") {
			list = append(list, string(e.Level)+" "+e.Text.String())
		}
	}
	return list
}

func TestAPolicyIsKnownOnceEnoughRequestsWereCounted(t *testing.T) {
	b := withPolicy(t, easyLocal(), flowing(eightyTwenty, constantly(map[fleet.DeploymentID]float64{"own": 1.6, "rented": 0.4})))
	st := b.after(time.Minute).Route("chat").Policy
	if st.Verdict != fleet.PolicyUnknown || st.Seen.OK || !strings.Contains(st.Why.String(), "of the 200 requests that a verdict needs were counted") {
		t.Errorf("after a minute: %+v", st)
	}
	s := b.after(2 * time.Minute)
	st = s.Route("chat").Policy
	if st.Verdict != fleet.PolicyKept || !st.Seen.OK || st.Seen.V < 0.79 || st.Seen.V > 0.81 || st.Set != fleet.Some(fleet.Ratio(0.8)) {
		t.Errorf("after three: %+v", st)
	}
	// Three standard deviations of 300 or so requests are more than the tolerance.
	if st.Band < 0.06 || st.SeenN < policyRequests || len(policyEvents(s)) != 0 || !st.Since.After(start.Add(time.Minute)) {
		t.Errorf("band %v of %v requests since %s, events %q", st.Band, st.SeenN, st.Since, policyEvents(s))
	}
}

func TestADriftBeginsAndEndsWithAnEvent(t *testing.T) {
	b := withPolicy(t, easyLocal(), flowing(eightyTwenty, func(at time.Duration) map[fleet.DeploymentID]float64 {
		if at > 4*time.Minute && at < 10*time.Minute {
			return map[fleet.DeploymentID]float64{"own": 50, "rented": 50}
		}
		return map[fleet.DeploymentID]float64{"own": 80, "rented": 20}
	}))
	if s := b.after(4 * time.Minute); s.Route("chat").Policy.Verdict != fleet.PolicyKept || len(policyEvents(s)) != 0 {
		t.Fatalf("before: %+v %q", s.Route("chat").Policy, policyEvents(s))
	}
	s := b.after(6 * time.Minute)
	st := s.Route("chat").Policy
	if st.Verdict != fleet.PolicyDrifting || st.Seen.V > 0.6 || !strings.Contains(st.Why.String(), "easy requests go to the API, and cost more than planned") {
		t.Errorf("within: %+v", st)
	}
	alert := fleet.Alert{}
	for _, a := range s.Alerts {
		if a.Runbook.String() == "policy-drift" {
			alert = a
		}
	}
	if alert.Level != fleet.LevelWarn || alert.Route != "chat" || !strings.HasPrefix(alert.Text.String(), "easy-local 80/20, seen 5") {
		t.Errorf("alert %+v", alert)
	}
	s = b.after(6 * time.Minute)
	events := policyEvents(s)
	if s.Route("chat").Policy.Verdict != fleet.PolicyKept || len(events) != 2 || !strings.HasPrefix(events[1], "WARN policy easy-local 80/20 drifts: ") ||
		!strings.HasPrefix(events[0], "INFO policy easy-local 80/20 is kept again: ") {
		t.Errorf("after: %+v, events %q", s.Route("chat").Policy, events)
	}
	for _, a := range s.Alerts {
		if a.Runbook.String() == "policy-drift" {
			t.Errorf("it is still said: %+v", a)
		}
	}
}

func TestTwoRoutesMayShareTheWork(t *testing.T) {
	p := easyLocal()
	p.Hard = "hard"
	weights := map[fleet.DeploymentID]float64{"own": 1, "hard": 1}
	for _, x := range []struct {
		hard    float64
		verdict fleet.PolicyVerdict
	}{{20, fleet.PolicyKept}, {60, fleet.PolicyDrifting}} {
		b := withPolicy(t, p, flowing(weights, constantly(map[fleet.DeploymentID]float64{"own": 80, "hard": x.hard})))
		r := b.after(2 * time.Minute).Route("chat")
		want := 80 / (80 + x.hard)
		if r.Policy.Verdict != x.verdict || r.Policy.Set.OK || float64(r.Policy.Seen.V) < want-0.02 || float64(r.Policy.Seen.V) > want+0.02 {
			t.Errorf("%v hard requests a second: %+v", x.hard, r.Policy)
		}
		for _, l := range r.Lints {
			if l.Rule == fleet.LintPolicySplit || l.Rule == fleet.LintPolicySides {
				t.Errorf("a fault: %s", l.Text)
			}
		}
	}
}

func TestWhatIsMissingMakesAPolicyUnknownAndNeverZero(t *testing.T) {
	pair := easyLocal()
	pair.Hard = "nowhere"
	for name, x := range map[string]struct {
		p    fleet.RoutePolicy
		read func(time.Time) (fleet.Partial, error)
		says string
	}{
		"a member is not counted": {easyLocal(), flowing(eightyTwenty, constantly(map[fleet.DeploymentID]float64{"own": 80})), "the requests of rented are not counted"},
		"no gateway answers": {easyLocal(), func(time.Time) (fleet.Partial, error) {
			return fleet.Partial{}, &fleet.Error{Kind: fleet.KindServer, Op: "read"}
		}, "no gateway replica was read yet"},
		"the other route is nowhere": {pair, flowing(eightyTwenty, constantly(map[fleet.DeploymentID]float64{"own": 80, "rented": 20})),
			"nowhere, which takes the hard requests, is on no gateway"},
		"a side is not known": {easyLocal(), func(now time.Time) (fleet.Partial, error) {
			n := 10 * now.Sub(start).Seconds()
			return gatewayReading(map[fleet.DeploymentID]float64{"own": 60, "extra": 40}, map[fleet.DeploymentID]float64{"own": n, "extra": n}), nil
		}, "extra is neither a pool nor a provider"},
	} {
		st := withPolicy(t, x.p, x.read).after(3 * time.Minute).Route("chat").Policy
		if st.Verdict != fleet.PolicyUnknown || st.Seen.OK || !strings.Contains(st.Why.String(), x.says) {
			t.Errorf("%s: %+v", name, st)
		}
	}
}

func TestRequestsFromBeforeAChangeOfWeightsAreNotHeldAgainstIt(t *testing.T) {
	weights := map[fleet.DeploymentID]float64{"own": 40, "rented": 60}
	read := flowing(weights, func(at time.Duration) map[fleet.DeploymentID]float64 {
		if at > 5*time.Minute {
			return map[fleet.DeploymentID]float64{"own": 80, "rented": 20}
		}
		return map[fleet.DeploymentID]float64{"own": 40, "rented": 60}
	})
	b := withPolicy(t, easyLocal(), func(now time.Time) (fleet.Partial, error) {
		if now.Sub(start) > 5*time.Minute {
			weights["own"], weights["rented"] = 80, 20
		}
		return read(now)
	})
	st := b.after(5 * time.Minute).Route("chat").Policy
	if st.Verdict != fleet.PolicyDrifting || !strings.Contains(st.Why.String(), "the weights give own GPUs 40%") {
		t.Errorf("before: %+v", st)
	}
	if st = b.after(30 * time.Second).Route("chat").Policy; st.Verdict != fleet.PolicyUnknown || !strings.Contains(st.Why.String(), "the weights changed") {
		t.Errorf("just after: %+v", st)
	}
	s := b.after(90 * time.Second)
	if st = s.Route("chat").Policy; st.Verdict != fleet.PolicyKept || st.Over > 3*time.Minute {
		t.Errorf("later: %+v", st)
	}
	if events := policyEvents(s); len(events) != 2 {
		t.Errorf("events %q", events)
	}
}

func TestEachPatternHasItsOwnBounds(t *testing.T) {
	core := fleet.RoutePolicy{Pattern: fleet.PatternCoreLocal, Local: 0.9, Tolerance: 0.05}
	api := fleet.RoutePolicy{Pattern: fleet.PatternAPIPrimary, Local: 0, Tolerance: 0.05}
	trickle := fleet.RoutePolicy{Pattern: fleet.PatternAPIPrimary, Local: 0.1, Tolerance: 0.02}
	for _, x := range []struct {
		p       fleet.RoutePolicy
		seen    fleet.Ratio
		drifted bool
		want    fleet.PolicyVerdict
		means   string
	}{
		{easyLocal(), 0.85, false, fleet.PolicyKept, ""},
		{easyLocal(), 0.86, false, fleet.PolicyDrifting, "hard requests stay on own GPUs"},
		{easyLocal(), 0.74, false, fleet.PolicyDrifting, "easy requests go to the API"},
		{easyLocal(), 0.845, true, fleet.PolicyDrifting, "hard requests stay"},
		{easyLocal(), 0.835, true, fleet.PolicyKept, ""},
		{core, 1, false, fleet.PolicyKept, ""},
		{core, 0.85, false, fleet.PolicyKept, ""},
		{core, 0.84, false, fleet.PolicyDrifting, "requests leave the fine-tune"},
		{api, 0, false, fleet.PolicyKept, ""},
		{api, 0.06, false, fleet.PolicyDrifting, "the fallback is in use"},
		{trickle, 0.01, false, fleet.PolicyDrifting, "keeps the fallback proven does not reach it"},
	} {
		st := fleet.PolicyState{Seen: fleet.Some(x.seen), SeenN: 1e6, Band: policyBand(&x.p, 1e6)}
		st.Verdict = policyVerdict(&x.p, st, x.drifted)
		why, means := policyWhy(&fleet.Route{Spec: fleet.RouteSpec{ID: "chat", Policy: &x.p}}, &st)
		if st.Verdict != x.want || !strings.Contains(means.String(), x.means) || means.IsEmpty() != (x.means == "") || !strings.HasSuffix(why.String(), means.String()) {
			t.Errorf("%s at %v, drifted before %v: %s, %q", x.p.Text(), x.seen, x.drifted, st.Verdict, why)
		}
	}
	few, p := policyRequests, easyLocal()
	if band := policyBand(&p, float64(few)); band < 0.084 || band > 0.086 {
		t.Errorf("the band of %d requests is %v, three standard deviations are 8.5 points", few, band)
	}
}

func TestARouteWithoutAPolicyIsNotJudged(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"gw1": flowing(eightyTwenty, constantly(map[fleet.DeploymentID]float64{"own": 1, "rented": 99}))})
	s := b.after(3 * time.Minute)
	if r := s.Route("chat"); r.Policy != nil || len(policyEvents(s)) != 0 {
		t.Errorf("%+v %q", r.Policy, policyEvents(s))
	}
}
