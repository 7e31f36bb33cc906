package pricefile

import (
	"time"

	"pitwall/fleet"
)

// Canonical is a model's name in the list in force.
func (l *Live) Canonical(kind string, model fleet.ModelName) fleet.ModelName {
	return l.Now().Canonical(kind, model)
}

// LinePriceOf is the price of a unit of what a line of usage counts, by the list in force.
func (l *Live) LinePriceOf(p *fleet.ProviderSpec, line *fleet.BillLine) (fleet.Money, bool) {
	return l.Now().LinePriceOf(p, line)
}

// Doubts are the prices in force that look like typing errors.
func (l *Live) Doubts() []fleet.Safe {
	return append(l.Now().Doubts(), l.Now().Rates.Doubts(time.Now())...)
}
