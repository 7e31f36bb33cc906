package yatai

import (
	"context"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/scalers"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

const mostRuns = 20 // versions that are named to go back to

// scene is a BentoDeployment with what it keeps.
type scene struct {
	c       fleet.Objects
	ref     fleet.ObjectRef
	now     time.Time
	doc     any
	o       object
	bento   *bento     // nil: it is not there, or may not be read
	unread  fleet.Safe // why it may not
	main    *child.Deployment
	runners []runner
}

// runner is a Deployment beside the one that takes requests.
type runner struct {
	name string
	d    *child.Deployment
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
	if s.bento, err = s.find(ctx, s.o.Spec.Bento); fleet.KindOf(err) == fleet.KindAuth {
		s.unread, err = fleet.Cause(err), nil
	}
	if err != nil {
		return nil, err
	}
	if s.main, err = s.deployment(ctx, ref.Name); err != nil {
		return nil, err
	}
	n := len(s.o.Spec.Runners)
	if s.bento != nil {
		n = len(s.bento.Spec.Runners)
	}
	for i := range n {
		r := runner{name: ref.Name + "-runner-" + strconv.Itoa(i)}
		if r.d, err = s.deployment(ctx, r.name); err != nil {
			return nil, err
		}
		s.runners = append(s.runners, r)
	}
	return s, nil
}

// find reads a Bento by its name; nil where there is none.
func (s *scene) find(ctx context.Context, name string) (*bento, error) {
	doc, err := child.Document(ctx, s.c, bentoKind, fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: bentoKind.Kind,
		Namespace: s.ref.Namespace, Name: name})
	if fleet.KindOf(err) == fleet.KindNotFound {
		return nil, nil //nolint:nilnil // its caller says what that means
	}
	if err != nil {
		return nil, err
	}
	b := new(bento)
	return b, jsonptr.Into(doc, b)
}

func (s *scene) deployment(ctx context.Context, name string) (*child.Deployment, error) {
	d, err := child.Read(ctx, s.c, fleet.ObjectRef{Cluster: s.ref.Cluster, Namespace: s.ref.Namespace, Name: name})
	if fleet.KindOf(err) == fleet.KindNotFound {
		return nil, nil //nolint:nilnil // it is not there yet, or not any more: the caller says which
	}
	return d, err
}

// bentoes are those of the namespace, the newest first.
func (s *scene) bentoes(ctx context.Context) ([]*bento, error) {
	list, err := listing.Of[bento](ctx, s.c, bentoKind, s.ref.Namespace, "")
	slices.SortStableFunc(list, func(a, b *bento) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) })
	return list, err
}

func (s *scene) rollout(ctx context.Context) (fleet.Rollout, error) {
	low, _ := s.o.bounds()
	r := fleet.Rollout{Object: s.ref, API: kind, System: fleet.Text("Yatai BentoDeployment"), UID: string(s.o.UID),
		Holder: owner.Holder(s.ref, &s.o.ObjectMeta), GitOps: owner.GitOps(&s.o.ObjectMeta), At: s.now, Unit: fleet.Text("replicas"),
		Desired: low}
	if s.main != nil {
		s.main.Count(&r)
		r.Old = child.Older(s.main.Old, func(podspec.Template) string { return "" })
		var err error
		if r.Scaler, err = scalers.Read(ctx, s.c, s.main.Ref); err != nil {
			return fleet.Rollout{}, err
		}
	}
	for _, x := range s.runners {
		if x.d != nil {
			r.GPUsEach += podspec.GPUs(&x.d.Template.Pod().Spec)
		}
	}
	came := r.Now.At
	r.Now = fleet.Version{ID: s.o.Spec.Bento, Name: fleet.Label(s.o.Spec.Bento)}
	if s.bento != nil {
		r.Now = s.bento.version()
	}
	r.Now.At, r.Now.Served = came, []fleet.Safe{fleet.Label(s.ref.Name)}
	if err := s.runs(ctx, &r); err != nil {
		return fleet.Rollout{}, err
	}
	v, err := s.stands(ctx, &r.Scaler)
	r.Phase, r.Why, r.Never, r.Since = v.Phase, v.Why, v.Never, v.Since
	return r, err
}

// runs names the Bentoes of the same repository that are there to go back to.
func (s *scene) runs(ctx context.Context, r *fleet.Rollout) error {
	if s.bento == nil {
		return nil
	}
	list, err := s.bentoes(ctx)
	for _, b := range list {
		if b.Name != s.bento.Name && b.repository() == s.bento.repository() && len(r.Runs) < mostRuns {
			r.Runs = append(r.Runs, b.version())
		}
	}
	return child.PassOver(err)
}

// stands asks the Deployments: Available says that Yatai has written everything, and nothing of pods.
func (s *scene) stands(ctx context.Context, by *fleet.Scaler) (stuck.Verdict, error) {
	called := fleet.Quote(s.o.Spec.Bento)
	switch {
	case s.bento == nil && s.unread.IsEmpty():
		return s.bentoless(), nil
	case s.main == nil:
		return s.reconciled(stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("Deployment %s is not there yet",
			fleet.Quote(s.ref.Name))}), nil
	}
	for _, x := range append([]runner{{s.ref.Name, s.main}}, s.runners...) {
		if x.d == nil {
			return s.reconciled(stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("Deployment %s of a runner is not there yet",
				fleet.Quote(x.name))}), nil
		}
		if why := s.untaken(x); !why.IsEmpty() {
			return s.reconciled(stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}), nil
		}
		if v, err := x.d.Stands(ctx, s.c, s.now); err != nil || v.Phase != fleet.RolloutDone {
			return v, err
		}
	}
	if s.bento == nil {
		return stuck.Verdict{Phase: fleet.RolloutUnknown, Why: fleet.Textf("whether its pods are of Bento %s is not known: %s", called,
			s.unread)}, nil
	}
	if v, ok := s.sized(by); !ok {
		return s.reconciled(v), nil
	}
	if c := s.o.condition("Available"); c == nil || c.Status != "True" {
		return s.reconciled(stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Text("all replicas are there; Yatai has not said that it is " +
			"available")}), nil
	}
	return stuck.Verdict{Phase: fleet.RolloutDone}, nil
}

// sized tells whether the number of replicas is between the bounds that are wanted. Yatai gives them to the autoscaler that it makes,
// which sets the number after that: nothing of it shows in the pods' template.
func (s *scene) sized(by *fleet.Scaler) (stuck.Verdict, bool) {
	low, high := s.o.bounds()
	n := s.main.Desired()
	switch {
	case by.API == scalers.HPAKind && (by.Min != low || by.Max != high):
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("its autoscaler keeps %s to %s replicas, wanted are %s to %s",
			fleet.Int(by.Min), fleet.Int(by.Max), fleet.Int(low), fleet.Int(high))}, false
	case !by.Exists() && s.o.Spec.Autoscaling == nil: // whether something keeps it is not known
		return stuck.Verdict{}, true
	case n == 0 && low > 0:
		return stuck.Verdict{Phase: fleet.RolloutStuck, Why: fleet.Textf("Deployment %s has 0 replicas, which switches its autoscaler off: "+
			"somebody set that number", fleet.Quote(s.ref.Name))}, false
	case n < low || high >= low && n > high:
		return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("Deployment %s has %s replicas, wanted are %s to %s",
			fleet.Quote(s.ref.Name), fleet.Int(n), fleet.Int(low), fleet.Int(high))}, false
	}
	return stuck.Verdict{}, true
}

// reconciled puts in the place of what is not there what Yatai says that it could not do.
func (s *scene) reconciled(v stuck.Verdict) stuck.Verdict {
	if c := s.o.condition("Available"); c != nil && c.Status == "False" {
		return stuck.Verdict{Phase: fleet.RolloutStuck, Since: c.LastTransitionTime.UTC(), Why: fleet.Textf("%s; %s", conditionText(c), v.Why)}
	}
	return v
}

// bentoless is a BentoDeployment whose Bento is not there: it may still be built.
func (s *scene) bentoless() stuck.Verdict {
	called := fleet.Quote(s.o.Spec.Bento)
	if c := s.o.condition("BentoRequestFound"); c != nil && c.Status == "True" {
		return s.reconciled(stuck.Verdict{Phase: fleet.RolloutMoving, Since: c.LastTransitionTime.UTC(),
			Why: fleet.Textf("Bento %s is not built yet; what runs keeps running", called)})
	}
	return stuck.Verdict{Phase: fleet.RolloutStuck, Why: fleet.Textf("there is neither a Bento nor a BentoRequest %s in its namespace",
		called)}
}

// untaken says what of the spec a Deployment does not have yet; "" where it has all of it.
func (s *scene) untaken(x runner) fleet.Safe {
	pod := x.d.Template.Pod()
	i := slices.IndexFunc(pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == mainName })
	if s.bento != nil && s.bento.Spec.Image != "" && i >= 0 && pod.Spec.Containers[i].Image != s.bento.Spec.Image {
		return fleet.Textf("Deployment %s still runs image %s, that of Bento %s is %s", fleet.Quote(x.name),
			fleet.Quote(pod.Spec.Containers[i].Image), fleet.Quote(s.bento.Spec.Tag), fleet.Quote(s.bento.Spec.Image))
	}
	if stamp := s.o.Spec.Pod.Annotations[restartMark]; stamp != "" && x.d == s.main && pod.Annotations[restartMark] != stamp {
		return fleet.Textf("its pods are not those of the restart at %s yet", fleet.Quote(stamp))
	}
	return fleet.Safe{}
}
