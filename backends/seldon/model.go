package seldon

import (
	"context"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podstate"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

const modelReady = "ModelReady"

// model is a Model of Core 2, which a server loads beside others: it has no pods of its own.
type model struct {
	ref fleet.ObjectRef
	now time.Time
	doc any
	o   modelObject
}

// modelObject holds the fields that are read (v2.6 to v2.10).
type modelObject struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		URI      string `json:"storageUri"`
		Version  *int64 `json:"artifactVersion"`
		Server   string `json:"server"`
		Replicas *int32 `json:"replicas"`
		Min      *int32 `json:"minReplicas"`
		Max      *int32 `json:"maxReplicas"`
	} `json:"spec"`
	Status struct {
		Replicas   int32       `json:"replicas"`
		Available  *int32      `json:"availableReplicas"` // from 2.10 on
		Conditions []condition `json:"conditions"`
	} `json:"status"`
}

func readModel(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, now time.Time) (*model, error) {
	ref.Kind = modelKind.Kind
	doc, err := child.Document(ctx, c, modelKind, ref)
	if err != nil {
		return nil, err
	}
	m := &model{ref: ref, now: now, doc: doc}
	return m, jsonptr.Into(doc, &m.o)
}

func (m *model) rollout() fleet.Rollout {
	r := fleet.Rollout{Object: m.ref, API: modelKind, System: fleet.Text("Seldon Core 2 Model"), UID: string(m.o.UID),
		Holder: owner.Holder(m.ref, &m.o.ObjectMeta), GitOps: owner.GitOps(&m.o.ObjectMeta), At: m.now, Unit: fleet.Text("replicas"),
		Desired: m.wants(), Total: int(m.o.Status.Replicas)}
	if m.o.Spec.Server != "" {
		r.System = fleet.Textf("%s on server %s", r.System, fleet.Quote(m.o.Spec.Server))
	}
	r.Now = fleet.Version{Weights: fleet.Label(m.o.Spec.URI), Served: []fleet.Safe{fleet.Label(m.ref.Name)}}
	if v := m.o.Spec.Version; v != nil {
		r.Now.Revision = fleet.Int(int(*v))
	}
	v := m.stands()
	if r.Phase, r.Why, r.Never, r.Since = v.Phase, v.Why, v.Never, v.Since; v.Phase != fleet.RolloutUnseen {
		r.Updated = m.available()
		r.UpdatedReady = r.Updated
	}
	r.Ready, r.Available = m.available(), m.available()
	return r
}

// wants is how many replicas it should have: one where nothing is said.
func (m *model) wants() int {
	for _, n := range []*int32{m.o.Spec.Replicas, m.o.Spec.Min} {
		if n != nil {
			return int(*n)
		}
	}
	return 1
}

// available is how many replicas are loaded; before 2.10 only that enough of them are is told.
func (m *model) available() int {
	if n := m.o.Status.Available; n != nil {
		return int(*n)
	}
	if c, _ := find(m.o.Status.Conditions, modelReady); c.Status == "True" {
		return int(m.o.Status.Replicas)
	}
	return 0
}

// stands goes by the condition, once it is one of the newest change. Its reason is the state.
func (m *model) stands() stuck.Verdict {
	if v, ok := untold(&m.o.ObjectMeta, m.now); ok {
		return v
	}
	c, ok := find(m.o.Status.Conditions, modelReady)
	if !ok {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Text("Seldon has said nothing of it yet")}
	}
	said := podstate.Because(c.Reason, podstate.Clip(c.Message, 300))
	switch {
	case c.Reason == "ModelFailed":
		return stuck.Verdict{Phase: fleet.RolloutFailed, Never: true, Why: fleet.Textf("the server could not load it: %s", said)}
	case c.Reason == "ScheduleFailed":
		return stuck.Verdict{Phase: fleet.RolloutStuck, Why: fleet.Textf("no server takes it: %s; it is tried again when a server changes", said)}
	case c.Reason == "ModelScaledDown":
		return stuck.Verdict{Phase: fleet.RolloutPaused, Why: fleet.Textf("it is scaled down: %s", said)}
	case c.Status != "True":
		return stuck.Verdict{Phase: fleet.RolloutMoving, Why: said}
	case m.o.Spec.Replicas != nil && m.available() < m.wants():
		return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("%s of %s replicas are loaded", fleet.Int(m.available()),
			fleet.Int(m.wants()))}
	}
	return stuck.Verdict{Phase: fleet.RolloutDone}
}

func (m *model) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return refusal(kind, do, m.ref, why)
}

func (m *model) to(path string, after any) fleet.Field { return jsonptr.Set(m.doc, path, after) }

func (m *model) write(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: m.ref, API: modelKind, UID: string(m.o.UID), Verb: fleet.WriteSet, Fields: fields, Text: text}
}

func (m *model) draft(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	if r.UID != "" && string(m.o.UID) != r.UID {
		return fleet.Draft{}, m.no(fleet.KindConflict, w.Do, "another object has its name by now")
	}
	switch w.Do {
	case fleet.DoUpgrade:
		return m.upgrade(w)
	case fleet.DoScale, fleet.DoHoldScaler:
		return m.scale(w)
	case fleet.DoTraffic, fleet.DoAdvance, fleet.DoPromote, fleet.DoAbandonRoll:
		return fleet.Draft{}, m.no(fleet.KindUnsupported, w.Do, "a Model has no weights; an Experiment that has it as a candidate does: pitwall "+
			"traffic Experiment/NAMESPACE/NAME MODEL=WEIGHT")
	case fleet.DoRestart:
		return fleet.Draft{}, m.no(fleet.KindUnsupported, w.Do, "a Model has no pods of its own; restart the StatefulSet of its server, which "+
			"loads all of its models again")
	case fleet.DoPause, fleet.DoResume:
		return fleet.Draft{}, m.no(fleet.KindUnsupported, w.Do, "Seldon cannot stop a load where it is; undo the change that began it")
	case fleet.DoFreeScaler:
		return fleet.Draft{}, m.no(fleet.KindUnsupported, w.Do, "which bounds it had is not kept by Seldon; undo the change that held it")
	default: // deeds of nodes
	}
	return fleet.Draft{}, m.no(fleet.KindUnsupported, w.Do, "a Model can be upgraded and scaled")
}

// upgrade names another artifact. The scheduler loads it beside the one that serves, then moves the traffic: no replica is
// away meanwhile, and the memory of the server holds both.
func (m *model) upgrade(w fleet.Want) (fleet.Draft, error) {
	switch {
	case len(w.Parts) > 0:
		return fleet.Draft{}, m.no(fleet.KindUnsupported, w.Do, "a Model rolls as a whole; for a canary make a second Model, and an Experiment "+
			"with both as candidates, whose weights pitwall traffic sets; leave --canary out")
	case w.Surge.OK, w.Version != "":
		return fleet.Draft{}, m.no(fleet.KindUnsupported, w.Do, "Seldon loads the new version beside the old one, and keeps none to go back to; "+
			"leave --surge out, and name the storage URI of before or undo the change that brought this one")
	case w.Image != "" || len(w.Args) > 0 || w.Container != "":
		return fleet.Draft{}, m.no(fleet.KindUnsupported, w.Do, "image and flags are those of its server, which other models share; change the "+
			"Server or its ServerConfig")
	}
	var fields []fleet.Field
	var said []fleet.Safe
	if w.Weights != "" && w.Weights != m.o.Spec.URI {
		fields = append(fields, m.to("/spec/storageUri", w.Weights))
		said = append(said, fleet.Textf("storageUri: %s -> %s", orNone(m.o.Spec.URI), fleet.Quote(w.Weights)))
	}
	if w.Revision != "" {
		n, err := strconv.Atoi(w.Revision)
		if err != nil {
			return fleet.Draft{}, m.no(fleet.KindInvalid, w.Do, "a revision of a Model is its artifactVersion, a number; "+
				fleet.Quote(w.Revision).String()+" is none")
		}
		if f := m.to("/spec/artifactVersion", n); !f.Before.Equal(f.After) {
			fields = append(fields, f)
			said = append(said, fleet.Textf("artifactVersion -> %s", fleet.Int(n)))
		}
	}
	if len(fields) == 0 {
		return fleet.Draft{}, m.no(fleet.KindInvalid, w.Do, "it is as wanted already")
	}
	d := one(m.write(fleet.Join(said, fleet.Text("; ")), fields...))
	d.Notes = []fleet.Safe{fleet.Text("its server holds old and new in memory until the new one is loaded; what has no room is evicted or " +
		"not scheduled")}
	return d, nil
}

// scale sets the number of replicas. The bounds by which Seldon scales it by itself are set with it, or it would move on.
func (m *model) scale(w fleet.Want) (fleet.Draft, error) {
	n := w.Replicas.Or(m.wants())
	s := &m.o.Spec
	switch {
	case w.Do == fleet.DoScale && !w.Replicas.OK || n < 0:
		return fleet.Draft{}, m.no(fleet.KindInvalid, w.Do, "how many replicas are wanted is not said")
	case w.Do == fleet.DoHoldScaler && s.Min == nil && s.Max == nil:
		return fleet.Draft{}, m.no(fleet.KindInvalid, w.Do, "nothing scales it by itself")
	}
	text := fleet.Textf("replicas: %s -> %s", fleet.Int(m.wants()), fleet.Int(n))
	fields := []fleet.Field{m.to("/spec/replicas", n)}
	write := m.write(text, fields...)
	var notes []fleet.Safe
	switch {
	case s.Min != nil || s.Max != nil:
		for _, f := range []struct {
			path string
			has  *int32
		}{{"/spec/minReplicas", s.Min}, {"/spec/maxReplicas", s.Max}} {
			if f.has != nil {
				write.Fields = append(write.Fields, m.to(f.path, n))
			}
		}
		write.Text = fleet.Concat(text, fleet.Text(", and so its bounds"))
		notes = append(notes, fleet.Text("it does not scale by itself until this is undone"))
	case s.Replicas != nil:
		write.Part = "scale"
	}
	changes := false
	for _, f := range write.Fields {
		changes = changes || !f.Before.Equal(f.After)
	}
	if !changes {
		return fleet.Draft{}, m.no(fleet.KindInvalid, w.Do, "it has "+itoa(n)+" replicas already")
	}
	d := one(write)
	d.Stages[0].Until.Done = n > 0
	d.Down, d.Notes = max(m.wants()-n, 0), notes
	return d, nil
}
