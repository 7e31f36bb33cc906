package views_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

func ref(kind, namespace, name string) fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: "prod-eu-1", Kind: kind, Namespace: namespace, Name: name}
}

// clusterScene is the incident with its clusters.
func clusterScene(ascii bool) views.Scene {
	sc := scene(ascii, themes.Mono)
	sc.Snap = viewtest.Clusters()
	return sc
}

// clusterScreens are the frames of the screens of clusters.
var clusterScreens = map[string]func(views.Scene, views.Size) string{
	"clusters": func(sc views.Scene, sz views.Size) string {
		return views.Clusters(sc, views.ClusterState{Clusters: views.Table{Selected: "dr-eu-2"}}, sz)
	},
	"fifty": func(sc views.Scene, sz views.Size) string {
		sc.Snap = viewtest.ManyContexts(50)
		return views.Clusters(sc, views.ClusterState{Clusters: views.Table{Selected: "team-0-cluster-3"}}, sz)
	},
	"cluster": func(sc views.Scene, sz views.Size) string {
		return views.Clusters(sc, views.ClusterState{Of: fleet.ObjectRef{Cluster: "dr-eu-2"}}, sz)
	},
	"pods": func(sc views.Scene, sz views.Size) string {
		return views.Pods(sc, views.ClusterState{Pods: views.Table{Selected: "prod-eu-1/llm/llama-70b-6c9f7d5b4-pp8vd"}}, sz)
	},
	"pod": func(sc views.Scene, sz views.Size) string {
		return views.Pods(sc, views.ClusterState{Of: ref("Pod", "llm", "llama-70b-6c9f7d5b4-pp8vd")}, sz)
	},
	"crashing": func(sc views.Scene, sz views.Size) string {
		return views.Pods(sc, views.ClusterState{Of: ref("Pod", "llm", "llama-70b-canary-5d8f-abcde")}, sz)
	},
	"nodes": func(sc views.Scene, sz views.Size) string {
		return views.Nodes(sc, views.ClusterState{Nodes: views.Table{Selected: "prod-eu-1/b200-a-07"}}, sz)
	},
	"node": func(sc views.Scene, sz views.Size) string {
		return views.Nodes(sc, views.ClusterState{Of: ref("Node", "", "b200-a-07"), Pane: "gpus",
			PageGPUs: views.Table{Selected: "GPU-b200-a-07-7"}}, sz)
	},
	"dead-node": func(sc views.Scene, sz views.Size) string {
		return views.Nodes(sc, views.ClusterState{Of: ref("Node", "", "h100-b-03.fra-2.example.net")}, sz)
	},
	"workloads": func(sc views.Scene, sz views.Size) string {
		return views.Workloads(sc, views.ClusterState{Workloads: views.Table{Selected: "prod-eu-1/llm/Deployment/llama-70b"}}, sz)
	},
	"workload": func(sc views.Scene, sz views.Size) string {
		return views.Workloads(sc, views.ClusterState{Of: ref("Deployment", "llm", "llama-70b")}, sz)
	},
	"kevents": func(sc views.Scene, sz views.Size) string { return views.KubeEvents(sc, views.ClusterState{}, sz) },
}

func TestClustersGolden(t *testing.T) {
	for name, draw := range clusterScreens {
		for _, sz := range sizes {
			for _, set := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+strconv.Itoa(sz.W)+"x"+strconv.Itoa(sz.H)+"/"+set, func(t *testing.T) {
					frame := draw(clusterScene(set == "ascii"), sz)
					exact(t, frame, sz)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
	}
}

func TestHostileClustersStayInTheirRow(t *testing.T) {
	hostile := viewtest.HostileClusters()
	c := hostile.Clusters[0]
	draw := map[string]func(views.Scene, views.Size) string{
		"pods":      func(sc views.Scene, sz views.Size) string { return views.Pods(sc, views.ClusterState{}, sz) },
		"nodes":     func(sc views.Scene, sz views.Size) string { return views.Nodes(sc, views.ClusterState{}, sz) },
		"workloads": func(sc views.Scene, sz views.Size) string { return views.Workloads(sc, views.ClusterState{}, sz) },
		"kevents":   func(sc views.Scene, sz views.Size) string { return views.KubeEvents(sc, views.ClusterState{}, sz) },
		"clusters":  func(sc views.Scene, sz views.Size) string { return views.Clusters(sc, views.ClusterState{}, sz) },
		"cluster": func(sc views.Scene, sz views.Size) string {
			return views.Clusters(sc, views.ClusterState{Of: fleet.ObjectRef{Cluster: c.ID}}, sz)
		},
		"pod": func(sc views.Scene, sz views.Size) string {
			return views.Pods(sc, views.ClusterState{Of: views.PodRef(c, c.Pods[3])}, sz)
		},
		"node": func(sc views.Scene, sz views.Size) string {
			return views.Nodes(sc, views.ClusterState{Of: views.NodeRef(c, c.Nodes[2])}, sz)
		},
		"workload": func(sc views.Scene, sz views.Size) string {
			return views.Workloads(sc, views.ClusterState{Of: views.WorkloadRef(c, c.Workloads[1])}, sz)
		},
	}
	for name, screen := range draw {
		for _, sz := range sizes {
			sc := scene(true, themes.ANSI16)
			sc.Snap = hostile
			frame := screen(sc, sz)
			exact(t, frame, sz)
			onScreen(t, name, frame, sz)
		}
	}
}

func TestPodsInTroubleComeFirst(t *testing.T) {
	ids := views.PodsOrder(clusterScene(true), views.ClusterState{})["pods"]
	want := []string{"llama-70b-6c9f7d5b4-7hq2m", "llama-70b-6c9f7d5b4-pp8vd", "llama-70b-canary-5d8f-abcde", "mistral-fp8-66d-xw2lq",
		"qwen-embed-845c-m4x9t", "llama-70b-6c9f7d5b4-old01", "llama-dr-00"}
	for i, w := range want {
		if !strings.HasSuffix(ids[i], "/"+w) {
			t.Errorf("row %d is %s, want %s", i, ids[i], w)
		}
	}
	if len(ids) != 11 {
		t.Errorf("%d rows, want 11", len(ids))
	}
}

func TestSilentClusterIsNeverDrawnAsNormal(t *testing.T) {
	sc := clusterScene(true)
	for _, c := range sc.Snap.Clusters {
		c.State = fleet.StateStale
	}
	for name, frame := range map[string]string{
		"pods":      views.Pods(sc, views.ClusterState{}, sizes[0]),
		"nodes":     views.Nodes(sc, views.ClusterState{}, sizes[0]),
		"workloads": views.Workloads(sc, views.ClusterState{}, sizes[0]),
	} {
		for l := range strings.Lines(plain(frame)) {
			if strings.Contains(l, " OK ") {
				t.Errorf("%s draws an old row as fine: %q", name, l)
			}
		}
	}
}

func TestListsChangeNoFrame(t *testing.T) {
	lists := &views.Lists{}
	for name, of := range map[string]fleet.ObjectRef{"all": {}, "one": {Cluster: "dr-eu-2"}, "node": ref("Node", "", "b200-a-01")} {
		for _, table := range []views.Table{{}, {Sort: "name"}, {Sort: "restarts"}, {Sort: "name", Reverse: true}, {
			Filter: views.Filter{Text: fleet.Text("llm"), Match: func(s string) bool { return strings.Contains(s, "llm") }}}} {
			sc := clusterScene(true)
			u := views.ClusterState{Of: of, Pods: table, Nodes: table, PagePods: table}
			want := [2]string{views.Pods(sc, u, sizes[1]), views.Nodes(sc, u, sizes[1])}
			u.Lists = lists
			for range 2 {
				if got := [2]string{views.Pods(sc, u, sizes[1]), views.Nodes(sc, u, sizes[1])}; got != want {
					t.Errorf("%s %+v: a remembered order draws something else:\n%s\n%s", name, table, got[0], want[0])
				}
			}
		}
	}
}

func TestReplicaFindsItsPod(t *testing.T) {
	s := viewtest.Clusters()
	pods := s.Clusters[0].Pods
	for _, c := range []struct {
		name    string
		replica fleet.Replica
		want    string
	}{
		{"by the declaration", fleet.Replica{ID: "declared", Node: "b200-a-07"}, "llama-70b-canary-5d8f-abcde"},
		{"by name", fleet.Replica{ID: "qwen-embed-845c-m4x9t"}, "qwen-embed-845c-m4x9t"},
		{"by namespace and name", fleet.Replica{ID: "llm/qwen-embed-845c-m4x9t"}, "qwen-embed-845c-m4x9t"},
		{"by the address that it is read at", fleet.Replica{ID: "r1", Source: "b200-a-01"}, pods[1].Name},
		{"as the only one with GPUs on its node", fleet.Replica{ID: "r7", Node: "b200-a-07"}, "llama-70b-6c9f7d5b4-7hq2m"},
		{"not where two could be it", fleet.Replica{ID: "r1", Node: "b200-a-01"}, ""},
		{"not where nothing fits", fleet.Replica{ID: "r1", Node: "elsewhere"}, ""},
	} {
		got, why := views.ReplicaPod(s, &fleet.Pool{Spec: fleet.PoolSpec{Replicas: []fleet.ReplicaSpec{
			{ID: "declared", Pod: ref("Pod", "llm", "llama-70b-canary-5d8f-abcde")}}}}, &c.replica)
		if got.Name != c.want || (c.want == "") == why.IsEmpty() {
			t.Errorf("%s: %q (%s), want %q", c.name, got.Name, why, c.want)
		}
	}
	if _, why := views.ReplicaPod(viewtest.Fleet(), &fleet.Pool{}, &fleet.Replica{}); !strings.Contains(why.String(), "no cluster") {
		t.Errorf("without a cluster: %q", why)
	}
}

func TestMachineFindsItsExporterByTheDeclaration(t *testing.T) {
	sc := clusterScene(true)
	p := &sc.Snap.Pools[0]
	p.Nodes[6].ID = "prod-eu-1/b200-a-07"
	p.Spec.Nodes = []fleet.NodeSpec{{ID: "prod-eu-1/b200-a-07", Object: ref("Node", "", "b200-a-07")}}
	of := ref("Node", "", "b200-a-07")
	if ids := views.NodesOrder(sc, views.ClusterState{Of: of})["gpus"]; len(ids) != 8 {
		t.Errorf("%d GPUs, want 8", len(ids))
	}
	of.Cluster = "dr-eu-2" // a machine of the same name elsewhere is another one
	if ids := views.NodesOrder(sc, views.ClusterState{Of: of})["gpus"]; len(ids) != 0 {
		t.Errorf("%d GPUs of another cluster's machine", len(ids))
	}
	if o, why := views.MachineRef(sc.Snap, "prod-eu-1/b200-a-07"); o != ref("Node", "", "b200-a-07") {
		t.Errorf("machine %+v (%s)", o, why)
	}
}
