package prometheus

import (
	"strconv"
	"strings"
)

// gpuNames are the questions about the boards of one kind of exporter, as instant vectors: of boards with one series
// each, in the units of fleet.GPUTotals. "" is what the exporter cannot tell. $s stands for the matchers of the pool.
// They follow what the exporter's own connector makes of a page: what it takes for unknown is left out here too.
type gpuNames struct {
	boards  string   // every board
	nodes   string   // every machine
	util    string   // 0 to 1
	power   string   // watts
	used    string   // bytes
	free    string   // bytes
	heat    string   // degrees
	faulty  string   // boards that are out of order
	judged  string   // boards of which it is known whether they are
	xid     string   // boards with an Xid
	watched string   // what is there where Xids are looked for
	worst   []string // by why, the worst reason first; each series leads to one device
	ids     []string // labels that name a device, the first one that is there counts
}

// gpuNamesOf is the table of exporters whose GPUs can be asked for as a whole.
func gpuNamesOf(exporter string) (gpuNames, bool) {
	switch exporter {
	case "dcgm":
		return dcgmNames(), true
	case "nvidia-gpu":
		return nvidiaGPUNames(), true
	case "amd":
		return amdNames(), true
	case "triton":
		return tritonGPUNames(), true
	default:
		return gpuNames{}, false
	}
}

// question asks for the GPUs of a pool together, and which have the most trouble.
func (g gpuNames) question(selector string, worst int) string {
	fill := strings.NewReplacer("$s", selector)
	q := &question{}
	add := func(name, format string, parts ...string) {
		for i := range parts {
			parts[i] = fill.Replace(parts[i])
		}
		q.add(name, format, parts...)
	}
	add("boards", "count(%s)", g.boards)
	add("nodes", "count(%s)", g.nodes)
	add("util", "avg(%s)", g.util)
	add("power", "sum(%s)", g.power)
	add("used", "sum(%s)", g.used)
	add("all", "sum(%s) + sum(%s)", g.used, g.free)
	add("hottest", "max(%s)", g.heat)
	q.counted("faulty", fill.Replace(g.faulty), fill.Replace(g.judged))
	q.counted("xid", fill.Replace(g.xid), fill.Replace(g.watched))
	for i, of := range g.worst {
		add("worst/"+strconv.Itoa(i+1), "topk("+strconv.Itoa(worst)+",%s)", of)
	}
	return q.String()
}

// What is above these is no reading: DCGM writes such numbers where it has no value.
const (
	mostUtil  = "100"
	mostWatts = "100000"
	mostHeat  = "1000"
	mostMiB   = "1e9"
	mostCode  = "1048576"
)

// mib is the unit in which DCGM and AMD's exporter count memory.
const mib = "1048576"

// both are the names of one DCGM field of before and since 4.6.
func both(fields ...string) string { return "(" + strings.Join(values(fields...), " or ") + ")" }

// dcgmNames: names and units differ by age and options of the exporter (engines-and-gpus.md 11.1). Instances of MIG share
// the labels of their board; pods that share a GPU repeat its rows.
func dcgmNames() gpuNames {
	const board = "UUID,uuid,gpu,Hostname,hostname"
	by, row := "max by ("+board+")", "max by ("+board+",GPU_I_ID)"
	heat := both("DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_GPU_TEMP_CELSIUS")
	util := both("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_GPU_UTIL_RATIO") // percent under both names
	active := both("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO")
	power := both("DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_BOARD_POWER_WATTS")
	code := func(fields string) string { return fields + " < " + mostCode }
	xid := code(both("DCGM_FI_DEV_XID_ERRORS", "DCGM_FI_DEV_XID_ERROR"))
	remap := code(both("DCGM_FI_DEV_ROW_REMAP_FAILURE", "DCGM_FI_DEV_ROW_REMAP_FAILED"))
	action := code(both("DCGM_FI_DEV_GPU_RECOVERY_ACTION", "DCGM_FI_DEV_GET_GPU_RECOVERY_ACTION"))
	memory := func(field string) string { return row + "(" + field + "{$s} < " + mostMiB + ") * " + mib }
	rows := "(" + heat + " or " + power + " or DCGM_FI_DEV_FB_USED{$s})"
	return gpuNames{
		boards: "count by (" + board + ")" + rows,
		nodes:  "count by (Hostname,hostname)" + rows,
		// Instances of MIG have no utilisation; the share of time in which their engine was active is the same question.
		util:  by + "(" + util + " <= " + mostUtil + ") / 100 or avg by (" + board + ")(" + active + " <= 1)",
		power: by + "(" + power + " < " + mostWatts + ")",
		used:  memory("DCGM_FI_DEV_FB_USED"), free: memory("DCGM_FI_DEV_FB_FREE"),
		heat:   heat + " < " + mostHeat,
		faulty: "(" + by + "(" + remap + ") > 0 or " + by + "(" + action + ") > 0)",
		judged: "(" + remap + " or " + action + ")",
		xid:    by + "(" + xid + ") > 0", watched: xid,
		worst: []string{"(" + action + ") > 0", "(" + remap + ") > 0", "(" + xid + ") > 0", heat + " < " + mostHeat},
		ids:   []string{"UUID", "uuid"},
	}
}

// nvidiaGPUNames: a board that is cut has no values of its own but the instances'. Xids have series only once one came;
// that they are looked for shows in the return code of NVML, which the other backend lacks.
func nvidiaGPUNames() gpuNames {
	const by, cut = "max by (uuid,instance)", `{__name__=~"nvidia_smi_mig_(info|memory_used_bytes|memory_free_bytes|` +
		`graphics_activity_ratio|sm_activity_ratio|tensor_activity_ratio)",$s}`
	of := func(name string) string { return by + "(nvidia_smi_" + name + "{$s})" }
	parts := func(sum, instances, board string) string {
		return "(" + sum + " by (uuid,instance)(nvidia_smi_mig_" + instances + "{$s}) or (" + of(board) +
			" unless on (uuid,instance) " + cut + "))"
	}
	xid := "(" + of("xid_errors_total") + " > 0 and " + of("gpu_info") + ")"
	failed, asked := of("remapped_rows_failure"), of("gpu_recovery_action")
	return gpuNames{
		boards: of("gpu_info"),
		nodes:  "count by (instance)(nvidia_smi_gpu_info{$s})",
		util:   parts("avg", "graphics_activity_ratio", "utilization_gpu_ratio"),
		power:  "(" + of("power_draw_watts") + " or " + of("power_draw_instant_watts") + ")",
		used:   parts("sum", "memory_used_bytes", "memory_used_bytes"),
		free:   parts("sum", "memory_free_bytes", "memory_free_bytes"),
		heat:   of("temperature_gpu"),
		faulty: "(" + failed + " > 0 or " + asked + " > 0)", judged: "(" + failed + " or " + asked + ")",
		xid: xid, watched: "nvidia_smi_nvml_return_code{$s}",
		worst: []string{asked + " > 0", failed + " > 0", xid, of("temperature_gpu")},
		ids:   []string{"uuid"},
	}
}

// amdNames: a prefix of the operator's choice stands before the names. Of a board that is cut into partitions the first
// has the sensors, and the others have zeros; one that is not told its share of the memory says 0 of it. What all bits
// set would be is no value.
func amdNames() gpuNames {
	const board, row = "serial_number,gpu_id,instance", "serial_number,gpu_id,gpu_partition_id,instance"
	const first, others = `gpu_partition_id=~"|0|NA"`, `gpu_partition_id!~"|0|NA"`
	series := func(name, which string) string {
		if which != "" {
			which = "," + which
		}
		return `{__name__=~".*` + name + `",$s` + which + "}"
	}
	sensor := func(name string) string {
		return "max by (" + board + ")((" + series(name, first) + " != 65535 != 4294967295) < 9.2e18)"
	}
	rows := `{__name__=~".*gpu_(gfx_activity|total_vram|health|package_power|average_package_power|junction_temperature|` +
		`edge_temperature|used_vram|power_usage)",$s,` + first + `}`
	memory := func(name, which string) string { return "max by (" + row + ")(" + series(name, which) + ") * " + mib }
	share := func(amount string) string {
		return "(" + amount + " unless " + memory("gpu_total_vram", others) + " == 0)"
	}
	used, free, all := memory("gpu_used_vram", ""), memory("gpu_free_vram", ""), memory("gpu_total_vram", "")
	heat := "(" + sensor("gpu_junction_temperature") + " or " + sensor("gpu_edge_temperature") + ")"
	sick := "max by (" + board + ")(" + series("gpu_health", first) + " == 0)"
	return gpuNames{
		boards: "count by (" + board + ")(" + rows + ")",
		nodes:  "count by (exported_hostname,hostname)(" + rows + ")",
		util:   sensor("gpu_gfx_activity") + " / 100",
		power: "(" + sensor("gpu_package_power") + " or " + sensor("gpu_average_package_power") + " or " +
			sensor("gpu_power_usage") + ")",
		used: share(used),
		free: share("(" + free + " or (" + all + " - " + used + " >= 0))"),
		heat: heat,
		// The exporter's own verdict, of the first partition or, beside it, of another one.
		faulty: "(" + sick + " or (max by (serial_number,instance)(" + series("gpu_health", others) +
			" == 0) unless on (serial_number,instance) " + sick + "))",
		judged: series("gpu_health", ""),
		worst: []string{"(" + series("gpu_health", "") + " == 0)",
			"(" + series("gpu_afid_errors", `severity=~"fatal|non_fatal_uncorrected"`) + " > 0)",
			"(" + series("gpu_ecc_uncorrect_total", "") + " > 0)", heat},
		ids: []string{"serial_number", "gpu_id"},
	}
}

// tritonGPUNames are what a server says of the GPUs that it uses: no heat, and nothing of health.
func tritonGPUNames() gpuNames {
	of := func(name string) string { return "max by (gpu_uuid,instance)(nv_gpu_" + name + "{$s})" }
	used, all := of("memory_used_bytes"), of("memory_total_bytes")
	return gpuNames{
		boards: "count by (gpu_uuid)({__name__=~\"nv_gpu_(utilization|memory_used_bytes|memory_total_bytes|power_usage)\",$s})",
		nodes:  "count by (instance)({__name__=~\"nv_gpu_(utilization|memory_used_bytes|memory_total_bytes|power_usage)\",$s})",
		util:   of("utilization"), power: of("power_usage"),
		used: used, free: "(" + all + " - " + used + " >= 0)",
		ids: []string{"gpu_uuid"},
	}
}
