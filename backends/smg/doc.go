// Package smg reads the workers of SMG (Shepherd Model Gateway) and of the older SGLang router, and takes workers out and puts
// them back. A router forgets a worker that is taken out, with all that was set of it, so that nothing is taken out that the
// configuration could not put back. It must not set priority or cost, which are no weights, nor keep or show a worker's key.
package smg

import (
	"time"

	"pitwall/fleet"
)

// Kind is the word for this system in the configuration.
const Kind = "smg"

// The options of a gateway of this kind.
const (
	OptionMetrics  = "metrics"         // metrics page: an address, ":PORT" of the replica's host, or "none"; :29000 without it
	OptionModel    = "model"           // route of workers that name no model; "unknown" without it
	OptionKey      = "worker_key"      // key that is sent when a worker is put back: "none", "env:NAME" or "file:PATH"
	OptionSettings = "worker_settings" // JSON: what is sent beside the address when a worker is put back, by address
)

// Connector describes the adapter for the registry.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  Kind,
		Title: "SMG and SGLang router",
		Reads: "workers by model and role, their status, circuit breakers and counters, policy " +
			"(SMG 1.9 to 1.13, sglang-router 0.1.9 to 0.3.2)",
		Writes:    "workers in and out; a worker that is out can be put back",
		Interval:  10 * time.Second,
		NewReader: func(s fleet.SourceSpec, d fleet.Deps) (fleet.Reader, error) { return newReader(s, d) },
		NewWriter: newWriter,
	}
}
