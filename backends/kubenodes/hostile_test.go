package kubenodes

import (
	"testing"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func TestNonsenseInAnyFieldIsWithstood(t *testing.T) {
	r := newRig(t)
	r.pod("m-0", "n1", "ReplicaSet/m", "chat", readyNow, "volumes: [{name: shm, emptyDir: {}}], ")
	r.pod("m-1", "n2", "ReplicaSet/m", "chat", unready, "")
	r.budget("b", "chat", "", 0, 1, 1, 2)
	toyobjects.Withstands(t, r.o, r.Cluster, nodeKind, n1, fleet.Want{Do: fleet.DoCordon}, fleet.Want{Do: fleet.DoUncordon}, fleet.Want{Do: fleet.DoDrain})
}
