package runner

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// standing is where one gateway replica is, seen from a step.
type standing int

const (
	silent  standing = iota // it did not answer
	before                  // it holds the weights before the step
	after                   // it holds the step's weights
	between                 // each target has one or the other: a write is spreading, or was cut short
	foreign                 // somebody else wrote
)

// world is what all replicas of a gateway hold, compared with one step.
type world struct {
	replicas []fleet.ReplicaWeights
	at       time.Time
	standing map[fleet.GatewayReplicaID]standing
}

// look reads back every replica and compares it with the step.
func (k *carrier) look(s actions.Step) world {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	w := world{replicas: k.writer.ReadBack(ctx, k.c.Plan.Route), at: k.r.o.Clock.Now(),
		standing: map[fleet.GatewayReplicaID]standing{}}
	for _, r := range w.replicas {
		at := stand(r, s)
		if r.Replica == s.Replica && at != silent && at != after {
			at = before // what a lagging replica holds is what a resync is there to replace
		}
		w.standing[r.Replica] = at
	}
	return w
}

func stand(r fleet.ReplicaWeights, s actions.Step) standing {
	switch hash := r.Hash(); {
	case hash == "":
		return silent
	case hash == s.AfterHash && !r.Pending.IsEmpty():
		return between
	case hash == s.AfterHash:
		return after
	case hash == s.BeforeHash:
		return before
	}
	for id, v := range r.Weights {
		b, inBefore := s.Before[id]
		a, inAfter := s.After[id]
		if !(inBefore && v == b || inAfter && v == a) {
			return foreign
		}
	}
	if len(r.Weights) != len(s.After) {
		return foreign
	}
	return between
}

// count tells how many replicas stand there.
func (w world) count(s standing) int {
	n := 0
	for _, v := range w.standing {
		if v == s {
			n++
		}
	}
	return n
}

// answered tells how many replicas answered.
func (w world) answered() int { return len(w.standing) - w.count(silent) }

// all tells whether at least one replica answered and every one that did stands there.
func (w world) all(s standing) bool { return w.answered() > 0 && w.count(s) == w.answered() }

// missing lists the expected replicas that do not hold the step, in order.
func (w world) missing(expected map[fleet.GatewayReplicaID]bool) []fleet.GatewayReplicaID {
	var out []fleet.GatewayReplicaID
	for id, s := range w.standing {
		if s != after && (s != silent || expected[id]) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// expected are the replicas that answered: only they can be asked to follow.
func (w world) expected() map[fleet.GatewayReplicaID]bool {
	out := map[fleet.GatewayReplicaID]bool{}
	for id, s := range w.standing {
		if s != silent {
			out[id] = true
		}
	}
	return out
}

// holds picks the weights of a replica that stands there, the first in order.
func (w world) holds(s standing) fleet.Weights {
	for _, r := range w.replicas {
		if w.standing[r.Replica] == s {
			return r.Weights.Clone()
		}
	}
	return nil
}

// back draws the read-back for people and the journal.
func (w world) back() []actions.ReplicaBack {
	out := make([]actions.ReplicaBack, 0, len(w.replicas))
	for _, r := range w.replicas {
		out = append(out, actions.ReplicaBack{Replica: r.Replica, Hash: r.Hash(), Weights: r.Weights.Clone(),
			OK: w.standing[r.Replica] == after, At: w.at, Err: fleet.Sentence(r.Err)})
	}
	return out
}

// text says what every replica holds, replicas with the same weights together:
// "gw-1 and gw-2 hold 40/50/10, gw-3 holds 60/30/10".
func (w world) text(order []fleet.TargetID) fleet.Safe {
	groups := map[string][]fleet.Safe{}
	for _, r := range w.replicas {
		what := "does not answer"
		if r.Hash() != "" {
			what = r.Weights.Text(withRest(order, r.Weights)).String()
			if !r.Pending.IsEmpty() {
				what += ", not in force: " + r.Pending.String()
			}
		}
		groups[what] = append(groups[what], fleet.Label(string(r.Replica)))
	}
	var parts []fleet.Safe
	for _, what := range slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		if d := len(groups[b]) - len(groups[a]); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	}) {
		who := groups[what]
		verb := fleet.Text(" holds ")
		switch {
		case what == "does not answer" && len(who) > 1:
			what, verb = "do not answer", fleet.Text(" ")
		case what == "does not answer":
			verb = fleet.Text(" ")
		case len(who) > 1:
			verb = fleet.Text(" hold ")
		}
		parts = append(parts, fleet.Concat(list(who), verb, fleet.Label(what)))
	}
	if len(parts) == 0 {
		return fleet.Text("no gateway replica is known")
	}
	return fleet.Join(parts, fleet.Text(", "))
}

// list draws "a", "a and b", "a, b and c".
func list(names []fleet.Safe) fleet.Safe {
	if len(names) < 2 {
		return fleet.Join(names, fleet.Text(""))
	}
	last := len(names) - 1
	return fleet.Concat(fleet.Join(names[:last], fleet.Text(", ")), fleet.Text(" and "), names[last])
}

func replicaList(ids []fleet.GatewayReplicaID) fleet.Safe {
	names := make([]fleet.Safe, len(ids))
	for i, id := range ids {
		names[i] = fleet.Label(string(id))
	}
	return list(names)
}

// withRest adds the targets that the plan does not know, so that a foreign member shows.
func withRest(order []fleet.TargetID, w fleet.Weights) []fleet.TargetID {
	out := slices.Clone(order)
	for _, id := range slices.Sorted(maps.Keys(w)) {
		if !slices.Contains(order, id) {
			out = append(out, id)
		}
	}
	return out
}
