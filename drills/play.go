package drills

import (
	"context"
	"fmt"
	"time"

	"pitwall/fleet"
)

// Ground is what a drill is played on.
type Ground interface {
	// Inject plans a cause; until is zero where it stays. Its error says what can be instead.
	Inject(f Fault, at, until time.Time) error
	// Course is what came of the drill between two times.
	Course(from, to time.Time) (Course, error)
	// Now is the time of the fleet.
	Now() time.Time
	// Pass lets time pass.
	Pass(ctx context.Context, d time.Duration) error
}

// Hands carry out commands of a plan.
type Hands interface {
	// Run starts a change as its command would and does not wait for its end. Refused tells that no override opens it.
	Run(ctx context.Context, command string) (id fleet.ChangeID, text fleet.Safe, err error)
	// Changed is how a change stands.
	Changed(id fleet.ChangeID) *Changed
	// Left is how the fleet is left.
	Left() Left
}

// ErrRefused is the error of a command that nothing can open.
type ErrRefused struct{ Why fleet.Safe }

func (e *ErrRefused) Error() string { return e.Why.String() }

// beat is how often acts are looked for.
const beat = time.Second

// Played is one run of a scenario.
type Played struct {
	Log    Log
	Course Course
	Begin  time.Time
}

// Play runs a scenario from its baseline to its end with acts at their times, and none by anybody else. Without acts h may be nil. An
// act that fails ends it: a plan that cannot be carried out is no plan.
func Play(ctx context.Context, s *Scenario, g Ground, h Hands, acts []Act) (*Played, error) {
	if err := g.Pass(ctx, s.Baseline); err != nil {
		return nil, err
	}
	out := &Played{Begin: g.Now()}
	if err := Plant(s, g, out.Begin); err != nil {
		return nil, err
	}
	for {
		at := g.Now().Sub(out.Begin)
		for len(acts) > 0 && acts[0].At <= at {
			e, err := do(ctx, h, acts[0], at)
			if err != nil {
				return nil, err
			}
			out.Log.Entries = append(out.Log.Entries, e)
			acts = acts[1:]
		}
		if at >= s.Length() {
			break
		}
		if err := g.Pass(ctx, beat); err != nil {
			return nil, err
		}
	}
	return out, finish(s, out, g, h)
}

// Plant plans the causes of a scenario.
func Plant(s *Scenario, g Ground, begin time.Time) error {
	for i, f := range s.Faults {
		until := time.Time{}
		if f.Until > 0 {
			until = begin.Add(f.Until)
		}
		if err := g.Inject(f, begin.Add(f.At), until); err != nil {
			return invalid(fmt.Errorf("fault %d: %w", i+1, err))
		}
	}
	return nil
}

func do(ctx context.Context, h Hands, a Act, at time.Duration) (Entry, error) {
	switch {
	case a.Mark != "":
		return Entry{At: at, Kind: KindMark, Text: fleet.Label(a.Mark)}, nil
	case a.Theory != "":
		return Entry{At: at, Kind: KindTheory, ID: a.Theory}, nil
	case a.Tell != "":
		return Entry{At: at, Kind: KindTell, Text: fleet.Label(a.Tell)}, nil
	case a.Hand != "":
		return Entry{At: at, Kind: KindHand, Text: fleet.Label(a.Hand)}, nil
	}
	id, text, err := h.Run(ctx, a.Run)
	e := Entry{At: at, Kind: KindChange, ID: string(id), Text: text}
	if refused, ok := err.(*ErrRefused); ok { //nolint:errorlint // it is made by the hands themselves and never wrapped
		e.Kind, e.Text = KindRefused, refused.Why
		return e, nil
	}
	if err != nil {
		return e, &fleet.Error{Kind: fleet.KindInvalid, Op: "carry out " + fleet.Quote(a.Run).String(), Err: err}
	}
	return e, nil
}

// finish fills in what is known at the end only.
func finish(s *Scenario, out *Played, g Ground, h Hands) (err error) {
	for i := range out.Log.Entries {
		if e := &out.Log.Entries[i]; e.Kind == KindChange && h != nil {
			e.Change = h.Changed(fleet.ChangeID(e.ID))
		}
	}
	out.Log.Ended = s.Length()
	if h != nil {
		out.Log.Left = h.Left()
	}
	out.Course, err = g.Course(out.Begin, g.Now())
	return err
}
