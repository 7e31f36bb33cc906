package economics

import "pitwall/fleet"

// secondsAnHour and million turn rates per second and prices per million tokens into dollars an hour.
const (
	secondsAnHour = 3600
	million       = 1_000_000
)

// Mix is how many tokens of each kind there are, by the second or in all. The kinds are disjoint: Input holds neither
// those from a cache nor those into one.
type Mix struct{ Input, CacheRead, CacheWrite, Output float64 }

// MixOf takes the parts of a prompt that came from a cache and went into one out of it. Parts that are more than the
// whole, as gateways have counted them at times, leave nothing uncached.
func MixOf(prompt, read, written, out float64) Mix {
	return Mix{Input: max(0, prompt-read-written), CacheRead: max(0, read), CacheWrite: max(0, written), Output: max(0, out)}
}

// Tokens is how many there are of all kinds.
func (m Mix) Tokens() float64 { return m.Input + m.CacheRead + m.CacheWrite + m.Output }

// Metered is the burn of a rented model by its token rates, in US dollars an hour.
func Metered(m Mix, p fleet.Price) fleet.USDPerHour {
	perSecond := m.Input*p.Input.Float() + m.CacheRead*p.CachedIn.Or(p.Input).Float() +
		m.CacheWrite*p.CacheWrite.Or(p.Input).Float() + m.Output*p.Output.Float()
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
