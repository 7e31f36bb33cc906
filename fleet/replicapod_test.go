package fleet_test

import (
	"testing"

	"pitwall/fleet"
)

func TestThePodOfAReplica(t *testing.T) {
	pod := func(name, ip string, port int) *fleet.Pod {
		return &fleet.Pod{Namespace: "llm", Name: name, IP: ip, Ports: []fleet.PodPort{{Port: port}}}
	}
	over := pod("llama-2", "10.0.0.2", 8000)
	over.Phase = fleet.Text("Succeeded")
	s := &fleet.Snapshot{
		Clusters: []*fleet.Cluster{{ID: "east", Pods: []*fleet.Pod{pod("llama-0", "10.0.0.1", 8000), over, pod("twin", "10.0.0.4", 1)}},
			{ID: "west", Pods: []*fleet.Pod{pod("llama-1", "10.0.0.2", 8000), pod("twin", "10.0.0.5", 1)}}},
		Sources: []fleet.SourceStatus{{ID: "by address", URL: fleet.Text("http://10.0.0.2:8000/metrics")},
			{ID: "other port", URL: fleet.Text("http://10.0.0.1:9000")}, {ID: "by name", URL: fleet.Text("http://llama:8000")}},
	}
	p := &fleet.Pool{Replicas: []fleet.Replica{{ID: "r1", Source: "by address"}, {ID: "r2", Source: "other port"}, {ID: "r3", Source: "by name"}}}
	declared := fleet.ObjectRef{Cluster: "north", Kind: "Pod", Namespace: "llm", Name: "x"}
	for name, c := range map[string]struct {
		spec fleet.ReplicaSpec
		want string
	}{
		"declared":              {fleet.ReplicaSpec{ID: "llama-0", Pod: declared}, "north/x"},
		"its name":              {fleet.ReplicaSpec{ID: "llama-0"}, "east/llama-0"},
		"its name in full":      {fleet.ReplicaSpec{ID: "llm/llama-1"}, "west/llama-1"},
		"its address":           {fleet.ReplicaSpec{ID: "r1"}, "west/llama-1"},
		"another port":          {fleet.ReplicaSpec{ID: "r2"}, "/"},
		"a name as the address": {fleet.ReplicaSpec{ID: "r3"}, "/"},
		"two of its name":       {fleet.ReplicaSpec{ID: "twin"}, "/"},
		"one that is over":      {fleet.ReplicaSpec{ID: "llama-2"}, "/"},
	} {
		if got := s.ReplicaPod(p, &c.spec); string(got.Cluster)+"/"+got.Name != c.want {
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
	}
}
