package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/plan"
	"pitwall/fleet"
)

// All lists every interlock in the order of their numbers.
func All() []actions.Interlock {
	return append([]actions.Interlock{
		{ID: "IL-01", Title: fleet.Text("a healthy target stays"), Check: lastHealthy,
			Asks: fleet.Text("healthy targets with weight after the change are not 0")},
		{ID: "IL-02", Title: fleet.Text("redundancy"), Check: redundancy,
			Asks: fleet.Text("more than one healthy target, not all in one failure domain")},
		{ID: "IL-03", Title: fleet.Text("weights add up"), Check: zeroSum,
			Asks: fleet.Text("no negative weight, no sum of 0, at any step")},
		{ID: "IL-04", Title: fleet.Text("compute capacity"), Check: compute,
			Asks: fleet.Text("projected tokens/s over rating at most 0.70, 0.85, 1.0")},
		{ID: "IL-05", Title: fleet.Text("KV cache capacity"), Check: kvCache,
			Asks: fleet.Text("projected tokens in flight over KV tokens at most 0.80, 0.95")},
		{ID: "IL-06", Title: fleet.Text("N+1 after the shift"), Check: nPlusOne,
			Asks: fleet.Text("losing the largest remaining domain leaves every target under its rating")},
		{ID: "IL-07", Title: fleet.Text("health by progress"), Check: progress,
			Asks: fleet.Text("ready replicas, tokens that move and a good probe in 60 s")},
		{ID: "IL-08", Title: fleet.Text("error budget burn"), Check: burnRate,
			Asks: fleet.Text("burn under 14.4x (1 h and 5 min) and 6x (6 h and 30 min)")},
		{ID: "IL-09", Title: fleet.Text("error budget left"), RollbackSkips: true, Check: errorBudget,
			Asks: fleet.Text("an optional change finds something left of the 30-day budget, by what is on file")},
		{ID: "IL-10", Title: fleet.Text("API rate limits"), Check: rateLimits,
			Asks: fleet.Text("projected use of the tightest limit at most 0.6, 0.8, 1.0")},
		{ID: "IL-11", Title: fleet.Text("growth of an API"), Check: apiRamp,
			Asks: fleet.Text("an API that refuses fast growth gets at most twice as much in a step")},
		{ID: "IL-12", Title: fleet.Text("budget cap"), Check: budgetCap,
			Asks: fleet.Text("projected spend of the day or month at most 60, 80, 100 % of the cap")},
		{ID: "IL-13", Title: fleet.Text("unit price"), RollbackSkips: true, Check: unitPrice,
			Asks: fleet.Text("blended price at most 2x, 5x of today's")},
		{ID: "IL-14", Title: fleet.Text("data residency"), Check: residency,
			Asks: fleet.Text("every required label is offered")},
		{ID: "IL-15", Title: fleet.Text("context length"), Check: contextLength,
			Asks: fleet.Text("share of requests over the limit at most 0, 0.1, 1 %")},
		{ID: "IL-16", Title: fleet.Text("capabilities"), Check: capabilities,
			Asks: fleet.Text("every capability that the route uses is offered")},
		{ID: "IL-17", Title: fleet.Text("embedding identity"), Check: embeddings,
			Asks: fleet.Text("model, dimensions and pooling are equal on an embeddings route")},
	}, ofProcess()...)
}

// ofProcess are those that ask how a change is made and by whom, and what it is judged by.
func ofProcess() []actions.Interlock {
	return []actions.Interlock{
		{ID: "IL-20", Title: fleet.Text("nobody else holds the route"), Check: heldRoute,
			Asks: fleet.Text("no live lock and no open change of somebody else")},
		{ID: "IL-21", Title: fleet.Text("cool-down"), RollbackSkips: true, Check: coolDown,
			Asks: fleet.Text("5 min since the last change, under 3 reversals in 30 min")},
		{ID: "IL-22", Title: fleet.Text("step size"), RollbackSkips: true, Check: stepSize,
			Asks: fleet.Text("at most 10 points in a step to a share not carried in 24 h, else 25")},
		{ID: "IL-23", Title: fleet.Text("fresh telemetry"), Check: staleTelemetry,
			Asks: fleet.Text("oldest input at most 3 intervals or 30 s, 60 s, 120 s")},
		{ID: "IL-24", Title: fleet.Text("source quorum"), Check: quorum,
			Asks: fleet.Text("two independent kinds of evidence agree on health")},
		{ID: "IL-25", Title: fleet.Text("seen from here only"), Check: vantage,
			Asks: fleet.Text("what fails here fails for the gateway too")},
		{ID: "IL-26", Title: fleet.Text("shared fate"), Check: sharedFate,
			Asks: fleet.Text("no dependency shared with a failing target")},
		{ID: "IL-27", Title: fleet.Text("published incident"), Check: providerIncident,
			Asks: fleet.Text("the status feeds of a rented receiver list nothing open that concerns it")},
		{ID: "IL-28", Title: fleet.Text("credentials"), Check: credential,
			Asks: fleet.Text("the key of a rented receiver was accepted in the last 15 min")},
		{ID: "IL-35", Title: fleet.Text("cached prefixes"), Check: affinity,
			Asks: fleet.Text("at most 20 % of the route leave pools that have their prompts in cache")},
		{ID: "IL-36", Title: fleet.Text("gateway replicas agree"), Check: replicasAgree,
			Asks: fleet.Text("equal weights on every replica before the change")},
		{ID: "IL-37", Title: fleet.Text("plan is current"), Check: currentPlan,
			Asks: fleet.Text("weights unchanged since planning, plan under 10 min old")},
		{ID: "IL-39", Title: fleet.Text("permission"), Check: permission,
			Asks: fleet.Text("writing is allowed and the gateway can be written")},
		freezes,
		{ID: "IL-44", Title: fleet.Text("stored objects"), Check: providerObjects,
			Asks: fleet.Text("no load leaves a provider that holds files, batches or the like of the route")},
		separation,
	}
}

// Evaluate asks every interlock about a plan before it starts.
func Evaluate(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time) []actions.Check {
	return ask(p, s, b, now, restores(p, b), func(actions.Interlock) bool { return true })
}

// Some asks those interlocks that are wanted by their number, of a shift that undoes nothing, on a fleet in which what is under way
// has arrived (WithOpen).
func Some(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time, want func(id string) bool) []actions.Check {
	var out []actions.Check
	for _, il := range All() {
		if !want(il.ID) {
			continue
		}
		c := worst(il, p, s, b, now)
		c.ID, c.Title = il.ID, il.Title
		out = append(out, lower(c, s.Rules.Policy))
	}
	return out
}

// EvaluateStep asks about step n, counted from 1, right before its write. From the second step on the plan's age no
// longer counts: the world is compared with what the step before left, and the change's own steps never fire
// IL-20 to IL-22.
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
	if r := route(p, s); r != nil && !p.Errand() && n > 1 {
		at.BurnNow, at.BurnThen = burnLeft(&p, &step, r, s)
	}
	if p.Errand() {
		at = p // what it does is not in weights
		if n > 1 {
			at.Created = now
		}
	}
	own := []string{"IL-19", "IL-20", "IL-21", "IL-22"}
	if p.Work != nil {
		// Its own replicas hold the GPUs by now, and its own evictions used the budgets up, which the runner waits for.
		own = append(own, "IL-29", "IL-31", "IL-32")
		work := *p.Work
		work.Later, at.Work = n > 1, &work
	}
	return ask(at, s, b, now, restores(p, b), func(il actions.Interlock) bool {
		return n == 1 || !slices.Contains(own, il.ID)
	})
}

// burnLeft is what the fleet burns now and after the rest of a plan: what its earlier steps added is in what is measured. Where that is not
// known now, what was known when it was planned stands.
func burnLeft(p *actions.Plan, step *actions.Step, r *fleet.Route, s *fleet.Snapshot) (now, then fleet.Maybe[fleet.USDPerHour]) {
	rest := *p
	rest.Before, rest.After = step.Before, p.After
	plan.Estimate(&rest, r, s)
	if !rest.BurnNow.OK || !rest.BurnThen.OK {
		return p.BurnNow, p.BurnThen
	}
	return rest.BurnNow, rest.BurnThen
}

// EvaluateRollback asks about one step back only what nothing lifts and what does not depend on age, telemetry or
// health: going back must be easier than going forward. Permission was given when the change began, and whether the
// gateway holds what the change wrote is the runner's to compare.
func EvaluateRollback(p actions.Plan, step actions.Step, s *fleet.Snapshot, b actions.Book,
	now time.Time) []actions.Check {
	at := p
	if p.Edit == nil {
		at.Before, at.After = step.Before, step.After
	}
	at.Steps = []actions.Step{step}
	lasting := []string{"IL-03", "IL-14", "IL-17", "IL-45"}
	return ask(at, s, b, now, false, func(il actions.Interlock) bool { return slices.Contains(lasting, il.ID) })
}

// restores tells whether a plan leads exactly to what the change that it undoes had found.
func restores(p actions.Plan, b actions.Book) bool {
	if p.Intent.Undoes == "" {
		return false
	}
	c := b.Change(p.Intent.Undoes)
	if c != nil && c.Plan.Edit != nil {
		return p.Edit != nil && c.Plan.Lock() == p.Lock() && c.Plan.BeforeHash == p.AfterHash
	}
	if c != nil && c.Plan.Work != nil {
		return p.Work != nil && p.Intent.Kind == actions.KindRestore && c.Plan.Work.Was.Object == p.Work.Was.Object
	}
	return c != nil && c.Plan.Route.ID == p.Route.ID && covers(p.After, c.Plan.Before) && covers(c.Plan.Before, p.After)
}

// covers tells whether every weight of a is the same in b; a member without a weight counts as 0.
func covers(a, b fleet.Weights) bool {
	for id, v := range a {
		if b[id] != v {
			return false
		}
	}
	return true
}

// ask runs the interlocks that are wanted. Those that restoring the last state need not satisfy pass and say so.
func ask(p actions.Plan, s *fleet.Snapshot, b actions.Book, now time.Time, restoring bool,
	want func(actions.Interlock) bool) []actions.Check {
	var out []actions.Check
	if s == nil {
		s = &fleet.Snapshot{} // nothing was read: every interlock finds its data missing
	}
	moves, of := underWay(p, s, b)
	loaded, later := withMoves(p, s, moves)
	asked := All()
	switch {
	case p.Work != nil:
		asked = Works()
	case p.Silence != nil:
		asked = Silences()
	case p.OfKey():
		asked = Keys()
	case p.Edit != nil:
		asked = Edits(p)
	}
	for _, il := range asked {
		if !want(il) {
			continue
		}
		var c actions.Check
		switch {
		case restoring && il.RollbackSkips:
			c = pass(fleet.Text("not asked: it restores what was before "), fleet.Label(string(p.Intent.Undoes)))
		case len(moves) > 0 && counting(il.ID):
			c = worst(il, loaded, later, b, now)
			c.Formula = fleet.Concat(c.Formula, fleet.Text("; with what is still to move of "), fleet.Join(of, fleet.Text(", ")))
		default:
			c = worst(il, p, s, b, now)
		}
		c.ID, c.Title = il.ID, il.Title
		out = append(out, lower(c, s.Rules.Policy))
	}
	return out
}
