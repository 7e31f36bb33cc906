package argorollouts

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

// analysed stops for an analysis, and behind it for a person: both with the pods of step 1.
const analysed = `canary: {steps: [{setWeight: 25}, {analysis: {templates: [{templateName: errors}]}}, {pause: {}}, {setWeight: 50}, {pause: {}}]}`

func TestAStageEndsWhereTheControllerSaysThatItStands(t *testing.T) {
	pauses := func(reason ...string) string {
		var list []string
		for _, r := range reason {
			list = append(list, `{reason: `+r+`, startTime: "2026-11-24T11:50:00Z"}`)
		}
		return `phase: Paused, controllerPause: true, pauseConditions: [` + strings.Join(list, ", ") + `]`
	}
	own := pauses("CanaryPauseStep")
	for _, x := range []struct {
		name, strategy, status string
		pause                  int // at which it stands
		over                   bool
	}{
		{"its pods come", analysed, `phase: Progressing, currentStepIndex: 0`, 0, false},
		{"the analysis runs", analysed, `phase: Progressing, currentStepIndex: 1, canary: {currentStepAnalysisRunStatus: {name: a1, status: Running}}`, 0, false},
		{"the analysis proved nothing", analysed, pauses("InconclusiveAnalysisRun") + `, currentStepIndex: 1, canary: {currentStepAnalysisRunStatus: {name: a1, status: Inconclusive}}`, 0, false},
		{"at the step, not paused yet", analysed, `phase: Progressing, currentStepIndex: 2`, 0, false},
		{"at its pause", analysed, own + `, currentStepIndex: 2`, 3, true},
		{"the analysis beside the steps goes on", analysed, own + `, currentStepIndex: 2, canary: {currentBackgroundAnalysisRunStatus: {name: b1, status: Running}}`, 3, true},
		{"the analysis beside the steps proved nothing", analysed, pauses("CanaryPauseStep", "InconclusiveAnalysisRun") + `, currentStepIndex: 2, canary: {currentBackgroundAnalysisRunStatus: {name: b1, status: Inconclusive}}`, 0, false},
		{"an experiment proved nothing", analysed, pauses("CanaryPauseStep", "InconclusiveExperiment") + `, currentStepIndex: 2`, 0, false},
		{"its pause was lifted", analysed, `phase: Paused, controllerPause: true, currentStepIndex: 2`, 0, false},
		{"somebody advanced it to the next", analysed, own + `, currentStepIndex: 4`, 5, true},
		{"it goes on to the next", analysed, `phase: Progressing, currentStepIndex: 3`, 0, false},
		{"aborted", analysed, `phase: Degraded, abort: true, currentStepIndex: 0`, 0, false},
		{"promoted", analysed, `phase: Healthy, stableRS: green, currentStepIndex: 5`, 0, true},
		{"its pause, of the generation before", analysed, own + `, currentStepIndex: 2, observedGeneration: "6"`, 0, false},
		{"a pause of a length", `canary: {steps: [{setWeight: 25}, {pause: {duration: 5m}}, {pause: {}}]}`, own + `, currentStepIndex: 1`, 0, false},
		{"blue-green, its pods are there", byHand, `phase: Progressing`, 0, false},
		{"blue-green, the analysis before the traffic runs", byHand, pauses("BlueGreenPause") + `, blueGreen: {prePromotionAnalysisRunStatus: {name: p, status: Running}}`, 0, false},
		{"blue-green, it waits for a person", byHand, pauses("BlueGreenPause") + `, blueGreen: {prePromotionAnalysisRunStatus: {name: p, status: Successful}}`, 1, true},
		{"blue-green without an analysis", byHand, pauses("BlueGreenPause"), 1, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			stage := do(t, cluster(t, rollout(x.strategy, "", `phase: Progressing`)), fleet.Want{Do: fleet.DoUpgrade, Image: "vllm:v3"}).Stages[0]
			object := rollout(x.strategy, "", "")
			at := strings.LastIndex(object, "status:")
			r := look(t, cluster(t, object[:at]+merge(object[at:], x.status)))
			r.Updated, r.UpdatedReady = 4, 4 // the pods are there in each of them
			if r.Traffic.Pause != x.pause || stage.Until.Reached(&r) != x.over {
				t.Errorf("stands at %d, over %v: %s, %s", r.Traffic.Pause, !x.over, r.Phase, r.Why)
			}
		})
	}
}

const byHand = `blueGreen: {activeService: a, autoPromotionEnabled: false, prePromotionAnalysis: {templates: [{templateName: errors}]}}`

func TestAnAnalysisBesideThePauseIsSaid(t *testing.T) {
	beside := strings.Replace(atPause, "canary: {weights", "canary: {currentBackgroundAnalysisRunStatus: {name: chat-green-3, status: Running}, weights", 1)
	if r := look(t, cluster(t, rollout(canarySteps, "", beside))); !strings.Contains(r.Why.String(), "analysis chat-green-3 goes on beside it") {
		t.Errorf("%s", r.Why)
	}
	unproven := `phase: Paused, controllerPause: true, currentStepIndex: 1, pauseConditions: [{reason: InconclusiveAnalysisRun, startTime: "2026-11-24T11:50:00Z"}], canary: {currentBackgroundAnalysisRunStatus: {name: chat-green-3, status: Inconclusive, message: no data}}`
	if r := look(t, cluster(t, rollout(canarySteps, "", unproven))); !strings.Contains(r.Why.String(), "chat-green-3 no data") {
		t.Errorf("%s", r.Why)
	}
}
