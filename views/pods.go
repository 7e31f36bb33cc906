package views

import (
	"cmp"
	"strings"

	"pitwall/fleet"
	"pitwall/views/part"
)

// podRow is a pod with its cluster.
type podRow struct {
	c   *fleet.Cluster
	pod *fleet.Pod
}

func (r *podRow) state() fleet.State { return seenAs(r.c, r.pod.State) }

// Pods lists the pods of all clusters, or of what Of names, those in trouble first. With Of naming a pod it tells that
// pod with its events.
func Pods(sc Scene, u ClusterState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, sz.H >= tallScreen, func(b *part.Block, rows int) {
		if u.Of.Kind == kindPod {
			podPage(b, sc, u.Of, podBack(sc, u.Of), rows)
			return
		}
		if noClusters(b, sc, fleet.Text("PODS")) {
			return
		}
		l := u.Lists.podList(sc, u.Of, u.Pods)
		r := l.chosen(u.Pods)
		look := paneLook{active: true, title: scopeTitle(fleet.Text("PODS"), u.Of), screen: ScreenPods, one: u.Of.Cluster != ""}
		listAndSheet(b, rows, len(l.ids), podEvidence(r, sc.Now), kindRemarks(sc, u.Of, "pods"),
			func(n int) { podsPane(b, sc, u.Pods, l, look, n) },
			func(b *part.Block, rows int) { podPage(b, sc, PodRef(r.c, r.pod), more(), rows) })
	})
}

// podBack says where the keys lead from a pod's page.
func podBack(sc Scene, of fleet.ObjectRef) fleet.Safe {
	if _, p := PodOf(sc.Snap, of); p == nil || p.Node == "" {
		return escBack()
	}
	return fleet.Text("enter node   esc back")
}

// PodsOrder tells the order of the pods by pane, which is "pods"; a pod's own page has no table.
func PodsOrder(sc Scene, u ClusterState) map[string][]string {
	if sc.Snap == nil || u.Of.Kind == kindPod {
		return map[string][]string{}
	}
	return map[string][]string{"pods": u.Lists.podList(sc, u.Of, u.Pods).ids}
}

// podList is the listing of the pods of a scope: of everything, a cluster, a machine or a workload.
func (l *Lists) podList(sc Scene, of fleet.ObjectRef, t Table) *listing[podRow] {
	var m *memo[podRow]
	if l != nil {
		m = &l.pods
	}
	return listed(m, sc.Snap, of, t, func() *listing[podRow] {
		clusters, n := inScope(sc.Snap, of), 0
		for _, c := range clusters {
			n += len(c.Pods)
		}
		rows := make([]podRow, 0, n)
		for _, c := range clusters {
			for _, p := range c.Pods {
				if holdsPod(of, p) {
					rows = append(rows, podRow{c, p})
				}
			}
		}
		return list(rows, t, podKind)
	})
}

// holdsPod tells whether a pod belongs to what a screen is about; its cluster does already.
func holdsPod(of fleet.ObjectRef, p *fleet.Pod) bool {
	switch of.Kind {
	case "":
		return true
	case kindNode:
		return p.Node == of.Name
	default:
		return p.Owner.Kind == of.Kind && p.Owner.Name == of.Name && p.Namespace == of.Namespace
	}
}

var podKind = rowKind[podRow]{
	id: func(r *podRow) string { return RefID(PodRef(r.c, r.pod)) },
	text: func(r *podRow) string {
		p := r.pod
		return searched(p.Name, p.Namespace, string(r.c.ID), p.Node, p.Owner.Name, p.Phase.String(), string(r.state()),
			p.Why.String(), p.LastExit.String())
	},
	state: (*podRow).state,
	by: func(a, b *podRow, key string) int {
		switch key {
		case "node":
			return strings.Compare(a.pod.Node, b.pod.Node)
		case "namespace":
			return strings.Compare(a.pod.Namespace, b.pod.Namespace)
		case "age":
			return b.pod.Created.Compare(a.pod.Created)
		case "restarts":
			return cmp.Compare(b.pod.Restarts, a.pod.Restarts)
		case "gpus":
			return cmp.Compare(b.pod.GPUs, a.pod.GPUs)
		default:
			return strings.Compare(a.pod.Name, b.pod.Name)
		}
	},
}
