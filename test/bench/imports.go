package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

const (
	importRounds = 3
	importTime   = 10 * time.Second
	importMemory = 200.0 // MB resident
)

// measureImport runs the benchmark of the folder of bills: each round is a process of its own, which makes a file of a million
// rows and reads it once.
func measureImport(ctx context.Context, w *workshop) ([]row, error) {
	took := row{figure: "FOCUS import, 1 million rows", asked: "< 10 s"}
	held := row{figure: "FOCUS import, resident memory", asked: "< 200 MB"}
	rows := []row{took, held}
	test := filepath.Join(w.dir, "focus.test")
	if err := w.tool(ctx, "test", "-c", "-o", test, "./backends/focus"); err != nil {
		return rows, err
	}
	var times []time.Duration
	var peaks []float64
	for range importRounds {
		cmd := exec.CommandContext(ctx, test, //nolint:gosec // what was built just now
			"-test.run=^$", "-test.bench=^BenchmarkMillionRows$", "-test.benchtime=1x")
		cmd.Dir = filepath.Join(w.root, "backends", "focus")
		out, err := cmd.Output()
		if err != nil {
			return rows, fmt.Errorf("benchmark of backends/focus: %w\n%s", err, out)
		}
		r := parseBenchmarks(out)["MillionRows"]
		times, peaks = append(times, time.Duration(r.ns)), append(peaks, r.peak)
	}
	how := fmt.Sprintf("go test -bench MillionRows ./backends/focus: 555 MB of 43 columns, read to sums of days, %d runs", importRounds)
	rows[0].measured, rows[0].ok, rows[0].how = spread(times), slices.Min(times) > 0 && median(times) < importTime, how
	rows[1].measured, rows[1].how = fmt.Sprintf("%.0f MB", slices.Max(peaks)), how
	rows[1].ok = slices.Min(peaks) > 0 && slices.Max(peaks) < importMemory
	return rows, nil
}
