// Package portkey reads and changes saved configs of Portkey's control plane, and tells of the open-source gateway, which
// keeps nothing, what it is. A config is sent back whole: what it holds of credentials (virtual keys, api keys, headers) goes
// back as it came, and must never reach a reading, an error, a log or a journal. Nothing but weights may be changed.
package portkey

import (
	"time"

	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// The words for these systems in the configuration.
const (
	Kind        = "portkey"
	KindGateway = "portkey-gateway"
)

// Connectors describes the adapters for the registry.
func Connectors() []fleet.Connector {
	return []fleet.Connector{
		{
			Kind:  Kind,
			Title: "Portkey",
			Reads: "saved configs by the control plane's API (2.0): strategies, targets with their weights, retries, timeouts, " +
				"circuit breakers; with a workspace requests and failures of each model",
			Writes:    "weights of targets, by whole configs with their versions as the lock",
			Interval:  time.Minute,
			NewReader: newReader,
			NewWriter: newWriter,
			Keyless:   "set a usage limit or a rate limit on the API key in Portkey (app, API keys, or PUT /api-keys/{id}), or delete it there",
		},
		{
			Kind:      KindGateway,
			Title:     "Portkey gateway, open source",
			Reads:     "whether it answers: it keeps no routes (1.15)",
			Interval:  15 * time.Second,
			NewReader: newGatewayReader,
		},
	}
}

// kind is what configs are called as documents.
var kind = fleet.ObjectKind{Group: "portkey", Version: "v1", Resource: "configs", Kind: "PortkeyConfig"}

// settle is how long a gateway may go on with an old config. Enterprise gateways ask the control plane for changes each
// minute, drop what was changed and fetch it with the next request.
const (
	pollEvery     = time.Minute
	defaultSettle = 2 * pollEvery
)

var _ routeobjects.Shape = shape{}
