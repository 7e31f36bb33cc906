package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// evidence stands under a table and says about its selected row what the cells have no room for.
type evidence struct {
	name fleet.Safe
	why  fleet.Safe
	role themes.Role
}

// replicaEvidence is why the selected replica, else the worst, is in its state.
func replicaEvidence(p *fleet.Pool, t Table) evidence {
	index, ids := replicaOrder(p, t)
	r := chosen(p.Replicas, index, ids, t.Selected)
	if r == nil {
		return evidence{}
	}
	return evidence{name: fleet.Label(string(r.ID)), why: r.Why, role: themes.OfState(r.State)}
}

// gpuEvidence is what the last Xid of the selected device, else the worst, means and what is to be done.
func gpuEvidence(rows []gpuRow, t Table, now time.Time) evidence {
	index, ids := gpuOrder(rows, t)
	row := chosen(rows, index, ids, t.Selected)
	if row == nil {
		return evidence{}
	}
	_, why := xidCells(row.gpu, now)
	at := fleet.Concat(fleet.Label(string(row.node.ID)), fleet.Text(" GPU "), place(&row.gpu.Reading))
	if row.gpu.Xid.OK {
		at = fleet.Concat(at, fleet.Text(" Xid "), fleet.Int(row.gpu.Xid.V.Code))
	}
	return evidence{name: at, why: why.Text, role: themes.OfState(row.state())}
}

// chosen is the selected row of a table, else the first.
func chosen[T any](rows []T, index []int, ids []string, selected string) *T {
	for k, id := range ids {
		if id == selected {
			return &rows[index[k]]
		}
	}
	if len(index) == 0 {
		return nil
	}
	return &rows[index[0]]
}

// wrapped breaks the text for a width: one line where there is room, two on a compact screen.
func (e evidence) wrapped(width int) []fleet.Safe {
	most := 2
	if width >= normalWidth {
		most = 1
	}
	return e.wrappedTo(width, most)
}

func (e evidence) wrappedTo(width, most int) []fleet.Safe {
	return part.Wrap(e.why, width-e.indent(width), most)
}

// fitted breaks the text for a width where spare more lines are free than usually: nothing is cut beside empty lines.
func (e evidence) fitted(width, spare int) []fleet.Safe {
	const most = 6
	return e.wrappedTo(width, max(len(e.wrapped(width)), min(spare, most)))
}

// indent is where the text begins; a long name leaves at least half of the line to it.
func (e evidence) indent(width int) int { return min(width/2, 2+part.Width(e.name)+2) }

// lines is how many lines draw takes.
func (e evidence) lines(width int) int { return len(e.wrapped(width)) }

func (e evidence) draw(b *part.Block) { e.put(b, e.wrapped(b.Width())) }

func (e evidence) put(b *part.Block, lines []fleet.Safe) {
	indent := e.indent(b.Width())
	for i, l := range lines {
		if i == 0 {
			b.Gap(2).Cell(themes.Dim, e.name, indent-4, part.Left).Say(themes.Dim, ": ")
		}
		b.To(indent).Put(e.role, l).End()
	}
}
