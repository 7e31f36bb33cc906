package views

import (
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// gpuDetail stands under the evidence of the selected device and holds what one line has no room for: what driver and
// exporter ask for, and every Xid that is remembered of it.
type gpuDetail []evidence

// detailLines is how many lines one fact of the detail may take.
const detailLines = 2

// detailRoom is how many lines the detail may take on a body of so many rows.
func detailRoom(rows int) int {
	switch {
	case rows < lowScreen:
		return 2
	case rows < tallScreen:
		return 4
	default:
		return 9
	}
}

// gpuDetails describes the selected device, else the worst, in at most so many lines of a width.
func gpuDetails(rows []gpuRow, t Table, now time.Time, width, most int) gpuDetail {
	index, ids := gpuOrder(rows, t)
	row := chosen(rows, index, ids, t.Selected)
	if row == nil {
		return nil
	}
	var d gpuDetail
	for _, f := range gpuFacts(row.gpu, now) {
		if d.lines(width)+len(f.wrappedTo(width, detailLines)) > most {
			break
		}
		d = append(d, f)
	}
	return d
}

func (d gpuDetail) lines(width int) int {
	n := 0
	for _, e := range d {
		n += len(e.wrappedTo(width, detailLines))
	}
	return n
}

func (d gpuDetail) draw(b *part.Block) {
	for _, e := range d {
		e.put(b, e.wrappedTo(b.Width(), detailLines))
	}
}

// gpuFacts lists them, the most urgent first.
func gpuFacts(g *fleet.GPU, now time.Time) []evidence {
	var list []evidence
	if !g.Asks.IsEmpty() {
		list = append(list, evidence{fleet.Text("recovery action"), fleet.Concat(fleet.Text("the driver asks for "), g.Asks), themes.Crit})
	}
	if h := g.Reading.Healthy; h.OK {
		f := evidence{fleet.Text("health"), fleet.Text("the exporter calls it healthy"), themes.Text}
		if !h.V {
			f.why, f.role = fleet.Text("the exporter calls it unhealthy"), themes.Crit
		}
		list = append(list, f)
	}
	if len(g.Reading.AFIDs) > 0 {
		list = append(list, evidence{fleet.Text("last RAS event"), afids(g.Reading.AFIDs), themes.Text})
	}
	for i := range g.XidHistory {
		list = append(list, xidFact(&g.XidHistory[i], g.Xid, now))
	}
	return list
}

// afids lists the identifiers of AMD's last event, whose time the exporter does not tell.
func afids(list []fleet.AFID) fleet.Safe {
	texts := make([]fleet.Safe, len(list))
	for i, a := range list {
		texts[i] = fleet.Concat(fleet.Text("AFID "), fleet.Int(a.Code), fleet.Text(" "), fleet.Label(strings.ReplaceAll(a.Severity, "_", " ")))
	}
	return fleet.Concat(fleet.Join(texts, fleet.Text(", ")), fleet.Text("; time unknown"))
}

// xidFact is one code of the history: when and how often it came, what to do where the evidence above does not say it,
// and how others judge it.
func xidFact(x *fleet.XidSeen, above fleet.Maybe[fleet.XidSeen], now time.Time) evidence {
	parts := xidTimes(x, now)
	role := themes.Text
	if x.Settled {
		parts = append(parts, fleet.Text("reset since"))
		role = themes.Dim
	}
	if !above.OK || above.V.Code != x.Code {
		parts = append(parts, fleet.Concat(x.Meaning, fleet.Text("; "), x.Action))
	}
	if !x.Dispute.IsEmpty() {
		parts = append(parts, fleet.Concat(fleet.Text("others differ: "), x.Dispute))
	}
	return evidence{fleet.Concat(fleet.Text("Xid "), fleet.Int(x.Code)), fleet.Join(parts, fleet.Text("; ")), role}
}

func xidTimes(x *fleet.XidSeen, now time.Time) []fleet.Safe {
	var parts []fleet.Safe
	ago := func(t time.Time) fleet.Safe { return fleet.Concat(fleet.Age(now.Sub(t)), fleet.Text(" ago")) }
	switch {
	case x.Last.OK && x.First.OK && !x.First.V.Equal(x.Last.V):
		parts = append(parts, fleet.Concat(fleet.Text("last "), ago(x.Last.V)), fleet.Concat(fleet.Text("first "), ago(x.First.V)))
	case x.Last.OK:
		parts = append(parts, fleet.Concat(fleet.Text("last "), ago(x.Last.V)))
	case x.First.OK:
		parts = append(parts, fleet.Concat(fleet.Text("since "), ago(x.First.V)))
	default:
		parts = append(parts, fleet.Text("there from the start, age unknown"))
	}
	if x.Count.OK {
		parts = append(parts, times(x.Count.V))
	}
	if x.Recent.OK {
		within := fleet.Text("lately")
		if x.RecentOf > 0 {
			within = fleet.Concat(fleet.Text("in "), fleet.Age(x.RecentOf))
		}
		parts = append(parts, fleet.Concat(times(x.Recent.V), fleet.Text(" "), within))
	}
	return parts
}

func times(n fleet.Count) fleet.Safe {
	if n == 1 {
		return fleet.Text("once")
	}
	return fleet.Concat(n.Text(), fleet.Text(" times"))
}
