package tco

import (
	"time"

	"pitwall/fleet"
)

// Facts are what speaks for a side and is no cost. What nobody said is unknown: neither for nor against.
type Facts struct {
	Residency    fleet.Maybe[[]string] // labels that data must keep to; an empty list says that there are none
	AirGap       fleet.Maybe[bool]     // there is no way out of the network
	CustomWeight fleet.Maybe[bool]     // weights of one's own that must not leave
	Frontier     fleet.Maybe[float64]  // share of the traffic that needs a frontier model, 0 to 1
	Special      fleet.Maybe[[]string] // modalities that no open model has, such as "video"
	Lacks        fleet.Maybe[float64]  // share of the traffic that uses what own models do not offer, 0 to 1
	Latency      fleet.Maybe[float64]  // share of the traffic that must be answered beside the application, 0 to 1
	MustOwn      fleet.Maybe[float64]  // share of the traffic that may not leave, 0 to 1; Residency says why
	Team         fleet.Maybe[bool]     // there are people who run models
	FixedSpend   fleet.Maybe[bool]     // a fixed spend is worth more than a low one
	Providers    fleet.Maybe[int]      // providers that could take the traffic over
	From         fleet.Safe            // where they are from
	At           time.Time
}
