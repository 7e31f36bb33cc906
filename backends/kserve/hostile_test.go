package kserve

import (
	"testing"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func TestNonsenseInAnyFieldIsWithstood(t *testing.T) {
	o := New(fleet.NewVirtualClock(noon))
	wants := []fleet.Want{{Do: fleet.DoUpgrade, Image: "engine:v3", Args: []fleet.ArgEdit{{Flag: "--x", Value: "1"}}}, toThree, {Do: fleet.DoUpgrade, Weights: "s3://models/v3"},
		{Do: fleet.DoScale, Replicas: fleet.Some(6)}, {Do: fleet.DoRestart, Stamp: noon}, {Do: fleet.DoPromote}, {Do: fleet.DoAbandonRoll},
		{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.4}}}
	toyobjects.Withstands(t, o, canaryCluster(), isvcKind, chat, wants...)
	split := stableOnly[:len(stableOnly)-4] + `90}, {name: chat-v9-predictor, weight: 10}`
	toyobjects.Withstands(t, o, withRoute(open(10, 1, 1, true), split), isvcKind, chat, append(wants[3:], fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "v9", Weight: 40}}})...)
	toyobjects.Withstands(t, o, knativeCluster(", canaryTrafficPercent: 10", inKnative("r2", "r2", "r1", tenToTwo)), isvcKind, chat, append(wants[2:], fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "r2", Weight: 40}}})...)
	toyobjects.Withstands(t, o, grouped(10, 90, 10), llmKind, llama, append(wants, fleet.Want{Do: fleet.DoUpgrade, Weights: "hf://org/x", Revision: "r9"})...)
}
