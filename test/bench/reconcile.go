package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	reconcileRounds = 5
	reconcileMost   = time.Second
)

// measureReconcile runs the benchmark of economics: 90 days of 200 models at five providers, each with three streams and three
// kinds of tokens a day, laid side by side with factors and bypass.
func measureReconcile(ctx context.Context, w *workshop) ([]row, error) {
	r := row{figure: "reconciliation of 90 days, 200 models, 5 providers", asked: "< 1 s"}
	test := filepath.Join(w.dir, "economics.test")
	if err := w.tool(ctx, "test", "-c", "-o", test, "./economics"); err != nil {
		return []row{r}, err
	}
	var times []time.Duration
	for range reconcileRounds {
		cmd := exec.CommandContext(ctx, test, //nolint:gosec // what was built just now
			"-test.run=^$", "-test.bench=^BenchmarkReconcile$", "-test.benchtime=1x")
		cmd.Dir = filepath.Join(w.root, "economics")
		out, err := cmd.Output()
		if err != nil {
			return []row{r}, fmt.Errorf("benchmark of economics: %w\n%s", err, out)
		}
		times = append(times, time.Duration(parseBenchmarks(out)["Reconcile"].ns))
	}
	r.measured, r.ok = spread(times), median(times) > 0 && median(times) < reconcileMost
	r.how = fmt.Sprintf("go test -bench Reconcile ./economics: 162,000 lines of three streams, %d runs", reconcileRounds)
	return []row{r}, nil
}
