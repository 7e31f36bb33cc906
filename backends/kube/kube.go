// Package kube watches one Kubernetes cluster: nodes, pods, workloads, autoscalers, disruption budgets and events as
// small rows; it carries requests through the pod proxy and opens single objects in full.
// Single objects are read as they are for whoever knows their kind, and written field by field.
// In a namespace that operators share it keeps locks, copies of changes and words about them.
// It must not change anything in a cluster but by its ObjectWriter and its SharedWriter, keep an object as the API sends it,
// or write where the console draws.
package kube

import (
	"time"

	"pitwall/fleet"
)

// Kind is the connector's word in a configuration.
const Kind = "kubernetes"

// Connector returns the connector of Kubernetes. A source's URL stays empty: the connection is that of a kubeconfig,
// by the options context, kubeconfig and namespace. A URL names an API server that is asked with the source's own
// credential instead. A source is watched; its interval only bounds reads outside of a watch.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  Kind,
		Title: "Kubernetes",
		Reads: "nodes, pods, workloads, autoscalers, disruption budgets and events of one cluster, watched; 1.28 or newer",
		Writes: "fields of objects, each by one patch that tests what it replaces; evictions of pods; in a shared namespace " +
			"Leases and ConfigMaps of its own, and Events with objects that are changed",
		Interval:     30 * time.Second,
		NewReader:    newReader,
		NewCarriers:  newCarriers,
		NewInspector: newInspector,

		NewObjects:      newObjects,
		NewObjectWriter: newObjectWriter,
		NewSharedReader: newSharedReader,
		NewSharedWriter: newSharedWriter,
	}
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	return NewWatcher(spec, deps)
}
