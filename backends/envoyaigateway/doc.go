// Package envoyaigateway reads and changes the AIGatewayRoutes of Envoy AI Gateway as routes of a gateway. The HTTPRoute that its
// controller makes of each is only read: what is written there is overwritten.
package envoyaigateway

import (
	"time"

	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

const group = "aigateway.envoyproxy.io"

// kinds are the versions that are known, the newest first.
var kinds = []fleet.ObjectKind{
	{Group: group, Version: "v1beta1", Resource: "aigatewayroutes", Kind: "AIGatewayRoute"},
	{Group: group, Version: "v1alpha1", Resource: "aigatewayroutes", Kind: "AIGatewayRoute"},
}

// interval is how often routes are listed: they change by hand.
const interval = 15 * time.Second

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  "envoy-ai-gateway",
		Title: "Envoy AI Gateway",
		Reads: "AIGatewayRoutes (v1beta1, v1alpha1): weights, priorities and models of the back ends of each rule, whether the HTTPRoute " +
			"made of it holds the same, what gateways say of that",
		Writes:   "weights of back ends",
		Interval: interval,
		NewReader: func(s fleet.SourceSpec, d fleet.Deps) (fleet.Reader, error) {
			return routeobjects.ClusterReader(s, d, shape{})
		},
		NewWriter: func(g fleet.GatewaySpec, d fleet.Deps) (fleet.RouteWriter, error) {
			return routeobjects.ClusterWriter(g, d, shape{})
		},
	}
}
