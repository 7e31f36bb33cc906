package economics

import (
	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Usage is what was used of one model, in tokens. The buckets are disjoint: Input holds neither cached nor written
// tokens, whatever the provider's own report means by input.
type Usage struct {
	Input, Cached, CacheWrite, Output int64
}

// Cost is the exact price of a usage. Cached and written tokens without a price of their own cost what input does.
func Cost(u Usage, p fleet.Price) fleet.Money {
	sum := decimal.Zero
	for _, part := range []struct {
		tokens int64
		price  fleet.Money
	}{{u.Input, p.Input}, {u.Cached, p.CachedIn.Or(p.Input)}, {u.CacheWrite, p.CacheWrite.Or(p.Input)}, {u.Output,
		p.Output}} {
		sum = sum.Add(part.price.Amount().Mul(decimal.NewFromInt(part.tokens)))
	}
	return fleet.NewMoney(sum.Shift(-6), p.Input.Currency()) // prices are for a million tokens
}

// Blended is the price of a million tokens of a mix, given as rates of disjoint buckets. Without tokens it is unknown:
// there is no mix to blend over.
func Blended(in, cached, out fleet.TokenRate, p fleet.Price) fleet.Maybe[fleet.USDPerMTok] {
	return Allocated(Metered(Mix{Input: float64(in), CacheRead: float64(cached), Output: float64(out)}, p), in+cached+out)
}
