package world

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// cause is one kind of fault of the catalogue, as a builder: it can be put on any object of its sort, with magnitudes of its own,
// several times at once.
type cause struct {
	// on names what it can be put on; the first is what it is on where nobody says. It has at least one name.
	on []string
	// magnitudes are what can be set, with what they are where nobody says.
	magnitudes Magnitudes
	make       func(on string, m Magnitudes) *fault
}

// Magnitudes are how strong a cause is, by name: "errors" 0.25, "minutes" 2.
type Magnitudes map[string]float64

// Injection is a cause that is put into the world for a time.
type Injection struct {
	ID         string // number in the failure catalogue, or a name of failoverbench
	On         string // object; "" for the usual one
	Magnitudes Magnitudes
	At         time.Time
	Until      time.Time // zero: until it is stopped
}

// Causes are builders by number; faults that cannot be put on other objects than the usual are not among them.
type causes map[string]cause

// add registers a cause and gives the usual form of it to the list of faults.
func (c causes) add(add func(string, *fault), id string, x cause) {
	if len(x.on) == 0 {
		return
	}
	c[id] = x
	add(id, x.make(x.on[0], maps.Clone(x.magnitudes)))
}

// Objects names what a cause can be put on, the usual one first; none where it has one place only.
func (w *World) Objects(id string) []string { return slices.Clone(w.causes[id].on) }

// MagnitudesOf are what can be set of a cause, with what they are usually.
func (w *World) MagnitudesOf(id string) Magnitudes { return maps.Clone(w.causes[id].magnitudes) }

// Inject plans a cause. What it can not be is an error that says what it can. It is for use inside At.
func (w *World) Inject(x Injection) error {
	x = x.named()
	if x.On == "" && len(x.Magnitudes) == 0 {
		if !w.Start(x.ID, x.At) {
			return fmt.Errorf("there is no fault %q here", x.ID)
		}
		w.faults[w.faultAt(x.ID)].until = w.since(x.Until)
		return nil
	}
	c, ok := w.causes[x.ID]
	switch {
	case !ok && w.faultAt(x.ID) >= 0:
		return fmt.Errorf("%s has one place and one strength only", x.ID)
	case !ok:
		return fmt.Errorf("there is no fault %q here", x.ID)
	}
	if x.On == "" {
		x.On = c.on[0]
	}
	if !slices.Contains(c.on, x.On) {
		return fmt.Errorf("%s cannot be put on %q; it can on %s", x.ID, x.On, strings.Join(c.on, ", "))
	}
	m := maps.Clone(c.magnitudes)
	for name, v := range x.Magnitudes {
		if _, known := m[name]; !known {
			return fmt.Errorf("%s has no %q; it has %s", x.ID, name, strings.Join(slices.Sorted(maps.Keys(m)), ", "))
		}
		m[name] = v
	}
	f := c.make(x.On, m)
	f.ID, f.StartAt = x.ID, x.At
	for _, known := range Known() {
		if known.ID == x.ID {
			f.Title = known.Title
		}
	}
	f.from, f.until = max(x.At.Sub(w.Spec.Start).Seconds(), w.Seconds()), w.since(x.Until)
	w.faults = append(w.faults, f)
	return nil
}

// since is a time in seconds of the world; never for the zero time.
func (w *World) since(at time.Time) float64 {
	if at.IsZero() {
		return math.Inf(1)
	}
	return at.Sub(w.Spec.Start).Seconds()
}

func (w *World) faultAt(id string) int {
	return slices.IndexFunc(w.faults, func(f *fault) bool { return f.ID == id })
}
