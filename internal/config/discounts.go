package config

import (
	"fmt"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Discount is what a contract makes of list prices.
type Discount struct {
	Multiplier string   `yaml:"multiplier"` // decimal text: "0.85" is 15% off
	Models     []string `yaml:"models,omitempty"`
}

// mostMultiplier is beyond what any surcharge was seen to be: "85" is a percentage in the wrong place.
var mostMultiplier = decimal.RequireFromString("1.5")

func discounts(list []Discount) ([]fleet.Discount, error) {
	var out []fleet.Discount
	for i, d := range list {
		factor, err := decimal.NewFromString(d.Multiplier)
		// An exponent of a billion would be compared digit by digit.
		if err != nil || factor.Exponent() < -6 || factor.Exponent() > 0 || !factor.IsPositive() || factor.GreaterThan(mostMultiplier) {
			return nil, fmt.Errorf(`discount %d: multiplier %q is not above 0 and at most 1.5; "0.85" takes 15%% off`, i+1, d.Multiplier)
		}
		one := fleet.Discount{Factor: factor}
		for _, m := range d.Models {
			if m == "" {
				return nil, fmt.Errorf("discount %d: a model has no name", i+1)
			}
			one.Models = append(one.Models, fleet.ModelName(m))
		}
		out = append(out, one)
	}
	return out, nil
}

func discountsOf(list []fleet.Discount) []Discount {
	var out []Discount
	for _, d := range list {
		one := Discount{Multiplier: d.Factor.String()}
		for _, m := range d.Models {
			one.Models = append(one.Models, string(m))
		}
		out = append(out, one)
	}
	return out
}
