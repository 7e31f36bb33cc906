package world

import (
	"fmt"
	"math"
)

// failoverFaults are those of a failover: somebody gives a rented member a larger part of its route, and the member is not up to it.
func (w *World) failoverFaults(add func(string, *fault)) {
	on := w.targets()
	w.causes.add(add, "F29", cause{on: on, magnitudes: Magnitudes{"share": 0.2, "context": 4000}, make: w.misfit})
	w.causes.add(add, "F31", cause{on: on, magnitudes: Magnitudes{"share": 0.2}, make: w.breach})
	w.causes.add(add, "F34", cause{on: on, magnitudes: Magnitudes{"share": 0.9, "quota": 0.4}, make: w.exhaustion})
}

// targets are the providers that share a route with other members.
func (w *World) targets() (names []string) {
	for _, name := range w.providerNames() {
		if w.memberOf(name) != nil {
			names = append(names, name)
		}
	}
	return names
}

// memberOf is the first member of a provider in a route that has demand and others.
func (w *World) memberOf(provider string) *DeploymentSpec {
	if len(w.Gateways) == 0 {
		return nil
	}
	for i := range w.Spec.Deployments {
		d := &w.Spec.Deployments[i]
		for _, route := range w.askedRoutes() {
			if d.Provider == provider && d.Route == route && len(w.othersOf(d)) > 0 {
				return d
			}
		}
	}
	return nil
}

func (w *World) othersOf(d *DeploymentSpec) (others []*DeploymentSpec) {
	for i := range w.Spec.Deployments {
		if x := &w.Spec.Deployments[i]; x.Route == d.Route && x.ID != d.ID {
			others = append(others, x)
		}
	}
	return others
}

// failover is a change of weights that is taken back at its end, where nobody has changed them since.
type failover struct {
	w        *World
	to       *DeploymentSpec
	share    float64
	old, set map[string]float64
}

func (f *failover) begin() {
	f.old, f.set = map[string]float64{}, map[string]float64{}
	sum, others := 0.0, f.w.othersOf(f.to)
	for _, d := range append(others, f.to) {
		if row := f.w.db.row(d.ID); row != nil {
			f.old[d.ID], _ = row.Weight()
		}
	}
	for _, d := range others {
		sum += f.old[d.ID]
	}
	f.write(f.to.ID, math.Round(100*f.share)) // people write whole numbers
	for _, d := range others {
		f.write(d.ID, math.Round(100*(1-f.share)*f.old[d.ID]/max(sum, 1e-9)))
	}
}

func (f *failover) write(id string, weight float64) {
	if f.w.db.write(id, Change{Params: map[string]any{"weight": weight}, By: "oncall"}, f.w.Now()) != nil {
		f.set[id] = weight
	}
}

func (f *failover) end() {
	for _, d := range append(f.w.othersOf(f.to), f.to) {
		row := f.w.db.row(d.ID)
		if row == nil {
			continue
		}
		if now, _ := row.Weight(); now == f.set[d.ID] {
			f.write(d.ID, f.old[d.ID])
		}
	}
}

// misfit: the target takes shorter requests than the route has (S12 and S14 of failoverbench).
func (w *World) misfit(on string, m Magnitudes) *fault {
	p, f := w.providerNamed(on), &failover{w: w, to: w.memberOf(on), share: m["share"]}
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("%.0f %% of %s is moved to %s, which takes %.0f tokens and no more", 100*f.share, f.to.Route, on,
			m["context"])},
		begin: func(float64) {
			p.ills.context = int(m["context"])
			f.begin()
		},
		end: func(float64) {
			p.ills.context = 0
			f.end()
		},
	}
}

// farRegion is where nobody allowed anything to be served.
const farRegion = "us-east-1"

// breach: the member that takes over is edited to an address in another region. It is seen in the member's parameters, and in the
// address that the gateways' answers name; the answers themselves are as good as before.
func (w *World) breach(on string, m Magnitudes) *fault {
	f := &failover{w: w, to: w.memberOf(on), share: m["share"]}
	base := "https://" + on + "." + farRegion + ".simulated/v1"
	move := func(params map[string]any) { w.db.write(f.to.ID, Change{Params: params, By: "oncall"}, w.Now()) }
	var old map[string]any
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("%.0f %% of %s is moved to %s, whose address is changed to one in %s", 100*f.share, f.to.Route, on,
			farRegion)},
		begin: func(float64) {
			old = map[string]any{}
			if row := w.db.row(f.to.ID); row != nil {
				old["api_base"], old["region_name"] = row.Params["api_base"], row.Params["region_name"]
			}
			move(map[string]any{"api_base": base, "region_name": farRegion})
			f.begin()
		},
		end: func(float64) {
			if row := w.db.row(f.to.ID); row != nil && row.Params["api_base"] == base {
				move(old)
			}
			f.end()
		},
	}
}

// exhaustion: the target's quota is that of its everyday part of the route (S01 and S02 of failoverbench).
func (w *World) exhaustion(on string, m Magnitudes) *fault {
	p, f := w.providerNamed(on), &failover{w: w, to: w.memberOf(on), share: m["share"]}
	return &fault{
		Fault: Fault{Text: fmt.Sprintf("%.0f %% of %s is moved to %s, whose quota is %.0f %% of what it was", 100*f.share, f.to.Route, on,
			100*m["quota"])},
		begin: func(float64) {
			p.rpm.limit, p.tpm.limit = p.Spec.RPM*m["quota"], p.Spec.TPM*m["quota"]
			f.begin()
		},
		end: func(float64) {
			p.rpm.limit, p.tpm.limit = p.Spec.RPM, p.Spec.TPM
			f.end()
		},
	}
}
