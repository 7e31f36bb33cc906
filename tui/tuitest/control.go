package tuitest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// ErrIdle is what Feed and Control give instead of blocking when they are made to return.
var ErrIdle = errors.New("nothing new")

// Control records every call and answers with functions that a test may replace. It satisfies tui.Control.
type Control struct {
	// Snap is what plans are made on.
	Snap *fleet.Snapshot
	// PlanFunc, CheckFunc, StartFunc and UndoFunc replace the built-in answers.
	PlanFunc  func(actions.Intent) (actions.Plan, error)
	CheckFunc func(actions.Plan) []actions.Check
	StartFunc func(actions.Plan, actions.Approval) (fleet.ChangeID, error)
	UndoFunc  func(fleet.ChangeID) (actions.Intent, error)
	// EvacuateFunc answers who could take a load; without it nobody can.
	EvacuateFunc func(actions.Origin) (actions.Evacuation, error)
	// PartsFunc plans a stage of a failover: of an evacuation, or by the ID of a failover.
	PartsFunc func(stage actions.FailoverStage, e *actions.Evacuation, id string, wish actions.FailoverWish) ([]actions.PlannedPart, error)
	// WarmFunc plans the start of standby pools.
	WarmFunc func([]actions.Warmup) ([]actions.PlannedPart, error)
	// StartPartsFunc starts them; without it each becomes a change.
	StartPartsFunc func([]actions.PlannedPart, actions.Approval) []actions.StartedPart
	// Err is what steering calls return.
	Err error
	// Now is the time of plans.
	Now time.Time
	// Idle makes BookChanged return ErrIdle instead of waiting.
	Idle bool

	mu        sync.Mutex
	calls     []string
	approvals []actions.Approval
	intents   []actions.Intent
	book      actions.Book
	changed   chan struct{}
}

// Calls lists what was called so far, such as "start", "hold c-1", without the calls that only read.
func (c *Control) Calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// Approvals lists the approvals of all starts.
func (c *Control) Approvals() []actions.Approval {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.approvals)
}

// Intents lists everything that was planned.
func (c *Control) Intents() []actions.Intent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.intents)
}

// SetBook changes the book and wakes whoever waits for it.
func (c *Control) SetBook(b actions.Book) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.book = b
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

func (c *Control) record(format string, args ...any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, fmt.Sprintf(format, args...))
	return c.Err
}

// Plan makes a plan of one step.
func (c *Control) Plan(in actions.Intent) (actions.Plan, error) {
	c.mu.Lock()
	c.intents = append(c.intents, in)
	c.mu.Unlock()
	if c.PlanFunc != nil {
		return c.PlanFunc(in)
	}
	r := c.Snap.Route(in.Route)
	p := actions.Plan{
		Format: 1, Digest: "7f3c91d0aa", Created: c.Now, Intent: in,
		Context: c.Snap.Context, Env: c.Snap.Env, Mode: c.Snap.Mode, Route: r.Spec, Order: r.Order(),
		Before: r.Weights, BeforeHash: r.Hash, Ramp: in.Ramp, Soak: in.Soak,
	}
	p.After = fleet.Weights{}
	for _, id := range p.Order {
		p.After[id] = p.Before[id]
		if w, ok := in.Weights[id]; ok {
			p.After[id] = w
		}
	}
	p.AfterHash = fleet.HashWeights(p.After)
	if !p.After.Equal(p.Before) || in.Kind == actions.KindResync {
		p.Steps = []actions.Step{{N: 1, Before: p.Before, After: p.After, Replica: in.Replica}}
	}
	return p, nil
}

// Evacuate answers by EvacuateFunc.
func (c *Control) Evacuate(o actions.Origin, _ actions.Bounds) (actions.Evacuation, error) {
	if c.EvacuateFunc == nil {
		return actions.Evacuation{}, errors.New("nobody can take it")
	}
	return c.EvacuateFunc(o)
}

// FailoverParts answers by PartsFunc, as SettleParts and ReturnParts do.
func (c *Control) FailoverParts(e actions.Evacuation, wish actions.FailoverWish) ([]actions.PlannedPart, error) {
	return c.parts(actions.StageLeave, &e, "", wish)
}

// SettleParts answers by PartsFunc.
func (c *Control) SettleParts(id string, wish actions.FailoverWish) ([]actions.PlannedPart, error) {
	return c.parts(actions.StageSettle, nil, id, wish)
}

// ReturnParts answers by PartsFunc.
func (c *Control) ReturnParts(id string, wish actions.FailoverWish) ([]actions.PlannedPart, error) {
	return c.parts(actions.StageReturn, nil, id, wish)
}

func (c *Control) parts(stage actions.FailoverStage, e *actions.Evacuation, id string,
	wish actions.FailoverWish) ([]actions.PlannedPart, error) {
	_ = c.record("parts %s %s %s", stage, id, wish.Split)
	if c.PartsFunc == nil {
		return nil, errors.New("nothing can be planned")
	}
	return c.PartsFunc(stage, e, id, wish)
}

// WarmParts answers by WarmFunc.
func (c *Control) WarmParts(_ context.Context, of []actions.Warmup, _ actions.FailoverPart) ([]actions.PlannedPart, error) {
	_ = c.record("warm")
	if c.WarmFunc == nil {
		return nil, errors.New("nothing can be started")
	}
	return c.WarmFunc(of)
}

// CheckParts gives the parts as they are.
func (c *Control) CheckParts(parts []actions.PlannedPart) []actions.PlannedPart { return parts }

// StartParts answers by StartPartsFunc.
func (c *Control) StartParts(parts []actions.PlannedPart, a actions.Approval) []actions.StartedPart {
	_ = c.record("startparts")
	c.mu.Lock()
	c.approvals = append(c.approvals, a)
	c.mu.Unlock()
	if c.StartPartsFunc != nil {
		return c.StartPartsFunc(parts, a)
	}
	out := make([]actions.StartedPart, len(parts))
	for i := range parts {
		out[i] = actions.StartedPart{Route: parts[i].Plan.Route.ID, Object: parts[i].Plan.Object(),
			Change: fleet.ChangeID(fmt.Sprintf("part-%d", i+1))}
	}
	return out
}

// Twin names the kind, the route and the changed weights in order.
func (c *Control) Twin(in actions.Intent, order []fleet.TargetID) fleet.Safe {
	text := fmt.Sprintf("%s %s", in.Kind, in.Route)
	if in.Undoes != "" {
		text = fmt.Sprintf("undo %s", in.Undoes)
	}
	for _, id := range order {
		if w, ok := in.Weights[id]; ok {
			text += fmt.Sprintf(" %s=%d", id, w)
		}
	}
	return fleet.Label(text)
}

// Check passes everything.
func (c *Control) Check(p actions.Plan) []actions.Check {
	if c.CheckFunc != nil {
		return c.CheckFunc(p)
	}
	title := fleet.Text("weights sum to more than zero")
	return []actions.Check{{ID: "IL-03", Title: title, Severity: actions.SeverityPass}}
}

// Start records the approval.
func (c *Control) Start(p actions.Plan, a actions.Approval) (fleet.ChangeID, error) {
	c.mu.Lock()
	c.approvals = append(c.approvals, a)
	c.mu.Unlock()
	if err := c.record("start"); err != nil {
		return "", err
	}
	if c.StartFunc != nil {
		return c.StartFunc(p, a)
	}
	return "c-1", nil
}

// Hold records the call.
func (c *Control) Hold(id fleet.ChangeID) error { return c.record("hold %s", id) }

// Release records the call.
func (c *Control) Release(id fleet.ChangeID) error { return c.record("release %s", id) }

// NextNow records the call.
func (c *Control) NextNow(id fleet.ChangeID) error { return c.record("next %s", id) }

// RollBack records the call.
func (c *Control) RollBack(id fleet.ChangeID) error { return c.record("rollback %s", id) }

// Resume records the call.
func (c *Control) Resume(id fleet.ChangeID) error { return c.record("resume %s", id) }

// Abandon records the call.
func (c *Control) Abandon(id fleet.ChangeID) error { return c.record("abandon %s", id) }

// UndoIntent gives the inverse of a change of the book.
func (c *Control) UndoIntent(id fleet.ChangeID) (actions.Intent, error) {
	if c.UndoFunc != nil {
		return c.UndoFunc(id)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := c.book.Change(id)
	if ch == nil {
		return actions.Intent{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "undo"}
	}
	return actions.Intent{Kind: actions.KindShift, Route: ch.Plan.Intent.Route, Weights: ch.Plan.Before, Undoes: id}, nil
}

// Book gives the book.
func (c *Control) Book() actions.Book {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.book
}

// BookChanged waits for SetBook.
func (c *Control) BookChanged(ctx context.Context) error {
	if c.Idle {
		return ErrIdle
	}
	c.mu.Lock()
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	changed := c.changed
	c.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-changed:
		return nil
	}
}

// Arm records the call.
func (c *Control) Arm(d time.Duration, typed string) error { return c.record("arm %s %s", d, typed) }

// Lock records the call.
func (c *Control) Lock() { _ = c.record("lock") }

// Incident records the call.
func (c *Control) Incident(id string) error { return c.record("incident %q", id) }

// Refresh records the call.
func (c *Control) Refresh() { _ = c.record("refresh") }
