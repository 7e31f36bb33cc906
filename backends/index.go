package backends

import (
	"net/url"
	"strings"
	"time"

	"pitwall/fleet"
)

// index finds the source that tells about a subject. It is built whenever the sources change, since a snapshot asks
// for hundreds of them.
type index struct {
	ids       map[fleet.SourceID]*sourceState
	replicas  map[fleet.Subject]*sourceState
	nodes     map[fleet.NodeID]*sourceState
	engines   map[fleet.NodeID][]*sourceState // of the replicas on a machine
	gateways  map[fleet.Subject]*sourceState
	providers map[fleet.ProviderID]*sourceState
	accounts  map[fleet.AccountID]*sourceState // of machines
	probes    map[fleet.Subject]*sourceState
	statuses  map[fleet.ProviderID][]*sourceState // what providers publish, in the order of the sources
	ways      map[string]*sourceState             // what carries requests of others, by the beginning of SourceSpec.Via
}

func newIndex(states []*sourceState) index {
	x := index{ids: map[fleet.SourceID]*sourceState{}, replicas: map[fleet.Subject]*sourceState{},
		nodes: map[fleet.NodeID]*sourceState{}, engines: map[fleet.NodeID][]*sourceState{}, gateways: map[fleet.Subject]*sourceState{},
		providers: map[fleet.ProviderID]*sourceState{}, accounts: map[fleet.AccountID]*sourceState{}, probes: map[fleet.Subject]*sourceState{},
		statuses: map[fleet.ProviderID][]*sourceState{}, ways: map[string]*sourceState{}}
	for _, s := range states {
		sub := s.spec.Subject
		put(x.ids, s.spec.ID, s)
		switch {
		case sub.About == fleet.AboutProbe:
			put(x.probes, sub, s)
		case sub.About == fleet.AboutStatus:
			x.statuses[sub.Provider] = append(x.statuses[sub.Provider], s)
		case sub.About != fleet.AboutItself: // found by those who ask for that side
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
		case sub.Account != "":
			put(x.accounts, sub.Account, s)
		case sub.Cluster != "":
			put(x.ways, s.spec.Kind+"/"+url.PathEscape(string(sub.Cluster)), s)
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

// wayGrace is for how long after a way came back a failure behind it may still be the way's: connections that hang are
// given up by and by.
const wayGrace = 15 * time.Second

// lostWay is the source that carries the requests of s, where it did not answer when s was last asked in vain; nil
// otherwise. What is read through it may be well: only the way to it is known to be gone.
func (x index) lostWay(s *sourceState) *sourceState {
	parts := strings.SplitN(s.spec.Via, "/", 3)
	if len(parts) < 3 || s.status.Failing == 0 {
		return nil
	}
	w := x.ways[parts[0]+"/"+parts[1]]
	if w == nil || w.status.Failing == 0 && (w.back.IsZero() || s.status.LastTry.After(w.back.Add(wayGrace))) {
		return nil
	}
	return w
}
