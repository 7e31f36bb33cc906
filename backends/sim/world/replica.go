package world

import (
	"math/rand/v2"
)

// Replica is one engine with continuous batching. Its numbers are cumulative since it started.
type Replica struct {
	Name  string
	Pool  *PoolSpec
	GPUs  []*GPU
	Stats EngineStats

	clock    float64 // end of the last step
	pending  bool    // a step is under way
	stepEnd  float64
	stepLen  float64
	batch    int // prompt tokens in the step under way
	decoders int // decoding requests in it
	stepNo   int64
	inbox    []*attempt // arrived, not yet seen by the scheduler
	waiting  []*attempt
	running  []*attempt
	prefills []*attempt // running, still prefilling, oldest first
	finishes finishHeap
	decoding int
	kv       int
	order    uint64
	frozen   bool
	shown    Gauges  // what the page showed when the loop froze
	busy     float64 // GPU seconds of the present sub-step
	feeding  float64 // of those, prefill
	spin     float64 // of those, in which kernels wait for other devices
	nominal  float64 // GPU seconds of the step under way on sound devices
	locked   bool    // frozen inside a collective: the kernels of all ranks wait for each other
	link     float64 // part of the bandwidth between its devices that is left, 1 in normal times
	results  []result

	iterations []Iteration // not yet read
	rng        *rand.Rand
	process
}

// process is the life of an engine's process and of the pod around it.
type process struct {
	state   state
	pod     *pod // nil between two
	set     *podSet
	upAt    float64 // when the process came up
	offAt   float64 // until when the service still sends although the pod is no longer ready
	nextPod float64 // when the controller makes the next pod
	crashes int     // in a row
	retired float64 // tokens made by earlier processes
	log     []LogLine
}

// Gauges is the scheduler's state.
type Gauges struct {
	Running, Waiting int
	KV               float64 // 0 to 1
}

func newReplica(name string, pool *PoolSpec, rng *rand.Rand) *Replica {
	return &Replica{Name: name, Pool: pool, rng: rng, Stats: newStats(pool.Engine), link: 1}
}

// Gauges returns what the engine reports of its scheduler. The scheduler's own loop publishes these, so that a
// frozen one leaves the last values standing.
func (r *Replica) Gauges() Gauges {
	if r.frozen {
		return r.shown
	}
	return r.truth()
}

func (r *Replica) truth() Gauges {
	return Gauges{
		Running: len(r.running), Waiting: len(r.waiting) + len(r.inbox),
		KV: float64(r.kv) / float64(r.Pool.Cost.Capacity),
	}
}

func (r *Replica) freeze() {
	if !r.frozen {
		r.shown, r.frozen = r.truth(), true
	}
}

// thaw lets the loop go on; a step that was under way starts anew.
func (r *Replica) thaw(now float64) {
	if r.frozen {
		r.frozen, r.locked, r.clock = false, false, now
		r.stepEnd = now + r.stepLen
	}
}

// receive queues an attempt; attempts come in the order of their times.
func (r *Replica) receive(t *attempt, at float64) {
	t.replica, t.arrived = r, at
	t.cached = int(t.call.cacheable * float64(t.prompt))
	t.left = t.prompt - t.cached
	r.inbox = append(r.inbox, t)
	r.Stats.Received++
}

// advance runs whole steps up to end; a step that ends later stays under way and shows nothing yet.
func (r *Replica) advance(end float64) {
	r.busy, r.feeding, r.spin = 0, 0, 0
	if r.frozen || r.state != serving {
		if r.locked && r.frozen {
			r.busy, r.spin = stepSeconds, stepSeconds
		}
		return
	}
	for {
		if r.pending {
			if r.stepEnd > end {
				return
			}
			r.finish()
		}
		r.take()
		if len(r.running) == 0 && len(r.waiting) == 0 {
			if len(r.inbox) == 0 || r.inbox[0].arrived > end {
				r.clock = end
				return
			}
			r.clock = r.inbox[0].arrived
			r.take()
		}
		r.begin()
	}
}

// take moves what has arrived by now into the waiting queue.
func (r *Replica) take() {
	n := 0
	for n < len(r.inbox) && r.inbox[n].arrived <= r.clock {
		n++
	}
	if n > 0 {
		r.waiting = append(r.waiting, r.inbox[:n]...)
		r.inbox = append(r.inbox[:0], r.inbox[n:]...)
	}
}

// drop takes an attempt out, whose client has given up. A frozen scheduler would do so once it runs again; its
// gauges stand still until then, so that nobody can see it happen earlier.
func (r *Replica) drop(t *attempt) {
	if t.ended {
		return
	}
	t.ended = true
	r.Stats.Abort++
	if i := find(r.inbox, t); i >= 0 {
		r.inbox = append(r.inbox[:i], r.inbox[i+1:]...)
		return
	}
	if i := find(r.waiting, t); i >= 0 {
		r.waiting = append(r.waiting[:i], r.waiting[i+1:]...)
		return
	}
	r.leave(t)
}

func find(list []*attempt, t *attempt) int {
	for i, x := range list {
		if x == t {
			return i
		}
	}
	return -1
}

// leave frees a running attempt's slot and memory.
func (r *Replica) leave(t *attempt) {
	last := len(r.running) - 1
	r.running[t.slot] = r.running[last]
	r.running[t.slot].slot = t.slot
	r.running[last] = nil
	r.running = r.running[:last]
	r.kv -= r.held(t)
	if t.decoding {
		r.decoding--
		t.decoding = false
	} else if i := find(r.prefills, t); i >= 0 {
		r.prefills = append(r.prefills[:i], r.prefills[i+1:]...)
	}
	t.epoch++
}

// held is how many tokens of the cache an attempt occupies.
func (r *Replica) held(t *attempt) int {
	if t.decoding {
		return t.prompt + r.tokens(t)
	}
	return t.prompt + t.made - t.left
}

// tokens is how many tokens an attempt has made so far.
func (r *Replica) tokens(t *attempt) int {
	if t.decoding {
		return t.made + int(r.stepNo-t.decodeAt)
	}
	return t.made
}
