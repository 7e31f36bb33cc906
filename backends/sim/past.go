package sim

import (
	"iter"

	"pitwall/backends/history"
)

// Past is the fleet's history as the look-back stores it, oldest first.
func (f *Fleet) Past() iter.Seq[history.Point] {
	return func(yield func(history.Point) bool) {
		for p := range f.History() {
			key := "pool/" + string(p.Pool)
			switch {
			case p.Target != "":
				key = "target/" + string(p.Route) + "/" + string(p.Target)
			case p.Provider != "":
				key = "provider/" + string(p.Provider)
			}
			if !yield(history.Point{At: p.At, Key: key, Requests: p.Requests, Errors: p.Errors, In: p.InTokens,
				Out: p.OutTokens, TTFT95: float64(p.TTFT95), Share: float64(p.Seen), Within: p.Within}) {
				return
			}
		}
	}
}
