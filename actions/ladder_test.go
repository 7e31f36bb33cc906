package actions

import (
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

func check(id string, s Severity) Check {
	return Check{ID: id, Title: fleet.Text("title"), Severity: s}
}

func planOf(env fleet.Env, route fleet.RouteID) Plan {
	return Plan{Env: env, Intent: Intent{Route: route}}
}

func TestConfirmLadder(t *testing.T) {
	history := check("IL-04", SeverityOVR)
	history.Missing, history.History = true, true
	other := history
	other.ID = "IL-22"
	for _, c := range []struct {
		name      string
		env       fleet.Env
		checks    []Check
		level     Level
		prod      bool
		overrides []string
		refused   string
	}{
		{"dev passes with a button", fleet.EnvDev, []Check{check("IL-03", SeverityPass)}, LevelNone, false, nil, ""},
		{"warnings ask nothing more", fleet.EnvStage, []Check{check("IL-13", SeverityWarn)}, LevelNone, false, nil, ""},
		{"production asks for the name", fleet.EnvProd, []Check{check("IL-03", SeverityPass)}, LevelName, true, nil, ""},
		{"no environment is production", "", []Check{check("IL-03", SeverityPass)}, LevelName, true, nil, ""},
		{"unknown environment is production", "qa", []Check{check("IL-03", SeverityPass)}, LevelName, true, nil, ""},
		{"override in dev", fleet.EnvDev, []Check{check("IL-02", SeverityOVR)}, LevelOverride, false, []string{"IL-02"}, ""},
		{"history is one override", fleet.EnvProd, []Check{history, other, check("IL-02", SeverityOVR)}, LevelOverride, true,
			[]string{HistoryOverride, "IL-02"}, ""},
		{"block", fleet.EnvDev, []Check{check("IL-02", SeverityOVR), check("IL-07", SeverityBlock)}, LevelRefused, false,
			[]string{"IL-02"}, "IL-07 BLOCK: title"},
		{"hard outranks block", fleet.EnvDev, []Check{check("IL-07", SeverityBlock), check("IL-01", SeverityHard)},
			LevelRefused,
			false, nil, "IL-01 HARD: title"},
		{"never checked", fleet.EnvDev, nil, LevelRefused, false, nil, "no check has run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := Confirm(planOf(c.env, "chat"), c.checks)
			if l.Level != c.level || l.Prod != c.prod || !slices.Equal(l.Overrides,
				c.overrides) || l.Refused.String() != c.refused {
				t.Errorf("Confirm = %+v (refused %q), want level %d prod %v overrides %v refused %q", l, l.Refused, c.level,
					c.prod, c.overrides, c.refused)
			}
			if asks := c.prod || len(c.overrides) > 0; l.TypeName != asks || l.NeedsReason != asks {
				t.Errorf("TypeName %v, NeedsReason %v, want both %v", l.TypeName, l.NeedsReason, asks)
			}
		})
	}
}

func TestConfirmSaysTheFixAndRefusesNamesThatCannotBeTyped(t *testing.T) {
	lagging := check("IL-36", SeverityBlock)
	lagging.Fix = fleet.Text("R resync gw-3")
	if l := Confirm(planOf(fleet.EnvDev, "chat"), []Check{lagging}); !strings.HasSuffix(l.Refused.String(),
		"; R resync gw-3") {
		t.Errorf("refusal %q does not say the fix", l.Refused)
	}
	pass := []Check{check("IL-03", SeverityPass)}
	for _, name := range []fleet.RouteID{"ch\u0430t", "chat\u200b", "chat\x1b[2J", ""} {
		if l := Confirm(planOf(fleet.EnvProd, name), pass); l.Level != LevelRefused {
			t.Errorf("route %q can be confirmed in production", name)
		}
	}
	if l := Confirm(planOf(fleet.EnvDev, "ch\u0430t"), pass); l.Level != LevelNone {
		t.Error("a name that need not be typed is refused")
	}
}

func TestApprove(t *testing.T) {
	pass, ovr := []Check{check("IL-03", SeverityPass)}, []Check{check("IL-02", SeverityOVR), check("IL-10", SeverityOVR)}
	block := []Check{check("IL-07", SeverityBlock)}
	full := Approval{Typed: "chat", Reason: "INC-4821 node lost", Overrides: []string{"IL-10", "IL-02"}}
	for _, c := range []struct {
		name   string
		env    fleet.Env
		checks []Check
		edit   func(*Approval)
		kind   fleet.Kind
	}{
		{"dev needs nothing", fleet.EnvDev, pass, func(a *Approval) { *a = Approval{} }, ""},
		{"prod with incident as reason", fleet.EnvProd, pass, func(a *Approval) { a.Reason = "INC-1" }, ""},
		{"prod without reason", fleet.EnvProd, pass, func(a *Approval) { a.Reason = " \t" }, fleet.KindInvalid},
		{"prod with other name", fleet.EnvProd, pass, func(a *Approval) { a.Typed = "Chat" }, fleet.KindInvalid},
		{"prod with trailing space", fleet.EnvProd, pass, func(a *Approval) { a.Typed = "chat " }, fleet.KindInvalid},
		{"override complete", fleet.EnvDev, ovr, func(*Approval) {}, ""},
		{"override with 9 characters", fleet.EnvDev, ovr, func(a *Approval) { a.Reason = "123456789" }, fleet.KindInvalid},
		{"override with 10 characters", fleet.EnvDev, ovr, func(a *Approval) { a.Reason = "12345678é0" }, ""},
		{"spaces do not count", fleet.EnvDev, ovr, func(a *Approval) { a.Reason = "12345678    " }, fleet.KindInvalid},
		{"override not named", fleet.EnvDev, ovr, func(a *Approval) { a.Overrides = []string{"IL-02"} }, fleet.KindInvalid},
		{"override without name", fleet.EnvDev, ovr, func(a *Approval) { a.Typed = "" }, fleet.KindInvalid},
		{"block whatever is typed", fleet.EnvDev, block, func(a *Approval) { a.Overrides = []string{"IL-07"} },
			fleet.KindBlocked},
		{"nothing checked", fleet.EnvDev, nil, func(*Approval) {}, fleet.KindBlocked},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := full
			c.edit(&a)
			if err := Approve(planOf(c.env, "chat"), c.checks, a); fleet.KindOf(err) != c.kind {
				t.Errorf("Approve = %v, want kind %q", err, c.kind)
			}
		})
	}
}
