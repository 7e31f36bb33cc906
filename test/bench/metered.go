package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"pitwall/backends"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

const (
	meteredOff   = 0.5 // per cent
	meteredEvery = 30 * time.Second
	meteredStep  = 10 * time.Minute
)

// meteredMidnight is when the simulated day begins.
var meteredMidnight = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// measureMetered lets a fleet that rents all it uses run for a day, with an outage, a brownout, retries and fallbacks, and
// holds what pitwall metered against what the simulated providers charge.
func measureMetered(ctx context.Context, _ *workshop) (rows []row, err error) {
	clock := fleet.NewVirtualClock(meteredMidnight)
	f, err := sim.Listen(ctx, sim.Options{Clock: clock, Play: &sim.Play{Inventory: rentedFleet(), Load: .3}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	inv := f.Inventory()
	for i := range inv.Sources {
		inv.Sources[i].Interval, inv.Sources[i].Timeout = meteredEvery, meteredEvery*3/4
	}
	if err := fallBack(ctx, f, inv.Gateways[0]); err != nil {
		return nil, err
	}
	readers, problems := registry.Set(registry.Connectors()).Readers(inv.Sources, fleet.Deps{Clock: clock, Secret: f.Secret})
	for id, err := range problems {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	hub := backends.New(backends.Options{Inventory: inv, Readers: readers, Clock: clock})
	watching, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		hub.Run(watching)
	}()
	defer func() {
		stop()
		<-done
	}()
	if _, err := hub.Next(ctx, 0); err != nil {
		return nil, err
	}
	faults := map[time.Duration]func() error{
		5 * time.Hour: func() error { return f.Start("F32B", clock.Now()) }, 5*time.Hour + 20*time.Minute: func() error { return f.Stop("F32B") },
		15 * time.Hour: func() error { return f.Start("F32", clock.Now()) }, 16 * time.Hour: func() error { return f.Stop("F32") },
	}
	last := 24*time.Hour - meteredEvery // the budget day turns at midnight
	for at := time.Duration(0); at < last; at += meteredStep {
		if do := faults[at]; do != nil {
			if err := do(); err != nil {
				return nil, err
			}
		}
		if err := clock.Advance(ctx, min(meteredStep, last-at)); err != nil {
			return nil, err
		}
	}
	truth, got := f.Charged(meteredMidnight, clock.Now()).InexactFloat64(), hub.Latest().Spend.Today
	off := 100 * math.Abs(got.V.Float()/truth-1)
	answered, failed := f.Calls()
	return []row{{figure: "metered burn against true cost, a simulated day", asked: fmt.Sprintf("within %.1f %%", meteredOff),
		measured: fmt.Sprintf("%.3f %% off: $%.2f of $%.2f", off, got.V.Float(), truth), ok: got.OK && off <= meteredOff,
		how: fmt.Sprintf("two providers with caches of both kinds behind two LiteLLM replicas, read every %s: %d requests answered, %d failed "+
			"for good, an outage of 20 minutes, a brownout of an hour, retries and fallbacks", meteredEvery, answered, failed)}}, nil
}

// rentedFleet is two providers, each with a route, of which the second takes over from the first.
func rentedFleet() fleet.Inventory {
	usd := func(text string) fleet.Money {
		m, _ := fleet.ParseMoney(text, fleet.USD) // they are written below
		return m
	}
	provider := func(id, in, read, write, out string) fleet.ProviderSpec {
		return fleet.ProviderSpec{ID: fleet.ProviderID(id), Kind: id, Models: []fleet.ProviderModel{{Name: "big",
			Limits: []fleet.Limit{{Kind: fleet.LimitRPM, Max: fleet.Some(2000.0)}, {Kind: fleet.LimitTPM, Max: fleet.Some(4e6)}},
			Price: fleet.Some(fleet.Price{Input: usd(in), CachedIn: fleet.Some(usd(read)), CacheWrite: fleet.Some(usd(write)),
				Output: usd(out)})}}}
	}
	target := func(id string) []fleet.TargetSpec {
		return []fleet.TargetSpec{{ID: fleet.TargetID(id), Provider: fleet.ProviderID(id), Model: "big"}}
	}
	return fleet.Inventory{
		Providers: []fleet.ProviderSpec{provider("openai", "2.5", "1.25", "2.5", "10"), provider("anthropic", "3", "0.3", "3.75", "15")},
		Gateways:  []fleet.GatewaySpec{{ID: "edge", Kind: "litellm", Replicas: []fleet.GatewayReplicaSpec{{ID: "a"}, {ID: "b"}}}},
		Routes: []fleet.RouteSpec{{ID: "chat", Gateway: "edge", Targets: target("openai")},
			{ID: "code", Gateway: "edge", Targets: target("anthropic")}}}
}

// fallBack lets what fails on the first route go to the second, at every replica.
func fallBack(ctx context.Context, f *sim.Fleet, g fleet.GatewaySpec) error {
	key, err := f.Secret(ctx, g.Auth)
	if err != nil {
		return err
	}
	for _, r := range g.Replicas {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL+"/config/update",
			strings.NewReader(`{"router_settings":{"fallbacks":[{"chat":["code"]}]}}`))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+key.Reveal())
		reply, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		if err := reply.Body.Close(); err != nil || reply.StatusCode != http.StatusOK {
			return fmt.Errorf("the fallback is not taken: %s", reply.Status)
		}
	}
	return nil
}
