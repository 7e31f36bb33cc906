package sim

import (
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"pitwall/backends/sim/promapi"
	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// storeSpacing is how far the samples of the past lie apart: five in a step of the history.
const storeSpacing = time.Minute

// storeMemory is what the simulated Prometheus knows of the fortnight before it began: the counters of engines, such
// that their growth in each step is what History says the pool did in it, dealt out to its replicas evenly.
type storeMemory struct {
	history func() iter.Seq[HistoryPoint]
	pools   map[string]string // of a replica
	share   map[string]float64
	steps   map[string][]HistoryPoint // of a pool, oldest first; nil until it is asked for
	made    map[string][]float64      // totals at the end of each step, by pool and quantity
}

func newStoreMemory(s *world.Spec, history func() iter.Seq[HistoryPoint]) *storeMemory {
	m := &storeMemory{history: history, pools: map[string]string{}, share: map[string]float64{}, made: map[string][]float64{}}
	for _, p := range s.Pools {
		for _, r := range p.Replicas {
			m.pools[r], m.share[r] = p.Name, 1/float64(len(p.Replicas))
		}
	}
	return m
}

// of is the past of one series, nil where it has none.
func (m *storeMemory) of(l labels.Labels) promapi.Past {
	replica := l.Get("pod")
	pool, known := m.pools[replica]
	quantity := quantityOf(l)
	if !known || quantity == "" {
		return nil
	}
	steps := m.of14Days(pool)
	if len(steps) < 2 {
		return nil
	}
	totals := m.totals(pool, quantity, steps)
	share, first := m.share[replica], steps[0].At.UnixMilli()
	return func(from, to int64, add func(int64, float64)) {
		step, spacing := HistoryStep.Milliseconds(), storeSpacing.Milliseconds()
		from, to = max(from, first), min(to, first+int64(len(totals)-1)*step)
		for t := (from + spacing - 1) / spacing * spacing; t <= to; t += spacing {
			i, part := int((t-first)/step), float64((t-first)%step)/float64(step)
			v := totals[i]
			if part > 0 {
				v += part * (totals[i+1] - totals[i])
			}
			add(t, v*share)
		}
	}
}

func (m *storeMemory) of14Days(pool string) []HistoryPoint {
	if m.steps == nil {
		m.steps = map[string][]HistoryPoint{}
		for p := range m.history() {
			if p.Pool != "" {
				m.steps[string(p.Pool)] = append(m.steps[string(p.Pool)], p)
			}
		}
	}
	return m.steps[pool]
}

// totals add a quantity up. The first step's own amount lies before the first sample.
func (m *storeMemory) totals(pool, quantity string, steps []HistoryPoint) []float64 {
	key := pool + "\x00" + quantity
	if made, ok := m.made[key]; ok {
		return made
	}
	out, sum := make([]float64, len(steps)), 0.0
	for i := range steps {
		if i > 0 {
			sum += amount(quantity, &steps[i])
		}
		out[i] = sum
	}
	m.made[key] = out
	return out
}

// Names of counters in the engines' formats, by what they count.
var (
	promptCounters = []string{"vllm:prompt_tokens_total", "sglang:prompt_tokens_total", "trtllm_prompt_tokens_total",
		"tgi_request_input_length_sum"}
	outputCounters = []string{"vllm:generation_tokens_total", "sglang:generation_tokens_total", "trtllm_generation_tokens_total",
		"tgi_request_generated_tokens_sum"}
	requestCounters = []string{"vllm:request_success_total", "sglang:num_requests_total", "trtllm_request_success_total",
		"tgi_request_success"}
	errorCounters = []string{"sglang:num_aborted_requests_total", "trtllm_request_error_total", "tgi_request_failure"}
	firstTokens   = []string{"vllm:time_to_first_token_seconds", "sglang:time_to_first_token_seconds",
		"trtllm_time_to_first_token_seconds"}
)

// quantityOf is what a series counts: "in", "out", "ok", "failed", "timed", or "le=" with a bound; "" for anything else.
func quantityOf(l labels.Labels) string {
	name, reason := l.Get("__name__"), l.Get("finished_reason")
	bare, bucket := strings.CutSuffix(name, "_bucket")
	counted, count := strings.CutSuffix(name, "_count")
	switch {
	case slices.Contains(promptCounters, name):
		return "in"
	case slices.Contains(outputCounters, name):
		return "out"
	case slices.Contains(requestCounters, name) && reason == "error", slices.Contains(errorCounters, name):
		return "failed"
	case slices.Contains(requestCounters, name) && reason == "stop":
		return "ok"
	case slices.Contains(requestCounters, name) && reason == "":
		return "timed"
	case bucket && slices.Contains(firstTokens, bare):
		return "le=" + l.Get("le")
	case count && slices.Contains(firstTokens, counted):
		return "timed"
	default:
		return ""
	}
}

// amount is how much of a quantity one step brought.
func amount(quantity string, p *HistoryPoint) float64 {
	switch quantity {
	case "in":
		return p.InTokens
	case "out":
		return p.OutTokens
	case "failed":
		return p.Errors
	case "ok":
		return p.Requests - p.Errors
	case "timed":
		return p.Requests
	}
	le, err := strconv.ParseFloat(strings.TrimPrefix(quantity, "le="), 64)
	if err != nil {
		return 0
	}
	return p.Requests * within(le, p.TTFT95)
}

// within is the part of the requests whose first token came within a time: a lognormal distribution with the given
// 95th percentile.
func within(le float64, p95 fleet.Seconds) float64 {
	const sigma, z95 = 0.6, 1.645
	switch {
	case math.IsInf(le, 1) || p95 <= 0:
		return 1
	case le <= 0:
		return 0
	}
	z := (math.Log(le)-math.Log(float64(p95)))/sigma + z95
	return 0.5 * math.Erfc(-z/math.Sqrt2)
}
