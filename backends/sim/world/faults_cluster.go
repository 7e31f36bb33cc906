package world

import (
	"fmt"
	"slices"
)

// clusterFaults are those of nodes and of what is seen of a site.
func (w *World) clusterFaults(add func(string, *fault)) {
	if nodes := w.cluster.sets[0].pool.Nodes; len(nodes) > 0 {
		w.addBlackHole(add, w.cluster.byNode[at(nodes, len(w.cluster.sets[0].replicas)-1)])
	}
	w.addReclaim(add)
	w.addTelemetry(add, "F40", TelemetrySilent, "no metrics page of engines and exporters of %s answers; they go on working")
	w.addTelemetry(add, "F40B", TelemetryFrozen, "the metrics pages of engines and exporters of %s repeat themselves; they go on working")
}

// addTelemetry: what is seen of a site stops, or stands still.
func (w *World) addTelemetry(add func(string, *fault), id string, ill Telemetry, text string) {
	var sites []string
	for i := range w.Spec.Pools {
		if site := w.Spec.Pools[i].Site; !slices.Contains(sites, site) {
			sites = append(sites, site)
		}
	}
	w.causes.add(add, id, cause{on: sites, make: func(site string, _ Magnitudes) *fault {
		name := "site " + site
		if site == "" {
			name = "all sites"
		}
		return &fault{
			Fault: Fault{Text: fmt.Sprintf(text, name)},
			begin: func(float64) { w.telemetry[site] = ill },
			end: func(float64) {
				if w.telemetry[site] == ill { // another cause may have taken its place
					delete(w.telemetry, site)
				}
			},
		}
	}})
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
