package dcgm

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"pitwall/fleet"
)

func recorded(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "engines", name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the recorded samples are not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// what another parser reads of one GPU row: value by family.
func oracle(t *testing.T, body []byte, uuid, instance string) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["UUID"] == uuid && labels["GPU_I_ID"] == instance {
				values[name] = number(m)
			}
		}
	}
	return values
}

func number(m *dto.Metric) float64 {
	return m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()
}

func TestRecordedPagesLoseNothing(t *testing.T) {
	for name, rows := range map[string]int{
		"dcgm-exporter-pre-hostname-rename.synthesized.prom":  2,
		"dcgm-exporter-post-hostname-rename.synthesized.prom": 2,
		"dcgm-exporter-mig-and-sentinels.synthesized.prom":    3,
		"dcgm-exporter-renamed-fields-4.6.synthesized.prom":   2,
	} {
		t.Run(name, func(t *testing.T) {
			body := recorded(t, name)
			gpus, notices, err := newDecoder().Decode(body)
			if err != nil || len(gpus) != rows || len(notices) != 0 {
				t.Fatalf("%d rows, want %d; notices %v, %v", len(gpus), rows, notices, err)
			}
			for _, g := range gpus {
				if g.Host != "gpu-node-7" || g.Product != "NVIDIA H100 80GB HBM3" || g.Driver == "" {
					t.Errorf("labels were lost: %+v", g)
				}
				compare(t, g, oracle(t, body, string(g.ID), g.MIG))
			}
		})
	}
}

func compare(t *testing.T, g fleet.GPUReading, o map[string]float64) {
	t.Helper()
	flag := func(m fleet.Maybe[bool]) fleet.Maybe[float64] {
		if m.V {
			return fleet.Some(1.0)
		}
		return fleet.Maybe[float64]{OK: m.OK}
	}
	read := map[string]fleet.Maybe[float64]{
		"DCGM_FI_DEV_GPU_TEMP":            {V: float64(g.Temp.V), OK: g.Temp.OK},
		"DCGM_FI_DEV_POWER_USAGE":         {V: float64(g.Power.V), OK: g.Power.OK},
		"DCGM_FI_DEV_GPU_UTIL":            {V: float64(g.Util.V) * 100, OK: g.Util.OK},
		"DCGM_FI_DEV_FB_USED":             {V: float64(g.MemUsed.V) / mib, OK: g.MemUsed.OK},
		"DCGM_FI_DEV_FB_FREE":             {V: float64(g.MemFree.V) / mib, OK: g.MemFree.OK},
		"DCGM_FI_DEV_XID_ERRORS":          {V: float64(g.LastXid.V), OK: g.LastXid.OK},
		"DCGM_FI_DEV_ROW_REMAP_FAILURE":   flag(g.RemapFailed),
		"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE": {V: float64(g.TensorUtil.V), OK: g.TensorUtil.OK},
		"DCGM_FI_PROF_DRAM_ACTIVE":        {V: float64(g.DRAMUtil.V), OK: g.DRAMUtil.OK},
		"DCGM_FI_DEV_SM_CLOCK":            g.SMClockMHz,
		"DCGM_EXP_XID_ERRORS_COUNT":       {V: g.XidWindow[g.LastXid.V], OK: g.XidWindow != nil},
	}
	renamed := map[string]string{
		"DCGM_FI_DEV_GPU_TEMP": "DCGM_FI_DEV_GPU_TEMP_CELSIUS", "DCGM_FI_DEV_POWER_USAGE": "DCGM_FI_DEV_BOARD_POWER_WATTS",
		"DCGM_FI_DEV_GPU_UTIL": "DCGM_FI_DEV_GPU_UTIL_RATIO", "DCGM_FI_DEV_XID_ERRORS": "DCGM_FI_DEV_XID_ERROR",
		"DCGM_FI_DEV_ROW_REMAP_FAILURE":   "DCGM_FI_DEV_ROW_REMAP_FAILED",
		"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE": "DCGM_FI_PROF_TENSOR_UTIL_RATIO",
	}
	for name, got := range read {
		want, known := o[name]
		if !known {
			want, known = o[renamed[name]]
		}
		if known && want > 1e12 {
			known, want = false, 0 // a blank
		}
		if name == "DCGM_FI_DEV_GPU_UTIL" && !known {
			continue // filled from the engine's activity on MIG rows
		}
		if got.OK != known || got.V-want > 1e-9 || want-got.V > 1e-9 {
			t.Errorf("%s %s: %s is %v, the other parser says %v (%v)", g.ID, g.MIG, name, got, want, known)
		}
	}
}

// TestRecordedNumbers pins figures read by eye.
func TestRecordedNumbers(t *testing.T) {
	post, _, err := newDecoder().Decode(recorded(t, "dcgm-exporter-post-hostname-rename.synthesized.prom"))
	if err != nil {
		t.Fatal(err)
	}
	if g := post[1]; g.LastXid.V != 79 || g.XidWindow[79] != 1 || g.XidSpan.Minutes() != 5 || g.Power.V != 118.4 || g.Temp.V != 87 ||
		g.MemUsed.V != 75910<<20 || g.PCI != "0000:43:00" || g.Pod != "serving/llama-70b-1" {
		t.Errorf("GPU 1: %+v", g)
	}
	mig, _, err := newDecoder().Decode(recorded(t, "dcgm-exporter-mig-and-sentinels.synthesized.prom"))
	if err != nil {
		t.Fatal(err)
	}
	a, b, blank := mig[0], mig[1], mig[2]
	if a.MIG != "1" || b.MIG != "2" || a.Power.V != 412.77 || b.MemUsed.V != 29504<<20 ||
		a.Util.V != 0.412345 || blank.Temp.OK || blank.Power.OK || blank.MemUsed.OK || blank.LastXid.OK {
		t.Errorf("MIG: %+v", mig)
	}
	renamed, _, err := newDecoder().Decode(recorded(t, "dcgm-exporter-renamed-fields-4.6.synthesized.prom"))
	if err != nil {
		t.Fatal(err)
	}
	if g := renamed[1]; g.Util.V != 0.03 || !g.RemapFailed.V || g.Recovery.V != 4 || renamed[0].LastXid.V != 94 {
		t.Errorf("renamed: %+v", renamed)
	}
}
