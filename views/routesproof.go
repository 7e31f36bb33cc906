package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// targetEvidence is why the selected target, else the worst, is in its state: its own words, else those of the pool
// or account behind it; where all is well, what a live probe showed.
func targetEvidence(sc Scene, r *fleet.Route, t Table) evidence {
	var worst, live *fleet.Target
	why := fleet.Safe{}
	for i := range r.Targets {
		x := &r.Targets[i]
		text := whyTarget(sc.Snap, x)
		if text.IsEmpty() && x.Probe != nil && (string(x.Spec.ID) == t.Selected || live == nil) {
			live = x
		}
		if text.IsEmpty() {
			continue
		}
		if string(x.Spec.ID) == t.Selected {
			worst, why = x, text
			break
		}
		if worst == nil || trouble(x.State) > trouble(worst.State) {
			worst, why = x, text
		}
	}
	if live != nil && (worst == nil || string(live.Spec.ID) == t.Selected) {
		return evidence{fleet.Label(string(live.Spec.ID)), live.Probe.Text(), probeRole(live.Probe)}
	}
	if worst == nil {
		return evidence{}
	}
	return evidence{fleet.Label(string(worst.Spec.ID)), why, themes.OfState(worst.State)}
}

func whyTarget(s *fleet.Snapshot, t *fleet.Target) fleet.Safe {
	if !t.Why.IsEmpty() {
		return t.Why
	}
	if p := s.Pool(t.Spec.Pool); p != nil {
		return p.Why
	}
	if p := s.Provider(t.Spec.Provider); p != nil {
		return p.Why
	}
	return fleet.Safe{}
}

// proofLine says of the selected target, else the first, which independent evidence calls it up, and how much of the
// route it has proven to carry.
func proofLine(b *part.Block, sc Scene, r *fleet.Route, t Table) {
	x := r.Target(fleet.TargetID(t.Selected))
	if x == nil && len(r.Targets) > 0 {
		x = &r.Targets[0]
	}
	if x == nil {
		return
	}
	b.Gap(2).Put(themes.Dim, fleet.Label(string(x.Spec.ID))).Say(themes.Dim, ":")
	for i := range x.Verdicts {
		v := &x.Verdicts[i]
		word, role := fleet.Text("up"), themes.OK
		switch {
		case !v.Up.OK:
			word, role = fleet.Text("unknown"), themes.Stale
		case !v.Up.V:
			word, role = fleet.Text("DOWN"), themes.Crit
		}
		b.Gap(2)
		if v.Every > 0 {
			b.Say(themes.Dim, "live ")
		}
		b.Put(themes.Dim, fleet.Label(string(v.Kind))).Gap(1).Put(role, word).Gap(1)
		b.Put(themes.Dim, ageOf(v.At, sc))
	}
	b.Gap(2).Say(themes.Dim, "carried at most ")
	b.Put(themes.Text, unit(whole(x.Carried), "%", x.Carried.OK)).Say(themes.Dim, " in 24h")
	if w := x.BurnRate; w.M5.OK && w.M5.V >= 1 {
		b.Gap(2).Say(themes.Dim, "error budget burns ").Put(themes.Text, fleet.Float(w.M5.V, 1)).Say(themes.Dim, "x")
	}
	b.End()
}
