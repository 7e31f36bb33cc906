package tui

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

const keyHash = "6f1c4b0de2a94c57b8a8f1d03c2e5a7791b6d4e80f3a2c1d5e6f708192a3b4c5"

// keyRig is a console on a fleet in which a key runs away.
func keyRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, world(), writable())
	of := fleet.KeyOf{Gateway: "edge", KeyRef: fleet.KeyRef{ID: keyHash, Alias: "nightly-eval"}}
	s := *r.m.snap
	s.Spend.Keys = []fleet.KeyBurn{{Gateway: "edge", Key: keyHash, Alias: "nightly-eval", Rate: fleet.Some(fleet.USDPerHour(297)),
		Hour: fleet.Some(fleet.USDPerHour(12)), Runaway: s.At.Add(-time.Minute)}}
	s.Spend.Rows = []fleet.SpendRow{{By: fleet.SpendByKey, Name: "nightly-eval"}, {By: fleet.SpendByTeam, Name: "platform"},
		{By: fleet.SpendByKey, Name: "prov-key", Provider: "openai"}}
	s.Alerts = []fleet.Alert{{Level: fleet.LevelWarn, Object: fleet.Text("key nightly-eval"), Key: &of, Text: fleet.Text("spends 297 an hour")}}
	s.Gen++
	r.send(snapshotMsg{snap: &s})
	r.control.PlanFunc = func(in actions.Intent) (actions.Plan, error) {
		e := fleet.KeyEdit{Kind: in.Key.Kind, Of: of.KeyRef, After: in.Key.Limit}
		e.After.Blocked = in.Key.Out
		return actions.Plan{Digest: "4e7000000", Intent: in, Context: s.Context, Env: fleet.EnvDev, Gateway: "edge", Steps: []actions.Step{{N: 1}},
			Notes: []fleet.Safe{fleet.Text("it may call batch")},
			Edit:  &actions.EditPlan{Key: &actions.KeyPlan{Edit: e}, Replicas: []fleet.GatewayReplicaID{"gw-1", "gw-2"}}}, nil
	}
	return r
}

func (r *rig) reason() {
	if r.m.book.Access.Incident == "" {
		r.wants("why")
		r.keys("l", "o", "o", "p", "s", "enter")
	}
}

func TestAKeyIsBlockedFromItsAlert(t *testing.T) {
	r := keyRig(t)
	r.keys("a", "E")
	r.wants("CHANGE key nightly-eval on edge", "spends $297/h now", "block it", "unblock it", "change its limits")
	r.keys("j", "enter")
	r.reason()
	r.wants("CONFIRM change of key nightly-eval on edge", "block key nightly-eval", "it may call batch", "undo: unblock key nightly-eval")
	in := r.control.Intents()
	if len(in) != 1 || in[0].Kind != actions.KindKey || in[0].Key.Of.ID != keyHash || in[0].Key.Gateway != "edge" || !in[0].Key.Out {
		t.Fatalf("%+v", in)
	}
	r.keys("j", "enter")
	if !strings.Contains(strings.Join(r.control.Calls(), " "), "start") {
		t.Errorf("%v", r.control.Calls())
	}
}

func TestAKeyIsLimitedByCommand(t *testing.T) {
	r := keyRig(t)
	r.command("key limit nightly-eval budget=50 per=1d rpm=none")
	r.reason()
	r.wants("CONFIRM", "limits of key nightly-eval: no limit -> $50.00 per 1d")
	in := r.control.Intents()
	if k := in[0].Key; !k.Budget || !k.Per || !k.RPM || k.TPM || k.Limit.RPM.OK || k.Of.Alias != "nightly-eval" {
		t.Errorf("%+v", k)
	}
}

func TestWhatCannotBeTypedOfAKey(t *testing.T) {
	r := keyRig(t)
	for line, want := range map[string]string{"key": "block NAME, unblock NAME", "key limit nightly-eval budget=much": "no amount",
		"team limit platform colour=red": "none of budget=", "key block sk-canary-123456": "looks like a key itself"} {
		r.command(line)
		r.wants(want)
		r.keys("esc", "esc")
	}
	for _, said := range r.m.said {
		if strings.Contains(strings.Join(said, " "), "canary") {
			t.Error("the history of the line keeps a key")
		}
	}
	if len(r.control.Intents()) != 0 {
		t.Error("something was planned")
	}
}

func TestAKeyOfTheBillsIsFoundAtItsGateway(t *testing.T) {
	r := keyRig(t)
	r.keys("b")
	r.m.setPane(paneBillParts)
	for name, want := range map[string]fleet.GatewayID{"nightly-eval": "edge", "platform": ""} {
		for i := range r.m.snap.Spend.Rows {
			if row := &r.m.snap.Spend.Rows[i]; row.Name == name {
				r.m.states.bills.Parts.Selected = string(row.By) + "\x00" + row.Name
			}
		}
		of, ok := r.m.keyMeant()
		if !ok || of.Gateway != want || of.Team != (name == "platform") {
			t.Errorf("%s: %+v %v", name, of, ok)
		}
	}
	r.m.states.bills.Parts.Selected = string(fleet.SpendByKey) + "\x00prov-key"
	if _, ok := r.m.keyMeant(); ok {
		t.Error("a provider's own key is taken for a gateway's")
	}
}
