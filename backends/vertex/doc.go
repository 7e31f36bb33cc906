// Package vertex reads and changes the endpoints of one location of Vertex AI by its REST API, version 1. One endpoint is
// what is rolled and what is weighed: the models deployed on it have no resource of their own and are told apart by IDs
// inside of it. It is called VertexEndpoint, since others have endpoints too. What deploys, takes away or scales a model is
// an operation that goes on for minutes and is seen in the endpoint when it is over: nothing here may take its acceptance
// for its end. The project's models themselves are never changed.
package vertex

import (
	"time"

	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

const group = "aiplatform.googleapis.com"

// The kinds: endpoints, what goes on with one, and models, which are only asked for their versions.
var (
	kind          = fleet.ObjectKind{Group: group, Version: "v1", Resource: "endpoints", Kind: "VertexEndpoint"}
	operationKind = fleet.ObjectKind{Group: group, Version: "v1", Resource: "operations", Kind: "Operation"}
	modelKind     = fleet.ObjectKind{Group: group, Version: "v1", Resource: "models", Kind: "VertexModel"}
)

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return restobjects.Connect(fleet.Connector{
		Kind:  "vertex",
		Title: "Vertex AI endpoints",
		Reads: "endpoints (v1) with their traffic split; deployed models with version, machine, accelerators, bounds and available " +
			"replicas; operations under way",
		Writes:          "traffic split, with the entity tag; deployed models: deploy, undeploy, smallest and largest number of replicas",
		Interval:        30 * time.Second,
		NewReader:       newReader,
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}, open, hide)
}

// hide takes out of what a screen shows what a deployed model may be told for itself.
func hide(doc any) any { return restobjects.Hide(doc, "explanationSpec") }
