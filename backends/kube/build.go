package kube

import (
	"slices"
	"strings"

	"pitwall/fleet"
)

// build makes the value of the cluster. Parts of which nothing changed are those of the last build.
func (w *world) build() fleet.Cluster {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed[partPods] {
		w.built.pods = w.pods.publish()
	}
	if w.changed[partNodes] {
		w.built.nodes = w.buildNodes()
	}
	if w.changed[partWorkloads] || w.changed[partPods] {
		w.built.workloads = w.buildWorkloads()
	}
	if w.changed[partEvents] {
		w.built.events = newest(&w.events)
	}
	clear(w.changed)
	for i := range w.watches {
		w.watches[i].Count = w.countOf(w.watches[i].Kind)
	}
	return fleet.Cluster{ID: w.id, Nodes: w.built.nodes, Pods: w.built.pods, Workloads: w.built.workloads,
		Events: w.built.events, Kinds: slices.Clone(w.watches)}
}

func (w *world) countOf(plural string) int {
	for _, k := range kinds {
		if k.plural == plural {
			return k.count(w)
		}
	}
	return 0
}

// buildNodes copies only the nodes whose pods ask for another number of GPUs than before.
func (w *world) buildNodes() []*fleet.KubeNode {
	for i, r := range w.nodes.rows {
		if n := w.asked[r.Name]; n != r.GPUAsked {
			node := *r
			node.GPUAsked = n
			w.nodes.own()
			w.nodes.rows[i] = &node
		}
	}
	return w.nodes.publish()
}

// buildWorkloads joins workloads with their autoscalers, budgets and worst pods. A ReplicaSet or StatefulSet under
// another workload is part of that one.
func (w *world) buildWorkloads() []*fleet.Workload {
	scalers := make(map[fleet.ObjectRef]fleet.Safe, len(w.scales.rows))
	for _, s := range w.scales.rows {
		scalers[s.target] = s.text
	}
	worst := w.worstPods()
	before := w.built.workloads
	list := make([]*fleet.Workload, 0, len(before)+8)
	for _, t := range w.works {
		for _, r := range t.rows {
			if isPart(r) {
				continue
			}
			row := r.base
			ref := fleet.ObjectRef{Kind: row.Kind, Namespace: row.Namespace, Name: row.Name}
			row.Autoscaler, row.Budget = scalers[ref], budgetOf(w.budgets.rows, r)
			if p := worst[ref]; p != nil && row.State.Rank() >= fleet.StateWarn.Rank() && !p.Why.IsEmpty() {
				row.Why = fleet.Concat(row.Why, fleet.Text("; "), fleet.Label(p.Name), fleet.Text(": "), p.Why)
			}
			list = append(list, &row)
		}
	}
	slices.SortFunc(list, compareWorkloads)
	return shareRows(before, list)
}

func isPart(r *workRow) bool {
	switch r.base.Kind {
	case kindReplicaSet:
		return r.owner.Kind != ""
	case kindStatefulSet:
		return r.owner.Kind == kindLWS || r.owner.Kind == "Pod" // the workers of a group hang under its leader
	}
	return false
}

func compareWorkloads(a, b *fleet.Workload) int {
	if c := strings.Compare(a.Namespace, b.Namespace); c != 0 {
		return c
	}
	if c := strings.Compare(a.Kind, b.Kind); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// shareRows takes rows that did not change from the last list.
func shareRows(before, now []*fleet.Workload) []*fleet.Workload {
	i := 0
	for n, r := range now {
		for i < len(before) && compareWorkloads(before[i], r) < 0 {
			i++
		}
		if i < len(before) && *before[i] == *r {
			now[n] = before[i]
		}
	}
	return now
}

// worstPods finds for each workload the pod in the worst state, the one that has been so for longest.
func (w *world) worstPods() map[fleet.ObjectRef]*fleet.Pod {
	worst := map[fleet.ObjectRef]*fleet.Pod{}
	for _, r := range w.pods.rows {
		if r.State == fleet.StateOK || r.State.Rank() < fleet.StateWarn.Rank() || r.Owner.Kind == "" {
			continue
		}
		ref := r.Owner
		ref.Cluster = ""
		p := worst[ref]
		if p == nil || r.State.Rank() > p.State.Rank() || r.State == p.State && r.Since.Before(p.Since) {
			worst[ref] = r
		}
	}
	return worst
}
