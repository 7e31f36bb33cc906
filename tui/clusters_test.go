package tui

import (
	"strings"
	"testing"

	"pitwall/fleet"
	"pitwall/tui/tuitest"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// clustered is the world on its clusters.
func clustered() *fleet.Snapshot {
	s := world()
	s.Clusters = viewtest.Clusters().Clusters
	return s
}

// clusterRig is a console on clusters whose objects can be opened.
func clusterRig(t *testing.T) (*rig, *tuitest.Details) {
	t.Helper()
	d := &tuitest.Details{
		Text: []fleet.Safe{fleet.Text("Name: the object"), fleet.Text("Status: as it is")},
		Log:  []fleet.Safe{fleet.Text("INFO loading weights"), fleet.Text("ERROR out of memory")},
	}
	return newRig(t, clustered(), writable(), func(o *Options) { o.Details = d }), d
}

// clusterRigs adds a console for each screen of clusters, and for the text of an object.
func clusterRigs(t *testing.T, rigs map[string]*rig) {
	for name, keys := range map[string][]string{
		"nodes": {"3", "tab"}, "node": {"3", "tab", "enter"}, "node gpus": {"3", "tab", "enter", "tab"},
		"pods": {"3", "tab", "tab"}, "pod": {"3", "tab", "tab", "enter"}, "log": {"3", "tab", "tab", "l"},
		"described": {"3", "tab", "d"}, "raw": {"3", "tab", "y"}, "workloads": {"3", "tab", "tab", "tab"},
		"workload": {"3", "tab", "tab", "tab", "enter"}, "cluster events": {"3", "shift+tab", "shift+tab"},
		"clusters": {"3", "shift+tab"}, "cluster": {"3", "shift+tab", "enter"},
	} {
		r, _ := clusterRig(t)
		r.keys(keys...)
		rigs[name] = r
	}
	workRigs(t, rigs)
}

func (r *rig) at(want place) {
	r.Helper()
	if got := r.m.place(); got != want {
		r.Errorf("at %+v, want %+v\n%s", got, want, r.frame())
	}
}

func object(kind, namespace, name string) fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: "prod-eu-1", Kind: kind, Namespace: namespace, Name: name}
}

func TestTabLeadsFromPoolsThroughTheClusters(t *testing.T) {
	r, _ := clusterRig(t)
	r.keys("3")
	for _, s := range []views.Screen{views.ScreenNodes, views.ScreenPods, views.ScreenWorkloads, views.ScreenKubeEvents,
		views.ScreenClusters, views.ScreenPools} {
		r.keys("tab")
		r.at(place{screen: s})
	}
	r.keys("shift+tab")
	r.at(place{screen: views.ScreenClusters})
	r.keys("esc")
	r.at(place{screen: views.ScreenOverview})
	bare := newRig(t, world(), writable())
	bare.keys("3", "tab")
	bare.wantNotice("this view has one pane")
}

func TestDrillDownFromClusterToPodAndBack(t *testing.T) {
	r, _ := clusterRig(t)
	r.keys("3", "tab")
	r.wants("NODES 5", "b200-a-07")
	r.keys("j", "enter")
	node := place{screen: views.ScreenNodes, object: object("Node", "", "b200-a-07")}
	r.at(node)
	r.wants("SysLogsXIDError is True", "CORDONED", "nvidia.com/gpu-xid-error=true:NoSchedule", "119")
	r.keys("enter")
	r.at(place{screen: views.ScreenPods, object: object("Pod", "llm", "llama-70b-6c9f7d5b4-7hq2m")})
	r.wants("readiness probe failed")
	r.keys("enter") // from a pod to its node, and back
	r.at(node)
	r.keys("esc", "esc")
	r.at(node)
	r.keys("esc")
	r.at(place{screen: views.ScreenNodes})
	if r.m.selected() != "prod-eu-1/b200-a-07" {
		t.Errorf("the cursor is on %q", r.m.selected())
	}
	r.keys("shift+tab", "shift+tab", "j", "enter")
	r.at(place{screen: views.ScreenClusters, object: fleet.ObjectRef{Cluster: "prod-eu-1"}})
	r.keys("tab", "enter")
	if r.m.place().object.Kind != "Node" {
		t.Errorf("tab on a cluster's page does not lead to its nodes: %+v", r.m.place())
	}
}

func TestEventsAndGPUsOpenTheirObject(t *testing.T) {
	r, _ := clusterRig(t)
	r.command("kevents")
	r.keys("enter")
	r.at(place{screen: views.ScreenPods, object: object("Pod", "llm", "llama-70b-6c9f7d5b4-pp8vd")})
	r.keys("enter")
	r.wantNotice("no node of this pod is known")
	r.command("pool b200-a")
	r.keys("tab", "enter")
	r.at(place{screen: views.ScreenNodes, object: object("Node", "", "b200-a-07")})
	r.command("workloads")
	r.keys("enter")
	r.at(place{screen: views.ScreenWorkloads, object: object("Deployment", "llm", "llama-70b")})
	r.wants("4 wanted, 1 ready", "PODS 7")
}

func TestClusterCommands(t *testing.T) {
	for line, want := range map[string]place{
		"nodes": {screen: views.ScreenNodes}, "no": {screen: views.ScreenNodes}, "wl": {screen: views.ScreenWorkloads},
		"ke": {screen: views.ScreenKubeEvents}, "cl": {screen: views.ScreenClusters}, "ctx": {screen: views.ScreenClusters},
		"pods dr-eu-2":                            {screen: views.ScreenPods, object: fleet.ObjectRef{Cluster: "dr-eu-2"}},
		"node b200-a-01":                          {screen: views.ScreenNodes, object: object("Node", "", "b200-a-01")},
		"pod qwen-embed-845c-m4x9t":               {screen: views.ScreenPods, object: object("Pod", "llm", "qwen-embed-845c-m4x9t")},
		"pod llm/qwen-embed-845c-m4x9t":           {screen: views.ScreenPods, object: object("Pod", "llm", "qwen-embed-845c-m4x9t")},
		"pod prod-eu-1/llm/mistral-fp8-66d-xw2lq": {screen: views.ScreenPods, object: object("Pod", "llm", "mistral-fp8-66d-xw2lq")},
	} {
		r, _ := clusterRig(t)
		r.command(line)
		if r.m.place() != want {
			t.Errorf("%q led to %+v, want %+v", line, r.m.place(), want)
		}
	}
	for line, want := range map[string]string{
		"pod nobody": "no watched cluster has a pod nobody", "node": "name a node", "pods nowhere": "no such cluster",
		"node nowhere": "no watched cluster has a node nowhere",
	} {
		r, _ := clusterRig(t)
		r.command(line)
		if r.m.line == nil || !strings.Contains(r.m.line.state.Err.String(), want) {
			t.Errorf("%q: %+v, want %q", line, r.m.line, want)
		}
	}
	r, _ := clusterRig(t)
	r.keys(":")
	r.typed("pod mist")
	r.keys("tab", "enter")
	r.at(place{screen: views.ScreenPods, object: object("Pod", "llm", "mistral-fp8-66d-xw2lq")})
}

func TestFilterAndSortOfPods(t *testing.T) {
	r, _ := clusterRig(t)
	r.command("pods")
	r.keys("/")
	r.typed("crashloop")
	r.keys("enter")
	if got := r.m.rows[panePods]; len(got) != 1 || !strings.HasSuffix(got[0], "abcde") {
		t.Errorf("rows %q", got)
	}
	r.keys("esc", "o", "x")
	if got := r.m.rows[panePods]; len(got) != 11 || !strings.HasSuffix(got[0], "abcde") {
		t.Errorf("by restarts: %q", got)
	}
}

func TestVanishedPodLeavesItsPageAndItsRow(t *testing.T) {
	r, _ := clusterRig(t)
	r.command("pods")
	gone := r.m.selected()
	next := clustered()
	next.Gen++
	c := next.Clusters[0]
	for i, p := range c.Pods {
		if views.RefID(views.PodRef(c, p)) == gone {
			c.Pods = append(c.Pods[:i:i], c.Pods[i+1:]...)
			break
		}
	}
	r.keys("enter", "esc")
	r.send(snapshotMsg{snap: next})
	r.wantNotice(gone + " is gone; the cursor stands on ")
	r.keys("]")
	r.wants("is not in the cluster any more")
}
