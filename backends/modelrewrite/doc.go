// Package modelrewrite reads and changes InferenceModelRewrites, by which the endpoint picker of an inference pool splits the
// requests of one model among versions of it, as routes of a gateway. It has no weight 0: who gets nothing is taken off the list.
package modelrewrite

import (
	"time"

	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// kinds are the groups that have it, the newer one first: it moved from the Gateway API Inference Extension to llm-d.
var kinds = []fleet.ObjectKind{
	{Group: "llm-d.ai", Version: "v1alpha2", Resource: "inferencemodelrewrites", Kind: "InferenceModelRewrite"},
	{Group: "inference.networking.x-k8s.io", Version: "v1alpha2", Resource: "inferencemodelrewrites", Kind: "InferenceModelRewrite"},
}

// interval is how often routes are listed: they change by hand.
const interval = 15 * time.Second

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  "model-rewrite",
		Title: "llm-d and Inference Extension",
		Reads: "InferenceModelRewrites (v1alpha2 of llm-d.ai and inference.networking.x-k8s.io): weights of the models of each rule, which " +
			"rule is older, what gateways say of its InferencePool",
		Writes:   "weights of models, from 1; a model with 0 is taken off the list and can be put back",
		Interval: interval,
		NewReader: func(s fleet.SourceSpec, d fleet.Deps) (fleet.Reader, error) {
			return routeobjects.ClusterReader(s, d, shape{})
		},
		NewWriter: func(g fleet.GatewaySpec, d fleet.Deps) (fleet.RouteWriter, error) {
			return routeobjects.ClusterWriter(g, d, shape{})
		},
	}
}
