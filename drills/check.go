package drills

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"pitwall/fleet"
)

// Bounds of a scenario.
const (
	mostMinutes   = 180
	leastBaseline = time.Minute
	mostBaseline  = 15 * time.Minute
	mostLevel     = 5
	misleadFrom   = 3 // the level from which one inject at least misleads
	hintsEach     = 3
	mostMagnitude = 1e6
)

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,40}$`)

// faults are what is wrong with a scenario by itself, whatever fleet it is played on.
func (s *Scenario) faults() (errs []error) {
	say := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	say(!idForm.MatchString(s.ID), "id %s is not made of small letters, digits and dashes", fleet.Quote(s.ID))
	say(s.Title == "" || !fleet.IsClean(s.Title), "it needs a title in plain text")
	say(s.Level < 1 || s.Level > mostLevel, "level is %d, not 1 to %d", s.Level, mostLevel)
	say(s.Minutes < 1 || s.Minutes > mostMinutes, "minutes is %d, not 1 to %d", s.Minutes, mostMinutes)
	say(s.Baseline < leastBaseline || s.Baseline > mostBaseline, "baseline is %s, not %s to %s", s.Baseline, leastBaseline, mostBaseline)
	say(len(s.Faults) == 0, "it has no faults")
	say(len(s.Touched) == 0, "touched names no route that the faults reach")
	say(len(s.Reference) == 0, "it has no reference plan")
	say(len(s.Tempting.Acts) == 0 || s.Tempting.Why == "", "tempting needs acts, and why they hurt")
	say(s.Tempting.Below <= 0 || s.Tempting.Below > PassScore, "tempting.below is %v, not above 0 to %d", s.Tempting.Below, PassScore)
	say(len(s.Teaching.Hints) != hintsEach, "teaching.hints has %d lines, not %d: where to look, what it means, what to do",
		len(s.Teaching.Hints), hintsEach)
	say(s.Teaching.Before == "", "teaching.before is empty")
	say(s.Level >= misleadFrom && !slices.ContainsFunc(s.Injects, func(x Inject) bool { return x.Misleading }),
		"from level %d on one inject at least misleads", misleadFrom)
	say(!slices.ContainsFunc(s.Theories, func(t Theory) bool { return t.True }), "no theory is true")
	p := s.Par
	say(p.Detect <= 0 || p.Diagnose < p.Detect || p.Mitigate < p.Detect || p.Recover < p.Mitigate,
		"par needs detect, diagnose, mitigate and recover, none before the one that it needs")
	errs = append(errs, s.lateFaults()...)
	errs = append(errs, s.injectFaults()...)
	return append(append(errs, s.actFaults("reference", s.Reference)...), s.actFaults("tempting", s.Tempting.Acts)...)
}

func (s *Scenario) lateFaults() (errs []error) {
	for i, f := range s.Faults {
		switch {
		case f.Cause == "":
			errs = append(errs, fmt.Errorf("fault %d names no cause", i+1))
		case f.At >= s.Length():
			errs = append(errs, fmt.Errorf("fault %d (%s) begins at %s, after the end", i+1, fleet.Quote(f.Cause), f.At))
		case f.Until != 0 && f.Until <= f.At:
			errs = append(errs, fmt.Errorf("fault %d (%s) ends before it begins", i+1, fleet.Quote(f.Cause)))
		}
		for name, v := range f.Set {
			if !(v >= 0 && v <= mostMagnitude) {
				errs = append(errs, fmt.Errorf("fault %d: %s is %v, not 0 to %v", i+1, fleet.Quote(name), v, mostMagnitude))
			}
		}
	}
	return errs
}

func (s *Scenario) injectFaults() (errs []error) {
	for i, x := range s.Injects {
		switch {
		case !slices.Contains(Channels(), x.Channel):
			errs = append(errs, fmt.Errorf("inject %d: channel %s is none of %v", i+1, fleet.Quote(string(x.Channel)), Channels()))
		case x.Text == "":
			errs = append(errs, fmt.Errorf("inject %d says nothing", i+1))
		case x.At >= s.Length():
			errs = append(errs, fmt.Errorf("inject %d comes at %s, after the end", i+1, x.At))
		}
	}
	return errs
}

func (s *Scenario) actFaults(of string, list []Act) (errs []error) {
	for i, a := range list {
		n := 0
		for _, part := range []string{a.Mark, a.Theory, a.Run, a.Tell, a.Hand} {
			if part != "" {
				n++
			}
		}
		switch {
		case n != 1:
			errs = append(errs, fmt.Errorf("%s %d has %d of mark, theory, run, tell and hand_over, not one", of, i+1, n))
		case a.At >= s.Length():
			errs = append(errs, fmt.Errorf("%s %d comes at %s, after the end", of, i+1, a.At))
		case a.Theory != "" && s.Theory(a.Theory) == nil:
			errs = append(errs, fmt.Errorf("%s %d: there is no theory %s", of, i+1, fleet.Quote(a.Theory)))
		case i > 0 && a.At < list[i-1].At:
			errs = append(errs, fmt.Errorf("%s %d comes before the one above it", of, i+1))
		}
	}
	return errs
}
