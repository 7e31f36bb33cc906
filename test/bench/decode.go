package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	rounds      = 12
	leastRatio  = 10.0
	mostAllocs  = 100
	recordedTag = "Recorded" // of the benchmarks that read the live sample
)

// measureDecode runs the benchmarks of the vLLM adapter, which reach its decoder without the HTTP around it: in each
// round the adapter and expfmt take turns on the same page.
func measureDecode(ctx context.Context, w *workshop) ([]row, error) {
	test := filepath.Join(w.dir, "vllm.test")
	if err := w.tool(ctx, "test", "-c", "-o", test, "./backends/vllm"); err != nil {
		return nil, err
	}
	results := map[string][]result{}
	for range rounds {
		cmd := exec.CommandContext(ctx, test, //nolint:gosec // what was built just now
			"-test.run=^$", "-test.bench=^Benchmark(VLLMPage|Expfmt)", "-test.benchtime=50ms")
		cmd.Dir = filepath.Join(w.root, "backends", "vllm")
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("benchmarks of backends/vllm: %w\n%s", err, out)
		}
		for name, r := range parseBenchmarks(out) {
			results[name] = append(results[name], r)
		}
	}
	rows := []row{ratio("the project's page, 631 lines", results["VLLMPage"], results["Expfmt"])}
	if _, err := os.Stat(filepath.Join(w.root, "..", "shared", "data", "engines")); err == nil {
		rows = append(rows, ratio("the live sample", results["VLLMPage"+recordedTag], results["Expfmt"+recordedTag]))
	}
	return rows, nil
}

// result is one line of a benchmark.
type result struct{ ns, allocs, peak float64 } // peak in MB, where a benchmark tells it

// parseBenchmarks reads lines such as "BenchmarkX-2  100  1234 ns/op  5.6 MB/s  78 B/op  9 allocs/op".
func parseBenchmarks(out []byte) map[string]result {
	found := map[string]result{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(f[0], "Benchmark"), "-")
		var r result
		for i := 2; i+1 < len(f); i += 2 {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				continue
			}
			switch f[i+1] {
			case "ns/op":
				r.ns = v
			case "allocs/op":
				r.allocs = v
			case "peak-MB":
				r.peak = v
			}
		}
		found[name] = r
	}
	return found
}

// ratio compares the best rounds of both: whatever else the machine does only ever makes a round slower.
func ratio(page string, own, other []result) row {
	r := row{figure: "vLLM page against expfmt: " + page, asked: ">= 10 times, < 100 allocs",
		how: fmt.Sprintf("go test -bench 'VLLMPage|Expfmt' ./backends/vllm, best of %d rounds taken in turns", rounds)}
	if len(own) < rounds || len(other) < rounds {
		r.measured = "the benchmarks gave no result"
		return r
	}
	var mine, theirs, allocs []float64
	for i := range own {
		mine, theirs, allocs = append(mine, own[i].ns), append(theirs, other[i].ns), append(allocs, own[i].allocs)
	}
	times := slices.Min(theirs) / slices.Min(mine)
	r.measured = fmt.Sprintf("%.1f times (%.0f us to %.0f us), %.0f allocs",
		times, slices.Min(mine)/1e3, slices.Min(theirs)/1e3, median(allocs))
	r.ok = times >= leastRatio && median(allocs) < mostAllocs
	return r
}
