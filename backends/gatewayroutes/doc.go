// Package gatewayroutes knows the HTTPRoutes of the Gateway API: as routes of a gateway, whose weights it reads and writes, and as
// objects of which it drafts weights. Weights that a controller writes are never its to change.
package gatewayroutes

import (
	"context"
	"errors"
	"time"

	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// kind is the only one.
var kind = fleet.ObjectKind{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes", Kind: "HTTPRoute"}

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  "gateway-api",
		Title: "Gateway API",
		Reads: "HTTPRoutes (v1): weights of the back ends of each rule, what gateways say of the route, and which controller writes " +
			"its weights",
		Writes:   "weights of back ends",
		Interval: interval,
		NewReader: func(s fleet.SourceSpec, d fleet.Deps) (fleet.Reader, error) {
			return routeobjects.ClusterReader(s, d, shape{})
		},
		NewWriter: func(g fleet.GatewaySpec, d fleet.Deps) (fleet.RouteWriter, error) {
			return routeobjects.ClusterWriter(g, d, shape{})
		},
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}
}

// interval is how often routes are listed: they change by hand.
const interval = 15 * time.Second

// Orchestrator knows HTTPRoutes.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells times by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, _ fleet.ObjectKind, ref fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := read(ctx, c, ref, a.clock.Now())
	if err != nil {
		return fleet.Rollout{}, err
	}
	return s.rollout(), nil
}

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := read(ctx, c, r.Object, a.clock.Now())
	if err != nil {
		return fleet.Draft{}, err
	}
	switch {
	case r.UID != "" && string(s.o.UID) != r.UID:
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another object has its name by now")
	case w.Do == fleet.DoTraffic:
		return s.weigh(w)
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a route has weights only, and does not say which of its back ends is new: set "+
		"them by pitwall traffic, and change the workloads behind it")
}

func (s *scene) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return &fleet.Error{Kind: kind, Op: string(do) + " HTTPRoute " + fleet.Quote(s.ref.Namespace+"/"+s.ref.Name).String(),
		Err: errors.New(why), Next: "nothing was planned"}
}
