package dcgm

import (
	"strconv"
	"time"

	"pitwall/backends/internal/gpupage"
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

func setXid(x *row, v float64) {
	if code := gpupage.Code(v); code.OK {
		x.LastXid = code
	}
}

func setRecovery(x *row, v float64) {
	if action := gpupage.Code(v); action.OK {
		x.Recovery = action
	}
}

func setThrottle(x *row, v float64) {
	if reasons := gpupage.Bits(v); reasons.OK {
		x.Throttle = reasons
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
	if ms, err := strconv.ParseUint(string(l.Raw("window_size_in_ms")), 10, 32); err == nil {
		x.XidSpan = time.Duration(ms) * time.Millisecond
	}
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
