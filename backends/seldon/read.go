package seldon

import (
	"context"
	"slices"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/podstate"
	"pitwall/backends/internal/scalers"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// scene is a SeldonDeployment with what it keeps.
type scene struct {
	c    fleet.Objects
	ref  fleet.ObjectRef
	now  time.Time
	doc  any
	o    deployment
	all  []*serving // as they are listed
	live []*serving // without the shadow, whose traffic is a copy
}

func read(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, now time.Time) (*scene, error) {
	ref.Kind = deploymentKind.Kind
	doc, err := child.Document(ctx, c, deploymentKind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{c: c, ref: ref, now: now, doc: doc}
	if err := jsonptr.Into(doc, &s.o); err != nil {
		return nil, err
	}
	for i := range s.o.Spec.Predictors {
		v := &serving{predictor: &s.o.Spec.Predictors[i], at: i}
		v.doc, _ = jsonptr.Find(doc, v.path())
		if err := v.readParts(ctx, c, ref); err != nil {
			return nil, err
		}
		s.all = append(s.all, v)
		if !v.Shadow {
			s.live = append(s.live, v)
		}
	}
	return s, nil
}

func (s *scene) rollout(ctx context.Context) (fleet.Rollout, error) {
	r := fleet.Rollout{Object: s.ref, API: deploymentKind, System: s.system(), UID: string(s.o.UID),
		Holder: owner.Holder(s.ref, &s.o.ObjectMeta), GitOps: owner.GitOps(&s.o.ObjectMeta), At: s.now, Unit: fleet.Text("replicas"),
		Traffic: s.traffic()}
	if len(s.live) > 0 {
		s.count(&r)
		if m := s.live[0].main(); m != nil {
			var err error
			if r.Scaler, err = scalers.Read(ctx, s.c, m.d.Ref); err != nil {
				return fleet.Rollout{}, err
			}
		}
	}
	v, err := s.stands(ctx)
	if err != nil {
		return fleet.Rollout{}, err
	}
	r.Phase, r.Why, r.Never, r.Since = v.Phase, v.Why, v.Never, v.Since
	if v.Phase != fleet.RolloutDone && len(s.live) > 1 {
		r.Traffic.Unsplit, err = s.unsplit(ctx, v.Why)
	}
	return r, err
}

func (s *scene) system() fleet.Safe {
	for _, v := range s.all {
		if v.Shadow {
			return fleet.Textf("SeldonDeployment, predictor %s is a shadow", fleet.Quote(v.Name))
		}
	}
	return fleet.Text("SeldonDeployment")
}

// count says what runs. Where two predictors serve, the last is the new version and the first the old one.
func (s *scene) count(r *fleet.Rollout) {
	first, last := s.live[0], s.live[len(s.live)-1]
	r.Desired = first.wants(s.o.Spec.Replicas)
	m := first.main()
	if m != nil {
		m.d.Count(r)
		r.Old = child.Older(m.d.Old, source)
		for _, p := range first.parts {
			if p.d != nil && p.d != m.d {
				r.GPUsEach += podspec.GPUs(&p.d.Template.Pod().Spec)
			}
		}
	}
	came := r.Now.At
	r.Now = first.version()
	r.Now.At = came
	if last != first {
		r.Old, r.Now = r.Now, last.version()
		r.Old.Name, r.Now.Name = fleet.Textf("predictor %s", fleet.Quote(first.Name)), fleet.Textf("predictor %s", fleet.Quote(last.Name))
		r.Old.Served = []fleet.Safe{fleet.Label(s.ref.Name)}
		s.countLast(r, last)
	}
	r.Now.Served = []fleet.Safe{fleet.Label(s.ref.Name)}
}

func (s *scene) countLast(r *fleet.Rollout, last *serving) {
	r.Updated, r.UpdatedReady, r.UpdatedPods = 0, 0, nil
	fresh, old := last.pods()
	for _, v := range s.live[:len(s.live)-1] {
		more, beside := v.pods()
		old = slices.Concat(old, more, beside)
	}
	child.CountPods(r, fresh, old)
	m := last.main()
	if m == nil {
		return
	}
	at := &m.d.Spec.Status
	r.Updated = int(at.UpdatedReplicas)
	r.UpdatedReady = child.Ready(m.d.New)
	r.Ready, r.Available, r.Total = r.Ready+int(at.ReadyReplicas), r.Available+int(at.AvailableReplicas), r.Total+int(at.Replicas)
	child.Facts(r, m.d.Template, m.d.New, old)
	r.Now.At = child.Oldest(m.d.New)
}

// wants is how many replicas the spec asks for: the most specific number counts.
func (v *serving) wants(whole *int32) int {
	numbers := []*int32{v.Replicas, whole}
	if j, ok := v.box(""); ok {
		numbers = append([]*int32{v.Components[j].Replicas}, numbers...)
	}
	for _, n := range numbers {
		if n != nil {
			return int(*n)
		}
	}
	return 1
}

// stands asks the Deployments first: the state stays Available until the operator has looked again.
func (s *scene) stands(ctx context.Context) (stuck.Verdict, error) {
	if len(s.all) == 0 {
		return stuck.Verdict{Phase: fleet.RolloutUnknown, Why: fleet.Text("it has no predictors")}, nil
	}
	v, err := s.partsStand(ctx)
	if err != nil {
		return v, err
	}
	st := &s.o.Status
	refused := v.Phase == fleet.RolloutUnseen && st.Description != "" || v.Phase == fleet.RolloutDone
	switch {
	case st.State == failed && refused:
		return stuck.Verdict{Phase: fleet.RolloutFailed, Why: fleet.Textf("Seldon says Failed: %s",
			fleet.Quote(podstate.Clip(st.Description, 300)))}, nil
	case v.Phase != fleet.RolloutDone:
		return v, nil
	case st.State == "":
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Text("Seldon has said nothing of it yet")}, nil
	case st.State != available:
		return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("all replicas are there; Seldon says %s", fleet.Quote(st.State))}, nil
	}
	return s.routed(ctx)
}

// partsStand is the first Deployment that is not done, or one that is stuck.
func (s *scene) partsStand(ctx context.Context) (stuck.Verdict, error) {
	first := stuck.Verdict{Phase: fleet.RolloutDone}
	for _, v := range s.all {
		for i := range v.parts {
			one, err := s.partStands(ctx, v, &v.parts[i])
			if err != nil {
				return stuck.Verdict{}, err
			}
			if one.Phase == fleet.RolloutDone {
				continue
			}
			if len(s.all) > 1 {
				one.Why = fleet.Textf("predictor %s: %s", fleet.Quote(v.Name), one.Why)
			}
			if first.Phase == fleet.RolloutDone || first.Phase != fleet.RolloutStuck && one.Phase == fleet.RolloutStuck {
				first = one
			}
		}
	}
	return first, nil
}

func (s *scene) partStands(ctx context.Context, v *serving, p *part) (stuck.Verdict, error) {
	if p.d == nil {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("Deployment %s is not there yet", fleet.Quote(p.name))}, nil
	}
	if why := v.untaken(p); !why.IsEmpty() {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}, nil
	}
	if n, ok := s.fixed(v, p); ok && n != p.d.Desired() {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("Deployment %s should have %s, wanted are %s",
			fleet.Quote(p.name), fleet.Many(p.d.Desired(), "replica"), fleet.Int(n))}, nil
	}
	return p.d.Stands(ctx, s.c, s.now)
}

// fixed is how many replicas the spec says that a Deployment has; false where it says none, or an autoscaler decides.
func (s *scene) fixed(v *serving, p *part) (int, bool) {
	numbers := []*int32{v.Replicas, s.o.Spec.Replicas}
	if p.component < len(v.Components) {
		c := &v.Components[p.component]
		if c.scaled() {
			return 0, false
		}
		numbers = append([]*int32{c.Replicas}, numbers...)
	}
	for _, n := range numbers {
		if n != nil {
			return int(*n), true
		}
	}
	return 0, false
}
