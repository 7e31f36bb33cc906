package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// workloadPage tells one workload and lists its pods.
func workloadPage(b *part.Block, sc Scene, u ClusterState, rows int) {
	c, w := WorkloadOf(sc.Snap, u.Of)
	if w == nil {
		objectGone(b, sc, u.Of, c)
		return
	}
	workloadSheet(b, sc, &workloadRow{c, w}, escBack())
	b.End()
	l := u.Lists.podList(sc, u.Of, u.PagePods)
	what := podEvidence(l.chosen(u.PagePods), sc.Now)
	left := rows - b.Len() - 2 - what.lines(b.Width())
	pods := min(left, max(1, len(l.ids)))
	podsPane(b, sc, u.PagePods, l, paneLook{active: true, title: fleet.Text("PODS"), one: true}, pods)
	what.draw(b)
	if left-pods > 3 {
		objectEvents(b.End(), sc, c, u.Of, left-pods-2)
	}
}

// workloadSheet is all that is known of a workload but its pods.
func workloadSheet(b *part.Block, sc Scene, r *workloadRow, right fleet.Safe) {
	c, w := r.c, r.w
	b.Rule(RefText(WorkloadRef(c, w)), fleet.Label(string(c.ID)), right)
	f := newPage(sc, b.Width())
	standingLine(f, sc, c, r.state(), w.Since, workloadWhy(r))
	f.tell(fleet.Text("replicas"), rowRole(c, r.state()), fleet.Textf("%s wanted, %s ready, %s of the new revision, %s available",
		fleet.Int(w.Desired), w.Gaps.Replicas(w.Ready), w.Gaps.Replicas(w.Updated), w.Gaps.Replicas(w.Available)), 1)
	f.tell(fleet.Text("GPUs"), themes.Text, fleet.Textf("%s each, %s when all run", w.Gaps.Devices(w.GPUsEach),
		w.Gaps.Devices(w.Desired*w.GPUsEach)), 1)
	f.tell(fleet.Text("limits"), themes.Text, fleet.Textf("autoscaler %s; disruption budget %s", noneOr(w.Autoscaler),
		noneOr(w.Budget)), 2)
	f.tell(fleet.Text("image"), themes.Dim, orUnknown(w.Image), 2)
	b.Append(f.Block)
}

func noneOr(t fleet.Safe) fleet.Safe {
	if t.IsEmpty() {
		return fleet.Text("none")
	}
	return t
}
