package world

import "fmt"

// providerFaults are those of accounts and of what lies before them.
func (w *World) providerFaults(add func(string, *fault)) {
	on := w.providerNames()
	w.causes.add(add, "F32", cause{on: on, magnitudes: Magnitudes{"early": 0.05, "late": 0.25, "minutes": 2, "slow": 3}, make: w.brownout})
	w.causes.add(add, "F32B", cause{on: on, magnitudes: Magnitudes{"errors": 0.6}, make: w.badOutage})
	if len(on) > 0 {
		w.causes.add(add, "F33", cause{on: []string{"edge"}, magnitudes: Magnitudes{"errors": 0.9}, make: w.sharedFate})
	}
	w.causes.add(add, "F35", cause{on: on, magnitudes: Magnitudes{"status": 401}, make: w.keyRevoked})
	models := w.rentedModels()
	w.causes.add(add, "F36", cause{on: models, make: w.retirement})
	w.causes.add(add, "F36B", cause{on: models, magnitudes: Magnitudes{"longer": 1.8, "slower": 1.3}, make: w.moved})
	w.causes.add(add, "F39", cause{on: on, magnitudes: Magnitudes{"refused": 0.08}, make: w.filterWave})
	w.causes.add(add, "F41", cause{on: on, magnitudes: Magnitudes{"cut": 0.1, "stall": 0.05, "malformed": 0.05, "unended": 0.05},
		make: w.brokenStreams})
}

func (w *World) providerNames() (names []string) {
	for _, p := range w.Providers {
		names = append(names, p.Spec.Name)
	}
	return names
}

func (w *World) providerNamed(name string) *Provider {
	for _, p := range w.Providers {
		if p.Spec.Name == name {
			return p
		}
	}
	return nil
}

// rentedModels are all models of the accounts, as "provider/model".
func (w *World) rentedModels() (names []string) {
	for _, p := range w.Providers {
		for _, m := range p.Spec.Models {
			names = append(names, p.Spec.Name+"/"+m)
		}
	}
	return names
}

// modelNamed is the account and the model of such a name.
func (w *World) modelNamed(name string) (*Provider, string) {
	for _, p := range w.Providers {
		for _, m := range p.Spec.Models {
			if p.Spec.Name+"/"+m == name {
				return p, m
			}
		}
	}
	return nil, ""
}

// brownout: a provider fails a few requests, after some minutes more, and is slower; its status page is silent (S03 and S07 of
// failoverbench).
func (w *World) brownout(on string, m Magnitudes) *fault {
	p := w.providerNamed(on)
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("%s fails %.0f %% and after %.0f min %.0f %% of the requests and is %.1f times slower; its status page "+
			"says nothing for twenty minutes", on, 100*m["early"], m["minutes"], 100*m["late"], m["slow"])},
		begin: func(float64) { p.slow = m["slow"] },
		each: func(since float64) {
			p.faulty = m["early"]
			if since >= 60*m["minutes"] {
				p.faulty = m["late"]
			}
		},
		end: func(float64) { p.slow, p.faulty = 1, p.Spec.Errors },
	}
}

// badOutage: a provider fails most requests (S04, S15 and S16 of failoverbench, S15 with an end).
func (w *World) badOutage(on string, m Magnitudes) *fault {
	p := w.providerNamed(on)
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("%s fails %.0f %% of the requests; its status page says so four minutes later, and is as late when it "+
			"is over", on, 100*m["errors"])},
		begin: func(float64) {},
		each:  func(float64) { p.faulty = m["errors"] },
		end:   func(float64) { p.faulty = p.Spec.Errors },
	}
}

// sharedFate: all rented accounts stand behind one network, and that fails (S05 of failoverbench). Each says the same, in no form of an
// API of its own.
func (w *World) sharedFate(_ string, m Magnitudes) *fault {
	set := func(errors float64) {
		for _, p := range w.Providers {
			p.ills.edge = errors
		}
	}
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("the network before all rented accounts answers %.0f %% of the requests with an error of its own",
			100*m["errors"])},
		begin: func(float64) { set(m["errors"]) },
		end:   func(float64) { set(0) },
	}
}

// keyRevoked: an account turns its key away, from one moment on and always.
func (w *World) keyRevoked(on string, m Magnitudes) *fault {
	p := w.providerNamed(on)
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("%s turns its key away: status %.0f for every request", on, m["status"])},
		begin: func(float64) { p.ills.denied = int(m["status"]) },
		end:   func(float64) { p.ills.denied = 0 },
	}
}

// retirement: a model is no more.
func (w *World) retirement(on string, _ Magnitudes) *fault {
	p, model := w.modelNamed(on)
	return &fault{
		Fault: Fault{Text: p.Spec.Name + " retires " + model + ": it is not listed, and not found"},
		begin: func(float64) {
			if p.ills.retired == nil {
				p.ills.retired = map[string]bool{}
			}
			p.ills.retired[model] = true
		},
		end: func(float64) { delete(p.ills.retired, model) },
	}
}

// moved: the name of a model leads to another one.
func (w *World) moved(on string, m Magnitudes) *fault {
	p, model := w.modelNamed(on)
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("the name %s leads to another model: its answers are %.1f times as long and %.1f times slower", model,
			m["longer"], m["slower"])},
		begin: func(float64) {
			if p.ills.moved == nil {
				p.ills.moved = map[string]moved{}
			}
			p.ills.moved[model] = moved{longer: m["longer"], slower: m["slower"]}
		},
		end: func(float64) { delete(p.ills.moved, model) },
	}
}

// filterWave: the filter of an account turns a class of requests away (S13 of failoverbench).
func (w *World) filterWave(on string, m Magnitudes) *fault {
	p := w.providerNamed(on)
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("the content filter of %s turns %.0f %% of the requests away", on, 100*m["refused"])},
		begin: func(float64) { p.ills.filtered = m["refused"] },
		end:   func(float64) { p.ills.filtered = 0 },
	}
}

// brokenStreams: streams of an account are cut, stall, have an event that is no JSON, or lack their last (S08 to S11 of failoverbench).
// A gateway takes the last of these for good; the first three end the stream of its client.
func (w *World) brokenStreams(on string, m Magnitudes) *fault {
	p := w.providerNamed(on)
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("of the streams of %s %.0f %% are cut, %.0f %% stall, %.0f %% have an event that is no JSON and %.0f %% "+
			"lack the last", on, 100*m["cut"], 100*m["stall"], 100*m["malformed"], 100*m["unended"])},
		begin: func(float64) {
			p.ills.streams = brokenStreams{cut: m["cut"], stall: m["stall"], malformed: m["malformed"], unended: m["unended"]}
		},
		end: func(float64) { p.ills.streams = brokenStreams{} },
	}
}
