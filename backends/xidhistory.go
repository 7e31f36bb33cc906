package backends

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// maxXids is how many codes of one device are remembered.
const maxXids = 16

// xidRecord is one code of one device.
type xidRecord struct {
	code        int
	first, last fleet.Maybe[time.Time]
	count       fleet.Maybe[float64] // since the exporter started
	recent      fleet.Maybe[float64] // within span, where the exporter counts that
	span        time.Duration
	settled     bool // the device was reset since
}

// xidHistory follows the codes of one device through what its exporter says: a sticky gauge (DCGM), counts over a
// window (DCGM), counts with times (nvidia_gpu_exporter). records is newest first, those of unknown age last.
type xidHistory struct {
	records  []xidRecord
	gauge    fleet.Maybe[int]
	recovery fleet.Maybe[int]
}

// take adds a reading. known tells whether the device was read before: what stands there at the first read is of
// unknown age. It returns the codes that came since the last reading, which are worth an event.
func (h *xidHistory) take(r fleet.GPUReading, at time.Time, known bool) []int {
	h.settle(r)
	came := append(h.takeCounts(r, at, known), h.takeWindow(r, at, known)...)
	if len(r.Xids) == 0 { // else the last code is derived from the counts
		came = append(came, h.takeGauge(r, at, known)...)
	}
	if r.Recovery.OK {
		h.recovery = r.Recovery
	}
	h.bound()
	slices.Sort(came)
	return slices.Compact(came)
}

// settle notes evidence of a reset: the gauge went back to 0, a count went away, or the driver no longer asks for what
// it asked for.
func (h *xidHistory) settle(r fleet.GPUReading) {
	reset := h.gauge.Or(0) != 0 && r.LastXid == fleet.Some(0) ||
		h.recovery.Or(0) > 0 && r.Recovery == fleet.Some(0)
	for i := range h.records {
		x := &h.records[i]
		counted := slices.ContainsFunc(r.Xids, func(c fleet.XidCount) bool { return c.Code == x.code })
		x.settled = x.settled || reset || x.count.OK && !counted
		if !counted {
			x.count = fleet.None[float64]()
		}
	}
}

// takeCounts reads counts with the exporter's own times.
func (h *xidHistory) takeCounts(r fleet.GPUReading, at time.Time, known bool) []int {
	var came []int
	for _, c := range r.Xids {
		before, seen := h.find(c.Code)
		if known && (!seen || !before.count.OK) || seen && before.follows(c) {
			h.came(c.Code, c.Last.Or(at))
			came = append(came, c.Code)
		}
		x := h.record(c.Code)
		x.count = c.Count
		if c.Last.OK && !x.last.OK {
			x.last = c.Last
			if c.Count == fleet.Some(1.0) {
				x.first = c.Last // it came once, and that is when
			}
		}
	}
	return came
}

// follows tells whether a code came again since the record was made: its count grew, or its time is later.
func (x xidRecord) follows(c fleet.XidCount) bool {
	return c.Count.OK && x.count.OK && c.Count.V > x.count.V || c.Last.OK && x.last.OK && c.Last.V.After(x.last.V)
}

// takeWindow reads counts over a window: they fall by themselves, and growth is an event, also of the code that the
// gauge holds already.
func (h *xidHistory) takeWindow(r fleet.GPUReading, at time.Time, known bool) []int {
	var came []int
	for code, n := range r.XidWindow {
		if code == 0 || n <= 0 {
			continue
		}
		if before, _ := h.find(code); known && n > before.recent.Or(0) {
			h.came(code, at)
			came = append(came, code)
		}
		h.record(code)
	}
	for i := range h.records {
		x := &h.records[i]
		n, ok := r.XidWindow[x.code]
		x.recent, x.span = fleet.Maybe[float64]{V: n, OK: ok}, r.XidSpan
	}
	return came
}

// takeGauge reads the last code. The gauge is sticky, so that only a change is an event.
func (h *xidHistory) takeGauge(r fleet.GPUReading, at time.Time, known bool) []int {
	if !r.LastXid.OK {
		return nil
	}
	changed := !h.gauge.OK && known || h.gauge.OK && h.gauge.V != r.LastXid.V
	h.gauge = r.LastXid
	code := r.LastXid.V
	switch {
	case code == 0:
		return nil
	case changed:
		h.came(code, at)
		return []int{code}
	default:
		h.record(code)
		return nil
	}
}

func (h *xidHistory) find(code int) (xidRecord, bool) {
	for _, x := range h.records {
		if x.code == code {
			return x, true
		}
	}
	return xidRecord{}, false
}

// record gives the record of a code, and makes one of unknown age where there is none.
func (h *xidHistory) record(code int) *xidRecord {
	for i := range h.records {
		if h.records[i].code == code {
			return &h.records[i]
		}
	}
	h.records = append(h.records, xidRecord{code: code})
	return &h.records[len(h.records)-1]
}

// came notes that a code came: the device has trouble again, whatever was settled.
func (h *xidHistory) came(code int, at time.Time) {
	_, seen := h.find(code)
	x := h.record(code)
	if !seen {
		x.first = fleet.Some(at)
	}
	x.last, x.settled = fleet.Some(at), false
}

// bound puts the newest first and forgets the oldest of too many; a code that takes the device out is kept longest.
func (h *xidHistory) bound() {
	slices.SortStableFunc(h.records, func(a, b xidRecord) int { return b.last.V.Compare(a.last.V) })
	for len(h.records) > maxXids {
		drop := len(h.records) - 1
		for i := drop; i >= 0; i-- {
			if h.records[i].settled || !fatalXid(h.records[i].code) {
				drop = i
				break
			}
		}
		h.records = slices.Delete(h.records, drop, drop+1)
	}
}

// fatal is the newest code that takes the device out and was not settled.
func (h *xidHistory) fatal() (xidRecord, bool) {
	for _, x := range h.records {
		if !x.settled && fatalXid(x.code) {
			return x, true
		}
	}
	return xidRecord{}, false
}

// telling is the code that a table has room for: one that takes the device out, else the newest that is not settled.
func (h *xidHistory) telling() (xidRecord, bool) {
	if x, ok := h.fatal(); ok {
		return x, true
	}
	for _, x := range h.records {
		if !x.settled {
			return x, true
		}
	}
	return xidRecord{}, false
}
