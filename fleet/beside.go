package fleet

import "time"

// PoolBeside is what a million tokens of one own pool cost on one route, beside what each rented target of that route would ask
// for the same tokens. Its own prices are of the capacity stream, the others of the list: they are compared, never added.
type PoolBeside struct {
	Route     RouteID
	Pool      PoolID
	Model     ModelName
	Currency  string
	At        time.Time         // of the rates that Allocated goes by
	Allocated Maybe[USDPerMTok] // as it is used now, what stands idle included
	Usage     Maybe[USDPerMTok] // where all of it were used
	Mix       TokenMix
	Others    []APIBeside // the cheapest first, those without a price last
	Why       Safe        // what its own prices lack, "" for nothing
}

// TokenMix is how the tokens of a route part into kinds. The parts are of all tokens.
type TokenMix struct {
	Input, Cached, Written, Output Ratio
	From                           Safe // how it is known: "measured on b200-a"
}

// APIBeside is one rented target beside an own pool.
type APIBeside struct {
	Target   TargetID
	Provider ProviderID
	Model    ModelName
	Tier     string            // of service that the price is for
	Price    Maybe[USDPerMTok] // over the mix of the pool
	Currency string
	Source   Safe      // where the price was read
	AsOf     time.Time // when; zero where the source does not say
	Why      Safe      // why there is no price, "" where there is one
}

// Against is the pool's price as used over the target's: 0.5 is half of it. Unknown where either is, and
// where they are in different currencies.
func (a *APIBeside) Against(p *PoolBeside) Maybe[float64] {
	if !a.Price.OK || !p.Allocated.OK || a.Price.V <= 0 || a.Currency != p.Currency {
		return None[float64]()
	}
	return Some(float64(p.Allocated.V / a.Price.V))
}
