package world

import (
	"testing"
	"time"
)

func TestAnOutageLastsUntilItIsMended(t *testing.T) {
	begin := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	w := New(&Spec{Seed: 1, Start: begin, Gateways: []string{"gw"},
		Pools: []PoolSpec{{Name: "a", Site: "s", Engine: "vllm", Model: "m", Replicas: []string{"a-1", "a-2"}, Nodes: []string{"n-1"}, PerNode: 8, GPUs: 4,
			Device: Device{Product: "NVIDIA H100", MemoryMiB: 81559, MaxWatts: 700, BoostMHz: 1980},
			Cost:   Cost{Host: .006, Weights: .009, Prefill: 16e-6, Decode: 42e-6, KV: 12e-9, Capacity: 400_000, MaxSeqs: 256, MaxBatch: 8192}, Load: 20}},
		Providers: []ProviderSpec{{Name: "p", Models: []string{"m"}, RPM: 6000, TPM: 6e6, TTFT: Lengths{Median: 300, Sigma: .3}, Speed: 80}},
		Routes:    []RouteSpec{{Name: "r", Rate: 10, Prompt: Lengths{Median: 100, Sigma: .3}, Output: Lengths{Median: 40, Sigma: .3}, MaxTokens: 100}},
		Deployments: []DeploymentSpec{{ID: "r-a", Route: "r", Pool: "a", Model: "openai/m", Weight: 1},
			{ID: "r-p", Route: "r", Provider: "p", Model: "p/m", Weight: 1}}})
	at := func(after time.Duration, f func()) { w.At(begin.Add(after), f) }
	up := func() (n int) {
		for _, r := range w.Replicas {
			if r.Up() {
				n++
			}
		}
		return n
	}
	at(30*time.Second, func() {
		if up() != 2 {
			t.Fatalf("%d engines are up before it", up())
		}
		w.Break(Outage{Pools: []string{"a", "unknown"}})
	})
	at(20*time.Minute, func() {
		if up() != 0 {
			t.Errorf("%d engines came back while it lasts", up())
		}
		w.Break(Outage{Providers: []string{"p"}}) // in the place of the first
		if !w.Providers[0].Down() {
			t.Error("the account answers")
		}
	})
	var failed int64
	at(22*time.Minute, func() {
		if up() != 2 {
			t.Errorf("%d engines are up two minutes after theirs was over", up())
		}
		failed = w.Ledger().Failed
		w.Mend()
		if w.Providers[0].Down() {
			t.Error("the account is gone after the end")
		}
	})
	if failed == 0 {
		t.Error("no request failed in twenty minutes without an engine")
	}
	at(30*time.Minute, func() {
		if more := w.Ledger().Failed - failed; more > 20 {
			t.Errorf("%d requests failed after the end", more)
		}
	})
}
