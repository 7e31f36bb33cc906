package nvidiagpu

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const text = "text/plain; version=0.0.4; charset=utf-8"

// own is a page of the NVML backend: GPU 0 whole, GPU 1 cut into two instances of MIG.
func own(t testing.TB, product string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/nvml.prom")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "PRODUCT", product)
}

func unix(s int64) fleet.Maybe[time.Time] { return fleet.Some(time.Unix(s, 0).UTC()) }

func wantGPUs() []fleet.GPUReading {
	a := fleet.GPUReading{ID: "GPU-aaaa0000-0000-4000-8000-000000000000", Index: "0", PCI: "0000:1b:00", Product: "H100",
		Driver: "580.65.06", Util: fleet.Some(fleet.Ratio(0.97)), MemUsed: fleet.Some(fleet.Bytes(60 << 30)),
		MemFree: fleet.Some(fleet.Bytes(2e10)), Temp: fleet.Some(fleet.Celsius(61)), Power: fleet.Some(fleet.Watts(690.5)),
		SMClockMHz: fleet.Some(1980.0), Throttle: fleet.Some(uint64(4)), ECCDouble: fleet.Some(0.0),
		RemapFailed: fleet.Some(false), RemapPending: fleet.Some(true), Recovery: fleet.Some(0), LastXid: fleet.Some(13),
		Xids: []fleet.XidCount{{Code: 13, Count: fleet.Some(5.0), Last: unix(1795252000)}}}
	b := fleet.GPUReading{ID: "GPU-bbbb0000-0000-4000-8000-000000000001", Index: "1", PCI: "0000:43:00", Product: "H100",
		Driver: "580.65.06", Temp: fleet.Some(fleet.Celsius(48)), Power: fleet.Some(fleet.Watts(310.25)),
		Throttle: fleet.Some(uint64(64)), ECCDouble: fleet.Some(2.0), RemapFailed: fleet.Some(true),
		RemapPending: fleet.Some(true), Recovery: fleet.Some(4), LastXid: fleet.Some(79),
		Xids: []fleet.XidCount{{Code: 31, Count: fleet.Some(1.0), Last: unix(1795000000)},
			{Code: 79, Count: fleet.Some(2.0), Last: unix(1795252500)}}}
	c := b
	b.MIG, b.MIGProfile, b.Util, b.SMUtil = "2", "3g.71gb", fleet.Some(fleet.Ratio(0.5)), fleet.Some(fleet.Ratio(0.375))
	b.TensorUtil, b.MemUsed, b.MemFree = fleet.Some(fleet.Ratio(0.25)), fleet.Some(fleet.Bytes(4e10)), fleet.Some(fleet.Bytes(3.5e10))
	c.MIG, c.MIGProfile, c.MemUsed = "7", "1g.18gb", fleet.Some(fleet.Bytes(1e10))
	return []fleet.GPUReading{a, b, c}
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

func TestContract(t *testing.T) {
	good := own(t, "H100")
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	for _, path := range []string{"/metrics", ""} {
		t.Run("path "+path, func(t *testing.T) {
			contract.Run(t, contract.Case{
				New: Connector().NewReader, Path: path, Main: "/metrics", Judge: judge,
				Pages: map[string]contract.Page{"/metrics": {Type: text, Body: good}},
				WrongType: contract.Page{Type: text, Body: strings.Replace(good,
					"# TYPE nvidia_smi_temperature_gpu gauge", "# TYPE nvidia_smi_temperature_gpu histogram", 1)},
				JudgeWrong: func(t testing.TB, p fleet.Partial) {
					if len(p.GPUs) != 3 || p.GPUs[0].Temp.OK || !p.GPUs[0].Power.OK {
						t.Errorf("want all but the temperature: %+v", p.GPUs)
					}
				},
				Hostile: func(name string) map[string]contract.Page {
					return map[string]contract.Page{"/metrics": {Type: text, Body: own(t, escape.Replace(name))}}
				},
				Series: func(n int) contract.Page {
					return contract.Page{Type: text, Body: good + strings.Repeat("other_total 1\n", n-strings.Count(good, "\n"))}
				},
			})
		})
	}
}

func TestADecoderReadsWhatAReaderReads(t *testing.T) {
	p, err := Connector().NewDecoder().Decode([]byte(own(t, "H100")))
	if err != nil {
		t.Fatal(err)
	}
	judge(t, p)
	for _, foreign := range []string{"", "up 1\n", "DCGM_FI_DEV_GPU_TEMP{gpu=\"0\"} 50\n", "{}"} {
		if _, err := Connector().NewDecoder().Decode([]byte(foreign)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", foreign, err)
		}
	}
}

func decode(t *testing.T, page string) ([]fleet.GPUReading, []fleet.Notice, error) {
	t.Helper()
	return newDecoder().Decode([]byte(page))
}

func TestACollectionThatFailsIsNoEmptyNode(t *testing.T) {
	_, _, err := decode(t, "nvidia_smi_last_collect_success 0\nnvidia_smi_nvml_return_code 15\n"+
		"nvidia_smi_xid_errors_total{uuid=\"u\",xid=\"79\"} 1\nnvidia_smi_xid_errors_total{uuid=\"v\",xid=\"119\"} 1\n")
	if fleet.KindOf(err) != fleet.KindServer || !strings.Contains(err.Error(), "Xid 119, 79") || !strings.Contains(err.Error(), "code 15") {
		t.Errorf("got %v", err)
	}
}

func TestAGPUThatIsOnlyCountedIsLost(t *testing.T) {
	gpus, notices, err := decode(t, "nvidia_smi_temperature_gpu{uuid=\"a\"} 50\n"+
		"nvidia_smi_xid_errors_total{uuid=\"b\",xid=\"79\"} 1\nnvidia_smi_last_collect_success 1\n")
	if err != nil || len(gpus) != 1 || len(notices) != 1 || !strings.Contains(notices[0].Text.String(), "GPU-b is not among") ||
		!strings.Contains(notices[0].Text.String(), "Xid 79") {
		t.Errorf("%+v, %v, %v", gpus, notices, err)
	}
}

func TestTheLastXidIsUnknownWithoutTimes(t *testing.T) {
	gpus, _, err := decode(t, "nvidia_smi_temperature_gpu{uuid=\"a\"} 50\n"+
		"nvidia_smi_xid_errors_total{uuid=\"a\",xid=\"79\"} 1\nnvidia_smi_xid_errors_total{uuid=\"a\",xid=\"13\"} 1\n"+
		"nvidia_smi_xid_errors_total{uuid=\"a\",xid=\"what\"} 1\n")
	if err != nil || gpus[0].LastXid.OK || len(gpus[0].Xids) != 2 {
		t.Errorf("%+v, %v", gpus, err)
	}
}

func TestProfilesAreThoseOfTheGPUInstance(t *testing.T) {
	for raw, want := range map[string]string{
		"1c.3g.71gb": "3g.71gb", "3g.71gb": "3g.71gb", "1g.18gb+me": "1g.18gb+me", "xc.3g": "xc.3g", "": "", "c": "c",
	} {
		if got := instanceProfile(raw); got != want {
			t.Errorf("%q becomes %q, want %q", raw, got, want)
		}
	}
}
