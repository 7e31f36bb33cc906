package argorollouts

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/child"
	"pitwall/fleet"
)

var blueSet = fleet.ObjectRef{Namespace: "llm", Name: "chat-blue"}

// Trap 7: what the controller put into the ReplicaSet of the stable version is not the stable version: with it the template would be
// a third one, which goes through all steps.
func TestTrap7WhatTheControllerAddsIsNotRestored(t *testing.T) {
	c := cluster(t, rollout(canarySteps, "", `phase: Degraded, abort: true, currentStepIndex: 0`))
	c.Change(child.ReplicaSetKind, blueSet, "/metadata/annotations/rollout.argoproj.io~1ephemeral-metadata", `{"labels":{"role":"stable"},"annotations":{"part/of":"stable"}}`)
	c.Change(child.ReplicaSetKind, blueSet, "/spec/template/metadata/labels/role", "stable")
	c.Change(child.ReplicaSetKind, blueSet, "/spec/template/metadata/annotations", map[string]any{"part/of": "stable"})
	own := map[string]any{"labelSelector": map[string]any{"matchLabels": map[string]any{"app": "noisy"}}, "topologyKey": "zone"}
	injected := map[string]any{"topologyKey": "kubernetes.io/hostname", "labelSelector": map[string]any{"matchExpressions": []any{
		map[string]any{"key": hashLabel, "operator": "In", "values": []any{"old"}}}}}
	const rules, weighed = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
	affinity := func(anti map[string]any) {
		c.Change(child.ReplicaSetKind, blueSet, "/spec/template/spec/affinity", map[string]any{"podAntiAffinity": anti})
	}
	want := `/spec/template/spec/containers/0/image="vllm:v1"`
	affinity(map[string]any{rules: []any{injected}})
	if got := sets(do(t, c, fleet.Want{Do: fleet.DoAbandonRoll}).Stages[0]); got != want {
		t.Errorf("%s", got)
	}
	affinity(map[string]any{weighed: []any{map[string]any{"weight": 1, "podAffinityTerm": injected}}})
	if got := sets(do(t, c, fleet.Want{Do: fleet.DoUpgrade, Version: "chat-blue"}).Stages[0]); got != want {
		t.Errorf("%s", got)
	}
	affinity(map[string]any{rules: []any{own, injected}})
	got := sets(do(t, c, fleet.Want{Do: fleet.DoAbandonRoll}).Stages[0])
	if !strings.Contains(got, `"app":"noisy"`) || strings.Contains(got, hashLabel) {
		t.Errorf("its own rule goes, or the controller's stays: %s", got)
	}
	c.Change(child.ReplicaSetKind, blueSet, "/metadata/annotations/rollout.argoproj.io~1ephemeral-metadata", `{"labels":`)
	if got := sets(do(t, c, fleet.Want{Do: fleet.DoAbandonRoll}).Stages[0]); !strings.Contains(got, `labels/role="stable"`) {
		t.Errorf("a mark that cannot be read is passed over: %s", got)
	}
}

func TestWhichPauseIsToldAndWhetherAPersonEndsIt(t *testing.T) {
	const timed, asked = `{reason: CanaryPauseStep, startTime: "2026-11-24T11:50:00Z"}`, `{reason: InconclusiveAnalysisRun, startTime: "2026-11-24T11:58:00Z"}`
	paused := func(index int, list string) string {
		return fmt.Sprintf(`phase: Paused, controllerPause: true, currentStepIndex: %d, pauseConditions: [%s]`, index, list)
	}
	for _, x := range []struct {
		name, strategy, status string
		phase                  fleet.RolloutPhase
		why                    string
	}{
		{"one that ends by itself beside one that does not", canarySteps, paused(3, timed+", "+asked), fleet.RolloutPaused, "InconclusiveAnalysisRun since 2m: a person decides"},
		{"the same in another order", canarySteps, paused(3, asked+", "+timed), fleet.RolloutPaused, "InconclusiveAnalysisRun since 2m: a person decides"},
		{"only one that ends by itself", canarySteps, paused(3, timed), fleet.RolloutMoving, "it goes on by itself"},
		{"blue-green after some time", `blueGreen: {activeService: a, autoPromotionSeconds: 600}`, paused(0, `{reason: BlueGreenPause, startTime: "2026-11-24T11:50:00Z"}`), fleet.RolloutMoving, "gets it by itself"},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := look(t, cluster(t, rollout(x.strategy, "", x.status)))
			if r.Phase != x.phase || !strings.Contains(r.Why.String(), x.why) || r.Traffic.Paused != (x.phase == fleet.RolloutPaused) {
				t.Errorf("%s %q, %+v", r.Phase, r.Why, r.Traffic)
			}
		})
	}
}

// A Pending canary will never finish while nothing leaves; pods of versions before the stable one leave by themselves.
func TestAPendingCanaryFinishesWhereOlderPodsLeave(t *testing.T) {
	c := cluster(t, rollout(canarySteps, "", `phase: Progressing, currentStepIndex: 0`))
	c.Put(child.PodKind, strings.Replace(pod("green-1", "green", `phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."}]`), "nodeName: n1, ", "", 1))
	if r := look(t, c); r.Phase != fleet.RolloutStuck || !r.Never {
		t.Errorf("%s, never %v: %s", r.Phase, r.Never, r.Why)
	}
	c.Put(child.PodKind, pod("old-1", "old", isReady))
	if r := look(t, c); r.Phase != fleet.RolloutStuck || r.Never || strings.Contains(r.Why.String(), "never") {
		t.Errorf("%s, never %v: %s", r.Phase, r.Never, r.Why)
	}
}

// Where a strategy says neither, the controller takes one away.
func TestAStrategyOfNothingTakesOneAway(t *testing.T) {
	r := look(t, cluster(t, rollout(`canary: {maxSurge: 0, maxUnavailable: 0}`, "", `phase: Progressing`)))
	if r.Surge != (fleet.Surge{Missing: 1}) {
		t.Errorf("%+v", r.Surge)
	}
}
