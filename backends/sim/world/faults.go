package world

import (
	"math"
	"time"
)

// Fault is a cause that can be put into the world and taken out again.
type Fault struct {
	ID      string // number in the failure catalogue
	Title   string
	Text    string // what is changed; everything else follows from the model
	Active  bool
	StartAt time.Time // zero when none is planned
}

type fault struct {
	Fault
	from  float64 // seconds; +Inf when not planned
	until float64 // seconds; +Inf until it is stopped
	begin func(now float64)
	each  func(since float64)
	end   func(now float64)
}

// Known lists the faults that a world can have: number in the failure catalogue and title. A letter behind the number
// is another form of the same failure.
func Known() []Fault {
	return []Fault{
		{ID: "F01", Title: "zombie engine"},
		{ID: "F02", Title: "collective deadlock"},
		{ID: "F03", Title: "KV cache exhausted"},
		{ID: "F05", Title: "bad engine flag"},
		{ID: "F09", Title: "thundering herd"},
		{ID: "F11", Title: "silent quality regression"},
		{ID: "F13", Title: "metrics renamed"},
		{ID: "F14", Title: "GPU off the bus"},
		{ID: "F15", Title: "contained memory error"},
		{ID: "F15B", Title: "uncontained memory error"},
		{ID: "F16", Title: "NVLink fault"},
		{ID: "F17", Title: "straggler by heat"},
		{ID: "F18", Title: "black-hole node"},
		{ID: "F22", Title: "rented machines taken back"},
		{ID: "F24", Title: "split-brain gateway"},
		{ID: "F25", Title: "edit evicts members"},
		{ID: "F26", Title: "gateway database lost"},
		{ID: "F27", Title: "no breaker"},
		{ID: "F28", Title: "cool-down poisoned"},
		{ID: "F29", Title: "fallback does not fit"},
		{ID: "F30", Title: "compromised gateway"},
		{ID: "F31", Title: "residency breach"},
		{ID: "F32", Title: "provider brownout"},
		{ID: "F32B", Title: "provider outage"},
		{ID: "F33", Title: "providers share a fate"},
		{ID: "F34", Title: "failover exhausts quota"},
		{ID: "F35", Title: "key revoked"},
		{ID: "F36", Title: "model retired"},
		{ID: "F36B", Title: "alias moved"},
		{ID: "F37", Title: "runaway spend"},
		{ID: "F38", Title: "cost drift"},
		{ID: "F39", Title: "filter wave"},
		{ID: "F40", Title: "telemetry lost"},
		{ID: "F40B", Title: "telemetry frozen"},
		{ID: "F41", Title: "streams break"},
	}
}

// newFaults gives the faults that this world has the objects for, in the order of the catalogue.
func newFaults(w *World) []*fault {
	made := map[string]*fault{}
	add := func(id string, f *fault) { made[id] = f }
	w.gatewayFaults(add)
	w.failoverFaults(add)
	w.providerFaults(add)
	w.spendFaults(add)
	if len(w.Replicas) > 0 {
		w.engineFaults(add)
		w.deviceFaults(add)
		w.clusterFaults(add)
	}
	var all []*fault
	for _, known := range Known() {
		if f := made[known.ID]; f != nil {
			f.ID, f.Title, f.from, f.until = known.ID, known.Title, math.Inf(1), math.Inf(1)
			all = append(all, f)
		}
	}
	return all
}

// at is a member of a list, counted from its end when i is negative, and its nearest member when it has too few.
func at[T any](list []T, i int) T {
	if i < 0 {
		i += len(list)
	}
	return list[max(min(i, len(list)-1), 0)]
}

func (f *fault) tick(now float64) {
	if now < f.from {
		return
	}
	if now >= f.until {
		f.stop(now)
		return
	}
	if !f.Active {
		f.Active = true
		f.begin(now)
	}
	if f.each != nil {
		f.each(now - f.from)
	}
}

// Faults lists the faults. It is for use inside At.
func (w *World) Faults() []Fault {
	out := make([]Fault, len(w.faults))
	for i, f := range w.faults {
		out[i] = f.Fault
	}
	return out
}

// Start plans a fault for a time, the next sub-step at the earliest. It says whether there is such a fault, and is
// for use inside At.
func (w *World) Start(id string, at time.Time) bool {
	for _, f := range w.faults {
		if f.ID == id {
			f.StartAt = at
			f.from = max(at.Sub(w.Spec.Start).Seconds(), w.Seconds())
			return true
		}
	}
	return false
}

// Stop takes a fault out, wherever it was put. It says whether there is such a fault, and is for use inside At.
func (w *World) Stop(id string) (found bool) {
	for _, f := range w.faults {
		if f.ID != id {
			continue
		}
		f.stop(w.Seconds())
		found = true
	}
	return found
}

func (f *fault) stop(now float64) {
	f.from, f.until, f.StartAt = math.Inf(1), math.Inf(1), time.Time{}
	if f.Active {
		f.Active = false
		f.end(now)
	}
}
