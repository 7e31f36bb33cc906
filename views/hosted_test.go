package views_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/views"
)

// hostedScene is a cloud that tells neither how many replicas are ready nor how many GPUs they have.
func hostedScene() (views.Scene, fleet.ObjectRef) {
	sc := clusterScene(true)
	s := *sc.Snap
	gaps := fleet.Gaps{Ready: true, GPUs: true}
	s.Pools = nil
	s.Clusters = []*fleet.Cluster{{ID: "bento", Site: "rented", State: fleet.StateOK, At: sc.Now.Add(-5 * time.Second), Hosted: true,
		Kinds: []fleet.KindWatch{{Kind: "deployments", Synced: true, Count: 1}}, Server: fleet.Text("https://cloud.example"),
		Workloads: []*fleet.Workload{{Kind: "BentoCloudDeployment", Namespace: "north-1", Name: "chat", Desired: 3, State: fleet.StateOK,
			Image: fleet.Text("chat:aaa"), Gaps: gaps}}}}
	sc.Snap = &s
	return sc, fleet.ObjectRef{Cluster: "bento", Kind: "BentoCloudDeployment", Namespace: "north-1", Name: "chat"}
}

// TestACloudHasNoFiguresThatItDoesNotTell holds that what an orchestrator does not tell is never drawn as 0.
func TestACloudHasNoFiguresThatItDoesNotTell(t *testing.T) {
	sc, chat := hostedScene()
	sc.Book.Changes = nil
	row := lineWith(plain(views.Clusters(sc, views.ClusterState{}, sizes[1])), "> bento", "  bento")
	if !strings.Contains(row, "OK") || strings.Contains(row, " 0 ") {
		t.Errorf("the cluster is %q", row)
	}
	works := plain(views.Workloads(sc, views.ClusterState{}, sizes[1]))
	if row := lineWith(works, "> chat", "  chat"); !strings.Contains(row, "-/3") || strings.Contains(row, "0") {
		t.Errorf("the workload is %q in\n%s", row, works)
	}
	if strings.Contains(works, "not read") || strings.Contains(works, "forbidden") {
		t.Errorf("the list is said to be short:\n%s", works)
	}
	r := fleet.Rollout{Object: chat, System: fleet.Text("BentoCloud deployment"), Unit: fleet.Text("replicas"), Desired: 3, Phase: fleet.RolloutDone,
		Gaps: fleet.Gaps{Ready: true, GPUs: true}, Surge: fleet.Surge{Extra: 1}}
	u := views.UpgradesState{Seen: map[fleet.ObjectRef]views.RolloutSeen{chat: {Rollout: r, At: sc.Now, Tried: sc.Now}}}
	list := plain(views.Upgrades(sc, u, sizes[1]))
	if row := lineWith(list, "> chat", "  chat"); !strings.Contains(row, "done") || !strings.Contains(row, "-/3") || strings.Contains(row, " 0 ") {
		t.Errorf("the upgrade is %q in\n%s", row, list)
	}
	u.Of = chat
	page := plain(views.Upgrades(sc, u, sizes[1]))
	for _, want := range []string{"how many are ready is not told", "how many GPUs they have is not told", "REPLICAS - ", "in its cloud's own console"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page:\n%s", want, page)
		}
	}
	if strings.Contains(page, "0 GPUs") || strings.Contains(page, "0 ready") {
		t.Errorf("it has figures that nobody told:\n%s", page)
	}
	one := plain(views.Workloads(sc, views.ClusterState{Of: chat}, sizes[1]))
	if !strings.Contains(one, "3 wanted, - ready, - of the new revision, - available") || !strings.Contains(one, "- each, - when all run") {
		t.Errorf("the page of the workload is\n%s", one)
	}
}
