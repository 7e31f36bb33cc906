package fleet

import "slices"

// Pool returns the pool with this ID, or nil.
func (s *Snapshot) Pool(id PoolID) *Pool {
	for i := range s.Pools {
		if s.Pools[i].Spec.ID == id {
			return &s.Pools[i]
		}
	}
	return nil
}

// Provider returns the provider with this ID, or nil.
func (s *Snapshot) Provider(id ProviderID) *Provider {
	for i := range s.Providers {
		if s.Providers[i].Spec.ID == id {
			return &s.Providers[i]
		}
	}
	return nil
}

// Gateway returns the gateway with this ID, or nil.
func (s *Snapshot) Gateway(id GatewayID) *Gateway {
	for i := range s.Gateways {
		if s.Gateways[i].Spec.ID == id {
			return &s.Gateways[i]
		}
	}
	return nil
}

// Cluster returns the cluster with this ID, or nil.
func (s *Snapshot) Cluster(id ClusterID) *Cluster {
	for _, c := range s.Clusters {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Route returns the route with this ID, or nil.
func (s *Snapshot) Route(id RouteID) *Route {
	for i := range s.Routes {
		if s.Routes[i].Spec.ID == id {
			return &s.Routes[i]
		}
	}
	return nil
}

// RouteOf returns the route that a gateway has under the name that it calls this one by, whatever its ID is now; nil where it
// has none.
func (s *Snapshot) RouteOf(spec RouteSpec) *Route {
	for i := range s.Routes {
		if r := &s.Routes[i]; r.Spec.Gateway == spec.Gateway && r.Spec.Called() == spec.Called() {
			return r
		}
	}
	return nil
}

// RouteAt returns the route that a gateway answers a public name with: its own name before an alias; nil where it has none.
func (s *Snapshot) RouteAt(gateway GatewayID, name RouteID) *Route {
	var byAlias *Route
	for i := range s.Routes {
		r := &s.Routes[i]
		switch {
		case r.Spec.Gateway != gateway:
		case r.Spec.Called() == name:
			return r
		case byAlias == nil && slices.Contains(r.Routing.Aliases, name):
			byAlias = r
		}
	}
	return byAlias
}

// Site returns the site with this ID, or nil.
func (s *Snapshot) Site(id SiteID) *Site {
	for i := range s.Sites {
		if s.Sites[i].ID == id {
			return &s.Sites[i]
		}
	}
	return nil
}

// Source returns the status of a source, or nil.
func (s *Snapshot) Source(id SourceID) *SourceStatus {
	for i := range s.Sources {
		if s.Sources[i].ID == id {
			return &s.Sources[i]
		}
	}
	return nil
}

// Target returns the member of the route with this ID, or nil.
func (r *Route) Target(id TargetID) *Target {
	for i := range r.Targets {
		if r.Targets[i].Spec.ID == id {
			return &r.Targets[i]
		}
	}
	return nil
}

// Order returns the targets' IDs in configured order.
func (r *Route) Order() []TargetID {
	ids := make([]TargetID, len(r.Targets))
	for i := range r.Targets {
		ids[i] = r.Targets[i].Spec.ID
	}
	return ids
}

// ProbesOf are the live probes of a pool, a provider's models, or a gateway's routes, in configured order.
func (s *Snapshot) ProbesOf(sub Subject) []*SourceStatus {
	var list []*SourceStatus
	for i := range s.Sources {
		x := &s.Sources[i]
		if x.Probe != nil && x.Subject.Pool == sub.Pool && x.Subject.Provider == sub.Provider && x.Subject.Gateway == sub.Gateway {
			list = append(list, x)
		}
	}
	return list
}

// ProbesPerDay is what all live probes cost in a day by the price list, at the most; unknown where none costs.
func (s *Snapshot) ProbesPerDay() Maybe[Money] {
	var sum Maybe[Money]
	for i := range s.Sources {
		p := s.Sources[i].Probe
		if p == nil || !p.PerDay.OK {
			continue
		}
		more, err := sum.V.Add(p.PerDay.V)
		if err != nil {
			return None[Money]() // two currencies
		}
		sum = Some(more)
	}
	return sum
}
