// Package discovery finds in the rows of a Kubernetes cluster what serves models: engines, exporters, gateways, stores.
// It sends GET only, to ports that pods declare, on a list of paths that change nothing; it must never guess a path.
package discovery
