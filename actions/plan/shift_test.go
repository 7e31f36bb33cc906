package plan

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func mustPlan(t *testing.T, in actions.Intent, s *fleet.Snapshot) actions.Plan {
	t.Helper()
	p, err := New(in, s, now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestShiftMergesWantedWeightsOverObservedOnes(t *testing.T) {
	p := mustPlan(t, shiftTo(fleet.Weights{"b200-a": 30, "h100-b": 60}), demo())
	if want := (fleet.Weights{"b200-a": 30, "h100-b": 60, "openai": 10}); !p.After.Equal(want) {
		t.Errorf("after %v, want %v", p.After, want)
	}
	if len(p.Steps) != 3 || p.Steps[0].After.Text(p.Order).String() != "50/40/10" ||
		p.Steps[1].After.Text(p.Order).String() != "40/50/10" {
		t.Errorf("steps %+v, want 50/40/10, 40/50/10, 30/60/10", p.Steps)
	}
	for i, st := range p.Steps {
		if st.N != i+1 || st.Hold != actions.DefaultEvery || st.BeforeHash != fleet.HashWeights(st.Before) ||
			st.AfterHash != fleet.HashWeights(st.After) {
			t.Errorf("step %d is %+v", i, st)
		}
	}
	if p.Soak != actions.DefaultSoak || p.Guard.ErrRatio.V != 0.02 || p.Guard.For != 30*time.Second || p.SeenGen != 7 ||
		p.Env != fleet.EnvProd || p.BeforeHash == p.AfterHash || len(p.Short()) != 9 {
		t.Errorf("plan %+v lacks what the route and the snapshot gave", p)
	}
}

func TestShiftEffects(t *testing.T) {
	p := mustPlan(t, shiftTo(fleet.Weights{"b200-a": 30, "h100-b": 60}), demo())
	h := p.Effects[1]
	// 3 r/s more of 20 output tokens on 120 tok/s of 200.
	if h.RequestsThen.V != 6 || math.Abs(float64(h.UseNow.V)-0.6) > 1e-9 || math.Abs(float64(h.UseThen.V)-0.9) > 1e-9 ||
		h.UseOf.String() != "decode" {
		t.Errorf("h100-b: %+v", h)
	}
	if want := 0.5 * 0.4 / 0.1; math.Abs(float64(h.TTFT95Then.V)-want) > 1e-9 {
		t.Errorf("ttft95 then %v, want %v", h.TTFT95Then, want)
	}
	if o := p.Effects[2]; o.UseOf.String() != "tpm" || math.Abs(float64(o.UseNow.V)-0.6) > 1e-9 || o.UseNow != o.UseThen {
		t.Errorf("openai: %+v", o)
	}
	more := mustPlan(t, shiftTo(fleet.Weights{"openai": 110}), demo())
	// From 1/10 to 110/200 of 10 r/s of 120 tokens at 4 dollars a million, on top of what it burns now.
	added := 10 * (110.0/200 - 0.1) * 120 * 3600 * 4 / 1e6
	if math.Abs(float64(more.Effects[2].BurnThen.V)-2-added) > 1e-9 || math.Abs(float64(more.BurnThen.V)-412-added) > 1e-9 {
		t.Errorf("burn then %v and %v, want %v more", more.Effects[2].BurnThen, more.BurnThen, added)
	}
}

// What is measured beside the set share is no effect of the plan: a target whose share stays keeps what it does.
func TestATargetWhoseShareStaysKeepsItsLoad(t *testing.T) {
	s := demo()
	s.Routes[0].Targets[2].Load.Requests = fleet.Some(fleet.Rate(0.8))
	e := mustPlan(t, shiftTo(fleet.Weights{"b200-a": 50, "h100-b": 40}), s).Effects[2]
	if e.RequestsNow != e.RequestsThen || e.BurnNow != e.BurnThen || e.UseNow != e.UseThen {
		t.Errorf("openai at 10 of 100 before and after: %+v", e)
	}
}

// A target that has done nothing begins at nothing, and one that is measured as nothing never goes below.
func TestLoadBeginsAndEndsAtNothing(t *testing.T) {
	s := demo()
	w := fleet.Weights{"b200-a": 70, "h100-b": 30, "openai": 0}
	s.Routes[0].Weights = w
	o := &s.Routes[0].Targets[2]
	o.Set, o.Load, o.Burn = fleet.Some(0), fleet.Load{}, fleet.None[fleet.USDPerHour]()
	e := mustPlan(t, shiftTo(fleet.Weights{"b200-a": 60, "openai": 10}), s).Effects[2]
	if e.RequestsThen.V != 1 || math.Abs(float64(e.BurnThen.V)-120*3600*4/1e6) > 1e-9 {
		t.Errorf("from nothing: %+v", e)
	}
	s = demo()
	s.Routes[0].Targets[1].Load.Requests = fleet.Some(fleet.Rate(0.1))
	if e := mustPlan(t, shiftTo(fleet.Weights{"h100-b": 0}), s).Effects[1]; !e.RequestsThen.OK || e.RequestsThen.V != 0 {
		t.Errorf("to nothing: %+v", e)
	}
}

func TestEffectsAreUnknownWithoutInputs(t *testing.T) {
	s := demo()
	s.Pools[1].Rating = fleet.None[fleet.Rating]()
	s.Routes[0].Targets[2].Price = fleet.None[fleet.USDPerMTok]()
	p := mustPlan(t, shiftTo(fleet.Weights{"h100-b": 60, "openai": 40}), s)
	if h := p.Effects[1]; h.UseThen.OK || h.TTFT95Then.OK {
		t.Errorf("use or ttft known without a rating: %+v", h)
	}
	if p.Effects[2].BurnThen.OK || p.BurnThen.OK {
		t.Error("burn is known without a price")
	}
	s.Routes[0].Load.Requests = fleet.None[fleet.Rate]()
	p = mustPlan(t, shiftTo(fleet.Weights{"h100-b": 60}), s)
	if h := p.Effects[1]; h.RequestsThen.OK || !h.ShareNew.OK {
		t.Errorf("requests known without the route's rate: %+v", h)
	}
}

func TestQuotaKinds(t *testing.T) {
	load := fleet.Load{Requests: fleet.Some(fleet.Rate(1)), InRate: fleet.Some(fleet.TokenRate(100)),
		OutRate: fleet.Some(fleet.TokenRate(20)), E2E: fleet.Some(fleet.Seconds(4))}
	pr := Projection{AddedRequests: fleet.Some(fleet.Rate(1)), AddedIn: fleet.Some(fleet.TokenRate(100)),
		AddedOut: fleet.Some(fleet.TokenRate(20))}
	for kind, now := range map[fleet.LimitKind]float64{fleet.LimitRPM: 60, fleet.LimitRPD: 86400, fleet.LimitITPM: 6000,
		fleet.LimitOTPM: 1200, fleet.LimitTPM: 7200, fleet.LimitConcurrency: 4} {
		u := Quota(fleet.Limit{Kind: kind, Max: fleet.Some(now * 4)}, load, pr)
		if math.Abs(float64(u.Now.V)-0.25) > 1e-9 || math.Abs(float64(u.Then.V)-0.5) > 1e-9 {
			t.Errorf("%s: %+v, want 0.25 and 0.5", kind, u)
		}
		u = Quota(fleet.Limit{Kind: kind, Max: fleet.Some(now * 4), Remaining: fleet.Some(now * 2)}, load, pr)
		if math.Abs(float64(u.Then.V)-0.75) > 1e-9 {
			t.Errorf("%s with others on the account: %+v, want 0.75", kind, u)
		}
	}
	if u := Quota(fleet.Limit{Kind: "images", Max: fleet.Some(1.0)}, load, pr); u.Now.OK || u.Then.OK {
		t.Errorf("a limit of an unknown kind has a use: %+v", u)
	}
	if u := Quota(fleet.Limit{Kind: fleet.LimitRPM}, load, pr); u.Now.OK {
		t.Error("a limit without a maximum has a use")
	}
	if u := Quota(fleet.Limit{Kind: fleet.LimitConcurrency, Max: fleet.Some(9.0)}, fleet.Load{}, pr); u.Now.OK {
		t.Error("concurrency is known without durations")
	}
}

func TestRefusals(t *testing.T) {
	disagree := demo()
	disagree.Routes[0].Weights, disagree.Routes[0].Hash = nil, ""
	for i := range disagree.Routes[0].Replicas {
		disagree.Routes[0].Replicas[i].Stale = true
	}
	unset := demo()
	delete(unset.Routes[0].Weights, "openai")
	unset.Routes[0].Unset = []fleet.TargetID{"openai"}
	zero := fleet.Weights{"b200-a": 0, "h100-b": 0, "openai": 0}
	for _, c := range []struct {
		name string
		in   actions.Intent
		s    *fleet.Snapshot
		kind fleet.Kind
		says string
	}{
		{"unknown route", actions.Intent{Kind: actions.KindShift, Route: "chta"}, demo(), fleet.KindInvalid,
			"there are batch, chat"},
		{"unknown target", shiftTo(fleet.Weights{"h100": 1}), demo(), fleet.KindInvalid, "it has b200-a, h100-b, openai"},
		{"no weights", shiftTo(nil), demo(), fleet.KindInvalid, "TARGET=WEIGHT"},
		{"negative", shiftTo(fleet.Weights{"openai": -1}), demo(), fleet.KindInvalid, "not between 0 and"},
		{"huge", shiftTo(fleet.Weights{"openai": 1 << 40}), demo(), fleet.KindInvalid, "not between 0 and"},
		{"same", shiftTo(fleet.Weights{"openai": 10}), demo(), fleet.KindInvalid, "nothing to change"},
		{"all zero", shiftTo(zero), demo(), fleet.KindInvalid, "no target"},
		{"replicas silent", shiftTo(fleet.Weights{"openai": 1}), disagree, fleet.KindStale, "no gateway replica"},
		{"nothing read", shiftTo(fleet.Weights{"openai": 1}), nil, fleet.KindStale, "nothing has been read"},
		{"unset member", shiftTo(fleet.Weights{"b200-a": 1}), unset, fleet.KindInvalid, "give every member a number"},
		{"unknown kind", actions.Intent{Kind: "dance"}, demo(), fleet.KindInvalid, "not known"},
		{"resync of a stranger", actions.Intent{Kind: actions.KindResync, Route: "chat", Replica: "gw-9"}, demo(),
			fleet.KindInvalid, "no gateway replica"},
		{"resync of a good replica", actions.Intent{Kind: actions.KindResync, Route: "chat", Replica: "gw-1"}, demo(),
			fleet.KindInvalid, "nothing to resync"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.in, c.s, now)
			if fleet.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
				t.Errorf("New = %v, want kind %s and %q", err, c.kind, c.says)
			}
		})
	}
}

func TestPlansOnTheMajority(t *testing.T) {
	s := demo()
	r := &s.Routes[0]
	r.Replicas[2].Weights, r.Replicas[2].Hash, r.Replicas[2].Differs = fleet.Weights{"b200-a": 70}, "x", true
	r.Weights, r.Hash = nil, ""
	p := mustPlan(t, shiftTo(fleet.Weights{"openai": 20}), s)
	if p.Before["b200-a"] != 60 {
		t.Errorf("before %v is not the majority's", p.Before)
	}
	p = mustPlan(t, actions.Intent{Kind: actions.KindResync, Route: "chat", Replica: "gw-3"}, s)
	if len(p.Steps) != 1 || p.Steps[0].Replica != "gw-3" || !p.After.Equal(p.Before) || p.Digest == "" {
		t.Errorf("resync plan %+v", p)
	}
}

func TestUnsetMembersGetANumberAndANote(t *testing.T) {
	s := demo()
	delete(s.Routes[0].Weights, "openai")
	s.Routes[0].Unset = []fleet.TargetID{"openai"}
	p := mustPlan(t, shiftTo(fleet.Weights{"openai": 10}), s)
	if len(p.Notes) != 1 || !strings.HasPrefix(p.Notes[0].String(), "openai had no weight") {
		t.Errorf("notes %v", p.Notes)
	}
}

func TestDigestFollowsTheContentAndSurvivesAJournal(t *testing.T) {
	p := mustPlan(t, shiftTo(fleet.Weights{"b200-a": 30, "h100-b": 60}), demo())
	if len(p.Digest) != 64 || Digest(p) != p.Digest {
		t.Fatalf("digest %q is not its own", p.Digest)
	}
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back actions.Plan
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatal(err)
	}
	if Digest(back) != p.Digest {
		t.Error("the digest changes on its way through JSON")
	}
	back.Steps[0].After["openai"]++
	if Digest(back) == p.Digest {
		t.Error("a changed step has the same digest")
	}
	broken := demo()
	broken.Routes[0].Load.Requests = fleet.Some(fleet.Rate(math.NaN()))
	if _, err := New(shiftTo(fleet.Weights{"openai": 20}), broken, now); fleet.KindOf(err) != fleet.KindInternal {
		t.Errorf("a plan of figures that are no numbers: %v", err)
	}
}

func TestUndo(t *testing.T) {
	p := mustPlan(t, shiftTo(fleet.Weights{"b200-a": 30, "h100-b": 60}), demo())
	c := actions.Change{ID: "c-1", Plan: p, Step: 3}
	in, err := Undo(c, actions.Actor{Name: "mara"})
	if err != nil || in.Undoes != "c-1" || !in.Weights.Equal(p.Before) || in.Actor.Name != "mara" {
		t.Fatalf("undo %+v, %v", in, err)
	}
	after := demo()
	after.Routes[0].Weights = p.After
	if back := mustPlan(t, in, after); !back.After.Equal(p.Before) {
		t.Errorf("undo leads to %v, not to %v", back.After, p.Before)
	}
	if _, err := Undo(actions.Change{Plan: p}, actions.Actor{}); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("undo of a change that wrote nothing: %v", err)
	}
	p.Intent.Kind = actions.KindResync
	if _, err := Undo(actions.Change{Plan: p, Step: 1}, actions.Actor{}); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("undo of a resync: %v", err)
	}
}

// onObject is an intent about an object of a cluster.
func onObject(k actions.Kind, w actions.WorkIntent) actions.Intent {
	w.Object = fleet.ObjectRef{Cluster: "c", Kind: "Deployment", Namespace: "llm", Name: "llama"}
	w.Want.Do = fleet.Deed(k)
	return actions.Intent{Kind: k, Work: &w}
}

func TestTwin(t *testing.T) {
	order := []fleet.TargetID{"b200-a", "h100-b", "it's; rm -rf"}
	for _, c := range []struct {
		in   actions.Intent
		want string
	}{
		{shiftTo(fleet.Weights{"h100-b": 60, "b200-a": 30}), "pitwall shift chat b200-a=30 h100-b=60 --dry-run"},
		{shiftTo(fleet.Weights{"it's; rm -rf": 1}), `pitwall shift chat 'it'\''s; rm -rf=1' --dry-run`},
		{actions.Intent{Kind: actions.KindShift, Route: "-x", Weights: fleet.Weights{"h100-b": 1}}, "pitwall shift '-x' h100-b=1 --dry-run"},
		{actions.Intent{Kind: actions.KindShift, Route: "chat"}, ""},
		{actions.Intent{Kind: actions.KindShift, Undoes: "c-1"}, "pitwall undo c-1 --dry-run"},
		{actions.Intent{Kind: actions.KindResync, Route: "chat", Replica: "gw-3"}, "pitwall resync chat gw-3 --dry-run"},
		{onObject(actions.KindHoldScaler, actions.WorkIntent{}), "pitwall autoscaler hold Deployment/llm/llama --cluster c --dry-run"},
		{onObject(actions.KindGiveUpRoll, actions.WorkIntent{}), "pitwall abort Deployment/llm/llama --cluster c --dry-run"},
		{onObject(actions.KindUpgrade, actions.WorkIntent{Hold: 20 * time.Minute, Patience: actions.DefaultPatience, ByReadiness: true}),
			"pitwall upgrade Deployment/llm/llama --cluster c --hold 20m0s --by-readiness --dry-run"},
	} {
		if got := Twin(c.in, order); got != c.want {
			t.Errorf("Twin = %q, want %q", got, c.want)
		}
	}
}

func TestARouteNameOfTwoGatewaysIsNotGuessed(t *testing.T) {
	s := demo()
	other := s.Routes[0]
	other.Spec.Gateway = "west"
	s.Routes = append(s.Routes, other)
	if _, err := New(shiftTo(fleet.Weights{"b200-a": 10}), s, now); err == nil || !strings.Contains(err.Error(), "edge, west have a route chat") {
		t.Error(err)
	}
}

func TestWeightsThatMoveNothingAreNotPlanned(t *testing.T) {
	for says, g := range map[string]fleet.Routing{
		"Argo CD writes them": {Fixed: fleet.Text("Argo CD writes them")},
		"least-busy of chat":  {Weighing: fleet.WeighingIgnored, Strategy: fleet.Text("least-busy")},
		"priority of chat":    {Weighing: fleet.WeighingGroups, Strategy: fleet.Text("priority")},
	} {
		s := demo()
		s.Routes[0].Routing = g
		if _, err := New(shiftTo(fleet.Weights{"b200-a": 10}), s, now); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
}

// Two gateways have a route chat: a plan is of the one whose ID is meant, and only an ID that two have is refused.
func TestARouteIsPlannedByItsID(t *testing.T) {
	s := demo()
	other := s.Routes[0]
	other.Spec.ID, other.Spec.Name, other.Spec.Gateway = "chat-kong", "chat", "kong"
	s.Routes = append(s.Routes, other)
	for id, gateway := range map[fleet.RouteID]fleet.GatewayID{"chat": "edge", "chat-kong": "kong"} {
		p := mustPlan(t, actions.Intent{Kind: actions.KindShift, Route: id, Weights: fleet.Weights{"b200-a": 30, "h100-b": 60}}, s)
		if p.Gateway != gateway || p.Route.ID != id || p.Route.Called() != "chat" || p.Lock() != id {
			t.Errorf("%s: planned at %s as %+v, locked as %s", id, p.Gateway, p.Route, p.Lock())
		}
	}
	s.Routes[2].Spec.ID = "chat"
	if _, err := New(shiftTo(fleet.Weights{"b200-a": 30}), s, now); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "edge, kong") {
		t.Errorf("two of one ID: %v", err)
	}
}

// Plans that were journaled before routes had names keep their digest.
func TestARouteWithoutANameIsWrittenAsBefore(t *testing.T) {
	body, err := json.Marshal(fleet.RouteSpec{ID: "chat", Gateway: "edge"})
	if err != nil || strings.Contains(string(body), "Name") {
		t.Errorf("%s, %v", body, err)
	}
	var old fleet.RouteSpec
	if err := json.Unmarshal([]byte(`{"ID":"chat","Gateway":"edge"}`), &old); err != nil || old.Called() != "chat" {
		t.Errorf("%+v, %v", old, err)
	}
}

// What a gateway gave to a receiver when it left a failing member out does not come a second time with the weights.
func TestLoadThatWasMovedAlreadyIsCountedOnce(t *testing.T) {
	rate := func(id fleet.TargetID, set int, carries float64) fleet.Target {
		return fleet.Target{Spec: fleet.TargetSpec{ID: id}, Set: fleet.Some(set), Load: fleet.Load{Requests: fleet.Some(fleet.Rate(carries))}}
	}
	before, after := fleet.Weights{"a": 60, "b": 40}, fleet.Weights{"a": 0, "b": 100}
	for name, c := range map[string]struct{ a, b, want float64 }{
		"both carry their shares": {60, 40, 100},
		"a is left out":           {1, 99, 100},
		"b is left out":           {99, 1, 61},
	} {
		r := &fleet.Route{Load: fleet.Load{Requests: fleet.Some(fleet.Rate(100))}, Routing: fleet.Routing{Weighing: fleet.WeighingShares},
			Targets: []fleet.Target{rate("a", 60, c.a), rate("b", 40, c.b)}}
		if got := Project(&fleet.Snapshot{Routes: []fleet.Route{*r}}, r, before, after, "b").RequestsThen; got.Or(-1) != fleet.Rate(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
