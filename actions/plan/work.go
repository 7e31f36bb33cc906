package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/fleet/advisory"
)

// mostStages bounds a plan: a drain has one stage for each pod.
const mostStages = 512

// Work plans a change of one object of a cluster from the writes that its orchestrator drafted. denied are the rights
// that are missing. A draft that does nothing is refused (KindInvalid).
func Work(in actions.Intent, was fleet.Rollout, draft fleet.Draft, denied []fleet.Safe, s *fleet.Snapshot,
	now time.Time) (actions.Plan, error) {
	return Facts{}.Work(in, was, draft, denied, s, now)
}

// Facts are what plans are made with beside what was read.
type Facts struct {
	Advisories *advisory.Pack // nil takes the one that is compiled in
	Golden     []fleet.GoldenPrompt
}

// Work plans as the function Work does, with these facts.
func (f Facts) Work(in actions.Intent, was fleet.Rollout, draft fleet.Draft, denied []fleet.Safe, s *fleet.Snapshot,
	now time.Time) (actions.Plan, error) {
	switch {
	case s == nil:
		return actions.Plan{}, &fleet.Error{Kind: fleet.KindStale, Op: "plan", Err: errors.New("nothing has been read yet")}
	case in.Work == nil:
		return actions.Plan{}, refuse(errors.New("the intent names no object"))
	case len(draft.Stages) == 0:
		return actions.Plan{}, refuse(fmt.Errorf("%s is as wanted already: nothing to change", fleet.Label(actions.ObjectName(was.Object))))
	case len(draft.Stages) > mostStages:
		return actions.Plan{}, refuse(fmt.Errorf("it takes %s, more than %d: do it in parts", fleet.Many(len(draft.Stages), "stage"), mostStages))
	}
	p := actions.Plan{Format: format, Created: now, Intent: in, Context: s.Context, Env: s.Env, Mode: s.Mode, Soak: in.Soak,
		SeenGen: s.Gen, SeenAt: s.At, Notes: draft.Notes,
		Work: &actions.WorkPlan{Was: was, Draft: draft, Denied: denied, Hold: in.Work.Hold, Give: in.Work.Patience}}
	if p.Work.Hold <= 0 {
		p.Work.Hold = actions.DefaultCanaryHold
	}
	if p.Work.Give <= 0 {
		p.Work.Give = actions.DefaultPatience
	}
	if p.Soak <= 0 && p.Work.Rolls() && in.Kind == actions.KindUpgrade {
		p.Soak = actions.DefaultSoak
	}
	f.judge(&p, s, now)
	f.prove(&p, s)
	p.Steps = make([]actions.Step, len(draft.Stages))
	before := writesHash(nil)
	p.BeforeHash = before
	for i := range draft.Stages {
		after := writesHash(p.Work.Writes(i + 1))
		p.Steps[i] = actions.Step{N: i + 1, BeforeHash: before, AfterHash: after}
		if draft.Stages[i].Canary {
			p.Steps[i].Hold = p.Work.Hold
		}
		before = after
	}
	expect(&p, s)
	p.AfterHash = before
	return seal(p)
}

// writesHash identifies what writes do together.
func writesHash(writes []fleet.ObjectWrite) string {
	body, err := json.Marshal(writes)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Restore drafts what sets an object back to where a change found it: the inverse of all that its writes did together.
// What has no inverse is refused.
func Restore(c *actions.Change) (fleet.Draft, error) {
	net := fleet.Net(c.Plan.Work.Writes(c.Step))
	var back []fleet.ObjectWrite
	if c.Step > 0 && c.Step <= len(c.Plan.Work.Draft.Stages) {
		if back = c.Plan.Work.Draft.Stages[c.Step-1].Back; back != nil {
			net = nil
		}
	}
	for i := len(net) - 1; i >= 0; i-- {
		w, ok := net[i].Inverse()
		if !ok {
			continue
		}
		back = append(back, w)
	}
	if len(back) == 0 {
		return fleet.Draft{}, refuse(errors.New("the change set no field that is not as before: there is nothing to undo"))
	}
	until := fleet.Until{Done: c.Plan.Work.Rolls()}
	if at := c.Plan.Work.Draft.Stages[len(c.Plan.Work.Draft.Stages)-1].Until.Paused; at > 0 {
		until = fleet.Until{Paused: at} // promoted since, the version of before goes along its controller's steps again
	}
	return fleet.Draft{Stages: []fleet.Stage{{Text: fleet.Concat(fleet.Text("as before "), fleet.Label(string(c.ID))),
		Writes: back, Until: until}}, Extra: c.Plan.Work.Draft.Extra, Down: c.Plan.Work.Draft.Down, Rented: c.Plan.Work.Draft.Rented,
		Weights: c.Plan.Work.Draft.Weights, To: c.Plan.Work.Was.Now}, nil
}

// undoWork is the intent that restores what a change of an object found.
func undoWork(c actions.Change, actor actions.Actor) (actions.Intent, error) {
	switch {
	case c.Step == 0:
		return actions.Intent{}, refuse(errors.New("the change wrote nothing: there is nothing to undo"))
	case c.State == actions.StateRolledBack:
		return actions.Intent{}, refuse(errors.New("the change was rolled back: there is nothing to undo"))
	case !c.Plan.Work.Draft.NoUndo.IsEmpty():
		return actions.Intent{}, refuse(errors.New(c.Plan.Work.Draft.NoUndo.String()))
	}
	if _, err := Restore(&c); err != nil {
		return actions.Intent{}, err
	}
	return actions.Intent{Kind: actions.KindRestore, Undoes: c.ID, Actor: actor, Reason: "undo " + string(c.ID),
		Work: &actions.WorkIntent{Object: c.Plan.Work.Was.Object, Want: fleet.Want{Do: fleet.Deed(actions.KindRestore)},
			Hold: c.Plan.Work.Hold, Patience: c.Plan.Work.Give}}, nil
}

// twinWork is a change of an object as a command line.
func twinWork(in actions.Intent) string {
	w := in.Work
	parts := []string{"pitwall", commandOf(in.Kind), quote(w.Object.Kind + "/" + actions.ObjectName(w.Object))}
	add := func(flag, value string) {
		if value != "" {
			parts = append(parts, flag, quote(value))
		}
	}
	for _, s := range w.Want.Shares {
		parts = append(parts, quote(fmt.Sprintf("%s=%d", s.Member, s.Weight)))
	}
	add("--cluster", string(w.Object.Cluster))
	add("--container", w.Want.Container)
	add("--image", w.Want.Image)
	add("--model", w.Want.Weights)
	add("--revision", w.Want.Revision)
	add("--to-version", w.Want.Version)
	for _, a := range w.Want.Args {
		add("--arg", a.Flag+"="+a.Value)
	}
	if w.Want.Replicas.OK {
		add("--replicas", fmt.Sprint(w.Want.Replicas.V))
	}
	if w.Want.Surge.OK {
		add("--surge", fmt.Sprint(w.Want.Surge.V))
	}
	if len(w.Want.Parts) > 0 {
		flag := "--canary"
		if in.Kind == actions.KindAdvance {
			flag = "--to"
		}
		var list []string
		for _, r := range w.Want.Parts {
			list = append(list, fmt.Sprintf("%g", float64(r)*100))
		}
		add(flag, strings.Join(list, ","))
	}
	if in.Kind == actions.KindUpgrade || in.Kind == actions.KindDrain {
		addTimes(add, w)
		if w.ByReadiness {
			parts = append(parts, "--by-readiness")
		}
	}
	return strings.Join(append(parts, "--dry-run"), " ")
}

// addTimes adds the times that are not as they are by default.
func addTimes(add func(flag, value string), w *actions.WorkIntent) {
	if w.Hold > 0 && w.Hold != actions.DefaultCanaryHold {
		add("--hold", w.Hold.String())
	}
	if w.Patience > 0 && w.Patience != actions.DefaultPatience {
		add("--patience", w.Patience.String())
	}
}

// commandOf is the command that plans a kind of change.
func commandOf(k actions.Kind) string {
	switch k {
	case actions.KindHoldScaler:
		return "autoscaler hold"
	case actions.KindFreeScaler:
		return "autoscaler release"
	case actions.KindGiveUpRoll:
		return "abort"
	default:
		return string(k)
	}
}
