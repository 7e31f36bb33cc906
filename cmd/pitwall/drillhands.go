package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kballard/go-shellquote"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/drills"
	"pitwall/fleet"
)

// hands carry out the commands of a drill's plan on the drill's own fleet: commands find them in their context and neither open a
// session of their own nor wait for the end of what they start.
type hands struct {
	s     *session
	d     *desk.Desk
	begun []fleet.ChangeID
	was   map[fleet.RouteID]fleet.Weights // at the begin of the drill
	hits  map[fleet.PoolID]fleet.Ratio    // of prefix caches, then
}

type handsKey struct{}

func handsOf(ctx context.Context) *hands {
	h, _ := ctx.Value(handsKey{}).(*hands)
	return h
}

// Run starts a change as its command would.
func (h *hands) Run(ctx context.Context, command string) (fleet.ChangeID, fleet.Safe, error) {
	var said bytes.Buffer
	before := len(h.begun)
	root := newRoot(console{in: strings.NewReader(""), out: &said, errs: &said, environ: func(string) string { return "" }})
	words, err := shellquote.Split(command)
	if err != nil {
		return "", fleet.Safe{}, err
	}
	root.SetArgs(words)
	root.SetOut(&said)
	root.SetErr(&said)
	err = root.ExecuteContext(context.WithValue(ctx, handsKey{}, h))
	var never refusal
	if errors.As(err, &never) {
		return "", fleet.Safe{}, &drills.ErrRefused{Why: fleet.Sentence(never.error)}
	}
	if err != nil {
		return "", fleet.Safe{}, notStarted(err, said.String())
	}
	if len(h.begun) == before {
		return "", fleet.Safe{}, errors.New("it started nothing: a plan needs --yes")
	}
	return h.begun[len(h.begun)-1], fleet.Label(command), nil
}

// notStarted says why a command started nothing, with the checks that object. It ends the plan, not this process as the command would.
func notStarted(err error, said string) error {
	text := []string{err.Error()}
	for line := range strings.Lines(said) {
		if strings.Contains(line, "FAIL") {
			text = append(text, strings.TrimSpace(line))
		}
	}
	return errors.New(strings.Join(text, "\n"))
}

// Changed is how a change stands.
func (h *hands) Changed(id fleet.ChangeID) *drills.Changed {
	b := h.d.Book()
	ch := b.Change(id)
	if ch == nil {
		return nil
	}
	x := &drills.Changed{Overrides: ch.Approval.Overrides, State: string(ch.State), Why: ch.Why, Verified: true}
	for i := range ch.Steps {
		if ch.Steps[i].Verified.IsZero() {
			x.Verified = false
		}
	}
	x.Checks, x.Passed = verdicts(ch.Checks)
	for _, c := range ch.Checks {
		if (c.ID == staleTelemetry || c.ID == frozenTelemetry) && c.Severity > actions.SeverityPass {
			x.Stale = true
		}
	}
	return x
}

// The interlocks that speak of data that are stale or do not move.
const (
	staleTelemetry  = "IL-24"
	frozenTelemetry = "IL-23"
)

// Left is how the fleet is left.
func (h *hands) Left() drills.Left {
	snap := h.s.hub.Latest()
	left := drills.Left{WeightsBack: true, CachesWarm: h.warm(snap)}
	for i := range snap.Routes {
		r := &snap.Routes[i]
		if was, known := h.was[r.Spec.ID]; known && fleet.HashWeights(was) != r.Hash {
			left.WeightsBack = false
		}
	}
	for i := range snap.Silences {
		if snap.Silences[i].Hides > 0 {
			left.Silences++
		}
	}
	b := h.d.Book()
	for i := range b.Changes {
		if !b.Changes[i].State.Closed() {
			left.Overrides += len(b.Changes[i].Approval.Overrides)
		}
	}
	return left
}

// coldHit is the part of its hits of before below which a prefix cache is cold: F10 halves them and more.
const coldHit = 0.8

// warm tells whether the prefix caches hit as they did before. One whose hits are not known now, as of a pool without traffic, does not
// count.
func (h *hands) warm(snap *fleet.Snapshot) bool {
	for id, before := range h.hits {
		if p := snap.Pool(id); p != nil && p.Load.PrefixHit.OK && p.Load.PrefixHit.V < coldHit*before {
			return false
		}
	}
	return true
}

// remember keeps the weights of the routes and the hits of the caches.
func (h *hands) remember() {
	h.was, h.hits = map[fleet.RouteID]fleet.Weights{}, map[fleet.PoolID]fleet.Ratio{}
	snap := h.s.hub.Latest()
	for i := range snap.Pools {
		if p := &snap.Pools[i]; p.Load.PrefixHit.OK {
			h.hits[p.Spec.ID] = p.Load.PrefixHit.V
		}
	}
	for i := range snap.Routes {
		if r := &snap.Routes[i]; r.Weights != nil {
			h.was[r.Spec.ID] = r.Weights
		}
	}
}

// ground is the fleet that a drill is played on.
type ground struct {
	s     *session
	clock *fleet.VirtualClock
	begun func() // told before the first cause; nil for nobody
}

func (g *ground) Now() time.Time { return g.clock.Now() }

// Pass lets time pass.
func (g *ground) Pass(ctx context.Context, d time.Duration) error { return g.clock.Advance(ctx, d) }

// Inject plans a cause; with the first the drill has begun.
func (g *ground) Inject(f drills.Fault, at, until time.Time) error {
	if g.begun != nil {
		g.begun()
		g.begun = nil
	}
	return g.s.sim.Inject(injectionOf(f, at, until))
}

// Course is what clients got, and what it cost: rented tokens, and own GPUs whether busy or idle.
func (g *ground) Course(from, to time.Time) (drills.Course, error) {
	c := drills.Course{Cost: g.s.sim.Charged(from, to).InexactFloat64() + g.s.sim.Held()*to.Sub(from).Hours()}
	tiers := map[fleet.RouteID]int{}
	for i := range g.s.inventory.Routes {
		tiers[g.s.inventory.Routes[i].ID] = g.s.inventory.Routes[i].Tier
	}
	for _, x := range g.s.sim.Harms(from, to) {
		id := fleet.RouteID(x.Route)
		c.Harms = append(c.Harms, drills.Harm{At: x.At, Route: id, Tier: tiers[id], Requests: x.Requests, Failed: x.Failed, Slow: x.Slow,
			Wrong: x.Wrong, Far: x.Far})
	}
	return c, nil
}
