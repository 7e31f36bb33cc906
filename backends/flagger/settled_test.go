package flagger

import (
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var (
	target  = fleet.ObjectRef{Namespace: "llm", Name: "chat"}
	primary = fleet.ObjectRef{Namespace: "llm", Name: "chat-primary"}
)

func stands(t *testing.T, c *toyobjects.Cluster, phase fleet.RolloutPhase, why string) {
	t.Helper()
	r := look(t, c)
	if r.Phase != phase || !strings.Contains(r.Why.String(), why) || (phase == fleet.RolloutDone) != r.Why.IsEmpty() || r.Never != (phase == fleet.RolloutFailed) {
		t.Errorf("%s, never %v: %q", r.Phase, r.Never, r.Why)
	}
}

// rolls lets one of two replicas of the primary be of its newest version.
func rolls(c *toyobjects.Cluster) *toyobjects.Cluster {
	c.Change(child.DeploymentKind, primary, "/status/updatedReplicas", 1)
	return c
}

// A skipped analysis succeeds before the primary has rolled, and only the primary serves then.
func TestASkippedAnalysisIsDoneOnceThePrimaryHasRolled(t *testing.T) {
	c := cluster(canary("skipAnalysis: true, "+plain(""), "phase: Succeeded"), "v1", 0, time.Minute, "")
	stands(t, c, fleet.RolloutDone, "")
	stands(t, rolls(c), fleet.RolloutMoving, "1 of 2 replicas of Deployment chat-primary are updated")
	if r := look(t, c); r.Updated != 1 || r.Total != 2 {
		t.Errorf("%d of %d updated", r.Updated, r.Total)
	}
}

// Where the primary did not get ready with what was promoted, both run the same and nothing is done.
func TestAFailedPromotionIsNotDone(t *testing.T) {
	failed := canary(plain(""), `phase: Failed, canaryWeight: 100, conditions: [{type: Promoted, status: "False", reason: Failed, message: "Canary analysis failed", lastTransitionTime: "2026-11-24T09:00:00Z"}]`)
	c := cluster(failed, "v1", 2, time.Hour, isReady)
	stands(t, rolls(c), fleet.RolloutFailed, "the canary has 100 % of the traffic until Deployment chat is changed")
	if r := look(t, c); !r.Since.Equal(noon.Add(-3 * time.Hour)) {
		t.Errorf("since %s, the time of Flagger's last look", r.Since)
	}
	older := cluster(canary(plain(""), "phase: Failed"), "v1", 0, time.Hour, "") // before 1.44
	stands(t, rolls(older), fleet.RolloutMoving, "1 of 2 replicas of Deployment chat-primary are updated")
}

// What else than images and arguments makes a version counts too, other than what Flagger changes by itself.
func TestAnotherClaimIsAnotherVersion(t *testing.T) {
	with := func(c *toyobjects.Cluster, o fleet.ObjectRef, config, claim string) {
		c.Change(child.DeploymentKind, o, "/spec/template/spec/volumes", []any{
			map[string]any{"name": "weights", "persistentVolumeClaim": map[string]any{"claimName": claim}},
			map[string]any{"name": "conf", "configMap": map[string]any{"name": config}}})
		c.Change(child.DeploymentKind, o, "/spec/template/metadata/annotations", map[string]any{"flagger-id": o.Name, "kustomize.toolkit.fluxcd.io/x": o.Name, "a": "b"})
	}
	c := cluster(canary(plain(""), "phase: Succeeded"), "v1", 0, time.Hour, "")
	with(c, target, "engine", "weights-v1")
	with(c, primary, "engine-primary", "weights-v1")
	stands(t, c, fleet.RolloutDone, "")
	with(c, target, "engine", "weights-v2")
	stands(t, c, fleet.RolloutUnseen, "Deployment chat was changed; Flagger looks every 1m")
	with(c, target, "engine", "weights-v1")
	c.Change(child.DeploymentKind, target, "/spec/template/metadata/annotations/a", "c")
	stands(t, c, fleet.RolloutUnseen, "Deployment chat was changed")
}

// A version that came back after a failure has an old ReplicaSet: who set it tells that it is newer than Flagger's last look.
func TestAnOldVersionAfterAFailureIsSeenAsAChange(t *testing.T) {
	c := cluster(canary(plain(""), "phase: Failed"), "v0", 0, 900*time.Hour, "")
	stands(t, c, fleet.RolloutFailed, "keeps the bad version")
	set := func(manager, at, field string) {
		c.Change(child.DeploymentKind, target, "/metadata/managedFields", []any{map[string]any{"manager": manager, "operation": "Update", "time": at,
			"fieldsType": "FieldsV1", "fieldsV1": map[string]any{"f:spec": map[string]any{field: map[string]any{}}}}})
	}
	set("pitwall", "2026-11-24T11:40:00Z", "f:template")
	stands(t, c, fleet.RolloutFailed, "keeps the bad version") // before the look
	set("flagger", "2026-11-24T11:55:00Z", "f:template")
	stands(t, c, fleet.RolloutFailed, "keeps the bad version")
	set("pitwall", "2026-11-24T11:55:00Z", "f:replicas")
	stands(t, c, fleet.RolloutFailed, "keeps the bad version")
	set("pitwall", "2026-11-24T11:55:00Z", "f:template")
	stands(t, c, fleet.RolloutUnseen, "Deployment chat was changed")
}

func TestAnAnalysisWaitsForThePrimaryToo(t *testing.T) {
	c := cluster(canary(plain(""), "phase: Progressing, canaryWeight: 20"), "v2", 2, time.Minute, isReady)
	stands(t, rolls(c), fleet.RolloutMoving, "Flagger goes on once the primary is ready: 1 of 2 replicas of Deployment chat-primary")
}

func TestDefaultsOfAnAnalysisAreSaid(t *testing.T) {
	bare := cluster(canary("analysis: {stepWeight: 10, maxWeight: 50}", "phase: Progressing, canaryWeight: 10, failedChecks: 0"), "v2", 2, time.Minute, isReady)
	stands(t, bare, fleet.RolloutMoving, "10 % more every 1m up to 50 %); 0 of 1 failed checks")
	none := cluster(canary("service: {port: 80}", "phase: Succeeded"), "v1", 0, time.Hour, "")
	d := do(t, none, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v3"})
	if !strings.Contains(d.Notes[0].String(), "it has none: it is promoted as soon as it is ready") {
		t.Errorf("%v", d.Notes)
	}
}

// Who restarts the pods that serve marks the primary alone, which changes nothing of the target.
func TestARestartOfThePrimaryIsNoChange(t *testing.T) {
	c := cluster(canary(plain(""), "phase: Succeeded"), "v1", 0, time.Hour, "")
	at := func(o fleet.ObjectRef, stamp string) {
		c.Change(child.DeploymentKind, o, "/spec/template/metadata/annotations", map[string]any{restartMark: stamp})
	}
	at(primary, "2026-11-24T11:00:00Z")
	stands(t, c, fleet.RolloutDone, "")
	at(target, "2026-11-24T10:00:00+01:00")
	stands(t, c, fleet.RolloutDone, "")
	at(target, "2026-11-24T11:30:00Z")
	stands(t, c, fleet.RolloutUnseen, "Deployment chat was changed")
}
