package plain

import (
	"pitwall/fleet"
)

// clusterLines tells what is new of the clusters, and of their objects which are in trouble, or no more. Of very many
// at once the worst are told and the others counted, so that a reader is not talked to for minutes.
func clusterLines(prev, cur *fleet.Snapshot) []string {
	var before []*fleet.Cluster
	if prev != nil {
		before = prev.Clusters
	}
	known := map[fleet.ClusterID]*fleet.Cluster{}
	for _, c := range before {
		known[c.ID] = c
	}
	var out []string
	var changed, old []*fleet.Cluster
	for _, c := range cur.Clusters {
		was := known[c.ID]
		delete(known, c.ID)
		if was == c {
			continue // nothing that it points to has changed
		}
		changed = append(changed, c)
		if was != nil {
			old = append(old, was)
		}
		if was == nil || was.State != c.State || was.Scope != c.Scope {
			out = append(out, sentence(fleet.Concat(fleet.Text("Cluster "), fleet.Label(string(c.ID))), spoken(c.State), doing(c),
				fleet.Textf("%s, %s", fleet.Many(len(c.Nodes), "node"), fleet.Many(len(c.Pods), "pod"))))
		}
	}
	for _, c := range before {
		if known[c.ID] != nil {
			out = append(out, sentence(fleet.Concat(fleet.Text("Cluster "), fleet.Label(string(c.ID))), fleet.Text("Gone")))
		}
	}
	out = append(out, illLines(fleet.Text("Node"), first(illNodes(old)), first(illNodes(changed)))...)
	out = append(out, illLines(fleet.Text("Workload"), first(illWorkloads(old)), first(illWorkloads(changed)))...)
	return append(out, illLines(fleet.Text("Pod"), first(illPods(old)), first(illPods(changed)))...)
}

// illLines tells which objects of one kind came into trouble, changed their state, or are out of trouble.
func illLines(kind fleet.Safe, before, now []ill) []string {
	states := make(map[fleet.ObjectRef]fleet.State, len(before))
	for i := range before {
		states[before[i].ref] = before[i].state
	}
	var news []ill
	for i := range now {
		state, was := states[now[i].ref]
		delete(states, now[i].ref)
		if !was || state != now[i].state {
			news = append(news, now[i])
		}
	}
	told, all := worst(news)
	var out []string
	for i := range told {
		x := &told[i]
		out = append(out, sentence(fleet.Concat(kind, fleet.Text(" "), objectName(x.ref)), spoken(x.state), x.why,
			fleet.Concat(fleet.Text("Cluster "), fleet.Label(string(x.cluster.ID)))))
	}
	if all > len(told) {
		out = append(out, sentence(fleet.Textf("%ss: %s more came into trouble", kind, fleet.Int(all-len(told)))))
	}
	if len(states) > mostRows {
		return append(out, sentence(fleet.Textf("%ss: %s are out of trouble, or gone", kind, fleet.Int(len(states)))))
	}
	for i := range before {
		if _, left := states[before[i].ref]; left {
			out = append(out, sentence(fleet.Concat(kind, fleet.Text(" "), objectName(before[i].ref)),
				fleet.Text("Out of trouble, or gone"), fleet.Concat(fleet.Text("Cluster "), fleet.Label(string(before[i].cluster.ID)))))
		}
	}
	return out
}
