package tco

import "pitwall/fleet"

// BreakEven is the volume in the first month, in million tokens a day, from which own GPUs are cheaper.
type BreakEven struct {
	Stays fleet.Maybe[float64] // above it they stay cheaper; unknown means never below a million million tokens a day
	First fleet.Maybe[float64] // above it they are cheaper for the first time: between, it depends on how full instances are
}

// breakEven finds the break-even of a number of months together; of one month it is that at today's volume and prices. The cost of own
// GPUs is a step function of the volume and never falls, that of an API a line. From above, the volume at which the API would
// cost what own GPUs cost comes down to the last crossing, and from below it comes up to the first.
func (x *plan) breakEven(months int) BreakEven {
	line := x.line(months)
	if line.slope <= line.steps {
		return BreakEven{}
	}
	top := line.over / (line.slope - line.steps)
	if top > mostVolume {
		return BreakEven{}
	}
	stays := x.settle(months, max(0, top), line, func(next, v float64) bool { return next < v })
	first := x.settle(months, 0, line, func(next, v float64) bool { return next > v })
	return BreakEven{Stays: fleet.Some(stays), First: fleet.Some(min(first, stays))}
}

// bounds are the two sides as lines: slope of the API less what own GPUs send it, and steps with over, from above.
type bounds struct{ slope, steps, over, fixed float64 }

func (x *plan) line(months int) bounds {
	var b bounds
	var at0, at1 float64
	for m := range months {
		a := x.atAPI(m, 0)
		b.fixed += a.sum()
		b.slope += x.tokensAPI(m, 1) * (1 - x.p[qualityGap])
		zero, one := x.onOwn(m, 0, fromOver), x.onOwn(m, 1, fromOver)
		at0 += zero.sum()
		at1 += one.sum() - one.again
	}
	b.steps, b.over = at1-at0, at0-b.fixed
	return b
}

// settle follows a volume to where both sides cost the same.
func (x *plan) settle(months int, v float64, b bounds, on func(next, v float64) bool) float64 {
	const most = 100_000 // far above what a volume of the table needs
	for range most {
		own := 0.0
		for m := range months {
			o := x.onOwn(m, v, whole)
			own += o.sum() - o.again
		}
		next := max(0, (own-b.fixed)/b.slope)
		if !on(next, v) {
			return v
		}
		v = next
	}
	return v
}
