package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// Silences lists what is asked of a silence and of its end. IL-20, IL-23, IL-37, IL-39 and IL-45 ask the same as of a
// shift, of an alerting system in place of a route. SL-01 to SL-05 are of silences alone: no interlock of the shift asks
// what stays in sight.
func Silences() []actions.Interlock {
	return []actions.Interlock{
		{ID: "IL-20", Title: fleet.Text("nobody else changes its silences"), Check: heldAlerts,
			Asks: fleet.Text("no live lock and no open change of somebody else on the alerting system")},
		{ID: "IL-23", Title: fleet.Text("alerts are read"), Check: freshAlerts,
			Asks: fleet.Text("the alerting system was read within three intervals")},
		{ID: "IL-37", Title: fleet.Text("plan is current"), Check: currentSilence,
			Asks: fleet.Text("plan under 10 min old; it hides no more, and nothing worse, than when it was planned")},
		{ID: "IL-39", Title: fleet.Text("permission"), Check: mayWrite,
			Asks: fleet.Text("writing is allowed")},
		separation,
		{ID: "SL-01", Title: fleet.Text("critical alerts stay in sight"), Check: hidesCritical,
			Asks: fleet.Text("hides no CRIT alert; one of a tier 1 route needs an override")},
		{ID: "SL-02", Title: fleet.Text("few alerts"), Check: hidesMany,
			Asks: fleet.Text("hides at most 10 alerts now")},
		{ID: "SL-03", Title: fleet.Text("something to hide"), Check: hidesNothing,
			Asks: fleet.Text("hides at least one alert now")},
		{ID: "SL-04", Title: fleet.Text("not silenced already"), Check: silencedAlready,
			Asks: fleet.Text("no silence of the same matchers lasts as long, and not all of its alerts are silenced")},
		{ID: "SL-05", Title: fleet.Text("it ends and says why"), Check: boundedSilence,
			Asks: fleet.Text("ends within 24 h, has a comment, matches not every alert")},
	}
}

// ofSilence asks only of a plan that hides something: its end hides nothing.
func ofSilence(p actions.Plan, ask func(*actions.SilencePlan) actions.Check) actions.Check {
	switch {
	case p.Silence == nil:
		return missing(actions.SeverityHard, fleet.Text("the plan has no silence"))
	case p.Intent.Kind == actions.KindExpire:
		return pass(fleet.Text("nothing is hidden: a silence ends"))
	}
	return ask(p.Silence)
}

func heldAlerts(p actions.Plan, _ *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	at := p
	at.Route.ID = p.Lock()
	return held(at, b, now, func(c *actions.Change) bool { return c.Plan.Lock() == p.Lock() })
}

func freshAlerts(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	src := alertSource(p, s)
	if src == nil {
		return missing(actions.SeverityBlock, fleet.Text("the alerting system is not read"))
	}
	if src.Stale || src.LastGood.IsZero() {
		return verdict(actions.SeverityBlock, fleet.Label(string(src.ID)), fleet.Text(" was last read"), age(now, src.LastGood),
			fleet.Text(": what it hides now is not known"))
	}
	if src.Skew.OK && src.Skew.V.Abs() > clockOff {
		return verdict(actions.SeverityWarn, fleet.Text("the clock of "), fleet.Label(string(src.ID)), fleet.Text(" is off by "),
			fleet.Age(src.Skew.V.Abs()), fleet.Text(" > "), fleet.Age(clockOff), fleet.Text(": it ends so much sooner or later"))
	}
	return pass(fleet.Label(string(src.ID)), fleet.Text(" was read"), age(now, src.LastGood))
}

// clockOff is how far the clock of an alerting system, which ends silences, may be off before it is said.
const clockOff = 30 * time.Second

func alertSource(p actions.Plan, s *fleet.Snapshot) *fleet.SourceStatus {
	if s == nil || p.Silence == nil {
		return nil
	}
	i := slices.IndexFunc(s.Sources, func(o fleet.SourceStatus) bool { return o.ID == p.Silence.Source && o.Silences })
	if i < 0 {
		return nil
	}
	return &s.Sources[i]
}

func currentSilence(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	old := now.Sub(p.Created)
	switch {
	case p.Silence == nil, p.Created.IsZero(), old < 0:
		return missing(actions.SeverityHard, fleet.Text("when it was planned is unknown: plan again"))
	case old > actions.PlanLife:
		return verdict(actions.SeverityHard, fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago > 10m: plan again"))
	case p.Intent.Kind == actions.KindExpire:
		return pass(fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago <= 10m"))
	}
	n, worst, err := hiddenNow(p, s)
	if err != nil {
		return missing(actions.SeverityHard, fleet.Sentence(err))
	}
	if n > p.Silence.Hides || rank(worst) > rank(p.Silence.Worst) {
		return verdict(actions.SeverityHard, fleet.Text("planned to hide "), fleet.Int(p.Silence.Hides), level(p.Silence.Worst),
			fleet.Text(", now it would hide "), fleet.Int(n), level(worst), fleet.Text(": plan again"))
	}
	return pass(fleet.Text("planned "), fleet.Age(old), fleet.Text(" ago <= 10m, it hides "), fleet.Int(n), fleet.Text(" of "),
		fleet.Int(p.Silence.Hides))
}

func level(l fleet.Level) fleet.Safe {
	if l == "" {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text(" (worst "), l.Text(), fleet.Text(")"))
}

func rank(l fleet.Level) int {
	return slices.Index([]fleet.Level{"", fleet.LevelInfo, fleet.LevelStale, fleet.LevelWarn, fleet.LevelCrit}, l)
}

// hiddenNow counts what the plan's matchers hide on the newest snapshot.
func hiddenNow(p actions.Plan, s *fleet.Snapshot) (n int, worst fleet.Level, err error) {
	match, err := fleet.CompileMatchers(p.Silence.Silence.Matchers)
	if err != nil || s == nil {
		return 0, "", err
	}
	for i := range s.Alerts {
		a := &s.Alerts[i]
		if !a.From(p.Silence.Source) || !match(a.Labels) {
			continue
		}
		n++
		if rank(a.Level) > rank(worst) {
			worst = a.Level
		}
	}
	return n, worst, nil
}

// mayWrite is IL-39 without a gateway.
func mayWrite(p actions.Plan, _ *fleet.Snapshot, b actions.Book, now time.Time) actions.Check {
	if c := access(b, now); c.Severity != actions.SeverityPass {
		return c
	}
	return pass(fleet.Text("writing is allowed; whether "), fleet.Label(p.Object()), fleet.Text(" takes it is tried and reported"))
}

func hidesCritical(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	return ofSilence(p, func(sp *actions.SilencePlan) actions.Check {
		match, err := fleet.CompileMatchers(sp.Silence.Matchers)
		if err != nil || alertSource(p, s) == nil {
			return missing(actions.SeverityOVR, fleet.Text("what it hides is unknown"))
		}
		critical := 0
		for i := range s.Alerts {
			a := &s.Alerts[i]
			if a.Level != fleet.LevelCrit || !a.From(sp.Source) || !match(a.Labels) {
				continue
			}
			if route, tier := plan.RouteOf(s, a); tier == 1 {
				return verdict(actions.SeverityOVR, fleet.Text("hides CRIT "), a.Object, fleet.Text(" of tier 1 route "),
					fleet.Label(string(route)))
			}
			critical++
		}
		if critical > 0 {
			return verdict(actions.SeverityWarn, fleet.Text("hides "), fleet.Int(critical), fleet.Text(" CRIT now > 0"))
		}
		return pass(fleet.Text("hides no CRIT now"))
	})
}

// manyAlerts is how many hidden alerts are said: more than a person reads before a confirmation.
const manyAlerts = 10

func hidesMany(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	return ofSilence(p, func(*actions.SilencePlan) actions.Check {
		n, _, err := hiddenNow(p, s)
		switch {
		case err != nil || alertSource(p, s) == nil:
			return missing(actions.SeverityWarn, fleet.Text("how many it hides is unknown"))
		case n > manyAlerts:
			return verdict(actions.SeverityWarn, fleet.Text("hides "), fleet.Many(n, "alert"), fleet.Text(" now > "), fleet.Int(manyAlerts))
		}
		return pass(fleet.Text("hides "), fleet.Int(n), fleet.Text(" now <= "), fleet.Int(manyAlerts))
	})
}

func hidesNothing(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	return ofSilence(p, func(sp *actions.SilencePlan) actions.Check {
		if n, _, err := hiddenNow(p, s); err == nil && s != nil && n > 0 {
			return pass(fleet.Many(n, "alert"), fleet.Verb(n, " matches now", " match now"))
		}
		return verdict(actions.SeverityWarn, fleet.Text("no alert of "), fleet.Label(string(sp.Source)), fleet.Text(" matches now"))
	})
}

func silencedAlready(p actions.Plan, s *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	return ofSilence(p, func(sp *actions.SilencePlan) actions.Check {
		if alertSource(p, s) == nil {
			return missing(actions.SeverityWarn, fleet.Text("the silences that there are were not read"))
		}
		for i := range s.Silences {
			o := &s.Silences[i]
			if o.Source == sp.Source && !o.Pending && !o.Until.Before(sp.Silence.Until) && covered(sp.Silence.Matchers, o.Matchers) {
				return verdict(actions.SeverityWarn, fleet.Text("the silence of "), fleet.Label(o.By), fleet.Text(" until "),
					fleet.Stamp(o.Until), fleet.Text(" covers it: "), fleet.Label(o.Comment))
			}
		}
		if n := len(sp.Alerts); n > 0 && n == sp.Hides &&
			!slices.ContainsFunc(sp.Alerts, func(a actions.HiddenAlert) bool { return !a.Hidden }) {
			return verdict(actions.SeverityWarn, fleet.Many(n, "alert"),
				fleet.Verb(n, " matches and is silenced already", " match and are all silenced already"))
		}
		return pass(fleet.Text("no silence covers it until "), fleet.ClockTime(sp.Silence.Until))
	})
}

// covered tells whether what all of wide match is at least what narrow match: each of wide is among narrow.
func covered(narrow, wide []fleet.Matcher) bool {
	for _, m := range wide {
		if !slices.Contains(narrow, m) {
			return false
		}
	}
	return len(wide) > 0
}

func boundedSilence(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return ofSilence(p, func(sp *actions.SilencePlan) actions.Check {
		left := sp.Silence.Until.Sub(now)
		switch _, err := fleet.CompileMatchers(sp.Silence.Matchers); {
		case err != nil:
			return verdict(actions.SeverityHard, fleet.Sentence(err))
		case left <= 0:
			return verdict(actions.SeverityHard, fleet.Text("it would have ended at "), fleet.Stamp(sp.Silence.Until), fleet.Text(": plan again"))
		case left > actions.LongestSilence:
			return verdict(actions.SeverityHard, fleet.Age(left), fleet.Text(" > "), fleet.Age(actions.LongestSilence))
		case sp.Silence.Comment == "":
			return verdict(actions.SeverityHard, fleet.Text("it has no comment"))
		}
		return pass(fleet.Text("ends in "), fleet.Age(left.Round(time.Minute)), fleet.Text(" <= "),
			fleet.Age(actions.LongestSilence), fleet.Text(": "), fleet.Label(sp.Silence.Comment))
	})
}
