package world

// EngineStats are the counters and histograms of one engine since its process came up.
type EngineStats struct {
	Prompt, Cached, Generated        float64 // tokens
	Fed                              float64 // prompt tokens computed, as they are computed
	PrefixQueries, PrefixHits        float64 // tokens
	Received                         float64 // requests
	Stop, Length, Abort              float64 // ended requests by reason
	Preemptions                      float64
	Steps                            float64
	PromptTime, DecodeTime           float64 // seconds of steps with and without prompts
	MostTokens                       float64 // of one request
	Flops, ReadBytes, WriteBytes     float64 // per GPU
	TTFT, ITL, TPOT                  Histogram
	E2E, Queue, Infer, Prefill, Deco Histogram
	PromptLen, OutputLen, MaxTokens  Histogram
	ParamMax, ParamN, Computed, Iter Histogram
	StepPrefill, StepDecode          Histogram       // seconds of steps with and without prompts
	Batch                            Histogram       // requests in a step with prompts
	HTTP                             map[int]float64 // answers of the inference paths, by status class
	Rate                             float64         // tokens per second over the last second in which the engine ran
	rated                            float64
}

func newStats(engine string) EngineStats {
	b := boundsOf(engine)
	h := newHistogram
	return EngineStats{
		TTFT: h(b.ttft), ITL: h(b.itl), TPOT: h(b.tpot), E2E: h(b.whole), Queue: h(b.queue), Infer: h(b.part),
		Prefill: h(b.prefill), Deco: h(b.part), PromptLen: h(b.length), OutputLen: h(b.length), MaxTokens: h(b.length),
		ParamMax: h(b.length), Computed: h(b.length), ParamN: h(nBounds), Iter: h(iterBound),
		StepPrefill: h(b.step), StepDecode: h(b.step), Batch: h(b.batch), HTTP: map[int]float64{},
	}
}

// measure updates the throughput that some engines report from their step loop; it keeps its value while nothing runs.
func (r *Replica) measure() {
	if r.frozen || r.state != serving {
		return
	}
	s := &r.Stats
	if len(r.running) > 0 {
		s.Rate = s.Generated - s.rated
	}
	s.rated = s.Generated
}

// measureEvery is the interval of measure in sub-steps: one second.
const measureEvery = 10

// Iteration is one step as TensorRT-LLM records it.
type Iteration struct {
	Number         int64
	Seconds        float64
	Active, Queued int
	KV             int     // tokens in the cache
	Missed, Reused float64 // tokens of prompts computed and found since the process came up
}

// maxIterations bounds the records that wait to be read.
const maxIterations = 1000

// record keeps a step for whoever reads the records.
func (r *Replica) record() {
	if r.Pool.Engine != "trtllm" {
		return
	}
	if len(r.iterations) == maxIterations {
		r.iterations = append(r.iterations[:0], r.iterations[maxIterations/2:]...)
	}
	r.iterations = append(r.iterations, Iteration{Number: r.stepNo, Seconds: r.stepLen, Active: len(r.running),
		Queued: len(r.waiting) + len(r.inbox), KV: r.kv, Missed: r.Stats.PrefixQueries - r.Stats.PrefixHits,
		Reused: r.Stats.PrefixHits})
}

// Drain returns the records of the steps since the last call and forgets them, as reading them does. It is for use
// inside At.
func (r *Replica) Drain() []Iteration {
	out := r.iterations
	r.iterations = nil
	return out
}

// Rank is the part of an engine's scheduler that serves one of its data-parallel groups.
type Rank struct {
	Running, Waiting, Tokens int
}

// Ranks deals what the engine shows of its scheduler to n data-parallel groups, by the numbers of the requests.
func (r *Replica) Ranks(n int) []Rank {
	out := make([]Rank, n)
	if r.frozen { // nobody publishes; the last values were dealt evenly
		for i := range out {
			tokens := r.shown.KV * float64(r.Pool.Cost.Capacity) / float64(n)
			out[i] = Rank{Running: share(r.shown.Running, i, n), Waiting: share(r.shown.Waiting, i, n), Tokens: int(tokens)}
		}
		return out
	}
	for _, t := range r.running {
		k := int(t.order % uint64(n))
		out[k].Running++
		out[k].Tokens += r.held(t)
	}
	for i := range out {
		out[i].Waiting = share(len(r.waiting)+len(r.inbox), i, n)
	}
	return out
}

func share(whole, i, n int) int { return (whole + n - 1 - i) / n }

// Phases returns how many running requests are still in their prompts, and how many make tokens.
func (r *Replica) Phases() (prompts, tokens int) {
	g := r.Gauges()
	return g.Running - min(r.decoding, g.Running), min(r.decoding, g.Running)
}

// StepTime is the length of the last step in seconds, 0 before the first.
func (r *Replica) StepTime() float64 { return r.stepLen }

// StepNumber counts the steps of the process.
func (r *Replica) StepNumber() int64 { return r.stepNo }

// Stuck says whether a request that came in now would get no token for long: a health check that makes one fails.
func (r *Replica) Stuck(now float64) bool { return r.frozen || now-r.oldest(now) > healthLimit }

// healthLimit is how long a generating health check waits, in seconds.
const healthLimit = 20.0
