package world

import "math"

// Outage is that whole pools and providers are gone: their processes end and do not start again, and an account answers nothing.
type Outage struct {
	Pools     []string
	Providers []string
}

// Break begins an outage now, in the place of one that lasts. It is for use inside At.
func (w *World) Break(o Outage) {
	w.Mend()
	w.outage = o
	for _, name := range o.Providers {
		if p := w.byName[name]; p != nil {
			p.down = true
		}
	}
	w.keepDown()
}

// Mend ends the outage: engines start again and read their weights. It is for use inside At.
func (w *World) Mend() {
	now := w.Seconds()
	for _, name := range w.outage.Providers {
		if p := w.byName[name]; p != nil {
			p.down = false
		}
	}
	for _, name := range w.outage.Pools {
		for _, r := range w.byPool[name] {
			if r.pod != nil && math.IsInf(r.pod.until, 1) {
				r.pod.until, r.crashes = now, 0
				w.unsettled++
			}
		}
	}
	w.outage = Outage{}
}

// keepDown ends every engine of the outage that serves; those that start later end as soon as they do.
func (w *World) keepDown() {
	for _, name := range w.outage.Pools {
		for _, r := range w.byPool[name] {
			if r.state == serving && r.pod != nil && !r.pod.Terminating {
				w.crash(r, Exit{Reason: "Error", Code: 137}, "killed")
				r.pod.until = math.Inf(1)
			}
		}
	}
}

// Down says whether the account answers nothing.
func (p *Provider) Down() bool { return p.down }
