package rented

import (
	"reflect"
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestTheSmallestOfEachKindIsTheAccounts(t *testing.T) {
	limit := func(kind fleet.LimitKind, most fleet.Maybe[float64]) fleet.Limit {
		return fleet.Limit{Kind: kind, Max: most}
	}
	unknown := fleet.None[float64]()
	got := Tightest([]fleet.Limit{limit(fleet.LimitTPM, unknown), limit(fleet.LimitRPM, fleet.Some(9.0)), limit(fleet.LimitTPM, fleet.Some(70.0)),
		limit(fleet.LimitRPM, fleet.Some(0.0)), limit(fleet.LimitRPM, unknown), limit(fleet.LimitTPM, fleet.Some(80.0))})
	if want := []fleet.Limit{limit(fleet.LimitTPM, fleet.Some(70.0)), limit(fleet.LimitRPM, fleet.Some(0.0))}; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if Tightest(nil) != nil {
		t.Error("limits of nothing")
	}
}

func TestNamesAreComparedBare(t *testing.T) {
	bare := func(m fleet.ModelName) fleet.ModelName {
		return fleet.ModelName(strings.TrimPrefix(string(m), "models/"))
	}
	wanted, listed := []fleet.ModelName{"models/a", "b", "c\x1b[2J"}, []fleet.ModelName{"a", "models/b"}
	if n := Missing(wanted, listed, bare); len(n) != 1 || !strings.Contains(n[0].Text.String(), "c^[[2J") {
		t.Errorf("%v", n)
	}
	if n := Missing(wanted, listed, nil); len(n) != 3 {
		t.Errorf("as they are: %v", n)
	}
}

func TestOnlyARefusalProvesAnything(t *testing.T) {
	for kind, refused := range map[fleet.Kind]bool{fleet.KindAuth: true, fleet.KindServer: false, fleet.KindTimeout: false, fleet.KindRateLimited: false} {
		if r := Refused(&fleet.Error{Kind: kind}); (r != nil) != refused || refused && r.Authorised != fleet.Some(false) {
			t.Errorf("%s: %+v", kind, r)
		}
	}
	if Accepted(fleet.SecretRef{}).OK || Accepted(fleet.SecretRef{Env: "K"}) != fleet.Some(true) {
		t.Error("what was accepted without a key proves one, or a key nothing")
	}
}
