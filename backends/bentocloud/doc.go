// Package bentocloud reads and changes the deployments of BentoCloud by its REST API, version 2. One deployment is what is
// rolled and what is weighed: its canaries are versions inside of it, so that it alone is an object. It is called
// BentoCloudDeployment, since BentoDeployment is the kind that Yatai keeps in a Kubernetes cluster. The API has no way to
// rehearse a write or to refuse one that is late: nothing here may assume one.
package bentocloud

import (
	"time"

	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

const group = "cloud.bentoml.com"

// The kinds: deployments, and what they run, which is only asked for by its tag.
var (
	kind      = fleet.ObjectKind{Group: group, Version: "v2", Resource: "deployments", Kind: "BentoCloudDeployment"}
	bentoKind = fleet.ObjectKind{Group: group, Version: "v2", Resource: "bentos", Kind: "Bento"}
)

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return restobjects.Connect(fleet.Connector{
		Kind:  "bentocloud",
		Title: "BentoCloud",
		Reads: "deployments (API v2) with status, revision, Bento, canaries and their weights, scaling, strategy",
		Writes: "Bento, canaries and their weights, smallest and largest number of replicas, restart, end, by whole documents " +
			"without a precondition",
		Interval:        20 * time.Second,
		NewReader:       newReader,
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}, open, hide)
}

// hide takes the values of variables out of what a screen shows; secrets are told by their names, which stay.
func hide(doc any) any { return restobjects.Hide(doc, "envs", "config_overrides", "extras") }
