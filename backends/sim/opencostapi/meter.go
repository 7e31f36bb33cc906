package opencostapi

import (
	"sync"
	"time"

	"pitwall/backends/sim/account"
)

// meter keeps, minute by minute, what a cluster held, as the store behind OpenCost does.
type meter struct {
	clock   interface{ Now() time.Time }
	cluster *account.Cluster

	mu      sync.Mutex
	minutes map[int64]*minute
	next    int64 // the first minute that is not kept
	counted map[string]account.Counts
	pasts   bool
}

// minute is one minute, in dollars and GPU minutes.
type minute struct {
	whole, gpus float64
	models      map[model]*held
}

type model struct{ name, namespace string }

// held is what pods of a model held, and did.
type held struct {
	cost, worked, gpus float64 // worked is the cost of the part that was at work
	account.Counts
}

func (h *held) plus(o *held, factor float64) {
	h.cost, h.worked, h.gpus = h.cost+o.cost*factor, h.worked+o.worked*factor, h.gpus+o.gpus*factor
	h.Prompt, h.Generated = h.Prompt+o.Prompt*factor, h.Generated+o.Generated*factor
	h.Prefill, h.Decode = h.Prefill+o.Prefill*factor, h.Decode+o.Decode*factor
}

// pastStep is by what times the past is known.
const pastStep = 5 * time.Minute

// retained is for how long minutes are kept.
const retained = 15 * 24 * 60

func newMeter(clock interface{ Now() time.Time }, c *account.Cluster) *meter {
	m := &meter{clock: clock, cluster: c, minutes: map[int64]*minute{}, counted: map[string]account.Counts{},
		next: clock.Now().Truncate(pastStep).Unix() / 60}
	for _, p := range c.Look().Pods { // what was counted by now is of the past
		m.counted[p.Name] = p.Counts
	}
	return m
}

// look takes the minutes that have ended since the last look.
func (m *meter) look() {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now().Unix() / 60
	if now <= m.next {
		return
	}
	stand := m.cluster.Look()
	for i := range stand.Pods {
		p := &stand.Pods[i]
		at := p.Counts
		p.Counts = since(m.counted[p.Name], at)
		m.counted[p.Name] = at
	}
	m.keep(m.next, now, stand)
	for old := m.next - retained; old < now-retained; old++ {
		delete(m.minutes, old)
	}
	m.next = now
}

// since is the increase of counters, which begin anew with each process.
func since(before, at account.Counts) account.Counts {
	if at.Prompt < before.Prompt || at.Generated < before.Generated {
		return at
	}
	return account.Counts{Prompt: at.Prompt - before.Prompt, Generated: at.Generated - before.Generated,
		Prefill: at.Prefill - before.Prefill, Decode: at.Decode - before.Decode}
}

// keep spreads what was held and counted over minutes.
func (m *meter) keep(from, to int64, s account.Stand) {
	one := &minute{models: map[model]*held{}}
	hours := map[string]float64{}
	for _, n := range s.Nodes {
		hours[n.Name] = n.Hour
		one.gpus += float64(n.GPUs)
		one.whole += float64(n.GPUs) * n.Hour / 60
	}
	for i := range s.Pods {
		p := &s.Pods[i]
		key := model{p.Model, p.Namespace}
		h := one.models[key]
		if h == nil {
			h = &held{}
			one.models[key] = h
		}
		cost := float64(p.GPUs) * hours[p.Node] / 60
		h.plus(&held{cost: cost, worked: cost * p.Busy, gpus: float64(p.GPUs)}, 1)
		h.plus(&held{Counts: p.Counts}, 1/float64(to-from))
	}
	for at := from; at < to; at++ {
		m.minutes[at] = one
	}
}

// sum is what was held in a time, and how many minutes of it are known.
func (m *meter) sum(from, to time.Time) (total minute, known int) {
	m.look()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recall()
	total.models = map[model]*held{}
	for at := from.Unix() / 60; at < to.Unix()/60; at++ {
		one := m.minutes[at]
		if one == nil {
			continue
		}
		known++
		total.whole += one.whole
		total.gpus += one.gpus
		for key, h := range one.models {
			if total.models[key] == nil {
				total.models[key] = &held{}
			}
			total.models[key].plus(h, 1)
		}
	}
	return total, known
}

// recall takes over the past, once somebody asks.
func (m *meter) recall() {
	if m.pasts || m.cluster.Past == nil {
		return
	}
	m.pasts = true
	for at, stand := range m.cluster.Past(pastStep) {
		from := at.Unix() / 60
		if m.minutes[from] == nil {
			m.keep(from, from+int64(pastStep/time.Minute), stand)
		}
	}
}
