package runner

import (
	"context"
	"time"

	"pitwall/actions"
	"pitwall/actions/audit"
	"pitwall/fleet"
)

// proven lets a stage go on whose new replicas answer as they must.
func (k *carrier) proven(n int) time.Duration {
	if wait, decided := k.awaitGolden(fleet.Textf("stage %s", fleet.Int(n))); decided {
		return wait
	}
	return k.afterStage(n)
}

// awaitGolden waits until as many new replicas as are ready have passed. decided is false where nothing has to be waited for.
// What is unclear never promotes itself: a person who was told may want to go on.
func (k *carrier) awaitGolden(stage fleet.Safe) (wait time.Duration, decided bool) {
	g := k.work.golden
	if g == nil {
		return 0, false
	}
	list := k.newReplicas()
	ready := max(k.work.now.UpdatedReady, 0)
	if k.work.now.Phase == fleet.RolloutDone {
		ready = max(ready, k.work.now.Ready)
	}
	ready = min(ready, fleet.MostPods)
	passed, tried, why := g.stand(list)
	switch {
	case !g.missing.IsEmpty():
		why = g.missing
	case passed >= ready:
		g.anew()
		return 0, false
	case tried < min(len(list), ready):
		k.say(fleet.Textf("%s: golden prompts are asked, %s of %s new replicas passed", stage, fleet.Int(passed), fleet.Int(ready)), time.Time{})
		return k.r.o.Poll, true
	case why.IsEmpty():
		why = fleet.Textf("%s of %s new replicas are read and can be asked golden prompts", fleet.Int(len(list)), fleet.Int(ready))
	}
	now := k.now()
	if g.unclear.IsZero() {
		g.unclear = now
	}
	switch {
	case g.held && k.inForce.hurry: // a person saw it and wants to go on
		return 0, false
	case !g.held && now.Sub(g.unclear) < defaultLasted && len(g.bad) == 0 && g.missing.IsEmpty():
		k.say(fleet.Textf("%s: golden prompts are asked again, unclear so far: %s", stage, why), time.Time{})
		return k.r.o.Poll, true
	case !g.held:
		g.held, k.inForce.hurry = true, false
	}
	return k.hold(fleet.Textf("%s, unclear: %s; it waits, and goes on when a person wants the next stage", stage, why)), true
}

// stand counts the replicas that passed and those that were tried, and says what the first that did not pass showed.
func (g *goldens) stand(list []served) (passed, tried int, why fleet.Safe) {
	for _, x := range list {
		p := g.of[x.name]
		switch {
		case p == nil || p.tries == 0:
			continue
		case p.last.Verdict == verdictPass:
			passed++
		case why.IsEmpty():
			why = p.last.Text()
		}
		tried++
	}
	return passed, tried, why
}

// goldenFirst asks the replicas of a new version that is there already, before a write gives it more weight.
func (k *carrier) goldenFirst() (wait time.Duration, decided bool) {
	if k.work.golden == nil || k.c.Plan.Intent.Kind == actions.KindUpgrade {
		return 0, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	r, err := k.work.read.Rollout(ctx, k.work.plan.Was.Object)
	if err != nil {
		k.say(fleet.Concat(fleet.Text("it cannot be read, trying on: "), fleet.Sentence(err)), time.Time{})
		return k.r.o.Poll, true
	}
	k.work.now = r
	k.askGolden()
	return k.awaitGolden(fleet.Text("before stage 1"))
}

// abortGolden ends a change whose new version answers wrongly before anything was written.
func (k *carrier) abortGolden(why fleet.Safe) {
	k.close(EventAbort, audit.KindClosed, fleet.Concat(why, fleet.Text(". Nothing was written")), world{})
}
