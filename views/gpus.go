package views

import (
	"cmp"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// gpuRow is one device with its machine.
type gpuRow struct {
	node *fleet.Node
	gpu  *fleet.GPU
}

// GPUKey identifies a device in tables: its UUID, with the instance for a part of a board, or its place where the
// exporter gives no UUID.
func GPUKey(n fleet.Node, g fleet.GPU) string {
	id := string(g.Reading.ID)
	if id == "" {
		id = string(n.ID) + "/" + g.Reading.Index
	}
	if g.Reading.MIG != "" {
		id += "/" + g.Reading.MIG
	}
	return id
}

func gpuRows(p *fleet.Pool) []gpuRow {
	count := 0
	for i := range p.Nodes {
		count += len(p.Nodes[i].GPUs)
	}
	rows := make([]gpuRow, 0, count)
	for i := range p.Nodes {
		for j := range p.Nodes[i].GPUs {
			rows = append(rows, gpuRow{&p.Nodes[i], &p.Nodes[i].GPUs[j]})
		}
	}
	return rows
}

// state is the state of the device, stale with its machine.
func (r gpuRow) state() fleet.State {
	if r.gpu.Missing {
		return fleet.StateDown
	}
	return r.gpu.State
}

func (r gpuRow) sortValue(key string) (float64, bool) {
	g := &r.gpu.Reading
	switch key {
	case "gpu":
		return known(g.Util)
	case "mem":
		return known(memoryShare(g))
	case "temp":
		return known(g.Temp)
	case "power":
		return known(g.Power)
	default:
		return 0, false
	}
}

func gpuOrder(rows []gpuRow, t Table) ([]int, []string) {
	o := order{
		n: len(rows), filter: t.Filter, flip: t.Reverse,
		id: func(i int) string { return GPUKey(*rows[i].node, *rows[i].gpu) },
		text: func(i int) string {
			g := &rows[i].gpu.Reading
			return strings.Join([]string{string(rows[i].node.ID), g.Index, string(g.ID), string(rows[i].state()), g.Pod}, " ")
		},
		less: func(i, j int) int {
			switch t.Sort {
			case "", "state":
				return cmp.Compare(trouble(rows[j].state()), trouble(rows[i].state()))
			case "name":
				return 0
			}
			return compareKnown(rows[i].sortValue, rows[j].sortValue, t.Sort)
		},
	}
	index := o.rows()
	return index, o.ids(index)
}

// memoryShare is the used part of a device's memory.
func memoryShare(g *fleet.GPUReading) fleet.Maybe[fleet.Ratio] {
	if !g.MemUsed.OK || !g.MemFree.OK || g.MemUsed.V+g.MemFree.V <= 0 {
		return fleet.None[fleet.Ratio]()
	}
	return fleet.Some(fleet.Ratio(g.MemUsed.V / (g.MemUsed.V + g.MemFree.V)))
}

func gpuColumns(look time.Duration, name, place int) []part.Column {
	return []part.Column{
		{Key: "name", Title: fleet.Text("NODE"), Width: name},
		{Title: fleet.Text("GPU"), Width: place},
		{Key: "state", Title: fleet.Text("STATE"), Width: 8},
		{Key: "gpu", Title: fleet.Text("UTIL%"), Width: 5, Align: part.Right},
		{Title: fleet.Age(look), Width: 8, Drop: 8, Least: normalWidth},
		{Key: "mem", Title: fleet.Text("MEM%"), Width: 4, Align: part.Right},
		{Key: "temp", Title: fleet.Text("TEMP"), Width: 4, Align: part.Right},
		{Key: "power", Title: fleet.Text("POWER"), Width: 6, Align: part.Right},
		{Title: fleet.Text("MHZ"), Width: 5, Align: part.Right, Drop: 2},
		{Title: fleet.Text("XID"), Width: 3, Align: part.Right},
		{Title: fleet.Text("WHAT IT MEANS, WHAT TO DO"), Width: 16, Most: 90, Drop: 3, Least: normalWidth},
	}
}

// gpusPane draws the devices of a pool, worst first, in n rows under its rule and titles.
func gpusPane(b *part.Block, sc Scene, t Table, p *fleet.Pool, rows []gpuRow, active bool, n int) {
	index, ids := gpuOrder(rows, t)
	from, to := window(ids, t, n)
	b.Rule(fleet.Concat(fleet.Text("GPUS "), fleet.Int(len(rows))), filterNote(t),
		paneNote(active, position(from, to, len(index))))
	if len(rows) == 0 {
		b.Gap(2).Say(themes.Dim, "no exporter is configured for the machines of ")
		b.Put(themes.Dim, fleet.Label(string(p.Spec.ID))).End()
		return
	}
	name, where := 9, 3
	for _, i := range index[from:to] {
		name = max(name, min(24, part.Width(fleet.Label(string(rows[i].node.ID)))))
		where = max(where, min(14, part.Width(place(&rows[i].gpu.Reading))))
	}
	g := part.Layout(gpuColumns(sc.Window, name, where), b.Width(), t.Column)
	g.Sort = t.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		c := g.Cells()
		fillGPU(c, rows[index[k]], sc)
		g.Row(b, c, active && ids[k] == t.Selected)
	}
	noMatch(b, len(rows), len(index))
}

func fillGPU(c []part.Cell, row gpuRow, sc Scene) {
	r := &row.gpu.Reading
	role := themes.Text
	if row.gpu.Missing || row.gpu.Frozen || row.state() == fleet.StateStale {
		role = themes.Stale
	}
	c[0] = part.Cell{Text: fleet.Label(string(row.node.ID))}
	c[1] = part.Cell{Text: place(r)}
	c[2] = part.Cell{Text: stateText(row.state(), row.node.At, sc.Now), Role: themes.OfState(row.state())}
	c[3] = part.Cell{Text: whole(r.Util), Role: role}
	c[4] = trendCell(row.gpu.Trend, sc, themes.Dim)
	c[4].Top = 1
	c[5] = part.Cell{Text: whole(memoryShare(r)), Role: role}
	c[6] = part.Cell{Text: fleet.Show(r.Temp), Role: role}
	c[7] = part.Cell{Text: fleet.Show(r.Power), Role: role}
	c[8] = part.Cell{Text: megahertz(r.SMClockMHz), Role: role}
	c[9], c[10] = xidCells(row.gpu, sc.Now)
	if row.gpu.Frozen && row.state() == fleet.StateStale {
		c[2].Text = fleet.Text("FROZEN")
	}
	if row.gpu.Missing {
		c[2].Text = fleet.Text("MISSING")
		for i := 3; i <= 8; i++ {
			c[i] = part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Stale}
		}
	}
}

// place is the index of a device, with the instance of a part of a board.
func place(r *fleet.GPUReading) fleet.Safe {
	if r.MIG == "" {
		return fleet.Label(r.Index)
	}
	part := fleet.Concat(fleet.Label(r.MIG), fleet.Text(" "), fleet.Label(r.MIGProfile))
	return fleet.Concat(fleet.Label(r.Index), fleet.Text("/"), part)
}

func megahertz(m fleet.Maybe[float64]) fleet.Safe {
	if !m.OK {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Float(m.V, 0)
}

// xidCells are the code of the last Xid, and what it means with what to do. A code that was there from the start is of
// unknown age and is no alarm.
func xidCells(g *fleet.GPU, now time.Time) (code, meaning part.Cell) {
	if !g.Xid.OK {
		code = part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
		if g.Reading.LastXid.OK && g.Reading.LastXid.V == 0 {
			code.Text = fleet.Text("0")
		}
		return code, part.Cell{Text: g.Why}
	}
	x := g.Xid.V
	role, when := themes.Dim, fleet.Text("age unknown: ")
	if at := newer(x.Last, x.First); at.OK {
		role, when = themes.OfState(g.State), fleet.Concat(fleet.Age(now.Sub(at.V)), fleet.Text(" ago: "))
	}
	text := fleet.Concat(when, x.Meaning)
	if !x.Action.IsEmpty() {
		text = fleet.Concat(text, fleet.Text("; "), x.Action)
	}
	if !g.Why.IsEmpty() && !strings.HasPrefix(g.Why.String(), "Xid ") { // something else decides its state
		text, role = fleet.Concat(g.Why, fleet.Text("; "), text), themes.OfState(g.State)
	}
	return part.Cell{Text: fleet.Int(x.Code), Role: role}, part.Cell{Text: text, Role: role}
}

// newer is the first of two times that is known.
func newer(a, b fleet.Maybe[time.Time]) fleet.Maybe[time.Time] {
	if a.OK {
		return a
	}
	return b
}
