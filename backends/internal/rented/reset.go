package rented

import (
	"time"

	"pitwall/fleet"
)

// ResetAt is when a limit of money begins anew that is "daily", "weekly" or "monthly": at midnight UTC of each day, Monday or
// first of the month, by the server's clock, told by ours.
func ResetAt(every string, server, now time.Time) fleet.Maybe[time.Time] {
	y, m, d := server.UTC().Date()
	at := time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
	switch every {
	case "daily":
	case "weekly":
		for at.Weekday() != time.Monday {
			at = at.AddDate(0, 0, 1)
		}
	case "monthly":
		at = time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)
	default:
		return fleet.None[time.Time]()
	}
	return fleet.Some(now.Add(at.Sub(server)))
}
