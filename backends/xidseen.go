package backends

import (
	"pitwall/fleet"
	"pitwall/fleet/xid"
)

// announceXids makes events of codes that came. Instances of MIG repeat the codes of their board: told has what was
// said of a board within this page.
func (w *world) announceXids(s *sourceState, r fleet.GPUReading, came []int, told map[string]bool, p fleet.Partial) {
	for _, code := range came {
		number := fleet.Int(code)
		key := board(r) + "\x00" + number.String()
		if told[key] {
			continue
		}
		told[key] = true
		entry, _ := xid.Lookup(code)
		level := fleet.LevelWarn
		if fatalXid(code) {
			level = fleet.LevelCrit
		}
		w.events.add(fleet.Event{At: p.At, Level: level, Object: w.nodeLabel(s), Text: fleet.Concat(
			fleet.Text("GPU "), fleet.Label(r.Index), fleet.Text(" Xid "), number,
			fleet.Text(": "), fleet.Label(entry.Meaning), fleet.Text("; "), fleet.Label(entry.Action))})
	}
}

// seen is what a record says to a person.
func (x xidRecord) seen() fleet.XidSeen {
	e, _ := xid.Lookup(x.code)
	out := fleet.XidSeen{Code: x.code, Meaning: fleet.Label(e.Meaning), Action: fleet.Label(e.Action),
		Dispute: fleet.Label(xid.Dispute(x.code)), First: x.first, Last: x.last, RecentOf: x.span, Settled: x.settled}
	if x.count.OK {
		out.Count = fleet.Some(fleet.Count(x.count.V))
	}
	if x.recent.OK {
		out.Recent = fleet.Some(fleet.Count(x.recent.V))
	}
	return out
}

// history gives all that is remembered of a device.
func (h *xidHistory) history() []fleet.XidSeen {
	if len(h.records) == 0 {
		return nil
	}
	list := make([]fleet.XidSeen, len(h.records))
	for i, x := range h.records {
		list[i] = x.seen()
	}
	return list
}
