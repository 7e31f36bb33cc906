package runner

import (
	"testing"
	"time"

	"pitwall/fleet"
)

func TestReplicasThatBearTheNameOfAPodAreCompared(t *testing.T) {
	s := &fleet.Snapshot{
		Pools: []fleet.Pool{{Spec: fleet.PoolSpec{ID: "llama", Replicas: []fleet.ReplicaSpec{{ID: "n0"}, {ID: "n1"}}},
			Replicas: []fleet.Replica{{ID: "n0", Load: fleet.Load{At: time.Unix(0, 0)}}, {ID: "n1", Load: fleet.Load{At: time.Unix(0, 0)}}}}},
		Clusters: []*fleet.Cluster{{ID: object.Cluster, Pods: []*fleet.Pod{{Namespace: object.Namespace, Name: "n0"},
			{Namespace: object.Namespace, Name: "n1"}}}},
	}
	if got := replicasOf(s, &object, []string{"n1"}); len(got) != 1 || got[0].ID != "n1" {
		t.Errorf("%+v", got)
	}
}
