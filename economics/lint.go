package economics

import (
	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// bound is what a part of a price may be as a multiple of the input price. Public price maps had entries of 50 times
// the base price and cached prices in the wrong column.
type bound struct{ least, most decimal.Decimal }

func within(least, most string) bound {
	return bound{decimal.RequireFromString(least), decimal.RequireFromString(most)}
}

func (b bound) has(part, of decimal.Decimal) bool {
	return !part.LessThan(of.Mul(b.least)) && !part.GreaterThan(of.Mul(b.most))
}

// The bounds of parts against input, of tiers against standard, of long prompts against short ones, of a site's price against
// the built-in one, and of any price at all. A price 1,000 times too high is outside the last two.
var (
	partBounds = []struct {
		kind fleet.UsageKind
		name fleet.Safe
		bound
	}{
		{fleet.UseCacheRead, fleet.Text("cached input"), within("0.05", "1")},
		{fleet.UseCacheWrite5m, fleet.Text("cache write"), within("1", "1.5")},
		{fleet.UseCacheWrite1h, fleet.Text("cache write of an hour"), within("1.5", "2.5")},
		{fleet.UseOutput, fleet.Text("output"), within("0.8", "20")},
		{fleet.UseReasoning, fleet.Text("reasoning"), within("0.8", "20")},
	}
	tierBounds = map[Tier]bound{Standard: within("1", "4"), Batch: within("0.3", "1"), Flex: within("0.3", "1"),
		Priority: within("1", "3")}
	builtIn   = within("0.1", "10")
	anyTokens = within("0.0005", "200")
	anyOutput = within("0.0005", "1000")
)

// lint doubts a rate whose parts stand in no known proportion to each other, to its standard or to the built-in list. It
// refuses nothing: a contract may be odd.
func lint(s *Listing, at int, base *Catalogue) []fleet.Safe {
	r := &s.Rates[at]
	out := lintParts(s.Mode, &r.Price)
	standard, ok := s.rate(Standard, 0)
	if r.Above > 0 && r.Tier != Standard {
		standard, ok = s.rate(r.Tier, 0)
	}
	if ok && (r.Tier != Standard || r.Above > 0) {
		b := tierBounds[r.Tier]
		if r.Above > 0 {
			b = tierBounds[Standard]
		}
		out = append(out, compare(tierName(r), &r.Price, &standard, b, fleet.Text(" times the price without it, "))...)
	}
	if base == nil {
		return out
	}
	if known, ok := find(base.sheets, s.Kind, fleet.ModelName(s.Model), func(k *Listing) bool {
		_, ok := k.rate(r.Tier, r.Above)
		return ok
	}); ok {
		list, _ := known.rate(r.Tier, r.Above)
		out = append(out, compare(fleet.Safe{}, &r.Price, &list, builtIn, fleet.Text(" times the price of the built-in list, "))...)
	}
	return out
}

func tierName(r *Rate) fleet.Safe {
	name := fleet.Concat(fleet.Label(string(r.Tier)), fleet.Text(" "))
	if r.Above > 0 {
		return fleet.Concat(fleet.Text("above "), fleet.Int(int(r.Above)), fleet.Text(" tokens, "), name)
	}
	return name
}

func lintParts(mode string, p *fleet.Price) []fleet.Safe {
	var out []fleet.Safe
	for _, kind := range fleet.TokenKinds() {
		m, b := p.Of(kind), anyTokens
		if kind != fleet.UseInput && kind != fleet.UseCacheRead {
			b = anyOutput
		}
		if m.OK && !m.V.Amount().IsZero() && !b.has(m.V.Amount(), decimal.NewFromInt(1)) {
			out = append(out, fleet.Concat(fleet.Label(string(kind)), fleet.Text(" "), digits(m.V.Amount()),
				fleet.Text(" is not what a million tokens cost anywhere: "), digits(b.least), fleet.Text(" to "), digits(b.most)))
		}
	}
	return append(out, lintRatios(mode, p)...)
}

// texts are the modes that answer with text. Others have no output, or one that is no text.
var texts = map[string]bool{"": true, "chat": true, "responses": true, "completion": true}

func lintRatios(mode string, p *fleet.Price) []fleet.Safe {
	input := p.Of(fleet.UseInput)
	if !input.OK {
		return nil
	}
	var out []fleet.Safe
	for _, x := range partBounds {
		m := p.Of(x.kind)
		if m.OK && (x.kind != fleet.UseOutput || texts[mode]) && !x.has(m.V.Amount(), input.V.Amount()) {
			out = append(out, beyond(x.name, m.V, x.bound, fleet.Text(" times the input price "), input.V))
		}
	}
	return out
}

// compare doubts the parts of a price against the same parts of another.
func compare(name fleet.Safe, p, of *fleet.Price, b bound, what fleet.Safe) []fleet.Safe {
	var out []fleet.Safe
	for _, kind := range fleet.TokenKinds() {
		x, y := p.Of(kind), of.Of(kind)
		if x.OK && y.OK && !y.V.Amount().IsZero() && !b.has(x.V.Amount(), y.V.Amount()) {
			out = append(out, beyond(fleet.Concat(name, fleet.Label(string(kind))), x.V, b, what, y.V))
		}
	}
	return out
}

func beyond(name fleet.Safe, part fleet.Money, b bound, what fleet.Safe, of fleet.Money) fleet.Safe {
	return fleet.Concat(name, fleet.Text(" "), digits(part.Amount()), fleet.Text(" is not "), digits(b.least), fleet.Text(" to "),
		digits(b.most), what, digits(of.Amount()))
}

func digits(d decimal.Decimal) fleet.Safe { return fleet.Label(d.String()) }

// unitBounds are what one unit may cost, from the least to the most that any list asks, with room.
var unitBounds = map[fleet.UsageKind]bound{
	fleet.UseVideoSeconds: within("0.0001", "5"), fleet.UseImages: within("0.00001", "5"), fleet.UseMegapixels: within("0.001", "1"),
	fleet.UseAudioSeconds: within("0.000005", "0.1"), fleet.UseCharacters: within("0.0000001", "0.001"),
	fleet.UsePages: within("0.0001", "0.2"), fleet.UseRequests: within("0.00001", "0.5"), fleet.UseToolCalls: within("0.0005", "0.5"),
}

func lintUnit(u PiecePrice) []fleet.Safe {
	b, ok := unitBounds[u.Use]
	one := u.Price.Amount().Div(u.Per)
	if !ok || one.IsZero() || b.has(one, decimal.NewFromInt(1)) {
		return nil
	}
	return []fleet.Safe{fleet.Concat(digits(u.Price.Amount()), fleet.Text(" is not what a "), fleet.Label(u.Unit),
		fleet.Text(" costs anywhere: "), digits(b.least.Mul(u.Per)), fleet.Text(" to "), digits(b.most.Mul(u.Per)))}
}
