package economics

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Erlang's C against tables and the closed forms for one and two servers.
func TestWaiting(t *testing.T) {
	for _, x := range []struct {
		servers int
		load    float64
		want    float64
	}{{1, .5, .5}, {2, 1, 1. / 3}, {2, 1.5, 9. / 14}, {5, 4, .5541}, {10, 8, .4092}, {0, 1, 1}, {3, 3, 1}, {3, 4, 1}, {3, 0, 0}} {
		if got := waiting(x.servers, x.load); math.Abs(got-x.want) > 5e-5 {
			t.Errorf("%d servers at %v: %v, want %v", x.servers, x.load, got, x.want)
		}
	}
	// Two servers at load 1 of 4 s each: a third waits, and of these exp(-(2-1)*8/4) longer than 8 s.
	if got, want := waitsLonger(2, 1, 4, 8), math.Exp(-2)/3; math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
	if got := waiting(5000, 4500); got <= 0 || got > 1e-6 {
		t.Errorf("thousands of servers: %v", got)
	}
}

// four is a pool of four replicas of two GPUs, rated at 5,000 output and 25,000 prompt tokens a second each.
func four() CapacityNeed {
	return CapacityNeed{Replicas: 4, Stay: 4, GPUsEach: 2, PerMachine: 1, In: fleet.Some(fleet.TokenRate(20_000)), Out: fleet.Some(fleet.TokenRate(8_000)),
		Rating: fleet.Some(fleet.Rating{Prefill: 100_000, Decode: 20_000})}
}

func TestPlanCapacity(t *testing.T) {
	for _, x := range []struct {
		name             string
		edit             func(n *CapacityNeed, t *CapacityTerms)
		now, then, month int
		short, over      int
		bound            string
		load             float64
	}{
		// Decode: 8,000 x 2.5 / (5,000 x 0.8) = 5 and one spare; prefill: 20,000 x 2.5 / (25,000 x 0.8) = 2.5.
		{"today", func(*CapacityNeed, *CapacityTerms) {}, 6, 6, 0, 2, 0, "decode", 1},
		// 1.3 x 5 = 6.5 are 7 replicas and the spare.
		{"growth", func(_ *CapacityNeed, t *CapacityTerms) { t.Growth = .3 }, 6, 8, 0, 4, 0, "decode", 1},
		// 8,000 x 1.2 / 4,000 = 2.4: 3 and the spare, of 4; the half more at the end is 3.6: 4 and the spare.
		// 2.4 x 1.5^(m/12) passes 3 when m > 12 ln 1.25 / ln 1.5 = 6.6.
		{"in seven months", func(n *CapacityNeed, t *CapacityTerms) { n.Peak, t.Growth = fleet.Some(1.2), .5 }, 4, 5, 7, 1, 0, "decode", .48},
		{"enough", func(n *CapacityNeed, _ *CapacityTerms) { n.Peak, n.Out.V = fleet.Some(1.2), 2000 }, 3, 3, -1, 0, 1, "prefill", .24},
		{"a machine of two is lost", func(n *CapacityNeed, _ *CapacityTerms) { n.PerMachine = 2 }, 7, 7, 0, 3, 0, "decode", 1},
		{"half leaves", func(n *CapacityNeed, _ *CapacityTerms) { n.Stay = 2 }, 6, 6, 0, 4, 0, "decode", 2},
		{"prompts decide", func(n *CapacityNeed, _ *CapacityTerms) { n.In.V = 60_000 }, 9, 9, 0, 5, 0, "prefill", 1.5},
		{"shrinks", func(_ *CapacityNeed, t *CapacityTerms) { t.Growth = -.5 }, 6, 4, 0, 0, 0, "decode", 1},
	} {
		n, terms := four(), DefaultTerms()
		x.edit(&n, &terms)
		p := PlanCapacity(n, terms)
		if !p.Why.IsEmpty() || p.Now != x.now || p.Then != x.then || p.Month != x.month || p.Short != x.short || p.Over != x.over || p.Bound != x.bound ||
			math.Abs(p.Load-x.load) > 1e-9 || p.Queued {
			t.Errorf("%s: %+v", x.name, p)
		}
	}
}

// A pool of one replica that holds two requests: Little's law makes two servers of it, and its queue wants more than its tokens.
func TestAQueueMayWantMoreThanTokens(t *testing.T) {
	n := CapacityNeed{Replicas: 1, Stay: 1, Out: fleet.Some(fleet.TokenRate(100)), Requests: fleet.Some(fleet.Rate(1)), Time: fleet.Some(fleet.Seconds(1)),
		Rating: fleet.Some(fleet.Rating{Decode: 200})}
	terms := CapacityTerms{Target: 1, Peak: 1, Wait: .5, Late: .05}
	// One request a second of a second each is load 1. Two servers: 1/3 x exp(-0.5) = 0.202 wait longer. Four: Erlang's C is
	// 0.0204, x exp(-1.5) = 0.0046.
	p := PlanCapacity(n, terms)
	if p.Now != 2 || p.Bound != "queue" || !p.Queued {
		t.Errorf("%+v", p)
	}
	terms.Late = .21
	if p := PlanCapacity(n, terms); p.Now != 1 || p.Bound != "decode" {
		t.Errorf("patient: %+v", p)
	}
}

func TestWhatIsNotKnownMakesNoPlan(t *testing.T) {
	for want, edit := range map[string]func(n *CapacityNeed, t *CapacityTerms){
		"no rating":     func(n *CapacityNeed, _ *CapacityTerms) { n.Rating = fleet.None[fleet.Rating]() },
		"no token rate": func(n *CapacityNeed, _ *CapacityTerms) { n.In.OK, n.Out.OK = false, false },
		"no replica serves: its rating cannot be shared out": func(n *CapacityNeed, _ *CapacityTerms) { n.Replicas = 0 },
		"these terms make no plan":                           func(_ *CapacityNeed, t *CapacityTerms) { t.Target = 0 },
	} {
		n, terms := four(), DefaultTerms()
		edit(&n, &terms)
		if p := PlanCapacity(n, terms); p.Why.String() != want || p.Then != 0 {
			t.Errorf("%+v, want %q", p, want)
		}
	}
}

func offer(kind, gpu string, gpus int, cents int64, available fleet.Maybe[bool]) fleet.Offer {
	return fleet.Offer{Type: fleet.Label(kind), GPU: gpu, GPUs: gpus, Price: fleet.Some(fleet.NewMoney(decimal.New(cents, -2), fleet.USD)), Available: available}
}

func TestBuy(t *testing.T) {
	spot, block := offer("spot", "H100", 8, 300, fleet.Some(true)), offer("block", "H100", 8, 400, fleet.Some(true))
	spot.Pricing, block.Pricing = fleet.PricingSpot, fleet.PricingBlock
	accounts := []fleet.Account{{Spec: fleet.AccountSpec{ID: "cloud"}, Offers: []fleet.Offer{spot, block,
		offer("one", "H100", 1, 429, fleet.Some(true)), offer("two", "H100", 2, 838, fleet.Some(true)), offer("eight", "H100", 8, 3192, fleet.Some(false)),
		offer("other", "B200", 8, 100, fleet.Some(true)), {Type: fleet.Label("unpriced"), GPU: "H100", GPUs: 8}}}}
	for _, x := range []struct {
		gpu            string
		replicas, each int
		kind           string
		machines       int
		monthly        string
	}{
		{"h100", 3, 2, "two", 3, "$18352.20"},   // 3 x 8.38 x 730
		{"H100", 3, 1, "one", 3, "$9395.10"},    // three of one, 12.87 an hour, are cheaper than two of two
		{"H100", 4, 1, "two", 2, "$12234.80"},   // two of two, 16.76 an hour, are cheaper than four of one
		{"H100", 1, 4, "eight", 1, "$23301.60"}, // sold out, and the only one with room
		{"H200", 1, 8, "coreweave HGX H200", 1, "$36821.20"},
	} {
		p, ok := Buy(x.gpu, x.replicas, x.each, accounts)
		if !ok || p.Offer.Type.String() != x.kind || p.Machines != x.machines || p.Monthly.V.Text().String() != x.monthly {
			t.Errorf("%d replicas of %d %s: %v, %d x %s, %s", x.replicas, x.each, x.gpu, ok, p.Machines, p.Offer.Type, p.Monthly.V.Text())
		}
	}
	for _, gpu := range []string{"", "T1000"} {
		if p, ok := Buy(gpu, 1, 1, accounts); ok {
			t.Errorf("%q: %+v", gpu, p)
		}
	}
}

func TestFleetCapacity(t *testing.T) {
	n := four()
	s := &fleet.Snapshot{
		Pools: []fleet.Pool{{Spec: fleet.PoolSpec{ID: "p", GPU: "H100", GPUsPerReplica: 2, Replicas: []fleet.ReplicaSpec{{ID: "1", Node: "a"}, {ID: "2", Node: "a"}, {ID: "3", Node: "b"}, {ID: "4", Node: "c"}}},
			Replicas: []fleet.Replica{{Node: "a"}, {Node: "a"}, {Node: "b"}, {Node: "c"}}, Nodes: []fleet.Node{{ID: "a"}, {ID: "b", Leaves: &fleet.Departure{}}, {ID: "c"}},
			Load: fleet.Load{InRate: n.In, OutRate: n.Out}, Rating: n.Rating}, {Spec: fleet.PoolSpec{ID: "dark"}}},
		Routes:   []fleet.Route{route("chat", 3000), route("code", 1000), route("quiet", 0)},
		Accounts: []fleet.Account{{Spec: fleet.AccountSpec{ID: "cloud"}, Offers: []fleet.Offer{offer("eight", "H100", 8, 3192, fleet.Some(true))}}},
	}
	list := FleetCapacity(s, DefaultTerms())
	x := &list[0]
	// Five replicas and two spares, since machine a holds two; three stay.
	if x.Plan.Then != 7 || x.Plan.Have != 3 || x.Plan.Short != 4 || x.Measured || x.Buy == nil || x.Buy.Machines != 1 || x.Buy.Account != "cloud" {
		t.Fatalf("%+v, %+v", x.Plan, x.Buy)
	}
	if len(x.Routes) != 2 || x.Routes[0].Share != .75 || x.Routes[0].GPUs != 10.5 {
		t.Errorf("%+v", x.Routes)
	}
	if list[1].Plan.Why.IsEmpty() || list[1].Buy != nil {
		t.Errorf("%+v", list[1])
	}
	if sum, partial := Purchases(list); sum.V.Text().String() != "$23301.60" || !partial {
		t.Errorf("%v, %v", sum, partial)
	}
	s.Pools[0].Day = &fleet.DayLoad{In: 2000, Out: 800, Peak: 3, Covered: wholePeak}
	if x := FleetCapacity(s, DefaultTerms())[0]; !x.Measured || x.Plan.Peak != 3 || x.Plan.Then != 3 { // 800 x 3 / 4,000 is one, and two spares
		t.Errorf("%+v", x.Plan)
	}
	s.Pools[0].Day.Covered /= 2
	s.Pools[0].Day.Peak = 1.2
	if x := FleetCapacity(s, DefaultTerms())[0]; x.Measured || x.Plan.Peak != 2.5 {
		t.Errorf("half a day: %+v", x.Plan)
	}
}

func route(id fleet.RouteID, tokens fleet.TokenRate) fleet.Route {
	return fleet.Route{Spec: fleet.RouteSpec{ID: id}, Targets: []fleet.Target{{Spec: fleet.TargetSpec{Pool: "p"}, Load: fleet.Load{OutRate: fleet.Some(tokens)}}}}
}

// The screen plans anew with each frame: two hundred pools of which each has a queue.
func BenchmarkFleetCapacity(b *testing.B) {
	s := &fleet.Snapshot{}
	for range 200 {
		n := four()
		s.Pools = append(s.Pools, fleet.Pool{Spec: fleet.PoolSpec{ID: "p", GPU: "H100", GPUsPerReplica: 2, Replicas: make([]fleet.ReplicaSpec, 4)},
			Load: fleet.Load{InRate: n.In, OutRate: n.Out, Requests: fleet.Some(fleet.Rate(27)), E2E: fleet.Some(fleet.Seconds(9))}, Rating: n.Rating})
	}
	terms := DefaultTerms()
	terms.Growth = .3
	for b.Loop() {
		FleetCapacity(s, terms)
	}
}
