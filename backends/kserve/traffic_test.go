package kserve

import (
	"strings"
	"testing"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func traffic(shares ...fleet.Share) fleet.Want {
	return fleet.Want{Do: fleet.DoTraffic, Shares: shares}
}

func TestSharesOfRevisions(t *testing.T) {
	const share = ", canaryTrafficPercent: 10"
	open := knativeCluster(share, inKnative("r2", "r2", "r1", tenToTwo))
	for _, x := range []struct {
		want   fleet.Want
		writes string
	}{
		{traffic(fleet.Share{Member: "r2", Weight: 40}), "/spec/predictor/canaryTrafficPercent=40"},
		{traffic(fleet.Share{Member: "r1", Weight: 70}), "/spec/predictor/canaryTrafficPercent=30"},
		{traffic(fleet.Share{Member: "r1", Weight: 100}, fleet.Share{Member: "r2"}), "/spec/predictor/canaryTrafficPercent=0"},
	} {
		if got := sets(do(t, open, x.want).Stages[0].Writes); got != x.writes {
			t.Errorf("%s, wanted %s", got, x.writes)
		}
	}
	for _, x := range []struct {
		c    *toyobjects.Cluster
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{open, traffic(fleet.Share{Member: "r2", Weight: 40}, fleet.Share{Member: "r1", Weight: 70}), fleet.KindInvalid, "110 % together"},
		{open, traffic(fleet.Share{Member: "r2", Weight: 140}), fleet.KindInvalid, "between 0 and 100"},
		{open, traffic(fleet.Share{Member: "r2", Weight: 10}), fleet.KindInvalid, "10 % already"},
		{open, traffic(fleet.Share{Member: "r9", Weight: 10}), fleet.KindInvalid, "no revision r9; there are r1, r2"},
		{knativeCluster("", inKnative("r2", "r2", "r2", allLatest)), traffic(fleet.Share{Member: "r2", Weight: 10}), fleet.KindUnsupported, "upgrade with --canary"},
		{knativeCluster(share, inKnative("r2", "r1", "r1", "")), traffic(fleet.Share{Member: "r2", Weight: 20}), fleet.KindConflict, "not ready"},
	} {
		_, err := draft(t, x.c, isvcKind, chat, x.want)
		refused(t, err, x.kind, x.why)
	}
}

func TestSharesOfCanariesAreOneWrite(t *testing.T) {
	c := open(10, 1, 1, true)
	d := do(t, c, traffic(fleet.Share{Member: "v9", Weight: 40}, fleet.Share{Member: "stable", Weight: 60}))
	if got := sets(d.Stages[0].Writes); got != "/spec/canary/0/trafficPercent=40" || d.Stages[0].Writes[0].Fields[0].Path != "/spec/canary/0/predictor/name" {
		t.Errorf("%s", got)
	}
	if r := look(t, c, isvcKind, chat); r.Traffic.Members[0].ID != "stable" {
		t.Errorf("the predictor can be named: %+v", r.Traffic.Members[0])
	}
	carry(t, c, d)
	for _, x := range []struct {
		c    *toyobjects.Cluster
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{open(10, 1, 1, true), traffic(fleet.Share{Member: "stable", Weight: 50}), fleet.KindInvalid, "which is 90 % then and not 50; name the shares of v9"},
		{open(10, 1, 1, true), traffic(fleet.Share{Member: "v9", Weight: 101}), fleet.KindInvalid, "would get 101 %"},
		{open(10, 1, 1, true), traffic(fleet.Share{Member: "v9", Weight: 10}), fleet.KindInvalid, "so already"},
		{open(10, 1, 1, true), traffic(fleet.Share{Member: "v8", Weight: 10}), fleet.KindInvalid, "there are stable, v9"},
		{open(0, 1, 0, false), traffic(fleet.Share{Member: "v9", Weight: 10}), fleet.KindConflict, "answered with 503"},
		{standardCluster(isvc("", "", "", inStandard)), traffic(fleet.Share{Member: "v9", Weight: 10}), fleet.KindUnsupported, "nothing else splits traffic; upgrade with --canary"},
	} {
		_, err := draft(t, x.c, isvcKind, chat, x.want)
		refused(t, err, x.kind, x.why)
	}
}

func TestWeightsOfAGroupRiseBeforeOthersFall(t *testing.T) {
	c := grouped(10, 90, 10)
	d := llmDraft(t, c, traffic(fleet.Share{Member: "llama", Weight: 50}, fleet.Share{Member: "blue", Weight: 20}))
	if len(d.Stages) != 2 || d.Stages[0].Writes[0].Object.Name != "llama" || d.Stages[1].Writes[0].Object.Name != "blue" || !d.Stages[0].Until.Done || !d.Weights ||
		sets(d.Stages[0].Writes)+" "+sets(d.Stages[1].Writes) != "/spec/router/route/weight=50 /spec/router/route/weight=20" {
		t.Errorf("%+v", d.Stages)
	}
	carry(t, c, d)
	stopped := grouped(10, 90, 10)
	stopped.Change(llmKind, fleet.ObjectRef{Namespace: "llm", Name: "blue"}, "/metadata/annotations", map[string]any{stopMark: "true"})
	sick := grouped(10, 90, 10)
	sick.Change(llmKind, llama, "/status/conditions/1/status", "False")
	for _, x := range []struct {
		c    *toyobjects.Cluster
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{grouped(10, 90, 10), traffic(fleet.Share{Member: "llama"}, fleet.Share{Member: "blue"}), fleet.KindInvalid, "nobody would answer"},
		{grouped(10, 90, 10), traffic(fleet.Share{Member: "llama", Weight: 10}), fleet.KindInvalid, "so already"},
		{grouped(10, 90, 10), traffic(fleet.Share{Member: "alone", Weight: 10}), fleet.KindInvalid, "no service alone; there are blue, llama"},
		{grouped(10, 90, 10), traffic(fleet.Share{Member: "llama", Weight: 1_000_001}), fleet.KindInvalid, "at most 1000000"},
		{stopped, traffic(fleet.Share{Member: "blue", Weight: 50}), fleet.KindConflict, "blue: it is stopped"},
		{stopped, traffic(fleet.Share{Member: "llama"}), fleet.KindInvalid, "nobody would answer"},
		{sick, traffic(fleet.Share{Member: "llama", Weight: 50}), fleet.KindConflict, "llama: WorkloadsReady is False"},
		{llmCluster(llmisvc("llama", "", "", ""), "hf://org/m:r1"), traffic(fleet.Share{Member: "llama", Weight: 50}), fleet.KindUnsupported, "in no traffic group"},
	} {
		_, err := draft(t, x.c, llmKind, llama, x.want)
		refused(t, err, x.kind, x.why)
	}
	if d = llmDraft(t, sick, traffic(fleet.Share{Member: "llama", Weight: 5})); !strings.Contains(sets(d.Stages[0].Writes), "=5") {
		t.Error("what is sick may get less")
	}
}
