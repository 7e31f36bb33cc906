package world

// deviceFaults are those of GPUs and of what connects and cools them.
func (w *World) deviceFaults(add func(string, *fault)) {
	second := at(w.cluster.sets, 1)
	w.addOffTheBus(add, at(second.replicas, -1))
	w.addMemoryError(add, at(at(w.cluster.sets, 2).replicas, 0))
	w.addUncontained(add, at(at(w.cluster.sets, 2).replicas, -1))
	w.addWeakLink(add, second.replicas[0])
	w.addHeat(add, at(second.pool.Nodes, 1))
}

// deviceOf is one of the devices that a replica begins with.
func deviceOf(r *Replica, i int) *GPU {
	if len(r.GPUs) == 0 {
		return &GPU{Device: &r.Pool.Device}
	}
	return at(r.GPUs, i)
}

// addOffTheBus: a device no longer answers on the bus. Its peers wait for it until the process gives up.
func (w *World) addOffTheBus(add func(string, *fault), r *Replica) {
	const unseen, death = 8.0, 12.0
	g := deviceOf(r, 3)
	add("F14", &fault{
		Fault: Fault{Text: "GPU " + g.UUID + " of " + g.Node + " falls off the bus (Xid 79)"},
		begin: func(float64) {
			g.xid(79, w.Now())
			if o := g.Owner; o != nil && o.state == serving {
				o.freeze()
				o.locked = true
			}
		},
		each: func(since float64) {
			if since >= unseen && !g.Lost {
				g.Lost = true
				w.offer(g.Node)
			}
			if o := g.Owner; since >= death && o != nil && o.state == serving {
				w.crash(o, Exit{Reason: "Error", Code: 134}, "CUDA error: uncorrectable device error, rank 3 is gone")
			}
		},
		end: func(now float64) {
			g.Lost, g.Faults = false, GPUFaults{}
			w.offer(g.Node)
			w.reboot(g.Node, now)
		},
	})
}

// offer makes the device plugin of a node count again what it has.
func (w *World) offer(name string) {
	n := w.cluster.byNode[name]
	if n == nil {
		return
	}
	n.Allocatable = 0
	for _, g := range n.gpus {
		if !g.Lost && !g.Broken {
			n.Allocatable++
		}
	}
	w.touch(&n.Version)
}

// reboot starts the machine of a node anew, and with it the engines there.
func (w *World) reboot(name string, now float64) {
	const boot = 90.0
	for _, s := range w.cluster.sets {
		for _, r := range s.replicas {
			if r.pod == nil || r.pod.Node != name || r.state == absent {
				continue
			}
			w.end(r)
			w.free(r)
			w.unready(r)
			r.crashes = 0
			r.pod.Restarts++
			w.load(s, r, now)
			r.pod.until += boot
		}
	}
	w.tell("Node", name, "Warning", "Rebooted", "Node "+name+" has been rebooted")
}

// addMemoryError: a page of a device's memory fails while an engine reads it. Hardware contains the damage: the engine
// is killed, its row is remapped at the next reset, and the device goes on.
func (w *World) addMemoryError(add func(string, *fault), r *Replica) {
	g := deviceOf(r, 1)
	booked, killed := false, false
	add("F15", &fault{
		Fault: Fault{Text: "a contained memory error (Xid 94) on GPU " + g.UUID + " of " + g.Node + " aborts its engine"},
		begin: func(float64) {
			booked, killed = false, false
			g.xid(94, w.Now())
			g.Faults.DoubleBit++
		},
		each: func(since float64) {
			if since >= 1 && !booked {
				booked = true
				g.Faults.Remapped++
				g.Faults.RemapPending = true
			}
			if o := g.Owner; since >= 2 && !killed {
				killed = true
				if o != nil && o.state == serving {
					w.crash(o, Exit{Reason: "Error", Code: 134}, "CUDA error: uncorrectable ECC error encountered")
				}
			}
		},
		end: func(now float64) { // drained, then reset
			g.Faults.RemapPending, g.Faults.DoubleBit = false, 0
			if o := g.Owner; o != nil && o.state == serving && !o.pod.Terminating {
				w.drain(o, now)
			}
		},
	})
}

// addUncontained: as before, but the damage is not contained: nothing runs on the device until it is reset.
func (w *World) addUncontained(add func(string, *fault), r *Replica) {
	g := deviceOf(r, 2)
	add("F15B", &fault{
		Fault: Fault{Text: "an uncontained memory error (Xid 95) on GPU " + g.UUID + " of " + g.Node +
			": no engine runs on it before a reset"},
		begin: func(float64) {
			g.xid(95, w.Now())
			g.Faults.DoubleBit++
		},
		each: func(since float64) {
			if since >= 1 && !g.Broken {
				g.Broken = true
				g.Faults.Remapped++
				g.Faults.RemapPending = true
				w.offer(g.Node)
			}
			if o := g.Owner; since >= 2 && o != nil && o.state == serving {
				w.crash(o, Exit{Reason: "Error", Code: 134}, "CUDA error: uncorrectable ECC error encountered")
			}
		},
		end: func(float64) {
			g.Broken, g.Faults.RemapPending, g.Faults.DoubleBit = false, false, 0
			w.offer(g.Node)
		},
	})
}

// addWeakLink: one pair of devices repeats most of its packets, so that a tenth of the bandwidth is left and the whole
// group waits for that pair.
func (w *World) addWeakLink(add func(string, *fault), r *Replica) {
	const left, noticed = 0.1, 15.0
	pair := []*GPU{deviceOf(r, 0), deviceOf(r, 1)}
	shared := func(f func(o *Replica)) {
		if o := pair[0].Owner; o != nil && o == pair[1].Owner {
			f(o)
		}
	}
	logged := false
	add("F16", &fault{
		Fault: Fault{Text: "the NVLink between GPUs 0 and 1 of " + r.Name + " repeats most packets; a tenth of its bandwidth is left"},
		begin: func(float64) { logged = false },
		each: func(since float64) {
			shared(func(o *Replica) {
				o.link = left
				for _, g := range pair {
					g.Faults.Replays += 40 * o.spin / stepSeconds
				}
			})
			if since >= noticed && !logged {
				logged = true
				for _, g := range pair {
					g.xid(74, w.Now())
				}
			}
		},
		end: func(float64) { shared(func(o *Replica) { o.link = 1 }) },
	})
}

// addHeat: the cooling of one node gives in. What follows depends on the node's load: its devices reach the limit and
// the hardware slows their clocks, and every step of the engines there takes longer.
func (w *World) addHeat(add func(string, *fault), name string) {
	set := func(v float64) func(float64) {
		return func(float64) {
			for _, g := range w.cluster.byNode[name].gpus {
				g.cool = v
			}
		}
	}
	add("F17", &fault{
		Fault: Fault{Text: "the cooling of " + name + " carries away a quarter of the heat"}, begin: set(4), end: set(1),
	})
}
