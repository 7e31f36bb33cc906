package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
)

const (
	recordMost = 20.0  // MB/h
	lookMost   = 200.0 // ms
)

// measureRecording runs the benchmark of recordings: an hour of 64 pools of 8 replicas and 8 GPUs, recorded once a second, and looks at
// moments all over it.
func measureRecording(ctx context.Context, w *workshop) ([]row, error) {
	rows := []row{{figure: "an hour of 64 pools recorded at 1 Hz", asked: "< 20 MB"}, {figure: "look at any moment of it", asked: "< 200 ms"}}
	test := filepath.Join(w.dir, "recording.test")
	if err := w.tool(ctx, "test", "-c", "-o", test, "./drills/recording"); err != nil {
		return rows, err
	}
	cmd := exec.CommandContext(ctx, test, //nolint:gosec // what was built just now
		"-test.run=^$", "-test.bench=^BenchmarkHour$", "-test.benchtime=1x")
	cmd.Dir = filepath.Join(w.root, "drills", "recording")
	out, err := cmd.Output()
	if err != nil {
		return rows, fmt.Errorf("benchmark of recordings: %w\n%s", err, out)
	}
	size, worst := metric(out, "MB/h"), metric(out, "ms/worst-look")
	rows[0].measured, rows[0].ok = fmt.Sprintf("%.1f MB", size), size > 0 && size < recordMost
	rows[1].measured, rows[1].ok = fmt.Sprintf("%.0f ms at most", worst), worst > 0 && worst < lookMost
	rows[0].how = "go test -bench Hour -benchtime 1x ./drills/recording: 512 replicas read each 5 s, 512 GPUs each 10 s, all figures move"
	rows[1].how = "40 moments in no order, the first with nothing read before"
	return rows, nil
}

// metric is a figure that a benchmark reported of itself, 0 where there is none.
func metric(out []byte, unit string) float64 {
	words := bytes.Fields(out)
	for i := 1; i < len(words); i++ {
		if string(words[i]) == unit {
			v, _ := strconv.ParseFloat(string(words[i-1]), 64) // 0 is a miss
			return v
		}
	}
	return 0
}
