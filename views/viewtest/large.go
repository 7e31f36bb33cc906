package viewtest

import (
	"strconv"
	"strings"

	"pitwall/fleet"
)

// Large is a fleet of many pools with one node of gpus GPUs and eight replicas each, for benchmarks.
func Large(count, gpus int) *fleet.Snapshot {
	s := Fleet()
	s.Pools = nil
	states := []fleet.State{fleet.StateOK, fleet.StateOK, fleet.StateWarn, fleet.StateOK, fleet.StateCrit,
		fleet.StateIdle}
	for i := range count {
		f := figures{float64(100 + i*7), 0.001 * float64(i%9), 0.3 + float64(i%7)/9, 0.03, float64(i % 40), 0.5, 4000}
		p := pool(fleet.PoolID("pool-"+strconv.Itoa(i)), "llama-70b", "H100", 8, f, 0.8, 90, states[i%len(states)])
		p.Nodes = []fleet.Node{Node(fleet.NodeID("node-"+strconv.Itoa(i)), gpus, float64(i%10)/10)}
		s.Pools = append(s.Pools, p)
	}
	return s
}

// HostileNames are names each of which would break a screen, or forge a row, if it were drawn as it is.
func HostileNames() []string {
	return []string{
		"\x1b[2J\x1b[H\x1b[31mEVIL", "safe-name\rEVIL", "a\nb\tc\x00", "\u202eyllaer\u202c", "zero\u200bwidth\ufeff",
		strings.Repeat("x", 10_000), "\u6a21\u578b\u5343\u95ee-\u5927", "e" + strings.Repeat("\u0301", 50),
		"\x9b31m\u009d0;title\x07",
		"\U0001F468\u200d\U0001F469\u200d\U0001F467 family", "\u0903first", "last\u0d4e", "\xff\xfe",
		"\x1bP+q544e\x1b\\",
	}
}

// Hostile is the wireframe's fleet with every outside name replaced by a hostile one.
func Hostile() *fleet.Snapshot {
	s, names, next := Fleet(), HostileNames(), -1
	name := func() string {
		next++
		return names[next%len(names)]
	}
	s.Context = name()
	for i := range s.Pools {
		p := &s.Pools[i]
		p.Spec.ID, p.Spec.Model, p.Spec.GPU, p.Why = fleet.PoolID(name()), fleet.ModelName(name()), name(),
			fleet.Label(name())
		for j := range p.Replicas {
			p.Replicas[j].ID, p.Replicas[j].Node = fleet.ReplicaID(name()), fleet.NodeID(name())
			p.Replicas[j].Version, p.Replicas[j].Why = fleet.Label(name()), fleet.Label(name())
		}
		for j := range p.Nodes {
			p.Nodes[j].ID, p.Nodes[j].Why = fleet.NodeID(name()), fleet.Label(name())
		}
	}
	for i := range s.Routes {
		s.Routes[i].Spec.ID = fleet.RouteID(name())
		for j := range s.Routes[i].Targets {
			s.Routes[i].Targets[j].Spec.ID = fleet.TargetID(name())
		}
	}
	for i := range s.Alerts {
		s.Alerts[i].Object, s.Alerts[i].Text, s.Alerts[i].Detail = fleet.Label(name()), fleet.Label(name()),
			fleet.Label(name())
	}
	for i := range s.Events {
		s.Events[i].Object, s.Events[i].Text = fleet.Label(name()), fleet.Label(name())
	}
	for i := range s.Sources {
		s.Sources[i].ID, s.Sources[i].URL, s.Sources[i].Err = fleet.SourceID(name()), fleet.Label(name()),
			fleet.Label(name())
		s.Sources[i].Version = fleet.Label(name())
	}
	return s
}
