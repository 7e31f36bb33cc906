package sim

import (
	"fmt"
	"slices"
	"time"

	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// Injection is a cause that is put into the fleet for a time.
type Injection = world.Injection

// Harm is what the clients of a route got in one minute.
type Harm = world.Harm

// Inject plans a cause. What it can not be is KindInvalid and says what it can.
func (f *Fleet) Inject(x Injection) (err error) {
	f.world.At(f.options.Clock.Now(), func() { err = f.world.Inject(x) })
	if err != nil {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "put " + fleet.Quote(x.ID).String() + " into the fleet", Err: err}
	}
	f.refreshClusters()
	return nil
}

// Harms lists what clients got in a time, by minute and route. A first token is too late where the route's guard would say so.
func (f *Fleet) Harms(from, to time.Time) (list []Harm) {
	f.world.At(f.options.Clock.Now(), func() { list = f.world.Harms(from, to) })
	return list
}

// promise tells the world what the routes promise their clients.
func (f *Fleet) promise() {
	f.world.At(f.options.Clock.Now(), func() {
		for i := range f.inventory.Routes {
			if r := &f.inventory.Routes[i]; r.Guard.TTFT95.OK {
				f.world.Promise(string(r.ID), float64(r.Guard.TTFT95.V))
			}
		}
	})
}

// Known tells of a cause what it can be put on and how strong; an error says that there is none of that number.
func (f *Fleet) Known(id string) (objects []string, magnitudes map[string]float64, err error) {
	err = fmt.Errorf("there is no fault %s", fleet.Quote(id))
	f.world.At(f.options.Clock.Now(), func() {
		for _, x := range f.world.Faults() {
			if x.ID == id {
				objects, magnitudes, err = f.world.Objects(id), f.world.MagnitudesOf(id), nil
			}
		}
	})
	return objects, magnitudes, err
}

// Held is what the machines of the pools cost an hour, busy or idle, in US dollars.
func (f *Fleet) Held() (sum float64) {
	for i := range f.world.Spec.Pools {
		p := &f.world.Spec.Pools[i]
		if s := slices.IndexFunc(f.inventory.Pools, func(x fleet.PoolSpec) bool { return string(x.ID) == p.Name }); s >= 0 {
			sum += float64(len(p.Nodes)*p.PerNode) * float64(f.inventory.Pools[s].GPUHour.Or(0))
		}
	}
	return sum
}
