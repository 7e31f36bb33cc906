package bills

import (
	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Counted makes the lines of the counters of one result. All have what Line has.
type Counted struct {
	Line  fleet.BillLine
	Lines []fleet.BillLine
	Odd   *Odd
}

// Put adds a line of a counter that is not zero. One that is no number, or below zero, gives a line whose quantity is unknown.
func (c *Counted) Put(use fleet.UsageKind, n Number) {
	if !n.Odd && (!n.OK || n.V.IsZero()) {
		return
	}
	l := c.Line
	l.Use, l.Quantity = use, n.Maybe
	if n.Odd || n.V.IsNegative() {
		l.Quantity = fleet.None[decimal.Decimal]()
		c.Odd.Say(fleet.Text("a counter of usage is no number, or its parts are more than the whole: how much was used is unknown"))
	}
	c.Lines = append(c.Lines, l)
}
