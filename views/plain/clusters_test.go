package plain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views/plain"
	"pitwall/views/viewtest"
)

func lines(prev, cur *fleet.Snapshot) []string {
	return plain.Lines(prev, cur, actions.Book{}, actions.Book{})
}

func TestTableOfClusters(t *testing.T) {
	s := viewtest.Clusters()
	s.Alerts, s.Pools, s.Routes, s.Gateways, s.Providers, s.Sources = nil, nil, nil, nil, nil, nil
	golden.RequireEqual(t, plain.Table(s))
}

func TestTableOfManyPodsIsBounded(t *testing.T) {
	s := viewtest.ManyPods(500, 4000)
	text := plain.Table(s)
	if !strings.Contains(text, "PODS 4000, in trouble 40, the worst 20") || strings.Count(text, "Insufficient") != 20 {
		t.Errorf("4,000 pods with 40 in trouble:\n%.2000s", text)
	}
}

func TestLinesOfClusters(t *testing.T) {
	first := viewtest.Clusters()
	all := lines(nil, first)
	for _, want := range []string{
		"Cluster dr-eu-2. State stale. no answer from 10.9.0.1 for 3m: connection refused; next try in 24s; " +
			"nodes: forbidden: the right to list nodes is missing; namespace llm only: listing all is forbidden. 0 nodes, 2 pods.",
		"Node b200-a-07. State critical. 8 of 8 GPUs are not offered: SysLogsXIDError. Cluster prod-eu-1.",
		"Pod llm/llama-70b-6c9f7d5b4-7hq2m. State down. NotReady: readiness probe failed: HTTP 503. Cluster prod-eu-1.",
	} {
		if !slices.Contains(all, want) {
			t.Errorf("no line %q in\n%s", want, strings.Join(all, "\n"))
		}
	}
	if again := lines(first, first); len(again) != 0 {
		t.Errorf("without news: %q", again)
	}
	next := viewtest.Clusters()
	next.Clusters[0].Pods[2].State = fleet.StateOK
	next.Clusters[0].Nodes[0].State, next.Clusters[0].Nodes[0].Why = fleet.StateWarn, fleet.Text("cordoned")
	next.Clusters = next.Clusters[:1]
	want := []string{"Cluster dr-eu-2. Gone.", "Node b200-a-01. State warning. cordoned. Cluster prod-eu-1.",
		"Pod llm/llama-70b-6c9f7d5b4-7hq2m. Out of trouble, or gone. Cluster prod-eu-1."}
	if got := lines(first, next); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLinesOfManyPodsAreBounded(t *testing.T) {
	many := viewtest.ManyPods(500, 4000)
	calm := viewtest.ManyPods(500, 4000)
	for _, p := range calm.Clusters[0].Pods {
		p.State = fleet.StateOK
	}
	worse := lines(calm, many)
	if len(worse) != 21 || worse[20] != "Pods: 20 more came into trouble." {
		t.Errorf("%d lines, the last is %q", len(worse), worse[len(worse)-1])
	}
	if better := lines(many, calm); len(better) != 1 || better[0] != "Pods: 40 are out of trouble, or gone." {
		t.Errorf("lines %q", better)
	}
}
