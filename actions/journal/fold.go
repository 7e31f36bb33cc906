package journal

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Entry is a change as its journal file tells it.
type Entry struct {
	Change   actions.Change
	Baseline []Figure
	Last     *Intent // the last intent; nil before the first
	LastAt   time.Time
	Answered bool // a result of the last intent was recorded
	Verified bool // the last intent was seen on all replicas
	Records  int
	Torn     int     // bytes of an unfinished last line
	Corrupt  bool    // a line in the middle cannot be read
	Behind   bool    // it came from a copy: what another process wrote last may be missing
	prev     *Intent // the last intent before Last that was applied
	good     int64
}

// Problem is something wrong with a journal file; the other files are not affected.
type Problem struct {
	File string
	Line int // from 1; 0 is the whole file
	Text fleet.Safe
	Torn bool // an unfinished last line: the crash left it, nothing before it is lost
}

// fold rebuilds a change from the content of its file.
func fold(name string, content []byte) (Entry, []Problem) {
	var e Entry
	var problems []Problem
	e.Change.Seq, e.Change.ID, _ = parseName(name)
	for n := 1; len(content) > 0; n++ {
		text, rest, whole := bytes.Cut(content, []byte("\n"))
		if !whole {
			e.Torn = len(text)
			problems = append(problems, Problem{File: name, Line: n, Torn: true,
				Text: fleet.Text("the last line is unfinished; the records before it hold")})
			break
		}
		content = rest
		e.good += int64(len(text)) + 1
		r, err := decode(text)
		if err == nil && r.Seq != e.Records+1 && !e.Corrupt {
			err = fmt.Errorf("record %d stands where %d is due", r.Seq, e.Records+1)
		}
		if err != nil {
			e.Corrupt = true
			problems = append(problems, Problem{File: name, Line: n,
				Text: fleet.Concat(fleet.Text("the record cannot be trusted: "), fleet.Sentence(err))})
		}
		if r.Seq > 0 {
			e.Records = max(e.Records, r.Seq)
			e.apply(r)
		}
	}
	if e.Corrupt && !e.Change.State.Closed() {
		e.Change.State = actions.StateUnknown
		e.Change.Why = fleet.Text("its journal is damaged: compare the gateway with the plan, then close the change")
	}
	if e.Records == 0 && !e.Corrupt {
		e.Change.State = actions.StateAborted
		e.Change.Why = fleet.Text("the process ended before the plan was written down; nothing was sent")
	}
	return e, problems
}

// apply folds one record into the change.
func (e *Entry) apply(r Record) {
	c := &e.Change
	c.State, c.Why, c.NextAt, c.Updated = r.State, r.Why, r.NextAt, r.At
	if r.Guard != nil {
		c.Guard = *r.Guard
	}
	e.show(r)
	switch r.Kind {
	case KindOpened:
		e.open(r)
	case KindIntent:
		e.intend(r)
	case KindResult:
		e.Answered = true
	case KindVerified:
		e.Verified = true
	case KindRefused:
		e.Change.Step = max(0, e.Change.Step-1)
		e.Last, e.Answered, e.Verified = e.prev, e.prev != nil, e.prev != nil
		c.Held = r.Held
	case KindHeld:
		c.Held = r.Held
	case KindGuard:
		c.Hands++
	case KindImported:
		c.Hands++
		e.Behind = true
	case KindReleased, KindBack:
		c.Held, c.Cause = false, r.Cause
	case KindForeign:
		c.World, c.WorldAt = r.World, r.At
	case KindClosed:
		c.Ended, c.Held = r.At, false
		if r.World != nil {
			c.World, c.WorldAt = r.World, r.At
		}
	default: // the others carry what was taken above
	}
}

// show takes over what a step and its new replicas showed.
func (e *Entry) show(r Record) {
	c := &e.Change
	if r.Result != nil {
		c.Steps = PutResult(c.Steps, *r.Result)
	}
	if r.Golden != nil {
		c.Golden = actions.PutGolden(c.Golden, *r.Golden)
	}
}

func (e *Entry) open(r Record) {
	if r.Open == nil {
		return
	}
	c := &e.Change
	c.Plan, c.Checks, c.Approval = r.Open.Plan, r.Open.Checks, r.Open.Approval
	c.Started = r.At
	e.Baseline = r.Open.Baseline
}

func (e *Entry) intend(r Record) {
	if r.Step == nil {
		return
	}
	if e.Verified || e.Last != nil && e.Last.N != r.Step.N {
		e.prev = e.Last
	}
	e.Last, e.LastAt, e.Answered, e.Verified, e.Behind = r.Step, r.At, false, false, false
	if !r.Step.Back {
		e.Change.Step = max(e.Change.Step, r.Step.N)
	}
}

// PutResult returns the results with r in its place: in place of the one of the same step, else at the end.
// The slice that is given stays as it is.
func PutResult(results []actions.StepResult, r actions.StepResult) []actions.StepResult {
	out := slices.Clone(results)
	for i := range out {
		if out[i].N == r.N && out[i].Back == r.Back {
			out[i] = r
			return out
		}
	}
	return append(out, r)
}
