package kubenodes

import (
	"cmp"
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// fate is what a drain does with a pod; the same filters as kubectl's.
type fate int

const (
	moves     fate = iota // evicted, and made again elsewhere by what keeps it
	unmanaged             // evicted, and made again by nobody
	daemon                // stays: its DaemonSet would make it again right here
	static                // stays: the node runs it from a file
	over                  // stays: it has ended
	leaves                // is going already
)

func fateOf(p *corev1.Pod) fate {
	c := metav1.GetControllerOfNoCopy(p)
	switch _, mirrored := p.Annotations[corev1.MirrorPodAnnotationKey]; {
	case mirrored:
		return static
	case p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed:
		return over
	case c != nil && c.Kind == "DaemonSet":
		return daemon
	case p.DeletionTimestamp != nil:
		return leaves
	case c == nil:
		return unmanaged
	}
	return moves
}

// leaving is one pod of a drain.
type leaving struct {
	pod      *corev1.Pod
	fate     fate
	owner    fleet.ObjectRef
	eviction stuck.Eviction
	last     bool // none other of its model, or of its workload where the model is not known, serves once it is gone
}

// drain cordons the node and evicts its pods one by one.
func (s *scene) drain(ctx context.Context) (fleet.Draft, error) {
	d := fleet.Draft{NoUndo: fleet.Text("a pod that was evicted does not come back to its node; uncordon opens the node for others")}
	budgets, err := listing.Of[policyv1.PodDisruptionBudget](ctx, s.c, budgetKind, "", "")
	known := err == nil
	if fleet.KindOf(err) == fleet.KindAuth {
		d.Notes = append(d.Notes, fleet.Textf("disruption budgets are not known, the server asks them at each eviction: %s", fleet.Cause(err)))
	} else if err != nil {
		return d, err
	}
	nodes, err := listing.Of[corev1.Node](ctx, s.c, nodeKind, "", "")
	if err != nil {
		return d, err
	}
	if w, ok := s.closing(); ok {
		d.Stages = append(d.Stages, fleet.Stage{Text: w.Text, Writes: []fleet.ObjectWrite{w}})
	}
	list, kept := s.onNode(budgets)
	room := rooms{cluster: &stuck.Cluster{Nodes: others(nodes, s.node.Name), Pods: s.pods}, known: map[fleet.ObjectRef]stuck.Room{},
		taken: map[shape]int{}}
	for _, l := range list {
		d.Stages = append(d.Stages, s.evict(l, known, &room))
		d.Leaves = append(d.Leaves, s.leaves(l, budgets, known))
		d.Extra += podspec.GPUs(&l.pod.Spec)
		if isReady(l.pod) {
			d.Down++
		}
	}
	if len(d.Stages) == 0 {
		return d, s.refuse(fleet.KindInvalid, "it is cordoned and has no pod that a drain moves away")
	}
	d.Notes = slices.Concat(d.Notes, texts(marks(s.node)), warnings(list, room.short), kept)
	return d, nil
}

func others(nodes []*corev1.Node, but string) []*corev1.Node {
	return slices.DeleteFunc(nodes, func(n *corev1.Node) bool { return n.Name == but })
}

// onNode orders the pods that go: those that others stand in for first, then those that a budget refuses now, then the
// last ones of a model, so that what was moved before has the most time to load, and at the end what nobody makes again.
func (s *scene) onNode(budgets []*policyv1.PodDisruptionBudget) (list []leaving, kept []fleet.Safe) {
	counts, in := map[fate]int{}, s.standIns()
	for _, p := range s.pods {
		if p.Spec.NodeName != s.node.Name {
			continue
		}
		l := leaving{pod: p, fate: fateOf(p), owner: owner.OfPod(s.out.Object.Cluster, p), eviction: stuck.Evict(p, budgets)}
		counts[l.fate]++
		if l.fate == moves || l.fate == unmanaged {
			list = append(list, l)
		}
	}
	rank := func(l leaving) int {
		switch {
		case l.fate == unmanaged:
			return 3
		case !in.have(l):
			return 2
		case l.eviction.Refused:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b leaving) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(key(a.pod), key(b.pod)))
	})
	markLast(list, in)
	for _, k := range []struct {
		fate fate
		text fleet.Safe
	}{{daemon, fleet.Verb(counts[daemon], "of a DaemonSet stays", "of DaemonSets stay")},
		{static, fleet.Verb(counts[static], "of the node's own files stays", "of the node's own files stay")},
		{over, fleet.Verb(counts[over], "that has ended stays", "that have ended stay")},
		{leaves, fleet.Verb(counts[leaves], "is going already", "are going already")}} {
		if n := counts[k.fate]; n > 0 {
			kept = append(kept, fleet.Concat(fleet.Many(n, "pod"), fleet.Text(" "), k.text))
		}
	}
	return list, kept
}

func key(p *corev1.Pod) string { return p.Namespace + "/" + p.Name }

// standIns are what is ready on other nodes: workloads, and names under which models are served in a namespace. Another namespace
// may call another model so.
type standIns struct {
	owners map[fleet.ObjectRef]bool
	names  map[model]bool
}

type model struct {
	namespace string
	name      fleet.Safe
}

func (s *scene) standIns() standIns {
	in := standIns{map[fleet.ObjectRef]bool{}, map[model]bool{}}
	for _, p := range s.pods {
		if p.Spec.NodeName == s.node.Name || !isReady(p) {
			continue
		}
		in.owners[owner.OfPod(s.out.Object.Cluster, p)] = true
		for _, n := range served(p) {
			in.names[n] = true
		}
	}
	return in
}

// have tells whether another pod, on another node, serves what this one serves.
func (in standIns) have(l leaving) bool {
	return l.owner.Name != "" && in.owners[l.owner] || slices.ContainsFunc(served(l.pod), func(n model) bool { return in.names[n] })
}

func served(p *corev1.Pod) []model {
	var list []model
	for _, n := range podspec.OfPod(p).Version().Served {
		list = append(list, model{p.Namespace, n})
	}
	return list
}

func sharesName(a, b []model) bool {
	return slices.ContainsFunc(a, func(n model) bool { return slices.Contains(b, n) })
}

// markLast marks the pod after which nothing of its kind serves: of several on this node, the one that goes last.
func markLast(list []leaving, in standIns) {
	for i := range list {
		if !isReady(list[i].pod) || in.have(list[i]) {
			continue
		}
		list[i].last = !slices.ContainsFunc(list[i+1:], func(o leaving) bool {
			return isReady(o.pod) && (o.owner == list[i].owner && o.owner.Name != "" || sharesName(served(o.pod), served(list[i].pod)))
		})
	}
}

// evict is the stage of one pod.
func (s *scene) evict(l leaving, budgets bool, room *rooms) fleet.Stage {
	p := l.pod
	by := fleet.Text("kept by nothing")
	if l.owner.Name != "" {
		by = fleet.Textf("%s %s", fleet.Quote(l.owner.Kind), fleet.Quote(l.owner.Name))
	}
	parts := []fleet.Safe{fleet.Textf("evict pod %s: %s", fleet.Quote(key(p)), by)}
	if budgets {
		parts = append(parts, l.eviction.Text)
	}
	if l.last {
		parts = append(parts, fleet.Text("the last ready replica of its model"))
	}
	if free := room.text(p, l.owner); !free.IsEmpty() {
		parts = append(parts, free)
	}
	text := fleet.Join(parts, fleet.Text("; "))
	w := fleet.ObjectWrite{Object: s.ref(p), API: podKind, UID: string(p.UID), Verb: fleet.WriteEvict, Text: fleet.Textf("evict pod %s",
		fleet.Quote(key(p)))}
	return fleet.Stage{Text: text, Writes: []fleet.ObjectWrite{w}, Until: fleet.Until{Gone: true}}
}

// shape is what pods that compete for the same room have in common.
type shape struct {
	resource corev1.ResourceName
	each     int
	product  fleet.Safe
}

// rooms counts down what is free elsewhere as pods move there.
type rooms struct {
	cluster *stuck.Cluster
	known   map[fleet.ObjectRef]stuck.Room // by what keeps the pods, which are alike
	taken   map[shape]int
	short   int // pods that find none
}

func (r *rooms) text(p *corev1.Pod, by fleet.ObjectRef) fleet.Safe {
	room, ok := r.known[by]
	if !ok || by.Name == "" || by.Kind == "LeaderWorkerSet" { // whose leaders and workers differ
		room = r.cluster.RoomFor(&p.Spec)
		r.known[by] = room
	}
	if room.Each == 0 {
		return fleet.Safe{}
	}
	at := shape{room.Resource, room.Each, podspec.Product(&p.Spec)}
	left := room.Fits - r.taken[at]
	r.taken[at]++
	text := fleet.Textf("asks for %s %s, elsewhere %s", fleet.Int(room.Each), fleet.Quote(string(room.Resource)), room.Text())
	if left <= 0 {
		r.short++
		return fleet.Textf("%s: no room, it stays Pending", text)
	}
	return text
}

// warnings are what a person must consent to.
func warnings(list []leaving, short int) []fleet.Safe {
	var out []fleet.Safe
	add := func(text fleet.Safe, which func(leaving) bool) {
		var names []string
		for _, l := range list {
			if which(l) {
				names = append(names, key(l.pod))
			}
		}
		if len(names) > 0 {
			out = append(out, fleet.Textf("%s: %s", text, fleet.Quote(strings.Join(names, ", "))))
		}
	}
	add(fleet.Text("no controller makes these again"), func(l leaving) bool { return l.fate == unmanaged })
	add(fleet.Text("the last ready replica of its model goes"), func(l leaving) bool { return l.last })
	add(fleet.Text("a budget never lets these go, and the drain waits there for ever"), func(l leaving) bool { return l.eviction.Never })
	add(fleet.Text("a budget refuses these at the moment"), func(l leaving) bool { return l.eviction.Refused && !l.eviction.Never })
	add(fleet.Text("the whole group of these restarts, on "+
		"other nodes too"), func(l leaving) bool { return l.owner.Kind == "LeaderWorkerSet" })
	add(fleet.Text("what is in their emptyDir volumes is lost"), func(l leaving) bool {
		return slices.ContainsFunc(l.pod.Spec.Volumes, func(v corev1.Volume) bool { return v.EmptyDir != nil })
	})
	if short > 0 {
		out = append(out, fleet.Textf("%s %s Pending", fleet.Many(short, "pod"),
			fleet.Verb(short, "finds no free GPUs elsewhere and stays", "find no free GPUs elsewhere and stay")))
	}
	return out
}
