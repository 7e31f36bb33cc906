package tuitest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"pitwall/fleet"
)

// Details answers for objects of clusters with what a test puts in, and records what it was asked. It satisfies
// tui.Details and fleet.Inspector.
type Details struct {
	// Text answers Describe and Raw, Err replaces the answer.
	Text []fleet.Safe
	Err  error
	// Has is what Containers answers, HasErr replaces the answer.
	Has    []fleet.Container
	HasErr error
	// Log is what every log begins with; LogErr is how it ends.
	Log    []fleet.Safe
	LogErr error
	// Live, where it is set, goes on with a log that is followed until it is closed. Without it logs end.
	Live chan fleet.Safe
	// Over, where it is set, is told when a log was read to its end or given up.
	Over chan struct{}
	// Hang makes Describe and Raw wait for the end of their context.
	Hang bool

	mu    sync.Mutex
	calls []string
}

// Calls lists what was asked so far, such as "describe prod-eu-1 Pod llm/a" or "logs ... follow".
func (d *Details) Calls() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.calls)
}

func (d *Details) record(what string, o fleet.ObjectRef, more string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, fmt.Sprintf("%s %s %s %s/%s%s", what, o.Cluster, o.Kind, o.Namespace, o.Name, more))
}

// Describe gives Text or Err.
func (d *Details) Describe(ctx context.Context, o fleet.ObjectRef) ([]fleet.Safe, error) {
	d.record("describe", o, "")
	return d.answer(ctx)
}

// Raw gives Text or Err.
func (d *Details) Raw(ctx context.Context, o fleet.ObjectRef) ([]fleet.Safe, error) {
	d.record("raw", o, "")
	return d.answer(ctx)
}

func (d *Details) answer(ctx context.Context) ([]fleet.Safe, error) {
	if d.Hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if d.Err != nil {
		return nil, d.Err
	}
	return d.Text, nil
}

// Containers gives Has or HasErr.
func (d *Details) Containers(context.Context, fleet.ObjectRef) ([]fleet.Container, error) {
	return d.Has, d.HasErr
}

// Logs delivers Log, then what comes on Live while the log is followed.
func (d *Details) Logs(ctx context.Context, o fleet.ObjectRef, opt fleet.LogOptions, line func(fleet.Safe)) error {
	more := ""
	if o.Container != "" {
		more += " of " + o.Container
	}
	if opt.Follow {
		more += " follow"
	}
	if opt.Previous {
		more += " previous"
	}
	d.record("logs", o, more)
	if d.Over != nil {
		defer func() { d.Over <- struct{}{} }()
	}
	for _, l := range d.Log {
		line(l)
	}
	for d.Live != nil && opt.Follow {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case l, ok := <-d.Live:
			if !ok {
				return d.LogErr
			}
			line(l)
		}
	}
	return d.LogErr
}
