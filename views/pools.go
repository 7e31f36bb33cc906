package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// tallScreen is the height from which screens other than the overview keep the golden signals in view.
const tallScreen = 30

// Pools lists the pools, worst first, over the machines of the selected one. With Pool set it shows that pool: its
// evidence, money, replicas, GPUs, and its history where there is room.
func Pools(sc Scene, u PoolsState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, sz.H >= tallScreen, func(b *part.Block, rows int) {
		if u.Pool == "" {
			poolList(b, sc, u, rows)
			return
		}
		p := sc.Snap.Pool(u.Pool)
		if p == nil {
			goneLine(b, fleet.Text("POOL "), string(u.Pool))
			return
		}
		if b.Width() >= wideWidth {
			widePool(b, sc, u, p, rows)
			return
		}
		poolColumn(b, sc, u, p, rows)
	})
}

// PoolsOrder tells the order of the tables of the pools screen by pane.
func PoolsOrder(sc Scene, u PoolsState) map[string][]string {
	out := map[string][]string{}
	if sc.Snap == nil {
		return out
	}
	if u.Pool == "" {
		_, out["pools"] = poolOrder(poolRows(sc.Snap, false), u.List)
		return out
	}
	if p := sc.Snap.Pool(u.Pool); p != nil {
		_, out["replicas"] = replicaOrder(p, u.Replicas)
		_, out["gpus"] = gpuOrder(gpuRows(p), u.GPUs)
	}
	return out
}

// goneLine says that what was open is no longer there.
func goneLine(b *part.Block, what fleet.Safe, id string) {
	b.Rule(fleet.Concat(what, fleet.Label(id)), fleet.Text(""), fleet.Text("esc back"))
	b.Gap(2).Say(themes.Warn, "is not in the configuration any more").End()
}

func poolList(b *part.Block, sc Scene, u PoolsState, rows int) {
	shown := shownPool(sc, u.List)
	pools := share{least: 4, want: max(1, len(sc.Snap.Pools)), weight: 3}
	nodes := share{}
	fixed := 2 // rule and titles
	if shown != nil && rows >= 14 {
		columns := max(1, b.Width()/nodeWidth)
		nodes = share{least: 1, want: (len(shown.Nodes) + columns - 1) / columns, weight: 1}
		fixed += 2 + factLines + 1 // blank, rule and facts of the pool, rule of its nodes
	}
	divide(rows-fixed, []*share{&pools, &nodes})
	poolsPane(b, sc, u.List, true, false, pools.got)
	if nodes.want == 0 {
		return
	}
	b.End()
	poolFacts(b, sc, shown)
	nodesPane(b, sc, shown, nodes.got)
	if b.Width() >= normalWidth {
		poolCharts(b, sc, shown, rows)
	}
}

func (u PoolsState) pane() string {
	if u.Pane == "" {
		return "replicas"
	}
	return u.Pane
}

// lowScreen is the body height under which a pool shows its state and the focused table only.
const lowScreen = 18

// poolColumn stacks facts, replicas, machines and GPUs. The focused table gets the room first.
func poolColumn(b *part.Block, sc Scene, u PoolsState, p *fleet.Pool, rows int) {
	poolFacts(b, sc, p)
	if rows < lowScreen {
		b.Cut(2)
	}
	tables(b, sc, u, p, rows, b.Width() >= normalWidth)
	if b.Width() >= normalWidth {
		poolCharts(b, sc, p, rows)
	}
}

// tables draws replicas, machines where asked for, and GPUs into what is left of rows.
func tables(b *part.Block, sc Scene, u PoolsState, p *fleet.Pool, rows int, machines bool) {
	gpu := gpuRows(p)
	blame, fault := replicaEvidence(p, u.Replicas), gpuEvidence(gpu, u.GPUs, sc.Now)
	replicas := share{least: 2, want: max(1, len(p.Replicas)), weight: 2}
	gpus := share{least: 2, want: max(1, len(gpu)), weight: 1}
	nodes := share{}
	fixed := 4 + blame.lines(b.Width()) + fault.lines(b.Width()) // rules, titles and evidence
	if machines && len(p.Nodes) > 0 {
		columns := max(1, b.Width()/nodeWidth)
		nodes = share{least: 1, want: (len(p.Nodes) + columns - 1) / columns, weight: 1}
		fixed += 4 // its rule, and blanks between the sections
	}
	onGPUs := u.pane() == "gpus"
	var detail gpuDetail
	if onGPUs {
		replicas.weight, gpus.weight = 1, 2
		detail = gpuDetails(gpu, u.GPUs, sc.Now, b.Width(), detailRoom(rows))
		fixed += detail.lines(b.Width())
	}
	if rows < lowScreen && onGPUs {
		gpusPane(b, sc, u.GPUs, p, gpu, true, rows-b.Len()-2-fault.lines(b.Width())-detail.lines(b.Width()))
		fault.draw(b)
		detail.draw(b)
		return
	}
	if rows < lowScreen {
		replicasPane(b, sc, u.Replicas, p, true, rows-b.Len()-2-blame.lines(b.Width()))
		blame.draw(b)
		return
	}
	divide(rows-b.Len()-fixed, []*share{&replicas, &nodes, &gpus})
	blank := func() {
		if nodes.want > 0 {
			b.End()
		}
	}
	blank()
	replicasPane(b, sc, u.Replicas, p, !onGPUs, replicas.got)
	blame.draw(b)
	blank()
	if nodes.want > 0 {
		nodesPane(b, sc, p, nodes.got)
		b.End()
	}
	gpusPane(b, sc, u.GPUs, p, gpu, onGPUs, gpus.got)
	fault.draw(b)
	detail.draw(b)
}

// widePool has the tables on the left and the pool's history on the right.
func widePool(b *part.Block, sc Scene, u PoolsState, p *fleet.Pool, rows int) {
	const gap = 2
	width := b.Width() * 3 / 5
	left := part.NewBlock(sc.Theme, width, rows)
	right := part.NewBlock(sc.Theme, b.Width()-width-gap, rows)
	poolFacts(left, sc, p)
	tables(left, sc, u, p, rows, true)
	poolCharts(right, sc, p, rows)
	b.Beside(left.Cut(rows).Fill(rows), right.Cut(rows).Fill(rows), gap)
}

// poolCharts fills what is left of rows with as many histories as are readable, the most telling first.
func poolCharts(b *part.Block, sc Scene, p *fleet.Pool, rows int) {
	const least = 8
	limits := limitsOf(sc.Snap)
	t := &p.Trends
	none, told := fleet.None[float64](), pastNote(sc, p)
	charts := []chartSpec{
		{title: fleet.Text("TTFT95"), lines: single(t.TTFT95), limit: limits.ttft, label: secondsLabel, note: told},
		{title: fleet.Text("WAITING requests"), lines: single(t.Waiting), limit: none, label: rateLabel},
		{title: fleet.Text("ERR%"), lines: single(t.Errors), limit: limits.errors, label: ratioLabel, note: told},
		{title: fleet.Text("TOK/S out"), lines: single(t.OutRate), limit: ratedDecode(p), word: fleet.Text("rated"),
			label: rateLabel, note: told},
		{title: fleet.Text("KV%"), lines: single(t.KV), limit: fleet.Some(overKV), label: ratioLabel, top: 1},
		{title: fleet.Text("GPU%"), lines: single(t.GPUUtil), limit: none, label: ratioLabel, top: 1},
		{title: fleet.Text("ITL95"), lines: single(t.ITL95), limit: none, label: secondsLabel},
	}
	n := min(len(charts), (rows-b.Len())/least)
	for i := range n {
		chartPane(b, sc, charts[i], (rows-b.Len())/(n-i))
	}
}

// pastNote says from when on pitwall measured itself, and which store told of the time before, as far as it is shown.
func pastNote(sc Scene, p *fleet.Pool) fleet.Safe {
	past := p.Past
	if past == nil || sc.Now.Sub(past.To) > sc.Window {
		return fleet.Safe{}
	}
	text := fleet.Concat(fleet.Text("before "), fleet.ClockTime(past.To), fleet.Text(" "), fleet.Label(string(past.Source)),
		fleet.Text(", means of "), fleet.Age(past.Step))
	if !past.Incomplete.IsEmpty() {
		text = fleet.Concat(text, fleet.Text(", partial"))
	}
	return text
}

// single is the one line of a chart, none while there is no history.
func single(t fleet.Trend) []line {
	if len(t.V) == 0 {
		return nil
	}
	return []line{{"", t}}
}

func ratedDecode(p *fleet.Pool) fleet.Maybe[float64] {
	if !p.Rating.OK {
		return fleet.None[float64]()
	}
	return fleet.Some(float64(p.Rating.V.Decode))
}
