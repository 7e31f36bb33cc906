package envoyaigateway

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/parents"
	"pitwall/fleet"
)

// The kinds around: what the controller makes of a route, and what says how a gateway retries.
var (
	madeKind   = fleet.ObjectKind{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes", Kind: "HTTPRoute"}
	policyKind = fleet.ObjectKind{Group: "gateway.envoyproxy.io", Version: "v1alpha1", Resource: "backendtrafficpolicies",
		Kind: "BackendTrafficPolicy"}
)

// around is what was read beside the routes.
type around struct {
	namespace string // "" for all
	made      map[string]*made
	policies  []*policy
	// noMade and noPolicies say that they could not be read.
	noMade, noPolicies bool
}

// made is an HTTPRoute that the controller makes of a route.
type made struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Parents []parents.Ref `json:"parentRefs"`
		Rules   []struct {
			Backends []struct {
				Weight *int `json:"weight"`
			} `json:"backendRefs"`
		} `json:"rules"`
	} `json:"spec"`
	Status struct {
		Parents []parents.Said `json:"parents"`
	} `json:"status"`
}

// policy is what a BackendTrafficPolicy says of how gateways answer failures.
type policy struct {
	Metadata struct {
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Spec struct {
		Targets   []target `json:"targetRefs"`
		Target    *target  `json:"targetRef"`
		Selectors []any    `json:"targetSelectors"`
		Retry     *struct {
			Retries *int `json:"numRetries"`
		} `json:"retry"`
		Health any `json:"healthCheck"`
	} `json:"spec"`
}

type target struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

func readAround(ctx context.Context, c fleet.Objects, namespace string) (*around, []fleet.Safe, error) {
	a := &around{namespace: namespace, made: map[string]*made{}}
	var unread []fleet.Safe
	routes, err := listing.Of[made](ctx, c, madeKind, namespace, "")
	switch {
	case fleet.KindOf(err) == fleet.KindAuth:
		a.noMade = true
		unread = append(unread, fleet.Textf("whether gateways took its routes over may not be read: %s", fleet.Cause(err)))
	case child.PassOver(err) != nil:
		return nil, nil, err
	}
	for _, r := range routes {
		if owner.Holder(fleet.ObjectRef{}, &r.ObjectMeta).Kind == "AIGatewayRoute" {
			a.made[r.Namespace+"/"+r.Name] = r
		}
	}
	a.policies, err = listing.Of[policy](ctx, c, policyKind, namespace, "")
	if fleet.KindOf(err) == fleet.KindAuth {
		a.noPolicies = true
		unread = append(unread, fleet.Textf("whether its gateways retry may not be read: %s", fleet.Cause(err)))
	}
	return a, unread, child.PassOver(err)
}

// retry is what policies say of a route's retries: how many, where one says it; whether anything answers failures, unknown where
// not all is read that could say it.
func (a *around) retry(o *object) (times fleet.Maybe[fleet.Count], answered fleet.Maybe[bool]) {
	if a.noPolicies {
		return times, answered
	}
	answered = fleet.Some(false)
	for _, p := range o.Spec.Parents {
		if a.namespace != "" && p.In(o.Namespace).Namespace != a.namespace {
			answered = fleet.None[bool]() // a policy of that gateway is not read
		}
	}
	for _, p := range a.policies {
		if len(p.Spec.Selectors) > 0 { // they go by labels
			answered = fleet.None[bool]()
		}
		if p.Spec.Retry == nil && p.Spec.Health == nil || !p.of(o) {
			continue
		}
		if r := p.Spec.Retry; r != nil && r.Retries != nil && *r.Retries >= 0 {
			times = fleet.Some(fleet.Count(*r.Retries))
		}
		return times, fleet.Some(true)
	}
	return times, answered
}

// of tells whether a policy is for the HTTPRoute of a route, which has its name, or for one of its gateways.
func (p *policy) of(o *object) bool {
	targets := p.Spec.Targets
	if p.Spec.Target != nil {
		targets = append(targets, *p.Spec.Target)
	}
	for _, t := range targets {
		if t.Kind == "HTTPRoute" && t.Name == o.Name && p.Metadata.Namespace == o.Namespace {
			return true
		}
		for _, g := range o.Spec.Parents {
			if g = g.In(o.Namespace); t.Kind == "Gateway" && t.Name == g.Name && p.Metadata.Namespace == g.Namespace {
				return true
			}
		}
	}
	return false
}
