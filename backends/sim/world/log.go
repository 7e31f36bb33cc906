package world

import (
	"fmt"
	"slices"
	"time"
)

// LogLine is one line that an engine has printed.
type LogLine struct {
	At   time.Time
	Text string
}

const (
	maxLog   = 200 // lines that are kept of a replica
	logEvery = 100 // sub-steps between two lines about the load
)

// Logs returns what the engine of a replica printed last, oldest first, over restarts of its container. It is for
// use inside At.
func (w *World) Logs(replica string) []LogLine {
	for _, r := range w.Replicas {
		if r.Name == replica {
			return slices.Clone(r.log)
		}
	}
	return nil
}

func (r *Replica) say(at time.Time, text string) {
	if r.log = append(r.log, LogLine{at, text}); len(r.log) > maxLog {
		r.log = slices.Delete(r.log, 0, len(r.log)-maxLog)
	}
}

// report prints the line about the load that engines print now and then from their step loop.
func (r *Replica) report(at time.Time) {
	if r.frozen || r.state != serving {
		return
	}
	g := r.truth()
	r.say(at, fmt.Sprintf("Engine 000: Running: %d reqs, Waiting: %d reqs, KV cache usage: %.1f%%", g.Running, g.Waiting,
		g.KV*100))
}

// reset gives the engine the state of a process that has just started.
func (r *Replica) reset(now float64) {
	r.retired += r.Stats.Generated
	r.Stats = newStats(r.Pool.Engine)
	r.clock, r.pending, r.frozen, r.locked, r.link = now, false, false, false, 1
	r.inbox, r.waiting, r.running, r.prefills, r.finishes = nil, nil, nil, nil, nil
	r.iterations, r.stepNo = nil, 0
	r.batch, r.decoders, r.decoding, r.kv = 0, 0, 0, 0
}

// idle says whether the engine has nothing in hand.
func (r *Replica) idle() bool { return len(r.running)+len(r.waiting)+len(r.inbox) == 0 }

// Warm says whether the engine has served before, so that it prints everything that it counts.
func (r *Replica) Warm() bool { return r.upAt == 0 }
