package promapi

import (
	"fmt"
	"hash/fnv"
	"math"
	"time"
)

// Model is a fleet that is too large to be served page by page: what each of its replicas and GPUs does follows from a
// few numbers of its pool, so that any sample can be computed when it is asked for. Requests arrive at a rate that
// swings slowly; running requests are rate times time in the system (Little's law); tokens, histograms, cache use and
// the heat of GPUs follow from them.
type Model struct {
	Pools []ModelPool
	Start time.Time     // when all counters began
	Every time.Duration // how often the store scrapes
}

// ModelPool is a pool of equal replicas that differ by traits of their own.
type ModelPool struct {
	Name     string
	Replicas int
	GPUs     int     // of one replica
	Rate     float64 // mean requests per second of one replica
	Prompt   float64 // mean tokens
	Output   float64
	TTFT     float64 // median, seconds
	ITL      float64 // median, seconds
	Capacity float64 // KV cache of one replica, tokens
}

// LargeModel is a fleet of 10,000 vLLM replicas with 80,000 GPUs in 40 pools, of which a few do not answer, stall, are
// overloaded or have a broken GPU.
func LargeModel(now time.Time) *Model {
	m := &Model{Start: now.Add(-2 * time.Hour), Every: time.Minute}
	for i := range 40 {
		m.Pools = append(m.Pools, ModelPool{Name: fmt.Sprintf("llm-%02d", i), Replicas: 250, GPUs: 8,
			Rate: 4 + float64(i%5), Prompt: 700 + 40*float64(i%7), Output: 180 + 10*float64(i%4),
			TTFT: 0.12 + 0.01*float64(i%6), ITL: 0.018 + 0.001*float64(i%3), Capacity: 420_000})
	}
	return m
}

const (
	swing  = 0.3   // part by which the rate swings
	period = 3600. // seconds of one swing
	spread = 0.55  // of the logarithm of latencies
	cached = 0.35  // part of prompts found in the prefix cache
	most   = 256   // running requests of one replica
)

// unit is one replica.
type unit struct {
	pool  int
	index int
	trait float64 // 0 to 1, its own
	fate  fate
}

// fate is what is wrong with a replica, or one of its GPUs.
type fate int

const (
	healthy fate = iota
	down         // does not answer the store
	stalled      // has work and makes no token since an hour before the model is looked at
	hot          // carries three times its share
	broken       // its first GPU shows an Xid, and a failed row remap
)

func unitOf(pool, index int) unit {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%d", pool, index)
	v := h.Sum64()
	u := unit{pool: pool, index: index, trait: float64(v%1000) / 1000}
	switch v / 1000 % 1200 {
	case 1:
		u.fate = down
	case 2, 3:
		u.fate = stalled
	case 4, 5, 6, 7:
		u.fate = hot
	case 8, 9:
		u.fate = broken
	}
	return u
}

// requests is how many requests per second come to a replica in the mean.
func (p *ModelPool) requests(u unit) float64 {
	r := p.Rate * (0.85 + 0.3*u.trait)
	if u.fate == hot {
		r *= 3
	}
	return r
}

// phase shifts the swing of each pool.
func phase(pool int) float64 { return float64(pool) * 0.7 }

// level is the rate at a time as a part of its mean; done is its integral since the start, in seconds of mean rate.
func level(pool int, since float64) float64 {
	return 1 + swing*math.Sin(2*math.Pi*since/period+phase(pool))
}

func done(pool int, since float64) float64 {
	w := 2 * math.Pi / period
	return since + swing/w*(math.Cos(phase(pool))-math.Cos(w*since+phase(pool)))
}

// stay is the mean time that a request spends in a replica, seconds.
func (p *ModelPool) stay() float64 { return mean(p.TTFT) + p.Output*mean(p.ITL) }

// mean of a lognormal distribution by its median.
func mean(median float64) float64 { return median * math.Exp(spread*spread/2) }

// part is how much of a lognormal distribution lies below a bound.
func part(bound, median float64) float64 {
	if math.IsInf(bound, 1) {
		return 1
	}
	return 0.5 * math.Erfc(-(math.Log(bound)-math.Log(median))/(spread*math.Sqrt2))
}

// state is what a replica shows at a time: gauges.
func (p *ModelPool) state(u unit, level float64) (running, waiting, kv float64) {
	all := p.requests(u) * level * p.stay()
	running = math.Round(min(all, most))
	waiting = math.Round(max(0, all-most))
	kv = min(1, running*(p.Prompt+p.Output/2)/p.Capacity)
	return running, waiting, kv
}

// device is what a GPU shows.
type device struct{ util, temp, power, used, free, xid, remap, clock float64 }

func (p *ModelPool) device(u unit, gpu int, level float64) device {
	running, _, kv := p.state(u, level)
	if u.fate == down || u.fate == stalled {
		running = 0
	}
	busy := min(1, 0.25+running/most)
	own := float64((u.index*8+gpu)%11)/11 - 0.5
	d := device{util: math.Round(100 * busy), temp: math.Round(34 + 40*busy + 4*own), power: 90 + 560*busy + 10*own,
		used: math.Round(70_000 + 4_000*kv), clock: 1980}
	d.free = 81_030 - d.used
	if u.fate == broken && gpu == 0 {
		d.xid, d.remap = 64, 1
	}
	return d
}
