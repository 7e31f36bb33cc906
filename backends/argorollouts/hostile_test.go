package argorollouts

import (
	"testing"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func TestNonsenseInAnyFieldIsWithstood(t *testing.T) {
	wants := []fleet.Want{{Do: fleet.DoUpgrade, Image: "vllm:v3"}, {Do: fleet.DoUpgrade, Weights: "org/other"}, {Do: fleet.DoUpgrade, Version: "chat-blue"},
		{Do: fleet.DoAdvance}, {Do: fleet.DoPromote}, {Do: fleet.DoAbandonRoll}, {Do: fleet.DoPause}, {Do: fleet.DoResume}, {Do: fleet.DoScale, Replicas: fleet.Some(6)},
		{Do: fleet.DoRestart, Stamp: noon}}
	toyobjects.Withstands(t, New(fleet.NewVirtualClock(noon)), cluster(t, rollout(canarySteps, "", atPause)), kind, chat, wants...)
	waits := `phase: Paused, controllerPause: true, pauseConditions: [{reason: BlueGreenPause, startTime: "2026-11-24T11:50:00Z"}], blueGreen: {activeSelector: blue, previewSelector: green}`
	toyobjects.Withstands(t, New(fleet.NewVirtualClock(noon)), cluster(t, rollout(`blueGreen: {activeService: a, autoPromotionEnabled: false}`, "", waits)), kind, chat, wants[3:6]...)
	toyobjects.Withstands(t, New(fleet.NewVirtualClock(noon)), referring(t, "4"), kind, chat)
}
