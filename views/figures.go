package views

import (
	"pitwall/fleet"
)

// suffix can only be an untyped constant of this program.
type suffix string

// unit adds a unit to a known value; an unknown one stays "-".
func unit(t fleet.Safe, u suffix, known bool) fleet.Safe {
	if !known {
		return t
	}
	switch u {
	case "%":
		return fleet.Concat(t, fleet.Text("%"))
	case "/s":
		return fleet.Concat(t, fleet.Text("/s"))
	default:
		return fleet.Concat(t, fleet.Label(string(u)))
	}
}

// percent draws a ratio with three significant digits, "-" when unknown.
func percent(r fleet.Maybe[fleet.Ratio]) fleet.Safe { return fleet.Show(r) }

// whole draws a ratio as a whole percentage, "-" when unknown.
func whole(r fleet.Maybe[fleet.Ratio]) fleet.Safe {
	if !r.OK {
		return fleet.Text(fleet.Unknown)
	}
	return r.V.Whole()
}

// moneyRate draws "$412/h"; an estimate, or a sum that lacks something, begins with "~".
func moneyRate(u fleet.Maybe[fleet.USDPerHour], estimate bool) fleet.Safe {
	switch {
	case !u.OK:
		return fleet.Text("$-/h")
	case estimate:
		return fleet.Concat(fleet.Text("~$"), u.V.Text(), fleet.Text("/h"))
	default:
		return fleet.Concat(fleet.Text("$"), u.V.Text(), fleet.Text("/h"))
	}
}

// passed tells whether a known value passes a limit that is set.
func passed[T ~float64](m fleet.Maybe[T], limit fleet.Maybe[float64]) bool {
	return limit.OK && over(m, limit.V)
}

// over tells whether a known value passes a limit.
func over[T ~float64](m fleet.Maybe[T], limit float64) bool { return m.OK && float64(m.V) > limit }
