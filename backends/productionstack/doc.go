// Package productionstack reads the router of the vLLM production stack, and takes back ends out and puts them back in the file
// that the router follows (--dynamic-config-yaml, --dynamic-config-json). It must not call /sleep and /wake_up, which act on
// engines, nor write anything but what is listed: back ends, and aliases.
package productionstack

import (
	"time"

	"pitwall/fleet"
)

// Kind is the word for this system in the configuration.
const Kind = "production-stack"

// interval is longer than that of other gateways: the router stands still for 0.1 s as it writes its metrics page
// (psutil.cpu_percent within an async handler, production-stack a6c01db).
const interval = 15 * time.Second

// Connector describes the adapter for the registry.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  Kind,
		Title: "vLLM production-stack router",
		Reads: "back ends, models, aliases and routing logic that it holds, requests, failures and latency by back end and model " +
			"(2026, a6c01db)",
		Writes:   "which back ends are in, and aliases, in the file that it follows: a ConfigMap, or a file of its own machine",
		Interval: interval,
		NewReader: func(s fleet.SourceSpec, d fleet.Deps) (fleet.Reader, error) {
			return newReader(s, d)
		},
		NewWriter: newWriter,
	}
}
