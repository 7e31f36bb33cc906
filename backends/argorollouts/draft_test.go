package argorollouts

import (
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

// sets gives the fields that a stage changes as "PATH=AFTER".
func sets(s fleet.Stage) string {
	var list []string
	for _, w := range s.Writes {
		for _, f := range w.Fields {
			if !f.Before.Equal(f.After) {
				list = append(list, w.Part+f.Path+"="+string(f.After))
			}
		}
	}
	return strings.Join(list, " ")
}

func do(t *testing.T, c *toyobjects.Cluster, w fleet.Want) fleet.Draft {
	t.Helper()
	d, err := draft(t, c, w)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEachDeedIsWhatTheControllerUnderstands(t *testing.T) {
	inconclusive := `controllerPause: true, currentStepIndex: 1, pauseConditions: [{reason: InconclusiveAnalysisRun, startTime: "2026-11-24T11:58:00Z"}], phase: Paused, canary: {currentStepAnalysisRunStatus: {status: Inconclusive}}`
	running := `phase: Progressing, currentStepIndex: 2`
	aborted := `phase: Degraded, abort: true, currentStepIndex: 0`
	for _, x := range []struct {
		name, spec, status string
		want               fleet.Want
		writes             string
	}{
		{"advance from a pause", "", atPause, fleet.Want{Do: fleet.DoAdvance}, "status/status/pauseConditions="},
		{"advance past an inconclusive analysis", "", inconclusive, fleet.Want{Do: fleet.DoAdvance},
			"status/status/pauseConditions= status/status/controllerPause=false status/status/currentStepIndex=2"},
		{"advance from a step that goes on", "", running, fleet.Want{Do: fleet.DoAdvance}, "status/status/currentStepIndex=3"},
		{"advance what is paused by hand too", "paused: true", atPause, fleet.Want{Do: fleet.DoAdvance}, "status/status/pauseConditions= /spec/paused=false"},
		{"promote", "", atPause, fleet.Want{Do: fleet.DoPromote}, "status/status/promoteFull=true"},
		{"promote what is paused by hand", "paused: true", atPause, fleet.Want{Do: fleet.DoPromote}, "status/status/promoteFull=true /spec/paused=false"},
		{"pause", "", running, fleet.Want{Do: fleet.DoPause}, "/spec/paused=true"},
		{"resume", "paused: true", running, fleet.Want{Do: fleet.DoResume}, "/spec/paused=false"},
		{"retry", "", aborted, fleet.Want{Do: fleet.DoResume}, "status/status/abort="},
		{"restart", "", running, fleet.Want{Do: fleet.DoRestart, Stamp: noon}, `/spec/restartAt="2026-11-24T12:00:00Z"`},
		{"scale", "", running, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(6)}, "scale/spec/replicas=6"},
		{"upgrade", "", running, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v3"}, `/spec/template/spec/containers/0/image="vllm:v3"`},
		{"abort", "", atPause, fleet.Want{Do: fleet.DoAbandonRoll}, "status/status/abort=true"},
		{"restore what was aborted", "", aborted, fleet.Want{Do: fleet.DoAbandonRoll}, `/spec/template/spec/containers/0/image="vllm:v1"`},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := cluster(t, rollout(canarySteps, x.spec, x.status))
			d := do(t, c, x.want)
			if got := sets(d.Stages[0]); got != x.writes {
				t.Errorf("got %s\nwant %s", got, x.writes)
			}
			for _, w := range d.Stages[0].Writes {
				if w.Passing != (w.Part == "status") || w.UID != "r1" {
					t.Errorf("%+v", w)
				}
				if err := c.Write(t.Context(), w, "", false); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Trap 7: of two presses the second is refused, whatever the controller did in between.
func TestTrap7OfTwoPressesTheSecondIsRefused(t *testing.T) {
	c := cluster(t, rollout(canarySteps, "", atPause))
	first, second := do(t, c, fleet.Want{Do: fleet.DoAdvance}).Stages[0].Writes[0], do(t, c, fleet.Want{Do: fleet.DoAdvance}).Stages[0].Writes[0]
	if err := c.Write(t.Context(), first, "", false); err != nil {
		t.Fatal(err)
	}
	if err := c.Write(t.Context(), second, "", false); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("before the controller went on: %v", err)
	}
	if _, err := draft(t, c, fleet.Want{Do: fleet.DoAdvance}); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "would skip a step") {
		t.Errorf("planned before the controller went on: %v", err)
	}
	c.Change(kind, chat, "/status/currentStepIndex", 3)
	c.Change(kind, chat, "/status/pauseConditions", []any{map[string]any{"reason": "CanaryPauseStep", "startTime": "2026-11-24T11:59:00Z"}})
	if err := c.Write(t.Context(), second, "", false); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("at the next pause: %v", err)
	}
	running := cluster(t, rollout(canarySteps, "", `phase: Progressing, currentStepIndex: 2`))
	first = do(t, running, fleet.Want{Do: fleet.DoAdvance}).Stages[0].Writes[0]
	if err := running.Write(t.Context(), first, "", false); err != nil {
		t.Fatal(err)
	}
	if err := running.Write(t.Context(), first, "", false); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("of a step that goes on: %v", err)
	}
}

// Trap 7: edited steps begin again, so a press that was meant for others is refused.
func TestTrap7EditedStepsRefuseThePress(t *testing.T) {
	c := cluster(t, rollout(canarySteps, "", atPause))
	w := do(t, c, fleet.Want{Do: fleet.DoAdvance}).Stages[0].Writes[0]
	c.Change(kind, chat, "/status/currentStepHash", "h2")
	if err := c.Write(t.Context(), w, "", false); fleet.KindOf(err) != fleet.KindConflict {
		t.Error(err)
	}
}

// Trap 7: an abort alone would leave the new template in the spec, degraded for ever.
func TestTrap7AnAbortRestoresTheTemplateToo(t *testing.T) {
	c := cluster(t, rollout(canarySteps, "", atPause))
	d := do(t, c, fleet.Want{Do: fleet.DoAbandonRoll})
	if len(d.Stages) != 2 || d.Stages[0].Until != (fleet.Until{}) || !d.Stages[1].Until.Done {
		t.Fatalf("%+v", d.Stages)
	}
	if got := sets(d.Stages[1]); got != `/spec/template/spec/containers/0/image="vllm:v1"` {
		t.Errorf("%s", got)
	}
	for _, s := range d.Stages {
		for _, w := range s.Writes {
			if err := c.Write(t.Context(), w, "", false); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, ok := d.Stages[0].Writes[0].Inverse(); ok {
		t.Error("an abort has an inverse")
	}
	dynamic := strings.Replace(canarySteps, "canary: {", "canary: {dynamicStableScale: true, ", 1)
	if d = do(t, cluster(t, rollout(dynamic, "", atPause)), fleet.Want{Do: fleet.DoAbandonRoll}); !strings.Contains(d.Notes[0].String(), "only as fast as the stable version starts") {
		t.Errorf("%v", d.Notes)
	}
}

func TestWhatARolloutCannotDoSaysWhatItCan(t *testing.T) {
	done := `phase: Healthy, stableRS: green`
	for _, x := range []struct {
		name, spec, status string
		want               fleet.Want
		kind               fleet.Kind
		why                string
	}{
		{"a canary of its own", "", atPause, fleet.Want{Do: fleet.DoUpgrade, Image: "i", Parts: []fleet.Ratio{0.1}}, fleet.KindUnsupported, "setWeight 10, pause until somebody advances it, setWeight 50, pause 10m"},
		{"a surge", "", atPause, fleet.Want{Do: fleet.DoUpgrade, Image: "i", Surge: fleet.Some(0)}, fleet.KindUnsupported, "maxSurge"},
		{"nothing new", "", atPause, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v2"}, fleet.KindInvalid, "as wanted already"},
		{"a revision that is gone", "", atPause, fleet.Want{Do: fleet.DoUpgrade, Version: "chat-7"}, fleet.KindInvalid, "keeps no ReplicaSet chat-7"},
		{"resume at a step", "", atPause, fleet.Want{Do: fleet.DoResume}, fleet.KindUnsupported, "advance takes it one step further"},
		{"resume nothing", "", `phase: Progressing`, fleet.Want{Do: fleet.DoResume}, fleet.KindInvalid, "neither paused by hand nor aborted"},
		{"pause twice", "paused: true", atPause, fleet.Want{Do: fleet.DoPause}, fleet.KindInvalid, "already"},
		{"advance when done", "", done, fleet.Want{Do: fleet.DoAdvance}, fleet.KindInvalid, "no roll is under way"},
		{"promote when done", "", done, fleet.Want{Do: fleet.DoPromote}, fleet.KindInvalid, "no roll is under way"},
		{"abort when done", "", done, fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindInvalid, "upgrade to an older revision"},
		{"advance what was aborted", "", `phase: Degraded, abort: true`, fleet.Want{Do: fleet.DoAdvance}, fleet.KindUnsupported, "resume tries again"},
		{"hold the autoscaler", "", done, fleet.Want{Do: fleet.DoHoldScaler}, fleet.KindUnsupported, "autoscaler above it"},
		{"a weight", "", atPause, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "canary", Weight: 20}}}, fleet.KindUnsupported, "setWeight 10, pause until somebody advances it, setWeight 50, pause 10m); advance takes it"},
		{"drain", "", done, fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "can be upgraded, scaled"},
		{"scale to what it has", "", done, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(4)}, fleet.KindInvalid, "4 replicas already"},
		{"scale to nothing said", "", done, fleet.Want{Do: fleet.DoScale}, fleet.KindInvalid, "not said"},
	} {
		t.Run(x.name, func(t *testing.T) {
			status := merge(`status: {observedGeneration: "7", stableRS: blue, availableReplicas: 5, }`, x.status)
			object := rollout(canarySteps, x.spec, x.status)
			if strings.Contains(x.status, "stableRS") {
				object = object[:strings.LastIndex(object, "status:")] + strings.Replace(status, "stableRS: blue, ", "", 1)
				object = strings.Replace(object, "availableReplicas: 5", "currentPodHash: green, availableReplicas: 5", 1)
			}
			_, err := draft(t, cluster(t, object), x.want)
			if fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.why) || !strings.Contains(err.Error(), "nothing was planned") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnUpgradeEndsWhereOnlyAPersonGoesOn(t *testing.T) {
	image := fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v3"}
	for _, x := range []struct {
		name, strategy string
		until          fleet.Until
		canary         bool
		note           string
	}{
		{"a pause without end", canarySteps, fleet.Until{Updated: 1, Ready: 1, Paused: 2}, true, "stands at step 2"},
		{"half of it", strings.Replace(canarySteps, "setWeight: 10", "setWeight: 60", 1), fleet.Until{Updated: 2, Ready: 2, Paused: 2}, true, "stands at step 2"},
		{"a pause before any weight", `canary: {steps: [{pause: {}}, {setWeight: 50}]}`, fleet.Until{Paused: 1}, false, "stands at step 1"},
		{"only timed pauses", `canary: {steps: [{setWeight: 20}, {pause: {duration: 600}}]}`, fleet.Until{Done: true}, false, "setWeight 20, pause 600s"},
		{"no steps", `canary: {}`, fleet.Until{Done: true}, false, "none, a plain rolling update"},
		{"blue-green by itself", `blueGreen: {activeService: a}`, fleet.Until{Done: true}, false, "a whole second set"},
		{"blue-green by hand", `blueGreen: {activeService: a, autoPromotionEnabled: false}`, fleet.Until{Updated: 4, Ready: 4, Paused: 1}, false, "a whole second set"},
		{"blue-green by hand, with a small preview", `blueGreen: {activeService: a, autoPromotionEnabled: false, previewReplicaCount: 1}`, fleet.Until{Updated: 1, Ready: 1, Paused: 1}, false, "a whole second set"},
		{"weights of a thousand", `canary: {trafficRouting: {maxTrafficWeight: 1000}, steps: [{setWeight: 500}, {pause: {}}]}`, fleet.Until{Updated: 2, Ready: 2, Paused: 2}, true, "stands at step 2"},
		{"fewer pods than the weight says", `canary: {trafficRouting: {a: {}}, steps: [{setCanaryScale: {replicas: 1}}, {setWeight: 100}, {pause: {}}]}`, fleet.Until{Updated: 1, Ready: 1, Paused: 3}, true, "stands at step 3"},
		{"pods before any weight", `canary: {trafficRouting: {a: {}}, steps: [{setCanaryScale: {weight: 50}}, {pause: {}}]}`, fleet.Until{Updated: 2, Ready: 2, Paused: 2}, false, "stands at step 2"},
		{"as many pods as the weight says again", `canary: {trafficRouting: {a: {}}, steps: [{setCanaryScale: {replicas: 1}}, {setCanaryScale: {matchTrafficWeight: true}}, {setWeight: 75}, {pause: {}}]}`, fleet.Until{Updated: 3, Ready: 3, Paused: 4}, true, "stands at step 4"},
		{"without traffic routing no scale counts", `canary: {steps: [{setCanaryScale: {replicas: 4}}, {setWeight: 50}, {pause: {}}]}`, fleet.Until{Updated: 2, Ready: 2, Paused: 3}, true, "stands at step 3"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := do(t, cluster(t, rollout(x.strategy, "", `phase: Progressing`)), image)
			s := d.Stages[0]
			if s.Until != x.until || s.Canary != x.canary || !strings.Contains(d.Notes[0].String(), x.note) {
				t.Errorf("%+v, canary %v, %v", s.Until, s.Canary, d.Notes)
			}
		})
	}
	single := strings.Replace(rollout(`canary: {maxSurge: 0, maxUnavailable: 1, steps: [{setWeight: 10}, {pause: {}}]}`, "", `phase: Progressing`), "replicas: 4", "replicas: 1", 1)
	if s := do(t, cluster(t, single), image).Stages[0]; s.Until != (fleet.Until{Paused: 2}) {
		t.Errorf("of one replica without a surge none is the canary's, and it waits for %+v", s.Until)
	}
	for strategy, gpus := range map[string]int{canarySteps: 8, `blueGreen: {activeService: a}`: 8, `canary: {steps: [{setWeight: 20}]}`: 2, `canary: {maxSurge: 0, maxUnavailable: 1}`: 0} {
		if d := do(t, cluster(t, rollout(strategy, "", `phase: Progressing`)), image); d.Extra != gpus {
			t.Errorf("%s: %d GPUs more than its 8, not %d", strategy, d.Extra, gpus)
		}
	}
	byNumber := do(t, cluster(t, rollout(`canary: {maxSurge: 1, maxUnavailable: 0}`, "", `phase: Progressing`)), image)
	if byNumber.Extra != 2 || byNumber.Down != 0 {
		t.Errorf("%d GPUs more, %d away", byNumber.Extra, byNumber.Down)
	}
}

func TestARollbackWithinTheWindowSkipsTheSteps(t *testing.T) {
	for _, x := range []struct {
		spec, version string
		skips         bool
	}{
		{"rollbackWindow: {revisions: 1}", "chat-old", true},
		{"", "chat-old", false},
		{"", "chat-blue", true}, // the stable version
		{"rollbackWindow: {revisions: 1}", "chat-oldest", false},
		{"rollbackWindow: {revisions: 2}", "chat-oldest", true},
	} {
		c := cluster(t, rollout(canarySteps, x.spec, atPause))
		c.Put(child.ReplicaSetKind, set("chat-oldest", "oldest", "v00", 1, 900*time.Hour))
		d := do(t, c, fleet.Want{Do: fleet.DoUpgrade, Version: x.version})
		if d.Stages[0].Until.Done != x.skips || strings.Contains(d.Notes[0].String(), "skips all steps") != x.skips {
			t.Errorf("%s to %s: %+v, %v", x.spec, x.version, d.Stages[0].Until, d.Notes)
		}
		if fields := sets(d.Stages[0]); strings.Contains(fields, hashLabel) {
			t.Errorf("the hash is restored too: %s", fields)
		}
	}
}

func TestAnotherObjectUnderTheNameIsNotPlannedOn(t *testing.T) {
	c := cluster(t, rollout(canarySteps, "", atPause))
	r := look(t, c)
	c.Change(kind, chat, "/metadata/uid", "r2")
	if _, err := New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, r, fleet.Want{Do: fleet.DoPause}); fleet.KindOf(err) != fleet.KindConflict {
		t.Error(err)
	}
}

func TestABlueGreenPauseIsLifted(t *testing.T) {
	waits := `phase: Paused, controllerPause: true, pauseConditions: [{reason: BlueGreenPause, startTime: "2026-11-24T11:50:00Z"}], blueGreen: {activeSelector: blue, previewSelector: green}`
	c := cluster(t, rollout(`blueGreen: {activeService: a, autoPromotionEnabled: false}`, "", waits))
	r := look(t, c)
	if r.Phase != fleet.RolloutPaused || !strings.Contains(r.Why.String(), "waits for its traffic since 10m") || r.Traffic.Kind != fleet.TrafficOwned ||
		len(r.Traffic.Members) != 2 || r.Traffic.Members[0].Weight != 100 || !r.Traffic.Paused {
		t.Errorf("%s %q, %+v", r.Phase, r.Why, r.Traffic)
	}
	d := do(t, c, fleet.Want{Do: fleet.DoAdvance})
	if got := sets(d.Stages[0]); got != "status/status/pauseConditions=" || !strings.Contains(d.Stages[0].Text.String(), "all traffic to the new version") {
		t.Errorf("%s, %s", got, d.Stages[0].Text)
	}
	if err := c.Write(t.Context(), d.Stages[0].Writes[0], "", false); err != nil {
		t.Error(err)
	}
}
