package fleet

import "testing"

func TestThingsAreCountedByTheirNoun(t *testing.T) {
	for want, got := range map[string]Safe{"1 pod": Many(1, "pod"), "0 pods": Many(0, "pod"), "2000 GPUs": Many(2000, "GPU"),
		"2 processes": Many(2, "process"), "3 policies": Many(3, "policy"), "2 gateways": Many(2, "gateway"), "2 branches": Many(2, "branch"),
		"1 gateway replica": Many(1, "gateway replica"), "does": Verb(1, "does", "do"), "do": Verb(0, "does", "do"), "-1 days": Many(-1, "day")} {
		if got.String() != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
