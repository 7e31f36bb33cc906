package world

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Step is the fixed sub-step in which the world advances; inputs take effect at its boundaries.
const Step = 100 * time.Millisecond

const stepSeconds = 0.1

// World is a running fleet. All access goes through At.
type World struct {
	Spec      *Spec
	Replicas  []*Replica // in order of the pools
	GPUs      []*GPU
	Gateways  []*Gateway
	Providers []*Provider

	mu       sync.Mutex
	steps    int64 // done since Start
	routes   []*route
	db       *database
	byPool   map[string][]*Replica
	byName   map[string]*Provider
	retries  []retry
	deadline [2][]*attempt // waiting for the first token, and for the last, in order of their deadlines
	pending  []*Call
	faults   []*fault
	causes   causes
	harms    harms
	cluster  cluster
	turned   []result // attempts that no endpoint took
	sequence uint64
	spread   *rand.Rand // how clients and services spread their requests
	ledger   Ledger
	books    books
	keys     keyring
	loops    []*loop
	hasty    []*attempt      // of clients that wait less long than the gateways
	egress   map[string]bool // gateway replicas that send where they should not

	outage    Outage
	unsettled int                  // pods that are not as they should be; 0 spares looking at them
	telemetry map[string]Telemetry // by site, where it is not live
}

type retry struct {
	at   float64
	call *Call
}

// New builds a world that stands at spec.Start.
func New(spec *Spec) *World {
	w := &World{Spec: spec, db: newDatabase(spec), byPool: map[string][]*Replica{}, byName: map[string]*Provider{},
		telemetry: map[string]Telemetry{}, egress: map[string]bool{}, books: newBooks(spec.Start)}
	w.keys = keyring{specs: spec.Keys, rng: rand.New(rand.NewPCG(spec.Seed, ownDice))}
	stream := uint64(0)
	next := func() *rand.Rand {
		stream++
		return rand.New(rand.NewPCG(spec.Seed, stream))
	}
	w.spread = next()
	for i := range spec.Routes {
		w.routes = append(w.routes, newRoute(&spec.Routes[i], next()))
	}
	for i, name := range spec.Gateways {
		phase := (float64(i) + 0.5) / float64(len(spec.Gateways))
		w.Gateways = append(w.Gateways, newGateway(name, w.db, cmp.Or(spec.PollEvery, pollEvery), phase, next()))
		w.Gateways[i].keys = &w.keys
	}
	if spec.AtOnce {
		for _, g := range w.Gateways {
			g.peers = w.Gateways
		}
	}
	for i := range spec.Providers {
		p := newProvider(&spec.Providers[i], next())
		p.books = &w.books
		p.bypass = bypass{spec: &p.Spec.Bypass, rng: rand.New(rand.NewPCG(spec.Seed, ownDice+1+uint64(i)))}
		w.Providers = append(w.Providers, p)
		w.byName[p.Spec.Name] = p
	}
	for i := range spec.Pools {
		w.addPool(&spec.Pools[i], next)
	}
	w.newCluster()
	w.causes = causes{}
	w.harms = harms{rows: map[harmAt]*Harm{}, slow: map[string]float64{}}
	w.faults = newFaults(w)
	return w
}

func (w *World) addPool(p *PoolSpec, next func() *rand.Rand) {
	rng := next()
	var gpus []*GPU
	for n, node := range p.Nodes {
		for i := range p.PerNode {
			g := &GPU{
				Device: &p.Device, Index: i, Node: node, Site: p.Site, trait: 2*rng.Float64() - 1,
				Bus: fmt.Sprintf("00000000:%02X:00.0", 0x0a+i*0x11),
			}
			g.UUID = fmt.Sprintf("GPU-%08x-%04x-4%03x-8%03x-%012x", rng.Uint32(), rng.Uint32N(1<<16),
				rng.Uint32N(1<<12), rng.Uint32N(1<<12), rng.Uint64N(1<<48))
			if k := (n*p.PerNode + i) / max(p.GPUs, 1); k < len(p.Replicas) {
				g.Energy = 1e8 * (1 + rng.Float64())
			}
			gpus = append(gpus, g)
		}
	}
	for i, name := range p.Replicas {
		r := newReplica(name, p, next())
		for j := i * p.GPUs; j < (i+1)*p.GPUs && j < len(gpus); j++ {
			gpus[j].Owner = r
			r.GPUs = append(r.GPUs, gpus[j])
		}
		w.Replicas = append(w.Replicas, r)
		w.byPool[p.Name] = append(w.byPool[p.Name], r)
	}
	for _, g := range gpus {
		g.settle()
	}
	w.GPUs = append(w.GPUs, gpus...)
}

// At brings the world to a time and runs f on it, alone. A time before the world's own changes nothing.
func (w *World) At(now time.Time, f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(now)
	f()
}

func (w *World) advance(now time.Time) {
	for target := int64(now.Sub(w.Spec.Start) / Step); w.steps < target; {
		w.step()
	}
}

// Seconds returns the world's time since Start. It is for use inside At.
func (w *World) Seconds() float64 { return float64(w.steps) * stepSeconds }

// Now returns the world's time, a multiple of Step. It is for use inside At.
func (w *World) Now() time.Time { return w.Spec.Start.Add(time.Duration(w.steps) * Step) }

func (w *World) step() {
	from, wall := w.Seconds(), w.Now()
	end := from + stepSeconds
	for _, f := range w.faults {
		f.tick(from)
	}
	for _, g := range w.Gateways {
		g.poll(from)
	}
	w.keepDown()
	w.probe(from)
	w.tickPods(from)
	w.release(from)
	w.arrive(wall, from)
	for _, r := range w.Replicas {
		r.advance(end)
		if w.steps%logEvery == 0 {
			r.report(wall)
		}
		if w.steps%measureEvery == 0 {
			r.measure()
		}
		for _, g := range r.GPUs {
			g.advance(stepSeconds, r.busy, r.feeding, r.spin)
		}
	}
	for _, g := range w.GPUs {
		if g.Owner == nil {
			g.advance(stepSeconds, 0, 0, 0)
		}
	}
	for _, p := range w.Providers {
		p.bypass.tick(p, from, end)
		p.advance(end)
		p.ills.stolen.tick(p, from, end)
		p.page.follow(end, max(p.faulty, p.ills.edge), p.Spec.Errors)
	}
	w.expire(end)
	w.hurry(end)
	w.settle()
	w.steps++
}

// ownDice begins the streams of dice that were added later, so that they change nothing else.
const ownDice = 1 << 40

// demanded is a request that comes in by a route's demand.
func (w *World) demanded(r *route, at float64) *Call {
	c := r.call()
	c.Start, c.key = at, w.keys.pick(c.Route)
	w.sequence++
	c.sequence = w.sequence
	c.gateway = w.Gateways[w.spread.IntN(len(w.Gateways))]
	return c
}

// again is the same request once more, at another gateway replica.
func (w *World) again(of *Call) *Call {
	c := *of
	w.sequence++
	c.sequence = w.sequence
	c.gateway = w.Gateways[w.keys.rng.IntN(len(w.Gateways))]
	return &c
}

// arrive makes the sub-step's new requests and repeats those that failed, in the order of their times.
func (w *World) arrive(wall time.Time, from float64) {
	batch := w.pending
	w.pending = nil
	for _, c := range batch {
		c.Start = from
	}
	for _, r := range w.routes {
		r.arrivals(wall, from, stepSeconds, func(at float64) {
			batch = append(batch, w.demanded(r, at))
			for range w.keys.repeats(batch[len(batch)-1].key) {
				batch = append(batch, w.again(batch[len(batch)-1]))
			}
		})
	}
	for _, l := range w.loops {
		l.calls.arrivals(wall, from, stepSeconds, func(at float64) {
			c := w.demanded(l.calls, at)
			c.key, c.patience, c.looping = l.key, l.patience, true
			batch = append(batch, c)
		})
	}
	slices.SortStableFunc(batch, func(a, b *Call) int {
		switch {
		case a.Start < b.Start:
			return -1
		case a.Start > b.Start:
			return 1
		}
		return 0
	})
	for i := 0; i < len(w.retries); i++ { // one that no member takes adds its fallback
		w.send(w.retries[i].call, max(w.retries[i].at, from))
	}
	w.retries = w.retries[:0]
	for _, c := range batch {
		w.ledger.open(c)
		c.gateway.InFlight++
		if c.refused = c.gateway.Admit(c.key, c.Start); c.refused.Status != 0 {
			w.turnAway(c)
			continue
		}
		w.send(c, c.Start)
	}
}
