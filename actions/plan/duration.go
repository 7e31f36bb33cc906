package plan

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// expect says how long a roll will take, from how long replicas took to be ready before: rounds of as many as may start
// at once, the times in which old and new are compared, and the watch at the end. What waits for GPUs or for a person is
// not in it.
func expect(p *actions.Plan, s *fleet.Snapshot) {
	w := p.Work
	if !w.Rolls() || w.Was.Desired <= 0 || startsNone(p) {
		return
	}
	loads := s.LoadsOf(&w.Was)
	if len(loads) == 0 {
		w.TakesWhy = fleet.Text("how long replicas take to be ready is not known: none that runs shows it")
		return
	}
	load := fleet.Percentile(loads, 0.9)
	n := rounds(w)
	total := time.Duration(n) * load
	text := fleet.Textf("%s of %s (90th percentile of %s)", fleet.Many(n, "round"), fleet.Age(load), fleet.Many(len(loads), "start"))
	var compared time.Duration
	for _, st := range p.Steps {
		compared += st.Hold
	}
	if compared > 0 {
		total += compared
		text = fleet.Concat(text, fleet.Text(", "), fleet.Age(compared), fleet.Text(" compared"))
	}
	if p.Soak > 0 {
		total += p.Soak
		text = fleet.Concat(text, fleet.Text(", "), fleet.Age(p.Soak), fleet.Text(" watched"))
	}
	w.Takes, w.TakesWhy = fleet.Some(total), text
}

// startsNone tells that no replica starts: fewer are wanted, or a roll goes on in which all are new.
func startsNone(p *actions.Plan) bool {
	switch p.Intent.Kind {
	case actions.KindScale:
		return p.Intent.Work.Want.Replicas.Or(p.Work.Was.Desired+1) <= p.Work.Was.Desired
	case actions.KindContinue:
		return p.Work.Was.Updated >= p.Work.Was.Desired
	default:
		return false
	}
}

// rounds counts how often some replicas start together until all are new.
func rounds(w *actions.WorkPlan) int {
	atOnce := max(1, w.Was.Surge.Extra+w.Was.Surge.Missing)
	if w.Was.GPUsEach > 0 && w.Draft.Extra > 0 {
		atOnce = max(1, w.Draft.Extra/w.Was.GPUsEach+w.Draft.Down) // the change itself may set how many
	} else if w.Draft.Down > 0 {
		atOnce = w.Draft.Down
	}
	if w.Was.Surge.Whole {
		atOnce = w.Was.Desired
	}
	n, were := 0, 0
	for _, s := range w.Draft.Stages {
		are := max(s.Until.Updated, s.Until.Ready)
		if s.Until.Done {
			are = w.Was.Desired
		}
		if are > were {
			n += (are - were + atOnce - 1) / atOnce
			were = are
		}
	}
	return n
}
