package autoscalers

import (
	"testing"

	"pitwall/backends/internal/scalers"
	"pitwall/backends/internal/toyobjects"
)

func TestNonsenseInAnyFieldIsWithstood(t *testing.T) {
	r := newRig(t)
	toyobjects.Withstands(t, r.o, r.Cluster, scalers.HPAKind, hpa, holdNow, hold(3), free)
	toyobjects.Withstands(t, r.o, r.Cluster, scalers.ScaledObjectKind, keda, holdNow, hold(3), free)
	r.do(hpa, holdNow, "/spec/minReplicas: 2 -> 5\n/spec/maxReplicas: 8 -> 5\n"+`/metadata/annotations/pitwall.dev~1held-from:  -> "{\"min\":2,\"max\":8}"`)
	toyobjects.Withstands(t, r.o, r.Cluster, scalers.HPAKind, hpa, hold(3), free)
}
