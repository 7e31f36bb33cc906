package wire

import (
	"math"
	"strconv"

	"pitwall/backends/sim/world"
)

// dcgmField is one column of the exporter's list: the old name, the name of the 4.6.0 naming standard, and how its
// value follows from a device (engines-and-gpus.md 11.1).
type dcgmField struct {
	old, new, kind, help string
	value                func(g *world.GPU) float64
	decimals             int
}

var dcgmFields = []dcgmField{
	{"DCGM_FI_DEV_SM_CLOCK", "DCGM_FI_DEV_SM_CLOCK", "gauge", "Clock of the SMs, MHz.",
		func(g *world.GPU) float64 { return g.Clock }, 0},
	{"DCGM_FI_DEV_MEM_CLOCK", "DCGM_FI_DEV_MEM_CLOCK", "gauge", "Clock of the memory, MHz.",
		func(g *world.GPU) float64 { return g.Device.MemMHz }, 0},
	{"DCGM_FI_DEV_MEMORY_TEMP", "DCGM_FI_DEV_MEMORY_TEMP_CELSIUS", "gauge", "Temperature of the memory, C.",
		func(g *world.GPU) float64 { return math.Round(g.Temp + 6*g.DRAM) }, 0},
	{"DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_GPU_TEMP_CELSIUS", "gauge", "Temperature of the GPU, C.",
		func(g *world.GPU) float64 { return math.Round(g.Temp) }, 0},
	{"DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_BOARD_POWER_WATTS", "gauge", "Power of the board, W.",
		func(g *world.GPU) float64 { return g.Watts }, 6},
	{"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "Energy since boot, mJ.",
		func(g *world.GPU) float64 { return g.Energy * 1000 }, 0},
	{"DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "DCGM_FI_DEV_PCIE_REPLAY_TOTAL", "counter", "Repeated PCIe packets.", zero, 0},
	{"DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_GPU_UTIL_RATIO", "gauge", "Utilisation of the GPU, %.",
		func(g *world.GPU) float64 { return math.Round(g.Busy * 100) }, 0},
	{"DCGM_FI_DEV_MEM_COPY_UTIL", "DCGM_FI_DEV_MEM_COPY_UTIL", "gauge", "Utilisation of the memory, %.",
		func(g *world.GPU) float64 { return math.Round(g.DRAM * 100) }, 0},
	{"DCGM_FI_DEV_ENC_UTIL", "DCGM_FI_DEV_ENC_UTIL", "gauge", "Utilisation of the encoder, %.", zero, 0},
	{"DCGM_FI_DEV_DEC_UTIL", "DCGM_FI_DEV_DEC_UTIL", "gauge", "Utilisation of the decoder, %.", zero, 0},
	{"DCGM_FI_DEV_XID_ERRORS", "DCGM_FI_DEV_XID_ERROR", "gauge", "Code of the last XID error.",
		func(g *world.GPU) float64 { return float64(g.Faults.Xid) }, 0},
	{"DCGM_FI_DEV_FB_FREE", "DCGM_FI_DEV_FB_FREE", "gauge", "Free framebuffer, MiB.",
		func(g *world.GPU) float64 { return g.Device.MemoryMiB - g.Used - reservedMiB }, 0},
	{"DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_USED", "gauge", "Used framebuffer, MiB.",
		func(g *world.GPU) float64 { return g.Used }, 0},
	{"DCGM_FI_DEV_FB_RESERVED", "DCGM_FI_DEV_FB_RESERVED", "gauge", "Reserved framebuffer, MiB.",
		func(*world.GPU) float64 { return reservedMiB }, 0},
	{"DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "DCGM_FI_DEV_ROW_REMAP_UNCORRECTABLE_TOTAL", "counter",
		"Rows remapped for uncorrectable errors.", func(g *world.GPU) float64 { return float64(g.Faults.Remapped) }, 0},
	{"DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", "DCGM_FI_DEV_ROW_REMAP_CORRECTABLE_TOTAL", "counter",
		"Rows remapped for correctable errors.", zero, 0},
	{"DCGM_FI_DEV_ROW_REMAP_FAILURE", "DCGM_FI_DEV_ROW_REMAP_FAILED", "gauge", "Whether a remap failed.", zero, 0},
	{"DCGM_FI_DEV_ROW_REMAP_PENDING", "DCGM_FI_DEV_ROW_REMAP_PENDING", "gauge", "Whether a remap is pending.",
		func(g *world.GPU) float64 { return flag(g.Faults.RemapPending) }, 0},
	{"DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "counter", "Double-bit errors.",
		func(g *world.GPU) float64 { return float64(g.Faults.DoubleBit) }, 0},
	{"DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL", "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_TOTAL", "counter",
		"Packets repeated on NVLink.", func(g *world.GPU) float64 { return math.Round(g.Faults.Replays) }, 0},
	{"DCGM_FI_DEV_CLOCK_THROTTLE_REASONS", "DCGM_FI_DEV_CLOCKS_EVENT_REASONS", "gauge", "Why clocks are low, bits.",
		throttle, 0},
	{"DCGM_FI_PROF_GR_ENGINE_ACTIVE", "DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO", "gauge", "Activity of the engine, 0 to 1.",
		func(g *world.GPU) float64 { return g.Busy }, 6},
	{"DCGM_FI_PROF_SM_ACTIVE", "DCGM_FI_PROF_SM_UTIL_RATIO", "gauge", "Activity of the SMs, 0 to 1.",
		func(g *world.GPU) float64 { return g.SM }, 6},
	{"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "DCGM_FI_PROF_TENSOR_UTIL_RATIO", "gauge", "Activity of tensor pipes, 0 to 1.",
		func(g *world.GPU) float64 { return g.Tensor }, 6},
	{"DCGM_FI_PROF_DRAM_ACTIVE", "DCGM_FI_PROF_DRAM_UTIL_RATIO", "gauge", "Activity of the memory, 0 to 1.",
		func(g *world.GPU) float64 { return g.DRAM }, 6},
	{"DCGM_FI_PROF_PCIE_TX_BYTES", "DCGM_FI_PROF_PCIE_TX_BYTES", "gauge", "Bytes sent over PCIe, per second.",
		func(g *world.GPU) float64 { return math.Round(2.1e8 * g.Busy) }, 0},
	{"DCGM_FI_PROF_PCIE_RX_BYTES", "DCGM_FI_PROF_PCIE_RX_BYTES", "gauge", "Bytes received over PCIe, per second.",
		func(g *world.GPU) float64 { return math.Round(3.4e8 * g.Busy) }, 0},
}

const (
	reservedMiB = 529
	driverOld   = "580.126.09"
	driverNew   = "580.159.03"
)

func zero(*world.GPU) float64 { return 0 }

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// xidNames are the words of the exporter for the codes that occur here.
var xidNames = map[int]string{0: "No Error", 74: "NVLINK Error", 79: "GPU has fallen off the bus",
	94: "Contained ECC error", 95: "Uncontained ECC error"}

// throttle gives NVML's clock event bits: 1 idle, 4 software power cap, 8 and 64 slowed by the hardware for heat.
func throttle(g *world.GPU) float64 {
	switch {
	case g.Hot():
		return 8 + 64
	case g.Clock < g.Device.BoostMHz:
		return 4
	case g.Busy < 0.01:
		return 1
	}
	return 0
}

// renderDCGM writes the page of one node, in the names of before or of the 4.6.0 naming standard.
func renderDCGM(b []byte, gpus []*world.GPU, renamed bool) []byte {
	e := &exposition{b: b}
	gpus = present(gpus)
	labels := make([]string, len(gpus))
	for i, g := range gpus {
		labels[i] = gpuLabels(g, renamed)
	}
	for _, f := range dcgmFields {
		name := f.old
		if renamed {
			name = f.new
		}
		e.family(name, f.kind, f.help)
		for i, g := range gpus {
			l := labels[i]
			if f.old == "DCGM_FI_DEV_XID_ERRORS" {
				l += "," + label("err_code", strconv.Itoa(g.Faults.Xid)) + "," + label("err_msg", xidNames[g.Faults.Xid])
			}
			e.head(name, l)
			e.b = strconv.AppendFloat(e.b, f.value(g), 'f', f.decimals, 64)
			e.b = append(e.b, '\n')
		}
	}
	return e.b
}

func gpuLabels(g *world.GPU, renamed bool) string {
	i := strconv.Itoa(g.Index)
	host, driver, version := "Hostname", "DCGM_FI_DRIVER_VERSION", driverOld
	if renamed {
		host, driver, version = "hostname", "DCGM_FI_SYSTEM_DRIVER_VERSION", driverNew
	}
	s := label("gpu", i) + "," + label("UUID", g.UUID) + "," + label("pci_bus_id", g.Bus) + "," +
		label("device", "nvidia"+i) + "," + label("modelName", g.Device.Product) + "," + label(host, g.Node) + "," +
		label(driver, version)
	if g.Owner != nil {
		s += "," + label("container", g.Owner.Pool.Engine) + "," + label("namespace", world.Namespace) + "," +
			label("pod", g.Owner.Name)
	}
	return s
}
