package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
)

// probeRole is how the last live probe of something is drawn.
func probeRole(p *fleet.Probe) themes.Role {
	up := p.Up()
	switch {
	case !up.OK:
		return themes.Stale
	case up.V && p.Last.OK:
		return themes.OK
	}
	return themes.Warn
}

// probeFacts say of a probe what it asked, what came, and what it costs.
func probeFacts(p *fleet.Probe, now time.Time) []fact {
	facts := []fact{{fleet.Text("probe"), p.Text(), probeRole(p)}}
	r := &p.Last
	if !r.At.IsZero() {
		tokens := func(m fleet.Maybe[int]) fleet.Safe {
			if !m.OK {
				return fleet.Text(fleet.Unknown)
			}
			return fleet.Int(m.V)
		}
		facts = append(facts, fact{fleet.Text("answer"), fleet.Textf("first byte after %s, tokens %s in %s out, ended by %s, model %s",
			fleet.Show(r.TTFT), tokens(r.In), tokens(r.Out), orUnknown(r.Finish), orUnknown(r.Model)), themes.Text})
	}
	clean := fact{fleet.Text("clean"), fleet.Text("not now"), themes.Dim}
	if p.CleanSince.OK {
		clean.text = fleet.Textf("for %s: none failed", fleet.Age(now.Sub(p.CleanSince.V)))
	}
	facts = append(facts, clean)
	if !p.Paused.IsEmpty() {
		facts = append(facts, fact{fleet.Text("paused"), p.Paused, themes.Warn})
	}
	cost := p.Money()
	if cost.IsEmpty() {
		cost = fleet.Text("no money: on own GPUs")
	}
	return append(facts, fact{fleet.Text("cost"), cost, themes.Text})
}

// probeLines are one line for each live probe of something.
func probeLines(list []*fleet.SourceStatus) []fact {
	var facts []fact
	for _, s := range list {
		text := s.Probe.Text()
		if s.Subject.Model != "" {
			text = fleet.Concat(fleet.Label(string(s.Subject.Model)), fleet.Text(" "), text)
		}
		facts = append(facts, fact{fleet.Text("probe"), text, probeRole(s.Probe)})
	}
	return facts
}

// poolWhy is why a pool is in its state, else what its last live probe showed.
func poolWhy(s *fleet.Snapshot, p *fleet.Pool) fleet.Safe {
	if !p.Why.IsEmpty() {
		return p.Why
	}
	for _, x := range s.ProbesOf(fleet.Subject{Pool: p.Spec.ID}) {
		return x.Probe.Text()
	}
	return fleet.Safe{}
}
