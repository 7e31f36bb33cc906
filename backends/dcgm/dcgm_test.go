package dcgm

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const text = "text/plain; version=0.0.4; charset=utf-8"

// rowLabels writes the labels of GPU n as exporters up to 4.8 do (host "Hostname") or later ones ("hostname").
func rowLabels(n int, host, product, more string) string {
	return fmt.Sprintf(`gpu="%d",UUID="GPU-%d",pci_bus_id="00000000:%02X:00.0",device="nvidia%d",modelName="%s",`+
		`%s="node-a",DCGM_FI_DRIVER_VERSION="580.65.06",container="c",namespace="serving",pod="llama-%d"%s`,
		n, n, 0x1b+n, n, product, host, n, more)
}

type sample struct {
	name string
	vals [2]string // of GPU 0 and 1
}

func page(host, product string, list []sample) string {
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "# HELP %s From the list.\n# TYPE %s gauge\n", s.name, s.name)
		for n, v := range s.vals {
			if v != "" {
				fmt.Fprintf(&b, "%s{%s} %s\n", s.name, rowLabels(n, host, product, ""), v)
			}
		}
	}
	b.WriteString("# TYPE DCGM_EXP_XID_ERRORS_COUNT counter\n")
	fmt.Fprintf(&b, "DCGM_EXP_XID_ERRORS_COUNT{%s} 3\n",
		rowLabels(1, host, product, `,window_size_in_ms="300000",xid="79"`))
	return b.String()
}

// generation gives one page under the old or the new names.
func generation(current bool, product string) string {
	host := "Hostname"
	pick := func(old, _ string) string { return old }
	if current {
		host, pick = "hostname", func(_, name string) string { return name }
	}
	return page(host, product, []sample{
		{"DCGM_FI_DEV_SM_CLOCK", [2]string{"1980", "345"}},
		{pick("DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_GPU_TEMP_CELSIUS"), [2]string{"61", "9223372036854775794"}},
		{pick("DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_BOARD_POWER_WATTS"), [2]string{"690.5", "140737488355328.0"}},
		{pick("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_GPU_UTIL_RATIO"), [2]string{"97", "2147483632"}},
		{"DCGM_FI_DEV_FB_USED", [2]string{"60000", "9223372036854775792"}},
		{pick("DCGM_FI_DEV_FB_USED_PERCENT", "DCGM_FI_DEV_FB_USED_RATIO"), [2]string{"0.75", ""}},
		{pick("DCGM_FI_DEV_XID_ERRORS", "DCGM_FI_DEV_XID_ERROR"), [2]string{"0", "79"}},
		{pick("DCGM_FI_DEV_ROW_REMAP_FAILURE", "DCGM_FI_DEV_ROW_REMAP_FAILED"), [2]string{"0", "1"}},
		{"DCGM_FI_DEV_ROW_REMAP_PENDING", [2]string{"1", "0"}},
		{"DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", [2]string{"0", "2"}},
		{pick("DCGM_FI_DEV_CLOCK_THROTTLE_REASONS", "DCGM_FI_DEV_CLOCKS_EVENT_REASONS"), [2]string{"0", "40"}},
		{pick("DCGM_FI_DEV_GET_GPU_RECOVERY_ACTION", "DCGM_FI_DEV_GPU_RECOVERY_ACTION"), [2]string{"0", "4"}},
		{pick("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO"), [2]string{"0.99", ""}},
		{pick("DCGM_FI_PROF_SM_ACTIVE", "DCGM_FI_PROF_SM_UTIL_RATIO"), [2]string{"0.5", ""}},
		{pick("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "DCGM_FI_PROF_TENSOR_UTIL_RATIO"), [2]string{"0.25", "0"}},
		{pick("DCGM_FI_PROF_DRAM_ACTIVE", "DCGM_FI_PROF_DRAM_UTIL_RATIO"), [2]string{"0.625", "0"}},
	})
}

func wantGPUs() []fleet.GPUReading {
	gpu := func(n int) fleet.GPUReading {
		return fleet.GPUReading{ID: fleet.GPUID(fmt.Sprintf("GPU-%d", n)), Index: fmt.Sprint(n),
			PCI: fmt.Sprintf("0000:%02x:00", 0x1b+n), Product: "H100", Host: "node-a", Driver: "580.65.06",
			Pod: fmt.Sprintf("serving/llama-%d", n)}
	}
	a, b := gpu(0), gpu(1)
	a.SMClockMHz, b.SMClockMHz = fleet.Some(1980.0), fleet.Some(345.0)
	a.Temp, a.Power, a.Util = fleet.Some(fleet.Celsius(61)), fleet.Some(fleet.Watts(690.5)), fleet.Some(fleet.Ratio(0.97))
	a.MemUsed, a.MemFree = fleet.Some(fleet.Bytes(60000<<20)), fleet.Some(fleet.Bytes(20000<<20))
	a.LastXid, b.LastXid = fleet.Some(0), fleet.Some(79)
	b.XidWindow, b.XidSpan = map[int]float64{79: 3}, 5*time.Minute
	a.RemapFailed, b.RemapFailed = fleet.Some(false), fleet.Some(true)
	a.RemapPending, b.RemapPending = fleet.Some(true), fleet.Some(false)
	a.ECCDouble, b.ECCDouble = fleet.Some(0.0), fleet.Some(2.0)
	a.Throttle, b.Throttle = fleet.Some(uint64(0)), fleet.Some(uint64(40))
	a.Recovery, b.Recovery = fleet.Some(0), fleet.Some(4)
	a.SMUtil, a.DRAMUtil = fleet.Some(fleet.Ratio(0.5)), fleet.Some(fleet.Ratio(0.625))
	a.TensorUtil = fleet.Some(fleet.Ratio(0.25))
	b.TensorUtil, b.DRAMUtil = fleet.Some(fleet.Ratio(0)), fleet.Some(fleet.Ratio(0))
	return []fleet.GPUReading{a, b}
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	want := wantGPUs()
	if len(p.Notices) != 0 || len(p.GPUs) != len(want) {
		t.Fatalf("%d GPUs, notices %v", len(p.GPUs), p.Notices)
	}
	for i := range want {
		if !reflect.DeepEqual(p.GPUs[i], want[i]) {
			t.Errorf("GPU %d:\n got %+v\nwant %+v", i, p.GPUs[i], want[i])
		}
	}
}

func contractCase(path string, current bool) contract.Case {
	good := generation(current, "H100")
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	return contract.Case{
		New:   Connector().NewReader,
		Path:  path,
		Pages: map[string]contract.Page{"/metrics": {Type: text, Body: good}},
		Main:  "/metrics",
		Judge: judge,
		WrongType: contract.Page{Type: text, Body: strings.Replace(good,
			"# TYPE DCGM_FI_DEV_SM_CLOCK gauge", "# TYPE DCGM_FI_DEV_SM_CLOCK histogram", 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.GPUs) != 2 || p.GPUs[0].SMClockMHz.OK || !p.GPUs[0].Temp.OK {
				t.Errorf("want all but the clock: %+v", p.GPUs)
			}
		},
		Hostile: func(name string) map[string]contract.Page {
			return map[string]contract.Page{"/metrics": {Type: text, Body: generation(current, escape.Replace(name))}}
		},
		Series: func(n int) contract.Page {
			return contract.Page{Type: text, Body: good + strings.Repeat("other_total 1\n", n-strings.Count(good, "\n"))}
		},
	}
}

func TestContract(t *testing.T) {
	t.Run("old names, full url", func(t *testing.T) { contract.Run(t, contractCase("/metrics", false)) })
	t.Run("4.6 names, address only", func(t *testing.T) { contract.Run(t, contractCase("", true)) })
}

func decode(t *testing.T, page string) []fleet.GPUReading {
	t.Helper()
	gpus, _, err := newDecoder().Decode([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	return gpus
}

func TestInstancesOfMIGAreRowsOfOneBoard(t *testing.T) {
	var b strings.Builder
	for id, used := range map[int]int{1: 30000, 2: 10000} {
		l := rowLabels(0, "hostname", "H100", fmt.Sprintf(`,GPU_I_PROFILE="3g.40gb",GPU_I_ID="%d"`, id))
		fmt.Fprintf(&b, "DCGM_FI_DEV_POWER_USAGE{%s} 400\nDCGM_FI_DEV_FB_USED{%s} %d\n", l, l, used)
		fmt.Fprintf(&b, "DCGM_FI_PROF_GR_ENGINE_ACTIVE{%s} 0.%d\n", l, id)
	}
	gpus := decode(t, b.String())
	if len(gpus) != 2 || gpus[0].ID != gpus[1].ID || gpus[0].MIG == gpus[1].MIG || gpus[0].MIGProfile != "3g.40gb" {
		t.Fatalf("%+v", gpus)
	}
	for _, g := range gpus {
		want := map[string]fleet.GPUReading{
			"1": {MemUsed: fleet.Some(fleet.Bytes(30000 << 20)), Util: fleet.Some(fleet.Ratio(0.1))},
			"2": {MemUsed: fleet.Some(fleet.Bytes(10000 << 20)), Util: fleet.Some(fleet.Ratio(0.2))},
		}[g.MIG]
		if g.MemUsed != want.MemUsed || g.Util != want.Util || g.Power.V != 400 {
			t.Errorf("instance %s: %+v", g.MIG, g)
		}
	}
}

func TestBlanks(t *testing.T) {
	for v, blank := range map[float64]bool{
		2147483631: false, 2147483632: true, 2147483635: true, 2147483636: false,
		140737488355327: false, 140737488355328: true, 140737488355331: true, 140737488355332: false,
		9.1e18: false, 9223372036854775794: true, 0: false, 1: false,
	} {
		if isBlank(v) != blank {
			t.Errorf("%v is blank: %v", v, !blank)
		}
	}
}

func TestLabelsOfOlderExporters(t *testing.T) {
	g := decode(t, `DCGM_FI_DEV_GPU_TEMP{gpu="3",uuid="GPU-x",pod_name="p",pod_namespace="n",Hostname="h",`+
		`DCGM_FI_SYSTEM_DRIVER_VERSION="600.1"} 50`+"\n")[0]
	if g.ID != "GPU-x" || g.Pod != "n/p" || g.Host != "h" || g.Driver != "600.1" || g.Temp.V != 50 {
		t.Errorf("%+v", g)
	}
	if long := strings.Repeat("G", 100_000); len(decode(t, `DCGM_FI_DEV_GPU_TEMP{gpu="3",UUID="`+long+`"} 50`+"\n")[0].ID) > fleet.MaxLabelBytes {
		t.Error("a name without end is kept whole")
	}
	g = decode(t, `DCGM_FI_DEV_GPU_TEMP{gpu="3",pod="exporter-1",namespace="monitoring",exported_pod="p",`+
		`exported_namespace="n"} 50`+"\n")[0]
	if g.Pod != "n/p" || g.ID != "3" {
		t.Errorf("through Prometheus: %+v", g)
	}
}

func TestOtherPagesAreNoEmptyNode(t *testing.T) {
	many := strings.Builder{}
	for i := range maxGPUs + 1 {
		fmt.Fprintf(&many, "DCGM_FI_DEV_GPU_TEMP{gpu=\"%d\",UUID=\"GPU-%d\"} 50\n", i, i)
	}
	if _, _, err := newDecoder().Decode([]byte(many.String())); err == nil {
		t.Error("more GPUs than a machine has were read")
	}
	gpus, _, err := newDecoder().Decode([]byte("gpu_temp{gpu=\"0\"} 1\nDCGM_FI_DEV_GPU_TEMP{nvswitch=\"1\"} 4\n"))
	if err != nil || len(gpus) != 0 {
		t.Errorf("%v, %v", gpus, err)
	}
}
