package fleet

import (
	"slices"

	"github.com/shopspring/decimal"
)

// Of is the price of a million tokens of one kind; unknown where the list does not say it, and for what is no tokens.
func (p *Price) Of(kind UsageKind) Maybe[Money] {
	if part := p.part(kind); part != nil {
		return *part
	}
	switch {
	case kind == UseInput && p.Input.Currency() != "":
		return Some(p.Input)
	case kind == UseOutput && p.Output.Currency() != "":
		return Some(p.Output)
	default:
		return None[Money]()
	}
}

// Set writes the price of a million tokens of one kind down. What is no tokens has no place in it.
func (p *Price) Set(kind UsageKind, m Money) {
	switch part := p.part(kind); {
	case part != nil:
		*part = Some(m)
	case kind == UseInput:
		p.Input = m
	case kind == UseOutput:
		p.Output = m
	}
}

// part is the place of a kind that may be unknown. Input and output have none: their zero value is unknown.
func (p *Price) part(kind UsageKind) *Maybe[Money] {
	switch kind {
	case UseCacheRead:
		return &p.CachedIn
	case UseCacheWrite5m:
		return &p.CacheWrite
	case UseCacheWrite1h:
		return &p.CacheWrite1h
	case UseAudioIn:
		return &p.AudioIn
	case UseAudioCached:
		return &p.AudioCached
	case UseAudioOut:
		return &p.AudioOut
	case UseImageIn:
		return &p.ImageIn
	case UseImageOut:
		return &p.ImageOut
	case UseReasoning:
		return &p.Reasoning
	default:
		return nil
	}
}

// TokenKinds are the kinds that a Price knows, in the order of price lists.
func TokenKinds() []UsageKind {
	return []UsageKind{UseInput, UseCacheRead, UseCacheWrite5m, UseCacheWrite1h, UseOutput, UseAudioIn, UseAudioCached, UseAudioOut,
		UseImageIn, UseImageOut, UseReasoning}
}

// Times is a price with each of its parts multiplied; what is unknown stays so.
func (p Price) Times(factor decimal.Decimal) Price {
	for _, kind := range TokenKinds() {
		if m := p.Of(kind); m.OK {
			p.Set(kind, m.V.Mul(factor))
		}
	}
	return p
}

// Discount is what a contract takes off the list prices of a provider.
type Discount struct {
	Factor decimal.Decimal // 0.85 is 15% off
	Models []ModelName     // none means all of the provider
}

// Factor is by what the list price of a model is multiplied: the last discount that names it, by one of the names that it
// goes by, or all models; else 1.
func (p *ProviderSpec) Factor(names ...ModelName) decimal.Decimal {
	factor := decimal.NewFromInt(1)
	for _, d := range p.Discounts {
		named := func(m ModelName) bool { return slices.Contains(names, m) }
		if len(d.Models) == 0 || slices.ContainsFunc(d.Models, named) {
			factor = d.Factor
		}
	}
	return factor
}

// PriceOf is what a model costs at a provider: the configuration's own price of it, else the list's less the contract's
// discount.
func (p *ProviderSpec) PriceOf(model ModelName, list Prices) (Price, bool) {
	for i := range p.Models {
		if m := &p.Models[i]; m.Name == model && m.Price.OK {
			return m.Price.V, true
		}
	}
	if list == nil {
		return Price{}, false
	}
	price, ok := list(p.Kind, model)
	if !ok || len(p.Discounts) == 0 {
		return price, ok
	}
	if factor := p.Factor(model); !factor.Equal(decimal.NewFromInt(1)) {
		price = price.Times(factor)
		price.Source += ", times " + factor.String() + " by contract"
	}
	return price, true
}
