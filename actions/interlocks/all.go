package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// All lists every interlock in the order of their numbers.
func All() []actions.Interlock {
	return []actions.Interlock{
		{ID: "IL-01", Title: fleet.Text("a healthy target stays"), Asks: fleet.Text("healthy targets with weight after the change are not 0"), Check: lastHealthy},
		{ID: "IL-02", Title: fleet.Text("redundancy"), Asks: fleet.Text("more than one healthy target in more than one failure domain"), Check: redundancy},
		{ID: "IL-03", Title: fleet.Text("weights add up"), Asks: fleet.Text("no negative weight, no sum of 0, at any step"), Check: zeroSum},
		{ID: "IL-04", Title: fleet.Text("compute capacity"), Asks: fleet.Text("projected tokens/s over rating at most 0.70, 0.85, 1.0"), Check: compute},
		{ID: "IL-05", Title: fleet.Text("KV cache capacity"), Asks: fleet.Text("projected tokens in flight over KV tokens at most 0.80, 0.95"), Check: kvCache},
		{ID: "IL-06", Title: fleet.Text("N+1 after the shift"), Asks: fleet.Text("losing the largest remaining domain leaves every target under its rating"), Check: nPlusOne},
		{ID: "IL-07", Title: fleet.Text("health by progress"), Asks: fleet.Text("ready replicas, tokens that move and a good probe in 60 s"), Check: progress},
		{ID: "IL-08", Title: fleet.Text("error budget burn"), Asks: fleet.Text("burn under 14.4x (1 h and 5 min) and 6x (6 h and 30 min)"), Check: burnRate},
		{ID: "IL-10", Title: fleet.Text("API rate limits"), Asks: fleet.Text("projected use of the tightest limit at most 0.6, 0.8, 1.0"), Check: rateLimits},
		{ID: "IL-12", Title: fleet.Text("budget cap"), Asks: fleet.Text("projected spend of the period at most 60, 80, 100 % of the cap"), Check: budgetCap},
		{ID: "IL-13", Title: fleet.Text("unit price"), Asks: fleet.Text("blended price at most 2x, 5x of today's"), RollbackSkips: true, Check: unitPrice},
		{ID: "IL-14", Title: fleet.Text("data residency"), Asks: fleet.Text("every required label is offered"), Check: residency},
		{ID: "IL-15", Title: fleet.Text("context length"), Asks: fleet.Text("share of requests over the limit at most 0, 0.1, 1 %"), Check: contextLength},
		{ID: "IL-16", Title: fleet.Text("capabilities"), Asks: fleet.Text("every capability that the route uses is offered"), Check: capabilities},
		{ID: "IL-17", Title: fleet.Text("embedding identity"), Asks: fleet.Text("model, dimensions and pooling are equal on an embeddings route"), Check: embeddings},
		{ID: "IL-20", Title: fleet.Text("nobody else holds the route"), Asks: fleet.Text("no live lock and no open change of somebody else"), Check: heldRoute},
		{ID: "IL-21", Title: fleet.Text("cool-down"), Asks: fleet.Text("5 min since the last change, under 3 reversals in 30 min"), RollbackSkips: true, Check: coolDown},
		{ID: "IL-22", Title: fleet.Text("step size"), Asks: fleet.Text("at most 10 points in a step to a share not carried in 24 h, else 25"), RollbackSkips: true, Check: stepSize},
		{ID: "IL-23", Title: fleet.Text("fresh telemetry"), Asks: fleet.Text("oldest input at most 30, 60, 120 s"), Check: staleTelemetry},
		{ID: "IL-24", Title: fleet.Text("source quorum"), Asks: fleet.Text("two independent kinds of evidence agree on health"), Check: quorum},
		{ID: "IL-26", Title: fleet.Text("shared fate"), Asks: fleet.Text("no dependency shared with a failing target"), Check: sharedFate},
		{ID: "IL-36", Title: fleet.Text("gateway replicas agree"), Asks: fleet.Text("equal weights on every replica before the change"), Check: replicasAgree},
		{ID: "IL-37", Title: fleet.Text("plan is current"), Asks: fleet.Text("weights unchanged since planning, plan under 10 min old"), Check: currentPlan},
		{ID: "IL-39", Title: fleet.Text("permission"), Asks: fleet.Text("writing is allowed and the gateway can be written"), Check: permission},
		{ID: "IL-45", Title: fleet.Text("drill separation"), Asks: fleet.Text("plan and fleet are of the same mode"), Check: drillSeparation},
	}
}

// Evaluate asks every interlock about a plan before it starts.
func Evaluate(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time) []actions.Check {
	return ask(p, s, b, now, func(il actions.Interlock) bool { return p.Intent.Undoes == "" || !il.RollbackSkips })
}

// EvaluateStep asks about one step right before its write. From the second step on the plan's age no longer counts:
// the world is compared with what the step before left, and the change's own steps never fire IL-20 to IL-22.
func EvaluateStep(p actions.Plan, n int, s *fleet.Snapshot, b actions.Book, now time.Time) []actions.Check {
	if n < 1 || n > len(p.Steps) {
		return []actions.Check{{ID: "IL-37", Title: fleet.Text("plan is current"), Severity: actions.SeverityHard,
			Formula: fleet.Concat(fleet.Text("the plan has no step "), fleet.Int(n))}}
	}
	step := p.Steps[n-1]
	at := p
	at.Before, at.BeforeHash, at.After, at.AfterHash = step.Before, step.BeforeHash, step.After, step.AfterHash
	at.Steps = p.Steps[n-1 : n]
	if n > 1 {
		at.Created = now
	}
	own := []string{"IL-20", "IL-21", "IL-22"}
	return ask(at, s, b, now, func(il actions.Interlock) bool {
		return (p.Intent.Undoes == "" || !il.RollbackSkips) && (n == 1 || !slices.Contains(own, il.ID))
	})
}

// EvaluateRollback asks only what nothing lifts and what does not depend on age, telemetry or health:
// going back must be easier than going forward. Permission was given when the change began.
func EvaluateRollback(p actions.Plan, step actions.Step, s *fleet.Snapshot, b actions.Book, now time.Time) []actions.Check {
	at := p
	at.Before, at.After, at.Steps = step.Before, step.After, []actions.Step{step}
	lasting := []string{"IL-03", "IL-14", "IL-17", "IL-45"}
	return ask(at, s, b, now, func(il actions.Interlock) bool { return slices.Contains(lasting, il.ID) })
}

func ask(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time, want func(actions.Interlock) bool) []actions.Check {
	var out []actions.Check
	for _, il := range All() {
		if !want(il) {
			continue
		}
		c := il.Check(p, s, b, now)
		c.ID, c.Title = il.ID, il.Title
		out = append(out, c)
	}
	return out
}
