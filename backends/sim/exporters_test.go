package sim

import (
	"strings"
	"testing"
	"time"

	"pitwall/backends/sim/wire"
)

func TestNvidiaGPUExporterPage(t *testing.T) {
	f, clock := listen(t, Options{Exporters: map[string]string{poolH100: wire.ExporterSMI}})
	if err := f.Start("F14", noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		_, page := get(t, f.URL("h100-b-04")+"/metrics", false)
		return page
	}
	before := read()
	got := parse(t, before)
	if n := len(got["nvidia_smi_gpu_info"].GetMetric()); n != 8 {
		t.Errorf("%d devices", n)
	}
	if strings.Contains(before, "GPU-") || strings.Contains(before, "xid") {
		t.Error("the page has a prefix before a UUID, or an Xid before the first event")
	}
	if err := clock.Advance(t.Context(), 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	after := read()
	got = parse(t, after)
	if n := len(got["nvidia_smi_power_draw_watts"].GetMetric()); n != 7 {
		t.Errorf("%d devices have values, one is off the bus", n)
	}
	if n := sum(got, "nvidia_smi_xid_errors_total", "xid", "79"); n != 1 {
		t.Errorf("Xid 79 is counted %v times", n)
	}
	if at := sum(got, "nvidia_smi_xid_last_timestamp_seconds", "xid", "79"); at != float64(noon.Add(time.Minute).Unix()) {
		t.Errorf("Xid 79 came at %v", at)
	}
	sample := parse(t, shared(t, "engines/nvidia_gpu_exporter-h100-load.metrics"))
	for name, family := range got {
		want := sample[name]
		if want == nil && !strings.Contains(name, "xid") && !strings.Contains(name, "energy") && !strings.Contains(name, "nvml") {
			t.Errorf("the exporter has no %s", name)
		}
		if want != nil && want.GetType() != family.GetType() {
			t.Errorf("%s is a %s, want %s", name, family.GetType(), want.GetType())
		}
	}
}

func TestAMDExporterPage(t *testing.T) {
	f, clock := listen(t, Options{Exporters: map[string]string{poolH100: wire.ExporterAMD},
		Engines: map[string]string{poolH100: "sglang"}})
	if err := clock.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	_, page := get(t, f.URL("h100-b-01")+"/metrics", false)
	got := parse(t, page)
	if n := sum(got, "amd_gpu_nodes_total"); n != 8 || len(got["amd_gpu_health"].GetMetric()) != 8 {
		t.Errorf("%v devices", n)
	}
	if v := sum(got, "amd_gpu_package_power", "gpu_id", "0"); v < 140 || v > 750 {
		t.Errorf("%v W", v)
	}
	for name, family := range got {
		if family.GetType().String() != "GAUGE" {
			t.Errorf("%s is a %s; AMD's are gauges", name, family.GetType())
		}
	}
	covers(t, page, shared(t, "engines/amd-device-metrics-exporter.synthesized.prom"))
}

func TestDCGMShowsWhatTheDriverCounts(t *testing.T) {
	f, clock := listen(t, Options{})
	for _, id := range []string{"F14", "F15", "F16", "F17"} {
		if err := f.Start(id, noon); err != nil {
			t.Fatal(err)
		}
	}
	page := func(node string) string {
		_, body := get(t, f.URL(node)+"/metrics", false)
		return body
	}
	advance := func(d time.Duration) {
		if err := clock.Advance(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	advance(5 * time.Second)
	if n := metric(t, page("h100-b-04"), "DCGM_FI_DEV_XID_ERRORS"); n != 79 {
		t.Errorf("five seconds in, the last code is %v, want 79", n)
	}
	advance(time.Minute)
	if n := len(parse(t, page("h100-b-04"))["DCGM_FI_DEV_GPU_UTIL"].GetMetric()); n != 7 {
		t.Errorf("%d devices on the page, one is off the bus", n)
	}
	newer := page("h100-c-01")
	if metric(t, newer, "DCGM_FI_DEV_ROW_REMAP_PENDING") != 1 || metric(t, newer, "DCGM_FI_DEV_XID_ERROR") != 94 {
		t.Error("the memory error does not show under the new names")
	}
	if metric(t, page("h100-b-01"), "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL") == 0 {
		t.Error("the weak link repeats no packets")
	}
	if n := metric(t, page("h100-b-02"), "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS"); n != 8*(8+64) {
		t.Errorf("the reasons of eight hot devices add up to %v", n)
	}
}
