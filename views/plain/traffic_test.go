package plain

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestMembersAreListedAsTheCommandTakesThem(t *testing.T) {
	out := Rollout(fleet.Rollout{Object: fleet.ObjectRef{Kind: "HTTPRoute", Namespace: "llm", Name: "chat"}, Phase: fleet.RolloutDone,
		Traffic: fleet.Traffic{Kind: fleet.TrafficProportional, Members: []fleet.TrafficMember{{Name: fleet.Text("stable"), ID: "v1", Weight: 90, Ready: true},
			{Name: fleet.Label("v2"), ID: "v2", Weight: 10}}}})
	for _, want := range []string{"v1=90  stable\n", "v2=10, not ready\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}
