package drills

import (
	"strconv"

	"pitwall/fleet"
)

// Points draws points and harm: one digit behind the point at most.
func Points(v float64) fleet.Safe {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	if len(s) > 2 && s[len(s)-2:] == ".0" {
		s = s[:len(s)-2]
	}
	return fleet.Label(s)
}

func dollars(v float64) fleet.Safe { return fleet.Label("$" + strconv.FormatFloat(v, 'f', 2, 64)) }
