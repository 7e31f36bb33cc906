package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pitwall/actions/interlocks"
	"pitwall/fleet"
)

// Freeze is a time in which changes need an override.
type Freeze struct {
	Name   string   `yaml:"name"`
	Reason string   `yaml:"reason"`
	From   string   `yaml:"from,omitempty"`
	To     string   `yaml:"to,omitempty"`
	Weekly []string `yaml:"weekly,omitempty"`
	Zone   string   `yaml:"tz,omitempty"`
	Envs   []string `yaml:"envs,omitempty"`
	Routes []string `yaml:"routes,omitempty"`
	Pools  []string `yaml:"pools,omitempty"`
}

// BlockingAlert is an alert of an Alertmanager that freezes changes while it is active.
type BlockingAlert struct {
	Name   string   `yaml:"name"`
	Reason string   `yaml:"reason"`
	Match  []string `yaml:"match,omitempty"`
	Envs   []string `yaml:"envs,omitempty"`
	Routes []string `yaml:"routes,omitempty"`
	Pools  []string `yaml:"pools,omitempty"`
}

// Policy says which interlocks object more mildly at a site.
type Policy struct {
	Severities map[string]Lowering `yaml:"severities,omitempty"`
}

// Lowering is what the policy makes of one interlock.
type Lowering struct {
	To     string `yaml:"lower_to"`
	Reason string `yaml:"reason"`
}

// Rules are what the file lays down about changes in every context, once it was read.
func (f *File) Rules() fleet.SiteRules {
	if len(f.Contexts) == 0 {
		return fleet.SiteRules{}
	}
	return f.Contexts[0].rules
}

// alertName is the label that Prometheus names alerts by.
const alertName = "alertname"

// siteRules reads freezes, blocking alerts and policy, and finds all that is wrong with them.
func (f *File) siteRules() (fleet.SiteRules, error) {
	var rules fleet.SiteRules
	var errs []error
	names := map[string]bool{}
	named := func(kind, name, reason string) {
		switch {
		case name == "" || !fleet.IsClean(name):
			errs = append(errs, fmt.Errorf("%s: a name of plain characters is missing", kind))
		case names[kind+name]:
			errs = append(errs, fmt.Errorf("%s %q appears twice", kind, name))
		case reason == "" || !fleet.IsClean(reason):
			errs = append(errs, fmt.Errorf("%s %q: a reason of plain characters is missing: who is stopped reads it", kind, name))
		}
		names[kind+name] = true
	}
	for i := range f.Freezes {
		z := &f.Freezes[i]
		named("freeze", z.Name, z.Reason)
		made, err := z.made()
		if err == nil {
			made.Scope, err = f.scope(z.Envs, z.Routes, z.Pools)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("freeze %q: %w", z.Name, err))
			continue
		}
		rules.Freezes = append(rules.Freezes, made)
	}
	for i := range f.Blocking {
		b := &f.Blocking[i]
		named("blocking alert", b.Name, b.Reason)
		made, err := b.made()
		if err == nil {
			made.Scope, err = f.scope(b.Envs, b.Routes, b.Pools)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("blocking alert %q: %w", b.Name, err))
			continue
		}
		rules.Blocking = append(rules.Blocking, made)
	}
	for _, id := range slices.Sorted(maps.Keys(f.Policy.Severities)) {
		l := f.Policy.Severities[id]
		rules.Policy = append(rules.Policy, fleet.PolicyRule{Interlock: id, LowerTo: strings.ToUpper(l.To), Reason: l.Reason})
	}
	return rules, errors.Join(append(errs, interlocks.CheckPolicy(rules.Policy))...)
}

// made reads the times of a freeze by the clock of its zone.
func (z *Freeze) made() (fleet.Freeze, error) {
	out := fleet.Freeze{Name: z.Name, Reason: z.Reason, Zone: time.UTC}
	var err error
	if z.Zone != "" {
		if out.Zone, err = time.LoadLocation(z.Zone); err != nil {
			return out, fmt.Errorf("tz %q is no time zone, such as Europe/Berlin", z.Zone)
		}
	}
	once := z.From != "" || z.To != ""
	switch {
	case once == (len(z.Weekly) > 0):
		return out, errors.New("it needs either from and to, or weekly")
	case once:
		if out.From, err = moment(z.From, out.Zone); err != nil {
			return out, fmt.Errorf("from: %w", err)
		}
		if out.To, err = moment(z.To, out.Zone); err != nil {
			return out, fmt.Errorf("to: %w", err)
		}
		if !out.From.Before(out.To) {
			return out, fmt.Errorf("it ends at %s, which is not after its begin at %s", fleet.Stamp(out.To), fleet.Stamp(out.From))
		}
	}
	for _, text := range z.Weekly {
		w, err := weekly(text)
		if err != nil {
			return out, err
		}
		out.Weekly = append(out.Weekly, w)
	}
	return out, nil
}

// moment reads a day, a minute of the clock on the wall, or a time with its own offset.
func moment(text string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	for _, layout := range []string{dayOnly, wallClock} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time, such as 2026-12-20, \"2026-12-20 18:00\" or 2026-12-20T18:00:00Z", text)
}

const wallClock = "2006-01-02 15:04"

// weekly reads "Fri 18:00 - Mon 06:00".
func weekly(text string) (fleet.Weekly, error) {
	from, to, cut := strings.Cut(text, " - ")
	w := fleet.Weekly{}
	var err error
	if cut {
		if w.From, err = minuteOfWeek(from); err == nil {
			w.To, err = minuteOfWeek(to)
		}
	}
	switch {
	case !cut || err != nil:
		return w, fmt.Errorf("weekly %q is not DAY HH:MM - DAY HH:MM, such as \"Fri 18:00 - Mon 06:00\"", text)
	case w.From == w.To:
		return w, fmt.Errorf("weekly %q is never or always: begin and end are the same", text)
	}
	return w, nil
}

// weekdays as they are written, from the first of the week on.
var weekdays = []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

func minuteOfWeek(text string) (int, error) {
	name, clock, _ := strings.Cut(strings.TrimSpace(text), " ")
	d := slices.Index(weekdays, name)
	at, err := time.Parse("15:04", strings.TrimSpace(clock))
	if d < 0 || err != nil {
		return 0, errors.New("no day and time")
	}
	return (d*24+at.Hour())*60 + at.Minute(), nil
}

func weeklyText(w fleet.Weekly) string {
	at := func(minute int) string {
		return fmt.Sprintf("%s %02d:%02d", weekdays[minute/(24*60)%7], minute/60%24, minute%60)
	}
	return at(w.From) + " - " + at(w.To)
}

// made reads the matchers; without any the alert is known by its name.
func (b *BlockingAlert) made() (fleet.BlockingAlert, error) {
	out := fleet.BlockingAlert{Name: b.Name, Reason: b.Reason}
	for _, text := range b.Match {
		m, err := fleet.ParseMatcher(text)
		if err != nil {
			return out, fmt.Errorf("match: %q is not NAME=VALUE, NAME!=VALUE, NAME=~REGEX or NAME!~REGEX", text)
		}
		out.Match = append(out.Match, m)
	}
	if len(out.Match) == 0 {
		out.Match = []fleet.Matcher{{Name: alertName, Value: b.Name}}
	}
	if _, err := fleet.CompileMatchers(out.Match); err != nil {
		return out, errors.New("match: it would be active with every alert")
	}
	return out, nil
}

// scope refuses names that no context declares: a freeze of a route whose name is mistyped would freeze nothing.
func (f *File) scope(envs, routes, pools []string) (fleet.Scope, error) {
	var sc fleet.Scope
	var errs []error
	for _, e := range envs {
		if !slices.Contains(enums["Context.env"], any(e)) {
			errs = append(errs, fmt.Errorf("envs: %q is none of prod, stage, dev", e))
		}
		sc.Envs = append(sc.Envs, fleet.Env(e))
	}
	known := map[string]bool{}
	found := false // there is more than is written down
	for i := range f.Contexts {
		c := &f.Contexts[i]
		found = found || len(c.Clusters)+len(c.Runs) > 0
		for _, r := range c.Routes {
			known["route "+r.ID] = true
		}
		for _, p := range c.Pools {
			known["pool "+p.ID] = true
		}
	}
	for _, id := range routes {
		if !known["route "+id] && !found {
			errs = append(errs, fmt.Errorf("there is no route %q", id))
		}
		sc.Routes = append(sc.Routes, fleet.RouteID(id))
	}
	for _, id := range pools {
		if !known["pool "+id] && !found {
			errs = append(errs, fmt.Errorf("there is no pool %q", id))
		}
		sc.Pools = append(sc.Pools, fleet.PoolID(id))
	}
	return sc, errors.Join(errs...)
}

// writeRules writes what a site laid down.
func (f *File) writeRules(r fleet.SiteRules) {
	for i := range r.Freezes {
		z := &r.Freezes[i]
		out := Freeze{Name: z.Name, Reason: z.Reason}
		out.Envs, out.Routes, out.Pools = written(z.Scope)
		if z.Zone != nil && z.Zone != time.UTC {
			out.Zone = z.Zone.String()
		}
		for _, w := range z.Weekly {
			out.Weekly = append(out.Weekly, weeklyText(w))
		}
		if len(z.Weekly) == 0 {
			out.From, out.To = z.From.Format(time.RFC3339), z.To.Format(time.RFC3339)
		}
		f.Freezes = append(f.Freezes, out)
	}
	for i := range r.Blocking {
		b := &r.Blocking[i]
		out := BlockingAlert{Name: b.Name, Reason: b.Reason}
		out.Envs, out.Routes, out.Pools = written(b.Scope)
		for _, m := range b.Match {
			out.Match = append(out.Match, m.Raw())
		}
		f.Blocking = append(f.Blocking, out)
	}
	for _, p := range r.Policy {
		if f.Policy.Severities == nil {
			f.Policy.Severities = map[string]Lowering{}
		}
		f.Policy.Severities[p.Interlock] = Lowering{To: p.LowerTo, Reason: p.Reason}
	}
}

func written(sc fleet.Scope) (envs, routes, pools []string) {
	for _, e := range sc.Envs {
		envs = append(envs, string(e))
	}
	for _, id := range sc.Routes {
		routes = append(routes, string(id))
	}
	for _, id := range sc.Pools {
		pools = append(pools, string(id))
	}
	return envs, routes, pools
}
