package main

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

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
