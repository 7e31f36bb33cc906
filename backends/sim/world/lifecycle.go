package world

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// state is what becomes of an engine's process.
type state int

const (
	serving  state = iota
	loading        // the process starts and reads the weights
	backOff        // it died; the kubelet waits before it starts it again
	unpulled       // its image cannot be had
	absent         // there is no pod, or none that runs
)

// The times of a cluster, in seconds.
const (
	endpointLag  = 1.0   // from a container's end until the service no longer sends to it
	drainLimit   = 30.0  // a pod's grace
	bindTime     = 2.0   // scheduling, and creating the container
	retryPod     = 10.0  // between a pod that failed and the next one
	firstBackOff = 10.0  // doubled with each crash
	lastBackOff  = 300.0 // at most
	loadTime     = 60.0  // reading the weights and warming up, where the pool says nothing
	failFast     = 8.0   // until a process finds that a device is missing
)

// Up says whether the engine's process listens.
func (r *Replica) Up() bool { return r.state == serving }

// Started returns when the engine's process came up.
func (r *Replica) Started(begin time.Time) time.Time {
	if r.pod == nil || r.pod.Started.IsZero() {
		return begin
	}
	return r.pod.Started
}

// endpoints are the replicas that a pool's service sends to.
func (w *World) endpoints(pool string) []*Replica {
	all := w.byPool[pool]
	if w.unsettled == 0 {
		return all
	}
	now := w.Seconds()
	ready := make([]*Replica, 0, len(all))
	for _, r := range all {
		if r.pod != nil && r.pod.Ready || now < r.offAt {
			ready = append(ready, r)
		}
	}
	return ready
}

// crash ends an engine's process; the kubelet will start it again.
func (w *World) crash(r *Replica, exit Exit, text string) {
	now := w.Seconds()
	exit.At = w.Now()
	w.end(r)
	w.free(r)
	p := r.pod
	if now-r.upAt > 600 {
		r.crashes = 0
	}
	r.crashes++
	wait := min(firstBackOff*math.Pow(2, float64(r.crashes-1)), lastBackOff)
	r.state, p.until = backOff, now+wait
	p.LastExit, p.Reason = exit, "CrashLoopBackOff"
	p.Message = fmt.Sprintf("back-off %.0fs restarting failed container", wait)
	w.unready(r)
	r.say(w.Now(), text)
	w.tell("Pod", p.Name, "Warning", "BackOff", "Back-off restarting failed container "+r.Pool.Engine)
}

// free gives the memory of the replica's devices back, since its process is gone.
func (w *World) free(r *Replica) {
	for _, g := range r.GPUs {
		g.Used = 0.01 * g.Device.MemoryMiB
	}
}

// unready takes a replica out of its service.
func (w *World) unready(r *Replica) {
	p := r.pod
	if p.Ready {
		p.Ready, p.ReadySince, r.offAt = false, w.Now(), w.Seconds()+endpointLag
	}
	w.unsettled++
	w.touch(&p.Version)
	w.touch(&r.set.Version)
}

// end fails whatever the engine had in hand, and forgets its counters as a new process does.
func (w *World) end(r *Replica) {
	now := w.Seconds()
	for _, list := range [][]*attempt{r.running, r.waiting, r.inbox} {
		for _, t := range list {
			if !t.ended {
				t.made, t.decoding = r.tokens(t), false
				w.ledger.lose(t.made)
				t.ended = true
				r.results = append(r.results, result{at: now, try: t, status: 503})
			}
		}
	}
	r.reset(now)
}

// tickPods moves the pods of all pools on.
func (w *World) tickPods(now float64) {
	if w.unsettled == 0 {
		return
	}
	open := 0
	for _, s := range w.cluster.sets {
		if s.pool.Stateful {
			w.keep(s, now)
		} else {
			w.deploy(s)
			w.fill(s, now)
		}
		for _, r := range s.replicas {
			if r.pod != nil {
				w.tickReplica(s, r, now)
			}
		}
		for _, p := range s.extra {
			if now >= p.until {
				p.until = now + 1
				w.unschedulable(s, p)
			}
		}
		if w.follow(s, now); !w.settled(s) {
			open++
		}
	}
	w.unsettled = open
}

func (w *World) tickReplica(s *podSet, r *Replica, now float64) {
	p := r.pod
	switch {
	case p.Terminating:
		if r.state != serving || now >= p.until || r.idle() {
			w.end(r)
			w.free(r)
			w.remove(r, now)
		}
	case now < p.until:
	case s.dark && r.state != serving:
		p.until = now + 1
	case r.state == absent:
		w.schedule(s, r, now)
	case r.state == unpulled:
		if w.pull(s, r, now) {
			w.load(s, r, now)
		}
	case r.state == backOff:
		p.Restarts++
		w.load(s, r, now)
	case r.state == loading:
		w.loaded(s, r, now)
	}
}

// remove deletes a replica's pod; the controller makes another one.
func (w *World) remove(r *Replica, now float64) {
	if r.pod != nil {
		w.tell("Pod", r.pod.Name, "Normal", "Killing", "Stopping container "+r.Pool.Engine)
	}
	for _, g := range r.GPUs {
		g.Owner = nil
	}
	r.GPUs, r.pod, r.state, r.nextPod, r.crashes = nil, nil, absent, now+Step.Seconds(), 0
	w.touch(&r.set.Version)
}

// reject is a kubelet that fails a pod which it was given; the controller makes another one.
func (w *World) reject(r *Replica, now float64) {
	p, c := r.pod, &w.cluster
	p.Name += "-" + revision(p.UID, 5)[:5]
	p.Phase, p.Reason = PhaseFailed, "UnexpectedAdmissionError"
	p.Message = "Pod was rejected: Allocate failed due to no healthy devices present; " +
		"cannot allocate unhealthy devices " + Resource(r.Pool.Device.Product) + ", which is unexpected"
	w.touch(&p.Version)
	w.tell("Pod", p.Name, "Warning", p.Reason, p.Message)
	if c.failed = append(c.failed, p); len(c.failed) > maxFailed {
		c.failed = slices.Delete(c.failed, 0, len(c.failed)-maxFailed)
	}
	r.pod, r.nextPod = nil, now+retryPod
	w.touch(&r.set.Version)
}
