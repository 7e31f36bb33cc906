package economics

import (
	"slices"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Sheet finds all that the list says of a model, by its name as Price does.
func (c *Catalogue) Sheet(kind string, model fleet.ModelName) (*Sheet, bool) {
	return find(c.sheets, kind, model, func(*Sheet) bool { return true })
}

// SheetOf is the sheet of a model at a provider: the list's less the contract's discount, and for tokens on standard terms the
// configuration's own price where there is one.
func (c *Catalogue) SheetOf(p *fleet.ProviderSpec, model fleet.ModelName) (*Sheet, bool) {
	s, listed := c.Sheet(p.Kind, model)
	if !listed {
		s = &Sheet{Kind: p.Kind, Model: string(model)}
	}
	if factor := p.Factor(model); !factor.Equal(decimal.NewFromInt(1)) {
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
func (s *Sheet) times(factor decimal.Decimal) *Sheet {
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
func (s *Sheet) Standard() (fleet.Price, bool) {
	p, ok := s.rate(Standard, 0)
	return p, ok && p.Input.Currency() != "" && p.Output.Currency() != ""
}
