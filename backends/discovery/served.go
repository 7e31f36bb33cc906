package discovery

import (
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// servedModel reads the model out of a container's command and arguments, for engines whose pages do not name it
// (orchestration.md 3.1): the name that clients call, else the weights. "" means that they do not tell, or refer to the
// environment.
func servedModel(args []string) fleet.ModelName { return fleet.ModelName(podspec.ServedBy(args, true)) }

// servedName is the name that clients call, where the command gives it. Weights are no such name: an engine may answer
// to another one.
func servedName(args []string) fleet.ModelName { return fleet.ModelName(podspec.ServedBy(args, false)) }
