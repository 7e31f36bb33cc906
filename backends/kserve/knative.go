package kserve

import (
	"context"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/podstate"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

func itoa(n int) string { return strconv.Itoa(n) }

// knative reads a service of which each change is a revision. Done is that the newest revision is the ready one, that its
// pods are made of what the spec says, and that the route gives it what the spec says.
func (s *service) knative(ctx context.Context, r *fleet.Rollout) (stuck.Verdict, error) {
	at := s.o.Status.Components["predictor"]
	r.Desired = s.o.Spec.Predictor.least()
	r.Traffic = s.split(&at)
	if at.Created == "" && s.o.stopped() {
		return s.childless(), nil
	}
	if at.Created == "" {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Text("Knative has made no revision of it yet")}, nil
	}
	r.Now.Name = fleet.Label(at.Created)
	fresh, err := s.revision(ctx, at.Created)
	if err != nil {
		return stuck.Verdict{}, err
	}
	old, err := s.oldRevision(ctx, &at)
	if err != nil {
		return stuck.Verdict{}, err
	}
	if fresh == nil {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("the Deployment of revision %s is not there yet",
			fleet.Quote(at.Created))}, nil
	}
	fresh.Count(r)
	child.Fill(&r.Now, fresh.Template)
	r.Surge = fleet.Surge{Extra: r.Desired, Whole: true}
	if old != nil {
		r.Old = child.Older(old.New, source)
		r.Old.Name = fleet.Label(at.RolledOut)
		s := &old.Spec.Status
		r.Ready, r.Available, r.Total = r.Ready+int(s.ReadyReplicas), r.Available+int(s.AvailableReplicas), r.Total+int(s.Replicas)
		child.CountPods(r, fresh.New, append(fresh.Old, old.New...))
	}
	stamp := s.o.Spec.Predictor.Annotations[restartMark]
	by, err := s.readBase(ctx)
	if err != nil {
		return stuck.Verdict{}, err
	}
	for _, why := range []fleet.Safe{s.block.untaken(fresh.Template, by, stamp), s.unbounded(fresh.Template)} {
		if !why.IsEmpty() {
			return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}, nil
		}
	}
	if at.Ready != at.Created {
		return s.loading(ctx, fresh, &at)
	}
	v, short := s.splitDone(&at, old != nil && !same(fresh.Template, old.Template))
	r.Traffic.Unsplit = short
	return v, nil
}

// revision is the Deployment that Knative keeps for a revision, nil for none.
func (s *service) revision(ctx context.Context, name string) (*child.Deployment, error) {
	list, err := listing.Of[appsv1.Deployment](ctx, s.c, child.DeploymentKind, s.ref.Namespace, revisionMark+"="+name)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return s.deployment(ctx, list[0].Name)
}

// oldRevision is the one that had all traffic last, where it is another than the newest.
func (s *service) oldRevision(ctx context.Context, at *component) (*child.Deployment, error) {
	if at.RolledOut == "" || at.RolledOut == at.Created {
		return nil, nil //nolint:nilnil // nothing serves beside the newest
	}
	return s.revision(ctx, at.RolledOut)
}

// loading says what keeps a revision that is not ready. Until it is, the one before has all traffic.
func (s *service) loading(ctx context.Context, fresh *child.Deployment, at *component) (stuck.Verdict, error) {
	v, err := fresh.Stands(ctx, s.c, s.now)
	if err != nil {
		return v, err
	}
	if v.Phase == fleet.RolloutDone {
		v = stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("the replicas of revision %s are there; Knative has not said that it "+
			"is ready", fleet.Quote(at.Created))}
	}
	if c, ok := s.o.condition("LatestDeploymentReady"); ok && c.Status == "False" && v.Phase == fleet.RolloutMoving {
		v.Phase = fleet.RolloutLate // Knative's own deadline, ten minutes where nobody set another
		v.Why = fleet.Textf("Knative gave up on revision %s (%s), its pods go on: %s", fleet.Quote(at.Created),
			podstate.Because(c.Reason, podstate.Clip(c.Message, 200)), v.Why)
	}
	if at.Ready != "" {
		v.Why = fleet.Textf("%s; revision %s keeps serving meanwhile", v.Why, fleet.Quote(at.Ready))
	}
	return v, nil
}

func (s *service) split(at *component) fleet.Traffic {
	t := fleet.Traffic{Kind: fleet.TrafficTwoWay}
	for _, x := range at.Traffic {
		m := fleet.TrafficMember{ID: x.Revision, Ready: true}
		if x.Percent != nil {
			m.Weight = *x.Percent
		}
		if m.ID == "" {
			m.ID = at.Ready
		}
		m.Name = fleet.Label(m.ID)
		t.Members = append(t.Members, m)
	}
	return t
}

// splitDone is how the traffic stands once the newest revision is ready. other tells that the version that had all traffic
// last is another one: where it is the same, no share is left to move. short says that the share is not what it should be.
func (s *service) splitDone(at *component, other bool) (v stuck.Verdict, short fleet.Safe) {
	want := 100
	if p := s.o.Spec.Predictor.Percent; p != nil {
		want = *p
	}
	if at.RolledOut == "" {
		want = 100 // nothing to split with
	}
	share, ok := at.share()
	switch {
	case ok && share != want:
		why := fleet.Textf("the newest revision gets %s %% of the traffic, wanted is %s", fleet.Int(share), fleet.Int(want))
		if s.o.Annotations[smoothMark] != "" {
			return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("%s: Knative moves it by itself (rollout-duration %s)", why,
				fleet.Quote(s.o.Annotations[smoothMark]))}, why
		}
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}, why
	case want < 100 && other:
		return stuck.Verdict{Phase: fleet.RolloutPaused, Why: fleet.Textf("revision %s holds at %s %%: promote it or abort",
			fleet.Quote(at.Created), fleet.Int(want))}, short
	}
	return s.served(), short
}
