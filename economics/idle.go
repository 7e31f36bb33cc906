package economics

import "pitwall/fleet"

// Used is how much of a pool's proven throughput is in use: the tighter of prompt and output tokens, since either one
// alone can fill a pool. It is unknown without a rating or a rate, and may exceed 1 where the rating is surpassed.
func Used(in, out fleet.Maybe[fleet.TokenRate], r fleet.Maybe[fleet.Rating]) fleet.Maybe[fleet.Ratio] {
	if !r.OK || r.V.Decode <= 0 && r.V.Prefill <= 0 {
		return fleet.None[fleet.Ratio]()
	}
	used := fleet.None[fleet.Ratio]()
	for _, part := range []struct {
		rate  fleet.Maybe[fleet.TokenRate]
		limit fleet.TokenRate
	}{{in, r.V.Prefill}, {out, r.V.Decode}} {
		if part.limit > 0 && part.rate.OK {
			used = fleet.Some(max(used.V, fleet.Ratio(part.rate.V/part.limit)))
		}
	}
	return used
}

// Idle is the part of a burn that pays for unused throughput, in US dollars an hour.
func Idle(burn fleet.Maybe[fleet.USDPerHour], used fleet.Maybe[fleet.Ratio]) fleet.Maybe[fleet.USDPerHour] {
	if !burn.OK || !used.OK {
		return fleet.None[fleet.USDPerHour]()
	}
	return fleet.Some(burn.V * fleet.USDPerHour(max(0, 1-used.V)))
}
