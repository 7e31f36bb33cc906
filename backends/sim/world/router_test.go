package world

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func routerWorld(fileWins bool) (a, b *Gateway) {
	spec := &Spec{
		Start: time.Unix(0, 0), FileWins: fileWins, Routes: []RouteSpec{{Name: "chat"}, {Name: "backup"}},
		Fallbacks: map[string][]string{"chat": {"backup"}},
		Deployments: []DeploymentSpec{
			{ID: "a", Route: "chat", Weight: 1}, {ID: "b", Route: "chat", Weight: 1}, {ID: "c", Route: "backup", Weight: 1},
		},
	}
	db := newDatabase(spec)
	rng := rand.New(rand.NewPCG(1, 2))
	return newGateway("gw-1", db, pollEvery, 0, rng), newGateway("gw-2", db, pollEvery, 0, rng)
}

func TestSettingsReachOthersByTheirPoll(t *testing.T) {
	a, b := routerWorld(false)
	a.StoreFallbacks("fallbacks", []any{map[string]any{"chat": []any{"x"}}, map[string]any{"*": []any{"y"}}})
	a.StoreFallbacks(keptSetting, []any{map[string]any{"chat": []any{"z"}}})
	if got := a.fallbacksOf("chat"); !slices.Equal(got, []string{"x"}) || !slices.Equal(a.fallbacksOf("backup"), []string{"y"}) {
		t.Errorf("the replica that took it falls back to %v and %v", got, a.fallbacksOf("backup"))
	}
	if got := b.fallbacksOf("chat"); !slices.Equal(got, []string{"backup"}) {
		t.Errorf("another one falls back to %v at once", got)
	}
	b.poll(0)
	if got := b.fallbacksOf("chat"); !slices.Equal(got, []string{"x"}) {
		t.Errorf("after its poll it falls back to %v", got)
	}
	if kept := b.Live()[keptSetting].([]any); len(kept) != 0 || len(a.Live()[keptSetting].([]any)) != 1 {
		t.Errorf("content policy fallbacks were taken over: %v", kept)
	}
}

func TestAliasesLeadToMembers(t *testing.T) {
	a, _ := routerWorld(false)
	a.StoreSettings(RouterSettings{"model_group_alias": map[string]any{"x": "backup", "y": map[string]any{"model": "chat", "hidden": true}}})
	if d, status := a.pick("x", 0); status != 0 || d.row.Spec.ID != "c" || a.Resolve("y") != "chat" || a.Resolve("chat") != "chat" {
		t.Errorf("x leads to %v %d, y to %s", d, status, a.Resolve("y"))
	}
	a.StoreSettings(RouterSettings{"model_group_alias": map[string]any{}})
	if _, status := a.pick("x", 0); status != 400 {
		t.Errorf("an alias that was taken away leads to %d", status)
	}
}

func TestTheFileWinsWhereItIsToldTo(t *testing.T) {
	for _, wins := range []bool{false, true} {
		a, _ := routerWorld(wins)
		a.StoreFallbacks("fallbacks", []any{map[string]any{"chat": []any{"x"}}})
		a.poll(0)
		want := map[bool]string{false: "x", true: "backup"}[wins]
		if got := a.fallbacksOf("chat"); !slices.Equal(got, []string{want}) || a.OwnedByFile("fallbacks") != wins || a.OwnedByFile("model_group_alias") {
			t.Errorf("file wins is %v: %v", wins, got)
		}
	}
}

func TestCooledMembersAreNamed(t *testing.T) {
	a, _ := routerWorld(false)
	a.StoreSettings(RouterSettings{"model_group_alias": map[string]any{"x": "chat"}})
	a.deps["b"].note(429, 10)
	for at, want := range map[float64][]string{10: {"b"}, 14.9: {"b"}, 15: nil} {
		if got := a.Cooled("x", at); !slices.Equal(got, want) {
			t.Errorf("at %v cooled are %v", at, got)
		}
	}
}

func TestTheLowestOrderTakesAll(t *testing.T) {
	a, _ := routerWorld(false)
	a.Write("b", Change{Params: map[string]any{"order": 2.0}}, time.Unix(0, 0))
	if d, _ := a.pick("chat", 0); d.row.Spec.ID != "b" {
		t.Errorf("%s is picked, which has no order", d.row.Spec.ID)
	}
	a.Write("a", Change{Params: map[string]any{"order": 1.0}}, time.Unix(0, 0))
	if d, _ := a.pick("chat", 0); d.row.Spec.ID != "a" {
		t.Errorf("%s is picked", d.row.Spec.ID)
	}
	a.deps["a"].cooldown = 5
	if d, _ := a.pick("chat", 0); d.row.Spec.ID != "b" {
		t.Errorf("with the first cooled down %s is picked", d.row.Spec.ID)
	}
}
