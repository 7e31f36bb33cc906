package kserve

import (
	"context"
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

// service is an InferenceService with what it keeps.
type service struct {
	c         fleet.Objects
	ref       fleet.ObjectRef
	now       time.Time
	doc       any
	o         inferenceService
	predictor any // its document
	block     block
}

func readService(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, now time.Time) (*service, error) {
	ref.Kind = isvcKind.Kind
	doc, err := child.Document(ctx, c, isvcKind, ref)
	if err != nil {
		return nil, err
	}
	s := &service{c: c, ref: ref, now: now, doc: doc}
	if err := jsonptr.Into(doc, &s.o); err != nil {
		return nil, err
	}
	s.predictor, _ = jsonptr.Find(doc, "/spec/predictor")
	s.block = findBlock(s.predictor)
	return s, nil
}

func (s *service) rollout(ctx context.Context) (fleet.Rollout, error) {
	r := fleet.Rollout{Object: s.ref, API: isvcKind, System: s.system(), UID: string(s.o.UID), Holder: owner.Holder(s.ref, &s.o.ObjectMeta),
		GitOps: owner.GitOps(&s.o.ObjectMeta), Frozen: s.o.frozen(), At: s.now, Unit: fleet.Text("replicas"), Now: s.block.version()}
	if len(r.Now.Served) == 0 {
		r.Now.Served = []fleet.Safe{fleet.Label(s.ref.Name)}
	}
	var v stuck.Verdict
	var err error
	switch s.o.mode() {
	case knative:
		v, err = s.knative(ctx, &r)
	case standard:
		v, err = s.standard(ctx, &r)
	case mesh:
		v = unknown("it is in ModelMesh mode, which pitwall does not read")
	default:
		v = unknown("in which mode it is, Knative or Standard, KServe has not said yet")
	}
	if err != nil {
		return fleet.Rollout{}, err
	}
	if refused, ok := s.refused(); ok {
		v = refused // also where the pods of before serve on
	}
	if v.Phase == fleet.RolloutUnseen && !r.Frozen.IsEmpty() {
		v = stuck.Verdict{Phase: fleet.RolloutStuck, Never: true, Why: fleet.Textf("%s; %s", v.Why, r.Frozen)}
	}
	r.Phase, r.Why, r.Never, r.Since = v.Phase, v.Why, v.Never, v.Since
	return r, nil
}

func unknown(why string) stuck.Verdict {
	return stuck.Verdict{Phase: fleet.RolloutUnknown, Why: fleet.Label(why)}
}

func (s *service) system() fleet.Safe {
	text := fleet.Text("InferenceService")
	if m := s.o.mode(); m != "" {
		text = fleet.Textf("%s, %s mode", text, fleet.Quote(string(m)))
	}
	if by := s.o.Status.SharedRuntime; by != "" {
		return fleet.Textf("%s, ClusterServingRuntime %s", text, fleet.Quote(by))
	}
	if by := s.o.Status.Runtime; by != "" {
		return fleet.Textf("%s, ServingRuntime %s", text, fleet.Quote(by))
	}
	return text
}

// refused is a spec that KServe cannot make pods of.
func (s *service) refused() (stuck.Verdict, bool) {
	m := &s.o.Status.Model
	if m.Transition != "InvalidSpec" || m.Failure == nil {
		return stuck.Verdict{}, false
	}
	return stuck.Verdict{Phase: fleet.RolloutFailed, Never: true, Why: fleet.Textf("KServe refuses the spec: %s",
		podstate.Because(m.Failure.Reason, podstate.Clip(m.Failure.Message, 300)))}, true
}

// childName is the Deployment of a predictor in Standard mode.
func (s *service) childName(predictor string) string {
	if predictor != "" {
		return s.ref.Name + "-" + predictor + "-predictor"
	}
	return s.ref.Name + "-predictor"
}

// workerName is the Deployment beside that of the head, which does not carry the predictor's own name.
func (s *service) workerName() string { return s.childName("") + "-worker" }

func (s *service) deployment(ctx context.Context, name string) (*child.Deployment, error) {
	d, err := child.Read(ctx, s.c, fleet.ObjectRef{Cluster: s.ref.Cluster, Namespace: s.ref.Namespace, Name: name})
	if fleet.KindOf(err) == fleet.KindNotFound {
		return nil, nil //nolint:nilnil // it is not there yet, or not any more: the caller says which
	}
	return d, err
}

// standard reads a service whose predictor is a Deployment. That it is Ready says nothing of a roll: it stays so, and the
// generation that it names is that of the Deployment. So the Deployment is asked, and what its pods are made of.
func (s *service) standard(ctx context.Context, r *fleet.Rollout) (stuck.Verdict, error) {
	d, err := s.deployment(ctx, s.childName(s.o.Spec.Predictor.Name))
	if err != nil {
		return stuck.Verdict{}, err
	}
	if d == nil {
		r.Desired = s.o.Spec.Predictor.least()
		return s.childless(), nil
	}
	d.Count(r)
	child.Fill(&r.Now, d.Template)
	if r.Scaler, err = scalers.Read(ctx, s.c, d.Ref); err != nil {
		return stuck.Verdict{}, err
	}
	r.Old = child.Older(d.Old, source)
	if s.o.Spec.Predictor.multiNode() {
		r.System = fleet.Textf("%s, on several nodes", r.System)
		r.Surge = fleet.Surge{Extra: r.Desired, Whole: true} // which KServe forces
		if err := s.spread(ctx, r); err != nil {
			return stuck.Verdict{}, err
		}
	}
	if len(s.o.Spec.Canary) > 0 {
		return s.canaries(ctx, r, d)
	}
	stamp := s.o.Spec.Predictor.Annotations[restartMark]
	by, err := s.readBase(ctx)
	if err != nil {
		return stuck.Verdict{}, err
	}
	for _, why := range []fleet.Safe{s.block.untaken(d.Template, by, stamp), s.another(d), s.unsized(d, &r.Scaler)} {
		if !why.IsEmpty() {
			return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}, nil
		}
	}
	v, err := d.Stands(ctx, s.c, s.now)
	if err != nil || v.Phase != fleet.RolloutDone {
		return v, err
	}
	if s.o.Spec.Predictor.multiNode() {
		if v, err = s.workers(ctx); err != nil || v.Phase != fleet.RolloutDone {
			return v, err
		}
	}
	return s.served(), nil
}

// workers are the Deployment beside that of the head, of a predictor on several nodes.
func (s *service) workers(ctx context.Context) (stuck.Verdict, error) {
	w, err := s.deployment(ctx, s.workerName())
	if err != nil {
		return stuck.Verdict{}, err
	}
	if w == nil {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Text("the Deployment of its workers is not there yet")}, nil
	}
	if why := s.another(w); !why.IsEmpty() {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}, nil
	}
	return w.Stands(ctx, s.c, s.now)
}

// spread adds the GPUs of the workers to those of the head: all of them together are one replica.
func (s *service) spread(ctx context.Context, r *fleet.Rollout) error {
	w, err := s.deployment(ctx, s.workerName())
	if err != nil || w == nil {
		return err
	}
	each := podspec.GPUs(&w.Template.Pod().Spec)
	r.PodGPUs = []int{r.GPUsEach}
	for range min(w.Desired()/max(r.Desired, 1), fleet.MostPods) {
		r.PodGPUs = append(r.PodGPUs, each)
		r.GPUsEach += each
	}
	return nil
}

// childless is a service without its Deployment.
func (s *service) childless() stuck.Verdict {
	if s.o.stopped() {
		return stuck.Verdict{Phase: fleet.RolloutPaused, Why: fleet.Text("it is stopped by annotation " + stopMark + ": it has no replicas")}
	}
	return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("Deployment %s is not there yet",
		fleet.Quote(s.childName(s.o.Spec.Predictor.Name)))}
}

// served is the end of a roll: all replicas are there, and KServe says that requests reach them.
func (s *service) served() stuck.Verdict {
	if s.o.isReady() {
		return stuck.Verdict{Phase: fleet.RolloutDone}
	}
	for _, name := range []string{"PredictorReady", "IngressReady", "Ready"} {
		if c, ok := s.o.condition(name); ok && c.Status != "True" {
			return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("all replicas are there; %s", c.text())}
		}
	}
	return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Text("all replicas are there; KServe has not said that it is Ready")}
}
