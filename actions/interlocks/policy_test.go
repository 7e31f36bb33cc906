package interlocks

import (
	"encoding/json"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

const since2025 = "we step by 20 since 2025"

func rule(id, to string) fleet.PolicyRule {
	return fleet.PolicyRule{Interlock: id, LowerTo: to, Reason: since2025}
}

func TestAPolicyLowersAndSaysSo(t *testing.T) {
	for _, x := range []struct {
		rule     fleet.PolicyRule
		was, now actions.Severity
	}{
		{rule("IL-22", "WARN"), ovr, warn},
		{rule("IL-22", "WARN"), warn, warn},
		{rule("IL-22", "WARN"), ok, ok},
		{rule("IL-04", "OVR"), block, ovr},
		{rule("IL-04", "OVR"), ovr, ovr},
		{rule("IL-04", "WARN"), block, ovr}, // one word further down at most: what was refused is never let pass unasked
		{rule("IL-04", "WARN"), ovr, warn},
		{rule("IL-41", "WARN"), hard, hard},
		{rule("IL-05", "WARN"), ovr, ovr}, // of another interlock
		{rule("IL-01", "WARN"), hard, hard},
		{rule("IL-35", "OVR"), warn, warn},                                // would raise
		{fleet.PolicyRule{Interlock: "IL-22", LowerTo: "WARN"}, ovr, ovr}, // no reason
		{fleet.PolicyRule{Interlock: "IL-22", LowerTo: "PASS", Reason: since2025}, ovr, ovr},
	} {
		c := verdict(x.was, fleet.Text("30 points"))
		c.ID = x.rule.Interlock
		if c.ID == "IL-05" {
			c.ID = "IL-04"
		}
		got := lower(c, []fleet.PolicyRule{x.rule})
		said := strings.Contains(got.Formula.String(), got.Severity.String()+", lowered from "+x.was.String()+" by site policy: "+since2025)
		if got.Severity != x.now || said != (x.was != x.now) || (got.Lowered != nil) != said || said && got.Lowered.From != x.was {
			t.Errorf("%s of %s: %s %s", x.rule.Text(), x.was, got.Severity, got.Formula)
		}
	}
}

func TestWhatIsNoPolicyIsRefused(t *testing.T) {
	for _, x := range []struct {
		rule fleet.PolicyRule
		says string
	}{
		{rule("IL-99", "WARN"), "there is no such interlock"},
		{rule("IL-01", "WARN"), "all that it says is HARD"},
		{rule("IL-14", "OVR"), "all that it says is HARD"},
		{rule("IL-20", "OVR"), "a lock that somebody holds"},
		{rule("IL-35", "OVR"), "would raise it"},
		{rule("IL-35", "WARN"), "nothing to lower"},
		{rule("IL-22", "OVR"), "nothing to lower"},
		{rule("IL-22", "PASS"), "it can be WARN, or OVR"},
		{rule("IL-04", "BLOCK"), "it can be WARN, or OVR"},
		{rule("IL-04", "HARD"), "it can be WARN, or OVR"},
		{fleet.PolicyRule{Interlock: "IL-22", LowerTo: "WARN", Reason: "short"}, "needs a reason"},
		{fleet.PolicyRule{Interlock: "IL-22", LowerTo: "WARN", Reason: "a reason with \x1b[2J"}, "needs a reason"},
	} {
		if err := CheckPolicy([]fleet.PolicyRule{x.rule}); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v", x.rule.Text(), err)
		}
	}
	if err := CheckPolicy([]fleet.PolicyRule{rule("IL-22", "WARN"), rule("IL-22", "WARN")}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("twice: %v", err)
	}
	if err := CheckPolicy([]fleet.PolicyRule{rule("IL-04", "OVR"), rule("IL-22", "WARN")}); err != nil {
		t.Error(err)
	}
}

// Whoever asks finds the policy applied: plan, steps, proposals. A way back is asked as before.
func TestThePolicyIsAppliedWhereverIsAsked(t *testing.T) {
	w := good()
	w.in.Ramp.Points = 100
	w.in.Weights = fleet.Weights{"a": 20, "b": 70}
	p := w.plan(t)
	if c := find(Evaluate(p, w.s, w.b, now), "IL-22"); c.Severity != ovr {
		t.Fatalf("without a policy: %s", c.Severity)
	}
	w.s.Rules.Policy = []fleet.PolicyRule{rule("IL-22", "WARN")}
	for name, checks := range map[string][]actions.Check{"plan": Evaluate(p, w.s, w.b, now), "step": EvaluateStep(p, 1, w.s, w.b, now),
		"proposal": Some(p, w.s, w.b, now, func(id string) bool { return id == "IL-22" })} {
		if c := find(checks, "IL-22"); c.Severity != warn || c.Lowered == nil {
			t.Errorf("%s: %s %s", name, c.Severity, c.Formula)
		}
	}
	text, err := json.Marshal(find(Evaluate(p, w.s, w.b, now), "IL-22"))
	if err != nil || !strings.Contains(string(text), `"Lowered":{"From":2,"Reason":"`+since2025+`"}`) {
		t.Errorf("%s, %v", text, err)
	}
	w.s.Sites[0].Labels, w.s.Sites[1].Labels = nil, nil
	back := actions.Step{N: 1, Before: p.After, After: p.Before}
	if c := find(EvaluateRollback(p, back, w.s, w.b, now), "IL-14"); c.Severity != hard {
		t.Errorf("a way back to where data must not go: %s", c.Severity)
	}
}

func TestEveryInterlockSaysWhatAPolicyCanLower(t *testing.T) {
	for _, list := range [][]actions.Interlock{All(), Works(), Silences(), Keys()} {
		for _, il := range list {
			if _, known := strongest[il.ID]; !known {
				t.Errorf("%s: what it says at most below HARD is not known, so that no policy can name it", il.ID)
			}
		}
	}
}
