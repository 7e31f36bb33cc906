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

// Two pools that have one pod: of one model they see the same requests, of two models each its own.
func TestAPodOfSeveralPoolsCountsOnceForEachModel(t *testing.T) {
	pool := func(id string, model fleet.ModelName) fleet.Pool {
		return fleet.Pool{Spec: fleet.PoolSpec{ID: fleet.PoolID(id), Model: model, Replicas: []fleet.ReplicaSpec{{ID: "n0"}}},
			Replicas: []fleet.Replica{{ID: "n0", Source: fleet.SourceID(id), Load: fleet.Load{At: time.Unix(0, 0), Requests: fleet.Some(fleet.Rate(2))}}}}
	}
	s := &fleet.Snapshot{Pools: []fleet.Pool{pool("a", "llama"), pool("b", "llama"), pool("c", "qwen")},
		Clusters: []*fleet.Cluster{{ID: object.Cluster, Pods: []*fleet.Pod{{Namespace: object.Namespace, Name: "n0"}}}}}
	if got := loadOf(s, &object, []string{"n0"}); got.replicas != 2 || got.requests != 4 {
		t.Errorf("%+v", got)
	}
}
