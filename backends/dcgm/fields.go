package dcgm

import (
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// field is one DCGM field under one of its names, with where its value goes. Names up to DCGM 4.5 and those of
// 4.6.0 are of engines-and-gpus.md 11.1. The exporter prints the name that its operator wrote into
// a list, so that both generations occur in one fleet, and any field may be absent.
type field struct {
	name string
	set  func(x *row, v float64)
	also func(x *row, l promtext.Labels, v float64) // where labels decide
}

// row is a reading in the making.
type row struct {
	fleet.GPUReading
	memRatio fleet.Maybe[float64] // used part of what is not reserved
	active   fleet.Maybe[float64] // share of time in which the engine was active
}

const mib = 1 << 20

// fields lists everything that is read.
func fields() []field {
	return append(append(loadFields(), memoryFields()...), healthFields()...)
}

// both makes the old and the new name of one field.
func both(old, current string, set func(x *row, v float64)) []field {
	return []field{{name: old, set: set}, {name: current, set: set}}
}

func join(lists ...[]field) []field {
	var all []field
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func loadFields() []field {
	return join(
		// Percent under both names: the new one says ratio, and still stores what NVML gives.
		both("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_GPU_UTIL_RATIO",
			func(x *row, v float64) { x.Util = fleet.Some(fleet.Ratio(v / 100)) }),
		both("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "DCGM_FI_PROF_TENSOR_UTIL_RATIO",
			func(x *row, v float64) { x.TensorUtil = fleet.Some(fleet.Ratio(v)) }),
		both("DCGM_FI_PROF_SM_ACTIVE", "DCGM_FI_PROF_SM_UTIL_RATIO",
			func(x *row, v float64) { x.SMUtil = fleet.Some(fleet.Ratio(v)) }),
		both("DCGM_FI_PROF_DRAM_ACTIVE", "DCGM_FI_PROF_DRAM_UTIL_RATIO",
			func(x *row, v float64) { x.DRAMUtil = fleet.Some(fleet.Ratio(v)) }),
		both("DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_GPU_TEMP_CELSIUS",
			func(x *row, v float64) { x.Temp = fleet.Some(fleet.Celsius(v)) }),
		both("DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_BOARD_POWER_WATTS",
			func(x *row, v float64) { x.Power = fleet.Some(fleet.Watts(v)) }),
		[]field{{name: "DCGM_FI_DEV_SM_CLOCK", set: func(x *row, v float64) { x.SMClockMHz = fleet.Some(v) }}},
	)
}

func memoryFields() []field {
	return join(
		[]field{
			{name: "DCGM_FI_DEV_FB_USED", set: func(x *row, v float64) { x.MemUsed = fleet.Some(fleet.Bytes(v * mib)) }},
			{name: "DCGM_FI_DEV_FB_FREE", set: func(x *row, v float64) { x.MemFree = fleet.Some(fleet.Bytes(v * mib)) }},
		},
		// From 0 to 1 under both names, although the old one says percent.
		both("DCGM_FI_DEV_FB_USED_PERCENT", "DCGM_FI_DEV_FB_USED_RATIO",
			func(x *row, v float64) { x.memRatio = fleet.Some(v) }),
	)
}

func healthFields() []field {
	return join(
		both("DCGM_FI_DEV_XID_ERRORS", "DCGM_FI_DEV_XID_ERROR", setXid),
		both("DCGM_FI_DEV_ROW_REMAP_FAILURE", "DCGM_FI_DEV_ROW_REMAP_FAILED",
			func(x *row, v float64) { x.RemapFailed = fleet.Some(v != 0) }),
		both("DCGM_FI_DEV_GET_GPU_RECOVERY_ACTION", "DCGM_FI_DEV_GPU_RECOVERY_ACTION", setRecovery),
		both("DCGM_FI_DEV_CLOCK_THROTTLE_REASONS", "DCGM_FI_DEV_CLOCKS_EVENT_REASONS", setThrottle),
		[]field{
			{name: "DCGM_FI_DEV_ROW_REMAP_PENDING", set: func(x *row, v float64) { x.RemapPending = fleet.Some(v != 0) }},
			{name: "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", set: func(x *row, v float64) { x.ECCDouble = fleet.Some(v) }},
			{name: "DCGM_EXP_XID_ERRORS_COUNT", also: setWindow},
			// Instances of MIG have no GPU_UTIL; the share of time in which the engine was active is the same question.
			{name: "DCGM_FI_PROF_GR_ENGINE_ACTIVE", set: func(x *row, v float64) { x.engineActive(v) }},
			{name: "DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO", set: func(x *row, v float64) { x.engineActive(v) }},
		},
	)
}
