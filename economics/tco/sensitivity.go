package tco

import (
	"cmp"
	"math"
	"slices"

	"pitwall/fleet"
)

// Swing is what an input alone does to the answer within the range that is plausible for it.
type Swing struct {
	Key             Key
	Label           fleet.Safe
	Unit            Unit
	Low, High       fleet.Safe // ends of the range, as they can be typed
	AtLow, AtHigh   float64    // saving of own GPUs at each end, in dollars over the horizon
	Flips           bool       // the cheaper side is another one at an end
	BreakEvenAtLow  fleet.Maybe[float64]
	BreakEvenAtHigh fleet.Maybe[float64]
}

// Width is how much of the answer depends on it.
func (s *Swing) Width() float64 { return math.Abs(s.AtHigh - s.AtLow) }

// swings tries every input at both ends of its range, and leaves out those that change nothing here.
func swings(c *Case, p *point, months int, saving float64) []Swing {
	list := make([]Swing, 0, count)
	for i := range table {
		o := c.values[i].Origin
		s := swing(p, index(i), table[i].Firm && (o == Measured || o == Configured), months, saving)
		if s.Width() >= 0.5 || s.Flips {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b Swing) int { return cmp.Compare(b.Width(), a.Width()) })
	return list
}

func swing(p *point, i index, firm bool, months int, saving float64) Swing {
	in := &table[i]
	low, high := in.ends(p.typed(i), firm)
	s := Swing{Key: in.Key, Label: in.Label, Unit: in.Unit}
	if len(in.Choices) > 0 {
		low, high = extremes(p, i, months)
	}
	s.Low, s.High = in.Text(low), in.Text(high)
	at := func(v float64) (float64, fleet.Maybe[float64]) {
		q := *p
		q.set(i, v)
		x := newPlan(&q)
		return x.saving(months), x.breakEven(1).Stays
	}
	if low == high {
		s.AtLow, s.AtHigh = saving, saving
		return s
	}
	s.AtLow, s.BreakEvenAtLow = at(low)
	s.AtHigh, s.BreakEvenAtHigh = at(high)
	s.Flips = s.AtLow > 0 != (saving > 0) || s.AtHigh > 0 != (saving > 0)
	return s
}

// typed is an input's number as a person writes it.
func (p *point) typed(i index) float64 {
	if table[i].isPercent() {
		return p[i] * percentDigits
	}
	return p[i]
}

// tenth is how far a number that is measured or configured may be off.
const tenth = 0.1

// ends are the plausible ends of an input's range around a value, within its bounds. The value itself is between them.
func (i *Input) ends(v float64, firm bool) (low, high float64) {
	low, high = i.Low, i.High
	switch {
	case firm:
		low, high = v*(1-tenth), v*(1+tenth)
	case i.Scaled:
		low, high = v*i.Low, v*i.High
	}
	low, high = min(threeDigits(low), v), max(threeDigits(high), v)
	if i.Whole {
		low, high = math.Round(low), math.Round(high)
	}
	return max(i.Min, low), min(i.Max, high)
}

// threeDigits rounds an end, which is no more exact than that.
func threeDigits(v float64) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow10(2 - int(math.Floor(math.Log10(math.Abs(v)))))
	return math.Round(v*scale) / scale
}

// extremes are the choices at which own GPUs save least and most.
func extremes(p *point, i index, months int) (low, high float64) {
	least, most := math.Inf(1), math.Inf(-1)
	for n := range table[i].Choices {
		q := *p
		q.set(i, float64(n))
		s := newPlan(&q).saving(months)
		if s < least {
			least, low = s, float64(n)
		}
		if s > most {
			most, high = s, float64(n)
		}
	}
	return low, high
}
