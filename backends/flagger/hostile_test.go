package flagger

import (
	"testing"
	"time"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func TestNonsenseInAnyFieldIsWithstood(t *testing.T) {
	wants := []fleet.Want{{Do: fleet.DoUpgrade, Image: "vllm:v3"}, {Do: fleet.DoUpgrade, Version: "chat-v2"}, {Do: fleet.DoPause}, {Do: fleet.DoResume}, {Do: fleet.DoAdvance}}
	c := cluster(canary(plain(gated), `phase: Progressing, canaryWeight: 20, conditions: [{type: Promoted, status: Unknown}]`), "v2", 2, time.Minute, isReady)
	toyobjects.Withstands(t, New(fleet.NewVirtualClock(noon)), c, kind, chat, wants...)
	failed := cluster(canary(plain(""), `phase: Failed, conditions: [{type: Promoted, status: "False", reason: Failed}]`), "v2", 0, time.Hour, "")
	toyobjects.Withstands(t, New(fleet.NewVirtualClock(noon)), failed, kind, chat, wants...)
}
