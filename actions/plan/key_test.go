package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/actions"
	"pitwall/fleet"
)

const hashA = "6f1c4b0de2a94c57b8a8f1d03c2e5a7791b6d4e80f3a2c1d5e6f708192a3b4c5"

func usd(s string) fleet.Maybe[fleet.Money] {
	return fleet.Some(fleet.NewMoney(decimal.RequireFromString(s), fleet.USD))
}

func spending() *fleet.Snapshot {
	return &fleet.Snapshot{Context: "test", Env: fleet.EnvDev, Gateways: []fleet.Gateway{{Spec: fleet.GatewaySpec{ID: "edge"},
		Replicas: []fleet.GatewayReplica{{ID: "gw-1"}, {ID: "gw-2", State: fleet.StateStale}}}},
		Spend: fleet.Spend{Keys: []fleet.KeyBurn{
			{Gateway: "edge", Key: hashA, Alias: "loop", Team: "t1", TeamName: "research", Rate: fleet.Some(fleet.USDPerHour(30)),
				Runaway: time.Unix(60, 0)},
			{Gateway: "edge", Team: "t1", TeamName: "research", Rate: fleet.Some(fleet.USDPerHour(30))},
			{Gateway: "edge", Key: "b" + hashA[1:], Alias: "calm", Rate: fleet.Some(fleet.USDPerHour(10))}}}}
}

func holder() fleet.KeyHolder {
	return fleet.KeyHolder{KeyRef: fleet.KeyRef{ID: hashA, Alias: "loop"}, State: fleet.KeyState{Budget: usd("500"), Per: "1mo"}, Spent: usd("120.5"),
		At: time.Unix(100, 0), Cached: time.Minute}
}

func keyIntent(edit func(*actions.KeyIntent)) actions.Intent {
	k := &actions.KeyIntent{Gateway: "edge", Of: fleet.KeyRef{Alias: "loop"}, Kind: fleet.KeyBlock, Out: true}
	edit(k)
	return actions.Intent{Kind: actions.KindKey, Key: k}
}

func TestAKeyIsFoundByWhatPeopleCallIt(t *testing.T) {
	for _, x := range []struct {
		of      fleet.KeyRef
		gateway fleet.GatewayID
		id      string
		says    string
	}{
		{of: fleet.KeyRef{Alias: "loop"}, id: hashA},
		{of: fleet.KeyRef{Alias: hashA[:8]}, id: hashA},
		{of: fleet.KeyRef{Alias: strings.ToUpper(hashA)}, id: hashA},
		{of: fleet.KeyRef{Team: true, Alias: "research"}, id: "t1"},
		{of: fleet.KeyRef{Alias: "asleep"}}, // at the only gateway there is
		{of: fleet.KeyRef{Alias: "loop"}, gateway: "gone", says: "there is no gateway gone; there are edge"},
		{of: fleet.KeyRef{}, says: "name a key"},
		{of: fleet.KeyRef{Alias: "sk-1234-very-secret"}, says: "looks like a key itself"},
		{of: fleet.KeyRef{Alias: "Bearer sk-1234"}, says: "looks like a key itself"},
	} {
		got, err := FindKey(actions.KeyIntent{Of: x.of, Gateway: x.gateway}, spending())
		if x.says != "" {
			if err == nil || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "1234") {
				t.Errorf("%+v: %v", x.of, err)
			}
			continue
		}
		if err != nil || got.Of.ID != x.id || got.Gateway != "edge" {
			t.Errorf("%+v: %+v, %v", x.of, got, err)
		}
	}
	two := spending()
	two.Gateways = append(two.Gateways, fleet.Gateway{Spec: fleet.GatewaySpec{ID: "west"}})
	if _, err := FindKey(actions.KeyIntent{Of: fleet.KeyRef{Alias: "asleep"}}, two); err == nil || !strings.Contains(err.Error(), "--gateway") {
		t.Errorf("which gateway: %v", err)
	}
}

func TestAPlanOfAKeySaysAllThatItChanges(t *testing.T) {
	now := time.Unix(130, 0)
	limit := func(edit func(*actions.KeyIntent)) actions.Intent {
		return keyIntent(func(k *actions.KeyIntent) { k.Kind, k.Out = fleet.KeyLimit, false; edit(k) })
	}
	for _, x := range []struct {
		in   actions.Intent
		does string
		twin string
		says string
	}{
		{in: keyIntent(func(*actions.KeyIntent) {}), does: "block key loop", twin: "pitwall key block loop --gateway edge --dry-run"},
		{in: keyIntent(func(k *actions.KeyIntent) { k.Out = false }), says: "key loop is open already"},
		{in: limit(func(k *actions.KeyIntent) {
			k.Budget, k.Per, k.Limit.Budget, k.Limit.Per = true, true, usd("50"), "1d"
		}), does: "limits of key loop: $500.00 per 1mo -> $50.00 per 1d",
			twin: "pitwall key limit loop --budget 50 --per 1d --gateway edge --dry-run"},
		{in: limit(func(k *actions.KeyIntent) { k.RPM, k.Limit.RPM = true, fleet.Some[int64](0) }),
			does: "limits of key loop: $500.00 per 1mo -> $500.00 per 1mo, 0 requests/min",
			twin: "pitwall key limit loop --rpm 0 --gateway edge --dry-run"},
		{in: limit(func(k *actions.KeyIntent) { k.Budget = true }), does: "limits of key loop: $500.00 per 1mo -> no limit",
			twin: "pitwall key limit loop --budget none --gateway edge --dry-run"},
		{in: limit(func(k *actions.KeyIntent) { k.Budget, k.Limit.Budget = true, usd("500.00") }), says: "has these limits already"},
		{in: limit(func(*actions.KeyIntent) {}), says: "say what is limited"},
		{in: limit(func(k *actions.KeyIntent) { k.Per, k.Limit.Per = true, "tomorrow" }), says: "is no period"},
		{in: limit(func(k *actions.KeyIntent) { k.Budget, k.Limit.Budget = true, usd("-1") }), says: "zero or more"},
		{in: limit(func(k *actions.KeyIntent) { k.TPM, k.Limit.TPM = true, fleet.Some[int64](-1) }), says: "zero or more"},
	} {
		p, err := Key(x.in, holder(), spending(), now)
		if x.says != "" {
			if err == nil || !strings.Contains(err.Error(), x.says) {
				t.Errorf("%s: %v", x.says, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := p.ErrandText().String(); got != x.does {
			t.Errorf("it does %q, want %q", got, x.does)
		}
		if got := Twin(p.Intent, nil); got != x.twin {
			t.Errorf("twin %q, want %q", got, x.twin)
		}
		if k := p.Edit.Key; k.Share != fleet.Some(fleet.Ratio(.75)) || !k.Runaway || len(p.Edit.Replicas) != 1 || p.Digest == "" {
			t.Errorf("measured %+v, %v", k, p.Edit.Replicas)
		}
		back, err := Undo(actions.Change{ID: "c1", Step: 1, State: actions.StateCommitted, Plan: p}, actions.Actor{})
		if err != nil {
			t.Fatal(err)
		}
		h := holder()
		h.State = p.Edit.Key.Edit.After
		q, err := Key(back, h, spending(), now)
		if err != nil || q.AfterHash != p.BeforeHash || q.BeforeHash != p.AfterHash {
			t.Errorf("the way back of %q: %v, %v", x.does, q.ErrandText(), err)
		}
	}
	shared := holder()
	shared.LimitsWhy = fleet.Text("they come from a budget")
	if _, err := Key(limit(func(k *actions.KeyIntent) { k.Budget = true }), shared, spending(), now); err == nil ||
		!strings.Contains(err.Error(), "they come from a budget") {
		t.Errorf("a shared budget: %v", err)
	}
}

func TestLimitsAsTheyAreTyped(t *testing.T) {
	want := &actions.KeyIntent{Budget: true, Per: true, TPM: true, RPM: true}
	if err := actions.ReadLimits(want, "$12.50", "1d", "none", "60"); err != nil || want.Limit.LimitText().String() != "$12.50 per 1d, 60 requests/min" {
		t.Errorf("%s, %v", want.Limit.LimitText(), err)
	}
	for _, bad := range [][4]string{{"much", "1d", "1", "1"}, {"1", "1d", "x", "1"}, {"1", "1d", "1", "-2"}, {"1", "1d", "1", "1.5"}} {
		if err := actions.ReadLimits(want, bad[0], bad[1], bad[2], bad[3]); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
