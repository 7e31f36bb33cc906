package wire

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"pitwall/backends/sim/world"
)

// smiFields are columns of nvidia_gpu_exporter: names with base units, values per device.
var smiFields = []struct {
	name, help string
	value      func(g *world.GPU) float64
}{
	{"clocks_current_memory_clock_hz", "Clock of the memory, Hz.", func(g *world.GPU) float64 { return g.Device.MemMHz * 1e6 }},
	{"clocks_current_sm_clock_hz", "Clock of the SMs, Hz.", func(g *world.GPU) float64 { return g.Clock * 1e6 }},
	{"clocks_event_reasons_active", "Why clocks are low, bits.", throttle},
	{"ecc_errors_uncorrected_volatile_total", "Double-bit errors since the driver started.",
		func(g *world.GPU) float64 { return float64(g.Faults.DoubleBit) }},
	{"energy_joules_total", "Energy since boot, J.", func(g *world.GPU) float64 { return g.Energy }},
	{"enforced_power_limit_watts", "Limit of the power, W.", func(g *world.GPU) float64 { return g.Device.MaxWatts }},
	{"gpu_recovery_action", "What the driver asks for.", recovery},
	{"memory_free_bytes", "Free memory, bytes.",
		func(g *world.GPU) float64 { return (g.Device.MemoryMiB - g.Used - reservedMiB) * (1 << 20) }},
	{"memory_reserved_bytes", "Reserved memory, bytes.", func(*world.GPU) float64 { return reservedMiB * (1 << 20) }},
	{"memory_total_bytes", "Memory, bytes.", func(g *world.GPU) float64 { return g.Device.MemoryMiB * (1 << 20) }},
	{"memory_used_bytes", "Used memory, bytes.", func(g *world.GPU) float64 { return g.Used * (1 << 20) }},
	{"power_draw_watts", "Power, W.", func(g *world.GPU) float64 { return math.Round(g.Watts*100) / 100 }},
	{"remapped_rows_failure", "Whether a remap failed.", zero},
	{"remapped_rows_pending", "Whether a remap is pending.", func(g *world.GPU) float64 { return flag(g.Faults.RemapPending) }},
	{"remapped_rows_uncorrectable", "Rows remapped for uncorrectable errors.",
		func(g *world.GPU) float64 { return float64(g.Faults.Remapped) }},
	{"temperature_gpu", "Temperature of the GPU, C.", func(g *world.GPU) float64 { return math.Round(g.Temp) }},
	{"temperature_memory", "Temperature of the memory, C.", func(g *world.GPU) float64 { return math.Round(g.Temp + 6*g.DRAM) }},
	{"utilization_gpu_ratio", "Utilisation, 0 to 1.", func(g *world.GPU) float64 { return math.Round(g.Busy*100) / 100 }},
	{"utilization_memory_ratio", "Utilisation of the memory, 0 to 1.",
		func(g *world.GPU) float64 { return math.Round(g.DRAM*100) / 100 }},
}

// recovery is the action that NVML asks for: 1 reset the device, 4 drain it first.
func recovery(g *world.GPU) float64 {
	switch {
	case g.Broken:
		return 1
	case g.Faults.RemapPending:
		return 4
	}
	return 0
}

// renderSMI writes the page of one node. A device off the bus has no values any more; its Xids stay counted.
func renderSMI(b []byte, gpus []*world.GPU) []byte {
	e := &exposition{b: b, plain: true}
	found := present(gpus)
	const p = "nvidia_smi_"
	for _, f := range smiFields {
		e.family(p+f.name, "gauge", f.help)
		for _, g := range found {
			e.sample(p+f.name, smiID(g), f.value(g))
		}
	}
	e.family(p+"gpu_info", "gauge", "What the device is.")
	for _, g := range found {
		e.sample(p+"gpu_info", strings.Join([]string{`cuda_version="13.1"`, label("driver_version", driverNew),
			label("index", strconv.Itoa(g.Index)), label("name", g.Device.Product), label("pci_bus_id", g.Bus), smiID(g)}, ","), 1)
	}
	smiXids(e, gpus)
	e.gauge(p+"last_collect_success", "", "Whether the last collection worked.", 1)
	e.gauge(p+"nvml_return_code", "", "Return code of the last collection.", 0)
	return e.b
}

// smiXids writes the codes with their times; a series comes with its first event.
func smiXids(e *exposition, gpus []*world.GPU) {
	for _, f := range []struct {
		name, kind, help string
		value            func(x *world.GPUFaults, code int) float64
	}{
		{"nvidia_smi_xid_errors_total", "counter", "Xids since the exporter started.",
			func(x *world.GPUFaults, code int) float64 { return float64(x.Xids[code]) }},
		{"nvidia_smi_xid_last_timestamp_seconds", "gauge", "Time of the last one, seconds since the epoch.",
			func(x *world.GPUFaults, code int) float64 { return float64(x.XidAt[code].UnixMilli()) / 1000 }},
	} {
		begun := false
		for _, g := range gpus {
			for _, code := range slices.Sorted(maps.Keys(g.Faults.Xids)) {
				if !begun {
					e.family(f.name, f.kind, f.help)
					begun = true
				}
				e.sample(f.name, smiID(g)+","+label("xid", strconv.Itoa(code)), f.value(&g.Faults, code))
			}
		}
	}
}

// smiID is the label of a device: its UUID without the prefix.
func smiID(g *world.GPU) string { return label("uuid", strings.TrimPrefix(g.UUID, "GPU-")) }
