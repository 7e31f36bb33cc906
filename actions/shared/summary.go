package shared

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// maxUnpacked bounds what a copy may unpack to: one of 64 kB that unpacks to more is no journal.
const maxUnpacked = 8 << 20

// Summary is what may always be told of a change, for colleagues and for who reads the copy with kubectl.
type Summary struct {
	ID      fleet.ChangeID   `json:"id"`
	Number  int              `json:"number"`
	Kind    actions.Kind     `json:"kind"`
	Object  fleet.ObjectRef  `json:"object"`
	By      actions.Actor    `json:"by"`
	State   actions.State    `json:"state"`
	Step    int              `json:"step"`
	Steps   int              `json:"steps"`
	Started time.Time        `json:"started"`
	Updated time.Time        `json:"updated"`
	Guard   actions.Guardian `json:"guard"`
	Hands   int              `json:"hands"`
	Only    fleet.Safe       `json:"only,omitzero"` // why only its own machine can carry it on
	Digest  string           `json:"plan"`
}

// Pack makes the copy of a change as its journal tells it. Where the journal may not leave the machine, or is too large, the
// copy is a summary, which says why.
func Pack(id fleet.ChangeID, content []byte, origin string) (fleet.ChangeCopy, fleet.Safe, error) {
	e, err := journal.Parse(id, content)
	if err != nil {
		return fleet.ChangeCopy{}, fleet.Safe{}, err
	}
	c := &e.Change
	out := fleet.ChangeCopy{ID: id, At: c.Updated, Closed: c.Ended, Origin: origin}
	why := Private(&c.Plan)
	if why.IsEmpty() {
		if out.Journal, err = zip(content); err != nil {
			return out, fleet.Safe{}, err
		}
		if len(out.Journal)*4/3+spare > fleet.CopyLimit {
			out.Journal, why = nil, fleet.Text("its journal is larger than 64 kB")
		}
	}
	out.Summary, err = json.Marshal(Summary{ID: id, Number: c.Seq, Kind: c.Plan.Intent.Kind, Object: c.Plan.Work.Was.Object,
		By: c.Plan.Intent.Actor, State: c.State, Step: c.Step, Steps: len(c.Plan.Steps), Started: c.Started, Updated: c.Updated,
		Guard: c.Guard, Hands: c.Hands, Only: why, Digest: c.Plan.Digest})
	return out, why, err
}

// spare is the room beside the journal: the summary, and what the cluster keeps of the copy itself.
const spare = 4_000

func zip(content []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(content)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "pack the journal", Err: err}
	}
	return b.Bytes(), nil
}

// Journal unpacks the journal of a copy.
func Journal(c fleet.ChangeCopy) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(c.Journal))
	if err != nil {
		return nil, unreadable(c, err)
	}
	content, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err == nil && len(content) > maxUnpacked {
		err = errors.New("it unpacks to more than any journal")
	}
	if err != nil {
		return nil, unreadable(c, err)
	}
	return content, nil
}

func unreadable(c fleet.ChangeCopy, err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the copy of " + fleet.Label(string(c.ID)).String(), Err: err,
		Next: "nothing of it is used"}
}

// Open is the change that a copy found in a cluster tells of. digest recomputes that of a plan: a plan that was altered is
// refused; nil checks nothing. An error leaves what can be shown of the change, if anything.
func Open(c fleet.ChangeCopy, in fleet.ClusterID, digest func(actions.Plan) string) (actions.Change, error) {
	if len(c.Journal) == 0 {
		return summarised(c, in)
	}
	content, err := Journal(c)
	if err != nil {
		return actions.Change{}, err
	}
	e, err := journal.Parse(c.ID, content)
	if err != nil {
		return actions.Change{}, err
	}
	if err := sound(&e.Change, in, digest); err != nil {
		return actions.Change{}, err
	}
	ch := e.Change
	ch.Guard.Mine = false
	ch.Copy = &actions.Copy{At: ch.Updated, Elsewhere: true}
	return ch, nil
}

// sound refuses a plan that is not what was confirmed, or that is about another cluster.
func sound(c *actions.Change, in fleet.ClusterID, digest func(actions.Plan) string) error {
	p := &c.Plan
	fault := func(text string) error {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the copy of " + fleet.Label(string(c.ID)).String(),
			Err: errors.New(text), Next: "nothing of it is used"}
	}
	switch {
	case p.Work == nil || len(p.Steps) == 0 || len(p.Steps) != len(p.Work.Draft.Stages) || p.Intent.Work == nil:
		return fault("it holds no plan of an object of a cluster")
	case digest != nil && digest(*p) != p.Digest:
		return fault("its plan is not the one that was confirmed: the digest differs")
	case p.Work.Was.Object.Cluster != in:
		return fault(fmt.Sprintf("this cluster is called %s there and %s here; give it one name in both configurations",
			fleet.Label(string(p.Work.Was.Object.Cluster)), fleet.Label(string(in))))
	}
	for _, w := range everyWrite(p.Work) {
		if w.Object.Cluster != "" && w.Object.Cluster != in {
			return fault("it writes to another cluster")
		}
	}
	return nil
}

func everyWrite(w *actions.WorkPlan) []fleet.ObjectWrite {
	out := w.Writes(len(w.Draft.Stages))
	for i := range w.Draft.Stages {
		out = append(out, w.Draft.Stages[i].Back...)
	}
	return out
}

// summarised is a change of which only a summary may be known here.
func summarised(c fleet.ChangeCopy, in fleet.ClusterID) (actions.Change, error) {
	var s Summary
	if err := json.Unmarshal(c.Summary, &s); err != nil {
		return actions.Change{}, unreadable(c, err)
	}
	const most = 10_000
	if s.ID != c.ID || s.Steps < 0 || s.Steps > most || s.Step < 0 || s.Step > s.Steps {
		return actions.Change{}, unreadable(c, errors.New("its summary is of something else"))
	}
	s.Object.Cluster = in
	why := fleet.Concat(fleet.Text("only "), fleet.Label(s.Guard.Host), fleet.Text(" can carry it on: "), s.Only)
	ch := actions.Change{ID: s.ID, Seq: s.Number, State: s.State, Step: s.Step, Started: s.Started, Updated: s.Updated, Ended: c.Closed,
		Why: why, Guard: s.Guard, Hands: s.Hands, Copy: &actions.Copy{At: s.Updated, Problem: why, Elsewhere: true, Summary: true}}
	if ch.Guard.Mine = false; !c.Closed.IsZero() && !ch.State.Closed() {
		ch.State = actions.StateAborted // closed by somebody who could not carry it on
	}
	ch.Plan = actions.Plan{Digest: s.Digest, Created: s.Started, Intent: actions.Intent{Kind: s.Kind, Actor: s.By,
		Work: &actions.WorkIntent{Object: s.Object}}, Work: &actions.WorkPlan{Was: fleet.Rollout{Object: s.Object}}}
	for n := range s.Steps {
		ch.Plan.Steps = append(ch.Plan.Steps, actions.Step{N: n + 1})
		stage := fleet.Stage{Text: fleet.Text("its writes are known on its own machine only")}
		ch.Plan.Work.Draft.Stages = append(ch.Plan.Work.Draft.Stages, stage)
	}
	return ch, nil
}
