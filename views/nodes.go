package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// nodeWidth is the room that one machine wants.
const nodeWidth = 56

// nodesPane draws the machines of a pool in n rows under its rule, one cell for each GPU, in as many columns as fit.
func nodesPane(b *part.Block, _ Scene, p *fleet.Pool, n int) {
	columns := max(1, b.Width()/nodeWidth)
	width := b.Width() / columns
	right := fleet.Text("0-9 tens of util, X fault, - gone")
	if b.Width() >= normalWidth {
		right = fleet.Text("one cell per GPU: 0-9 tens of util, X fault, - gone, ? unknown")
	}
	shown := min(len(p.Nodes), n*columns)
	if shown < len(p.Nodes) {
		right = fleet.Concat(position(0, shown, len(p.Nodes)), fleet.Text("   "), right)
	}
	b.Rule(fleet.Concat(fleet.Text("NODES of "), fleet.Label(string(p.Spec.ID))), gpuNote(p), right)
	lines := (shown + columns - 1) / columns
	for row := range lines {
		for col := range columns {
			if i := col*lines + row; i < shown {
				b.To(col * width)
				nodeCell(b, p, &p.Nodes[i], min(b.Width(), (col+1)*width)-1)
			}
		}
		b.End()
	}
}

func gpuNote(p *fleet.Pool) fleet.Safe {
	if p.Whole != nil {
		return fleet.Concat(wholeGPUs(p.Whole), fleet.Text(" "), fleet.Label(p.Spec.GPU))
	}
	gpus := 0
	for i := range p.Nodes {
		gpus += len(p.Nodes[i].GPUs)
	}
	return fleet.Concat(fleet.Many(gpus, "GPU"), fleet.Text(" "), fleet.Label(p.Spec.GPU))
}

// nodeCell draws one machine up to column end: its GPUs, means, and its trouble in place of figures.
func nodeCell(b *part.Block, p *fleet.Pool, n *fleet.Node, end int) {
	name := 12
	b.Gap(2).Cell(themes.Text, fleet.Label(string(n.ID)), name, part.Left).Gap(1)
	gpuMap(b, n, 16)
	b.Gap(2)
	if trouble(n.State) > 0 {
		state := n.State.Text()
		b.Cell(themes.OfState(n.State), state, min(8, end-b.Column()), part.Left).Gap(1)
		b.Cell(themes.OfState(n.State), n.Why, end-b.Column(), part.Left)
		return
	}
	util, hottest := nodeMeans(n)
	b.Say(themes.Dim, "util ").Cell(themes.Text, whole(util), 3, part.Right).Say(themes.Dim, "%  kv ")
	b.Cell(themes.Text, whole(nodeKV(p, n.ID)), 3, part.Right).Say(themes.Dim, "%  ")
	b.Cell(themes.Text, fleet.Show(hottest), min(4, end-b.Column()), part.Right).Gap(1)
	b.Cell(themes.Text, fleet.Show(n.Power), end-b.Column(), part.Left)
}

// gpuMap draws one cell for each GPU in brackets, at most most of them.
func gpuMap(b *part.Block, n *fleet.Node, most int) {
	b.Say(themes.Dim, "[")
	for i := range n.GPUs[:min(most, len(n.GPUs))] {
		gpuMark(b, &n.GPUs[i])
	}
	if len(n.GPUs) > most {
		b.Say(themes.Dim, "~")
	}
	b.Say(themes.Dim, "]")
}

func gpuMark(b *part.Block, g *fleet.GPU) {
	switch {
	case g.Missing:
		b.Say(themes.Crit, "-")
	case g.State == fleet.StateCrit || g.State == fleet.StateDown:
		b.Say(themes.Crit, "X")
	case !g.Reading.Util.OK || g.Frozen:
		b.Say(themes.Dim, "?")
	default:
		role := themes.OfState(g.State)
		if g.State == fleet.StateOK {
			role = themes.Text
		}
		b.Put(role, digits[max(0, min(9, int(g.Reading.Util.V*10)))])
	}
}

// digits are the marks of utilisation by tens.
var digits = [10]fleet.Safe{
	fleet.Text("0"), fleet.Text("1"), fleet.Text("2"), fleet.Text("3"), fleet.Text("4"),
	fleet.Text("5"), fleet.Text("6"), fleet.Text("7"), fleet.Text("8"), fleet.Text("9"),
}

// nodeMeans gives the mean utilisation and the greatest temperature over the GPUs that say so.
func nodeMeans(n *fleet.Node) (util fleet.Maybe[fleet.Ratio], hottest fleet.Maybe[fleet.Celsius]) {
	sum, count := fleet.Ratio(0), 0
	for i := range n.GPUs {
		r := &n.GPUs[i].Reading
		if r.Util.OK && !n.GPUs[i].Missing && !n.GPUs[i].Frozen {
			sum += r.Util.V
			count++
		}
		if r.Temp.OK && (!hottest.OK || r.Temp.V > hottest.V) {
			hottest = r.Temp
		}
	}
	if count > 0 {
		util = fleet.Some(sum / fleet.Ratio(count))
	}
	return util, hottest
}

// nodeKV is the fullest cache of the replicas on a machine.
func nodeKV(p *fleet.Pool, id fleet.NodeID) fleet.Maybe[fleet.Ratio] {
	var kv fleet.Maybe[fleet.Ratio]
	for i := range p.Replicas {
		if r := &p.Replicas[i]; r.Node == id && r.Load.KV.OK && (!kv.OK || r.Load.KV.V > kv.V) {
			kv = r.Load.KV
		}
	}
	return kv
}
