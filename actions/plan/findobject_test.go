package plan

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestObjectsAreFoundByTheNamesPeopleUse(t *testing.T) {
	llama := fleet.ObjectRef{Cluster: "east", Kind: "Deployment", Namespace: "llm", Name: "llama"}
	s := &fleet.Snapshot{
		Pools: []fleet.Pool{{Spec: fleet.PoolSpec{ID: "chat", Workload: llama}}},
		Clusters: []*fleet.Cluster{
			{ID: "east", Nodes: []*fleet.KubeNode{{Name: "gpu-1"}}, Workloads: []*fleet.Workload{
				{Kind: "Deployment", Namespace: "llm", Name: "llama"}, {Kind: "StatefulSet", Namespace: "llm", Name: "qwen"},
				{Kind: "Deployment", Namespace: "other", Name: "qwen"}}},
			{ID: "west", Workloads: []*fleet.Workload{{Kind: "Deployment", Namespace: "llm", Name: "mixtral"}, {Kind: "Deployment", Namespace: "models", Name: "gemma"}, {Kind: "Deployment", Namespace: "llm", Name: "twin"}}},
			{ID: "cloud", Workloads: []*fleet.Workload{{Kind: "OnlineEndpoint", Name: "talk"}, {Kind: "OnlineDeployment", Namespace: "talk", Name: "blue"},
				{Kind: "BentoCloudDeployment", Namespace: "north-1", Name: "bento"}}},
			{ID: "north", Workloads: []*fleet.Workload{{Kind: "Deployment", Namespace: "llm", Name: "twin"}}},
		},
	}
	for _, c := range []struct{ name, kind, cluster, want string }{
		{"chat", "", "", "east Deployment llm/llama"},
		{"llama", "", "", "east Deployment llm/llama"},
		{"llm/llama", "", "", "east Deployment llm/llama"},
		{"deploy/llama", "", "", "east Deployment llm/llama"},
		{"deployments/llm/llama", "", "", "east Deployment llm/llama"},
		{"sts/qwen", "", "", "east StatefulSet llm/qwen"},
		{"other/qwen", "", "", "east Deployment other/qwen"},
		{"gpu-1", "Node", "", "east Node /gpu-1"},
		{"twin", "", "north", "north Deployment llm/twin"},
		{"oep/talk", "", "", "cloud OnlineEndpoint /talk"},
		{"OnlineDeployment/talk/blue", "", "", "cloud OnlineDeployment talk/blue"},
		{"talk/blue", "", "", "cloud OnlineDeployment talk/blue"},
		{"bentocloud/bento", "", "cloud", "cloud BentoCloudDeployment north-1/bento"},
		{"bentoclouddeployments/bento", "", "", "cloud BentoCloudDeployment north-1/bento"},
		{"vep/new", "", "cloud", "cloud VertexEndpoint /new"},
		{"isvc/llm/granite", "", "west", "west InferenceService llm/granite"},
		{"mlm/llm/iris", "", "west", "west Model llm/iris"},
		{"models/llm/iris", "", "west", "west Model llm/iris"},
		{"models/gemma", "", "", "west Deployment models/gemma"}, // a namespace that is called as a kind is
		{"HTTPRoute/llm/chat", "", "west", "west HTTPRoute llm/chat"},
	} {
		o, err := FindObject(s, c.name, c.kind, fleet.ClusterID(c.cluster))
		if got := string(o.Cluster) + " " + o.Kind + " " + o.Namespace + "/" + o.Name; err != nil || got != c.want {
			t.Errorf("%s: %s, %v", c.name, got, err)
		}
	}
	for name, words := range map[string]string{
		"qwen":             "StatefulSet/llm/qwen of east",
		"twin":             "of north",
		"nothing":          "no pool, workload or node",
		"isvc/llm/granite": "no pool, workload or node", // which cluster is not clear
		"deploy/qwen2":     "no pool, workload or node",
	} {
		if o, err := FindObject(s, name, "", ""); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
}
