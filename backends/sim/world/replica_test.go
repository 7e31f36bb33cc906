package world

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestReplicaInvariants feeds one engine at random, drops and freezes, and checks that memory, slots and tokens add
// up after every move and that everything ends once the load goes.
func TestReplicaInvariants(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pool := &PoolSpec{GPUs: 8, Cost: Cost{
			Host: .004, Weights: .008, Prefill: 2e-5, Decode: 4e-5, KV: 1e-8,
			Capacity: rapid.IntRange(2000, 8000).Draw(rt, "capacity"), MaxSeqs: rapid.IntRange(1, 12).Draw(rt, "seqs"),
			MaxBatch: rapid.IntRange(64, 2048).Draw(rt, "batch"),
		}}
		r := newReplica("r", pool, rand.New(rand.NewPCG(1, 1)))
		var all []*attempt
		lost, now := 0, 0.0
		for range rapid.IntRange(1, 60).Draw(rt, "moves") {
			switch rapid.IntRange(0, 6).Draw(rt, "move") {
			case 0, 1, 2:
				c := &Call{Prompt: rapid.IntRange(1, 1500).Draw(rt, "prompt"), maxTokens: 400,
					cacheable: rapid.Float64Range(0, .9).Draw(rt, "cached")}
				a := &attempt{call: c, prompt: c.Prompt, output: rapid.IntRange(1, 400).Draw(rt, "output"), start: now}
				r.receive(a, now)
				all = append(all, a)
			case 3:
				if len(all) > 0 {
					a := all[rapid.IntRange(0, len(all)-1).Draw(rt, "which")]
					if !a.ended {
						lost += r.tokens(a)
						r.drop(a)
					}
				}
			case 4:
				r.freeze()
			case 5:
				r.thaw(now)
			}
			now += rapid.Float64Range(0, 2).Draw(rt, "time")
			r.advance(now)
			checkReplica(rt, r, all, lost)
		}
		r.thaw(now)
		r.advance(now + 600)
		checkReplica(rt, r, all, lost)
		if g := r.Gauges(); g.Running+g.Waiting != 0 || g.KV != 0 {
			rt.Fatalf("ten minutes after the load went: %+v", g)
		}
	})
}

func checkReplica(rt *rapid.T, r *Replica, all []*attempt, lost int) {
	held, tokens, decoding := 0, 0, 0
	for i, a := range r.running {
		held += r.held(a)
		if a.slot != i {
			rt.Fatalf("slot %d holds an attempt that thinks it is at %d", i, a.slot)
		}
		if a.decoding {
			decoding++
		}
	}
	if held != r.kv || decoding != r.decoding {
		rt.Fatalf("the cache says %d and %d, its holders %d and %d", r.kv, r.decoding, held, decoding)
	}
	if r.kv > r.Pool.Cost.Capacity+len(r.running) {
		rt.Fatalf("cache of %d holds %d", r.Pool.Cost.Capacity, r.kv)
	}
	for _, a := range r.waiting {
		tokens += a.made
	}
	for _, a := range r.running {
		tokens += r.tokens(a)
	}
	for _, x := range r.results {
		if x.status == 200 {
			tokens += x.try.output
		}
	}
	if int(r.Stats.Generated) != tokens+lost {
		rt.Fatalf("%v tokens made, %d in flight or delivered, %d lost", r.Stats.Generated, tokens, lost)
	}
	ended := 0
	for _, a := range all {
		if a.ended {
			ended++
		}
	}
	if s := r.Stats; int(s.Stop+s.Length+s.Abort) != ended {
		rt.Fatalf("%v ended by the counters, %d in truth", s.Stop+s.Length+s.Abort, ended)
	}
}

func TestChunkedPrefillAndTimes(t *testing.T) {
	pool := &PoolSpec{GPUs: 8, Cost: Cost{
		Host: .01, Weights: .01, Prefill: 1e-5, Capacity: 100_000, MaxSeqs: 8, MaxBatch: 1000}}
	r := newReplica("r", pool, rand.New(rand.NewPCG(1, 1)))
	c := &Call{Prompt: 2500, maxTokens: 10}
	a := &attempt{call: c, prompt: 2500, output: 3}
	r.receive(a, 1)
	r.advance(10)
	// Three steps feed 1000, 1000 and 500 tokens (0.03, 0.03, 0.025 s); two more make the other tokens.
	if got, want := a.first-a.arrived, .085; got < want-1e-9 || got > want+1e-9 {
		t.Errorf("time to first token %v, want %v", got, want)
	}
	if got, want := r.results[0].at-a.arrived, .125; got < want-1e-9 || got > want+1e-9 {
		t.Errorf("whole time %v, want %v", got, want)
	}
	if r.Stats.ITL.Count() != 2 || r.Stats.Generated != 3 || r.Stats.Prompt != 2500 {
		t.Errorf("counted %d gaps, %v tokens, %v prompt tokens", r.Stats.ITL.Count(), r.Stats.Generated, r.Stats.Prompt)
	}
}

func TestQuotaIsASlidingMinute(t *testing.T) {
	q := quota{limit: 100}
	q.use(0, 40)
	q.use(30.5, 50)
	if got := q.left(31); got != 10 {
		t.Errorf("left %v, want 10", got)
	}
	if got := q.wait(31, 30); got < 28 || got > 30 {
		t.Errorf("30 are free in %v s, want about 29", got)
	}
	if got := q.left(60.5); got != 50 {
		t.Errorf("after a minute left %v, want 50", got)
	}
	if got := q.left(500); got != 100 {
		t.Errorf("long after left %v, want 100", got)
	}
	if got := q.full(500); got != 0 {
		t.Errorf("full in %v s, want 0", got)
	}
}
