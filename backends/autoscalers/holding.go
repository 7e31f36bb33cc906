package autoscalers

import (
	"encoding/json"
	"strconv"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/scalers"
	"pitwall/fleet"
)

const (
	minAt = "/spec/minReplicas"
	maxAt = "/spec/maxReplicas"
)

func annotation(name string) string { return "/metadata/annotations" + jsonptr.Path(name) }

// bounds are what held-from keeps of an autoscaler.
type bounds struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// hold drafts that the number of replicas stays: the wanted one, or the one that runs.
func (s *scene) hold(w fleet.Want) (fleet.Draft, error) {
	n := w.Replicas.Or(s.out.Total)
	switch {
	case n < 0:
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, "a number of replicas is not below 0")
	case !w.Replicas.OK && (!s.known || n == 0 && s.out.Scaler.Wants != 0):
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, "how many replicas run is not known; give the number to hold")
	}
	d := fleet.Draft{Down: max(s.out.Total-n, 0), Notes: owner.Notes(s.out.Holder, s.out.GitOps)}
	if n > s.out.Total {
		d.Notes = append(d.Notes, fleet.Textf("it makes %s than run now", fleet.Many(n-s.out.Total, "more replica")))
	}
	var fields []fleet.Field
	var text fleet.Safe
	if s.isHPA() {
		if n == 0 {
			return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "0 replicas switch a HorizontalPodAutoscaler off, and its bounds begin at 1; "+
				"scale what it scales to 0 instead, which it leaves alone")
		}
		if s.out.Total == 0 {
			d.Notes = append(d.Notes, fleet.Text("what it scales has 0 replicas: it is switched off and does nothing until somebody "+
				"sets another number"))
		}
		fields, text = s.holdHPA(n)
	} else {
		fields, text = s.holdKEDA(n)
		d.Notes = append(d.Notes, s.stays()...)
	}
	return s.draft(d, fields, text, "it is held at "+fleet.Int(n).String()+" already")
}

// holdHPA sets both bounds. What they were is left with the object, unless it is held already.
func (s *scene) holdHPA(n int) ([]fleet.Field, fleet.Safe) {
	sc := &s.out.Scaler
	text := fleet.Textf("hold at %s: min and max %s to %s -> %s", fleet.Int(n), fleet.Int(sc.Min), fleet.Int(sc.Max), fleet.Int(n))
	fields := []fleet.Field{jsonptr.Set(s.doc, minAt, n), jsonptr.Set(s.doc, maxAt, n)}
	if sc.Min == n && sc.Max == n {
		return nil, text
	}
	if _, held := s.meta.Annotations[scalers.HeldFrom]; !held {
		fields = append(fields, jsonptr.Set(s.doc, annotation(scalers.HeldFrom), string(jsonptr.Encode(bounds{sc.Min, sc.Max}))))
	}
	return fields, text
}

func (s *scene) holdKEDA(n int) ([]fleet.Field, fleet.Safe) {
	before := s.out.Scaler.Held
	if before.IsEmpty() {
		before = fleet.Text("free")
	}
	return []fleet.Field{jsonptr.Set(s.doc, annotation(scalers.PausedReplicas), strconv.Itoa(n))},
		fleet.Textf("hold at %s: %s -> paused at %s", fleet.Int(n), before, fleet.Int(n))
}

// stays says what is left as it is, whether it is held or released: in which directions somebody else wants no scaling.
func (s *scene) stays() []fleet.Safe {
	var list []fleet.Safe
	for _, one := range []struct {
		set  bool
		name string
		does fleet.Safe
	}{{s.noIn, scalers.PausedIn, fleet.Text("takes no replicas away")}, {s.noOut, scalers.PausedOut, fleet.Text("adds no replicas")}} {
		if one.set {
			list = append(list, fleet.Textf("annotation %s, which somebody else set, stays: released, it %s (KEDA knows it from 2.18 on)",
				fleet.Quote(one.name), one.does))
		}
	}
	return list
}

// free drafts that it scales again. What a HorizontalPodAutoscaler's bounds were, only who changed them knows: the change
// that held it, whose inverse is the better way, or what that left with the object.
func (s *scene) free() (fleet.Draft, error) {
	if !s.isHPA() {
		fields := []fleet.Field{jsonptr.Set(s.doc, annotation(scalers.PausedReplicas), nil)}
		if s.paused {
			fields = append(fields, jsonptr.Set(s.doc, annotation(scalers.Paused), nil))
		}
		otherwise := "it is not held"
		if ways := s.out.Scaler.Ways(); !ways.IsEmpty() {
			otherwise += " at a number; it " + ways.String() + ", which somebody else wants: take that away where it was set"
		}
		return s.draft(fleet.Draft{Notes: append(owner.Notes(s.out.Holder, s.out.GitOps), s.stays()...)}, fields,
			fleet.Textf("release: it scales between %s and %s again",
				fleet.Int(s.out.Scaler.Min),
				fleet.Int(s.out.Scaler.Max)), otherwise)
	}
	if s.out.Scaler.Held.IsEmpty() {
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, "it is not held: it scales between "+fleet.Int(s.out.Scaler.Min).String()+" and "+
			fleet.Int(s.out.Scaler.Max).String())
	}
	var was bounds
	mark, ok := s.meta.Annotations[scalers.HeldFrom]
	if !ok || json.Unmarshal([]byte(mark), &was) != nil || was.Min < 0 || was.Max < max(was.Min, 1) {
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "what its min and max were before is not written at it; undo the change that "+
			"held it, or set them where they are kept")
	}
	fields := []fleet.Field{jsonptr.Set(s.doc, minAt, was.Min), jsonptr.Set(s.doc, maxAt, was.Max), jsonptr.Set(s.doc,
		annotation(scalers.HeldFrom), nil)}
	return s.draft(fleet.Draft{Notes: owner.Notes(s.out.Holder, s.out.GitOps)}, fields,
		fleet.Textf("release: min and max %s -> %s to %s", fleet.Int(s.out.Scaler.Max),
			fleet.Int(was.Min), fleet.Int(was.Max)), "it is not held")
}

// draft is one write; one that changes nothing is refused.
func (s *scene) draft(d fleet.Draft, fields []fleet.Field, text fleet.Safe, otherwise string) (fleet.Draft, error) {
	changes := false
	for _, f := range fields {
		changes = changes || !f.Before.Equal(f.After)
	}
	if !changes {
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, otherwise)
	}
	w := fleet.ObjectWrite{Object: s.out.Object, API: s.out.API, UID: s.out.UID, Verb: fleet.WriteSet, Fields: fields, Text: text}
	d.Stages = []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{w}}}
	return d, nil
}
