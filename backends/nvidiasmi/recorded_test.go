package nvidiasmi

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/fleet"
)

// captured cuts the two tables, idle and under load, out of a capture of everything that nvidia-smi prints.
func captured(t *testing.T, name string) []string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "engines", name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the recorded samples are not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for _, section := range strings.Split(string(body), "\n# ")[1:] {
		if title, rest, _ := strings.Cut(section, "\n"); strings.HasPrefix(title, "$ nvidia-smi --query-gpu=") {
			_, rest, _ = strings.Cut(rest, "\n") // the rule under the command
			table, _, _ := strings.Cut(rest, "\n\n")
			tables = append(tables, table+"\n")
		}
	}
	return tables
}

// TestRecordedNumbers compares every value that is read of each capture with figures taken from it by eye.
func TestRecordedNumbers(t *testing.T) {
	const anyID = fleet.GPUID("GPU-00000000-0000-0000-0000-000000000000") // masked where they were captured
	zero, none := fleet.Some(false), fleet.None[bool]()
	gpu := func(base fleet.GPUReading, temp, watts, clock, used, free float64, throttle uint64) fleet.GPUReading {
		base.ID, base.Index, base.ECCDouble, base.Recovery = anyID, "0", fleet.Some(0.0), fleet.Some(0)
		base.Temp, base.Power, base.SMClockMHz = fleet.Some(fleet.Celsius(temp)), fleet.Some(fleet.Watts(watts)), fleet.Some(clock)
		base.MemUsed, base.MemFree = fleet.Some(fleet.Bytes(used*mib)), fleet.Some(fleet.Bytes(free*mib))
		base.Throttle = fleet.Some(throttle)
		return base
	}
	with := func(g fleet.GPUReading, util float64) fleet.GPUReading {
		g.Util = fleet.Some(fleet.Ratio(util))
		return g
	}
	h100 := fleet.GPUReading{Product: "NVIDIA H100 80GB HBM3", PCI: "0000:00:09", Driver: "590.48.01", RemapPending: zero, RemapFailed: zero}
	h200 := fleet.GPUReading{Product: "NVIDIA H200", PCI: "0000:83:00", Driver: "590.48.01", RemapPending: none, RemapFailed: none}
	l40s := fleet.GPUReading{Product: "NVIDIA L40S", PCI: "0000:01:00", Driver: "595.80", RemapPending: zero, RemapFailed: zero}
	for name, want := range map[string][]fleet.GPUReading{
		"nvidia-smi-capture__linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01.txt": {
			with(gpu(h100, 41, 69.85, 345, 0, 81081, 1), 0), with(gpu(h100, 59, 631.95, 1980, 19818, 61263, 0), 1)},
		"nvidia-smi-capture__linux-x86_64__nvidia-h200-mig__590.48.01.txt": { // in MIG mode: no utilisation
			gpu(h200, 28, 78.28, 345, 55, 143103, 1), gpu(h200, 36, 295.01, 1980, 16959, 126199, 0)},
		"nvidia-smi-capture__linux-x86_64__nvidia-l40s__595.80.txt": {
			with(gpu(l40s, 63, 144.97, 2520, 0, 45460, 0), 1), with(gpu(l40s, 54, 110.23, 2520, 1235, 44225, 0), 0.09)},
	} {
		t.Run(name, func(t *testing.T) {
			tables := captured(t, name)
			if len(tables) != 2 {
				t.Fatalf("%d tables", len(tables))
			}
			for i, body := range tables {
				got, err := parse([]byte(body), nil)
				if err != nil || len(got.notices) != 0 {
					t.Fatalf("%v, %v", got, err)
				}
				same(t, got.gpus, want[i:i+1])
			}
		})
	}
}
