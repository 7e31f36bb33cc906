package dcgm

import (
	"strconv"
	"strings"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// isBlank tells the numbers that DCGM writes where it has no value: not found, not supported, not permitted.
// The 64-bit ones are printed as integers and all become the same float.
func isBlank(v float64) bool {
	const (
		int32Blank = 2147483632
		fp64Blank  = 140737488355328
		int64Blank = 9.2e18
		kinds      = 3 // each blank has three neighbours above it
	)
	return v >= int64Blank || v >= fp64Blank && v <= fp64Blank+kinds || v >= int32Blank && v <= int32Blank+kinds
}

// maxCode bounds what can be an Xid or an action.
const maxCode = 1 << 20

func setXid(x *row, v float64) {
	if v >= 0 && v < maxCode {
		x.LastXid = fleet.Some(int(v))
	}
}

func setRecovery(x *row, v float64) {
	if v >= 0 && v < maxCode {
		x.Recovery = fleet.Some(int(v))
	}
}

func setThrottle(x *row, v float64) {
	if v >= 0 && v < 1<<53 {
		x.Throttle = fleet.Some(uint64(v))
	}
}

// setWindow reads how often each Xid came within a sliding window. The counts fall again, although the page
// calls them counters.
func setWindow(x *row, l promtext.Labels, v float64) {
	code, err := strconv.Atoi(string(l.Raw("xid")))
	if err != nil || code < 0 {
		return
	}
	if x.XidWindow == nil {
		x.XidWindow = map[int]float64{}
	}
	x.XidWindow[code] = v
}

// engineActive fills in for a missing utilisation; finish decides.
func (x *row) engineActive(v float64) { x.active = fleet.Some(v) }

// finish derives what the page says in another way.
func (x *row) finish() fleet.GPUReading {
	if !x.Util.OK && x.active.OK {
		x.Util = fleet.Some(fleet.Ratio(x.active.V))
	}
	if !x.MemFree.OK && x.MemUsed.OK && x.memRatio.OK && x.memRatio.V > 0 && x.memRatio.V <= 1 {
		x.MemFree = fleet.Some(fleet.Bytes(float64(x.MemUsed.V)/x.memRatio.V - float64(x.MemUsed.V)))
	}
	return x.GPUReading
}

// normalPCI writes an address as kernel logs do, so that they can be compared: "00000000:1B:00.0" is "0000:1b:00".
func normalPCI(raw string) string {
	s := strings.ToLower(raw)
	if i := strings.LastIndexByte(s, '.'); i >= 0 {
		s = s[:i]
	}
	if domain, rest, ok := strings.Cut(s, ":"); ok && strings.Contains(rest, ":") {
		for len(domain) > 4 && domain[0] == '0' {
			domain = domain[1:]
		}
		s = domain + ":" + rest
	}
	return clip(s)
}

// clip bounds a descriptive label: what is kept for days must not hold kilobytes of someone's label.
func clip(s string) string { return s[:min(len(s), fleet.MaxLabelBytes)] }
