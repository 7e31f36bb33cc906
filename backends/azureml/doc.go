// Package azureml reads and changes the online endpoints and deployments of one Azure Machine Learning workspace by Azure
// Resource Manager. There are two kinds, as in the API: an OnlineEndpoint is what is weighed, and what a new model reaches
// by way of a deployment without requests; an OnlineDeployment is what is scaled, and rolled in place, and has the name of
// its endpoint as namespace. Each change is one request on one of the two. The API has no entity tags for them and no
// rehearsal: nothing here may assume one.
package azureml

import (
	"time"

	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

const (
	group = "Microsoft.MachineLearningServices"
	// apiVersion is the newest stable one whose online endpoints were compared with what is read and sent here.
	apiVersion = "2025-12-01"
)

// The kinds. Environments are only asked for the image that they name.
var (
	endpointKind    = fleet.ObjectKind{Group: group, Version: apiVersion, Resource: "onlineEndpoints", Kind: "OnlineEndpoint"}
	deploymentKind  = fleet.ObjectKind{Group: group, Version: apiVersion, Resource: "deployments", Kind: "OnlineDeployment"}
	environmentKind = fleet.ObjectKind{Group: group, Version: apiVersion, Resource: "environments", Kind: "EnvironmentVersion"}
)

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return restobjects.Connect(fleet.Connector{
		Kind:  "azureml",
		Title: "Azure ML online endpoints",
		Reads: "online endpoints (" + apiVersion + ") with traffic and mirrored traffic; their deployments with model, environment, " +
			"instance type and count, provisioning state",
		Writes: "traffic of endpoints; model, environment and instance count of deployments, by single requests without a precondition",
		// Each endpoint costs a request, and a subscription has a budget of them.
		Interval:        time.Minute,
		NewReader:       newReader,
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}, open, hide)
}

// hide takes the values of variables out of what a screen shows.
func hide(doc any) any { return restobjects.Hide(doc, "environmentVariables", "keys") }
