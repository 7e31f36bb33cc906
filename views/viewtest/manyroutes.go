package viewtest

import (
	"fmt"

	"pitwall/fleet"
)

// ManyRoutes is a fleet of so many gateways of three replicas, each with so many routes of four members. Every ninth route has
// something wrong.
func ManyRoutes(gateways, each int) *fleet.Snapshot {
	s := Fleet()
	like, g := s.Routes[0], s.Gateways[0]
	s.Routes, s.Gateways = nil, nil
	for i := range gateways {
		g := g
		g.Spec.ID = fleet.GatewayID(fmt.Sprintf("edge-%02d", i+1))
		s.Gateways = append(s.Gateways, g)
		for k := range each {
			n := i*each + k
			f := figures{float64(20 + n*7%900), 0.001 * float64(n%30), 0.3 + float64(n%7)/9, 0.03, -1, -1, 900}
			state := fleet.StateOK
			if n%9 == 0 {
				state = fleet.StateWarn
			}
			r := route(fleet.RouteID(fmt.Sprintf("route-%04d", n)), state, f, target("b200-a", 50, 0.49, f, 0.9, fleet.StateOK),
				target("h100-b", 30, 0.31, f, 0.9, fleet.StateOK), target("h100-c", 10, 0.1, f, 0.9, state),
				target("h200-dr", 10, 0.1, f, 1.1, fleet.StateOK))
			r.Spec.Gateway, r.Spec.Fallbacks, r.Routing = g.Spec.ID, like.Spec.Fallbacks, like.Routing
			if n%9 == 0 {
				r.Lints, r.Replicas[1].Differs = like.Lints, true
			}
			s.Routes = append(s.Routes, r)
		}
	}
	return s
}
