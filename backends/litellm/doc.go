// Package litellm reads LiteLLM proxies and changes the weights of their routes, by API where the routes
// are kept in a database and by a file edit where they are not.
// It must not ask /health (a billed call for each deployment), /health/drain (takes a worker out for good)
// or /config/yaml (a mock), and must not write anything but weights, the blocked flag, fallbacks, aliases, members that get no traffic,
// and block and limits of keys and teams.
package litellm

import (
	"time"

	"pitwall/fleet"
)

// Kind is the word for this system in the configuration.
const Kind = "litellm"

// simpleShuffle is the one routing strategy that looks at weights (LiteLLM 1.81 to 1.109,
// router_strategy/simple_shuffle.py).
const simpleShuffle = "simple-shuffle"

// Connector describes the adapter for the registry.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  Kind,
		Title: "LiteLLM",
		Reads: "models, weights, live router settings and fallbacks, counters and cooldowns of each replica (1.81 to 1.109)",
		Writes: "weights of database models by API, fallbacks, aliases, block and unblock where the version has them, members added and " +
			"removed without traffic; " +
			"weights of file models by file edit and reload, or in a ConfigMap and a roll of its pods; block and limits of keys and teams",
		Interval: 10 * time.Second,
		NewReader: func(s fleet.SourceSpec, d fleet.Deps) (fleet.Reader, error) {
			return NewReader(s, d)
		},
		NewWriter:    newWriter,
		NewKeyReader: newKeyReader,
	}
}
