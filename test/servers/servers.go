// Package servers starts real servers for tests and measurements: a Kubernetes control plane whose nodes are played by
// KWOK, the controller of Argo Rollouts, Prometheus, Alertmanager, Ray Serve, BentoML, Portkey's gateway, SMG. Everything listens on
// the loopback address alone, but for the inner ports of Ray, the metrics of that controller and Portkey's gateway, which cannot;
// keeps its files in a folder of its own and ends with its owner. It must not judge anything, and pitwall itself must not import it.
//
// Programs are found where the environment says, which test/real/run.sh prepares; a variable that is not set is
// ErrMissing, so that a test can skip with that sentence.
package servers

import (
	"errors"
	"fmt"
	"os"
)

// Names of environment variables with the paths of programs.
const (
	ClusterVariable      = "PITWALL_TEST_CLUSTER"      // the folder that test/cluster/build.sh prints
	RolloutsVariable     = "PITWALL_TEST_ROLLOUTS"     // the folder that test/rollouts/build.sh prints
	PrometheusVariable   = "PITWALL_TEST_PROMETHEUS"   // prometheus
	AlertmanagerVariable = "PITWALL_TEST_ALERTMANAGER" // alertmanager
	RayVariable          = "PITWALL_TEST_RAY"          // a python with ray[serve]
	BentoMLVariable      = "PITWALL_TEST_BENTOML"      // bentoml
	NodeVariable         = "PITWALL_TEST_NODE"         // node
	PortkeyVariable      = "PITWALL_TEST_PORTKEY"      // the script that starts Portkey's gateway
	StackRouterVariable  = "PITWALL_TEST_STACK_ROUTER" // vllm-router of the production stack
	SMGVariable          = "PITWALL_TEST_SMG"          // a python with smg
	SGLangRouterVariable = "PITWALL_TEST_SGLANGROUTER" // a python with sglang-router
)

// ErrMissing says that a program was not prepared.
var ErrMissing = errors.New("a program of the test bed is missing")

// program is the path in a variable.
func program(variable, what string) (string, error) {
	path := os.Getenv(variable)
	if path == "" {
		return "", fmt.Errorf("%w: %s names no %s; make test-real prepares it", ErrMissing, variable, what)
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return path, nil
}
