package views_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// shifts are dialogs in every step and state, by name; each may change the scene that it is drawn in.
var shifts = map[string]func(*views.Scene) views.ShiftState{
	"plan":         planStep,
	"checks":       checksStep,
	"checks-block": blockedStep,
	"confirm": func(sc *views.Scene) views.ShiftState {
		s := checksStep(sc)
		s.Checks = s.Checks[2:]
		s.Step, s.Ladder, s.Field = views.ShiftConfirm, views.Ladder{}, views.FieldCancel
		s.Armed = true
		s.Plan.Env, sc.Snap.Env = fleet.EnvStage, fleet.EnvStage
		return s
	},
	"confirm-prod": func(sc *views.Scene) views.ShiftState {
		s := checksStep(sc)
		s.Checks = s.Checks[2:]
		s.Step, s.Ladder = views.ShiftConfirm, views.Ladder{Prod: true, TypeName: true, NeedsReason: true}
		s.Reason, s.Name = typed("INC-4821 b200-a Xid 119"), typed("chat-def")
		s.Field = views.FieldName
		return s
	},
	"confirm-override": func(sc *views.Scene) views.ShiftState {
		s := checksStep(sc)
		s.Step = views.ShiftConfirm
		s.Reason, s.Name = typed("b200-a loses GPUs, h100-b has head room in the night"), typed("chat-default")
		s.Field, s.Armed = views.FieldConfirm, true
		return s
	},
	"refused": func(sc *views.Scene) views.ShiftState {
		s := blockedStep(sc)
		s.Step = views.ShiftConfirm
		return s
	},
	"apply": func(sc *views.Scene) views.ShiftState { return running(sc, actions.StateVerifying, nil) },
	"held": func(sc *views.Scene) views.ShiftState {
		return running(sc, actions.StateHeld, func(c *actions.Change) {
			c.Held, c.NextAt, c.Why = true, time.Time{}, fleet.Text("held by mara")
		})
	},
	"rolling-back": func(sc *views.Scene) views.ShiftState {
		return running(sc, actions.StateRollingBack, func(c *actions.Change) {
			c.Why = fleet.Text("rolling back: h100-b err% 4.10 over 2.00 for 61s")
			c.Steps = append(c.Steps, actions.StepResult{N: 1, Back: true, Weights: c.Plan.Steps[0].After,
				Sent: viewtest.Now().Add(-3 * time.Second), ReadBack: backs(c.Plan.Steps[0].After, 1)})
			c.Limits[0].Now, c.Limits[0].Verdict, c.Limits[0].Broken = fleet.Text("4.10"), "FAIL", 61*time.Second
		})
	},
	"rolled-back": func(sc *views.Scene) views.ShiftState {
		s := running(sc, actions.StateRolledBack, func(c *actions.Change) {
			c.Why = fleet.Text("rolled back: every replica holds 60/30/10 again (h100-b err% 4.10 over 2.00 for 61s)")
			c.Steps = append(c.Steps, actions.StepResult{N: 1, Back: true, Weights: c.Plan.Before,
				Sent: viewtest.Now().Add(-9 * time.Second), ReadBack: backs(c.Plan.Before, 3)})
			c.Ended, c.NextAt = viewtest.Now().Add(-4*time.Second), time.Time{}
		})
		s.Step = views.ShiftSoak
		return s
	},
	"unknown": func(sc *views.Scene) views.ShiftState {
		return running(sc, actions.StateUnknown, func(c *actions.Change) {
			c.World = fleet.Weights{"b200-a": 20, "h100-b": 70, "openai": 10}
			c.WorldAt, c.NextAt = viewtest.Now().Add(-2*time.Second), time.Time{}
			c.Why = fleet.Text("somebody else changed the route: before 60/30/10, planned 40/50/10, gateway 20/70/10")
		})
	},
	"other-process": func(sc *views.Scene) views.ShiftState {
		return running(sc, actions.StateVerifying, func(c *actions.Change) {
			c.Guard = actions.Guardian{PID: 977, Host: "bastion-2", Alive: fleet.Some(true)}
		})
	},
	"detached": func(sc *views.Scene) views.ShiftState {
		return running(sc, actions.StateVerifying, func(c *actions.Change) {
			c.Guard = actions.Guardian{PID: 4242, Host: "bastion-1", Alive: fleet.Some(true), Detached: true}
		})
	},
	"orphan": func(sc *views.Scene) views.ShiftState {
		return running(sc, actions.StateVerifying, func(c *actions.Change) {
			c.Guard = actions.Guardian{PID: 4242, Host: "bastion-1", Alive: fleet.Some(false)}
		})
	},
	"soak": func(sc *views.Scene) views.ShiftState {
		s := running(sc, actions.StateSoaking, finished)
		s.Step = views.ShiftSoak
		return s
	},
	"done": func(sc *views.Scene) views.ShiftState {
		s := running(sc, actions.StateCommitted, func(c *actions.Change) {
			finished(c)
			c.Ended, c.NextAt = viewtest.Now().Add(-20*time.Second), time.Time{}
			c.Why = fleet.Text("done: every replica holds it, and its traffic stayed within the limits")
		})
		s.Step = views.ShiftSoak
		return s
	},
	"undo": func(sc *views.Scene) views.ShiftState {
		s := planStep(sc)
		s.Undoes, s.Draft = "c-118", fleet.Weights{"b200-a": 80, "h100-b": 10, "openai": 10}
		s.Plan, s.Busy = nil, fleet.Text("planning")
		s.Twin = fleet.Text("pitwall undo c-118 --dry-run")
		return s
	},
	"resync": func(sc *views.Scene) views.ShiftState {
		s := planStep(sc)
		s.Kind, s.Replica, s.Twin = actions.KindResync, "gw-3", fleet.Safe{}
		s.Plan.Intent.Kind, s.Plan.Intent.Replica = actions.KindResync, "gw-3"
		s.Plan.After, s.Plan.Steps = s.Plan.Before, s.Plan.Steps[:1]
		return s
	},
}

func typed(s string) views.TextField { return views.TextField{Text: s, Cursor: len([]rune(s))} }

func planStep(sc *views.Scene) views.ShiftState {
	p := viewtest.Book().Changes[0].Plan
	p.Effects = []actions.Effect{
		effect("b200-a", 60, 30, 210, 0.51, "decode", 1.0, 186),
		effect("h100-b", 30, 60, 499, 0.84, "decode", 0.91, 98),
		effect("openai", 10, 10, 69, 0.41, "tpm", 0.61, 29),
	}
	p.Created = viewtest.Now().Add(-40 * time.Second)
	sc.Book.Changes, sc.Book.Locks = sc.Book.Changes[1:], nil
	return views.ShiftState{Step: views.ShiftPlan, Kind: actions.KindShift, Route: "chat-default",
		Draft: fleet.Weights{"b200-a": 30, "h100-b": 60, "openai": 10}, Cursor: 1, Ramp: actions.Ramp{}.WithDefaults(),
		Soak: actions.DefaultSoak, Plan: &p, ValidFor: time.Minute,
		Twin: fleet.Text("pitwall shift chat-default b200-a=30 h100-b=60 --dry-run")}
}

func effect(id fleet.TargetID, now, then int, load, use float64, of string, ttft, burn float64) actions.Effect {
	return actions.Effect{Target: id, Now: now, New: then, RequestsThen: fleet.Some(fleet.Rate(load)),
		UseThen: fleet.Some(fleet.Ratio(use)), UseOf: fleet.Label(of), TTFT95Then: fleet.Some(fleet.Seconds(ttft)),
		BurnThen: fleet.Some(fleet.USDPerHour(burn))}
}

func checksStep(sc *views.Scene) views.ShiftState {
	s := planStep(sc)
	s.Step, s.CheckedAt = views.ShiftChecks, viewtest.Now().Add(-8*time.Second)
	s.Checks = []actions.Check{
		check("IL-04", "compute capacity", actions.SeverityOVR, "0.91 = (3,900 + 5,200)/10,000 tok/s decode, rating from 2026-11-20, 2s old > 0.85",
			"move less, or add replicas first"),
		check("IL-05", "KV cache capacity", actions.SeverityOVR, "tokens in flight over KV tokens cannot be judged: no length of requests", ""),
		check("IL-26", "shared fate", actions.SeverityWarn, "h100-b and b200-a share power F2", ""),
	}
	s.Checks[0].Target = "h100-b"
	s.Checks[0].Inputs = []actions.Input{{Name: fleet.Text("decode"), Value: fleet.Text("3.90k"), At: viewtest.Now().Add(-2 * time.Second)},
		{Name: fleet.Text("rating"), Value: fleet.Text("10.0k")}}
	s.Checks[1].Missing, s.Checks[1].History = true, true
	for i, title := range []string{"a healthy target stays", "weights add up", "N+1 after the shift", "health by progress", "error budget burn",
		"API rate limits", "budget cap", "unit price", "data residency", "context length", "capabilities"} {
		s.Checks = append(s.Checks, check("IL-"+strconv.Itoa(30+i), title, actions.SeverityPass, "1 of 1", ""))
	}
	s.Ladder = views.Ladder{Prod: true, TypeName: true, NeedsReason: true, Overrides: actions.Overrides(s.Checks)}
	return s
}

func blockedStep(sc *views.Scene) views.ShiftState {
	s := checksStep(sc)
	s.Checks = append(s.Checks, check("IL-36", "gateway replicas agree", actions.SeverityBlock,
		"gw-3 holds 70/20/10, gw-1 and gw-2 hold 60/30/10, 4s old", "R resyncs gw-3"))
	s.Ladder.Refused = fleet.Text("IL-36 BLOCK: gateway replicas agree; R resyncs gw-3")
	return s
}

func check(id, title string, severity actions.Severity, formula, fix string) actions.Check {
	return actions.Check{ID: id, Title: fleet.Label(title), Severity: severity, Formula: fleet.Label(formula),
		Fix: fleet.Label(fix)}
}

// running makes the book's open change that of the dialog, on its second step.
func running(sc *views.Scene, state actions.State, change func(*actions.Change)) views.ShiftState {
	c := &sc.Book.Changes[0]
	c.State = state
	ok := func(n int, sent time.Duration, seen ...float64) actions.StepResult {
		w := c.Plan.Steps[n-1].After
		r := actions.StepResult{N: n, Weights: w, Sent: viewtest.Now().Add(-sent), ReadBack: backs(w, 3),
			Seen: map[fleet.TargetID]fleet.Maybe[fleet.Ratio]{}, SeenOK: fleet.Some(true)}
		for i, v := range seen {
			r.Seen[c.Plan.Order[i]] = fleet.Some(fleet.Ratio(v))
		}
		return r
	}
	c.Steps = []actions.StepResult{ok(1, 130*time.Second, 0.507, 0.394, 0.099), ok(2, 12*time.Second, 0.412, 0.489, 0.099)}
	c.Limits = []actions.LimitNow{
		{Name: fleet.Text("err%"), Target: "h100-b", Before: fleet.Text("0.31"), Now: fleet.Text("0.35"),
			Limit: fleet.Text("2.00"), Verdict: "PASS"},
		{Name: fleet.Text("ttft95"), Target: "h100-b", Before: fleet.Text("720ms"), Now: fleet.Text("860ms"),
			Limit: fleet.Text("1.5s"), Verdict: "PASS"},
	}
	c.Harm = []actions.LimitNow{{Name: fleet.Text("embed err%"), Before: fleet.Text("0.02"), Now: fleet.Text("-"),
		Limit: fleet.Text("1.02"), Verdict: "UNCLEAR"}}
	if change != nil {
		change(c)
	}
	return views.ShiftState{Step: views.ShiftApply, Kind: actions.KindShift, Route: "chat-default", Change: c.ID}
}

func finished(c *actions.Change) {
	r := c.Steps[1]
	r.N, r.Weights, r.ReadBack = 3, c.Plan.After, backs(c.Plan.After, 3)
	r.Seen = map[fleet.TargetID]fleet.Maybe[fleet.Ratio]{"b200-a": fleet.Some(fleet.Ratio(0.298)),
		"h100-b": fleet.Some(fleet.Ratio(0.603)), "openai": fleet.Some(fleet.Ratio(0.099))}
	c.Steps, c.Step = append(c.Steps, r), 3
	c.NextAt, c.Why = viewtest.Now().Add(9*time.Minute+41*time.Second), fleet.Text("soaking: FAIL rolls back, unclear holds")
}

// backs are read-backs of three replicas of which n hold the weights; the others hold what gw-3 held before.
func backs(w fleet.Weights, n int) []actions.ReplicaBack {
	var all []actions.ReplicaBack
	for i, id := range []fleet.GatewayReplicaID{"gw-1", "gw-2", "gw-3"} {
		b := actions.ReplicaBack{Replica: id, Weights: w, OK: i < n, At: viewtest.Now().Add(-2 * time.Second)}
		if !b.OK {
			b.Weights = fleet.Weights{"b200-a": 40, "h100-b": 50, "openai": 10}
		}
		all = append(all, b)
	}
	return all
}

func drawShift(name string, sc views.Scene, sz views.Size) string {
	s := shifts[name](&sc)
	return views.Routes(sc, views.RoutesState{Route: s.Route, Shift: &s, Targets: views.Table{Selected: "h100-b"}}, sz)
}

// boxes are the rooms that pages of the three sizes give to the dialog.
var boxes = map[string]views.Size{"80x24": {W: 80, H: 15}, "120x40": {W: 74, H: 29}, "200x60": {W: 78, H: 40}}

func TestShiftGolden(t *testing.T) {
	for name, dialog := range shifts {
		for page, box := range boxes {
			for _, set := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+page+"/"+set, func(t *testing.T) {
					sc := scene(set == "ascii", themes.Mono)
					s := dialog(&sc)
					frame := views.ShiftBox(sc, &s, box)
					exact(t, frame, box)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
	}
}

// TestDialogNeverCoversTheHeader compares the first line with that of the page without a dialog.
func TestDialogNeverCoversTheHeader(t *testing.T) {
	for name := range shifts {
		for _, sz := range append(sizes, views.Size{W: 60, H: 16}) {
			sc := scene(true, themes.Mono)
			s := shifts[name](&sc)
			with := views.Routes(sc, views.RoutesState{Route: s.Route, Shift: &s}, sz)
			without := views.Routes(sc, views.RoutesState{Route: s.Route}, sz)
			head := strings.SplitN(with, "\n", 2)[0]
			if head != strings.SplitN(without, "\n", 2)[0] || !strings.Contains(head, "prod-eu-1") {
				t.Errorf("%s %dx%d: header %q", name, sz.W, sz.H, head)
			}
		}
	}
}
