// Package kong reads the routes of Kong Gateway and changes their weights: targets of the AI plugins and of classic
// upstreams. It must not keep, show or log anything of a target's auth: such values travel from Kong back to Kong, within
// the array that a change of weights has to send whole. It must not write anything but weights, nor POST /config, which
// replaces everything that there is.
package kong

import (
	"time"

	"pitwall/fleet"
)

// Kind is the word for this system in the configuration.
const Kind = "kong"

// The options of a gateway of this kind.
const (
	OptionTokenHeader = "token_header" // header that carries the credential; Kong-Admin-Token without it
	OptionWorkspace   = "workspace"    // workspace whose plugins and upstreams are read; that of the address without it
	OptionUpstreams   = "upstreams"    // which upstreams are routes: names with commas between, "none"; all without it
	OptionMetrics     = "metrics"      // metrics page: an address, or ":PORT" of the replica's host; several with commas between
)

// Connector describes the adapter for the registry.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  Kind,
		Title: "Kong Gateway",
		Reads: "targets, weights and balancers of ai-proxy and ai-proxy-advanced, classic upstreams, data planes, requests by target and " +
			"failures by route (3.10 to 3.15)",
		Writes:    "weights, where Kong keeps its configuration in a database",
		Interval:  10 * time.Second,
		NewReader: func(s fleet.SourceSpec, d fleet.Deps) (fleet.Reader, error) { return newReader(s, d) },
		NewWriter: newWriter,
		Keyless:   "disable the consumer's credential in Kong, or put a rate-limiting or request-termination plugin on it (Admin API, deck)",
	}
}
