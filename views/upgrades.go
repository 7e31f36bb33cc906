package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// Upgrades lists every pool and what keeps it, those that are stuck or on their way first: what it runs, how far its
// roll is and why not further. With Of set it shows that object with its old and new replicas, under the dialog about a
// change of it where one is open.
func Upgrades(sc Scene, u UpgradesState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, sz.H >= tallScreen, func(b *part.Block, rows int) {
		if o := u.object(); o.Name != "" {
			upgradePage(b, sc, u, o, rows)
			return
		}
		all := upgradeRows(sc, u)
		index, ids := upgradeOrder(all, u.List)
		r := chosen(all, index, ids, u.List.Selected)
		remarks := kindRemarks(sc, fleet.ObjectRef{}, workKinds...)
		listAndSheet(b, rows, len(ids), upgradeEvidence(sc, u, r), remarks,
			func(n int) { upgradesPane(b, sc, u, all, index, ids, n) },
			func(b *part.Block, _ int) { upgradeSheet(b, sc, u, r) })
	})
}

// UpgradesOrder tells the order of the tables of the upgrades screen by pane: "upgrades", or with one open "pods".
func UpgradesOrder(sc Scene, u UpgradesState) map[string][]string {
	out := map[string][]string{}
	if sc.Snap == nil {
		return out
	}
	if o := u.object(); o.Name != "" {
		for _, r := range versionPods(sc, u, o) {
			out["pods"] = append(out["pods"], RefID(PodRef(r.c, r.pod)))
		}
		return out
	}
	_, out["upgrades"] = upgradeOrder(upgradeRows(sc, u), u.List)
	return out
}

// UpgradeRef returns what a row of the upgrades screen stands for, by its raw ID: an object, or a pool of which no object
// is known; false when the row is gone.
func UpgradeRef(sc Scene, u UpgradesState, id string) (fleet.ObjectRef, fleet.PoolID, bool) {
	if sc.Snap == nil {
		return fleet.ObjectRef{}, "", false
	}
	if o := u.object(); o.Name != "" {
		for _, r := range versionPods(sc, u, o) {
			if ref := PodRef(r.c, r.pod); RefID(ref) == id {
				return ref, "", true
			}
		}
		return fleet.ObjectRef{}, "", false
	}
	rows := upgradeRows(sc, u)
	for i := range rows {
		if r := &rows[i]; r.id() == id {
			pool := fleet.PoolID("")
			if r.pool != nil {
				pool = r.pool.Spec.ID
			}
			return r.o, pool, true
		}
	}
	return fleet.ObjectRef{}, "", false
}

// object is what is open; a dialog opens its own.
func (u UpgradesState) object() fleet.ObjectRef {
	if u.Shift != nil && u.Shift.Work != nil {
		return u.Shift.Work.Object
	}
	return u.Of
}

// The columns of the list, in the order of drawing.
const (
	upName = iota
	upCluster
	upKind
	upPhase
	upModel
	upWeights
	upRevision
	upEngine
	upReady
	upUpdated
	upGPUs
	upFree
	upScaler
	upKeeper
	upRead
	upWhy
)

// upgradeColumns are the columns. On a wide screen the reason grows in turn with the others: most rows have none, and it
// stands in full under the list.
func upgradeColumns(width, name, cluster int) []part.Column {
	c := []part.Column{
		{Key: "name", Title: fleet.Text("POOL"), Width: name},
		{Title: fleet.Text("CLUSTER"), Width: cluster, Drop: 6},
		{Key: "kind", Title: fleet.Text("KEPT BY"), Width: 11, Most: 22, Drop: 7},
		{Key: "state", Title: fleet.Text("PHASE"), Width: 9},
		{Key: "model", Title: fleet.Text("MODEL"), Width: 11, Most: 24, Drop: 5},
		{Title: fleet.Text("WEIGHTS"), Width: 14, Most: 34, Drop: 9, Least: normalWidth},
		{Title: fleet.Text("REV"), Width: 8, Most: 12, Drop: 11, Least: wideWidth},
		{Title: fleet.Text("ENGINE, IMAGE"), Width: 16, Most: 34, Drop: 8, Least: normalWidth},
		{Title: fleet.Text("READY"), Width: 5, Align: part.Right},
		{Title: fleet.Text("NEW"), Width: 3, Align: part.Right, Drop: 2},
		{Key: "gpus", Title: fleet.Text("GPU"), Width: 3, Align: part.Right, Drop: 3},
		{Title: fleet.Text("FREE"), Width: 4, Align: part.Right, Drop: 4},
		{Title: fleet.Text("AUTOSCALER"), Width: 10, Most: 22, Drop: 10, Least: normalWidth},
		{Title: fleet.Text("OWNER"), Width: 10, Most: 24, Drop: 12, Least: wideWidth},
		{Title: fleet.Text("READ"), Width: 4, Align: part.Right, Drop: 1},
		{Title: fleet.Text("WHY"), Width: 16, Most: 160},
	}
	if width >= wideWidth {
		c[upWhy].Most = 40
	}
	if cluster == 0 {
		c[upCluster].Least = never
	}
	return c
}

// upgradesPane draws the list in n rows under its rule and titles.
func upgradesPane(b *part.Block, sc Scene, u UpgradesState, all []upgradeRow, index []int, ids []string, n int) {
	t := u.List
	from, to := window(ids, t, n)
	open, loud := 0, 0
	for i := range all {
		open += count(all[i].change != nil)
		loud += count(all[i].rank >= 8)
	}
	note := fleet.Text("stuck and moving ones first")
	if loud > 0 {
		note = fleet.Textf("%s stuck", fleet.Int(loud))
	}
	if open > 0 {
		note = fleet.Textf("%s, %s open", note, fleet.Many(open, "change"))
	}
	b.Rule(fleet.Concat(fleet.Text("UPGRADES "), fleet.Int(len(all))), fleet.Join(nonEmpty(note, filterNote(t)), fleet.Text("  ")),
		fleet.Concat(position(from, to, len(ids)), fleet.Text("   U upgrade   x actions")))
	name, cluster := 9, 0
	for k := from; k < to; k++ {
		r := &all[index[k]]
		name = max(name, min(mostName(b.Width()), part.Width(r.name())))
		cluster = max(cluster, min(16, labelWidth(string(r.o.Cluster))))
	}
	if len(sc.Snap.Clusters) < 2 {
		cluster = 0
	}
	g := part.Layout(upgradeColumns(b.Width(), name, headed(cluster, 7)), b.Width(), t.Column)
	g.Sort = t.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		c := g.Cells()
		fillUpgrade(c, &all[index[k]], sc)
		g.Row(b, c, ids[k] == t.Selected)
	}
	if len(all) == 0 {
		b.Gap(2).Say(themes.Dim, "no pool is configured, and no workload of a watched cluster asks for GPUs").End()
	}
	noMatch(b, len(all), len(ids))
}

func fillUpgrade(c []part.Cell, r *upgradeRow, sc Scene) {
	old := r.seen.old(sc.Now)
	dim := themes.Dim
	c[upName] = part.Cell{Text: r.name()}
	c[upCluster] = part.Cell{Text: orUnknown(fleet.Label(string(r.o.Cluster))), Role: dim}
	c[upKind] = part.Cell{Text: orUnknown(r.kept()), Role: dim}
	c[upPhase] = r.phaseCell(old)
	c[upModel] = part.Cell{Text: orUnknown(r.model())}
	v := r.version()
	c[upWeights] = part.Cell{Text: orUnknown(v.Weights), Role: dim}
	c[upRevision] = part.Cell{Text: orUnknown(v.Revision), Role: dim}
	c[upEngine] = part.Cell{Text: orUnknown(r.engine()), Role: dim}
	c[upReady], c[upUpdated] = part.Cell{Text: fleet.Text(fleet.Unknown), Role: dim}, part.Cell{Text: fleet.Text(fleet.Unknown), Role: dim}
	if ready, updated, desired, ok := r.count(); ok {
		g := r.gaps()
		c[upReady] = part.Cell{Lead: g.Replicas(ready), Text: fleet.Text("/"), Tail: fleet.Int(desired),
			Role: bad(themes.Text, ready < desired && !g.Ready)}
		c[upUpdated] = part.Cell{Text: g.Replicas(updated)}
	}
	c[upGPUs], c[upFree] = numberCell(r.gpus()), numberCell(r.free(sc.Snap))
	c[upScaler] = part.Cell{Text: orUnknown(r.scaler()), Role: dim}
	c[upKeeper] = part.Cell{Text: orUnknown(r.keeper()), Role: dim}
	c[upRead] = part.Cell{Text: ageText(r.seen.At, sc.Now), Role: dim}
	if old {
		c[upRead].Role = themes.Stale
	}
	c[upWhy] = part.Cell{Text: r.why(), Role: r.whyRole()}
}

// kept is the system that keeps the replicas, as read, else the kind of the object.
func (r *upgradeRow) kept() fleet.Safe {
	if s := r.seen.Rollout.System; !s.IsEmpty() {
		return s
	}
	return fleet.Label(r.o.Kind)
}

func numberCell(n fleet.Maybe[int]) part.Cell {
	if !n.OK {
		return part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
	}
	return part.Cell{Text: fleet.Int(n.V)}
}

// phaseCell draws how far the roll is; of what was read long ago it ends with "~".
func (r *upgradeRow) phaseCell(old bool) part.Cell {
	c := part.Cell{Text: r.phaseWord(), Role: themes.Dim}
	switch {
	case r.change != nil:
		c.Role = journalRole(r.change)
	case r.seen.known() && old:
		c.Role, c.Tail = themes.Stale, fleet.Text("~")
	case r.seen.known():
		c.Role = phaseRole(r.seen.Rollout.Phase)
	case !r.seen.Err.IsEmpty():
		c.Role = themes.Stale
	}
	return c
}

func (r *upgradeRow) whyRole() themes.Role {
	switch {
	case r.rank >= 8:
		return themes.Bad
	case r.rank >= 4:
		return themes.Warn
	default:
		return themes.Dim
	}
}

// upgradeEvidence says of the selected row what its cells have no room for.
func upgradeEvidence(sc Scene, u UpgradesState, r *upgradeRow) evidence {
	if r == nil {
		return evidence{}
	}
	parts := nonEmpty(r.why())
	if r.o.Name != "" {
		parts = append(parts, r.seen.standing(r.o, u.Deaf, sc.Now))
		parts = append(parts, nonEmpty(r.version().Text())...)
	}
	return evidence{r.name(), fleet.Join(parts, fleet.Text("; ")), r.whyRole()}
}

// upgradeSheet tells the selected row under the list.
func upgradeSheet(b *part.Block, sc Scene, u UpgradesState, r *upgradeRow) {
	if r == nil {
		return
	}
	title := r.name()
	if r.o.Name != "" {
		title = RefText(r.o)
	}
	b.Rule(title, fleet.Label(string(r.o.Cluster)), more())
	f := newPage(sc, b.Width())
	rolloutFacts(f, sc, u, r, allFacts)
	b.Append(f.Block)
}

// UpgradeRefs returns the objects of all rows of the list by raw ID.
func UpgradeRefs(sc Scene, u UpgradesState) map[string]fleet.ObjectRef {
	out := map[string]fleet.ObjectRef{}
	if sc.Snap == nil {
		return out
	}
	rows := upgradeRows(sc, u)
	for i := range rows {
		out[rows[i].id()] = rows[i].o
	}
	return out
}
