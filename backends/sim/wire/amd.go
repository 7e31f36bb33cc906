package wire

import (
	"math"
	"strconv"
	"strings"

	"pitwall/backends/sim/world"
)

// amdFields are families of the device-metrics-exporter as an MI300 has them; all are gauges.
var amdFields = []struct {
	name, extra string
	value       func(g *world.GPU) float64
}{
	{"gpu_health", "", func(g *world.GPU) float64 { return flag(!g.Broken) }},
	{"gpu_gfx_activity", "", func(g *world.GPU) float64 { return math.Round(g.Busy * 100) }},
	{"gpu_umc_activity", "", func(g *world.GPU) float64 { return math.Round(g.DRAM * 100) }},
	{"gpu_package_power", "", func(g *world.GPU) float64 { return math.Round(g.Watts) }},
	{"gpu_junction_temperature", "", func(g *world.GPU) float64 { return math.Round(g.Temp) }},
	{"gpu_memory_temperature", "", func(g *world.GPU) float64 { return math.Round(g.Temp + 6*g.DRAM) }},
	{"gpu_total_vram", "", func(g *world.GPU) float64 { return g.Device.MemoryMiB }},
	{"gpu_used_vram", "", func(g *world.GPU) float64 { return g.Used }},
	{"gpu_free_vram", "", func(g *world.GPU) float64 { return g.Device.MemoryMiB - g.Used }},
	{"gpu_clock", `clock_index="0",clock_type="GPU_CLOCK_TYPE_SYSTEM"`, func(g *world.GPU) float64 { return g.Clock }},
	{"gpu_clock", `clock_index="0",clock_type="GPU_CLOCK_TYPE_MEMORY"`, func(g *world.GPU) float64 { return g.Device.MemMHz }},
	{"gpu_energy_consumed", "", func(g *world.GPU) float64 { return math.Round(g.Energy * 1e6) }},
	{"gpu_ecc_correct_total", "", zero},
	{"gpu_ecc_uncorrect_total", "", func(g *world.GPU) float64 { return float64(g.Faults.DoubleBit) }},
	{"pcie_replay_count", "", zero},
}

// renderAMD writes the page of one node, with the prefix that AMD's own examples configure.
func renderAMD(b []byte, gpus []*world.GPU) []byte {
	const prefix = "amd_"
	e := &exposition{b: b, plain: true}
	found, last := present(gpus), ""
	for _, f := range amdFields {
		if f.name != last {
			e.family(prefix+f.name, "gauge", strings.ReplaceAll(f.name, "_", " "))
			last = f.name
		}
		for _, g := range found {
			l := amdLabels(g)
			if f.extra != "" {
				l = f.extra + "," + l
			}
			e.sample(prefix+f.name, l, f.value(g))
		}
	}
	if len(gpus) > 0 {
		e.gauge(prefix+"gpu_nodes_total", label("hostname", gpus[0].Node), "Number of GPUs on the node", float64(len(found)))
	}
	return e.b
}

// amdLabels are those that every series has; what is not used is empty.
func amdLabels(g *world.GPU) string {
	pod, container, namespace := "", "", ""
	if g.Owner != nil {
		pod, container, namespace = g.Owner.Name, g.Owner.Pool.Engine, world.Namespace
	}
	return strings.Join([]string{label("card_model", g.Device.Product), label("container", container), `deployment_mode="kubernetes"`,
		`gpu_compute_partition_type="spx"`, label("gpu_id", strconv.Itoa(g.Index)), `gpu_memory_partition_type="nps1"`,
		`gpu_partition_id="0"`, label("hostname", g.Node), `job_id="",job_partition="",job_user=""`, label("namespace", namespace),
		label("pod", pod), label("serial_number", strings.ToUpper(g.UUID[4:12]))}, ",")
}
