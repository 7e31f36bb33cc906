package backends

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/books"
	"pitwall/fleet"
)

// billStatuses are the sources of bills as they do now, with what the books have of them.
func (w *world) billStatuses(a *keptBooks, now time.Time) []fleet.BillStatus {
	var list []fleet.BillStatus
	for _, s := range w.states {
		if s.spec.Subject.About == fleet.AboutBill {
			list = append(list, w.billStatus(a, s, now))
		}
	}
	return list
}

func (w *world) billStatus(a *keptBooks, s *sourceState, now time.Time) fleet.BillStatus {
	st := &s.status
	out := fleet.BillStatus{Source: s.spec.ID, Kind: s.spec.Kind, Provider: s.spec.Subject.Provider, Interval: s.spec.Interval,
		Next:  st.NextTry,
		Stale: s.stale(now) && !s.unasked(now), Refused: st.ErrKind == fleet.KindAuth, Err: st.Err}
	r, ok := a.reads[s.spec.ID]
	if !ok {
		return out
	}
	out.Streams, out.Watermark, out.Refreshed, out.Fetched = r.Streams, r.Watermark, r.Refreshed, r.At
	out.Files, out.Limits, out.Balance, out.Lines = r.Files, r.Limits, r.Balance, a.lines[s.spec.ID]
	out.Calls = r.Calls[books.MonthOf(now)]
	if r.CallPrice.OK {
		out.Paid = fleet.Some(r.CallPrice.V.Mul(decimal.NewFromInt(int64(out.Calls))))
	}
	return out
}
