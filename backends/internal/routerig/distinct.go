package routerig

import (
	"testing"

	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// Distinct fails where two routes of an object, or two members of a route, have one name, or text may not reach a screen.
func Distinct(t testing.TB, list []routeobjects.Route) {
	t.Helper()
	routes := map[fleet.RouteID]bool{}
	for _, r := range list {
		if routes[r.ID] {
			t.Errorf("two routes are called %q", r.ID)
		}
		routes[r.ID] = true
		clean(t, string(r.ID), append([]fleet.Safe{r.Routing.Owner, r.Routing.Fixed, r.Routing.Pending, r.Routing.ChangedBy}, r.Notes...)...)
		members := map[fleet.DeploymentID]bool{}
		for _, m := range r.Members {
			if members[m.ID] {
				t.Errorf("two members of %q are called %q", r.ID, m.ID)
			}
			members[m.ID] = true
		}
	}
}
