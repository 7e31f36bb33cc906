package servers

// Images of Serving whose pods do not start: what a registry does not have, and what ends as it loads.
const (
	MissingImage  = "registry.example/vllm/vllm-openai:missing"
	CrashingImage = "registry.example/vllm/vllm-openai:crashes"
)

// brokenPods are the stages that play these. They outweigh those of pods that start, which have no weight.
const brokenPods = `---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-image-missing}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
    - {key: '.spec.containers.[].image', operator: In, values: ["` + MissingImage + `"]}
    - {key: .status.phase, operator: In, values: [Pending]}
  weight: 10000
  next:
    statusTemplate: | # without times, so that it changes nothing when it is played again
      phase: Pending
      conditions:
      - {type: Initialized, status: "True"}
      - {type: Ready, status: "False", reason: ContainersNotReady}
      containerStatuses:
      {{ range .spec.containers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        ready: false
        restartCount: 0
        state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image: not found'}}
      {{ end }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-crashes}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
    - {key: '.spec.containers.[].image', operator: In, values: ["` + CrashingImage + `"]}
    - {key: .status.phase, operator: In, values: [Pending]}
  weight: 10000
  next:
    statusTemplate: |
      {{ $now := Now }}
      phase: Running
      startTime: {{ $now | Quote }}
      conditions:
      - {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
      - {type: Ready, status: "False", reason: ContainersNotReady, lastTransitionTime: {{ $now | Quote }}}
      containerStatuses:
      {{ range .spec.containers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        ready: false
        restartCount: 4
        state: {waiting: {reason: CrashLoopBackOff}}
        lastState:
          terminated: {reason: Error, exitCode: 1, message: "KeyError: 'rope_scaling'", startedAt: {{ $now | Quote }},
            finishedAt: {{ $now | Quote }}}
      {{ end }}
---
`
