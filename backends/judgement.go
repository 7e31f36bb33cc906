package backends

import "pitwall/fleet"

// judgement is a state with its evidence; the zero value says nothing.
type judgement struct {
	state fleet.State
	why   fleet.Safe
}

// firstOf takes the first judgement that says something; nothing said means that all is well.
func firstOf(list ...judgement) (fleet.State, fleet.Safe) {
	for _, j := range list {
		if j.state != "" {
			return j.state, j.why
		}
	}
	return fleet.StateOK, fleet.Safe{}
}

// overGuard judges a load by the limits of the routes that it serves.
func overGuard(l fleet.Load, guard fleet.Guard) judgement {
	if e, limit := l.Errors, guard.ErrRatio; e.OK && limit.OK && e.V > limit.V {
		return judgement{fleet.StateCrit, overLimit("err ", e.V.Text(), limit.V.Text(), "%")}
	}
	if t, limit := l.TTFT95, guard.TTFT95; t.OK && limit.OK && t.V > limit.V {
		return judgement{fleet.StateWarn, overLimit("ttft95 ", t.V.Text(), limit.V.Text(), "")}
	}
	return judgement{}
}
