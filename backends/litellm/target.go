package litellm

import "pitwall/fleet"

// deploymentOf is the gateway's own name of a target: model_info.id.
func deploymentOf(t fleet.TargetSpec) fleet.DeploymentID {
	if t.Deployment != "" {
		return t.Deployment
	}
	return fleet.DeploymentID(t.ID)
}
