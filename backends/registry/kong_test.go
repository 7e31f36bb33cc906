package registry

import (
	"testing"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
)

// playedKong is an embedded fleet whose gateways speak as Kong does.
type playedKong struct {
	clock   *fleet.VirtualClock
	fleet   *sim.Fleet
	readers map[fleet.SourceID]fleet.Reader
	writer  fleet.RouteWriter
	route   fleet.RouteSpec
}

func playKong(t *testing.T) *playedKong {
	t.Helper()
	k := &playedKong{clock: fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))}
	f, err := sim.Listen(t.Context(), sim.Options{Clock: k.clock, Gateway: "kong"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	k.fleet = f
	inv, deps := f.Inventory(), fleet.Deps{Clock: k.clock, Secret: f.Secret}
	var sources []fleet.SourceSpec
	for _, s := range inv.Sources {
		if s.Kind == "kong" {
			sources = append(sources, s)
		}
	}
	readers, problems := Set(Connectors()).Readers(sources, deps)
	if k.readers = readers; len(problems) != 0 || len(readers) != 3 {
		t.Fatalf("%d readers, %v", len(readers), problems)
	}
	writers, err := Set(Connectors()).Writers(inv.Gateways, deps)
	if err != nil {
		t.Fatal(err)
	}
	k.writer = writers["edge"]
	for _, r := range inv.Routes {
		if r.ID == "chat" {
			k.route = r
		}
	}
	return k
}

// counted is how many tokens of the rented model the gateways have counted, and what the first of them holds of the route.
func (k *playedKong) counted(t *testing.T, model fleet.ModelName) (tokens float64, weights map[fleet.DeploymentID]float64) {
	t.Helper()
	weights = map[fleet.DeploymentID]float64{}
	for _, r := range k.readers {
		p, err := r.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range p.Gateway.Deployments {
			if d.Route != "chat" {
				continue
			}
			weights[d.ID] = d.Weight.V
			if d.Model == model {
				tokens += d.OutTokens.Or(0)
			}
		}
	}
	return tokens, weights
}

func (k *playedKong) pass(t *testing.T, d time.Duration) {
	t.Helper()
	if err := k.clock.Advance(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// A shift through the played Kong moves the embedded fleet's traffic, as Kong's own counters tell.
func TestAShiftThroughThePlayedKongMovesTraffic(t *testing.T) {
	k := playKong(t)
	k.pass(t, time.Minute)
	begin, weights := k.counted(t, "openai/gpt-4o")
	for _, target := range k.route.Targets {
		if _, held := weights[target.Deployment]; !held {
			t.Errorf("the inventory calls a target %q, and Kong has %v", target.Deployment, weights)
		}
	}
	k.pass(t, 2*time.Minute)
	before, _ := k.counted(t, "openai/gpt-4o")
	first := k.writer.ReadBack(t.Context(), k.route)
	after := fleet.Weights{"b200-a": 50, "h100-b": 10, "openai": 40}
	if err := k.writer.SetWeights(t.Context(), k.route, first[0].Weights, after); err != nil {
		t.Fatal(err)
	}
	for _, r := range k.writer.ReadBack(t.Context(), k.route) {
		if r.Err != nil || !r.Weights.Equal(after) {
			t.Errorf("%s holds %v, %v", r.Replica, r.Weights, r.Err)
		}
	}
	k.pass(t, 40*time.Second) // until all nodes looked into the database
	moved, _ := k.counted(t, "openai/gpt-4o")
	k.pass(t, 2*time.Minute)
	end, _ := k.counted(t, "openai/gpt-4o")
	if was, is := before-begin, end-moved; was < 5000 || is < 2.5*was {
		t.Errorf("in two minutes it answered %v tokens before and %v after a shift from 10 to 40 percent", was, is)
	}
	if err := k.writer.SetWeights(t.Context(), k.route, after, fleet.Weights{"b200-a": 0, "h100-b": 60, "openai": 40}); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("weight 0: %v", err)
	}
	if err := k.writer.SetWeights(t.Context(), k.route, first[0].Weights, fleet.Weights{"b200-a": 1, "h100-b": 1, "openai": 98}); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("a plan on old weights: %v", err)
	}
	if len(first) != 3 || k.route.Targets[0].Deployment != "openai/chat-b200-a" {
		t.Errorf("%d replicas, %v", len(first), k.route.Targets)
	}
}
