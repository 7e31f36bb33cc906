package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// clusterPage tells one cluster over its worst machines and pods.
func clusterPage(b *part.Block, sc Scene, u ClusterState, rows int) {
	c := ClusterOf(sc.Snap, u.Of.Cluster)
	if c == nil {
		b.Rule(fleet.Label(string(u.Of.Cluster)), fleet.Safe{}, fleet.Text("esc back"))
		b.Gap(2).Say(themes.Warn, "is not watched any more").End()
		return
	}
	b.Rule(fleet.Concat(fleet.Text("CLUSTER "), fleet.Label(string(c.ID))), fleet.Label(string(c.Site)), fleet.Text("esc back"))
	f := newPage(sc, b.Width())
	f.heading(fleet.Text("state")).Put(themes.OfState(c.State), stateText(c.State, c.At, sc.Now))
	if c.At.IsZero() {
		f.Gap(2).Say(themes.Dim, "never heard").End()
	} else {
		f.Gap(2).Say(themes.Dim, "heard ").Put(themes.Text, ageText(c.At, sc.Now)).Say(themes.Dim, " ago").End()
	}
	if !c.Why.IsEmpty() {
		f.tell(fleet.Text("doing"), roleOfWhy(c.State), c.Why, 4)
	}
	f.tell(fleet.Text("server"), themes.Text, fleet.Textf("%s  version %s", orUnknown(c.Server), orUnknown(c.Version)), 1)
	scope := c.Scope
	switch {
	case c.At.IsZero():
		scope = fleet.Text("nothing yet")
	case scope.IsEmpty():
		scope = fleet.Text("the whole cluster")
	}
	f.tell(fleet.Text("sees"), themes.Text, scope, 2)
	f.tell(fleet.Text("kinds"), themes.Text, kindsText(c), 2)
	for _, e := range kindErrors(c) {
		f.tell(fleet.Text("NOT READ"), themes.Warn, e, 2)
	}
	b.Append(f.Cut(max(5, rows-9)))
	onNodes := u.pane() == "nodes"
	nodes := u.Lists.nodeList(sc, u.Of, u.PageNodes)
	pods := u.Lists.podList(sc, u.Of, u.PagePods)
	n := share{least: 1, want: max(1, len(nodes.ids)), weight: 1}
	p := share{least: 1, want: max(1, len(pods.ids)), weight: 2}
	if onNodes {
		n.weight, p.weight = 2, 1
	}
	divide(rows-b.Len()-4, []*share{&n, &p})
	podsPane(b, sc, u.PagePods, pods, paneLook{active: !onNodes, title: fleet.Text("PODS"), one: true}, p.got)
	kubeNodesPane(b, sc, u.PageNodes, nodes, paneLook{active: onNodes, title: fleet.Text("NODES"), one: true}, n.got)
}

// kindsText says how far the watch of each kind is that is read: "pods 4012, listing events 300+".
func kindsText(c *fleet.Cluster) fleet.Safe {
	if c.At.IsZero() {
		return fleet.Text("none was read")
	}
	var parts []fleet.Safe
	for i := range c.Kinds {
		k := &c.Kinds[i]
		switch {
		case !k.Err.IsEmpty():
		case k.Synced:
			parts = append(parts, fleet.Concat(fleet.Label(k.Kind), fleet.Text(" "), fleet.Int(k.Count)))
		default:
			parts = append(parts, fleet.Concat(fleet.Text("listing "), fleet.Label(k.Kind), fleet.Text(" "), fleet.Int(k.Count),
				fleet.Text("+")))
		}
	}
	return noneOr(fleet.Join(parts, fleet.Text(", ")))
}
