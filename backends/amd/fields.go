package amd

import (
	"pitwall/backends/internal/gpupage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// field is one family without its prefix, with where its value goes. Every family of the exporter is a gauge, also
// those whose names end in "_total".
type field struct {
	name string
	// board says that the value is of a sensor of the whole board: partitions other than the first report 0 or nothing.
	board bool
	set   func(x *row, v float64)
	also  func(x *row, l promtext.Labels, v float64) // where labels decide
}

// row is a reading in the making, with what stands in for a missing value.
type row struct {
	fleet.GPUReading
	key
	serial, uuid     string
	compute          string // compute partition type: "spx" is one partition, the whole board
	average, usage   fleet.Maybe[fleet.Watts]
	edge             fleet.Maybe[fleet.Celsius]
	total, used, out fleet.Maybe[fleet.Bytes]
}

// mib is what the exporter calls MB: an MI300X of 192 GiB has 196592 of them.
const mib = 1 << 20

func fields() []field {
	return append(append(loadFields(), powerFields()...), otherFields()...)
}

func loadFields() []field {
	return []field{
		{name: "gpu_gfx_activity", board: true, set: func(x *row, v float64) { x.Util = fleet.Some(fleet.Ratio(v / 100)) }},
		{name: "gpu_umc_activity", board: true, set: func(x *row, v float64) { x.DRAMUtil = fleet.Some(fleet.Ratio(v / 100)) }},
		{name: "gpu_prof_tensor_active_percent", board: true,
			set: func(x *row, v float64) { x.TensorUtil = fleet.Some(fleet.Ratio(v / 100)) }},
		{name: "gpu_prof_sm_active", board: true, set: func(x *row, v float64) { x.SMUtil = fleet.Some(fleet.Ratio(v / 100)) }},
		{name: "gpu_clock", board: true, also: setClock},
	}
}

// powerFields have another name on each generation: MI3xx, MI2xx, and either.
func powerFields() []field {
	return []field{
		{name: "gpu_package_power", board: true, set: func(x *row, v float64) { x.Power = fleet.Some(fleet.Watts(v)) }},
		{name: "gpu_average_package_power", board: true, set: func(x *row, v float64) { x.average = fleet.Some(fleet.Watts(v)) }},
		{name: "gpu_power_usage", board: true, set: func(x *row, v float64) { x.usage = fleet.Some(fleet.Watts(v)) }},
		{name: "gpu_junction_temperature", board: true, set: func(x *row, v float64) {
			x.Temp, x.Junction = fleet.Some(fleet.Celsius(v)), true
		}},
		{name: "gpu_edge_temperature", board: true, set: func(x *row, v float64) { x.edge = fleet.Some(fleet.Celsius(v)) }},
	}
}

func otherFields() []field {
	return []field{
		{name: "gpu_health", set: func(x *row, v float64) { x.Healthy = fleet.Some(v != 0) }},
		{name: "gpu_afid_errors", also: setAFID},
		{name: "gpu_ecc_uncorrect_total", set: func(x *row, v float64) { x.ECCDouble = fleet.Some(v) }},
		{name: "gpu_total_vram", set: func(x *row, v float64) { x.total = fleet.Some(fleet.Bytes(v * mib)) }},
		{name: "gpu_used_vram", set: func(x *row, v float64) { x.used = fleet.Some(fleet.Bytes(v * mib)) }},
		{name: "gpu_free_vram", set: func(x *row, v float64) { x.out = fleet.Some(fleet.Bytes(v * mib)) }},
	}
}

// setClock takes the fastest of the system clocks: each compute die has one of its own.
func setClock(x *row, l promtext.Labels, v float64) {
	if string(l.Raw("clock_type")) == "system" && (!x.SMClockMHz.OK || v > x.SMClockMHz.V) {
		x.SMClockMHz = fleet.Some(v)
	}
}

// maxAFIDs is how many identifiers of one event are kept.
const maxAFIDs = 16

func setAFID(x *row, l promtext.Labels, v float64) {
	code := gpupage.Code(v)
	if !code.OK || len(x.AFIDs) == maxAFIDs {
		return
	}
	x.AFIDs = append(x.AFIDs, fleet.AFID{Code: code.V, Severity: gpupage.Clip(l.Value("severity"))})
}

// isBlank tells the numbers with which the driver's library says that it has no value: all bits set of 16, 32 or 64.
// Amounts of memory may be like that by chance; the exporter leaves theirs out itself.
func isBlank(v float64) bool { return v == 1<<16-1 || v == 1<<32-1 || v >= 1<<63 }
