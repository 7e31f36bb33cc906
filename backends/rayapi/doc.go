// Package rayapi reads and changes the applications of Ray Serve by the REST API of Ray's dashboard. The API takes the
// configuration of all applications at once and ends those that are not in it, so that every write sends all of them as
// they were read right before. It can neither rehearse a write nor refuse one that is late: nothing here may assume one.
package rayapi

import (
	"time"

	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

const group = "serve.ray.io"

// kind is one application.
var kind = fleet.ObjectKind{Group: group, Version: "v2", Resource: "applications", Kind: "ServeApplication"}

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return restobjects.Connect(fleet.Connector{
		Kind:  "ray",
		Title: "Ray Serve (REST API)",
		Reads: "applications (API v2 of Ray 2.9 to 2.60) with status, deployments, replicas, resources and configuration",
		Writes: "model, arguments and replicas of declarative applications, by all configurations at once without a precondition; replicas " +
			"of applications with an external scaler",
		Interval:        15 * time.Second,
		NewReader:       newReader,
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}, open, hide)
}

// hide takes the values of variables out of what a screen shows, and arguments that may hold a credential.
func hide(doc any) any {
	return restobjects.Hide(doc, "env_vars", "hf_token", "token", "api_key", "password", "secret")
}
