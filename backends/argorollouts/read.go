package argorollouts

import (
	"context"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/scalers"
	"pitwall/fleet"
)

// scene is a Rollout with what belongs to it.
type scene struct {
	ref      fleet.ObjectRef
	doc      any // of the Rollout
	o        object
	keeper   fleet.ObjectRef // of the template: the Rollout, or the workload that it refers to
	api      fleet.ObjectKind
	uid      string
	template podspec.Template
	holder   any // the keeper's document
	sets     []*appsv1.ReplicaSet
	docs     map[string]any
	fresh    []*corev1.Pod
	old      []*corev1.Pod
	unseen   fleet.Safe // why the controller has not seen the workload as it is
}

// read reads the Rollout and, where more is true, what it keeps.
func read(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, more bool) (*scene, error) {
	ref.Kind = kind.Kind
	doc, err := child.Document(ctx, c, kind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{ref: ref, doc: doc, keeper: ref, api: kind, holder: doc}
	if err := jsonptr.Into(doc, &s.o); err != nil {
		return nil, err
	}
	s.uid = string(s.o.UID)
	selector := s.o.Spec.Selector
	if w := s.o.Spec.Workload; w != nil {
		d, err := s.follow(ctx, c, w)
		if err != nil {
			return nil, err
		}
		if d != nil && selector == nil {
			selector = d.Spec.Selector
		}
	}
	if s.template, err = podspec.New(s.holder, "/spec/template"); err != nil {
		return nil, err
	}
	if !more {
		return s, nil
	}
	taken := child.Selector(selector)
	if s.sets, s.docs, err = child.Sets(ctx, c, ref.Namespace, taken, &s.o.ObjectMeta, revisionMark); err != nil {
		return nil, err
	}
	pods, err := listing.Of[corev1.Pod](ctx, c, child.PodKind, ref.Namespace, taken)
	if err != nil {
		return nil, err
	}
	for _, p := range pods {
		switch of := p.Labels[hashLabel]; {
		case of != "" && of == s.o.Status.PodHash:
			s.fresh = append(s.fresh, p)
		case s.set(of) != nil:
			s.old = append(s.old, p)
		}
	}
	return s, nil
}

// follow reads the workload that holds the template. Only a Deployment can be followed; others are changed where they are.
func (s *scene) follow(ctx context.Context, c fleet.Objects, w *reference) (*appsv1.Deployment, error) {
	if w.Kind != child.DeploymentKind.Kind {
		return nil, refuse(fleet.KindUnsupported, "read the template of Rollout "+s.ref.Name, "it comes from the "+
			fleet.Quote(w.Kind+" "+w.Name).String()+"; pitwall follows a workloadRef to a Deployment", "change that object itself")
	}
	s.keeper = fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: w.Kind, Namespace: s.ref.Namespace, Name: w.Name}
	s.api = child.DeploymentKind
	doc, err := child.Document(ctx, c, s.api, s.keeper)
	if err != nil {
		return nil, err
	}
	s.holder, s.uid = doc, jsonptr.Text(doc, "/metadata/uid")
	var d appsv1.Deployment
	if err := jsonptr.Into(doc, &d); err != nil {
		return nil, err
	}
	said := s.o.Annotations[generationMark]
	if now := fleet.Int(d.Generation); said != now.String() || s.o.Status.WorkloadAt != said {
		s.unseen = fleet.Textf("its controller has not seen generation %s of Deployment %s yet", now, fleet.Quote(d.Name))
	}
	return &d, nil
}

// set is the ReplicaSet of a hash, nil for none.
func (s *scene) set(hash string) *appsv1.ReplicaSet {
	i := slices.IndexFunc(s.sets, func(r *appsv1.ReplicaSet) bool { return r.Labels[hashLabel] == hash })
	if hash == "" || i < 0 {
		return nil
	}
	return s.sets[i]
}

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, _ fleet.ObjectKind, ref fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := read(ctx, c, ref, true)
	if err != nil {
		return fleet.Rollout{}, err
	}
	now := a.clock.Now()
	r := s.tell(now)
	if r.Scaler, err = scalers.Read(ctx, c, s.ref); err != nil {
		return fleet.Rollout{}, err
	}
	v, err := s.stands(ctx, c, now)
	r.Phase, r.Why, r.Never, r.Since = v.Phase, v.Why, v.Never, v.Since
	return r, err
}

// restsAt is the step at whose own pause it stands, once the controller has seen the object as it is.
func (s *scene) restsAt() int {
	if _, unread := s.unread(); unread {
		return 0
	}
	return s.o.ownPause()
}

// tell says all but the phase.
func (s *scene) tell(now time.Time) fleet.Rollout {
	o := &s.o
	r := fleet.Rollout{Object: s.ref, API: kind, System: s.system(), UID: string(o.UID), Holder: owner.Holder(s.ref, &o.ObjectMeta),
		GitOps: owner.GitOps(&o.ObjectMeta), At: now, Unit: fleet.Text("replicas"), Desired: o.desired(), Updated: int(o.Status.Updated),
		Ready: int(o.Status.Ready), Available: int(o.Status.Available), Total: int(o.Status.Replicas), Deadline: o.deadline(),
		Surge: s.surge(), Traffic: s.traffic()}
	spec := &s.template.Pod().Spec
	r.GPUsEach, r.Product = podspec.GPUs(spec), podspec.Product(spec)
	child.CountPods(&r, s.fresh, s.old)
	child.Facts(&r, s.template, s.fresh, s.old)
	r.Now = s.template.Version()
	for _, v := range child.Versions(s.sets, s.docs, revisionMark) {
		set := s.byName(v.ID)
		hash := set.Labels[hashLabel]
		switch {
		case hash == o.Status.PodHash:
			r.Now.Name, r.Now.ID, r.Now.At = v.Name, v.ID, child.Came(set, revisionMark, s.fresh)
			continue
		case hash == o.Status.StableHash:
			v.Name = fleet.Concat(v.Name, fleet.Text(", stable"))
			r.Old = v
		}
		r.Runs = append(r.Runs, v)
	}
	return r
}

func (s *scene) byName(name string) *appsv1.ReplicaSet {
	for _, r := range s.sets {
		if r.Name == name {
			return r
		}
	}
	return nil
}

func (s *scene) system() fleet.Safe {
	word := fleet.Text("Argo Rollout, canary")
	switch {
	case s.o.Spec.Strategy.BlueGreen != nil:
		word = fleet.Text("Argo Rollout, blue-green")
	case !s.o.Spec.Strategy.Canary.routed():
		word = fleet.Text("Argo Rollout, canary by number of replicas")
	}
	if s.keeper.Kind != kind.Kind {
		word = fleet.Textf("%s, template of %s %s", word, fleet.Quote(s.keeper.Kind), fleet.Quote(s.keeper.Name))
	}
	return word
}

// surge is what a roll takes: with traffic routing, and blue-green, up to a second set.
func (s *scene) surge() fleet.Surge {
	n, c := s.o.desired(), s.o.Spec.Strategy.Canary
	switch {
	case c == nil, c.routed() && !c.Dynamic:
		return fleet.Surge{Extra: n, Whole: true}
	case c.routed():
		return fleet.Surge{Extra: 1} // both sides are sized by their weight, rounded up
	}
	by := fleet.Surge{Extra: child.Share(c.MaxSurge, n, true), Missing: child.Share(c.MaxAway, n, false)}
	if by.Extra == 0 && by.Missing == 0 {
		by.Missing = 1 // as the controller does, which could not go on otherwise
	}
	return by
}

func (s *scene) traffic() fleet.Traffic {
	o := &s.o
	if o.Spec.Strategy.BlueGreen != nil {
		t := fleet.Traffic{Kind: fleet.TrafficOwned, Paused: s.waits(), Pause: s.restsAt()}
		if hash := o.Status.BlueGreen.Active; hash != "" {
			t.Members = append(t.Members, fleet.TrafficMember{Name: fleet.Text("active"), ID: hash, Weight: 100, Ready: true})
		}
		if hash := o.Status.BlueGreen.Preview; hash != "" && hash != o.Status.BlueGreen.Active {
			t.Members = append(t.Members, fleet.TrafficMember{Name: fleet.Text("preview"), ID: hash, Ready: len(s.fresh) > 0 &&
				child.Ready(s.fresh) == len(s.fresh)})
		}
		return t
	}
	if len(o.steps()) == 0 {
		return fleet.Traffic{}
	}
	t := fleet.Traffic{Kind: fleet.TrafficSteps, Step: min(o.at()+1, len(o.steps())), Steps: len(o.steps()), Paused: s.waits(),
		Pause: s.restsAt()}
	if w := o.Status.Canary.Weights; w != nil {
		t.Members = []fleet.TrafficMember{
			{Name: fleet.Text("stable"), ID: w.Stable.Hash, Weight: w.Stable.Weight, Ready: child.Ready(s.old) > 0},
			{Name: fleet.Text("canary"), ID: w.Canary.Hash, Weight: w.Canary.Weight, Ready: child.Ready(s.fresh) > 0}}
	}
	return t
}

// waits tells that the roll goes on only by a person.
func (s *scene) waits() bool {
	o := &s.o
	if o.Spec.Paused {
		return true
	}
	_, person := o.waitsAt()
	return person
}
