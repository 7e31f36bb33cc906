package runner

import (
	"context"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
	"pitwall/fleet/golden"
)

// Golden is what new replicas are asked before they get more weight.
type Golden struct {
	Prompts []fleet.GoldenPrompt
	// Ask opens what asks the replica that a source reads.
	Ask func(fleet.SourceID) (fleet.Asker, error)
}

// goldens is what one change asks of its new replicas. Its fields belong to the carrier's goroutine. A nil one asks nothing.
type goldens struct {
	open    func(fleet.SourceID) (fleet.Asker, error)
	prompts []fleet.GoldenPrompt
	missing fleet.Safe         // why not all can be asked that the plan counts on; "" where they can
	of      map[string]*proved // new replicas by name
	bad     map[string]bool    // prompts that the old version answers wrongly too
	cancel  context.CancelFunc // ends the questions under way; nil while none are
	unclear time.Time          // since when the stage waits for what is unclear; zero while it does not
	held    bool               // a person was told, and may want to go on
}

// proved is how far one replica is.
type proved struct {
	passed map[string]bool
	tries  int
	next   time.Time // not before that
	last   actions.Golden
}

// Waits between two tries to ask a replica that shows nothing.
const (
	goldenAgain = 10 * time.Second
	goldenMost  = 2 * time.Minute
)

// forPlan takes the prompts that a plan counts on. Of a changed configuration none is taken in place of another: what was
// confirmed is asked, or it is unclear.
func (g *Golden) forPlan(w *actions.WorkPlan) *goldens {
	if len(w.Golden) == 0 {
		return nil
	}
	out := &goldens{of: map[string]*proved{}, bad: map[string]bool{}}
	for _, ref := range w.Golden {
		at := -1
		if g != nil {
			out.open = g.Ask
			at = slices.IndexFunc(g.Prompts, func(p fleet.GoldenPrompt) bool { return p.Name == ref.Name && p.Digest() == ref.Digest })
		}
		if at < 0 {
			out.missing = fleet.Textf("golden prompt %s is not configured here as it was when this was planned", fleet.Label(ref.Name))
			continue
		}
		out.prompts = append(out.prompts, g.Prompts[at])
	}
	return out
}

// stop ends the questions under way.
func (g *goldens) stop() {
	if g != nil && g.cancel != nil {
		g.cancel()
		g.cancel = nil
	}
}

// anew begins a stage: what was unclear for the one before has to be accepted again.
func (g *goldens) anew() {
	if g != nil {
		g.unclear, g.held = time.Time{}, false
	}
}

// askGolden asks the next new replica that has not shown all yet, beside everything else. What it finds comes back as a wish
// does, between two actions of the change.
func (k *carrier) askGolden() {
	g := k.work.golden
	if g == nil || g.cancel != nil || !g.missing.IsEmpty() || k.c.State == actions.StateRollingBack {
		return
	}
	for _, x := range k.newReplicas() {
		p := g.of[x.name]
		if p == nil {
			p = &proved{passed: map[string]bool{}}
			g.of[x.name] = p
		}
		if p.last.Verdict == verdictPass || p.last.Verdict == verdictFail || k.now().Before(p.next) {
			continue
		}
		r := round{open: g.open, fresh: x, old: k.oldReplicas(), prompts: g.left(p)}
		switch {
		case len(r.prompts) > 0:
			k.question(p, &r)
			return
		case p.tries == 0: // all that it was not asked are bad
			k.showed(p, &r)
		}
	}
}

// left are the prompts that a replica is still to be asked.
func (g *goldens) left(p *proved) []fleet.GoldenPrompt {
	var list []fleet.GoldenPrompt
	for _, one := range g.prompts {
		if !p.passed[one.Name] && !g.bad[one.Name] {
			list = append(list, one)
		}
	}
	return list
}

// question asks one replica in a goroutine of its own.
func (k *carrier) question(p *proved, r *round) {
	ctx, cancel := context.WithCancel(context.Background())
	k.work.golden.cancel = cancel
	k.r.work.Add(1)
	go func() {
		defer k.r.work.Done()
		defer cancel()
		r.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		_ = k.post(func() error { k.heard(p, r); return nil }) // a change that is over needs no answer
	}()
}

// heard takes what a replica showed, unless it was stopped meanwhile.
func (k *carrier) heard(p *proved, r *round) {
	if k.work.golden.cancel == nil {
		return
	}
	k.work.golden.stop()
	k.showed(p, r)
}

// showed takes what a replica showed into the change. A wrong answer takes the change back.
func (k *carrier) showed(p *proved, r *round) {
	g := k.work.golden
	for _, f := range r.found {
		if f.Verdict == golden.Pass {
			p.passed[f.Prompt] = true
		}
	}
	for name := range r.bad {
		g.bad[name] = true
	}
	p.tries++
	p.next = k.now().Add(min(goldenAgain<<min(p.tries-1, 8), goldenMost))
	was := p.last
	p.last = g.sum(r.fresh, p, r.found, k.now())
	if was.Verdict != p.last.Verdict || was.Why != p.last.Why || was.Passed != p.last.Passed {
		last := p.last
		rec := journal.Record{Kind: journal.KindGolden, Golden: &last, State: k.c.State, Why: k.c.Why, NextAt: k.c.NextAt, Held: k.c.Held,
			At: k.now()}
		_ = k.note(rec)
		k.apply(rec)
	}
	if p.last.Verdict != verdictFail || k.c.State == actions.StateRollingBack || k.c.State.Closed() {
		return
	}
	why := fleet.Concat(fleet.Text("the new version answers wrongly: "), p.last.Text())
	if k.c.Step == 0 {
		k.abortGolden(why)
		return
	}
	k.rollBackWork(why)
}

// mostTold bounds the prompts of one replica that are told one by one.
const mostTold = 3

// sum is what a replica showed so far.
func (g *goldens) sum(x served, p *proved, found []golden.Finding, now time.Time) actions.Golden {
	out := actions.Golden{Replica: x.name, Passed: len(p.passed), Prompts: len(g.prompts), Verdict: verdictPass, At: now}
	var said []fleet.Safe
	tell := func(verdict string, text fleet.Safe) {
		if out.Verdict != verdictFail {
			out.Verdict = verdict
		}
		said = append(said, text)
	}
	for i := range found {
		if f := &found[i]; f.Verdict == golden.Fail {
			tell(verdictFail, f.Text())
		}
	}
	for i := range found {
		if f := &found[i]; f.Verdict == golden.Unclear && !g.bad[f.Prompt] {
			tell(verdictUnclear, f.Text())
		}
	}
	for _, one := range g.prompts {
		if g.bad[one.Name] {
			tell(verdictUnclear, fleet.Textf("%s UNCLEAR (the old version does not answer it as asked either: the prompt is bad)",
				fleet.Label(one.Name)))
		}
	}
	if out.Verdict == verdictPass && out.Passed < out.Prompts {
		out.Verdict = verdictUnclear
	}
	if more := len(said) - mostTold; more > 0 {
		said = append(said[:mostTold], fleet.Concat(fleet.Int(more), fleet.Text(" more")))
	}
	out.Why = fleet.Join(said, fleet.Text("; "))
	return out
}
