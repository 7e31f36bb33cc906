package nvidiagpu

import (
	"pitwall/backends/internal/gpupage"
	"pitwall/fleet"
)

// prefix begins every family of the exporter; it cannot be configured.
const prefix = "nvidia_smi_"

// field is one family with where its value goes. Names follow nvidia-smi's fields with base units behind them.
type field struct {
	name string
	set  func(x *row, v float64)
}

// row is a reading in the making.
type row struct {
	fleet.GPUReading
	named   bool // the page has values or the description of this GPU, not only its Xids
	instant fleet.Maybe[fleet.Watts]
	retired fleet.Maybe[bool]
	parts   []part
}

// part is one GPU instance of a board in MIG mode.
type part struct {
	id, profile      string
	used, free       fleet.Maybe[fleet.Bytes]
	util, sm, tensor fleet.Maybe[fleet.Ratio]
}

// boardFields have the label uuid alone.
func boardFields() []field {
	return []field{
		{"utilization_gpu_ratio", func(x *row, v float64) { x.Util = fleet.Some(fleet.Ratio(v)) }},
		{"memory_used_bytes", func(x *row, v float64) { x.MemUsed = fleet.Some(fleet.Bytes(v)) }},
		{"memory_free_bytes", func(x *row, v float64) { x.MemFree = fleet.Some(fleet.Bytes(v)) }},
		{"temperature_gpu", func(x *row, v float64) { x.Temp = fleet.Some(fleet.Celsius(v)) }},
		{"power_draw_watts", func(x *row, v float64) { x.Power = fleet.Some(fleet.Watts(v)) }},
		{"power_draw_instant_watts", func(x *row, v float64) { x.instant = fleet.Some(fleet.Watts(v)) }},
		{"clocks_current_sm_clock_hz", func(x *row, v float64) { x.SMClockMHz = fleet.Some(v / 1e6) }},
		// The driver renamed the field; older ones only know the second name.
		{"clocks_event_reasons_active", setThrottle},
		{"clocks_throttle_reasons_active", setThrottle},
		{"ecc_errors_uncorrected_volatile_total", func(x *row, v float64) { x.ECCDouble = fleet.Some(v) }},
		{"remapped_rows_failure", func(x *row, v float64) { x.RemapFailed = fleet.Some(v != 0) }},
		{"remapped_rows_pending", func(x *row, v float64) { x.RemapPending = fleet.Some(v != 0) }},
		// Parts before Ampere retire pages where later ones remap rows; either needs a reset.
		{"retired_pages_pending", func(x *row, v float64) { x.retired = fleet.Some(v != 0) }},
		{"gpu_recovery_action", setRecovery},
	}
}

// partField is one family of GPU instances: labels uuid and gpu_instance_id.
type partField struct {
	name string
	set  func(p *part, v float64)
}

func partFields() []partField {
	return []partField{
		{"mig_info", func(*part, float64) {}},
		{"mig_memory_used_bytes", func(p *part, v float64) { p.used = fleet.Some(fleet.Bytes(v)) }},
		{"mig_memory_free_bytes", func(p *part, v float64) { p.free = fleet.Some(fleet.Bytes(v)) }},
		{"mig_graphics_activity_ratio", func(p *part, v float64) { p.util = fleet.Some(fleet.Ratio(v)) }},
		{"mig_sm_activity_ratio", func(p *part, v float64) { p.sm = fleet.Some(fleet.Ratio(v)) }},
		{"mig_tensor_activity_ratio", func(p *part, v float64) { p.tensor = fleet.Some(fleet.Ratio(v)) }},
	}
}

// The families that are read by their labels, and those about the exporter itself.
const (
	familyInfo     = "gpu_info"
	familyXids     = "xid_errors_total"
	familyXidTime  = "xid_last_timestamp_seconds"
	familySuccess  = "last_collect_success"
	familyExitCode = "command_exit_code" // of nvidia-smi
	familyNVMLCode = "nvml_return_code"  // of the NVML backend, in its place
)

func setThrottle(x *row, v float64) {
	if reasons := gpupage.Bits(v); reasons.OK {
		x.Throttle = reasons
	}
}

func setRecovery(x *row, v float64) {
	if action := gpupage.Code(v); action.OK {
		x.Recovery = action
	}
}
