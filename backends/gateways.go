package backends

import (
	"math"
	"slices"
	"time"

	"pitwall/fleet"
)

// coolingWindow is how long a cool-down that was counted still marks a target: gateways tell that one began,
// not that it ended (LiteLLM has no such endpoint).
const coolingWindow = 30 * time.Second

// gateway builds one gateway from its replicas.
func (w *world) gateway(spec fleet.GatewaySpec, now time.Time) fleet.Gateway {
	g := fleet.Gateway{Spec: spec, State: fleet.StateOK}
	for _, r := range spec.Replicas {
		replica := w.gatewayReplica(spec, r, now)
		g.Replicas = append(g.Replicas, replica)
		if replica.State.Rank() > g.State.Rank() {
			g.State = replica.State
			g.Why = fleet.Concat(fleet.Label(string(r.ID)), fleet.Text(": "), replica.Why)
		}
	}
	g.Writable, g.WritableWhy = writable(spec, g.Replicas)
	w.gatewayMoney(&g)
	return g
}

// gatewayMoney takes over what the replicas say of spending, as the one that was told last has it: they share what they tell.
func (w *world) gatewayMoney(g *fleet.Gateway) {
	var budgetsAt time.Time
	for _, r := range g.Spec.Replicas {
		s := w.index.gateway(g.Spec.ID, r.ID)
		if s == nil || s.last.Gateway == nil {
			continue
		}
		told := s.last.Gateway
		if told.Spend != nil && (g.Spend == nil || told.Spend.At.After(g.Spend.At)) {
			g.Spend = told.Spend
		}
		if len(told.Budgets) > 0 && s.status.LastGood.After(budgetsAt) {
			g.Budgets, budgetsAt = told.Budgets, s.status.LastGood
		}
	}
}

func (w *world) gatewayReplica(spec fleet.GatewaySpec, r fleet.GatewayReplicaSpec, now time.Time) fleet.GatewayReplica {
	out := fleet.GatewayReplica{ID: r.ID, State: fleet.StateUnknown, Why: fleet.Text("not read yet"),
		Mode: fleet.GatewayModeUnknown}
	s := w.index.gateway(spec.ID, r.ID)
	if s == nil {
		return out
	}
	st := &s.status
	out.Source, out.At, out.Version = s.spec.ID, st.LastGood, st.Version
	if g := s.last.Gateway; g != nil {
		out.Mode, out.ModeWhy, out.InFlight = g.Mode, g.ModeWhy, g.InFlight
		out.Strategy = fleet.Label(g.Strategy)
	}
	lost := w.index.lostWay(s)
	switch {
	case lost != nil && (st.Failing >= failuresToSay || s.stale(now)):
		gone := wayGone(s, lost, now)
		out.State, out.Why = gone.state, gone.why
	case st.Failing >= failuresToSay && (st.ErrKind == fleet.KindUnreachable || st.ErrKind == fleet.KindTimeout):
		out.State, out.Why = fleet.StateDown, st.Err
	case st.LastGood.IsZero():
		if !st.Err.IsEmpty() {
			out.Why = st.Err
		}
	case s.stale(now):
		out.State = fleet.StateStale
		out.Why = fleet.Concat(fleet.Text("last read "), fleet.Age(now.Sub(st.LastGood)), fleet.Text(" ago"))
	default:
		out.State, out.Why = fleet.StateOK, fleet.Safe{}
	}
	w.settle("gw/"+string(spec.ID)+"/"+string(r.ID), out.State, fleet.Label(string(r.ID)), out.Why, now)
	return out
}

// writable says what the gateway's mode allows. It is unknown until every replica's mode is known.
func writable(spec fleet.GatewaySpec, replicas []fleet.GatewayReplica) (fleet.Maybe[bool], fleet.Safe) {
	if spec.TLS.Insecure {
		return fleet.Some(false), fleet.Text("TLS is not verified for this gateway: writes are off")
	}
	for _, r := range replicas {
		if r.Mode == fleet.GatewayModeNone {
			return fleet.Some(false), r.ModeWhy
		}
	}
	if spec.File != nil && slices.ContainsFunc(spec.Replicas, func(r fleet.GatewayReplicaSpec) bool { return len(r.Reload) > 0 }) {
		return fleet.Some(true), fleet.Text("through its configuration file and a reload of each replica")
	}
	if spec.File != nil {
		return fleet.Some(true), fleet.Text("through its configuration file")
	}
	if spec.Cluster != "" && spec.Options[fleet.OptionConfigMap] != "" {
		return fleet.Some(true), fleet.Concat(fleet.Text("through its ConfigMap in cluster "), fleet.Label(string(spec.Cluster)))
	}
	for _, r := range replicas {
		switch r.Mode {
		case fleet.GatewayModeDatabase, fleet.GatewayModeAPI:
		case fleet.GatewayModeObjects:
			return fleet.Some(true), fleet.Concat(fleet.Text("through objects of cluster "), fleet.Label(string(spec.Cluster)))
		case fleet.GatewayModeUnknown:
			return fleet.None[bool](), fleet.Concat(fleet.Text("the mode of "), fleet.Label(string(r.ID)), fleet.Text(" is not known yet"))
		default:
			return fleet.Some(false), fleet.Concat(fleet.Label(string(r.ID)), fleet.Text(" keeps its routing in a file ("), r.ModeWhy,
				fleet.Text("): configure file and reload for this gateway to change it"))
		}
	}
	if len(replicas) == 0 {
		return fleet.None[bool](), fleet.Text("no replica is configured")
	}
	return fleet.Some(true), fleet.Text("through its API")
}

// routeSpecs returns the declared routes, completed with members that the gateways hold and the configuration does
// not name, and routes that only the gateways know. No two have the same ID.
func (w *world) routeSpecs(now time.Time) []fleet.RouteSpec {
	specs := slices.Clone(w.inventory.Routes)
	for _, g := range w.inventory.Gateways {
		for _, r := range g.Replicas {
			s := w.index.gateway(g.ID, r.ID)
			if s == nil || s.last.Gateway == nil {
				continue
			}
			for _, d := range s.last.Gateway.Deployments {
				specs = addMember(specs, g.ID, d)
			}
		}
	}
	w.identify(specs, now)
	return specs
}

func addMember(specs []fleet.RouteSpec, gateway fleet.GatewayID, d fleet.DeploymentReading) []fleet.RouteSpec {
	i := slices.IndexFunc(specs, func(r fleet.RouteSpec) bool { return r.Called() == d.Route && r.Gateway == gateway })
	if i < 0 {
		specs = append(specs, fleet.RouteSpec{ID: d.Route, Gateway: gateway})
		i = len(specs) - 1
	}
	for _, t := range specs[i].Targets {
		if deployment(t) == d.ID {
			return specs
		}
	}
	// A new slice: the inventory's own must not grow.
	specs[i].Targets = append(slices.Clip(specs[i].Targets), fleet.TargetSpec{
		ID: fleet.TargetID(d.ID), Deployment: d.ID, Model: d.Model})
	return specs
}

// deployment is the gateway's name of a target.
func deployment(t fleet.TargetSpec) fleet.DeploymentID {
	if t.Deployment != "" {
		return t.Deployment
	}
	return fleet.DeploymentID(t.ID)
}

// replicaView is the routing state of one route on one gateway replica.
func (w *world) replicaView(
	spec fleet.RouteSpec, r fleet.GatewayReplicaID, now time.Time,
) (fleet.RouteReplica, []fleet.TargetID, fleet.Safe) {
	out := fleet.RouteReplica{ID: r, Stale: true}
	s := w.index.gateway(spec.Gateway, r)
	if s == nil || s.last.Gateway == nil {
		return out, nil, fleet.Safe{}
	}
	out.At, out.Stale = s.status.LastGood, s.stale(now)
	out.Weights = fleet.Weights{}
	listed := s.last.Gateway.Routing[spec.Called()].Listed
	var unset []fleet.TargetID
	var remark fleet.Safe
	for _, t := range spec.Targets {
		d := findDeployment(s.last.Gateway, spec.Called(), deployment(t))
		switch {
		case d == nil && listed:
			out.Weights[t.ID] = 0
		case d == nil: // evicted, or never loaded: it is missing from Weights
		case !d.Weight.OK:
			unset = append(unset, t.ID)
		case d.Weight.V != math.Trunc(d.Weight.V) || math.Abs(d.Weight.V) > 1e9:
			unset = append(unset, t.ID)
			remark = fleet.Concat(fleet.Label(string(t.ID)), fleet.Text(" has weight "), fleet.Float(d.Weight.V, 3),
				fleet.Text(", not a whole number"))
		default:
			out.Weights[t.ID] = int(d.Weight.V)
		}
	}
	out.Hash = fleet.HashWeights(out.Weights)
	return out, unset, remark
}

func findDeployment(g *fleet.GatewayReading, route fleet.RouteID, id fleet.DeploymentID) *fleet.DeploymentReading {
	for i := range g.Deployments {
		if d := &g.Deployments[i]; d.ID == id && d.Route == route {
			return d
		}
	}
	return nil
}
