package servers

import (
	"fmt"
	"time"
)

// SlowImage is an image of Serving whose pods run at once and are ready SlowLoad later, as those that load weights.
const (
	SlowImage = "registry.example/vllm/vllm-openai:slow"
	SlowLoad  = 40 * time.Second
)

// slowPods are the stages that play these.
func slowPods() string {
	stage := func(name, phase, ready string, delay time.Duration) string {
		return fmt.Sprintf(`apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: %s}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
    - {key: '.spec.containers.[].image', operator: In, values: [%q]}
    - {key: .status.phase, operator: In, values: [%s]}
    - {key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: NotIn, values: ["True"]}
  weight: 10000
  delay: {durationMilliseconds: %d}
  next:
    statusTemplate: |
      {{ $now := Now }}
      {{ $began := or .status.startTime $now }}
      phase: Running
      startTime: {{ $began | Quote }}
      conditions:
      - {type: Initialized, status: "True", lastTransitionTime: {{ $began | Quote }}}
      - {type: Ready, status: %[5]q, lastTransitionTime: {{ $now | Quote }}}
      - {type: ContainersReady, status: %[5]q, lastTransitionTime: {{ $now | Quote }}}
      containerStatuses:
      {{ range .spec.containers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        ready: %[6]v
        restartCount: 0
        state: {running: {startedAt: {{ $began | Quote }}}}
      {{ end }}
---
`, name, SlowImage, phase, delay.Milliseconds(), ready, ready == "True")
	}
	return stage("pod-loads", "Pending", "False", 0) + stage("pod-has-loaded", "Running", "True", SlowLoad)
}
