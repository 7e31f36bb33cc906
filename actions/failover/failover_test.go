package failover

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
)

var now = time.Date(2026, 11, 22, 14, 7, 22, 0, time.UTC)

// fleetOf is a route whose member a carries 60 % of 100 requests/s of 100 + 50 tokens; b and c are pools with a rating for
// so many output tokens/s, of which b carries 30 % and c 10 %.
func fleetOf(ratingB, ratingC float64) *fleet.Snapshot {
	w := fleet.Weights{"a": 60, "b": 30, "c": 10}
	s := &fleet.Snapshot{Gen: 1, At: now, Context: "eu", Env: fleet.EnvDev, Mode: fleet.ModeLive}
	r := fleet.Route{Spec: fleet.RouteSpec{ID: "chat", Gateway: "edge"}, Weights: w, Hash: fleet.HashWeights(w),
		Routing: fleet.Routing{Weighing: fleet.WeighingShares}, Load: fleet.Load{At: now, Requests: fleet.Some(fleet.Rate(100)),
			PromptMean: fleet.Some(fleet.Tokens(100)), OutputMean: fleet.Some(fleet.Tokens(50)), E2E: fleet.Some(fleet.Seconds(1))}}
	for _, x := range []struct {
		id     fleet.TargetID
		rating float64
		price  float64
		ttft   float64
	}{{"a", 10000, 1, 1}, {"b", ratingB, 2, 0.2}, {"c", ratingC, 1, 0.9}} {
		share := float64(w[x.id]) / 100
		load := fleet.Load{At: now, Requests: fleet.Some(fleet.Rate(100 * share)), InRate: fleet.Some(fleet.TokenRate(10000 * share)),
			OutRate: fleet.Some(fleet.TokenRate(5000 * share)), TTFT95: fleet.Some(fleet.Seconds(x.ttft)), E2E: fleet.Some(fleet.Seconds(1)),
			PromptMean: fleet.Some(fleet.Tokens(100)), OutputMean: fleet.Some(fleet.Tokens(50))}
		p := fleet.Pool{Spec: fleet.PoolSpec{ID: fleet.PoolID(x.id), Labels: []string{"eu"}, MaxContext: fleet.Some(fleet.Tokens(32000))},
			State: fleet.StateOK, Ready: 4, Desired: 4, Load: load, KVTokens: fleet.Some(fleet.Tokens(1e6)),
			Progress: fleet.Progress{Moving: fleet.Some(true)}}
		if x.rating > 0 {
			p.Rating = fleet.Some(fleet.Rating{Decode: fleet.TokenRate(x.rating), Prefill: 1e6, From: now.Add(-24 * time.Hour), Kind: "history"})
		}
		s.Pools = append(s.Pools, p)
		r.Targets = append(r.Targets, fleet.Target{Spec: fleet.TargetSpec{ID: x.id, Pool: fleet.PoolID(x.id)}, Set: fleet.Some(w[x.id]),
			State: fleet.StateOK, Load: load, Price: fleet.Some(fleet.USDPerMTok(x.price)), Carried: fleet.Some(fleet.Ratio(1)), CarriedAt: now,
			Verdicts: []fleet.HealthVerdict{{Kind: fleet.HealthGateway, Up: fleet.Some(true), At: now}, {Kind: fleet.HealthEngine, Up: fleet.Some(true), At: now},
				{Kind: fleet.HealthProbe, Up: fleet.Some(true), At: now}}})
	}
	for _, id := range []fleet.GatewayReplicaID{"gw-1", "gw-2"} {
		r.Replicas = append(r.Replicas, fleet.RouteReplica{ID: id, Weights: w.Clone(), Hash: r.Hash, At: now})
	}
	s.Routes = []fleet.Route{r}
	return s
}

func book() actions.Book { return actions.Book{At: now, Access: actions.Access{Write: true}} }

func find(t *testing.T, s *fleet.Snapshot) actions.Failover {
	t.Helper()
	f, err := Find("chat", []fleet.TargetID{"a"}, s, book(), now)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func candidate(f actions.Failover, id fleet.TargetID) actions.Candidate {
	for _, c := range f.Candidates {
		if c.Target == id {
			return c
		}
	}
	return actions.Candidate{}
}

func TestACandidateFitsAsMuchAsItsRatingLeaves(t *testing.T) {
	// a moves 3000 output tokens/s. b carries 1500 and may carry 0.85 x 4000 = 3400: 1900 of the 3000 fit.
	f := find(t, fleetOf(4000, 100000))
	b, c := candidate(f, "b"), candidate(f, "c")
	if b.Fit < 0.60 || b.Fit > 0.64 || b.ID != "IL-04" || !strings.Contains(b.Why.String(), "decode") {
		t.Errorf("b fits %v: %s", b.Fit, b.Why)
	}
	if c.Fit != 1 || !c.Why.IsEmpty() {
		t.Errorf("c fits %v: %s", c.Fit, c.Why)
	}
	if f.Moved != 0.6 || f.Requests != fleet.Some(fleet.Rate(60)) || f.Candidates[0].Target != "c" {
		t.Errorf("%+v", f)
	}
}

// Load is not moved onto machines that are going to be lost: half of b's replicas carry nothing of it.
func TestMachinesThatLeaveTakeNothing(t *testing.T) {
	s := fleetOf(8000, 900)
	if b := candidate(find(t, s), "b"); b.Fit != 1 {
		t.Fatalf("b fits %v while all of it stays", b.Fit)
	}
	p := s.Pool("b")
	p.Replicas = []fleet.Replica{{Node: "n1"}, {Node: "n2"}}
	p.Nodes = []fleet.Node{{ID: "n1", Leaves: &fleet.Departure{Why: fleet.Text("spot interruption"), At: fleet.Some(now.Add(time.Hour))}}, {ID: "n2"}}
	f := find(t, s)
	if b := candidate(f, "b"); b.Fit < 0.60 || b.Fit > 0.64 || b.ID != "IL-04" || !strings.Contains(b.Why.String(), "50% of its replicas are on machines that stay") {
		t.Errorf("b fits %v: %s", b.Fit, b.Why)
	}
	for _, x := range f.Proposals {
		if x.Weights["b"] > 30+39 || x.Left < .3 {
			t.Errorf("%s gives b %d, and leaves %v", x.Split, x.Weights["b"], x.Left)
		}
	}
	if p.Rating.V.Decode != 8000 {
		t.Error("the snapshot itself was changed")
	}
}

func TestProposalsSpreadTheLoadInThreeWays(t *testing.T) {
	f := find(t, fleetOf(4000, 100000))
	got := map[actions.Split]fleet.Weights{}
	for _, p := range f.Proposals {
		got[p.Split] = p.Weights
		if p.Left != 0 || p.Weights["a"] != 0 || p.Weights.Sum() != 100 {
			t.Errorf("%s: %v, left %v", p.Split, p.Weights, p.Left)
		}
	}
	if w := got[actions.SplitCheapest]; w["c"] != 70 || w["b"] != 30 {
		t.Errorf("cheapest: %v", w)
	}
	if w := got[actions.SplitFastest]; w["b"] <= 60 || w["c"] >= 40 {
		t.Errorf("fastest: %v", w)
	}
	if w := got[actions.SplitBalanced]; w["b"] <= 30 || w["c"] <= w["b"]-30 {
		t.Errorf("balanced: %v", w)
	}
}

func TestWhatFitsNowhereStays(t *testing.T) {
	f := find(t, fleetOf(2000, 900)) // room for 200 and 265 of the 3000
	for _, p := range f.Proposals {
		if p.Left < 0.80 || p.Left > 0.90 || p.Weights["a"] == 0 || p.Weights.Sum() != 100 {
			t.Errorf("%s: %v, left %v", p.Split, p.Weights, p.Left)
		}
	}
}

func TestWhoMayNotTakeItSaysWhy(t *testing.T) {
	s := fleetOf(100000, 100000)
	s.Routes[0].Spec.Requires = []string{"eu"}
	s.Pools[1].Spec.Labels = []string{"us"}
	f := find(t, s)
	if b := candidate(f, "b"); b.Fit != 0 || b.ID != "IL-14" || !strings.Contains(b.Why.String(), "requires eu") {
		t.Errorf("%+v", b)
	}
	if f.Proposals[0].Weights["b"] != 30 {
		t.Errorf("it is given load: %v", f.Proposals[0].Weights)
	}
}

func TestWithoutARatingItSaysThatNobodyKnows(t *testing.T) {
	f := find(t, fleetOf(0, 100000))
	if b := candidate(f, "b"); !b.Unproven || b.Fit != 1 || !strings.Contains(b.Why.String(), "no proven rating") {
		t.Errorf("%+v", b)
	}
}

func TestSmallWeightsAreMultipliedSoThatPartsAreWhole(t *testing.T) {
	s := fleetOf(4000, 100000)
	w := fleet.Weights{"a": 1, "b": 1, "c": 0}
	s.Routes[0].Weights, s.Routes[0].Hash = w, fleet.HashWeights(w)
	for i, n := range []int{1, 1, 0} {
		s.Routes[0].Targets[i].Set = fleet.Some(n)
	}
	f := find(t, s)
	p := f.Proposals[0]
	if p.Weights.Sum() != 100 || p.Weights["a"] != 0 {
		t.Errorf("%v", p.Weights)
	}
	in := Intent(f, p, s)
	if in.Weights["b"] != p.Weights["b"] || !reflect.DeepEqual(in.Ramp, actions.EmergencyRamp()) {
		t.Errorf("%+v", in)
	}
}

func TestWhatCannotFailOverIsRefusedWithItsReason(t *testing.T) {
	for says, x := range map[string]struct {
		route fleet.RouteID
		away  fleet.TargetID
		edit  func(*fleet.Snapshot)
	}{
		"there is no route gone": {"gone", "a", nil},
		"has no target gone":     {"chat", "gone", nil},
		"carries nothing":        {"chat", "a", func(s *fleet.Snapshot) { s.Routes[0].Weights["a"] = 0 }},
		"weights do not decide":  {"chat", "a", func(s *fleet.Snapshot) { s.Routes[0].Routing.Weighing = fleet.WeighingIgnored }},
		"has no other target":    {"chat", "a", func(s *fleet.Snapshot) { s.Routes[0].Targets = s.Routes[0].Targets[:1] }},
		"tells the weights":      {"chat", "a", func(s *fleet.Snapshot) { s.Routes[0].Weights = fleet.Weights{} }},
	} {
		s := fleetOf(1000, 1000)
		if x.edit != nil {
			x.edit(s)
		}
		if _, err := Find(x.route, []fleet.TargetID{x.away}, s, book(), now); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
}

// Whatever the room: no weight is lost or made, nobody gets more than fits, and nothing goes below zero.
func TestNoProposalGivesMoreThanFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rating := rapid.SampledFrom([]float64{0, 500, 1600, 2500, 4000, 9000, 1e6})
		s := fleetOf(rating.Draw(t, "b"), rating.Draw(t, "c"))
		f, err := Find("chat", []fleet.TargetID{"a"}, s, book(), now)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range f.Proposals {
			if p.Weights.Sum() != 100 {
				t.Fatalf("%s: %v", p.Split, p.Weights)
			}
			for _, c := range f.Candidates {
				was := s.Routes[0].Weights[c.Target]
				if got := p.Weights[c.Target] - was; got < 0 || float64(got) > float64(c.Fit)*60+1e-6 {
					t.Fatalf("%s: %s gets %d of 60, fits %v", p.Split, c.Target, got, c.Fit)
				}
			}
		}
	})
}
