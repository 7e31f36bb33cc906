package kubenodes

import (
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

const unschedulableAt = "/spec/unschedulable"

// closing is the write that keeps further pods away; false where it is so already.
func (s *scene) closing() (fleet.ObjectWrite, bool) {
	return s.write(jsonptr.Set(s.doc, unschedulableAt, true), fleet.Text("cordon: no further pod comes here")), !s.node.Spec.Unschedulable
}

func (s *scene) write(f fleet.Field, text fleet.Safe) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: s.out.Object, API: s.out.API, UID: s.out.UID, Verb: fleet.WriteSet, Fields: []fleet.Field{f},
		Text: text}
}

func (s *scene) cordon() (fleet.Draft, error) {
	w, ok := s.closing()
	if !ok {
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, "it is cordoned already")
	}
	return fleet.Draft{Stages: []fleet.Stage{{Text: w.Text, Writes: []fleet.ObjectWrite{w}}}, Notes: texts(marks(s.node))}, nil
}

// uncordon refuses while somebody is at work on the node, and says what else keeps it closed on purpose.
func (s *scene) uncordon() (fleet.Draft, error) {
	if !s.node.Spec.Unschedulable {
		return fleet.Draft{}, s.refuse(fleet.KindInvalid, "it is not cordoned")
	}
	found := marks(s.node)
	var busy []string
	for _, m := range found {
		if m.works {
			busy = append(busy, m.text.String())
		}
	}
	if len(busy) > 0 {
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "it is closed on purpose: "+strings.Join(busy,
			"; ")+"; wait for that, or stop it where it runs")
	}
	w := s.write(jsonptr.Set(s.doc, unschedulableAt, nil), fleet.Text("uncordon: pods may come here again"))
	return fleet.Draft{Stages: []fleet.Stage{{Text: w.Text, Writes: []fleet.ObjectWrite{w}}}, Notes: texts(found)}, nil
}

func texts(list []mark) []fleet.Safe {
	var out []fleet.Safe
	for _, m := range list {
		out = append(out, m.text)
	}
	return out
}
