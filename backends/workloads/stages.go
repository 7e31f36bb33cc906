package workloads

import (
	"math"
	"slices"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// stages orders the writes of a roll whose template is on the sheet.
func (s *scene) stages(e *sheet, text fleet.Safe, w fleet.Want) (fleet.Draft, error) {
	pace, err := s.pace(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	sizes, err := s.sizes(w, pace)
	if err != nil {
		return fleet.Draft{}, err
	}
	if s.how.partitionAt != "" {
		return s.byPartition(e, text, sizes, pace), nil
	}
	return s.byHold(e, text, sizes, pace), nil
}

// pace is what comes beside and what may be away while it rolls.
type pace struct {
	extra, missing int
	own            bool // not what the object's own strategy says
}

func (s *scene) pace(w fleet.Want) (pace, error) {
	p := pace{extra: s.how.extra, missing: s.how.missing}
	n, given := w.Surge.V, w.Surge.OK
	switch {
	case !given:
		return p, nil
	case n < 0 || n > max(s.out.Desired, 1):
		return p, s.refuse(fleet.KindInvalid, "a surge is between 0 and the number of replicas")
	case s.how.surgeAt == "" && n > 0:
		why := "a StatefulSet replaces its pods in place: nothing comes beside them"
		if s.how.recreate {
			why = "its strategy is Recreate: all replicas stop before new ones start; set strategy RollingUpdate first"
		}
		return p, s.refuse(fleet.KindUnsupported, why)
	case s.how.surgeAt == "" || n == p.extra && (n > 0) == (p.missing == 0):
		return p, nil
	}
	p = pace{extra: n, own: true}
	if n == 0 {
		p.missing = max(s.how.missing, 1)
	}
	return p, nil
}

// sizes are the numbers of new replicas at which a canary stops, in rising order.
func (s *scene) sizes(w fleet.Want, p pace) ([]int, error) {
	if s.how.recreate && len(w.Parts) > 0 {
		return nil, s.refuse(fleet.KindUnsupported, "its strategy is Recreate: all replicas stop before new ones start, so that no part can "+
			"be tried; roll it in one step, or set strategy RollingUpdate first")
	}
	var list []int
	for _, part := range w.Parts {
		if part <= 0 || part > 1 {
			return nil, s.refuse(fleet.KindInvalid, "a part is more than 0 and at most all of the replicas")
		}
		k := int(math.Ceil(float64(part)*float64(s.out.Desired) - 1e-9))
		if k < s.out.Desired && !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	slices.Sort(list)
	if len(w.Parts) == 0 || len(list) > 0 {
		return list, nil
	}
	switch {
	case s.out.Desired == 1 && s.how.partitionAt == "" && p.extra > 0:
		return []int{1}, nil // the new one beside the old one
	case s.out.Desired == 1:
		return nil, s.refuse(fleet.KindUnsupported, "its one "+s.unit()+" is replaced in place: no old one is left to compare with; "+
			"roll it in one step")
	}
	return nil, nil
}

func (s *scene) unit() string {
	if s.kind == groupSetKind {
		return "group"
	}
	return "replica"
}

// finish adds the stage that rolls to the end, and one that sets the object's own pace back where the roll had another.
func (s *scene) finish(e *sheet, d *fleet.Draft, text fleet.Safe, p pace) {
	n := s.out.Desired
	if p.own {
		s.setPace(e, p)
	} else if s.how.surgeAt != "" {
		e.back(s.how.surgeAt)
		e.back(s.how.missingAt)
	}
	d.Stages = append(d.Stages, fleet.Stage{Text: text, Writes: []fleet.ObjectWrite{e.write(text)}, Until: fleet.Until{Updated: n,
		Ready: n, Done: true}})
	if !p.own {
		return
	}
	e.back(s.how.surgeAt)
	e.back(s.how.missingAt)
	if e.changes() {
		text := fleet.Text("maxSurge and maxUnavailable as before")
		d.Stages = append(d.Stages, fleet.Stage{Text: text, Writes: []fleet.ObjectWrite{e.write(text)}})
	}
}

// setPace writes what differs from what the object's strategy comes to.
func (s *scene) setPace(e *sheet, p pace) {
	if s.how.surgeAt == "" {
		return
	}
	for _, one := range []struct {
		at        string
		own, want int
	}{{s.how.surgeAt, s.how.extra, p.extra}, {s.how.missingAt, s.how.missing, p.missing}} {
		was, there := jsonptr.Find(s.doc, one.at)
		if one.own == one.want && there {
			e.set(one.at, was)
		} else {
			e.set(one.at, one.want)
		}
	}
}

// byPartition rolls by ordinal, exactly: what stands below the partition keeps its version. The template comes with the
// partition in one write, so that nothing moves before the first part is asked for.
func (s *scene) byPartition(e *sheet, text fleet.Safe, sizes []int, p pace) fleet.Draft {
	d := fleet.Draft{Extra: p.extra * s.out.GPUsEach, Down: p.missing}
	n := s.out.Desired
	if p.own {
		s.setPace(e, p)
	}
	for i, k := range sizes {
		e.set(s.how.partitionAt, n-k)
		said := fleet.Textf("partition %s: %s of %s %s new", fleet.Int(n-k), fleet.Int(k), fleet.Int(n), s.out.Unit)
		if i == 0 {
			said = fleet.Textf("%s; %s", text, said)
		}
		d.Stages = append(d.Stages, fleet.Stage{Text: said, Writes: []fleet.ObjectWrite{e.write(said)}, Canary: true,
			Until: fleet.Until{Updated: k, Ready: k}})
	}
	if len(sizes) > 0 {
		text = fleet.Text("partition as before: all new")
		e.back(s.how.partitionAt)
	}
	s.finish(e, &d, text, p)
	return d
}
