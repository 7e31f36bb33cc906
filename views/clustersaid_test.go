package views_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// TestANeverHeardClusterHasNoFigures holds that nothing about a cluster that never answered looks like a count.
func TestANeverHeardClusterHasNoFigures(t *testing.T) {
	sc := clusterScene(true)
	s := *sc.Snap
	s.Clusters = []*fleet.Cluster{{ID: "lost", State: fleet.StateDown, Kinds: []fleet.KindWatch{{Kind: "nodes"}, {Kind: "pods"}, {Kind: "events"}},
		Why: fleet.Text("auth: the plugin aws: it did not answer in time and was stopped; nothing was sent; it is asked again; failing for 28s, next try in 21s")}}
	sc.Snap = &s
	list := plain(views.Clusters(sc, views.ClusterState{}, sizes[0]))
	row := lineWith(list, "> lost", "  lost   ")
	if strings.Contains(row, "0") || !strings.Contains(row, "DOWN") {
		t.Errorf("an unheard cluster has figures: %q", row)
	}
	if !strings.Contains(list, "next try in 21s") {
		t.Errorf("the reason is cut beside empty lines:\n%s", list)
	}
	page := plain(views.Clusters(sc, views.ClusterState{Of: fleet.ObjectRef{Cluster: "lost"}}, sizes[0]))
	for _, want := range []string{"never heard", "nothing yet", "none was read", "failing for 28s, next try in"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page:\n%s", want, page)
		}
	}
}

// lineWith is the first line that begins with one of the texts.
func lineWith(frame string, begins ...string) string {
	for line := range strings.Lines(frame) {
		for _, b := range begins {
			if strings.HasPrefix(line, b) {
				return line
			}
		}
	}
	return ""
}

func TestAnEmptyListOfPoolsSaysWhatIsSearched(t *testing.T) {
	sc := scene(true, themes.Mono)
	s := *sc.Snap
	s.Pools, s.Providers = nil, nil
	sc.Snap = &s
	for want, clusters := range map[string][]*fleet.Cluster{
		"no pool and no provider is configured":             nil,
		"none yet: the pods of 1 of 2 clusters are known":   {{ID: "a", State: fleet.StateOK}, {ID: "b", State: fleet.StateUnknown}},
		"none is configured, and none was found yet: :pods": {{ID: "a", State: fleet.StateOK}},
	} {
		s.Clusters = clusters
		if frame := plain(views.Overview(sc, views.OverviewState{}, sizes[0])); !strings.Contains(frame, want) {
			t.Errorf("%q is not said:\n%s", want, frame)
		}
	}
}

func TestWhereToLookNextOfAPodThatNeverBegan(t *testing.T) {
	sc := clusterScene(true)
	at := sc.Snap.At
	page := func(p *fleet.Pod) string {
		s := *sc.Snap
		s.Clusters = []*fleet.Cluster{{ID: "c", State: fleet.StateOK, At: at, Pods: []*fleet.Pod{p}}}
		scene := sc
		scene.Snap = &s
		return plain(views.Pods(scene, views.ClusterState{Of: fleet.ObjectRef{Cluster: "c", Kind: "Pod", Namespace: p.Namespace, Name: p.Name}}, sizes[0]))
	}
	refused := &fleet.Pod{Namespace: "llm", Name: "a", Phase: fleet.Text("Failed"), State: fleet.StateDown,
		Why: fleet.Text("UnexpectedAdmissionError: no healthy devices")}
	if got := page(refused); strings.Contains(got, "l then p") || !strings.Contains(got, "no container began") {
		t.Errorf("a log is promised of what never began:\n%s", got)
	}
	once := &fleet.Pod{Namespace: "llm", Name: "a", Phase: fleet.Text("Failed"), State: fleet.StateDown, Why: fleet.Text("Error 1"),
		LastExit: fleet.Text("Error 1"), LastExitAt: at.Add(-time.Minute)}
	if got := page(once); strings.Contains(got, "l then p") || !strings.Contains(got, "l: its log") {
		t.Errorf("a log from before a restart is promised of what was not restarted:\n%s", got)
	}
	again := &fleet.Pod{Namespace: "llm", Name: "a", Phase: fleet.Text("Running"), Restarts: 3, State: fleet.StateDown, Why: fleet.Text("CrashLoopBackOff"),
		LastExit: fleet.Text("Error 1")}
	if got := page(again); !strings.Contains(got, "l then p") {
		t.Errorf("the log before the last restart is not named:\n%s", got)
	}
}
