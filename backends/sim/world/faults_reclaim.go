package world

import (
	"fmt"
	"math"
	"time"
)

// addReclaim: who rents the machines of a pool out takes some of them back: he says so, and a while later they are gone. The cluster
// learns of it when they are, and so does whoever looks there only.
func (w *World) addReclaim(add func(string, *fault)) {
	var pools []string
	for i := len(w.cluster.sets) - 1; i >= 0; i-- {
		if p := w.cluster.sets[i].pool; len(p.Nodes) > 0 {
			pools = append(pools, p.Name)
		}
	}
	w.causes.add(add, "F22", cause{on: pools, magnitudes: Magnitudes{"share": 0.4, "notice": 120}, make: w.reclaim})
}

func (w *World) reclaim(on string, m Magnitudes) *fault {
	var taken []*node
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("%.0f %% of the machines of %s are taken back by who rents them out, %.0f s after he says so",
			100*m["share"], on, m["notice"])},
		begin: func(now float64) {
			of := w.set(on).pool.Nodes
			n := min(int(math.Ceil(m["share"]*float64(len(of)))), len(of))
			for _, name := range of[len(of)-max(n, 0):] {
				if x := w.cluster.byNode[name]; x.leaves.IsZero() { // another cause may have it
					x.leaves = w.Now().Add(time.Duration(m["notice"] * float64(time.Second)))
					taken = append(taken, x)
				}
			}
		},
		each: func(since float64) {
			for _, n := range taken {
				if since >= m["notice"] && !n.gone {
					w.takeAway(n)
				}
			}
		},
		end: func(float64) {
			for _, n := range taken {
				w.giveBack(n)
			}
			taken = nil
		},
	}
}

// takeAway switches a machine off and takes its node out of the cluster.
func (w *World) takeAway(n *node) {
	now := w.Seconds()
	n.gone = true
	for _, r := range w.Replicas {
		if r.pod != nil && r.pod.Node == n.Name {
			w.end(r)
			w.free(r)
			w.unready(r)
			w.remove(r, now)
		}
	}
	for _, g := range n.gpus {
		g.Lost = true
	}
	w.tell("Node", n.Name, "Normal", "DeletingNode", "Deleting node "+n.Name+" because it does not exist in the cloud provider")
	w.touch(&n.Version)
	w.unsettled++
}

// giveBack rents a machine out again, and joins it to the cluster.
func (w *World) giveBack(n *node) {
	n.leaves = time.Time{}
	if !n.gone {
		return
	}
	n.gone = false
	for _, g := range n.gpus {
		g.Lost = false
	}
	w.offer(n.Name)
	w.tell("Node", n.Name, "Normal", "RegisteredNode", "Node "+n.Name+" event: Registered Node "+n.Name+" in Controller")
	w.unsettled++
}

// Rented says of a machine whether it is gone, and when it is to leave where who rents it out has said so; the zero time where he has
// not. It is for use inside At.
func (w *World) Rented(name string) (leaves time.Time, gone bool) {
	if n := w.cluster.byNode[name]; n != nil {
		return n.leaves, n.gone
	}
	return time.Time{}, false
}
