package world

import (
	"container/heap"
	"math"
	"math/rand/v2"
)

// Provider is an API account: quotas in front of a service of its own latency and errors.
type Provider struct {
	Spec     *ProviderSpec
	Requests float64 // answered with 200
	Errors   float64 // 5xx and timeouts of its own making
	Refused  float64 // 429, and what else is the caller's own doing
	Tokens   float64 // output tokens of answers

	rpm, tpm quota
	books    *books
	bypass   bypass
	slow     float64 // factor on latency: 1 in normal times
	faulty   float64 // probability of an error now
	down     bool    // it answers nothing but errors
	page     page
	ills     ills
	flights  flightHeap
	order    uint64
	results  []result
	rng      *rand.Rand
}

func newProvider(s *ProviderSpec, rng *rand.Rand) *Provider {
	return &Provider{
		Spec: s, rng: rng, slow: 1, faulty: s.Errors,
		rpm: quota{limit: s.RPM}, tpm: quota{limit: s.TPM},
	}
}

// receive starts an attempt, or refuses it when a quota is used up.
func (p *Provider) receive(t *attempt, now float64) {
	t.provider, t.arrived = p, now
	t.tokens = p.Spec.Cache.split(t.prompt, t.call.cacheable)
	if p.down {
		p.end(flight{at: now + 0.2, try: t, status: 503, limits: p.limits(now)})
		return
	}
	if f, refused := p.refusal(t, now); refused {
		p.end(f)
		return
	}
	slower := p.slow * p.changed(t)
	want := float64(t.prompt + t.output)
	if p.rpm.left(now) < 1 || p.tpm.left(now) < want {
		p.Refused++
		limits := p.limits(now)
		limits.RetryAfter = max(p.rpm.wait(now, 1), p.tpm.wait(now, want), 1)
		p.end(flight{at: now + 0.05, try: t, status: 429, limits: limits})
		return
	}
	p.rpm.use(now, 1)
	p.tpm.use(now, want)
	ttft := p.Spec.TTFT.sample(p.rng) / 1000 * slower
	speed := p.Spec.Speed * (0.8 + 0.4*p.rng.Float64()) / slower
	f := flight{status: 200, limits: p.limits(now), first: now + ttft, at: now + ttft + float64(t.output)/speed, try: t}
	switch kind := p.rng.Float64(); {
	case p.rng.Float64() >= p.faulty:
	case kind < 0.6:
		f.status, f.first, f.at = 500, 0, now+ttft
	case kind < 0.9:
		f.status, f.first, f.at = 503, 0, now+0.2
	default: // accepted, never answered: the caller's own deadline ends it
		f.status, f.first, f.at = 504, 0, now+60
	}
	f.made, f.until = t.output, f.at
	p.spoil(&f)
	p.end(f)
}

func (p *Provider) end(f flight) {
	p.order++
	f.order = p.order
	heap.Push(&p.flights, f)
}

func (p *Provider) limits(now float64) Limits {
	return Limits{
		Known: true, MaxRequests: p.rpm.limit, Requests: math.Floor(p.rpm.left(now)), MaxTokens: p.tpm.limit,
		Tokens: math.Floor(p.tpm.left(now)), ResetRequests: p.rpm.full(now), ResetTokens: p.tpm.full(now),
	}
}

// Now returns what the limit headers say at a time.
func (p *Provider) Now(now float64) Limits { return p.limits(now) }

// Latency is how long a cheap call such as the list of models takes, in seconds.
func (p *Provider) Latency() float64 { return p.Spec.TTFT.Median / 2000 * p.slow }

// advance ends the attempts that are due.
func (p *Provider) advance(end float64) {
	for len(p.flights) > 0 && p.flights[0].at <= end {
		f := heap.Pop(&p.flights).(flight)
		if f.try.ended {
			continue
		}
		f.try.ended = true
		if f.status == 200 {
			f.try.first, f.try.call.First = f.first, f.first
			f.try.made = f.try.output
			p.charge(f.try, f.try.output, f.at)
			p.Requests++
			p.Tokens += float64(f.try.output)
		} else {
			p.fail(f)
		}
		p.results = append(p.results, result{at: f.at, try: f.try, status: f.status, limits: f.limits})
	}
}

// fail counts what did not come to an end. The tokens of a stream that broke off are made, and charged.
func (p *Provider) fail(f flight) {
	if f.try.begun {
		f.try.call.First, f.try.made = f.first, f.made
		p.charge(f.try, f.made, f.at)
		p.Tokens += float64(f.made)
	}
	switch {
	case f.status >= 500:
		p.Errors++
	case f.status != 429: // that was counted as it came in
		p.Refused++
	}
}

// progress is how much of an answer has come by now.
func (p *Provider) progress(t *attempt, now float64) int {
	for _, f := range p.flights {
		if f.try == t && f.answers() && now > f.first {
			return int(min((now-f.first)/(f.until-f.first), 1) * float64(f.made))
		}
	}
	return 0
}

// flight is an attempt that a provider works on, with what will become of it.
type flight struct {
	at, first float64
	try       *attempt
	status    int
	limits    Limits
	order     uint64
	made      int     // tokens that come
	until     float64 // the last of them
}

// answers says whether tokens come at all.
func (f flight) answers() bool { return f.status == 200 || f.try.begun }

type flightHeap []flight

func (h flightHeap) Len() int { return len(h) }
func (h flightHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].order < h[j].order
}
func (h flightHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push adds an entry.
func (h *flightHeap) Push(x any) { *h = append(*h, x.(flight)) }

// Pop removes the last entry.
func (h *flightHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
