package workloads

import (
	"encoding/json"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podstate"
	"pitwall/backends/internal/scalers"
	"pitwall/fleet"
)

// canaryMark is an annotation of the object while a part of it is new: it tells others what is going on. It is not in the
// template, so that it replaces no pod.
const canaryMark = "pitwall.dev/canary"

// heldFrom is an annotation of a Deployment that is held at a part: what the fields were before, as JSON, so that it can be
// released from another host, or by hand. Autoscalers have one of that name too.
const heldFrom = scalers.HeldFrom

// heldFor is the minReadySeconds of a Deployment that is held at a part: a year. The progress deadline has to be longer.
const heldFor = 365 * 24 * 60 * 60

const (
	minReadyAt = "/spec/minReadySeconds"
	deadlineAt = "/spec/progressDeadlineSeconds"
)

var (
	canaryAt   = "/metadata/annotations" + jsonptr.Path(canaryMark)
	heldFromAt = "/metadata/annotations" + jsonptr.Path(heldFrom)
)

// earlier is what a Deployment held before it was held itself; nil is a field that was not there.
type earlier struct {
	MinReady any `json:"minReadySeconds,omitempty"`
	Deadline any `json:"progressDeadlineSeconds,omitempty"`
	Surge    any `json:"maxSurge,omitempty"`
	Missing  any `json:"maxUnavailable,omitempty"`
}

// byHold rolls a Deployment in parts. Its controller knows no part: it goes on as soon as new replicas are available, also
// while nobody looks. So they do not become available while it is held (minReadySeconds of a year), and it then stops by
// itself: of the old ones all but maxUnavailable stay, and no more than maxSurge come beside. Both together are the part.
// The ReplicaSets of older versions keep their own minReadySeconds, so that old replicas stay available.
//
// Each write lets no more go than the object's own strategy would, counted from the new replicas that are ready: a part
// that is larger is made in several. The pause that follows shows others that it stands; nothing depends on it.
func (s *scene) byHold(e *sheet, text fleet.Safe, sizes []int, p pace) fleet.Draft {
	d := fleet.Draft{Extra: p.extra * s.out.GPUsEach, Down: p.missing}
	lead := fleet.Textf("%s;", text)
	made := 0
	for i, k := range sizes {
		if i == 0 {
			s.hold(e)
		} else {
			lead = fleet.Text("resume")
		}
		e.set(s.how.pausedAt, nil)
		e.set(canaryAt, fleet.Textf("%s of %s", fleet.Int(k), fleet.Int(s.out.Desired)).String())
		for made < k {
			made = min(k, made+p.extra+p.missing)
			extra := min(p.extra, made)
			s.setPace(e, pace{extra: extra, missing: made - extra})
			said := fleet.Textf("%s until %s of %s replicas are new", lead, fleet.Int(made), fleet.Int(s.out.Desired))
			d.Stages = append(d.Stages, fleet.Stage{Text: said, Writes: []fleet.ObjectWrite{e.write(said)}, Until: fleet.Until{Updated: made,
				Ready: made}})
			lead = fleet.Text("go on")
		}
		e.set(s.how.pausedAt, true)
		last := &d.Stages[len(d.Stages)-1]
		last.Canary, last.Then = true, []fleet.ObjectWrite{e.write(fleet.Textf("pause at %s", fleet.Int(k)))}
	}
	if len(sizes) > 0 {
		d.Notes = append(d.Notes, fleet.Text("until the last stage its minReadySeconds and progressDeadlineSeconds are a year, so that it stays "+
			"at the part whatever becomes of pitwall: new replicas serve, and are not counted as available. Annotation "+heldFrom+
			" says what they were, for whoever takes it over by hand"))
		text = fleet.Text("resume to the end")
		e.set(s.how.pausedAt, nil)
		e.set(canaryAt, nil)
		e.back(minReadyAt)
		e.back(deadlineAt)
		e.set(heldFromAt, nil)
	}
	s.finish(e, &d, text, p)
	return d
}

// hold keeps new replicas from being available, and notes what was before.
func (s *scene) hold(e *sheet) {
	find := func(at string) any {
		v, _ := jsonptr.Find(s.doc, at)
		return v
	}
	was := earlier{find(minReadyAt), find(deadlineAt), find(s.how.surgeAt), find(s.how.missingAt)}
	note, err := json.Marshal(was)
	if err != nil {
		note = []byte("{}") // only values that were decoded are in it
	}
	e.set(minReadyAt, heldFor)
	if s.out.Deadline <= heldFor*time.Second {
		e.set(deadlineAt, heldFor+1)
	}
	e.set(heldFromAt, string(note))
}

// release sets back what a hold set.
func (s *scene) release(e *sheet) {
	e.set(minReadyAt, s.held.MinReady)
	e.set(deadlineAt, s.held.Deadline)
	e.set(s.how.surgeAt, s.held.Surge)
	e.set(s.how.missingAt, s.held.Missing)
	e.set(heldFromAt, nil)
	e.set(canaryAt, nil)
}

// readHold finds out whether a Deployment is held at a part, and reads it as its strategy would have it without that.
func (s *scene) readHold(d *appsv1.Deployment) {
	note := jsonptr.Text(s.doc, heldFromAt)
	if note == "" || d.Spec.MinReadySeconds != heldFor {
		return
	}
	var was earlier
	doc, err := jsonptr.Decode(fleet.JSON(note))
	if err != nil || jsonptr.Into(doc, &was) != nil {
		return // somebody else's: what it holds is what counts
	}
	free := jsonptr.With(s.doc, minReadyAt, was.MinReady)
	free = jsonptr.With(free, deadlineAt, was.Deadline)
	free = jsonptr.With(free, s.how.surgeAt, was.Surge)
	free = jsonptr.With(free, s.how.missingAt, was.Missing)
	var own appsv1.Deployment
	if jsonptr.Into(free, &own) != nil {
		return
	}
	s.held = &was
	s.part = s.how.extra + s.how.missing
	s.free = deploymentStrategy(&own, s.out.Desired)
	s.facts.MinReady = time.Duration(own.Spec.MinReadySeconds) * time.Second
	s.out.Deadline = progressDeadline(&own)
}

// settledReady counts the new replicas that would be available by the object's own minReadySeconds.
func (s *scene) settledReady() int {
	if s.facts.MinReady == 0 {
		return s.out.UpdatedReady
	}
	n := 0
	for _, p := range s.facts.New {
		if c := podstate.Condition(p, corev1.PodReady); p.DeletionTimestamp == nil && c != nil && c.Status == corev1.ConditionTrue &&
			s.facts.Now.Sub(c.LastTransitionTime.Time) >= s.facts.MinReady {
			n++
		}
	}
	return n
}
