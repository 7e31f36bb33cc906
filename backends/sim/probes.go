package sim

import (
	"time"

	"pitwall/fleet"
)

// probedMost is what the demo's probe of a rented model may cost in a day.
const probedMost = "1.00"

// addProbes configures live probes as somebody would who cares for money: of a pool of its own, and of one rented model, rarely.
func (f *Fleet) addProbes(inv *fleet.Inventory) {
	for i := range inv.Pools {
		if inv.Pools[i].ID == poolB200 {
			inv.Pools[i].Probe = &fleet.ProbeSpec{Every: time.Minute, Tools: true, JSON: true}
		}
	}
	for i := range inv.Providers {
		if inv.Providers[i].ID == providerAnthropic {
			inv.Providers[i].Models[0].Probe = &fleet.ProbeSpec{Every: 5 * time.Minute, Tools: true, JSON: true,
				MaxPerDay: fleet.Some(usd(probedMost))}
		}
	}
	list, err := fleet.ProbeSources(inv)
	if err != nil {
		return // the demo goes on without them
	}
	inv.Sources = append(inv.Sources, list...)
}
