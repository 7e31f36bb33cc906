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
	begin func(now float64)
	each  func(since float64)
	end   func(now float64)
}

func newFaults(w *World) []*fault {
	var all []*fault
	add := func(f *fault) {
		f.from = math.Inf(1)
		all = append(all, f)
	}
	if len(w.Replicas) > 0 {
		r := w.Replicas[min(1, len(w.byPool[w.Spec.Pools[0].Name])-1)]
		add(&fault{
			Fault: Fault{ID: "F01", Title: "zombie engine", Text: "the step loop of " + r.Name +
				" stands still while its HTTP server goes on answering"},
			begin: func(float64) { r.freeze() }, end: r.thaw,
		})
	}
	if n := len(w.Gateways); n > 0 {
		g := w.Gateways[n-1]
		add(&fault{
			Fault: Fault{ID: "F24", Title: "split-brain gateway", Text: g.Name +
				" came back with an old copy of the weights and no longer polls the database"},
			begin: func(float64) {
				g.deaf = true
				g.load(w.db.previous(w.Spec.Previous))
			},
			end: func(float64) { g.deaf = false },
		})
	}
	if len(w.Providers) > 0 {
		p := w.Providers[0]
		add(&fault{
			Fault: Fault{ID: "F32", Title: "provider brownout", Text: p.Spec.Name +
				" fails 5 % and after two minutes 25 % of the requests and is three times slower; its status page is silent"},
			begin: func(float64) { p.slow = 3 },
			each: func(since float64) {
				p.faulty = 0.05
				if since >= 120 {
					p.faulty = 0.25
				}
			},
			end: func(float64) { p.slow, p.faulty = 1, p.Spec.Errors },
		})
	}
	return all
}

func (f *fault) tick(now float64) {
	if now < f.from {
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

// Stop takes a fault out. It says whether there is such a fault, and is for use inside At.
func (w *World) Stop(id string) bool {
	for _, f := range w.faults {
		if f.ID != id {
			continue
		}
		f.from, f.StartAt = math.Inf(1), time.Time{}
		if f.Active {
			f.Active = false
			f.end(w.Seconds())
		}
		return true
	}
	return false
}
