package drills

import "pitwall/fleet"

// Rehearsal is a scenario played three ways by nobody, with one seed.
type Rehearsal struct {
	Scenario                     *Scenario
	Seed                         uint64
	Nothing, Reference, Tempting *Played
	// Scores of the reference plan and of what tempts.
	Good, Bad Result
}

// Judge scores both plans.
func (r *Rehearsal) Judge() {
	needed := r.Reference.Log.overrides()
	c := Courses{Nothing: r.Nothing.Course, Reference: r.Reference.Course, Player: r.Reference.Course}
	r.Good = Score(r.Scenario, &r.Reference.Log, &c, needed)
	c.Player = r.Tempting.Course
	r.Bad = Score(r.Scenario, &r.Tempting.Log, &c, needed)
}

// overrides are those that a plan needed.
func (l *Log) overrides() (list []string) {
	for i := range l.Entries {
		if x := l.Entries[i].Change; x != nil {
			list = append(list, x.Overrides...)
		}
	}
	return list
}

// Faults are why the scenario does not teach what it says.
func (r *Rehearsal) Faults() (bad []fleet.Safe) {
	if r.Good.Total < GoldScore || r.Good.Grade != GradeGold {
		bad = append(bad, fleet.Textf("the reference plan reaches %s points, not %s", Points(r.Good.Total), fleet.Int(GoldScore)))
	}
	if r.Bad.Total >= r.Scenario.Tempting.Below && len(r.Bad.Flags) == 0 {
		bad = append(bad, fleet.Textf("the tempting action reaches %s points, not less than %s", Points(r.Bad.Total),
			Points(r.Scenario.Tempting.Below)))
	}
	if n, ref := r.Nothing.Course.Total(all), r.Reference.Course.Total(all); n <= ref {
		bad = append(bad, fleet.Textf("the reference plan avoids no harm: %s, doing nothing %s", Points(ref), Points(n)))
	}
	return bad
}
