package backends

import (
	"math"
	"slices"
	"time"

	"pitwall/fleet"
)

// Trends keep one value every trendStep for trendSpan; what hangs on replicas and GPUs is kept for shortSpan,
// since there are hundreds of them.
const (
	trendStep = 10 * time.Second
	trendSpan = 6 * time.Hour
	shortSpan = time.Hour
)

// trend is an append-only history. Snapshots share its array: values that were handed
// out are never changed, and old ones leave by moving to a new array.
type trend struct {
	span time.Duration
	end  time.Time // end of the last finished step
	buf  []float64
}

// add records v, NaN for unknown, as the value of the step that at lies in, once that step is over.
func (t *trend) add(at time.Time, v float64) {
	step := at.Truncate(trendStep)
	if t.end.IsZero() {
		t.end = step.Add(-trendStep)
	}
	missed := int(step.Sub(t.end)/trendStep) - 1
	if step.Sub(t.end) < trendStep {
		return
	}
	limit := int(t.span / trendStep)
	for range min(missed, limit) {
		t.buf = append(t.buf, math.NaN())
	}
	t.buf = append(t.buf, v)
	t.end = step
	if spare := limit/4 + 1; len(t.buf) > limit+spare {
		t.buf = append(make([]float64, 0, limit+spare+1), t.buf[len(t.buf)-limit:]...)
	}
}

// before puts values in front of the first one, as far as the span reaches and the values go.
func (t *trend) before(value func(at time.Time) float64) {
	limit, have := int(t.span/trendStep), len(t.buf)
	if have == 0 {
		return // it does not know yet where it begins
	}
	var front []float64
	for n, oldest := 0, 0; have+n < limit; n++ {
		v := value(t.end.Add(-time.Duration(have+n) * trendStep))
		front = append(front, v)
		if !math.IsNaN(v) {
			oldest = n + 1
		}
		if have+n+1 == limit {
			front = front[:oldest]
		}
	}
	slices.Reverse(front)
	t.buf = append(front, t.buf...)
}

func (t *trend) view() fleet.Trend {
	limit := int(t.span / trendStep)
	v := t.buf
	if len(v) > limit {
		v = v[len(v)-limit:]
	}
	return fleet.Trend{Step: trendStep, End: t.end, V: v[:len(v):len(v)]}
}

// trends holds the histories of the fleet by name.
type trends map[string]*trend

func (ts trends) put(key string, span time.Duration, at time.Time, v float64) fleet.Trend {
	t, ok := ts[key]
	if !ok {
		t = &trend{span: span}
		ts[key] = t
	}
	t.add(at, v)
	return t.view()
}

func orNaN[T ~float64](m fleet.Maybe[T]) float64 {
	if !m.OK {
		return math.NaN()
	}
	return float64(m.V)
}
