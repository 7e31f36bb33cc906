package backends

import (
	"math"
	"slices"
	"time"

	"pitwall/fleet"
)

const (
	// shiftMean is over what time a burn before and after a change of weights is averaged.
	shiftMean = 5 * time.Minute
	// shiftShown is for how long it is shown what a change did.
	shiftShown = 24 * time.Hour
)

// shift is what a change of weights did to the burn of a route. What came before is kept, since histories are short.
type shift struct {
	at     time.Time
	before fleet.Maybe[fleet.USDPerHour]
	after  fleet.Maybe[fleet.USDPerHour]
}

// shifted follows the burn of each route over the last change of its weights, whoever made it.
func (w *world) shifted(s *fleet.Snapshot, now time.Time) {
	for i := range s.Routes {
		r := &s.Routes[i]
		key := keyOf(r.Spec)
		t := w.reversals[key]
		if t == nil || t.changed.IsZero() || now.Sub(t.changed) > shiftShown {
			delete(w.shifts, key)
			continue
		}
		sh := w.shifts[key]
		if sh == nil || !sh.at.Equal(t.changed) {
			sh = &shift{at: t.changed, before: meanOf(r.Trends.Burn, t.changed.Add(-shiftMean), t.changed)}
			w.shifts[key] = sh
		}
		if from := t.changed.Add(2 * rateWindow); now.After(from.Add(trendStep)) && now.Before(from.Add(shiftMean+trendStep)) {
			sh.after = meanOf(r.Trends.Burn, from, now)
		}
		s.Spend.Shifted = append(s.Spend.Shifted, fleet.ShiftCost{Route: r.Spec.ID, Gateway: r.Spec.Gateway, At: sh.at, Before: sh.before,
			After: sh.after})
	}
	slices.SortStableFunc(s.Spend.Shifted, func(x, y fleet.ShiftCost) int { return y.At.Compare(x.At) })
}

// meanOf is the mean of the known values of a history between two moments.
func meanOf(t fleet.Trend, from, to time.Time) fleet.Maybe[fleet.USDPerHour] {
	sum, n := 0.0, 0
	for i, v := range t.V {
		at := t.End.Add(-time.Duration(len(t.V)-1-i) * t.Step)
		if !math.IsNaN(v) && at.After(from) && !at.After(to) {
			sum += v
			n++
		}
	}
	if n == 0 {
		return fleet.None[fleet.USDPerHour]()
	}
	return fleet.Some(fleet.USDPerHour(sum / float64(n)))
}
