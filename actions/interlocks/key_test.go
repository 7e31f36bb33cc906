package interlocks

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/actions"
	"pitwall/fleet"
)

func usd(s string) fleet.Maybe[fleet.Money] {
	return fleet.Some(fleet.NewMoney(decimal.RequireFromString(s), fleet.USD))
}

// keyCase is a plan to block a key that carries little, on a fleet where nothing is wrong.
type keyCase struct {
	p   actions.Plan
	s   fleet.Snapshot
	b   actions.Book
	now time.Time
}

func newKeyCase() *keyCase {
	now := time.Unix(100_000, 0)
	of := fleet.KeyRef{ID: "6f1c", Alias: "loop"}
	k := &actions.KeyPlan{Edit: fleet.KeyEdit{Kind: fleet.KeyBlock, Of: of, After: fleet.KeyState{Blocked: true}},
		Holder: fleet.KeyHolder{KeyRef: of, At: now.Add(-5 * time.Second), Routes: []fleet.RouteID{"batch"}, Spent: usd("30")},
		Rate:   fleet.Some(fleet.USDPerHour(3)), Share: fleet.Some(fleet.Ratio(.1))}
	return &keyCase{now: now, b: actions.Book{At: now, Access: actions.Access{Write: true}},
		p: actions.Plan{Created: now.Add(-4 * time.Second), Gateway: "edge", Mode: fleet.ModeLive, Context: "c", Env: fleet.EnvDev,
			Intent: actions.Intent{Kind: actions.KindKey, Key: &actions.KeyIntent{Of: of}}, Edit: &actions.EditPlan{Key: k}},
		s: fleet.Snapshot{Mode: fleet.ModeLive, Context: "c", Gateways: []fleet.Gateway{{Spec: fleet.GatewaySpec{ID: "edge"},
			Replicas: []fleet.GatewayReplica{{ID: "gw-1", State: fleet.StateOK}, {ID: "gw-2", State: fleet.StateOK}}}},
			Routes: []fleet.Route{{Spec: fleet.RouteSpec{ID: "chat", Gateway: "edge", Tier: 1}}, {Spec: fleet.RouteSpec{ID: "batch", Gateway: "edge",
				Tier: 3}}}}}
}

func TestWhatIsAskedOfAChangeOfAKey(t *testing.T) {
	limit := func(x *keyCase, before, after string) {
		e := &x.p.Edit.Key.Edit
		e.Kind, e.Before, e.After = fleet.KeyLimit, fleet.KeyState{Per: "1mo"}, fleet.KeyState{Per: "1mo"}
		if before != "" {
			e.Before.Budget = usd(before)
		}
		if after != "" {
			e.After.Budget = usd(after)
		}
	}
	for _, c := range []struct {
		id   string
		edit func(*keyCase)
		want actions.Severity
		says string
	}{
		{"IL-23", func(x *keyCase) { x.now = x.now.Add(70 * time.Second) }, actions.SeverityWarn, "75s ago"},
		{"IL-23", func(x *keyCase) { x.now = x.now.Add(3 * time.Minute) }, actions.SeverityWarn, "> 60s"},
		{"IL-23", func(x *keyCase) { x.p.Edit.Key.Rate = fleet.None[fleet.USDPerHour]() }, actions.SeverityWarn, "not measured"},
		{"IL-23", func(x *keyCase) { x.p.Edit.Key.Holder.At = time.Time{} }, actions.SeverityBlock, "not read"},
		{"IL-36", func(x *keyCase) { x.s.Gateways[0].Replicas[1].State = fleet.StateStale }, actions.SeverityWarn, "gw-2 does not answer"},
		{"IL-36", func(x *keyCase) { x.s.Gateways = nil }, actions.SeverityOVR, "no replica"},
		{"IL-37", func(x *keyCase) { x.now = x.now.Add(11 * time.Minute) }, actions.SeverityHard, "> 10m"},
		{"IL-39", func(x *keyCase) { x.b.Access.Write = false }, actions.SeverityHard, "read-only"},
		{"IL-40", func(x *keyCase) {
			x.s.Freezes = []fleet.FreezeWindow{{Name: "sale", From: x.now.Add(-time.Hour), To: x.now.Add(time.Hour)}}
		}, actions.SeverityOVR, "sale"},
		{"IL-45", func(x *keyCase) { x.s.Mode = fleet.ModeDemo }, actions.SeverityHard, "planned for"},
		{"KY-01", func(x *keyCase) { x.p.Edit.Key.Share = fleet.Some(fleet.Ratio(.6)) }, actions.SeverityOVR, "60 % of what the keys"},
		{"KY-01", func(x *keyCase) { x.p.Edit.Key.Share = fleet.Some(fleet.Ratio(.3)) }, actions.SeverityWarn, "> 20 %"},
		{"KY-01", func(x *keyCase) { x.p.Edit.Key.Share = fleet.None[fleet.Ratio]() }, actions.SeverityWarn, "not known"},
		{"KY-01", func(x *keyCase) { x.p.Edit.Key.Share, x.p.Edit.Key.Runaway = fleet.Some(fleet.Ratio(.9)), true }, actions.SeverityPass, "runs away"},
		{"KY-02", func(x *keyCase) { x.p.Edit.Key.Holder.Routes = nil }, actions.SeverityWarn, "tier 1 route chat"},
		{"KY-03", func(x *keyCase) { limit(x, "500", "20") }, actions.SeverityWarn, "$30.00 of $20.00 is spent already"},
		{"KY-01", func(x *keyCase) { limit(x, "500", "20"); x.p.Edit.Key.Share = fleet.Some(fleet.Ratio(.6)) }, actions.SeverityOVR, "60 %"},
		{"KY-01", func(x *keyCase) { limit(x, "500", "50"); x.p.Edit.Key.Share = fleet.Some(fleet.Ratio(.6)) }, actions.SeverityPass, "nothing that is served"},
		{"KY-03", func(x *keyCase) { limit(x, "50", "500"); x.p.Edit.Key.Runaway = true }, actions.SeverityOVR, "runs away"},
		{"KY-03", func(x *keyCase) { limit(x, "50", "") }, actions.SeverityPass, "no limit"},
	} {
		x := newKeyCase()
		for _, good := range Evaluate(x.p, &x.s, x.b, x.now) {
			if good.Severity != actions.SeverityPass {
				t.Fatalf("%s of a harmless one is %s: %s", good.ID, good.Severity, good.Formula)
			}
		}
		c.edit(x)
		found := false
		for _, got := range Evaluate(x.p, &x.s, x.b, x.now) {
			if got.ID != c.id {
				continue
			}
			found = true
			if got.Severity != c.want || !strings.Contains(got.Formula.String(), c.says) {
				t.Errorf("%s is %s: %s, want %s with %q", c.id, got.Severity, got.Formula, c.want, c.says)
			}
		}
		if !found {
			t.Errorf("%s is not asked", c.id)
		}
	}
}
