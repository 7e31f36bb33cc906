package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/backends/kube"
	"pitwall/fleet"
)

func TestOneContextForEachServer(t *testing.T) {
	all := []kube.Context{{Name: "a-dev", Server: "https://a", Namespace: "dev"}, {Name: "a-wide", Server: "https://a"}, {Name: "a-web", Server: "https://a"},
		{Name: "b", Server: "https://b", Namespace: "x"}, {Name: "b-now", Server: "https://b", Namespace: "y", Current: true}, {Name: "c"}, {Name: "d"}}
	kept, twice := oneEach(all, []string{"a-dev", "a-wide", "a-web", "b", "b-now", "c", "d"})
	if !slices.Equal(kept, []string{"a-wide", "b-now", "c", "d"}) || !slices.Equal(twice, []string{"a-dev", "a-web", "b"}) {
		t.Errorf("kept %q, twice %q", kept, twice)
	}
	if kept, twice = oneEach(all, []string{"b", "a-dev"}); len(twice) != 0 || len(kept) != 2 {
		t.Errorf("what was not picked leaves others out: %q, %q", kept, twice)
	}
}

func TestAClusterWhosePodsAreForbiddenIsNoEmptyOne(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	open := &fleet.Cluster{ID: "open", At: at, Kinds: []fleet.KindWatch{{Kind: "pods", Synced: true}}}
	shut := &fleet.Cluster{ID: "shut", At: at, Kinds: []fleet.KindWatch{{Kind: "nodes", Synced: true},
		{Kind: "pods", Err: fleet.Text("auth: pods is forbidden")}}}
	narrow := &fleet.Cluster{ID: "narrow", At: at, Scope: fleet.Text("namespace llm only"),
		Kinds: []fleet.KindWatch{{Kind: "pods", Synced: true, Err: fleet.Text("namespace llm only")}}}
	for _, c := range []struct {
		cluster *fleet.Cluster
		word    string
		exit    int
	}{
		{open, "0 nodes, 0 pods read", 0},
		{narrow, "0 nodes, 0 pods read; namespace llm only", 0},
		{shut, "what it runs is not known: auth: pods is forbidden", exitPartial},
		{&fleet.Cluster{ID: "dead", Why: fleet.Text("nothing listens")}, "not read: nothing listens", exitPartial},
	} {
		if got := clusterWord(c.cluster).String(); !strings.HasPrefix(got, c.word) {
			t.Errorf("%s: %q, want %q", c.cluster.ID, got, c.word)
		}
		err := unheard(&fleet.Snapshot{Clusters: []*fleet.Cluster{open, c.cluster}})
		if got := codeOf(err); got != c.exit {
			t.Errorf("%s: exit %d, want %d", c.cluster.ID, got, c.exit)
		}
	}
}
