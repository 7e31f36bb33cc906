package world

// engineFaults are those of engines, their models and what is asked of them.
func (w *World) engineFaults(add func(string, *fault)) {
	first, second := w.cluster.sets[0], at(w.cluster.sets, 1)
	zombie := at(first.replicas, 1)
	add("F01", &fault{
		Fault: Fault{Text: "the step loop of " + zombie.Name + " stands still while its HTTP server goes on answering"},
		begin: func(float64) { zombie.freeze() }, end: zombie.thaw,
	})
	w.addDeadlock(add, at(second.replicas, 2))
	if len(w.routes) > 0 {
		w.addLongPrompts(add, at(w.routes, 1))
	}
	w.addBadFlag(add, first)
	w.addHerd(add, at(w.cluster.sets, 2))
	w.addRename(add)
	add("F11", &fault{
		Fault: Fault{Text: "a kernel of the engines of " + second.Name + " computes wrongly: answers are wrong, as quick and as long as before"},
		begin: func(float64) { second.unsound = true }, end: func(float64) { second.unsound = false },
	})
}

// addDeadlock: the ranks of a group wait for each other. The engine notices after the deadline of its own calls and
// ends; while the cause lasts, the next process locks up a minute after it is ready.
func (w *World) addDeadlock(add func(string, *fault), r *Replica) {
	const noticed, again = 300.0, 60.0
	var locked float64
	lock := func(now float64) {
		if r.state == serving && !r.frozen {
			r.freeze()
			r.locked, locked = true, now
		}
	}
	add("F02", &fault{
		Fault: Fault{Text: "the ranks of " + r.Name + " wait for each other inside a collective operation"},
		begin: lock,
		each: func(float64) {
			now := w.Seconds()
			switch {
			case r.locked && now-locked >= noticed:
				w.crash(r, Exit{Reason: "Error", Code: 1}, "TimeoutError: RPC call to sample_tokens timed out.")
			case now-r.upAt >= again:
				lock(now)
			}
		},
		end: func(now float64) {
			if r.locked {
				r.thaw(now)
			}
		},
	})
}

// addLongPrompts: one tenant of a route begins to send long conversations. Most of their tokens are cached, so that
// they cost little time and much memory.
func (w *World) addLongPrompts(add func(string, *fault), r *route) {
	add("F03", &fault{
		Fault: Fault{Text: "one tenant of " + r.spec.Name +
			" moves long conversations there; after three minutes every sixth request has some 20,000 tokens"},
		begin: func(float64) {}, end: func(float64) { r.long = 0 },
		each: func(since float64) { r.long = longShare * min(since/180, 1) },
	})
}

// addBadFlag: a new revision reserves more memory for activations than its devices have left.
func (w *World) addBadFlag(add func(string, *fault), s *podSet) {
	good, bad := s.Revision, revision(s.Name, 2)
	add("F05", &fault{
		Fault: Fault{Text: "a new revision of " + s.Name + " asks for larger prefill chunks than its memory has room for"},
		begin: func(float64) {
			s.bad[bad] = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 14.00 GiB."
			s.flags[bad] = chunkFlags[s.Engine]
			good = s.Revision
			w.Roll(s.Name, bad)
		},
		end: func(float64) {
			if s.Revision == bad {
				w.Roll(s.Name, good)
			}
		},
	})
}

// chunkFlags ask for larger prefill chunks.
var chunkFlags = map[string]string{"vllm": "--max-num-batched-tokens=131072", "sglang": "--chunked-prefill-size=131072",
	"trtllm": "--max_num_tokens=131072", "tgi": "--max-batch-prefill-tokens=131072"}

// addHerd: all engines of a pool start at once and read their weights one after the other from the same store, while
// the proxy before them keeps what comes in.
func (w *World) addHerd(add func(string, *fault), s *podSet) {
	const first, gap, probe = 25.0, 50.0, 5.0
	add("F09", &fault{
		Fault: Fault{Text: "all engines of " + s.Name + " were restarted at once; the proxy before them holds requests until one " +
			"is ready, and the readiness probe waits for a token"},
		begin: func(now float64) {
			s.holds, s.probe = true, probe
			for i, r := range s.replicas {
				if r.pod == nil || len(r.GPUs) == 0 {
					continue
				}
				w.end(r)
				w.free(r)
				w.unready(r)
				r.offAt = now
				w.load(s, r, now)
				r.pod.Restarts++
				r.pod.until = now + first + gap*float64(i)
			}
		},
		end: func(float64) { s.holds, s.probe = false, 0 },
	})
}

// addRename: a pool is upgraded to a release that has other names for some metrics and no longer has one.
func (w *World) addRename(add func(string, *fault)) {
	s := w.cluster.sets[0]
	for _, other := range w.cluster.sets {
		if other.pool.Legacy {
			s = other
			break
		}
	}
	old, upgraded := s.Revision, revision(s.Name, 3)
	s.modern[upgraded] = true
	add("F13", &fault{
		Fault: Fault{Text: s.Name + " is upgraded, one engine after the other, to a release that renames metrics and drops one"},
		begin: func(float64) {
			old = s.Revision
			w.Roll(s.Name, upgraded)
		},
		end: func(float64) {
			if s.Revision == upgraded {
				w.Roll(s.Name, old)
			}
		},
	})
}

// Legacy says whether the engine's metrics have the names of older releases.
func (r *Replica) Legacy() bool { return r.Pool.Legacy && !r.Upgraded() }

// Upgraded says whether the engine is of the release that F13 brings.
func (r *Replica) Upgraded() bool { return r.pod != nil && r.set.modern[r.pod.Revision] }
