package workloads

import (
	"context"

	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// judge decides the phase: what its kind says, then what its pods say.
func (s *scene) judge(ctx context.Context) {
	r := &s.out
	if s.facts.Observed < s.facts.Generation {
		v, _ := stuck.Why(s.facts)
		r.Phase, r.Why = v.Phase, v.Why
		return
	}
	if !s.unseen.IsEmpty() {
		r.Phase, r.Why = fleet.RolloutUnseen, s.unseen
		return
	}
	if s.over && s.quiet.IsEmpty() && s.hazy.IsEmpty() {
		r.Phase = fleet.RolloutDone
		return
	}
	s.surroundings(ctx)
	v, found := stuck.Why(s.facts)
	if !v.Since.IsZero() {
		r.Since = v.Since.UTC()
	}
	switch {
	case found && v.Phase == fleet.RolloutStuck:
		r.Phase, r.Why, r.Never = v.Phase, v.Why, v.Never
	case !s.hazy.IsEmpty():
		r.Phase, r.Why = fleet.RolloutUnknown, s.hazy
	case !s.quiet.IsEmpty():
		r.Phase, r.Why = fleet.RolloutPaused, s.with(s.quiet, v)
	case !s.missed.IsEmpty() && found:
		r.Phase, r.Why = fleet.RolloutLate, s.with(fleet.Textf("its deadline of %s is over and it goes on", fleet.Age(r.Deadline)), v)
	case !s.missed.IsEmpty():
		r.Phase, r.Why = fleet.RolloutFailed, s.missed
	case found:
		r.Phase, r.Why = fleet.RolloutMoving, v.Why
	default:
		r.Phase, r.Why = fleet.RolloutMoving, s.counts()
	}
}

// with adds what the pods do.
func (s *scene) with(why fleet.Safe, v stuck.Verdict) fleet.Safe {
	if v.Why.IsEmpty() {
		return why
	}
	return fleet.Textf("%s: %s", why, v.Why)
}

// counts says how far it is where no pod explains it, in the order in which kubectl decides.
func (s *scene) counts() fleet.Safe {
	r := &s.out
	switch {
	case r.Updated < r.Desired:
		return fleet.Textf("%s of %s %s are new", fleet.Int(r.Updated), fleet.Int(r.Desired), r.Unit)
	case r.Total > r.Updated:
		return fleet.Textf("%s old %s are to leave", fleet.Int(r.Total-r.Updated), r.Unit)
	case r.Total > r.Desired:
		return fleet.Textf("%s of %s %s are to leave, %s are wanted", fleet.Int(r.Total-r.Desired), fleet.Int(r.Total), r.Unit,
			fleet.Int(r.Desired))
	}
	return fleet.Textf("%s of %s %s are available", fleet.Int(r.Available), fleet.Int(r.Desired), r.Unit)
}
