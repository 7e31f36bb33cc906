package seldon

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/stuck"
	"pitwall/backends/internal/weights"
	"pitwall/fleet"
)

// experiment splits traffic between Models or Pipelines of Core 2.
type experiment struct {
	ref   fleet.ObjectRef
	now   time.Time
	doc   any
	o     experimentObject
	ready map[string]bool // of candidates that are Models; nil where they may not be read
}

// experimentObject holds the fields that are read (v2.6 to v2.10).
type experimentObject struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Default    string      `json:"default"`
		Candidates []candidate `json:"candidates"`
		Mirror     *struct {
			Name    string `json:"name"`
			Percent int    `json:"percent"`
		} `json:"mirror"`
		Resource string `json:"resourceType"`
	} `json:"spec"`
	Status struct {
		Conditions []condition `json:"conditions"`
	} `json:"status"`
}

type candidate struct {
	Name   string `json:"name"`
	Weight int    `json:"weight"`
}

func readExperiment(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, now time.Time) (*experiment, error) {
	ref.Kind = experimentKind.Kind
	doc, err := child.Document(ctx, c, experimentKind, ref)
	if err != nil {
		return nil, err
	}
	e := &experiment{ref: ref, now: now, doc: doc}
	if err := jsonptr.Into(doc, &e.o); err != nil || e.o.Spec.Resource == "pipeline" {
		return e, err
	}
	ready := map[string]bool{}
	for _, m := range e.o.Spec.Candidates {
		one, err := readModel(ctx, c, fleet.ObjectRef{Cluster: ref.Cluster, Namespace: ref.Namespace, Name: m.Name}, now)
		if fleet.KindOf(err) == fleet.KindAuth {
			return e, nil
		}
		if err = child.PassOver(err); err != nil {
			return nil, err
		}
		if one != nil {
			at, _ := find(one.o.Status.Conditions, modelReady)
			ready[m.Name] = at.Status == "True"
		}
	}
	e.ready = ready
	return e, nil
}

func (e *experiment) isReady(name string) bool { return e.ready == nil || e.ready[name] }

func (e *experiment) rollout() fleet.Rollout {
	r := fleet.Rollout{Object: e.ref, API: experimentKind, System: fleet.Text("Seldon Core 2 Experiment"), UID: string(e.o.UID),
		Holder: owner.Holder(e.ref, &e.o.ObjectMeta), GitOps: owner.GitOps(&e.o.ObjectMeta), At: e.now, Unit: fleet.Text("candidates"),
		Desired: len(e.o.Spec.Candidates), Total: len(e.o.Spec.Candidates), Traffic: fleet.Traffic{Kind: fleet.TrafficProportional}}
	if m := e.o.Spec.Mirror; m != nil {
		r.System = fleet.Textf("%s, %s %% copied to %s", r.System, fleet.Int(m.Percent), fleet.Quote(m.Name))
	}
	if d := e.o.Spec.Default; d != "" {
		r.Now.Served = []fleet.Safe{fleet.Label(d)}
	}
	for _, m := range e.o.Spec.Candidates {
		r.Traffic.Members = append(r.Traffic.Members, fleet.TrafficMember{Name: fleet.Quote(m.Name), ID: m.Name, Weight: m.Weight,
			Ready: e.isReady(m.Name)})
		if e.isReady(m.Name) {
			r.Ready++
		}
	}
	r.Available = r.Ready
	v := e.stands()
	if r.Phase, r.Why, r.Never, r.Since = v.Phase, v.Why, v.Never, v.Since; v.Phase == fleet.RolloutDone {
		r.Updated, r.UpdatedReady = r.Total, r.Ready
	}
	return r
}

// stands goes by the conditions once they are of the newest change: the scheduler takes an experiment back and begins it anew
// with other weights, so that its status is written again.
func (e *experiment) stands() stuck.Verdict {
	if v, ok := untold(&e.o.ObjectMeta, e.now); ok {
		return v
	}
	for _, name := range []string{"ExperimentReady", "CandidatesReady", "MirrorReady"} {
		c, ok := find(e.o.Status.Conditions, name)
		switch {
		case name == "MirrorReady" && e.o.Spec.Mirror == nil:
		case !ok:
			return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("Seldon has not said %s of it yet", fleet.Label(name))}
		case c.Status != "True":
			return stuck.Verdict{Phase: fleet.RolloutMoving, Why: c.text()}
		}
	}
	return stuck.Verdict{Phase: fleet.RolloutDone}
}

func (e *experiment) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return refusal(kind, do, e.ref, why)
}

func (e *experiment) draft(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	if r.UID != "" && string(e.o.UID) != r.UID {
		return fleet.Draft{}, e.no(fleet.KindConflict, w.Do, "another object has its name by now")
	}
	switch w.Do {
	case fleet.DoTraffic:
		return e.weigh(w)
	case fleet.DoAdvance:
		if len(w.Parts) != 1 {
			return fleet.Draft{}, e.no(fleet.KindUnsupported, w.Do, "Seldon keeps no list of steps; advance --to PERCENT gives the candidate "+
				"another share, promote everything, abort nothing")
		}
		return e.give(w.Do, percent(w.Parts[0]))
	case fleet.DoPromote:
		d, err := e.give(w.Do, 100)
		d.Notes = append(d.Notes, fleet.Text("the experiment goes on with one candidate that gets everything: give the default Model its "+
			"storageUri, then delete the Experiment"))
		return d, err
	case fleet.DoAbandonRoll:
		return e.give(w.Do, 0)
	default: // what its Models do
	}
	return fleet.Draft{}, e.no(fleet.KindUnsupported, w.Do, "an Experiment has weights only (traffic, advance --to, promote, abort); upgrade "+
		"and scale its Models "+e.names())
}

func (e *experiment) names() string { return weights.Names(e.members()) }

func (e *experiment) members() []string {
	list := make([]string, len(e.o.Spec.Candidates))
	for i, m := range e.o.Spec.Candidates {
		list[i] = m.Name
	}
	return list
}

// weigh sets the weights that are named.
func (e *experiment) weigh(w fleet.Want) (fleet.Draft, error) {
	if m := e.o.Spec.Mirror; m != nil {
		for _, x := range w.Shares {
			if x.Member == m.Name {
				return fleet.Draft{}, e.no(fleet.KindUnsupported, w.Do, fleet.Quote(m.Name).String()+" is the mirror: it gets a copy of the traffic "+
					"and no part of it")
			}
		}
	}
	want, why := weights.Wanted(w.Shares, e.members(), "candidate")
	if why != "" {
		return fleet.Draft{}, e.no(fleet.KindInvalid, w.Do, why)
	}
	return e.split(w.Do, want)
}

// give gives the candidate beside the default a share in percent.
func (e *experiment) give(do fleet.Deed, n int) (fleet.Draft, error) {
	list, def := e.o.Spec.Candidates, e.o.Spec.Default
	if len(list) != 2 || def == "" || list[0].Name != def && list[1].Name != def {
		return fleet.Draft{}, e.no(fleet.KindUnsupported, do, "which of "+e.names()+" is the canary is not clear: that is known where there are "+
			"two candidates of which one is the default; set their weights by pitwall traffic")
	}
	other := list[0].Name
	if other == def {
		other = list[1].Name
	}
	return e.split(do, map[string]int{def: 100 - n, other: n})
}

// split writes the whole list, which is compared with the one that was read.
func (e *experiment) split(do fleet.Deed, want map[string]int) (fleet.Draft, error) {
	const at = "/spec/candidates"
	next, _ := jsonptr.Find(e.doc, at)
	box := map[string]any{"list": next}
	var said []fleet.Safe
	sum := 0
	for i, m := range e.o.Spec.Candidates {
		n, named := want[m.Name]
		if !named {
			n = m.Weight
		}
		sum += n
		switch {
		case n > m.Weight && !e.isReady(m.Name):
			return fleet.Draft{}, e.no(fleet.KindConflict, do, "Model "+fleet.Quote(m.Name).String()+" is not ready: what it gets would not be "+
				"answered")
		case n != m.Weight:
			said = append(said, fleet.Textf("%s: %s -> %s", fleet.Quote(m.Name), fleet.Int(m.Weight), fleet.Int(n)))
			box, _ = jsonptr.With(box, "/list/"+itoa(i)+"/weight", n).(map[string]any)
		}
	}
	switch {
	case sum == 0:
		return fleet.Draft{}, e.no(fleet.KindInvalid, do, "all weights would be 0, and nobody would answer")
	case len(said) == 0:
		return fleet.Draft{}, e.no(fleet.KindInvalid, do, "the weights are so already")
	}
	text := fleet.Textf("weights of %s", fleet.Join(said, fleet.Text(", ")))
	d := one(fleet.ObjectWrite{Object: e.ref, API: experimentKind, UID: string(e.o.UID), Verb: fleet.WriteSet, Text: text,
		Fields: []fleet.Field{jsonptr.Set(e.doc, at, box["list"])}})
	d.Weights = true
	return d, nil
}
