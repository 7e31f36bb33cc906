package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// upgradeNodeFacts tells how a machine stands on the page of its changes: what it has, whether pods may come, and what a drain
// would move away. A machine has no replicas, no newest version and no autoscaler.
func upgradeNodeFacts(f *page, sc Scene, u UpgradesState, r *upgradeRow, detail int) {
	c, n := NodeOf(sc.Snap, r.o)
	if n == nil {
		f.tell(fleet.Text("state"), themes.Stale, fleet.Text("the watch of its cluster does not know this machine"), 2)
	} else {
		row := &nodeRow{c: c, node: n}
		standingLine(f, sc, c, row.state(), badSince(n), nodeWhyText(row))
		f.tell(fleet.Text("GPUs"), rowRole(c, row.state()), nodeGPUText(row), 2)
		f.tell(fleet.Text("schedules"), schedules(n, themes.Text).Role, nodeTaints(n), 2)
		if detail != fewFacts {
			f.tell(fleet.Text("machine"), themes.Dim, machineText(n, sc.Now), 2)
		}
	}
	role := themes.Text
	if !r.seen.known() || r.seen.old(sc.Now) || !r.seen.Err.IsEmpty() || !u.Deaf.IsEmpty() {
		role = themes.Stale
	}
	f.tell(fleet.Text("a drain"), role, drainText(sc, u, r), 2)
	if !r.seen.known() || detail == fewFacts {
		return
	}
	s := &r.seen.Rollout
	if why := s.Why; !why.IsEmpty() && why != fleet.Text("cordoned") {
		f.tell(fleet.Text("marks"), themes.Warn, why, 3)
	}
	if !s.GitOps.IsEmpty() {
		f.tell(fleet.Text("owner"), themes.Text, fleet.Concat(fleet.Text("applied by "), s.GitOps), 1)
	}
}

// drainText says what a drain would move away, as it was read with the machine.
func drainText(sc Scene, u UpgradesState, r *upgradeRow) fleet.Safe {
	standing := r.seen.standing(r.o, u.Deaf, sc.Now)
	if !r.seen.known() {
		return standing
	}
	s := &r.seen.Rollout
	text := fleet.Textf("moves %s away, %s ready", fleet.Many(s.Desired, "pod"), fleet.Int(s.Ready))
	if s.Desired == 0 {
		text = fleet.Text("moves no pod away")
	}
	if s.GPUsEach > 0 {
		text = fleet.Textf("%s, with %s", text, fleet.Many(s.GPUsEach, "GPU"))
		if free := r.free(sc.Snap); free.OK {
			text = fleet.Textf("%s; %s free", text, fleet.Int(free.V))
			if !s.Product.IsEmpty() {
				text = fleet.Textf("%s of %s", text, s.Product)
			}
		}
	}
	return fleet.Concat(text, fleet.Text("; "), standing)
}

// nodeLine is how a machine stands in one line.
func nodeLine(b *part.Block, sc Scene, u UpgradesState, r *upgradeRow) {
	b.Gap(1)
	if c, n := NodeOf(sc.Snap, r.o); n != nil {
		row := &nodeRow{c: c, node: n}
		at := schedules(n, themes.Text)
		b.Put(themes.OfState(row.state()), stateText(row.state(), c.At, sc.Now)).Gap(2).Put(at.Role, at.Text).Gap(2)
	}
	b.Put(themes.Text, fleet.Concat(fleet.Text("a drain "), drainText(sc, u, r))).End()
}
