package seldon

import (
	"context"
	"strings"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/weights"
	"pitwall/fleet"
)

func (s *scene) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return refusal(kind, do, s.ref, why)
}

func (s *scene) to(path string, after any) fleet.Field { return jsonptr.Set(s.doc, path, after) }
func (s *scene) same(path string) fleet.Field          { return jsonptr.Same(s.doc, path) }

// write is a write on the object.
func (s *scene) write(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: s.ref, API: deploymentKind, UID: string(s.o.UID), Verb: fleet.WriteSet, Fields: fields, Text: text}
}

func one(write fleet.ObjectWrite) fleet.Draft {
	return fleet.Draft{Stages: []fleet.Stage{{Text: write.Text, Writes: []fleet.ObjectWrite{write}, Until: fleet.Until{Done: true}}}}
}

func (s *scene) draft(ctx context.Context, r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	switch {
	case r.UID != "" && string(s.o.UID) != r.UID:
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another object has its name by now")
	case len(s.live) == 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "it has no predictor that serves")
	}
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(r, w)
	case fleet.DoScale, fleet.DoHoldScaler:
		return s.scale(r, w)
	case fleet.DoRestart:
		return s.restart(r, w)
	case fleet.DoTraffic:
		want, err := s.wanted(w)
		if err != nil {
			return fleet.Draft{}, err
		}
		return s.split(ctx, w.Do, want)
	case fleet.DoAdvance:
		return s.advance(ctx, w)
	case fleet.DoPromote:
		return s.promote(r)
	case fleet.DoAbandonRoll:
		return s.abandon(ctx)
	case fleet.DoPause, fleet.DoResume:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Seldon cannot stop a roll where it is; upgrade with --canary, whose weights "+
			"hold until they are changed")
	case fleet.DoFreeScaler:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "which bounds its autoscaler had is not kept by Seldon; undo the change that "+
			"held it")
	default: // deeds of nodes
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a SeldonDeployment can be upgraded, scaled, restarted, advanced, promoted and "+
		"aborted, and its traffic can be split")
}

// chosen is the predictor that is meant, with the container of it. With several, the container is called PREDICTOR or
// PREDICTOR/CONTAINER.
func (s *scene) chosen(w fleet.Want) (*serving, string, error) {
	name, container, inside := strings.Cut(w.Container, "/")
	for _, v := range s.all {
		if v.Name == name && (inside || len(s.live) > 1) {
			return v, container, nil
		}
	}
	if len(s.live) > 1 {
		return nil, "", s.no(fleet.KindUnsupported, w.Do, "it has the predictors "+s.names()+"; name the one to change as --container "+
			"PREDICTOR or PREDICTOR/CONTAINER, or promote or abort the canary first")
	}
	return s.live[0], w.Container, nil
}

func (s *scene) names() string {
	list := make([]string, len(s.all))
	for i, v := range s.all {
		list[i] = v.Name
	}
	return weights.Names(list)
}

// restart writes an annotation that goes to the pods of every predictor.
func (s *scene) restart(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	at := w.Stamp.UTC().Format(time.RFC3339)
	var fields []fleet.Field
	for _, v := range s.all {
		fields = append(fields, s.same(v.path()+"/name"), s.to(v.path()+jsonptr.Path("annotations", restartMark), at))
	}
	d := one(s.write(fleet.Textf("restart at %s", fleet.Quote(at)), fields...))
	d.Extra, d.Down = r.Surge.Extra*r.GPUsEach*len(s.all), r.Surge.Missing
	d.NoUndo = fleet.Text("a restart is not taken back: the version is the same")
	return d, nil
}

// scale writes the number that counts: the bounds of an autoscaler, else the most specific number that is set.
func (s *scene) scale(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	n := w.Replicas.Or(r.Desired)
	if w.Do == fleet.DoScale && !w.Replicas.OK || n < 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "how many replicas are wanted is not said")
	}
	v := s.live[0]
	if len(s.live) > 1 && s.ownNumbers() {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "its predictors "+s.names()+" have numbers of replicas of their own; promote or "+
			"abort the canary first, or set spec.predictors[].replicas by hand")
	}
	j, boxed := v.box("")
	if boxed && v.Components[j].scaled() {
		return s.bounds(r, w, v, j, n)
	}
	if w.Do == fleet.DoHoldScaler {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "nothing scales it by itself")
	}
	write := s.sized(v, fleet.Textf("replicas: %s -> %s", fleet.Int(r.Desired), fleet.Int(n)), n)
	if f := write.Fields[len(write.Fields)-1]; f.Before.Equal(f.After) {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it has "+itoa(n)+" replicas already")
	}
	d := one(write)
	d.Stages[0].Until.Done = r.Phase == fleet.RolloutDone && n > 0
	d.Extra, d.Down = max(n-r.Desired, 0)*r.GPUsEach*len(s.live), max(r.Desired-n, 0)
	if n == 0 {
		d.Notes = append(d.Notes, fleet.Text("without replicas Seldon calls it Creating, and changes no route of it"))
	}
	return d, nil
}

// sized sets the most specific number of replicas that is there.
func (s *scene) sized(v *serving, text fleet.Safe, n int) fleet.ObjectWrite {
	j, boxed := v.box("")
	switch {
	case boxed && v.Components[j].Replicas != nil:
		return s.write(text, s.same(v.path()+"/name"), s.to(v.path()+"/componentSpecs/"+itoa(j)+"/replicas", n))
	case v.Replicas != nil:
		return s.write(text, s.same(v.path()+"/name"), s.to(v.path()+"/replicas", n))
	}
	write := s.write(text, s.to("/spec/replicas", n))
	if s.o.Spec.Replicas != nil {
		write.Part = "scale"
	}
	return write
}

// ownNumbers tells whether a predictor has a number of replicas of its own, or an autoscaler.
func (s *scene) ownNumbers() bool {
	for _, v := range s.live {
		if v.Replicas != nil {
			return true
		}
		for j := range v.Components {
			if v.Components[j].Replicas != nil || v.Components[j].scaled() {
				return true
			}
		}
	}
	return false
}

// bounds sets both ends of an autoscaler that Seldon makes: it would set back what is done to the autoscaler itself.
func (s *scene) bounds(r *fleet.Rollout, w fleet.Want, v *serving, j, n int) (fleet.Draft, error) {
	if n == 0 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "an autoscaler keeps one replica at the least: name 1 or more")
	}
	at := v.path() + "/componentSpecs/" + itoa(j)
	low, high := "/hpaSpec/minReplicas", "/hpaSpec/maxReplicas"
	if v.Components[j].KEDA != nil { // which counts where both are there
		low, high = "/kedaSpec/minReplicaCount", "/kedaSpec/maxReplicaCount"
	}
	min, max := s.to(at+low, n), s.to(at+high, n)
	if min.Before.Equal(min.After) && max.Before.Equal(max.After) {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "both of its bounds are "+itoa(n)+" already")
	}
	d := one(s.write(fleet.Textf("both bounds of its autoscaler -> %s", fleet.Int(n)), s.same(v.path()+"/name"), min, max))
	d.Stages[0].Until.Done = r.Phase == fleet.RolloutDone
	if more := n - r.Desired; more > 0 {
		d.Extra = more * r.GPUsEach
	} else {
		d.Down = -more
	}
	d.Notes = []fleet.Safe{fleet.Text("min and max are the same then: it does not scale by itself until this is undone")}
	return d, nil
}
