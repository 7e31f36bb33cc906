package sim

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// HistoryStep is over what one point of History is summed, and HistoryDays how far it reaches back.
const (
	HistoryStep = 5 * time.Minute
	HistoryDays = 14
)

// HistoryPoint is what one object did in the five minutes that end at At. Either Pool, or Provider, or Route and
// Target are set. Requests, errors and tokens are sums of that time.
type HistoryPoint struct {
	At        time.Time
	Pool      fleet.PoolID
	Provider  fleet.ProviderID
	Route     fleet.RouteID
	Target    fleet.TargetID
	Requests  float64
	Errors    float64
	InTokens  float64
	OutTokens float64
	TTFT95    fleet.Seconds
	Seen      fleet.Ratio // share of the route's requests; 0 for pools and providers
	Within    bool        // it kept within the route's limits
}

// History is a fortnight of five-minute sums that the same demand, weights and speeds would have left behind, oldest
// first, up to the start: two changes of weights (the last by tomas), a rehearsed shift of 30 points onto h100-b
// twenty hours ago, and a rehearsed hour of batch on h200-dr.
func (f *Fleet) History() iter.Seq[HistoryPoint] {
	return func(yield func(HistoryPoint) bool) {
		end := f.options.Start.Truncate(HistoryStep)
		h := past{spec: f.world.Spec, start: f.options.Start,
			rng: rand.New(rand.NewPCG(f.options.Seed, 1<<32))}
		for at := end.Add(-HistoryDays * 24 * time.Hour); !at.After(end); at = at.Add(HistoryStep) {
			for _, p := range h.points(at) {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// past makes the points of History.
type past struct {
	spec  *world.Spec
	start time.Time
	rng   *rand.Rand
}

// weights are those that were in force at a time, by deployment.
func (h *past) weights(at time.Time) map[string]float64 {
	w := map[string]float64{}
	for _, d := range h.spec.Deployments {
		w[d.ID] = d.Weight
	}
	ago := h.start.Sub(at)
	set := func(b200, h100, rented float64) {
		w["chat-b200-a"], w["chat-h100-b"], w["chat-openai"] = b200, h100, rented
	}
	switch {
	case ago > 11*24*time.Hour:
		set(80, 10, 10)
	case ago > 49*time.Hour:
		set(70, 20, 10)
	case ago > 20*time.Hour && ago <= 21*time.Hour: // rehearsal
		set(30, 60, 10)
	}
	if ago > 16*time.Hour && ago <= 17*time.Hour {
		w["batch-h100-b"], w["batch-h200-dr"] = 0, 100
	}
	return w
}

// points gives the targets, then what they add up to by pool and provider.
func (h *past) points(at time.Time) []HistoryPoint {
	var targets []HistoryPoint
	weights := h.weights(at)
	for _, r := range h.spec.Routes {
		sum := 0.0
		for _, d := range h.spec.Deployments {
			if d.Route == r.Name {
				sum += weights[d.ID]
			}
		}
		whole := r.DayRate(at.Add(-HistoryStep/2)) * HistoryStep.Seconds() * (1 + 0.02*h.rng.NormFloat64())
		for _, d := range h.spec.Deployments {
			if d.Route != r.Name || sum == 0 {
				continue
			}
			share := weights[d.ID] / sum
			n := math.Round(whole * share * (1 + h.rng.NormFloat64()/math.Sqrt(whole*share+1)))
			targets = append(targets, HistoryPoint{
				At: at, Route: fleet.RouteID(r.Name), Target: targetSpec(&d).ID, Pool: fleet.PoolID(d.Pool),
				Provider: fleet.ProviderID(d.Provider), Requests: n, Errors: math.Round(n * 0.002 * h.rng.Float64()),
				InTokens: math.Round(n * r.Prompt.Mean()), OutTokens: math.Round(n * r.Output.Mean()),
				Seen: fleet.Ratio(n / max(whole, 1)), Within: true,
			})
		}
	}
	return h.total(at, targets)
}

func (h *past) total(at time.Time, targets []HistoryPoint) []HistoryPoint {
	var out []HistoryPoint
	for i := range h.spec.Pools {
		p := &h.spec.Pools[i]
		sum := HistoryPoint{At: at, Pool: fleet.PoolID(p.Name), Within: true}
		add(targets, &sum, func(t *HistoryPoint) bool { return t.Pool == sum.Pool })
		sum.TTFT95 = pastTTFT(p, sum)
		out = append(out, sum)
	}
	for i := range h.spec.Providers {
		s := &h.spec.Providers[i]
		sum := HistoryPoint{At: at, Provider: fleet.ProviderID(s.Name), Within: true,
			TTFT95: fleet.Seconds(s.TTFT.Median * math.Exp(1.645*s.TTFT.Sigma) / 1000)}
		add(targets, &sum, func(t *HistoryPoint) bool { return t.Provider == sum.Provider })
		out = append(out, sum)
	}
	for _, t := range targets {
		for _, whole := range out {
			if t.Pool != "" && whole.Pool == t.Pool || t.Provider != "" && whole.Provider == t.Provider {
				t.TTFT95 = whole.TTFT95
			}
		}
		t.Pool, t.Provider = "", ""
		out = append(out, t)
	}
	return out
}

func add(targets []HistoryPoint, sum *HistoryPoint, of func(*HistoryPoint) bool) {
	for i := range targets {
		if t := &targets[i]; of(t) {
			sum.Requests += t.Requests
			sum.Errors += t.Errors
			sum.InTokens += t.InTokens
			sum.OutTokens += t.OutTokens
		}
	}
}

// pastTTFT solves the step time of one replica for its load: the time of the work that comes with every second is
// taken out of the second, and a long prompt waits for about three steps and its own prefill.
func pastTTFT(p *world.PoolSpec, sum HistoryPoint) fleet.Seconds {
	c := &p.Cost
	if sum.Requests == 0 {
		return 0
	}
	step := (c.Host + c.Weights) / (1 - pastBusy(p, sum.InTokens, sum.OutTokens))
	return fleet.Seconds(3*step + 3*sum.InTokens/sum.Requests*c.Prefill)
}

// pastBusy is the part of a second that the work of a pool takes.
func pastBusy(p *world.PoolSpec, in, out float64) float64 {
	n := float64(len(p.Replicas)) * HistoryStep.Seconds()
	return min(in/n*0.65*p.Cost.Prefill+out/n*p.Cost.Decode, 0.95)
}
