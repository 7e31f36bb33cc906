// Package istio reads and changes the HTTP rules of VirtualServices of Istio as routes of a gateway. Weights that a controller writes
// are never its to change.
package istio

import (
	"time"

	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

const group = "networking.istio.io"

// kinds are the versions that are known, the newest first. They hold the same.
var kinds = []fleet.ObjectKind{
	{Group: group, Version: "v1", Resource: "virtualservices", Kind: "VirtualService"},
	{Group: group, Version: "v1beta1", Resource: "virtualservices", Kind: "VirtualService"},
	{Group: group, Version: "v1alpha3", Resource: "virtualservices", Kind: "VirtualService"},
}

// interval is how often routes are listed: they change by hand.
const interval = 15 * time.Second

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  "istio",
		Title: "Istio",
		Reads: "VirtualServices (v1, v1beta1, v1alpha3): weights of the destinations of each HTTP rule, retries and timeouts, and which " +
			"controller writes its weights",
		Writes:   "weights of destinations",
		Interval: interval,
		NewReader: func(s fleet.SourceSpec, d fleet.Deps) (fleet.Reader, error) {
			return routeobjects.ClusterReader(s, d, shape{})
		},
		NewWriter: func(g fleet.GatewaySpec, d fleet.Deps) (fleet.RouteWriter, error) {
			return routeobjects.ClusterWriter(g, d, shape{})
		},
	}
}
