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

var lostPool = actions.Origin{Kind: actions.OriginPool, ID: "b200-a"}

// lost is the wireframes' question: who could take what b200-a carries.
func lost() *actions.Evacuation {
	f := actions.Failover{Route: "chat-default", Away: []fleet.TargetID{"b200-a"}, Moved: 0.6, Requests: fleet.Some(fleet.Rate(412)),
		Candidates: []actions.Candidate{
			{Target: "anthropic", Rented: true, State: fleet.StateOK, Fit: 1, Burn: fleet.Some(fleet.USDPerHour(240)), Limit: fleet.Some(fleet.Tokens(200000)),
				TTFT95: fleet.Some(fleet.Seconds(0.7)), Labels: []string{"eu"}},
			{Target: "h100-b", State: fleet.StateOK, Fit: 0.5, Asks: []actions.Ask{{ID: "IL-26",
				Why: fleet.Text("IL-26 shared fate: h100-b shares power F2 with b200-a, which is CRIT")}}, Burn: fleet.Some(fleet.USDPerHour(0)), Limit: fleet.Some(fleet.Tokens(32768)),
				TTFT95: fleet.Some(fleet.Seconds(0.9)), Labels: []string{"eu", "zdr"}, ID: "IL-04",
				Why: fleet.Text("IL-04 compute capacity: h100-b: 0.86 = (54,833 + 34,222)/104,000 tok/s prefill > 0.85")},
			{Target: "together", Rented: true, State: fleet.StateOK, ID: "IL-14", Why: fleet.Text("IL-14 data residency: together does not offer eu")},
		}}
	way := func(split actions.Split, burn float64, left fleet.Ratio, w fleet.Weights) actions.Way {
		return actions.Way{Split: split, Burn: fleet.Some(fleet.USDPerHour(burn)), Left: fleet.Some(left),
			Moves: []actions.Proposal{{Split: split, Weights: w, Left: left}}}
	}
	return &actions.Evacuation{Origin: lostPool, Found: []actions.Failover{f}, Requests: f.Requests, InFlight: fleet.Some(fleet.Count(38)),
		Ways: []actions.Way{way(actions.SplitBalanced, 160, 0, fleet.Weights{"b200-a": 0, "h100-b": 50, "anthropic": 50}),
			way(actions.SplitCheapest, 122, 0, fleet.Weights{"b200-a": 0, "h100-b": 60, "anthropic": 40}),
			way(actions.SplitFastest, 240, 0.1, fleet.Weights{"b200-a": 6, "h100-b": 10, "anthropic": 84})},
		Stays: []actions.Stay{{Route: "batch", Why: fleet.Text("batch has no other target: add one first")}},
		Warmups: []actions.Warmup{{Pool: "h200-dr", Object: fleet.ObjectRef{Name: "h200-dr"}, Replicas: 2,
			Takes: fleet.Some(6 * time.Minute)}}}
}

// lostPart is the plan of the one route.
func lostPart(stage actions.FailoverStage) actions.PlannedPart {
	order := []fleet.TargetID{"b200-a", "h100-b", "anthropic"}
	p := actions.Plan{Digest: "7f3c91d0aa", Context: "prod-eu-1", Env: fleet.EnvProd, Mode: fleet.ModeLive, Gateway: "litellm", Order: order,
		Route:  fleet.RouteSpec{ID: "chat-default"},
		Before: fleet.Weights{"b200-a": 60, "h100-b": 30, "anthropic": 10}, After: fleet.Weights{"b200-a": 0, "h100-b": 60, "anthropic": 40},
		Steps: make([]actions.Step, 3), Ramp: actions.EmergencyRamp(),
		Intent: actions.Intent{Kind: actions.KindShift, Route: "chat-default",
			Failover: &actions.FailoverPart{ID: "fo-1122-140512-7c1e", Origin: lostPool, Stage: stage, Split: actions.SplitCheapest}}}
	return actions.PlannedPart{Plan: p, Checks: []actions.Check{
		{ID: "IL-01", Title: fleet.Text("a healthy target stays"), Formula: fleet.Text("2 healthy targets keep weight")},
		{ID: "IL-22", Title: fleet.Text("step size"), Severity: actions.SeverityOVR, Target: "h100-b",
			Formula: fleet.Text("h100-b: 16 points in one step > 10 to 60%, carried at most 41% in 24 h, age 20h")},
		{ID: "IL-26", Title: fleet.Text("shared fate"), Severity: actions.SeverityWarn, Formula: fleet.Text("h100-b and b200-a share power feed F2")}}}
}

func failoverFlow(step views.ShiftStep) *views.FailoverFlow {
	f := &views.FailoverFlow{Stage: actions.StageLeave, Origin: lostPool, Found: lost(), Split: actions.SplitCheapest, Warm: true,
		Form: views.ShiftState{Step: step, ValidFor: time.Minute}}
	if step > views.ShiftPlan {
		f.Parts = []actions.PlannedPart{lostPart(actions.StageLeave)}
		f.Form.CheckedAt = viewtest.Now().Add(-4 * time.Second)
		f.Form.Ladder = views.Ladder{Prod: true, TypeName: true, NeedsReason: true, Overrides: []string{"IL-22"}}
	}
	if step == views.ShiftConfirm {
		f.Form.Reason, f.Form.Name = views.TextField{Text: "INC-4821 GPU loss"}, views.TextField{Text: "b200", Cursor: 4}
		f.Form.Field = views.FieldName
	}
	return f
}

// failedOver is a book with a failover under way.
func failedOver(sc *views.Scene) {
	leave := lostPart(actions.StageLeave)
	leave.Plan.Route = sc.Snap.Route("chat-default").Spec
	warm := actions.Plan{Work: &actions.WorkPlan{Pool: "h200-dr"}, Intent: actions.Intent{Kind: actions.KindScale,
		Work:     &actions.WorkIntent{Object: fleet.ObjectRef{Kind: "Deployment", Name: "h200-dr"}, Want: fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2)}},
		Failover: &actions.FailoverPart{ID: "fo-1122-140512-7c1e", Origin: lostPool, Stage: actions.StageWarm}}}
	leave.Plan.Order = []fleet.TargetID{"b200-a", "h100-b", "openai"} // as in the scene
	leave.Plan.Before, leave.Plan.After = fleet.Weights{"b200-a": 60, "h100-b": 30, "openai": 10}, fleet.Weights{"b200-a": 0, "h100-b": 60, "openai": 40}
	at := viewtest.Now()
	sc.Book.Changes = append([]actions.Change{
		{ID: "c119", Seq: 119, Plan: leave.Plan, State: actions.StateSoaking, Step: 3, Started: at.Add(-3 * time.Minute), Why: fleet.Text("FAIL rolls back"),
			Steps: []actions.StepResult{{N: 3, Verified: at.Add(-40 * time.Second)}}},
		{ID: "c120", Seq: 120, Plan: warm, State: actions.StateVerifying, Step: 1, Started: at.Add(-3 * time.Minute)},
	}, sc.Book.Changes...)
	sc.Snap.Runbooks = []fleet.Runbook{
		{Name: "b200-loss", When: "GPU loss on b200-a, or its node pool drained", Pool: "b200-a", To: []string{"h100-b", "openai"}, Split: "cheapest"},
		{Name: "openai-out", When: "OpenAI answers with 5xx for two minutes", Provider: "open-ai"}}
}

func failoverFrames() map[string]func(views.Scene, views.Size) string {
	flow := func(step views.ShiftStep) func(views.Scene, views.Size) string {
		return func(sc views.Scene, sz views.Size) string {
			return views.Failover(sc, views.FailoverState{Flow: failoverFlow(step)}, sz)
		}
	}
	return map[string]func(views.Scene, views.Size) string{
		"lists": func(sc views.Scene, sz views.Size) string {
			failedOver(&sc)
			return views.Failover(sc, views.FailoverState{Origins: views.Table{Selected: "pool\x00b200-a"}}, sz)
		},
		"page": func(sc views.Scene, sz views.Size) string {
			failedOver(&sc)
			return views.Failover(sc, views.FailoverState{Of: "fo-1122-140512-7c1e", Parts: views.Table{Selected: "c119"}}, sz)
		},
		"select": flow(views.ShiftPlan), "checks": flow(views.ShiftChecks), "confirm": flow(views.ShiftConfirm),
	}
}

func TestFailoverGolden(t *testing.T) {
	for name, draw := range failoverFrames() {
		for _, sz := range sizes {
			for _, set := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+strconv.Itoa(sz.W)+"x"+strconv.Itoa(sz.H)+"/"+set, func(t *testing.T) {
					frame := draw(scene(set == "ascii", themes.Mono), sz)
					exact(t, frame, sz)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
	}
}

// A standby pool that was started costs until somebody stops it: a failover that is over says so.
func TestWhatWasStartedForAFailoverThatIsOverIsNamed(t *testing.T) {
	sc := scene(true, themes.Mono)
	failedOver(&sc)
	page := func() string {
		return plain(views.Failover(sc, views.FailoverState{Of: "fo-1122-140512-7c1e"}, sizes[1]))
	}
	back := sc.Book.Changes[0]
	back.ID, back.Seq, back.State = "c121", 121, actions.StateCommitted
	part := *back.Plan.Intent.Failover
	part.Stage = actions.StageReturn
	back.Plan.Intent.Failover = &part
	pool := sc.Snap.Pool("h200-dr")
	pool.Ready, pool.Burn = 2, fleet.Some(fleet.USDPerHour(64))
	if strings.Contains(page(), "RUNS ON") {
		t.Errorf("it is not over yet\n%s", page())
	}
	sc.Book.Changes[0].State, sc.Book.Changes[1].State = actions.StateCommitted, actions.StateCommitted
	sc.Book.Changes = append(sc.Book.Changes, back)
	if got := page(); !strings.Contains(got, "RUNS ON") || !strings.Contains(got, "h200-dr: 2 replicas started for it, $64") {
		t.Errorf("nothing says that a pool runs on\n%s", got)
	}
}

func TestARunbookThatDoesNotFitSaysSo(t *testing.T) {
	sc := scene(true, themes.Mono)
	failedOver(&sc)
	frame := plain(views.Failover(sc, views.FailoverState{}, sizes[1]))
	for _, want := range []string{"DOES NOT FIT: there is no provider open-ai", "b200-loss"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q in\n%s", want, frame)
		}
	}
}

func TestHostileNamesOfAFailoverStayText(t *testing.T) {
	sc := scene(true, themes.TrueColor)
	f := failoverFlow(views.ShiftChecks)
	f.Origin.ID = "b200\x1b[31m\nx"
	f.Parts[0].Plan.Route.ID = "chat\x1b]0;owned\x07"
	f.Found.Stays[0].Route = "batch\x1b[2J"
	for _, step := range []views.ShiftStep{views.ShiftPlan, views.ShiftChecks, views.ShiftConfirm} {
		f.Form.Step = step
		frame := views.Failover(sc, views.FailoverState{Flow: f}, sizes[0])
		exact(t, frame, sizes[0])
		if strings.Contains(frame, "\x1b]0;") || strings.Contains(frame, "\x1b[2J") {
			t.Errorf("step %d lets an escape through", step)
		}
	}
}
