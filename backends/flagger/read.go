package flagger

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podstate"
	"pitwall/backends/internal/scalers"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// scene is a Canary with its two Deployments.
type scene struct {
	c       fleet.Objects
	ref     fleet.ObjectRef
	now     time.Time
	doc     any
	o       object
	target  *child.Deployment
	primary *child.Deployment // nil while Flagger has made none
}

func read(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, now time.Time) (*scene, error) {
	ref.Kind = kind.Kind
	doc, err := child.Document(ctx, c, kind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{c: c, ref: ref, now: now, doc: doc}
	if err := jsonptr.Into(doc, &s.o); err != nil {
		return nil, err
	}
	if t := s.o.Spec.Target; t.Kind != child.DeploymentKind.Kind {
		return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "read Canary " + fleet.Quote(ref.Name).String(),
			Err:  errors.New("its target is " + fleet.Quote(t.Kind+" "+t.Name).String() + "; pitwall knows Canaries of Deployments"),
			Next: "change the target itself"}
	}
	at := fleet.ObjectRef{Cluster: ref.Cluster, Namespace: ref.Namespace, Name: s.o.Spec.Target.Name}
	if s.target, err = child.Read(ctx, c, at); err != nil {
		return nil, err
	}
	at.Name += "-primary"
	s.primary, err = child.Read(ctx, c, at)
	if fleet.KindOf(err) == fleet.KindNotFound {
		return s, nil
	}
	return s, err
}

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, _ fleet.ObjectKind, ref fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := read(ctx, c, ref, a.clock.Now())
	if err != nil {
		return fleet.Rollout{}, err
	}
	r := s.tell()
	serving := s.target
	if s.primary != nil {
		serving = s.primary
	}
	if r.Scaler, err = scalers.Read(ctx, c, serving.Ref); err != nil {
		return fleet.Rollout{}, err
	}
	v, err := s.stands(ctx)
	r.Phase, r.Why, r.Never, r.Since = v.Phase, v.Why, v.Never, v.Since
	return r, err
}

func (s *scene) tell() fleet.Rollout {
	o := &s.o
	r := fleet.Rollout{Object: s.ref, API: kind, UID: string(o.UID), Holder: owner.Holder(s.ref, &o.ObjectMeta),
		GitOps: owner.GitOps(&o.ObjectMeta),
		System: fleet.Textf("Flagger Canary of Deployment %s", fleet.Quote(s.target.Ref.Name)), At: s.now}
	if r.GitOps.IsEmpty() {
		r.GitOps = owner.GitOps(&s.target.Spec.ObjectMeta) // what is written is the target
	}
	s.target.Count(&r)
	came := r.Now.At
	r.Now, r.Deadline = s.target.Template.Version(), s.patience()
	for _, v := range child.Versions(s.target.Sets, s.target.Docs, child.RevisionMark) {
		if len(r.Runs) == 0 && r.Now.ID == "" && s.target.Seen() {
			r.Now.ID, r.Now.Name, r.Now.At = v.ID, v.Name, came
			continue
		}
		r.Runs = append(r.Runs, v)
	}
	if s.primary == nil {
		return r
	}
	p := &s.primary.Spec.Status
	r.Desired = s.primary.Desired()
	r.Ready, r.Available, r.Total = r.Ready+int(p.ReadyReplicas), r.Available+int(p.AvailableReplicas), r.Total+int(p.Replicas)
	r.Surge = fleet.Surge{Extra: r.Desired, Whole: true}
	if s.differs() {
		r.Old = s.primary.Template.Version()
		r.Old.Name = fleet.Text("primary")
		child.CountPods(&r, slices.Concat(s.target.New, s.target.Old), slices.Concat(s.primary.New, s.primary.Old))
	} else {
		r.Updated += int(p.UpdatedReplicas)
		child.CountPods(&r, slices.Concat(s.primary.New, s.target.New), slices.Concat(s.primary.Old, s.target.Old))
	}
	if a := o.analysis(); o.analyses() {
		r.Traffic = fleet.Traffic{Kind: fleet.TrafficOwned, Paused: o.Status.Phase == waiting || o.Status.Phase == waitingPromotion,
			Members: []fleet.TrafficMember{{Name: fleet.Text("primary"), ID: s.primary.Ref.Name, Weight: max(100-o.Status.Weight, 0),
				Ready: child.Ready(s.primary.New) > 0},
				{Name: fleet.Text("canary"), ID: s.target.Ref.Name, Weight: o.Status.Weight, Ready: child.Ready(s.target.New) > 0}}}
		r.Traffic.Step, r.Traffic.Steps = o.Status.Iterations, a.Iterations
	}
	return r
}

// patience is the shorter of the two deadlines: Flagger takes a roll back by either.
func (s *scene) patience() time.Duration {
	d := s.o.deadline()
	if n := s.target.Spec.Spec.ProgressDeadlineSeconds; n != nil {
		d = min(d, time.Duration(*n)*time.Second)
	}
	return d
}

// unseen tells that the target was changed after Flagger last said something. It looks at its own interval, and no field says
// what it has seen. After a success both run the same. After a failure they do not: then the newest ReplicaSet of the target is as
// old as the change, or whoever set the template since says when.
func (s *scene) unseen() bool {
	switch {
	case s.o.analyses() || !s.differs():
		return false
	case s.o.Status.Phase == succeeded, s.o.Status.Phase == initialized, !s.target.Seen():
		return true
	}
	since := s.o.Status.Since.Time
	return len(s.target.Sets) > 0 && s.target.Sets[0].CreationTimestamp.After(since) ||
		slices.ContainsFunc(s.target.Spec.ManagedFields, func(f metav1.ManagedFieldsEntry) bool {
			return f.Time != nil && f.Time.After(since) && f.Subresource == "" && f.FieldsV1 != nil && f.Manager != "flagger" &&
				bytes.Contains(f.FieldsV1.GetRawBytes(), []byte(`"f:template"`))
		})
}

// stands says how the analysis stands.
func (s *scene) stands(ctx context.Context) (stuck.Verdict, error) {
	o := &s.o
	v := stuck.Verdict{Phase: fleet.RolloutMoving, Since: o.Status.Since.UTC()}
	switch {
	case o.Spec.Suspended:
		v.Phase, v.Why = fleet.RolloutPaused, fleet.Textf("it is suspended: Flagger looks at nothing of it, the canary keeps %s %% of the "+
			"traffic", fleet.Int(o.Status.Weight))
		return v, nil
	case o.Status.Phase == "":
		v.Phase, v.Why = fleet.RolloutUnseen, fleet.Text("Flagger has said nothing of it yet")
		return v, nil
	case s.unseen():
		v.Phase, v.Why = fleet.RolloutUnseen, fleet.Textf("Deployment %s was changed; Flagger looks every %s", fleet.Quote(s.target.Ref.Name),
			fleet.Quote(o.analysis().Interval))
		return v, nil
	}
	switch o.Status.Phase {
	case initializing:
		v.Why = fleet.Text("Flagger makes the primary")
	case initialized, succeeded:
		return s.settled(ctx)
	case waiting:
		v.Phase, v.Why = fleet.RolloutPaused, fleet.Textf("%s is closed: the canary is not started", o.gateText(gateRollout))
	case waitingPromotion:
		v.Phase, v.Why = fleet.RolloutPaused, fleet.Textf("%s is closed: the canary stays at %s %%", o.gateText(gatePromotion),
			fleet.Int(o.Status.Weight))
	case progressing:
		return s.analysing(ctx)
	case promoting, finalising:
		return s.promotion(ctx)
	case failed:
		return s.failure(ctx)
	default:
		v.Phase, v.Why = fleet.RolloutUnknown, fleet.Textf("Flagger says %s", fleet.Quote(o.Status.Phase))
	}
	return v, nil
}

// analysing says what keeps the target's pods, and when nothing does, how far the analysis is.
func (s *scene) analysing(ctx context.Context) (stuck.Verdict, error) {
	o := &s.o
	v, err := s.target.Stands(ctx, s.c, s.now)
	if err != nil {
		return v, err
	}
	a := o.analysis()
	if v.Phase != fleet.RolloutDone {
		v.Why = fleet.Textf("%s; Flagger takes it back after %s without progress", v.Why, fleet.Age(s.patience()))
		if v.Phase == fleet.RolloutLate {
			v.Phase = fleet.RolloutMoving // it is not waited for: the next look of Flagger fails it
		}
		return v, nil
	}
	if s.primary != nil {
		v, err := s.primary.Stands(ctx, s.c, s.now)
		if err != nil {
			return v, err
		}
		if v.Phase != fleet.RolloutDone {
			v.Why = fleet.Textf("Flagger goes on once the primary is ready: %s", v.Why)
			return v, nil
		}
	}
	v = stuck.Verdict{Phase: fleet.RolloutMoving, Since: o.Status.Since.UTC()}
	v.Why = fleet.Textf("the canary gets %s %% of the traffic (%s); %s of %s failed checks", fleet.Int(o.Status.Weight), o.plan(),
		fleet.Int(o.Status.Failed), fleet.Int(a.Threshold))
	if a.Iterations > 0 {
		v.Why = fleet.Textf("%s, iteration %s", v.Why, fleet.Int(o.Status.Iterations))
	}
	if name := o.gate(gateIncrease); name != "" {
		v.Why = fleet.Textf("%s; gate %s (webhook %s) may hold it", v.Why, fleet.Text(gateIncrease), fleet.Quote(name))
	}
	return v, nil
}

// promotion is the target's template on its way to the primary.
func (s *scene) promotion(ctx context.Context) (stuck.Verdict, error) {
	if s.primary != nil {
		v, err := s.primary.Stands(ctx, s.c, s.now)
		if err != nil || v.Phase != fleet.RolloutDone {
			return v, err
		}
	}
	return stuck.Verdict{Phase: fleet.RolloutMoving, Since: s.o.Status.Since.UTC(),
		Why: fleet.Textf("%s: the primary takes over the new version", fleet.Quote(s.o.Status.Phase))}, nil
}

// settled is an analysis that is over. One that was skipped is so before the primary has rolled, which alone serves then.
func (s *scene) settled(ctx context.Context) (stuck.Verdict, error) {
	if s.primary == nil {
		return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("Deployment %s-primary is not there",
			fleet.Quote(s.target.Ref.Name))}, nil
	}
	return s.primary.Stands(ctx, s.c, s.now)
}

// failure is a roll that Flagger took back: the primary has all traffic, and the target keeps the bad version at 0 replicas.
// Once the target runs what the primary does, nothing of it is left. Where it failed as the primary took over, both run the new
// version: Flagger leaves the traffic with the canary, or (before 1.44) with a primary that does not get ready.
func (s *scene) failure(ctx context.Context) (stuck.Verdict, error) {
	v := stuck.Verdict{Phase: fleet.RolloutFailed, Never: true, Since: s.o.Status.Since.UTC()}
	why := fleet.Text("the analysis failed")
	for _, c := range s.o.Status.Conditions {
		if c.Type != "Promoted" || c.Status != "False" {
			continue
		}
		why = podstate.Because(c.Reason, podstate.Clip(c.Message, 200))
		if !c.Since.IsZero() {
			v.Since = c.Since.UTC() // the other time is that of Flagger's last look
		}
	}
	switch {
	case s.o.Status.Weight > 0:
		v.Why = fleet.Textf("%s: the primary did not get ready with the new version, and the canary has %s %% of the traffic until Deployment "+
			"%s is changed: undo the change, or upgrade to another", why, fleet.Int(s.o.Status.Weight), fleet.Quote(s.target.Ref.Name))
		return v, nil
	case s.primary != nil && !s.differs():
		return s.settled(ctx)
	}
	v.Why = fleet.Textf("%s: the primary has all traffic, and Deployment %s keeps the bad version at 0 replicas until it is changed: undo "+
		"the change, or upgrade to another", why, fleet.Quote(s.target.Ref.Name))
	return v, nil
}
