package economics

import (
	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Usage is how much was used of one model, by kind. Kinds are disjoint: input holds neither cached nor written tokens,
// whatever the provider's own report means by input.
type Usage map[fleet.UsageKind]decimal.Decimal

// Costed is what a usage costs, and what could not be priced. What has no price is missing, never 0.
type Costed struct {
	Cost    fleet.Maybe[fleet.Money] // exact, of what has a price; unknown where nothing has
	Missing []fleet.UsageKind        // what was used and has no price: the cost is higher
	Assumed []fleet.UsageKind        // tokens without a price of their own that were taken at that of input or output
}

// instead are the prices that tokens have which a list does not price apart: cached and written tokens cost at vendors
// without a price for them what input does, images are read as input, and thoughts are output. Other kinds are dearer
// than text, so that none is assumed for them.
var instead = map[fleet.UsageKind]fleet.UsageKind{
	fleet.UseCacheRead: fleet.UseInput, fleet.UseCacheWrite5m: fleet.UseInput, fleet.UseImageIn: fleet.UseInput,
	fleet.UseAudioCached: fleet.UseAudioIn, fleet.UseReasoning: fleet.UseOutput,
}

// Cost is the exact price of the tokens of a usage.
func Cost(u Usage, p fleet.Price) Costed {
	var t till
	t.tokens(u, &p)
	return t.close()
}

// till sums up what has a price and remembers what has none.
type till struct {
	sum    decimal.Decimal
	priced bool
	out    Costed
}

func (t *till) tokens(u Usage, p *fleet.Price) {
	for _, kind := range fleet.TokenKinds() {
		n := u[kind]
		if n.IsZero() {
			continue
		}
		price := p.Of(kind)
		if !price.OK {
			if price = p.Of(instead[kind]); price.OK && kind != fleet.UseReasoning {
				t.out.Assumed = append(t.out.Assumed, kind)
			}
		}
		if !price.OK {
			t.out.Missing = append(t.out.Missing, kind)
			continue
		}
		t.sum, t.priced = t.sum.Add(price.V.Amount().Mul(n).Shift(-6)), true // prices are for a million tokens
	}
}

// close makes the sum. A usage of nothing costs 0; one of which nothing has a price costs what is not known.
func (t *till) close() Costed {
	if t.priced || len(t.out.Missing) == 0 {
		t.out.Cost = fleet.Some(fleet.NewMoney(t.sum, fleet.USD))
	}
	return t.out
}

// otherKinds are those that a sheet prices by its own units.
var otherKinds = []fleet.UsageKind{fleet.UseImages, fleet.UseMegapixels, fleet.UseVideoSeconds, fleet.UseAudioSeconds,
	fleet.UseCharacters, fleet.UsePages, fleet.UseRequests, fleet.UseToolCalls, fleet.UseStorage, fleet.UseHours}

// Cost is the exact price of a usage on given terms, tokens and other units. why says what stops a price of the tokens.
func (s *Listing) Cost(u Usage, t Terms) (out Costed, why fleet.Safe) {
	price, why := s.At(t)
	if !usesTokens(u) {
		why = fleet.Safe{}
	}
	var sum till
	sum.tokens(u, &price.V)
	for _, kind := range otherKinds {
		n := u[kind]
		if n.IsZero() || s.counted(kind, u, &price.V) {
			continue
		}
		unit, ok := s.Piece(kind, t.Variant)
		if !ok {
			sum.out.Missing = append(sum.out.Missing, kind)
			continue
		}
		sum.sum, sum.priced = sum.sum.Add(unit.Price.Amount().Mul(n).Div(unit.Per)), true
	}
	return sum.close(), why
}

func usesTokens(u Usage) bool {
	for _, kind := range fleet.TokenKinds() {
		if !u[kind].IsZero() {
			return true
		}
	}
	return false
}

// counted tells whether a quantity says once more what tokens say: the pictures and the sound that tokens with a price
// made, and requests where they have no price of their own.
func (s *Listing) counted(kind fleet.UsageKind, u Usage, p *fleet.Price) bool {
	paid := func(kinds ...fleet.UsageKind) bool {
		for _, k := range kinds {
			if !u[k].IsZero() && p.Of(k).OK {
				return true
			}
		}
		return false
	}
	switch kind {
	case fleet.UseImages, fleet.UseMegapixels:
		return paid(fleet.UseImageOut)
	case fleet.UseAudioSeconds:
		return paid(fleet.UseAudioIn, fleet.UseAudioOut)
	case fleet.UseRequests:
		_, ok := s.Piece(kind, "")
		return !ok
	default:
		return false
	}
}

// Piece is the price of what is no tokens: of the variant, or the only one that there is.
func (s *Listing) Piece(kind fleet.UsageKind, variant string) (PiecePrice, bool) {
	var found []PiecePrice
	for _, u := range s.Units {
		switch {
		case u.Use != kind:
		case u.Variant == variant:
			return u, true
		default:
			found = append(found, u)
		}
	}
	if len(found) == 1 && (variant == "" || found[0].Variant == "") {
		return found[0], true
	}
	return PiecePrice{}, false
}

// Blended is the price of a million tokens of a mix, given as rates of disjoint buckets. Without tokens it is unknown:
// there is no mix to blend over.
func Blended(in, cached, out fleet.TokenRate, p fleet.Price) fleet.Maybe[fleet.USDPerMTok] {
	return Allocated(Metered(Mix{Input: float64(in), CacheRead: float64(cached), Output: float64(out)}, p), in+cached+out)
}
