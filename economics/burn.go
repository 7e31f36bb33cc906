package economics

import "pitwall/fleet"

// secondsAnHour and million turn rates per second and prices per million tokens into dollars an hour.
const (
	secondsAnHour = 3600
	million       = 1_000_000
)

// Metered is the burn of a rented model by its token rates, in US dollars an hour. in holds
// uncached input tokens only: the three rates are disjoint.
func Metered(in, cached, out fleet.TokenRate, p fleet.Price) fleet.USDPerHour {
	cachedPrice := p.CachedIn.Or(p.Input)
	perSecond := float64(in)*p.Input.Float() + float64(cached)*cachedPrice.Float() + float64(out)*p.Output.Float()
	return fleet.USDPerHour(perSecond / million * secondsAnHour)
}

// Capacity is the burn of own GPUs, which cost the same busy or idle.
func Capacity(gpus int, gpuHour fleet.USDPerHour) fleet.USDPerHour {
	return fleet.USDPerHour(gpus) * gpuHour
}

// Allocated is what a million tokens cost at a burn and a token rate. Without tokens it is
// unknown: idle capacity has no price per token.
func Allocated(burn fleet.USDPerHour, tokens fleet.TokenRate) fleet.Maybe[fleet.USDPerMTok] {
	if tokens <= 0 {
		return fleet.None[fleet.USDPerMTok]()
	}
	return fleet.Some(fleet.USDPerMTok(float64(burn) * million / (float64(tokens) * secondsAnHour)))
}
