package argorollouts

import (
	"context"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/podstate"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// Phases and reasons of the controller.
const (
	healthy     = "Healthy"
	degraded    = "Degraded"
	paused      = "Paused"
	progressing = "Progressing"
	timedOut    = "ProgressDeadlineExceeded"
	canaryPause = "CanaryPauseStep"
	bluePause   = "BlueGreenPause"
)

// stands says how the roll stands. What the controller says counts only once it has seen the object as it is.
func (s *scene) stands(ctx context.Context, c fleet.Objects, now time.Time) (stuck.Verdict, error) {
	if v, ok := s.unread(); ok {
		return v, nil
	}
	o := &s.o
	switch o.Status.Phase {
	case healthy:
		if o.promoted() {
			return stuck.Verdict{Phase: fleet.RolloutDone}, nil
		}
		return s.explain(ctx, c, now, false)
	case paused:
		return s.paused(now), nil
	case degraded:
		return s.degraded(ctx, c, now)
	case progressing:
		return s.explain(ctx, c, now, false)
	}
	return stuck.Verdict{Phase: fleet.RolloutUnknown, Why: fleet.Textf("its controller says %s, which pitwall does not know; from 1.0 on "+
		"it says Healthy, Progressing, Paused or Degraded",
		phrase(o.Status.Phase))}, nil
}

func phrase(s string) fleet.Safe {
	if s == "" {
		return fleet.Text("nothing of a phase")
	}
	return fleet.Quote(s)
}

// unread tells that the controller has not seen what was last written. The generation that it has seen is a text, and what
// a status patch sets moves no generation: that a pause was lifted shows in two fields that do not fit together.
func (s *scene) unread() (stuck.Verdict, bool) {
	o := &s.o
	seen, err := strconv.ParseInt(o.Status.Observed, 10, 64)
	switch {
	case o.Status.Observed == "":
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Text("its controller has said nothing of it yet")}, true
	case err != nil:
		return stuck.Verdict{Phase: fleet.RolloutUnknown, Why: fleet.Textf("its controller counts no generations (it says %s): it is older "+
			"than 0.10",
			fleet.Quote(o.Status.Observed))}, true
	case seen != o.Generation:
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("its controller has seen generation %s and not yet %s",
			fleet.Int(seen), fleet.Int(o.Generation))}, true
	case o.unpausing():
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Text("its pause was lifted and its controller has not gone on yet")}, true
	case !s.unseen.IsEmpty():
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: s.unseen}, true
	}
	return stuck.Verdict{}, false
}

func (s *scene) paused(now time.Time) stuck.Verdict {
	o := &s.o
	v := stuck.Verdict{Phase: fleet.RolloutPaused}
	if o.Spec.Paused {
		v.Why = fleet.Text("it is paused by hand: resume it")
		return v
	}
	if len(o.Status.Pauses) == 0 {
		v.Why = fleet.Textf("it is paused: %s", fleet.Label(podstate.Clip(o.Status.Message, 200)))
		return v
	}
	p, person := o.waitsAt()
	v.Since = p.Start.UTC()
	since := fleet.Age(now.Sub(v.Since))
	if !person {
		v.Phase = fleet.RolloutMoving
	}
	switch {
	case !person && p.Reason == canaryPause:
		v.Why = fleet.Textf("%s: since %s, it goes on by itself", s.stepText(), since)
	case !person:
		v.Why = fleet.Textf("the new version waits for its traffic since %s and gets it by itself (autoPromotionSeconds)", since)
	case p.Reason == canaryPause:
		v.Why = fleet.Textf("%s: waits since %s; advance takes it one step further, abort takes its traffic back", s.stepText(), since)
	case p.Reason == bluePause:
		v.Why = fleet.Textf("the new version waits for its traffic since %s; advance gives it all", since)
	default:
		v.Why = fleet.Textf("%s since %s: a person decides; advance goes on, abort takes its traffic back",
			podstate.Because(p.Reason, podstate.Clip(o.analysis(), 200)), since)
	}
	if b := o.Status.Canary.Background; b != nil && b.Status == "Running" {
		v.Why = fleet.Textf("%s; analysis %s goes on beside it", v.Why, fleet.Quote(podstate.Clip(b.Name, 100)))
	}
	return v
}

// analysis names what was inconclusive: the analysis of the step, or the one beside all steps.
func (o *object) analysis() string {
	a := o.Status.Canary.Analysis
	if b := o.Status.Canary.Background; a == nil || b != nil && b.Status == "Inconclusive" {
		a = b
	}
	if a == nil {
		return ""
	}
	return a.Name + " " + a.Message
}

// stepText names the step in force: "step 2 of 5, setWeight 20".
func (s *scene) stepText() fleet.Safe {
	o := &s.o
	at, n := o.at(), len(o.steps())
	if o.Spec.Strategy.BlueGreen != nil {
		return fleet.Text("all traffic to the new version")
	}
	if n == 0 {
		return fleet.Text("no steps")
	}
	if at >= n {
		return fleet.Textf("all %s steps are over", fleet.Int(n))
	}
	return fleet.Textf("step %s of %s, %s", fleet.Int(at+1), fleet.Int(n), o.steps()[at].text())
}

// degraded tells what ended the roll: an abort stays so until the template is restored, while a missed deadline is only
// late.
func (s *scene) degraded(ctx context.Context, c fleet.Objects, now time.Time) (stuck.Verdict, error) {
	o := &s.o
	if why, since := o.condition("InvalidSpec", ""); !why.IsEmpty() {
		return stuck.Verdict{Phase: fleet.RolloutFailed, Never: true, Since: since, Why: fleet.Textf("its controller refuses the spec: %s",
			why)}, nil
	}
	if o.Status.Abort {
		why, since := o.condition("Progressing", "RolloutAborted")
		if why.IsEmpty() {
			why = fleet.Label(podstate.Clip(o.Status.Message, 200))
		}
		return stuck.Verdict{Phase: fleet.RolloutFailed, Never: true, Since: since,
			Why: fleet.Textf("aborted: %s; the stable version serves and the template is still the new one: abort restores it, resume tries "+
				"again from step 1", why)}, nil
	}
	if why, _ := o.condition("Progressing", timedOut); !why.IsEmpty() {
		return s.explain(ctx, c, now, true)
	}
	return stuck.Verdict{Phase: fleet.RolloutFailed, Why: fleet.Textf("degraded: %s", fleet.Label(podstate.Clip(o.Status.Message, 300)))}, nil
}

// explain says what a roll that goes on is at, and what keeps its pods.
func (s *scene) explain(ctx context.Context, c fleet.Objects, now time.Time, late bool) (stuck.Verdict, error) {
	o := &s.o
	f := stuck.Facts{Now: now, Unit: "pods", Desired: o.desired(), Available: int(o.Status.Available), MaxUnavailable: s.surge().Missing,
		MinReady: time.Duration(o.Spec.MinReady) * time.Second, New: s.fresh, Old: s.old}
	if s.someLeave() {
		f.MaxUnavailable = max(f.MaxUnavailable, 1)
	}
	if set := s.set(o.Status.PodHash); set != nil {
		f.Refused = stuck.FromReplicaSet(set)
	}
	if err := child.Surround(ctx, c, s.ref.Namespace, &f); err != nil {
		return stuck.Verdict{}, err
	}
	moving := fleet.Textf("%s of %s replicas are updated", fleet.Int(int(o.Status.Updated)), fleet.Int(o.desired()))
	if o.Status.Message != "" {
		moving = fleet.Textf("%s: %s", moving, fleet.Label(podstate.Clip(o.Status.Message, 200)))
	}
	if len(o.steps()) > 0 && !o.promoted() {
		moving = fleet.Textf("%s; %s", s.stepText(), moving)
	}
	v := child.Explain(f, moving, late)
	if late && o.Spec.AbortLate {
		v.Why = fleet.Textf("%s; progressDeadlineAbort is set, so the controller takes it back", v.Why)
	}
	return v, nil
}

// someLeave tells that pods of versions before the stable one are still there: the controller ends them by itself, some time after
// their traffic has gone, so that what they hold comes free.
func (s *scene) someLeave() bool {
	st := &s.o.Status
	return slices.ContainsFunc(s.old, func(p *corev1.Pod) bool {
		of := p.Labels[hashLabel]
		return of != st.StableHash && of != st.BlueGreen.Active && of != st.BlueGreen.Preview
	})
}
