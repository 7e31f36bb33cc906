package world

// clusterFaults are those of nodes and of what is seen of a site.
func (w *World) clusterFaults(add func(string, *fault)) {
	if nodes := w.cluster.sets[0].pool.Nodes; len(nodes) > 0 {
		w.addBlackHole(add, w.cluster.byNode[at(nodes, len(w.cluster.sets[0].replicas)-1)])
	}
	site := w.Spec.Pools[0].Site
	set := func(t Telemetry) func(float64) {
		return func(float64) {
			delete(w.telemetry, site)
			if t != TelemetryLive {
				w.telemetry[site] = t
			}
		}
	}
	name := "site " + site
	if site == "" {
		name = "all sites"
	}
	add("F40", &fault{
		Fault: Fault{Text: "no metrics page of engines and exporters of " + name + " answers; they go on working"},
		begin: set(TelemetrySilent), end: set(TelemetryLive),
	})
	add("F40B", &fault{
		Fault: Fault{Text: "the metrics pages of engines and exporters of " + name + " repeat themselves; they go on working"},
		begin: set(TelemetryFrozen), end: set(TelemetryLive),
	})
}

// addBlackHole: a node comes back from a restart with a device plugin that offers devices and cannot hand them out.
// The scheduler takes it for free and sends every new pod there.
func (w *World) addBlackHole(add func(string, *fault), n *node) {
	add("F18", &fault{
		Fault: Fault{Text: n.Name + " was restarted; it is Ready and offers its GPUs, and rejects every pod that asks for one"},
		begin: func(now float64) {
			n.voids = true
			w.tell("Node", n.Name, "Warning", "Rebooted", "Node "+n.Name+" has been rebooted")
			for _, r := range w.Replicas {
				if r.pod != nil && r.pod.Node == n.Name && r.state != absent {
					w.end(r)
					w.free(r)
					w.unready(r)
					w.remove(r, now)
				}
			}
		},
		end: func(float64) { n.voids = false },
	})
}
