package viewtest

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func providers() []fleet.Provider {
	o := provider("openai", "gpt-x", figures{69, 0.009, 0.61, 0.033, -1, -1, 840}, 29)
	o.Limits = []fleet.Limit{{Kind: fleet.LimitTPM, Max: fleet.Some(2e6), Remaining: fleet.Some(1.18e6),
		At: ago(8 * time.Second)}}
	return []fleet.Provider{o, provider("anthropic", "claude", figures{4, 0, 0.54, 0.029, -1, -1, 120}, 7)}
}

func provider(id fleet.ProviderID, model fleet.ModelName, f figures, burn float64) fleet.Provider {
	p := fleet.Provider{
		Spec: fleet.ProviderSpec{ID: id, Kind: string(id), Models: []fleet.ProviderModel{{Name: model}}},
		Load: load(f), Trends: trends(f), Authorised: fleet.Some(true), ProbeAt: ago(40 * time.Second),
		ProbeTime: fleet.Some(fleet.Seconds(0.512)), Models: []fleet.ModelName{model},
		Burn: fleet.Some(fleet.USDPerHour(burn)), State: fleet.StateOK, Since: ago(26 * time.Hour),
		Source: fleet.SourceID(id) + "-probe",
	}
	p.Load.Running = fleet.None[fleet.Count]()
	return p
}

func gateways() []fleet.Gateway {
	g := fleet.Gateway{
		Spec:  fleet.GatewaySpec{ID: "edge", Kind: "litellm", Site: "fra-1"},
		State: fleet.StateDrift, Why: fleet.Text("gw-3 holds other weights"), Writable: fleet.Some(true),
	}
	for _, id := range []fleet.GatewayReplicaID{"gw-1", "gw-2", "gw-3"} {
		g.Replicas = append(g.Replicas, fleet.GatewayReplica{ID: id, Version: fleet.Text("1.83.0"),
			Mode:     fleet.GatewayModeDatabase,
			Strategy: fleet.Text("simple-shuffle"), InFlight: fleet.Some(fleet.Count(38)), At: ago(4 * time.Second),
			State:  fleet.StateOK,
			Source: fleet.SourceID(id)})
	}
	g.Replicas[2].State, g.Replicas[2].Why = fleet.StateDrift,
		fleet.Text("weights 70/20/10, the others hold 60/30/10")
	return []fleet.Gateway{g}
}

func routes() []fleet.Route {
	chat := route("chat-default", fleet.StateDrift, figures{693, 0.0384, 1.7, 0.061, -1, -1, 8840},
		target("b200-a", 60, 0.589, figures{412, 0.062, 2.1, 0.088, 188, 0.97, 4100}, 0.92, fleet.StateCrit),
		target("h100-b", 30, 0.312, figures{218, 0.0031, 0.72, 0.039, 12, 0.58, 3900}, 0.97, fleet.StateOK),
		target("openai", 10, 0.099, figures{69, 0.009, 0.61, 0.033, -1, -1, 840}, 4.10, fleet.StateOK))
	chat.Spec.Tier, chat.Spec.Fallbacks, chat.Spec.Requires = 1, []fleet.TargetID{"anthropic"}, []string{"eu"}
	chat.Spec.Guard = fleet.Guard{ErrRatio: fleet.Some(fleet.Ratio(0.02)), TTFT95: fleet.Some(fleet.Seconds(1.5)),
		For: time.Minute}
	chat.Routing = fleet.Routing{Strategy: chat.Strategy, Weighing: fleet.WeighingShares, Retries: fleet.Some(fleet.Count(2)),
		Timeout: fleet.Some(fleet.Seconds(600)), Cooldown: fleet.Some(fleet.Seconds(5)), Aliases: []fleet.RouteID{"gpt-4o"},
		Fallbacks: []fleet.Fallback{{Kind: fleet.FallbackFailure, To: []fleet.RouteID{"batch"}},
			{Kind: fleet.FallbackContext, To: []fleet.RouteID{"long"}}}}
	chat.Lints = []fleet.Lint{
		{Rule: fleet.LintNowhere, Text: fleet.Text("its fallback long is no route of edge")},
		{Rule: fleet.LintContext, Text: fleet.Text("its fallback batch takes 8k tokens, and it serves prompts of 32k: the long ones fail there")}}
	chat.Why = fleet.Text("gw-3 holds 70/20/10, the others 60/30/10")
	chat.Replicas[2].Weights, chat.Replicas[2].Differs = fleet.Weights{"b200-a": 70, "h100-b": 20, "openai": 10}, true
	chat.Replicas[2].Hash = fleet.HashWeights(chat.Replicas[2].Weights)
	chat.Weights, chat.Hash = nil, ""
	chat.Targets[2].Spec.Pool, chat.Targets[2].Spec.Provider, chat.Targets[2].Spec.Model = "", "openai", "gpt-x"
	embed := route("embed", fleet.StateOK, figures{940, 0.0002, 0.038, 0, -1, -1, 0},
		target("h100-c", 100, 1, figures{940, 0.0002, 0.038, 0, 0, 0.2, 88000}, 0.01, fleet.StateOK))
	batch := route("batch", fleet.StateOK, figures{80, 0.0031, 0.72, 0.039, -1, -1, 900},
		target("h100-b", 100, 1, figures{80, 0.0031, 0.72, 0.039, 12, 0.58, 900}, 0.97, fleet.StateOK))
	batch.Spec.Fallbacks = []fleet.TargetID{"h200-dr"}
	return []fleet.Route{chat, embed, batch}
}

func route(id fleet.RouteID, s fleet.State, f figures, targets ...fleet.Target) fleet.Route {
	r := fleet.Route{Spec: fleet.RouteSpec{ID: id, Gateway: "edge", Tier: 2}, Load: load(f), Trends: trends(f),
		Targets: targets,
		Weights: fleet.Weights{}, Strategy: fleet.Text("simple-shuffle"), State: s}
	r.Load.Waiting, r.Load.KV = fleet.None[fleet.Count](), fleet.None[fleet.Ratio]()
	for _, t := range targets {
		r.Weights[t.Spec.ID] = t.Set.V
		r.Spec.Targets = append(r.Spec.Targets, t.Spec)
	}
	r.Hash = fleet.HashWeights(r.Weights)
	for _, gw := range []fleet.GatewayReplicaID{"gw-1", "gw-2", "gw-3"} {
		r.Replicas = append(r.Replicas, fleet.RouteReplica{ID: gw, Weights: r.Weights.Clone(), Hash: r.Hash,
			At: ago(4 * time.Second)})
	}
	return r
}

func target(id fleet.TargetID, set int, seen float64, f figures, price float64, s fleet.State) fleet.Target {
	return fleet.Target{
		Spec: fleet.TargetSpec{ID: id, Pool: fleet.PoolID(id), Model: "llama-70b"},
		Set:  fleet.Some(set), SetShare: fleet.Some(fleet.Ratio(float64(set) / 100)),
		Effective: fleet.Some(fleet.Ratio(float64(set) / 100)),
		Seen:      fleet.Some(fleet.Ratio(seen)), SeenN: f.requests * 60, SeenOver: time.Minute, Load: load(f),
		Trends:  seenTrends(f, seen),
		Blocked: fleet.Some(false), Price: fleet.Some(fleet.USDPerMTok(price)),
		Carried: fleet.Some(fleet.Ratio(0.8)), State: s,
		Verdicts: []fleet.HealthVerdict{{Kind: fleet.HealthGateway, Up: fleet.Some(true), At: ago(3 * time.Second)},
			{Kind: fleet.HealthEngine, Up: fleet.Some(s == fleet.StateOK), At: ago(3 * time.Second)}},
	}
}

func seenTrends(f figures, seen float64) fleet.Trends {
	t := trends(f)
	t.Seen = Wave(60, seen, seen/40, 0.7)
	return t
}

// Book is a book with a shift on its second step, one closed change and mara's incident; it may write.
func Book() actions.Book {
	mara := actions.Actor{UID: 1001, Name: "mara", Verified: true, Host: "bastion-1"}
	before, after := fleet.Weights{"b200-a": 60, "h100-b": 30, "openai": 10}, fleet.Weights{"b200-a": 30,
		"h100-b": 60, "openai": 10}
	shift := actions.Change{
		ID: "c-119", Seq: 119, State: actions.StateVerifying, Step: 2, Started: ago(5 * time.Minute),
		Updated: ago(3 * time.Second),
		NextAt:  Now().Add(72 * time.Second), Plan: plan(before, after, mara), Approval: actions.Approval{By: mara,
			At: ago(5 * time.Minute)},
		Why: fleet.Text("waiting for 200 requests of step 2"), Guard: actions.Guardian{PID: 4242, Host: "bastion-1",
			Alive: fleet.Some(true), Mine: true},
	}
	old := shift
	old.ID, old.Seq, old.State, old.Step, old.NextAt = "c-118", 118, actions.StateCommitted, 3, time.Time{}
	old.Started, old.Ended, old.Updated = ago(30*time.Minute), ago(26*time.Minute), ago(26*time.Minute)
	old.Plan = plan(fleet.Weights{"b200-a": 80, "h100-b": 10, "openai": 10}, before, mara)
	return actions.Book{
		At: Now(), Changes: []actions.Change{shift, old},
		Locks: []actions.Lock{{Route: "chat-default", Holder: mara, PID: 4242, Change: "c-119",
			Expires: Now().Add(9*time.Minute + 12*time.Second), Mine: true}},
		Access: actions.Access{Write: true, ArmedUntil: Now().Add(28 * time.Minute), Incident: "INC-4821",
			Actor: mara},
	}
}

func plan(before, after fleet.Weights, by actions.Actor) actions.Plan {
	steps := make([]actions.Step, 0, 3)
	was := before
	for n := 1; n <= 3; n++ {
		next := fleet.Weights{}
		for id, v := range before {
			next[id] = v + (after[id]-v)*n/3
		}
		steps = append(steps, actions.Step{N: n, Before: was, BeforeHash: fleet.HashWeights(was), After: next,
			AfterHash: fleet.HashWeights(next), Hold: 2 * time.Minute})
		was = next
	}
	return actions.Plan{
		Format: 1, Digest: "7f3c91d0a5b6c7d8", Created: ago(6 * time.Minute), Context: "prod-eu-1",
		Env: fleet.EnvProd, Mode: fleet.ModeLive,
		Gateway: "edge", Route: routes()[0].Spec, Order: []fleet.TargetID{"b200-a", "h100-b", "openai"},
		Intent: actions.Intent{Kind: actions.KindShift, Route: "chat-default", Weights: after,
			Reason: "INC-4821 Xid 119", Incident: "INC-4821", Actor: by},
		Before: before, BeforeHash: fleet.HashWeights(before), After: after, AfterHash: fleet.HashWeights(after),
		Steps: steps,
		Ramp:  actions.Ramp{}.WithDefaults(), Guard: routes()[0].Spec.Guard, Soak: actions.DefaultSoak,
		BurnNow: fleet.Some(fleet.USDPerHour(412)), BurnThen: fleet.Some(fleet.USDPerHour(412)), SeenGen: 4700,
		SeenAt: ago(6 * time.Minute),
	}
}
