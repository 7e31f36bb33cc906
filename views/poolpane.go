package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// defaultLook is how far sparklines look back when the scene does not say.
const defaultLook = 15 * time.Minute

// poolsPane draws pools and, with providers, API accounts, worst first, in n rows under its rule and titles.
func poolsPane(b *part.Block, sc Scene, t Table, active, providers bool, n int) {
	rows := poolRows(sc.Snap, providers)
	index, ids := poolOrder(rows, t)
	from, to := window(ids, t, n)
	note := filterNote(t)
	if t.Sort == "" {
		note = fleet.Join(nonEmpty(fleet.Text("worst first"), note), fleet.Text("  "))
	}
	right := position(from, to, len(index))
	if !providers {
		right = tabNote(sc, ScreenPools, right)
	}
	if b.Width() >= normalWidth {
		right = fleet.Concat(right, fleet.Text("   o sort   t window "), fleet.Age(sc.Window))
	}
	b.Rule(fleet.Concat(fleet.Text("POOLS "), fleet.Int(len(rows))), note, right)
	name := nameWidth(ids[from:to], b.Width(), 9)
	g := part.Layout(poolColumns(sc.Window, name), b.Width(), t.Column)
	g.Sort = t.Sort
	g.Head(b)
	limits := limitsOf(sc.Snap)
	for k := from; k < to; k++ {
		c := g.Cells()
		fillPool(c, &rows[index[k]], sc, limits)
		g.Row(b, c, active && ids[k] == t.Selected)
	}
	if len(rows) == 0 {
		b.Gap(2).Put(themes.Dim, noPools(sc.Snap)).End()
	}
	noMatch(b, len(rows), len(index))
}

// noPools says why there is no pool: while clusters are searched none is known yet.
func noPools(s *fleet.Snapshot) fleet.Safe {
	if len(s.Clusters) == 0 {
		return fleet.Text("no pool and no provider is configured")
	}
	listed := 0
	for _, c := range s.Clusters {
		listed += count(answers(c))
	}
	if listed < len(s.Clusters) {
		return fleet.Textf("none yet: the pods of %s of %s clusters are known; :clusters shows what each is doing", fleet.Int(listed),
			fleet.Int(len(s.Clusters)))
	}
	return fleet.Text("none is configured, and none was found yet: :pods lists what runs in the clusters")
}

// noMatch says why a table is empty that has rows.
func noMatch(b *part.Block, all, shown int) {
	if all > 0 && shown == 0 {
		b.Gap(2).Say(themes.Dim, "nothing matches the filter; esc clears it").End()
	}
}

// nameWidth is the room that the visible names need, within what the screen can spare.
func nameWidth(ids []string, width, least int) int {
	most := 16
	if width >= normalWidth {
		most = 24
	}
	for _, id := range ids {
		least = max(least, min(most, part.Width(fleet.Label(id))))
	}
	return least
}

func nonEmpty(parts ...fleet.Safe) []fleet.Safe {
	kept := parts[:0]
	for _, p := range parts {
		if !p.IsEmpty() {
			kept = append(kept, p)
		}
	}
	return kept
}
