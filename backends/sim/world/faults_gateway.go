package world

import "fmt"

// gatewayFaults are those of gateways, of what they have in their memory and of their database.
func (w *World) gatewayFaults(add func(string, *fault)) {
	if len(w.Gateways) == 0 {
		return
	}
	names := w.gatewayNames()
	w.causes.add(add, "F24", cause{on: names, make: w.splitBrain})
	w.causes.add(add, "F25", cause{on: w.servedRoutes(), magnitudes: Magnitudes{"replicas": float64(len(names))}, make: w.eviction})
	if len(w.Spec.Keys) > 0 {
		w.causes.add(add, "F26", cause{on: []string{"database"}, make: w.databaseLost})
	}
	w.causes.add(add, "F27", cause{on: w.providerNames(), magnitudes: Magnitudes{"seconds": 5}, make: w.noBreaker})
	w.causes.add(add, "F28", cause{on: w.askedRoutes(), magnitudes: Magnitudes{"rate": 0.8, "patience": 0.1}, make: w.impatience})
	w.causes.add(add, "F30", cause{on: names, magnitudes: Magnitudes{"minutes": 1, "rate": 2}, make: w.compromise})
	w.causes.add(add, "F38", cause{on: w.providerNames(), magnitudes: Magnitudes{"price": 0.1}, make: w.costDrift})
}

// gatewayNames are those of the replicas, the last first.
func (w *World) gatewayNames() (names []string) {
	for i := len(w.Gateways) - 1; i >= 0; i-- {
		names = append(names, w.Gateways[i].Name)
	}
	return names
}

func (w *World) gatewayNamed(name string) *Gateway {
	for _, g := range w.Gateways {
		if g.Name == name {
			return g
		}
	}
	return nil
}

func (w *World) askedRoutes() (names []string) {
	for _, r := range w.routes {
		names = append(names, r.spec.Name)
	}
	return names
}

// servedRoutes are the routes with demand that have members.
func (w *World) servedRoutes() (names []string) {
	for _, name := range w.askedRoutes() {
		for i := range w.Spec.Deployments {
			if w.Spec.Deployments[i].Route == name {
				names = append(names, name)
				break
			}
		}
	}
	return names
}

// splitBrain: a replica is left behind by its peers.
func (w *World) splitBrain(on string, _ Magnitudes) *fault {
	g := w.gatewayNamed(on)
	return &fault{
		Fault: Fault{Text: on + " came back with an old copy of the weights and no longer polls the database"},
		begin: func(float64) {
			g.deaf = true
			g.load(w.db.previous(w.Spec.Previous))
		},
		end: func(float64) { g.deaf = false },
	}
}

// eviction: after an edit the reconciliation of a replica throws the members of a route out of its memory at each look into the
// database; the database, and with it the admin interface, has them all.
func (w *World) eviction(route string, m Magnitudes) *fault {
	n := min(max(int(m["replicas"]), 1), len(w.Gateways))
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("after an edit %d gateway replicas throw the members of %s out as they next read the database; "+
			"the database has them", n, route)},
		begin: func(float64) {
			for _, g := range w.Gateways[:n] {
				if g.evicts == nil {
					g.evicts = map[string]bool{}
				}
				g.evicts[route] = true
			}
		},
		end: func(float64) {
			for _, g := range w.Gateways[:n] {
				delete(g.evicts, route)
			}
		},
	}
}

// databaseLost: no replica can look virtual keys up or read changes. The master key is in no database.
func (w *World) databaseLost(string, Magnitudes) *fault {
	return &fault{
		Fault: Fault{Text: "no gateway replica reaches the database: virtual keys are unknown, nothing can be saved; the master key works"},
		begin: func(float64) { w.db.lost = true },
		end:   func(float64) { w.db.lost = false },
	}
}

// noBreaker: an account takes requests and never answers, and the gateways cool nothing down, so that each request that is dealt to it
// waits for the timeout before it is tried elsewhere (S06 of failoverbench).
func (w *World) noBreaker(on string, m Magnitudes) *fault {
	p := w.providerNamed(on)
	eager := func(yes bool) {
		for _, g := range w.Gateways {
			g.eager = yes
		}
	}
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("%s takes requests and never answers, the gateways wait %.0f s for it each time: their cool-downs "+
			"are switched off", on, m["seconds"])},
		begin: func(float64) {
			p.ills.silent = m["seconds"]
			eager(true)
		},
		end: func(float64) {
			p.ills.silent = 0
			eager(false)
		},
	}
}

// impatience: a program that waits a tenth of a second calls a route. What it gives up counts against the members.
func (w *World) impatience(route string, m Magnitudes) *fault {
	var demand RouteSpec
	for _, r := range w.routes {
		if r.spec.Name == route {
			demand = *r.spec
		}
	}
	demand.Rate, demand.Swing = demand.Rate*m["rate"], 0
	text := fmt.Sprintf("a program calls %s %.0f times a second and gives up after %.0f ms", route, demand.Rate, 1000*m["patience"])
	l := &loop{key: w.lastKey(), demand: demand, patience: m["patience"]}
	if l.key != nil {
		text += ", with the key " + l.key.Alias
	}
	return w.looping(text, l)
}

// compromise: a package of one replica sends the credentials that it finds to a stranger, who uses the providers' keys. Seen are the
// connection to an address that no gateway calls (an alert of the network) and, later, use in the provider's own report that no gateway
// counted. Not seen is from which address a key is used: no report of the providers has it, nor which process of the replica sends.
func (w *World) compromise(on string, m Magnitudes) *fault {
	used := false
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("a package in %s sends the providers' keys to an unknown address; after %.0f min somebody uses them, "+
			"%.0f times a second each", on, m["minutes"], m["rate"])},
		begin: func(float64) { w.egress[on], used = true, false },
		each: func(since float64) {
			if used || since < 60*m["minutes"] {
				return
			}
			used = true
			for i, p := range w.Providers {
				p.steal(m["rate"], w.Spec.Seed+uint64(i))
			}
		},
		end: func(float64) {
			delete(w.egress, on)
			for _, p := range w.Providers {
				p.ills.stolen = bypass{}
			}
		},
	}
}

// Egress lists the gateway replicas that send to an address that no gateway calls, as the network sees it. It is for use inside At.
func (w *World) Egress() (names []string) {
	for _, g := range w.Gateways {
		if w.egress[g.Name] {
			names = append(names, g.Name)
		}
	}
	return names
}

// costDrift: the gateways' price map is wrong for the models of one provider, who charges as before.
func (w *World) costDrift(on string, m Magnitudes) *fault {
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("the gateways' price map has %.2f times the prices of %s, who charges as before", m["price"], on)},
		begin: func(float64) {
			if w.db.drift == nil {
				w.db.drift = map[string]float64{}
			}
			w.db.drift[on] = m["price"]
		},
		end: func(float64) { delete(w.db.drift, on) },
	}
}
