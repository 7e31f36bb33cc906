package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// Silencers gives the silencer of an alerting system, and false where there is none. A nil Silencers is read-only.
type Silencers func(fleet.SourceID) (fleet.Silencer, bool)

// errandOf makes the errand of a change, which knows under which ID the system has the silence where a result says so.
func errandOf(s fleet.Silencer, c *actions.Change) errand {
	p := c.Plan.Silence
	if c.Plan.Intent.Kind == actions.KindExpire {
		return &expiring{by: s, id: c.Plan.Intent.Silence.ID, was: p.Silence}
	}
	e := &silencing{by: s, plan: p, change: c.ID}
	for _, r := range c.Steps {
		if r.Silence != "" {
			e.id = r.Silence
		}
	}
	return e
}

// silencing stores a silence. Its comment carries the change's ID, so that it is found again after a crash between the
// write and the answer.
type silencing struct {
	by     fleet.Silencer
	plan   *actions.SilencePlan
	change fleet.ChangeID
	id     string   // "" before it is known
	spare  []string // further silences of this change: a write whose answer was lost arrived after it was sent again
}

// tag is what the comment ends with.
func (e *silencing) tag() string { return "[pitwall " + string(e.change) + "]" }

func (e *silencing) ask(ctx context.Context) (standing, string, error) {
	list, err := e.by.Silences(ctx)
	if err != nil {
		return silent, "", err
	}
	found := ""
	e.spare = nil
	for _, s := range list {
		switch {
		case !strings.HasSuffix(s.Comment, e.tag()) && s.ID != e.id:
		case found == "":
			found = s.ID
		default:
			e.spare = append(e.spare, s.ID)
		}
	}
	for _, id := range e.spare {
		if err := e.by.Expire(ctx, id); err != nil {
			return silent, "", err
		}
	}
	switch {
	case found != "":
		e.id = found
		return after, found, nil
	case e.id != "":
		return foreign, e.id, nil // it was there and ended
	}
	return before, "", nil
}

// agree asks the system itself what the matchers hide now: the snapshot may be older, or cut.
func (e *silencing) agree(ctx context.Context) error {
	list, err := e.by.Matching(ctx, e.plan.Silence.Matchers)
	if err != nil {
		return err
	}
	if len(list) > e.plan.Hides {
		return fmt.Errorf("planned to hide %s, now it would hide %d", fleet.Many(e.plan.Hides, "alert"), len(list))
	}
	return nil
}

func (e *silencing) do(ctx context.Context) (string, error) {
	s := e.plan.Silence
	s.ID, s.Comment = "", s.Comment+" "+e.tag()
	id, err := e.by.Silence(ctx, s)
	e.id = id
	return id, err
}

func (e *silencing) undo() func(context.Context) error {
	return func(ctx context.Context) error { return e.by.Expire(ctx, e.id) }
}

func (e *silencing) intent() journal.Intent {
	undo := fleet.Concat(fleet.Text("expire the silence whose comment ends with "), fleet.Label(e.tag()))
	if e.id != "" {
		undo = fleet.Concat(fleet.Text("expire silence "), fleet.Label(e.id))
	}
	return journal.Intent{Tag: e.tag(), Undo: undo}
}

func (e *silencing) again() bool { return false }

func (e *silencing) over() time.Time { return e.plan.Silence.Until }

func (e *silencing) spread() time.Duration { return leastSettle }

func (e *silencing) done(id string) fleet.Safe {
	return fleet.Textf("silence %s hides %s until %s", fleet.Label(id), fleet.MatchersText(e.plan.Silence.Matchers),
		fleet.Stamp(e.plan.Silence.Until))
}

func (e *silencing) odd(standing) fleet.Safe { return endedByAnother }

func (e *silencing) began(id fleet.ChangeID) { e.change = id }

// endedByAnother is what becomes of a silence that is gone before its time.
var endedByAnother = fleet.Text("somebody else ended it before it was read back")

// expiring ends a silence.
type expiring struct {
	by  fleet.Silencer
	id  string
	was fleet.Silence
}

func (e *expiring) ask(ctx context.Context) (standing, string, error) {
	_, err := e.by.Find(ctx, e.id)
	switch {
	case err == nil:
		return before, e.id, nil
	case fleet.KindOf(err) == fleet.KindNotFound:
		return after, e.id, nil
	}
	return silent, "", err
}

func (e *expiring) agree(ctx context.Context) error {
	at, _, err := e.ask(ctx)
	if err == nil && at == after {
		err = errors.New("it ended already")
	}
	return err
}

func (e *expiring) do(ctx context.Context) (string, error) { return e.id, e.by.Expire(ctx, e.id) }

func (e *expiring) undo() func(context.Context) error { return nil }

func (e *expiring) intent() journal.Intent {
	return journal.Intent{Undo: fleet.Textf("a new silence of %s until %s", fleet.MatchersText(e.was.Matchers), fleet.Stamp(e.was.Until))}
}

func (e *expiring) again() bool { return false }

func (e *expiring) over() time.Time { return time.Time{} }

func (e *expiring) spread() time.Duration { return leastSettle }

func (e *expiring) done(string) fleet.Safe { return fleet.Text("the silence ended") }

func (e *expiring) odd(standing) fleet.Safe { return endedByAnother }

func (e *expiring) began(fleet.ChangeID) {}
