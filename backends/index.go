package backends

import "pitwall/fleet"

// index finds the source that tells about a subject. It is built whenever the sources change, since a snapshot asks
// for hundreds of them.
type index struct {
	ids       map[fleet.SourceID]*sourceState
	replicas  map[fleet.Subject]*sourceState
	nodes     map[fleet.NodeID]*sourceState
	engines   map[fleet.NodeID][]*sourceState // of the replicas on a machine
	gateways  map[fleet.Subject]*sourceState
	providers map[fleet.ProviderID]*sourceState
}

func newIndex(states []*sourceState) index {
	x := index{ids: map[fleet.SourceID]*sourceState{}, replicas: map[fleet.Subject]*sourceState{},
		nodes: map[fleet.NodeID]*sourceState{}, engines: map[fleet.NodeID][]*sourceState{}, gateways: map[fleet.Subject]*sourceState{},
		providers: map[fleet.ProviderID]*sourceState{}}
	for _, s := range states {
		sub := s.spec.Subject
		put(x.ids, s.spec.ID, s)
		switch {
		case sub.Replica != "":
			put(x.replicas, fleet.Subject{Pool: sub.Pool, Replica: sub.Replica}, s)
			if sub.Node != "" {
				x.engines[sub.Node] = append(x.engines[sub.Node], s)
			}
		case sub.Node != "":
			put(x.nodes, sub.Node, s)
		case sub.GatewayReplica != "":
			put(x.gateways, fleet.Subject{Gateway: sub.Gateway, GatewayReplica: sub.GatewayReplica}, s)
		case sub.Provider != "":
			put(x.providers, sub.Provider, s)
		}
	}
	return x
}

// put keeps the first of two sources of one subject.
func put[K comparable](m map[K]*sourceState, key K, s *sourceState) {
	if _, taken := m[key]; !taken {
		m[key] = s
	}
}

func (x index) replica(pool fleet.PoolID, id fleet.ReplicaID) *sourceState {
	return x.replicas[fleet.Subject{Pool: pool, Replica: id}]
}

func (x index) gateway(g fleet.GatewayID, r fleet.GatewayReplicaID) *sourceState {
	return x.gateways[fleet.Subject{Gateway: g, GatewayReplica: r}]
}
