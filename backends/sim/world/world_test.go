package world

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// small is a fleet of two pools, a provider and three gateway replicas at a moderate load.
func small(seed uint64) *Spec {
	cost := Cost{Host: .006, Weights: .008, Prefill: 16e-6, Decode: 40e-6, KV: 9e-9, Capacity: 300_000, MaxSeqs: 200,
		MaxBatch: 4096}
	device := Device{Product: "NVIDIA H100 80GB HBM3", MemoryMiB: 81559, IdleWatts: 72, MaxWatts: 700, BoostMHz: 1980,
		MemMHz: 2619}
	pool := func(name string, n int) PoolSpec {
		p := PoolSpec{Name: name, Engine: "vllm", Model: "m", PerNode: 8, GPUs: 4, Device: device, Cost: cost}
		for i := range n {
			p.Replicas = append(p.Replicas, fmt.Sprintf("%s-r%d", name, i+1))
		}
		p.Nodes = []string{name + "-01"}
		return p
	}
	return &Spec{
		Seed: seed, Start: t0, Gateways: []string{"gw-1", "gw-2", "gw-3"},
		Pools: []PoolSpec{pool("a", 2), pool("b", 2)},
		Providers: []ProviderSpec{{Name: "p", Models: []string{"x"}, RPM: 5000, TPM: 2e6,
			TTFT: Lengths{Median: 300, Sigma: .3}, Speed: 80, Errors: .002}},
		Routes: []RouteSpec{{Name: "chat", Rate: 40, Prompt: Lengths{Median: 500, Sigma: .8, Max: 8000},
			Output: Lengths{Median: 120, Sigma: .6, Max: 1024}, CacheHit: .3, Stream: .8, MaxTokens: 1024}},
		Deployments: []DeploymentSpec{
			{ID: "d-a", Route: "chat", Pool: "a", Model: "openai/m", APIBase: "http://a/v1", Weight: 60},
			{ID: "d-b", Route: "chat", Pool: "b", Model: "openai/m", APIBase: "http://b/v1", Weight: 30},
			{ID: "d-p", Route: "chat", Provider: "p", Model: "p/x", APIBase: "http://p/v1", Weight: 10, InCost: 1e-6},
		},
		Previous: map[string]float64{"d-a": 80, "d-b": 10},
	}
}

func run(w *World, d time.Duration) { w.At(w.Now().Add(d), func() {}) }

// print is everything that can be observed, as text.
func (w *World) print() string {
	var s string
	for _, r := range w.Replicas {
		s += fmt.Sprintf("%s %+v %+v\n", r.Name, r.Gauges(), r.Stats)
	}
	for _, g := range w.GPUs {
		s += fmt.Sprintf("%s %v %v %v %v %v %+v\n", g.UUID, g.Busy, g.Tensor, g.Watts, g.Temp, g.Energy, g.Faults)
	}
	for _, g := range w.Gateways {
		s += g.Name
		for _, r := range g.Rows {
			v, _ := r.Weight()
			s += fmt.Sprintf(" %s=%v", r.Spec.ID, v)
		}
		for _, d := range g.Stats.Deployments {
			plain := *d
			plain.Spec = nil // an address is no observation
			s += fmt.Sprintf(" %s %+v", d.Spec.ID, plain)
		}
		s += "\n"
	}
	s += fmt.Sprintf("%+v %+v %+v %v\n", w.Pods(), w.Nodes(), w.Workloads(), w.telemetry)
	for _, p := range w.Providers {
		s += fmt.Sprintf("%s %v %v %v\n", p.Spec.Name, p.Requests, p.Errors, p.Refused)
	}
	return s
}

func (w *World) digest() string {
	sum := sha256.Sum256([]byte(w.print()))
	return hex.EncodeToString(sum[:])
}

func TestSameSeedSameRunHoweverOftenAsked(t *testing.T) {
	once, often, other := New(small(7)), New(small(7)), New(small(8))
	once.At(t0.Add(5*time.Minute), func() {})
	for i := 1; i <= 300; i++ {
		often.At(t0.Add(time.Duration(i)*time.Second-time.Duration(i%7)*time.Millisecond*100), func() {})
	}
	often.At(t0.Add(5*time.Minute), func() {})
	other.At(t0.Add(5*time.Minute), func() {})
	if once.digest() != often.digest() {
		t.Error("asking more often changed the run")
	}
	if once.digest() == other.digest() {
		t.Error("another seed gave the same run")
	}
}

func TestConservation(t *testing.T) {
	for _, fault := range append(Known(), Fault{}) {
		w := New(small(3))
		run(w, time.Minute)
		w.Start(fault.ID, w.Now())
		for range 9 {
			run(w, 17*time.Second)
			checkLedger(t, w)
		}
		w.Stop(fault.ID)
		run(w, 3*time.Minute)
		checkLedger(t, w)
	}
}

// checkLedger holds the accounts against the engines' own counters.
func checkLedger(t *testing.T, w *World) {
	t.Helper()
	l := w.Ledger()
	open := 0
	for _, g := range w.Gateways {
		open += g.InFlight
	}
	if l.Opened != l.Answered+l.Failed+int64(open) {
		t.Errorf("%s: %d calls opened, but %d answered + %d failed + %d open", w.Now(), l.Opened, l.Answered, l.Failed, open)
	}
	made, flight, waiting := 0.0, 0, 0
	for _, r := range w.Replicas {
		made += r.retired + r.Stats.Generated
		for _, list := range [][]*attempt{r.running, r.waiting} {
			for _, a := range list {
				flight += r.tokens(a)
				waiting++
			}
		}
	}
	for _, p := range w.Providers {
		made += p.Tokens
	}
	if got := l.Delivered + l.Lost + int64(flight); int64(made) != got {
		t.Errorf("%s: %v tokens made, but %d delivered + %d lost + %d in flight = %d", w.Now(), made, l.Delivered, l.Lost,
			flight, got)
	}
	if l.Asked != l.AnsweredIn+l.FailedIn+w.openPrompts() {
		t.Errorf("%s: prompt tokens do not add up", w.Now())
	}
}

// openPrompts counts prompt tokens of open calls by the tries that are under way.
func (w *World) openPrompts() int64 {
	sum := int64(0)
	seen := map[*Call]bool{}
	add := func(c *Call) {
		if !c.Ended && !seen[c] {
			seen[c] = true
			sum += int64(c.Prompt)
		}
	}
	for _, t := range w.deadline[1] {
		add(t.call)
	}
	for _, r := range w.retries {
		add(r.call)
	}
	return sum
}

func TestLittlesLaw(t *testing.T) {
	for _, fault := range []string{"", "F16", "F17"} { // those that leave the load below the capacity
		t.Run("under "+fault, func(t *testing.T) { littlesLaw(t, fault) })
	}
}

func littlesLaw(t *testing.T, fault string) {
	w := New(small(11))
	w.Start(fault, t0)
	run(w, 3*time.Minute)
	type start struct{ n, e2e float64 }
	before := map[string]start{}
	for _, r := range w.Replicas {
		before[r.Name] = start{n: float64(r.Stats.E2E.Count()), e2e: r.Stats.E2E.Sum}
	}
	area := map[string]float64{}
	const span = 20 * time.Minute
	for range int(span / Step) {
		run(w, Step)
		for _, r := range w.Replicas {
			g := r.Gauges()
			area[r.Name] += float64(g.Running+g.Waiting) * Step.Seconds()
		}
	}
	for _, r := range w.Replicas {
		b := before[r.Name]
		n, sum := float64(r.Stats.E2E.Count())-b.n, r.Stats.E2E.Sum-b.e2e
		inside := area[r.Name] / span.Seconds()
		law := n / span.Seconds() * sum / n
		if math.Abs(inside-law) > 0.05*law {
			t.Errorf("%s: %.2f requests inside in the mean, rate times time says %.2f", r.Name, inside, law)
		}
	}
}

func TestNoSignalBeforeItsCause(t *testing.T) {
	const steps, step, begin = 8, 30 * time.Second, 4
	var quiet []string // what a world without faults shows
	for w := New(small(5)); len(quiet) < steps; {
		run(w, step)
		quiet = append(quiet, w.digest())
	}
	for _, known := range Known() {
		ill := New(small(5))
		if known.ID == "F26" { // there are no keys here
			continue
		}
		if !ill.Start(known.ID, t0.Add(begin*step)) {
			t.Fatalf("%s is unknown", known.ID)
		}
		for i, want := range quiet {
			run(ill, step)
			if ill.digest() != want && i < begin {
				t.Fatalf("%s shows %s in, before it begins", known.ID, time.Duration(i+1)*step)
			}
		}
		if known.ID == "F11" { // only what is answered tells it
			if ill.digest() != quiet[steps-1] || !slices.ContainsFunc(ill.Replicas, (*Replica).Wrong) {
				t.Error("F11 shows in a figure, or does nothing")
			}
			continue
		}
		if ill.digest() == quiet[steps-1] {
			t.Errorf("%s shows nothing two minutes after it began", known.ID)
		}
	}
}

func TestDoNothingStaysHealthy(t *testing.T) {
	w := New(small(2))
	run(w, 30*time.Minute)
	l := w.Ledger()
	if ratio := float64(l.Failed) / float64(l.Opened); ratio > 0.005 {
		t.Errorf("%.2f %% of the requests fail in normal times", ratio*100)
	}
	for _, r := range w.Replicas {
		below := uint64(0)
		for i, bound := range r.Stats.TTFT.Bounds {
			if bound <= 1 {
				below += r.Stats.TTFT.Counts[i]
			}
		}
		if n := r.Stats.TTFT.Count(); float64(below) < 0.95*float64(n) {
			t.Errorf("%s: only %d of %d first tokens within a second", r.Name, below, n)
		}
		if r.Stats.Preemptions > 0 {
			t.Errorf("%s preempts in normal times", r.Name)
		}
	}
}
