package nvidiagpu

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"pitwall/fleet"
)

func recorded(t *testing.T, name string) []fleet.GPUReading {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "engines", name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the recorded samples are not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	gpus, notices, err := newDecoder().Decode(body)
	if err != nil || len(notices) != 0 {
		t.Fatalf("%v, %v", notices, err)
	}
	return gpus
}

// TestRecordedNumbers compares every value that is read with figures taken from the samples by eye.
func TestRecordedNumbers(t *testing.T) {
	same(t, recorded(t, "nvidia_gpu_exporter-h100-load.metrics"), []fleet.GPUReading{{
		ID: "GPU-00000000-0000-0000-0000-000000000000", Index: "0", PCI: "0000:00:09", Product: "NVIDIA H100 80GB HBM3",
		Driver: "590.48.01", Util: fleet.Some(fleet.Ratio(1)), MemUsed: fleet.Some(fleet.Bytes(20780679168)),
		MemFree: fleet.Some(fleet.Bytes(64238911488)), Temp: fleet.Some(fleet.Celsius(59)),
		Power: fleet.Some(fleet.Watts(631.95)), SMClockMHz: fleet.Some(1980.0), Throttle: fleet.Some(uint64(0)),
		RemapFailed: fleet.Some(false), RemapPending: fleet.Some(false), ECCDouble: fleet.Some(0.0), Recovery: fleet.Some(0),
	}})
}

// TestRecordedInstancesAndCounts has one board in MIG mode, without activity of its instances, and Xids without a time.
func TestRecordedInstancesAndCounts(t *testing.T) {
	board := fleet.GPUReading{Product: "NVIDIA H200", Driver: "590.48.01",
		Temp: fleet.Some(fleet.Celsius(52)), Power: fleet.Some(fleet.Watts(627.4)), SMClockMHz: fleet.Some(1980.0),
		Throttle: fleet.Some(uint64(0)), RemapFailed: fleet.Some(false), RemapPending: fleet.Some(false),
		ECCDouble: fleet.Some(0.0), Recovery: fleet.Some(0)}
	three := board
	three.ID, three.Index, three.PCI = "GPU-1c67088e-9ecb-4564-bb97-6151ecc2ef64", "0", "0000:01:00"
	one := three
	three.MIG, three.MIGProfile = "2", "3g.71gb"
	three.MemUsed, three.MemFree = fleet.Some(fleet.Bytes(42883309544)), fleet.Some(fleet.Bytes(32971181613))
	one.MIG, one.MIGProfile = "7", "1g.18gb"
	one.MemUsed, one.MemFree = fleet.Some(fleet.Bytes(974140845)), fleet.Some(fleet.Bytes(18256575223))
	whole := board
	whole.ID, whole.Index, whole.PCI = "GPU-ef427e4f-1970-42f2-ab0c-ecf0e56a33b9", "1", "0000:02:00"
	whole.Util = fleet.Some(fleet.Ratio(1))
	whole.MemUsed, whole.MemFree = fleet.Some(fleet.Bytes(33934016512)), fleet.Some(fleet.Bytes(116178026496))
	whole.LastXid, whole.Xids = fleet.Some(79), []fleet.XidCount{{Code: 79, Count: fleet.Some(2.0)}}
	same(t, recorded(t, "nvidia_gpu_exporter-demo-seeded.metrics"), []fleet.GPUReading{three, one, whole})
}

func same(t *testing.T, got, want []fleet.GPUReading) {
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
