package amd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const text = "text/plain; version=0.0.4; charset=utf-8"

// own gives a page of testdata: two boards of different generations under a prefix, or a cut and a whole board.
func own(t testing.TB, name, product string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "PRODUCT", product)
}

func wantGPUs() []fleet.GPUReading {
	return []fleet.GPUReading{
		{ID: "770", Index: "0", Product: "MI300X", Host: "amd-1", Pod: "serving/qwen-0",
			Util: fleet.Some(fleet.Ratio(0.97)), DRAMUtil: fleet.Some(fleet.Ratio(0.55)),
			TensorUtil: fleet.Some(fleet.Ratio(0.25)), SMUtil: fleet.Some(fleet.Ratio(0.625)),
			Power: fleet.Some(fleet.Watts(688)), Temp: fleet.Some(fleet.Celsius(84)), Junction: true,
			MemUsed: fleet.Some(fleet.Bytes(171220 << 20)), MemFree: fleet.Some(fleet.Bytes(25372 << 20)),
			SMClockMHz: fleet.Some(2104.0), ECCDouble: fleet.Some(0.0), Healthy: fleet.Some(true)},
		{ID: "771", Index: "1", Product: "MI300X", Host: "amd-1", Pod: "serving/qwen-1",
			Util: fleet.Some(fleet.Ratio(0.12)), Power: fleet.Some(fleet.Watts(161)), Temp: fleet.Some(fleet.Celsius(46)),
			MemUsed: fleet.Some(fleet.Bytes(1024 << 20)), MemFree: fleet.Some(fleet.Bytes(64512 << 20)),
			ECCDouble: fleet.Some(2.0), Healthy: fleet.Some(false),
			AFIDs: []fleet.AFID{{Code: 30, Severity: fleet.AFIDFatal}, {Code: 25, Severity: fleet.AFIDFatal}}},
	}
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	same(t, p.GPUs, wantGPUs())
	if len(p.Notices) != 0 {
		t.Errorf("notices %v", p.Notices)
	}
}

func same(t testing.TB, got, want []fleet.GPUReading) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d GPUs, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("GPU %d:\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

func TestContract(t *testing.T) {
	good := own(t, "two-boards.prom", "MI300X")
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	contract.Run(t, contract.Case{
		New: Connector().NewReader, Main: "/metrics", Judge: judge,
		Pages: map[string]contract.Page{"/metrics": {Type: text, Body: good}},
		WrongType: contract.Page{Type: text, Body: strings.Replace(good,
			"# TYPE mi_gpu_package_power gauge", "# TYPE mi_gpu_package_power histogram", 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.GPUs) != 2 || p.GPUs[0].Power != fleet.Some(fleet.Watts(690)) || !p.GPUs[0].Temp.OK {
				t.Errorf("want the other family's power: %+v", p.GPUs)
			}
		},
		Hostile: func(name string) map[string]contract.Page {
			return map[string]contract.Page{"/metrics": {Type: text, Body: own(t, "two-boards.prom", escape.Replace(name))}}
		},
		Series: func(n int) contract.Page {
			return contract.Page{Type: text, Body: good + strings.Repeat("other_total 1\n", n-strings.Count(good, "\n"))}
		},
	})
}

func decode(t *testing.T, page string) []fleet.GPUReading {
	t.Helper()
	p, err := Connector().NewDecoder().Decode([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	return p.GPUs
}

func TestAnyPrefixIsFound(t *testing.T) {
	good := own(t, "two-boards.prom", "MI300X")
	d := newDecoder()
	for _, prefix := range []string{"mi_", "", "amd_", "site:gpu_", "mi_"} {
		gpus, _, err := d.Decode([]byte(strings.ReplaceAll(good, "mi_", prefix)))
		if err != nil {
			t.Fatal(err)
		}
		same(t, gpus, wantGPUs())
	}
	for _, foreign := range []string{"", "up 1\n", "nvidia_smi_temperature_gpu{uuid=\"a\"} 1\n", "gpu_nodes_total{hostname=\"h\"} 8\n"} {
		if _, err := Connector().NewDecoder().Decode([]byte(foreign)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", foreign, err)
		}
	}
}

// TestPartitionsAreOneBoard has a board cut in two: only its first partition has sensors, and the zeros of the other are
// no measurement.
func TestPartitionsAreOneBoard(t *testing.T) {
	at := func(n string, r fleet.GPUReading) fleet.GPUReading {
		r.Product, r.Host, r.Pod, r.Healthy = "MI300X", "amd-1", "serving/qwen-"+n, fleet.Some(true)
		return r
	}
	same(t, decode(t, own(t, "partitions.prom", "MI300X")), []fleet.GPUReading{
		at("0", fleet.GPUReading{ID: "900", Index: "0", MIG: "0", MIGProfile: "cpx", Util: fleet.Some(fleet.Ratio(0.8)),
			Power: fleet.Some(fleet.Watts(700)), Temp: fleet.Some(fleet.Celsius(70)), Junction: true,
			MemUsed: fleet.Some(fleet.Bytes(90000 << 20)), MemFree: fleet.Some(fleet.Bytes(8304 << 20))}),
		at("1", fleet.GPUReading{ID: "900", Index: "0", MIG: "1", MIGProfile: "cpx"}),
		at("2", fleet.GPUReading{ID: "901", Index: "2", Util: fleet.Some(fleet.Ratio(0.4)),
			Power: fleet.Some(fleet.Watts(300)), Temp: fleet.Some(fleet.Celsius(50)), Junction: true,
			MemUsed: fleet.Some(fleet.Bytes(100 << 20)), MemFree: fleet.Some(fleet.Bytes(196492 << 20))}),
	})
}

// TestAPartitionWithoutAShareHoldsNothingThatIsKnown: where the exporter is configured to leave the totals out, the zero of
// a partition that reports nothing is no measurement either; what is more than zero is one.
func TestAPartitionWithoutAShareHoldsNothingThatIsKnown(t *testing.T) {
	page := own(t, "partitions.prom", "MI300X")
	page = regexp.MustCompile(`(?m)^(# .* )?gpu_total_vram.*\n`).ReplaceAllString(page, "")
	if g := decode(t, page)[1]; g.MemUsed.OK || g.MemFree.OK {
		t.Errorf("%v used, %v free", g.MemUsed, g.MemFree)
	}
	used := regexp.MustCompile(`(gpu_used_vram.*gpu_partition_id="1".*) 0\n`)
	if g := decode(t, used.ReplaceAllString(page, "$1 40\n"))[1]; g.MemUsed != fleet.Some(fleet.Bytes(40<<20)) {
		t.Errorf("%v used", g.MemUsed)
	}
}

func TestASharedSerialNumberHidesNoBoard(t *testing.T) {
	page := strings.ReplaceAll(own(t, "two-boards.prom", "MI300X"), `serial_number="771"`, `serial_number="770"`)
	gpus := decode(t, page)
	if len(gpus) != 2 || gpus[0].ID != "0" || gpus[1].ID != "1" {
		t.Errorf("%+v", gpus)
	}
}

// TestRecordedNumbers compares every value that is read with figures taken from the sample by eye.
func TestRecordedNumbers(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "engines",
		"amd-device-metrics-exporter.synthesized.prom"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the recorded samples are not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	gpu := func(id, index string, healthy bool, util, dram, watts, heat, used, ecc float64) fleet.GPUReading {
		return fleet.GPUReading{ID: fleet.GPUID(id), Index: index, Product: "102-G30211-00", Host: "mi300-node-2",
			Pod: "serving/sglang-dsv3-0", Healthy: fleet.Some(healthy), Util: fleet.Some(fleet.Ratio(util)),
			DRAMUtil: fleet.Some(fleet.Ratio(dram)), Power: fleet.Some(fleet.Watts(watts)),
			Temp: fleet.Some(fleet.Celsius(heat)), Junction: true, MemUsed: fleet.Some(fleet.Bytes(used * mib)),
			MemFree: fleet.Some(fleet.Bytes(25372 << 20)), ECCDouble: fleet.Some(ecc)}
	}
	same(t, decode(t, string(body)), []fleet.GPUReading{
		gpu("692141000", "0", true, 0.97, 0.55, 688, 84, 171220, 0),
		gpu("692141001", "1", false, 0.12, 0.04, 160, 46, 171001, 2),
	})
}
