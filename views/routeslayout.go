package views

import (
	"pitwall/fleet"
	"pitwall/views/part"
)

// The least height of a chart, and the width of the left column beside a dialog or charts.
const (
	leastChart = 8
	sideWidth  = 45
	// besideWidth is the width from which the dialog has room beside the data; below it covers what is under the
	// targets.
	besideWidth = 116
)

// routeColumn is a route on a compact screen without a dialog.
func routeColumn(b *part.Block, sc Scene, u RoutesState, r *fleet.Route, rows int) {
	routeRule(b, sc, r, u.Targets)
	if rows >= lowScreen {
		routeFacts(b, sc, r, true)
	}
	targets := share{least: 3, want: max(1, len(r.Targets)), weight: 2}
	replicas := share{least: 1, want: len(r.Replicas), weight: 1}
	changes := share{least: 1, want: max(1, len(changesOn(sc, r.Spec.ID))), weight: 1}
	fallbacks := share{}
	if rows >= lowScreen {
		fallbacks = share{least: 1, want: fallbackRows(r), weight: 1}
	}
	faults, wrong := share{}, remarksOf(r, b.Width())
	if n := wrong.lines(); n > 0 && rows >= lowScreen {
		faults = share{least: min(2, n), want: n, weight: 1}
	}
	blame := targetEvidence(sc, r, u.Targets)
	fixed := 1 + blame.lines(b.Width()) + 2 // titles, evidence, rules of replicas and changes
	if fallbacks.want > 0 {
		fixed += 2 // its rule, and the proof of the target
	}
	if faults.want > 0 {
		fixed++ // its rule
	}
	divide(rows-b.Len()-fixed, []*share{&targets, &faults, &replicas, &changes, &fallbacks})
	targetTable(b, sc, u, r, targets.got)
	blame.draw(b)
	if fallbacks.want > 0 {
		proofLine(b, sc, r, u.Targets)
	}
	wrong.draw(b, faults.got)
	replicasOfRoute(b, sc, r, replicas.got)
	changeList(b, sc, r.Spec.ID, changes.got)
	if fallbacks.want > 0 {
		fallbackList(b, sc, r, fallbacks.got)
	}
}

// routeUnderShift is a route on a compact screen under the dialog: its targets stay in view, and where there is
// room what the gateway replicas hold.
func routeUnderShift(b *part.Block, sc Scene, u RoutesState, r *fleet.Route, rows int) {
	const least = 11 // lines of the dialog
	after := 0
	if r != nil {
		routeRule(b, sc, r, u.Targets)
		after = 2
		if rows < lowScreen {
			after = 0
		}
		n := max(1, min(len(r.Targets), 6, rows-b.Len()-1-after-15))
		if rows >= least+4 {
			targetTable(b, sc, u, r, n)
		}
	}
	b.Append(shiftBox(sc, u.Shift, r, b.Width(), rows-b.Len()-after, true))
	if after > 0 {
		replicaLine(b, sc, r)
		lastChangeLine(b, sc, r.Spec.ID)
	}
}

// routePage has the targets over the whole width; below, what gateways hold and what was changed on the left, and
// the dialog or charts on the right.
func routePage(b *part.Block, sc Scene, u RoutesState, r *fleet.Route, rows int) {
	if r != nil {
		routeRule(b, sc, r, u.Targets)
		routeFacts(b, sc, r, true)
		n := max(1, min(len(r.Targets), rows/3))
		targetTable(b, sc, u, r, n)
		targetEvidence(sc, r, u.Targets).draw(b)
		proofLine(b, sc, r, u.Targets)
		wrong := remarksOf(r, b.Width())
		wrong.draw(b, min(wrong.lines(), rows/6))
		b.End()
	}
	beneath := rows - b.Len()
	left := part.NewBlock(sc.Theme, sideWidth, beneath)
	right := part.NewBlock(sc.Theme, b.Width()-sideWidth-1, beneath)
	charts := routeCharts(sc, r)
	charts = routeRight(right, sc, u, r, beneath, charts, 2)
	if u.Shift == nil {
		charts = nil // the right side shows them
	}
	routeLeft(left, sc, r, beneath, charts)
	b.Beside(left.Cut(beneath).Fill(beneath), right.Cut(beneath).Fill(beneath), 1)
}

// wideRoute has the data in the left column and the dialog, or charts, docked at the right.
func wideRoute(b *part.Block, sc Scene, u RoutesState, r *fleet.Route, rows int) {
	const gap = 2
	width := b.Width() * 3 / 5
	left := part.NewBlock(sc.Theme, width, rows)
	right := part.NewBlock(sc.Theme, b.Width()-width-gap, rows)
	charts := routeRight(right, sc, u, r, rows, routeCharts(sc, r), 3)
	if r != nil {
		routeRule(left, sc, r, u.Targets)
		routeFacts(left, sc, r, true)
		targetTable(left, sc, u, r, max(1, min(len(r.Targets), rows/3)))
		targetEvidence(sc, r, u.Targets).draw(left)
		proofLine(left, sc, r, u.Targets)
		wrong := remarksOf(r, left.Width())
		wrong.draw(left, min(wrong.lines(), rows/6))
		left.End()
	}
	routeLeft(left, sc, r, rows, charts)
	b.Beside(left.Cut(rows).Fill(rows), right.Cut(rows).Fill(rows), gap)
}

// routeRight draws the dialog, and charts into what is left; it returns the charts that had no room.
func routeRight(b *part.Block, sc Scene, u RoutesState, r *fleet.Route, rows int, charts []chartSpec,
	most int) []chartSpec {
	if u.Shift != nil {
		box := shiftBox(sc, u.Shift, r, b.Width(), rows, false)
		if rows-box.Len() < leastChart+1 || len(charts) == 0 {
			box = shiftBox(sc, u.Shift, r, b.Width(), rows, true)
		}
		b.Append(box)
		if b.Len() < rows {
			b.End()
		}
		most = 1
	}
	return drawCharts(b, sc, charts, rows, most)
}

// routeLeft draws replicas, changes and fallbacks; charts stand between in what is left.
func routeLeft(b *part.Block, sc Scene, r *fleet.Route, rows int, charts []chartSpec) {
	if r == nil {
		return
	}
	changes := len(changesOn(sc, r.Spec.ID))
	replicasOfRoute(b, sc, r, max(1, min(len(r.Replicas), (rows-b.Len())/3)))
	b.End()
	if len(charts) > 0 {
		tail := 2 + 1 + min(max(1, changes), 4) + min(3, fallbackRows(r))
		drawCharts(b, sc, charts, rows-tail, len(charts))
	}
	fallbacks := fallbackRows(r)
	changeList(b, sc, r.Spec.ID, max(1, min(max(1, changes), rows-b.Len()-3-fallbacks)))
	b.End()
	if left := rows - b.Len() - 1; left > 0 {
		fallbackList(b, sc, r, left)
	}
}

// drawCharts fills the block up to rows with at most most of the charts, and returns the others.
func drawCharts(b *part.Block, sc Scene, charts []chartSpec, rows, most int) []chartSpec {
	n := max(0, min(len(charts), most, (rows-b.Len())/leastChart))
	for i := range n {
		chartPane(b, sc, charts[i], (rows-b.Len())/(n-i))
	}
	return charts[n:]
}
