package world

import "container/heap"

// begin plans the next step at the present time: who decodes, which prompts are fed, who is admitted.
func (r *Replica) begin() {
	c := &r.Pool.Cost
	for r.kv+r.decoding > c.Capacity && len(r.running) > 1 {
		r.preempt()
	}
	budget := max(c.MaxBatch-r.decoding, 0)
	r.batch, r.decoders = 0, r.decoding
	for _, t := range r.prefills {
		budget = r.feed(t, budget)
	}
	for len(r.waiting) > 0 && budget > 0 && len(r.running) < c.MaxSeqs {
		t := r.waiting[0]
		if r.kv+t.prompt+t.made+r.decoding > c.Capacity && len(r.running) > 0 {
			break
		}
		r.waiting[0] = nil
		r.waiting = r.waiting[1:]
		r.admit(t)
		budget = r.feed(t, budget)
	}
	gpu := c.Weights + c.Prefill*float64(r.batch) + c.Decode*float64(r.decoders) + c.KV*float64(r.kv)
	r.nominal = gpu
	r.stepLen = c.Host + r.drag(gpu)
	r.stepEnd = r.clock + r.stepLen
	r.pending = true
}

// exchange is the part of a step's GPU time in which a group's devices exchange what they computed.
const exchange = 0.12

// drag is how long a step's kernels take on the devices as they are: the slowest one makes the pace, and a weak link
// stretches the exchange.
func (r *Replica) drag(gpu float64) float64 {
	pace := 1.0
	for _, g := range r.GPUs {
		pace = min(pace, g.slow)
	}
	if pace == 1 && r.link == 1 {
		return gpu
	}
	return gpu * ((1-exchange)/pace + exchange/r.link)
}

func (r *Replica) feed(t *attempt, budget int) int {
	t.chunk = min(t.left, budget)
	r.batch += t.chunk
	return budget - t.chunk
}

func (r *Replica) admit(t *attempt) {
	s := &r.Stats
	if t.admitted == 0 {
		t.admitted = r.clock
		s.PrefixQueries += float64(t.prompt)
		s.PrefixHits += float64(t.cached)
	}
	r.order++
	t.order, t.slot, t.decoding = r.order, len(r.running), false
	r.running = append(r.running, t)
	r.prefills = append(r.prefills, t)
	r.kv += r.held(t)
}

// preempt throws the newest running attempt back to the head of the queue; its work is done again.
func (r *Replica) preempt() {
	newest := r.running[0]
	for _, t := range r.running {
		if t.order > newest.order {
			newest = t
		}
	}
	made := r.tokens(newest)
	r.leave(newest)
	newest.made, newest.left, newest.chunk = made, newest.prompt+made, 0
	newest.preempted++
	r.Stats.Preemptions++
	r.waiting = append([]*attempt{newest}, r.waiting...)
}

// finish applies the step that was under way: one token for every decoding request, the fed prompts, and the
// requests that end with it.
func (r *Replica) finish() {
	c, s := &r.Pool.Cost, &r.Stats
	r.pending, r.clock = false, r.stepEnd
	r.stepNo++
	s.Steps++
	r.busy += r.stepLen - c.Host
	if r.link < 1 {
		r.spin += max(r.stepLen-c.Host-r.nominal, 0)
	}
	r.feeding += c.Prefill * float64(r.batch)
	tokens := r.decoding // a request dropped in mid-step makes no token
	s.Generated += float64(tokens)
	s.ITL.observeMany(r.stepLen, uint64(tokens))
	r.kv += tokens
	fed := 0
	prefills := r.prefills
	r.prefills = r.prefills[:0]
	for _, t := range prefills {
		fed += t.chunk
		t.left -= t.chunk
		r.kv += t.chunk
		t.chunk = 0
		if t.left > 0 {
			r.prefills = append(r.prefills, t)
			continue
		}
		r.enter(t)
		tokens++
	}
	s.Iter.observe(float64(tokens + fed))
	s.Fed += float64(fed)
	if r.batch > 0 {
		s.PromptTime += r.stepLen
		s.StepPrefill.observe(r.stepLen)
		s.Batch.observe(float64(len(r.running)))
	} else {
		s.DecodeTime += r.stepLen
		s.StepDecode.observe(r.stepLen)
	}
	r.record()
	flops := float64(tokens+fed) * 2 * modelWeights
	gpus := float64(r.Pool.GPUs)
	s.Flops += flops / gpus
	s.ReadBytes += modelWeights / gpus
	s.WriteBytes += float64(tokens+fed) * 1.6e5 / gpus
	for len(r.finishes) > 0 && r.finishes[0].step <= r.stepNo {
		e := heap.Pop(&r.finishes).(finish)
		if e.try.epoch == e.epoch && !e.try.ended {
			r.complete(e.try)
		}
	}
}

// modelWeights is the number of parameters, or bytes at eight bits, behind the estimates of work.
const modelWeights = 70e9

// enter makes the first token (or the next one after a preemption) at the end of the prefill.
func (r *Replica) enter(t *attempt) {
	s := &r.Stats
	if t.first == 0 {
		t.first = r.clock
		t.call.First = r.clock
		s.Prompt += float64(t.prompt)
		s.Cached += float64(t.cached)
		s.TTFT.observe(r.clock - t.arrived)
	}
	t.made++
	s.Generated++
	r.kv++
	t.decoding, t.decodeAt = true, r.stepNo
	r.decoding++
	t.finishAt = r.stepNo + int64(t.output-t.made)
	heap.Push(&r.finishes, finish{t.finishAt, t.order, t.epoch, t})
}

func (r *Replica) complete(t *attempt) {
	s, now := &r.Stats, r.clock
	r.leave(t)
	t.ended, t.made = true, t.output
	if t.output >= t.call.maxTokens {
		s.Length++
	} else {
		s.Stop++
	}
	s.E2E.observe(now - t.arrived)
	s.Queue.observe(t.admitted - t.arrived)
	s.Infer.observe(now - t.admitted)
	s.Prefill.observe(t.first - t.admitted)
	s.Deco.observe(now - t.first)
	if t.output > 1 {
		s.TPOT.observe((now - t.first) / float64(t.output-1))
	}
	s.MostTokens = max(s.MostTokens, float64(t.prompt+t.output))
	s.PromptLen.observe(float64(t.prompt))
	s.OutputLen.observe(float64(t.output))
	s.MaxTokens.observe(float64(t.output))
	s.ParamMax.observe(float64(t.call.maxTokens))
	s.ParamN.observe(1)
	s.Computed.observe(float64(t.prompt - t.cached))
	r.results = append(r.results, result{at: now, try: t, status: 200})
}

// finish is when an attempt will make its last token.
type finish struct {
	step  int64
	order uint64
	epoch int
	try   *attempt
}

type finishHeap []finish

func (h finishHeap) Len() int { return len(h) }
func (h finishHeap) Less(i, j int) bool {
	return h[i].step < h[j].step || h[i].step == h[j].step && h[i].order < h[j].order
}
func (h finishHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push adds an entry.
func (h *finishHeap) Push(x any) { *h = append(*h, x.(finish)) }

// Pop removes the last entry.
func (h *finishHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
