package fleet

import (
	"slices"
	"time"
)

// SiteRules are what a site lays down about changes, beside what the interlocks measure.
type SiteRules struct {
	Freezes  []Freeze        // calendars; a snapshot has their windows
	Blocking []BlockingAlert // alerts that freeze changes while they are active
	Policy   []PolicyRule    // interlocks that object more mildly here, in the order of their numbers
}

// Freeze is a time in which nothing optional is changed: once, or every week.
type Freeze struct {
	Name, Reason string // raw
	From, To     time.Time
	Weekly       []Weekly // in place of From and To
	Zone         *time.Location
	Scope        Scope
}

// Weekly is a window that comes back: minutes since Monday 00:00 of the freeze's zone. It ends in the next week where To is not
// after From.
type Weekly struct{ From, To int }

// Scope says what a rule is about; without any name it is about everything.
type Scope struct {
	Envs   []Env     `json:",omitempty"`
	Routes []RouteID `json:",omitempty"`
	Pools  []PoolID  `json:",omitempty"`
}

// In tells whether a rule is about an environment.
func (sc Scope) In(env Env) bool { return len(sc.Envs) == 0 || slices.Contains(sc.Envs, env) }

// Covers tells whether a rule is about one of some routes or pools.
func (sc Scope) Covers(routes []RouteID, pools []PoolID) bool {
	if len(sc.Routes)+len(sc.Pools) == 0 {
		return true
	}
	return slices.ContainsFunc(routes, func(id RouteID) bool { return slices.Contains(sc.Routes, id) }) ||
		slices.ContainsFunc(pools, func(id PoolID) bool { return slices.Contains(sc.Pools, id) })
}

// Text names what a rule is about; it is empty where that is everything.
func (sc Scope) Text() Safe {
	var names []Safe
	for _, id := range sc.Routes {
		names = append(names, Label(string(id)))
	}
	for _, id := range sc.Pools {
		names = append(names, Label(string(id)))
	}
	return Join(names, Text(", "))
}

// FreezeWindow is one time of a freeze. From is the first moment of it, To the first after it.
type FreezeWindow struct {
	Name, Reason string // raw
	From, To     time.Time
	Scope        Scope
}

// Holds tells whether a moment is in the window.
func (w *FreezeWindow) Holds(at time.Time) bool { return !at.Before(w.From) && at.Before(w.To) }

// FreezeAhead is how far ahead the windows of freezes are told.
const FreezeAhead = 7 * 24 * time.Hour

// Windows are the windows of the freezes of an environment that are not over, as far as a week ahead, the earliest first.
func (r *SiteRules) Windows(env Env, now time.Time) []FreezeWindow {
	var out []FreezeWindow
	for i := range r.Freezes {
		f := &r.Freezes[i]
		if !f.Scope.In(env) {
			continue
		}
		add := func(from, to time.Time) {
			if to.After(now) && !from.After(now.Add(FreezeAhead)) {
				out = append(out, FreezeWindow{Name: f.Name, Reason: f.Reason, From: from, To: to, Scope: f.Scope})
			}
		}
		if len(f.Weekly) == 0 {
			add(f.From, f.To)
			continue
		}
		for _, w := range f.Weekly {
			for week := -1; week <= 1; week++ {
				add(w.in(now, f.Zone, week))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b FreezeWindow) int { return a.From.Compare(b.From) })
	return out
}

// in is the window of a week, counted from the one that a moment is in, by the clock on the wall there.
func (w Weekly) in(now time.Time, zone *time.Location, week int) (from, to time.Time) {
	if zone == nil {
		zone = time.UTC
	}
	at := now.In(zone)
	monday := at.Day() - (int(at.Weekday())+6)%7 + 7*week
	wall := func(minutes int) time.Time {
		return time.Date(at.Year(), at.Month(), monday+minutes/(24*60), minutes/60%24, minutes%60, 0, 0, zone).UTC()
	}
	end := w.To
	if end <= w.From {
		end += 7 * 24 * 60
	}
	return wall(w.From), wall(end)
}

// BlockingAlert is an alert of an Alertmanager whose activity freezes changes.
type BlockingAlert struct {
	Name, Reason string // raw
	Match        []Matcher
	Scope        Scope
}

// Active is the first alert of an Alertmanager that it matches, silenced or not; nil where there is none. What only pends
// does not count.
func (b *BlockingAlert) Active(s *Snapshot) *Alert {
	match, err := CompileMatchers(b.Match)
	if err != nil {
		return nil // refused where the configuration is read
	}
	for i := range s.Alerts {
		if a := &s.Alerts[i]; a.Origin != "" && !a.Pending && match(a.Labels) {
			return a
		}
	}
	return nil
}

// PolicyRule lets an interlock object more mildly: what it would refuse (BLOCK) needs an override (OVR) instead, and, where LowerTo
// is "WARN", what would need an override is a warning. What is HARD stays HARD.
type PolicyRule struct {
	Interlock, LowerTo, Reason string // raw
}

// Text draws the rule: "IL-22 lowered to WARN: we step by 20".
func (r PolicyRule) Text() Safe {
	return Textf("%s lowered to %s: %s", Label(r.Interlock), Label(r.LowerTo), Label(r.Reason))
}
