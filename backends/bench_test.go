package backends

import (
	"fmt"
	"testing"
	"time"

	"pitwall/fleet"
)

// BenchmarkSnapshot merges 64 pools of one replica and one node with eight GPUs each, behind three gateway replicas.
func BenchmarkSnapshot(b *testing.B) {
	inv := fleet.Inventory{Gateways: []fleet.GatewaySpec{{ID: "g"}}}
	answers := map[fleet.SourceID]fleet.Partial{}
	source := func(id string, sub fleet.Subject, p fleet.Partial) {
		inv.Sources = append(inv.Sources, fleet.SourceSpec{ID: fleet.SourceID(id), Subject: sub, Interval: 5 * time.Second})
		answers[fleet.SourceID(id)] = p
	}
	var members []fleet.DeploymentReading
	for i := range 64 {
		pool := fleet.PoolID(fmt.Sprintf("p%02d", i))
		replica, node := fleet.ReplicaID(pool+"-r"), fleet.NodeID(pool+"-n")
		inv.Pools = append(inv.Pools, fleet.PoolSpec{ID: pool, Model: "m", GPUsPerReplica: 8, GPUHour: fleet.Some(fleet.USDPerHour(3)),
			Replicas: []fleet.ReplicaSpec{{ID: replica, Node: node}}, Nodes: []fleet.NodeSpec{{ID: node, GPUs: 8}}})
		route := fleet.RouteID(fmt.Sprintf("route%02d", i/4))
		if i%4 == 0 {
			inv.Routes = append(inv.Routes, fleet.RouteSpec{ID: route, Gateway: "g"})
		}
		r := &inv.Routes[len(inv.Routes)-1]
		r.Targets = append(r.Targets, fleet.TargetSpec{ID: fleet.TargetID(pool), Pool: pool})
		members = append(members, fleet.DeploymentReading{ID: fleet.DeploymentID(pool), Route: route, Weight: fleet.Some(25.0)})
		h := histogram(100, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
		source(string(replica), fleet.Subject{Pool: pool, Replica: replica}, fleet.Partial{Engines: []fleet.EngineReading{{Model: "m",
			Running: fleet.Some(fleet.Count(9)), OutputTokens: fleet.Some(0.0), TTFT: h, ITL: h, E2E: h, PromptLen: h, OutputLen: h}}})
		var gpus []fleet.GPUReading
		for g := range 8 {
			gpus = append(gpus, fleet.GPUReading{ID: fleet.GPUID(fmt.Sprintf("GPU-%d-%d", i, g)), Index: fmt.Sprint(g),
				Util: fleet.Some(fleet.Ratio(0.9)), Power: fleet.Some(fleet.Watts(600))})
		}
		source(string(node), fleet.Subject{Pool: pool, Node: node}, fleet.Partial{GPUs: gpus})
	}
	for i := range 3 {
		id := fleet.GatewayReplicaID(fmt.Sprintf("gw%d", i))
		inv.Gateways[0].Replicas = append(inv.Gateways[0].Replicas, fleet.GatewayReplicaSpec{ID: id})
		source(string(id), fleet.Subject{Gateway: "g", GatewayReplica: id}, fleet.Partial{Gateway: &fleet.GatewayReading{
			Mode: fleet.GatewayModeDatabase, Metrics: true, Deployments: members}})
	}
	var states []*sourceState
	for i, spec := range inv.Sources {
		states = append(states, newSourceState(spec, nil, nil, uint64(i)))
	}
	w := newWorld(Options{Inventory: inv}, states)
	now := start
	for i := range 60 { // five minutes of samples
		now = start.Add(time.Duration(i) * 5 * time.Second)
		for _, s := range states {
			p := answers[s.spec.ID]
			p.At = now
			s.last, s.status.LastGood = p, now
			w.take(s, p)
		}
		w.snapshot(uint64(i), now)
	}
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(250 * time.Millisecond)
		w.snapshot(1, now)
	}
}
