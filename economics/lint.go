package economics

import (
	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// bound is what a part of a price may be as a multiple of the input price. Public price maps had entries of 50 times
// the base price and cached prices in the wrong column.
type bound struct{ least, most decimal.Decimal }

func within(least, most float64) bound {
	return bound{decimal.NewFromFloat(least), decimal.NewFromFloat(most)}
}

// lint doubts a price whose parts stand in no known proportion to each other. It refuses nothing: a contract may be odd.
func lint(mode string, p fleet.Price) []fleet.Safe {
	var out []fleet.Safe
	input := p.Input.Amount()
	check := func(name fleet.Safe, part fleet.Money, b bound) {
		if part.Amount().LessThan(input.Mul(b.least)) || part.Amount().GreaterThan(input.Mul(b.most)) {
			out = append(out, fleet.Concat(name, fleet.Text(" "), fleet.Label(part.Amount().String()), fleet.Text(" is not "),
				fleet.Label(b.least.String()), fleet.Text(" to "), fleet.Label(b.most.String()), fleet.Text(" times the input price "),
				fleet.Label(input.String())))
		}
	}
	if p.CachedIn.OK {
		check(fleet.Text("cached input"), p.CachedIn.V, within(0.05, 1))
	}
	if p.CacheWrite.OK {
		check(fleet.Text("cache write"), p.CacheWrite.V, within(1, 1.5))
	}
	if mode != "embedding" { // embeddings have no output
		check(fleet.Text("output"), p.Output, within(0.8, 20))
	}
	return out
}
