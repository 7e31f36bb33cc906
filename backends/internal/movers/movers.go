// Package movers tells who writes the weights of a route beside people: the controller above it, a Rollout of Argo or a Canary of
// Flagger, which need not own it, and what applies it from a repository. It only reads.
package movers

import (
	"context"
	"encoding/json"
	"strings"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/fleet"
)

// The kinds whose controllers write weights of routes that they need not own.
var (
	RolloutKind = fleet.ObjectKind{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts", Kind: "Rollout"}
	CanaryKind  = fleet.ObjectKind{Group: "flagger.app", Version: "v1beta1", Resource: "canaries", Kind: "Canary"}
)

// Movers are the Rollouts and Canaries of one namespace, or of all.
type Movers struct {
	cluster  fleet.ClusterID
	rollouts []*rollout
	canaries []*canary
	// Unread says why not all are known.
	Unread fleet.Safe
}

// rollout holds what a Rollout of Argo says of routes.
type rollout struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		Strategy struct {
			Canary struct {
				Routing struct {
					Plugins map[string]json.RawMessage `json:"plugins"`
					Istio   struct {
						One  virtual   `json:"virtualService"`
						Many []virtual `json:"virtualServices"`
					} `json:"istio"`
				} `json:"trafficRouting"`
			} `json:"canary"`
		} `json:"strategy"`
	} `json:"spec"`
}

type metadata struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// virtual is a VirtualService as a Rollout names it: NAME, or NAME.NAMESPACE.
type virtual struct {
	Name string `json:"name"`
}

// canary holds what a Canary of Flagger says of routes: it writes all of the route of its service, which it owns only where it
// made it and is told to.
type canary struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		Provider string `json:"provider"`
		Target   struct {
			Name string `json:"name"`
		} `json:"targetRef"`
		Service struct {
			Name     string            `json:"name"`
			Gateways []json.RawMessage `json:"gatewayRefs"`
		} `json:"service"`
	} `json:"spec"`
}

// Read lists them. A cluster without these kinds has none; what may not be read is said.
func Read(ctx context.Context, c fleet.Objects, cluster fleet.ClusterID, namespace string) (*Movers, error) {
	m := &Movers{cluster: cluster}
	unread, err := list(ctx, c, RolloutKind, namespace, &m.rollouts)
	if err != nil {
		return nil, err
	}
	more, err := list(ctx, c, CanaryKind, namespace, &m.canaries)
	switch {
	case unread.IsEmpty():
		m.Unread = more
	case more.IsEmpty():
		m.Unread = unread
	default:
		m.Unread = fleet.Textf("%s; %s", unread, more)
	}
	return m, err
}

func list[T any](ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, namespace string, into *[]*T) (fleet.Safe, error) {
	found, err := listing.Of[T](ctx, c, kind, namespace, "")
	if fleet.KindOf(err) == fleet.KindAuth {
		return fleet.Textf("whether a %s moves its weights may not be read: %s", fleet.Label(kind.Kind), fleet.Cause(err)), nil
	}
	*into = found
	return fleet.Safe{}, child.PassOver(err)
}

// OfHTTPRoute is the Rollout or the Canary that moves the weights of an HTTPRoute; zero for none that is known.
func (m *Movers) OfHTTPRoute(ref fleet.ObjectRef) fleet.ObjectRef {
	return m.of(ref, (*rollout).movesHTTPRoute, func(c *canary) bool { return len(c.Spec.Service.Gateways) > 0 })
}

// OfVirtualService is the same for a VirtualService of Istio.
func (m *Movers) OfVirtualService(ref fleet.ObjectRef) fleet.ObjectRef {
	return m.of(ref, (*rollout).movesVirtualService, func(c *canary) bool { return strings.HasPrefix(c.Spec.Provider, "istio") })
}

func (m *Movers) of(ref fleet.ObjectRef, moves func(*rollout, fleet.ObjectRef) bool, routes func(*canary) bool) fleet.ObjectRef {
	if m == nil {
		return fleet.ObjectRef{}
	}
	for _, r := range m.rollouts {
		if moves(r, ref) {
			return m.ref(RolloutKind, r.Metadata)
		}
	}
	for _, c := range m.canaries {
		name := c.Spec.Service.Name
		if name == "" {
			name = c.Spec.Target.Name
		}
		if name == ref.Name && c.Metadata.Namespace == ref.Namespace && routes(c) {
			return m.ref(CanaryKind, c.Metadata)
		}
	}
	return fleet.ObjectRef{}
}

func (m *Movers) ref(kind fleet.ObjectKind, of metadata) fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: m.cluster, Kind: kind.Kind, Namespace: of.Namespace, Name: of.Name}
}

// movesHTTPRoute: its plugin writes weights of routes that it does not own.
func (r *rollout) movesHTTPRoute(ref fleet.ObjectRef) bool {
	for name, body := range r.Spec.Strategy.Canary.Routing.Plugins {
		if !strings.Contains(strings.ToLower(name), "gatewayapi") {
			continue
		}
		doc, err := jsonptr.Decode(fleet.JSON(body))
		if err != nil {
			continue
		}
		in := jsonptr.Text(doc, "/namespace")
		if in == "" {
			in = r.Metadata.Namespace
		}
		if in != ref.Namespace {
			continue
		}
		found, _ := jsonptr.Find(doc, "/httpRoutes")
		routes, _ := found.([]any)
		names := []string{jsonptr.Text(doc, "/httpRoute")}
		for _, x := range routes {
			names = append(names, jsonptr.Text(x, "/name"))
		}
		for _, n := range names {
			if n == ref.Name {
				return true
			}
		}
	}
	return false
}

func (r *rollout) movesVirtualService(ref fleet.ObjectRef) bool {
	istio := &r.Spec.Strategy.Canary.Routing.Istio
	for _, v := range append([]virtual{istio.One}, istio.Many...) {
		parts := strings.Split(v.Name, ".")
		in := r.Metadata.Namespace
		if len(parts) > 1 {
			in = parts[1]
		}
		if parts[0] != "" && parts[0] == ref.Name && in == ref.Namespace {
			return true
		}
	}
	return false
}
