package interlocks

import (
	"slices"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// move is load of one route that is on its way: its weights go from one state to another.
type move struct {
	route    fleet.RouteID
	from, to fleet.Weights
	// burn is what is bought on top per hour when it is over; unknown counts as nothing known to come.
	burn fleet.Maybe[fleet.USDPerHour]
}

// ahead is the fleet as it will be when moves are over that other interlocks must not ignore: what pools and providers carry
// grows by what comes to them. What leaves somewhere is not taken off, since it may come back. Load that cannot be told makes
// the receiver's load unknown.
func ahead(s *fleet.Snapshot, moves []move) *fleet.Snapshot {
	if s == nil || len(moves) == 0 {
		return s
	}
	out := *s
	out.Pools, out.Providers = slices.Clone(s.Pools), slices.Clone(s.Providers)
	for _, m := range moves {
		r := s.Route(m.route)
		if r == nil {
			continue
		}
		for i := range r.Targets {
			t := &r.Targets[i]
			pr := plan.Project(s, r, m.from, m.to, t.Spec.ID)
			if pr.ShareNow.OK && pr.ShareNew.OK && pr.ShareNew.V <= pr.ShareNow.V {
				continue
			}
			if p := out.Pool(t.Spec.Pool); p != nil {
				arrive(&p.Load, pr)
			} else if p := out.Provider(t.Spec.Provider); p != nil {
				arrive(&p.Load, pr)
			}
		}
	}
	return &out
}

// arrive adds what a target would get to what its pool or provider carries.
func arrive(l *fleet.Load, pr plan.Projection) {
	l.Requests = grown(l.Requests, pr.AddedRequests)
	l.InRate = grown(l.InRate, pr.AddedIn)
	l.OutRate = grown(l.OutRate, pr.AddedOut)
}

func grown[T ~float64](now, added fleet.Maybe[T]) fleet.Maybe[T] {
	if !now.OK || !added.OK {
		return fleet.None[T]()
	}
	return fleet.Some(now.V + max(0, added.V))
}

// underWay are the moves of changes of other routes that are open, and of which routes they are.
func underWay(p actions.Plan, s *fleet.Snapshot, b actions.Book) ([]move, []fleet.Safe) {
	var moves []move
	var of []fleet.Safe
	for _, c := range b.Open() {
		if c.Plan.Errand() || c.Plan.Work != nil || c.Plan.Lock() == p.Lock() || s == nil {
			continue
		}
		m := move{route: c.Plan.Route.ID, from: c.Plan.Before, to: c.Plan.After}
		if r := s.Route(m.route); r != nil && r.Weights != nil {
			m.from = r.Weights
		}
		if c.State == actions.StateRollingBack {
			m.to = c.Plan.Before
		} else if c.Plan.BurnNow.OK && c.Plan.BurnThen.OK && len(c.Plan.Steps) > 0 {
			left := float64(len(c.Plan.Steps)-min(c.Step, len(c.Plan.Steps))) / float64(len(c.Plan.Steps))
			m.burn = fleet.Some((c.Plan.BurnThen.V - c.Plan.BurnNow.V) * fleet.USDPerHour(left))
		}
		if m.from.Equal(m.to) {
			continue
		}
		moves, of = append(moves, m), append(of, fleet.Label(string(m.route)))
	}
	return moves, of
}

// WithOpen is a fleet in which what the open changes of other routes still move has arrived already.
func WithOpen(s *fleet.Snapshot, b actions.Book, route fleet.RouteID) *fleet.Snapshot {
	moves, _ := underWay(actions.Plan{Route: fleet.RouteSpec{ID: route}}, s, b)
	return ahead(s, moves)
}

// counting are the interlocks whose figures grow by what is under way.
func counting(id string) bool {
	return slices.Contains([]string{"IL-04", "IL-05", "IL-06", "IL-10", "IL-12"}, id)
}

// withMoves is a plan and a fleet on which what is under way counts.
func withMoves(p actions.Plan, s *fleet.Snapshot, moves []move) (actions.Plan, *fleet.Snapshot) {
	for _, m := range moves {
		if m.burn.V > 0 && p.BurnThen.OK {
			p.BurnThen.V += m.burn.V
		}
	}
	return p, ahead(s, moves)
}
