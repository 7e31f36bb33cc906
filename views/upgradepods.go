package views

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// versionPod is one pod of an object with the version that it runs, and the replica of a pool that it is.
type versionPod struct {
	c       *fleet.Cluster
	pod     *fleet.Pod
	word    fleet.Safe     // new, old; now where only one version runs; "" where it is not known
	replica *fleet.Replica // nil where no pool reads it
}

// versionPods lists the pods of an object: those of the new version first, then by how bad they are.
func versionPods(sc Scene, u UpgradesState, o fleet.ObjectRef) []versionPod {
	c := ClusterOf(sc.Snap, o.Cluster)
	if c == nil {
		return nil
	}
	seen := u.Seen[o].Rollout
	var list []versionPod
	for _, p := range c.Pods {
		if !holdsPod(o, p) || p.Ended() {
			continue
		}
		r := versionPod{c: c, pod: p, word: versionWord(&seen, p.Name)}
		_, r.replica = ReplicaOfPod(sc.Snap, c, p)
		list = append(list, r)
	}
	rank := map[fleet.Safe]int{fleet.Text("new"): 2, fleet.Text("old"): 1}
	slices.SortStableFunc(list, func(a, b versionPod) int {
		return cmp.Or(cmp.Compare(rank[b.word], rank[a.word]), cmp.Compare(trouble(b.pod.State), trouble(a.pod.State)),
			strings.Compare(a.pod.Name, b.pod.Name))
	})
	return list
}

func versionWord(r *fleet.Rollout, pod string) fleet.Safe {
	switch {
	case slices.Contains(r.OldPods, pod):
		return fleet.Text("old")
	case !slices.Contains(r.UpdatedPods, pod):
		return fleet.Safe{}
	case len(r.OldPods) == 0 && r.Phase == fleet.RolloutDone:
		return fleet.Text("now")
	}
	return fleet.Text("new")
}

func versionColumns(name int) []part.Column {
	return []part.Column{
		{Title: fleet.Text("REV"), Width: 3},
		{Title: fleet.Text("REPLICA"), Width: name, Most: 40},
		{Title: fleet.Text("NODE"), Width: 11, Most: 24, Drop: 2},
		{Title: fleet.Text("GPU"), Width: 3, Align: part.Right, Drop: 5},
		{Title: fleet.Text("STATE"), Width: 8},
		{Title: fleet.Text("READY"), Width: 5, Drop: 1},
		{Title: fleet.Text("TOK/S"), Width: 6, Align: part.Right, Drop: 3},
		{Title: fleet.Text("KV%"), Width: 4, Align: part.Right, Drop: 4, Least: normalWidth},
		{Title: fleet.Text("RST"), Width: 3, Align: part.Right, Drop: 6, Least: normalWidth},
		{Title: fleet.Text("AGE"), Width: 4, Align: part.Right, Drop: 3},
		{Title: fleet.Text("WHY"), Width: 10, Most: 120},
	}
}

// knownPods is how many pods of an object are known, and what stands in the place of none: those of a cloud are its own.
func knownPods(sc Scene, o fleet.ObjectRef, n int) (number, none fleet.Safe) {
	if c := ClusterOf(sc.Snap, o.Cluster); c != nil && c.Hosted {
		return fleet.Text(fleet.Unknown), fleet.Text("its replicas are known to its cloud only")
	}
	return fleet.Int(n), fleet.Text("no pod of it is known")
}

// versionsPane draws the old and new replicas in n rows under their rule and titles.
func versionsPane(b *part.Block, sc Scene, u UpgradesState, o fleet.ObjectRef, n int) {
	list := versionPods(sc, u, o)
	ids := make([]string, len(list))
	fresh, old := 0, 0
	for i := range list {
		ids[i] = RefID(PodRef(list[i].c, list[i].pod))
		fresh += count(list[i].word == fleet.Text("new"))
		old += count(list[i].word == fleet.Text("old"))
	}
	from, to := window(ids, u.Pods, n)
	title, note := fleet.Text("REPLICAS "), fleet.Safe{}
	switch {
	case o.Kind == kindNode:
		title = fleet.Text("PODS ")
	case fresh+old > 0:
		note = fleet.Textf("%s new, %s old", fleet.Int(fresh), fleet.Int(old))
	case !u.Seen[o].known() && len(list) > 0:
		note = fleet.Text("which version each runs is not read yet")
	}
	number, none := knownPods(sc, o, len(list))
	b.Rule(fleet.Concat(title, number), note, position(from, to, len(list)))
	name := 12
	for i := from; i < to; i++ {
		name = max(name, min(mostName(b.Width()), labelWidth(list[i].pod.Name)))
	}
	columns := versionColumns(name)
	if o.Kind == kindNode {
		columns[0].Least, columns[1].Title = never, fleet.Text("POD")
	}
	g := part.Layout(columns, b.Width(), u.Pods.Column)
	g.Head(b)
	for i := from; i < to; i++ {
		c := g.Cells()
		fillVersion(c, &list[i], sc)
		g.Row(b, c, u.Shift == nil && ids[i] == u.Pods.Selected)
	}
	if len(list) == 0 && n > 0 {
		b.Gap(2).Put(themes.Dim, none).End()
	}
}

func fillVersion(c []part.Cell, r *versionPod, sc Scene) {
	p, state := r.pod, seenAs(r.c, r.pod.State)
	c[0] = part.Cell{Text: orUnknown(r.word), Role: themes.Dim}
	if r.word == fleet.Text("new") {
		c[0].Role = themes.Accent
	}
	c[1] = part.Cell{Text: fleet.Label(p.Name)}
	c[2] = part.Cell{Text: orUnknown(fleet.Label(p.Node)), Role: themes.Dim}
	c[3] = part.Cell{Text: fleet.Int(p.GPUs), Role: themes.Dim}
	c[4] = part.Cell{Text: stateText(state, r.c.At, sc.Now), Role: themes.OfState(state)}
	c[5] = part.Cell{Lead: fleet.Int(p.Ready), Text: fleet.Text("/"), Tail: fleet.Int(p.Containers),
		Role: bad(themes.Text, p.Ready < p.Containers)}
	c[6], c[7] = part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}, part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
	if l := loadOf(r, sc); l != nil {
		c[6] = part.Cell{Text: fleet.Show(l.OutRate)}
		c[7] = part.Cell{Text: whole(l.KV)}
	}
	c[8] = part.Cell{Text: fleet.Int(p.Restarts), Role: themes.Dim}
	c[9] = part.Cell{Text: ageText(p.Created, sc.Now), Role: themes.Dim}
	c[10] = part.Cell{Text: p.Why, Role: roleOfWhy(state)}
}

// oldLoad is the age from which what a replica did is not what its pod does: the pod may be another one by now.
const oldLoad = time.Minute

// loadOf is what a pod does, nil while it is not ready or was not read lately.
func loadOf(r *versionPod, sc Scene) *fleet.Load {
	if r.replica == nil || r.replica.State == fleet.StateStale || r.pod.Ready < r.pod.Containers {
		return nil
	}
	l := &r.replica.Load
	if l.At.IsZero() || sc.Now.Sub(l.At) > oldLoad || l.At.Before(r.pod.Created) {
		return nil
	}
	return l
}
