package kserve

import (
	"context"
	"strings"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/scalers"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// llm is an LLMInferenceService with what it keeps.
type llm struct {
	c    fleet.Objects
	kind fleet.ObjectKind
	ref  fleet.ObjectRef
	now  time.Time
	doc  any
	o    llmService
}

func readLLM(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, ref fleet.ObjectRef, now time.Time) (*llm, error) {
	ref.Kind = llmKind.Kind
	doc, err := child.Document(ctx, c, kind, ref)
	if err != nil {
		return nil, err
	}
	s := &llm{c: c, kind: kind, ref: ref, now: now, doc: doc}
	return s, jsonptr.Into(doc, &s.o)
}

func (s *llm) rollout(ctx context.Context) (fleet.Rollout, error) {
	r := fleet.Rollout{Object: s.ref, API: s.kind, System: fleet.Text("LLMInferenceService"), UID: string(s.o.UID),
		Holder: owner.Holder(s.ref, &s.o.ObjectMeta), GitOps: owner.GitOps(&s.o.ObjectMeta), At: s.now, Unit: fleet.Text("replicas"),
		Traffic: s.traffic()}
	r.Now = fleet.Version{Weights: fleet.Label(s.o.Spec.Model.URI), Served: []fleet.Safe{fleet.Label(s.served())}}
	if _, revision, ok := cutRevision(s.o.Spec.Model.URI); ok {
		r.Now.Revision = fleet.Label(revision)
	}
	v, err := s.stands(ctx, &r)
	r.Phase, r.Why, r.Never, r.Since = v.Phase, v.Why, v.Never, v.Since
	return r, err
}

// served is the name that clients call: its own where the model names none.
func (s *llm) served() string {
	if s.o.Spec.Model.Name != "" {
		return s.o.Spec.Model.Name
	}
	return s.ref.Name
}

// stands asks what the service keeps: that it is Ready says nothing of a roll, since it copies only that enough is available.
func (s *llm) stands(ctx context.Context, r *fleet.Rollout) (stuck.Verdict, error) {
	if s.o.Annotations[stopMark] == "true" {
		return stuck.Verdict{Phase: fleet.RolloutPaused, Why: fleet.Text("it is stopped by annotation " + stopMark + ": it has no replicas")}, nil
	}
	if s.o.Status.Observed != s.o.Generation {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("KServe has seen generation %s and not yet %s",
			fleet.Int(s.o.Status.Observed), fleet.Int(s.o.Generation))}, nil
	}
	if c, ok := s.o.condition("PresetsCombined"); ok && c.Status == "False" {
		return stuck.Verdict{Phase: fleet.RolloutFailed, Never: true, Why: c.text()}, nil
	}
	v, err := s.workload(ctx, s.primary(), r)
	if err != nil || v.Phase != fleet.RolloutDone {
		return v, err
	}
	if p := s.prefill(); p.Name != "" {
		v, err := s.workload(ctx, p, nil)
		if err != nil || v.Phase != fleet.RolloutDone {
			return v, err
		}
	}
	return s.reached(ctx)
}

func (s *llm) primary() workload {
	if w := s.o.Status.Workloads.Primary; w.Name != "" {
		return w
	}
	if s.o.Spec.Worker != nil {
		return workload{lwsKind.Kind, s.ref.Name + "-kserve-mn"}
	}
	return workload{child.DeploymentKind.Kind, s.ref.Name + "-kserve"}
}

// prefill is the workload beside the primary one, which a preset may have brought; its zero value where there is none.
func (s *llm) prefill() workload {
	switch w := s.o.Status.Workloads.Prefill; {
	case w != nil && w.Name != "":
		return *w
	case s.o.Spec.Prefill == nil:
		return workload{}
	case s.o.Spec.Prefill.Worker != nil:
		return workload{lwsKind.Kind, s.ref.Name + "-kserve-mn-prefill"}
	}
	return workload{child.DeploymentKind.Kind, s.ref.Name + "-kserve-prefill"}
}

// workload says how one of its workloads stands, and counts it in r where that is not nil.
func (s *llm) workload(ctx context.Context, w workload, r *fleet.Rollout) (stuck.Verdict, error) {
	ref := fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: w.Kind, Namespace: s.ref.Namespace, Name: w.Name}
	if w.Kind == lwsKind.Kind {
		return s.groups(ctx, ref, r)
	}
	d, err := child.Read(ctx, s.c, ref)
	switch {
	case fleet.KindOf(err) == fleet.KindNotFound:
		return s.absent(w), nil
	case err != nil:
		return stuck.Verdict{}, err
	}
	if r != nil {
		d.Count(r)
		r.Old = child.Older(d.Old, source)
		child.Fill(&r.Now, d.Template)
		if r.Scaler, err = scalers.Read(ctx, s.c, d.Ref); err != nil {
			return stuck.Verdict{}, err
		}
	}
	called := fleet.Textf("Deployment %s", fleet.Quote(w.Name))
	if why := s.untaken(called, d.Template, s.partOf(w, false)); !why.IsEmpty() {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}, nil
	}
	if why := s.unsized(called, d.Desired(), w, r); !why.IsEmpty() {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}, nil
	}
	return d.Stands(ctx, s.c, s.now)
}

// untaken says what of a part of the spec a template does not have yet: the generation is counted also where the pass failed.
func (s *llm) untaken(called fleet.Safe, t podspec.Template, of llmPart) fleet.Safe {
	pod := t.Pod()
	for i := range pod.Spec.InitContainers {
		c, uri := &pod.Spec.InitContainers[i], s.o.Spec.Model.URI
		if c.Name == "storage-initializer" && s.fetches() && len(c.Args) > 0 && strings.Contains(c.Args[0], "://") && c.Args[0] != uri {
			return fleet.Textf("%s still loads %s, wanted is %s", called, fleet.Quote(c.Args[0]), fleet.Quote(uri))
		}
	}
	if why := s.unmounted(called, pod); !why.IsEmpty() {
		return why
	}
	if at := jsonptr.Text(s.doc, of.stamp); at != "" && pod.Annotations[restartMark] != at {
		return fleet.Textf("the pods of %s are not those of the restart at %s yet", called, fleet.Quote(at))
	}
	image := s.mainImage(of)
	for i := range pod.Spec.Containers {
		if c := &pod.Spec.Containers[i]; c.Name == llmMain && image != "" && c.Image != image {
			return fleet.Textf("%s still runs image %s, wanted is %s", called, fleet.Quote(c.Image), fleet.Quote(image))
		}
	}
	return fleet.Safe{}
}

// fetches tells whether the model itself is what the init container loads: from a claim or an image it is mounted, and that
// loads adapters only.
func (s *llm) fetches() bool {
	return strings.HasPrefix(s.o.Spec.Model.URI, hub) || strings.HasPrefix(s.o.Spec.Model.URI, "s3://")
}

func (s *llm) absent(w workload) stuck.Verdict {
	v := stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("%s %s is not there yet", fleet.Quote(w.Kind), fleet.Quote(w.Name))}
	if c, ok := s.o.condition("WorkloadsReady"); ok && c.Status == "False" {
		v.Why = fleet.Textf("%s; %s", v.Why, c.text())
	}
	return v
}

// reached is the end of a roll: whether requests come there too. A pass that failed leaves Ready Unknown, and counts the
// generation as observed.
func (s *llm) reached(ctx context.Context) (stuck.Verdict, error) {
	for _, name := range []string{"GroupReady", "RouterReady", "Ready"} {
		switch c, ok := s.o.condition(name); {
		case ok && c.Status == "False":
			return stuck.Verdict{Phase: fleet.RolloutStuck, Why: fleet.Textf("all replicas are there; %s", c.text())}, nil
		case ok && c.Status != "True":
			return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("all replicas are there; %s", c.text())}, nil
		case !ok && name == "Ready":
			return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Text("all replicas are there; KServe has not said that it is Ready")}, nil
		}
	}
	if s.o.group() == "" {
		return stuck.Verdict{Phase: fleet.RolloutDone}, nil
	}
	why, err := s.inForce(ctx)
	if err != nil || why.IsEmpty() {
		return stuck.Verdict{Phase: fleet.RolloutDone}, err
	}
	return stuck.Verdict{Phase: fleet.RolloutMoving, Why: why}, nil
}
