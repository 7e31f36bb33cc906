package economics

import (
	"slices"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Listing finds all that the list says of a model, by its name as Price does.
func (c *Catalogue) Listing(kind string, model fleet.ModelName) (*Listing, bool) {
	return find(c.sheets, kind, model, func(*Listing) bool { return true })
}

// ListingOf is the sheet of a model at a provider: the list's less the contract's discount, and for tokens on standard terms the
// configuration's own price where there is one.
func (c *Catalogue) ListingOf(p *fleet.ProviderSpec, model fleet.ModelName) (*Listing, bool) {
	s, listed := c.Listing(p.Kind, model)
	if !listed {
		s = &Listing{Kind: p.Kind, Model: string(model)}
	}
	if factor := p.Factor(model, fleet.ModelName(s.Model), c.Canonical(p.Kind, model)); !factor.Equal(decimal.NewFromInt(1)) {
		s = s.times(factor)
	}
	for i := range p.Models {
		m := &p.Models[i]
		if m.Name != model || !m.Price.OK {
			continue
		}
		own := *s
		own.Rates, listed = []Rate{{Tier: Standard, Price: m.Price.V}}, true
		s = &own
	}
	return s, listed
}

// times is a sheet of which everything has been multiplied.
func (s *Listing) times(factor decimal.Decimal) *Listing {
	out, note := *s, ", times "+factor.String()+" by contract"
	out.Rates, out.Units = slices.Clone(s.Rates), slices.Clone(s.Units)
	for i := range out.Rates {
		out.Rates[i].Price = out.Rates[i].Price.Times(factor)
		out.Rates[i].Price.Source += note
	}
	for i := range out.Units {
		out.Units[i].Price = out.Units[i].Price.Mul(factor)
		out.Units[i].Source += note
	}
	return &out
}

// Standard is the price of text on standard terms, where input and output have one.
func (s *Listing) Standard() (fleet.Price, bool) {
	p, ok := s.rate(Standard, 0)
	return p, ok && p.Input.Currency() != "" && p.Output.Currency() != ""
}

// LinePrice is the list price of one unit of what a line of usage or of a bill counts, in the tier that it names.
func (c *Catalogue) LinePrice(kind string, line *fleet.BillLine) (fleet.Money, bool) {
	s, ok := c.Listing(kind, line.Model)
	return s.linePrice(ok, line)
}

// LinePriceOf is LinePrice at a provider, with its own prices and contract.
func (c *Catalogue) LinePriceOf(p *fleet.ProviderSpec, line *fleet.BillLine) (fleet.Money, bool) {
	s, ok := c.ListingOf(p, line.Model)
	return s.linePrice(ok, line)
}

func (s *Listing) linePrice(ok bool, line *fleet.BillLine) (fleet.Money, bool) {
	if !ok {
		return fleet.Money{}, false
	}
	return s.LinePrice(line)
}

// LinePrice is as Catalogue.LinePrice, of a listing that may hold a contract's prices.
func (s *Listing) LinePrice(line *fleet.BillLine) (fleet.Money, bool) {
	one := Usage{line.Use: decimal.NewFromInt(1)}
	got, _ := s.Cost(one, Terms{Tier: line.Tier})
	return got.Cost.V, line.Use != fleet.UseUnknown && got.Cost.OK && len(got.Missing) == 0 && s.sells(line.Use)
}

// sells tells whether a listing has a price of a kind of use. Requests of a model that is sold by tokens have none.
func (s *Listing) sells(kind fleet.UsageKind) bool {
	if kind.IsTokens() {
		return true
	}
	_, ok := s.Piece(kind, "")
	return ok
}
