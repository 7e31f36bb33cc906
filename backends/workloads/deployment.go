package workloads

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/podstate"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

const (
	templateAt = "/spec/template"
	revisionOf = "deployment.kubernetes.io/revision"
	// defaultDeadline and defaultSurge are the API's.
	defaultDeadline = 600
	defaultSurge    = "25%"
)

func (s *scene) deployment(ctx context.Context) (err error) {
	var d appsv1.Deployment
	if err := jsonptr.Into(s.doc, &d); err != nil {
		return err
	}
	if s.main, err = podspec.New(s.doc, templateAt); err != nil {
		return err
	}
	r, st := &s.out, &d.Status
	s.facts.Observed = st.ObservedGeneration
	r.Desired, r.Updated, r.Ready = orOne(d.Spec.Replicas), int(st.UpdatedReplicas), int(st.ReadyReplicas)
	r.Available, r.Total = int(st.AvailableReplicas), int(st.Replicas)
	s.facts.Desired, s.facts.Available = r.Desired, r.Available
	s.facts.MinReady = time.Duration(d.Spec.MinReadySeconds) * time.Second
	r.Deadline = progressDeadline(&d)
	s.how = deploymentStrategy(&d, r.Desired)
	s.readHold(&d)
	s.describe()
	s.deploymentConditions(&d)
	// The last comparison is not kubectl's: after scaling down, what is too much is counted as updated and available.
	s.over = r.Updated >= r.Desired && r.Total <= r.Updated && r.Available >= r.Updated && r.Total <= r.Desired
	newest, err := s.replicaSets(ctx, &d)
	if err != nil {
		return err
	}
	switch {
	case d.Spec.Paused:
		s.quiet = fleet.Textf("paused: %s of %s replicas are new", fleet.Int(r.Updated), fleet.Int(r.Desired))
	case s.held != nil && r.Updated >= s.part:
		s.quiet = fleet.Textf("held: %s of %s replicas are new", fleet.Int(r.Updated), fleet.Int(r.Desired))
	}
	pods, err := s.pods(ctx, d.Spec.Selector)
	if err != nil {
		return err
	}
	s.count(s.ofSets(pods), func(p *corev1.Pod) bool {
		return newest != nil && p.Labels[owner.TemplateHash] == newest.Labels[owner.TemplateHash]
	})
	if s.held != nil {
		r.UpdatedReady = s.settledReady()
	}
	if newest != nil {
		r.Now.At = child.Came(newest, revisionOf, s.facts.New)
	}
	return nil
}

// ofSets leaves out pods of others that the selector takes too.
func (s *scene) ofSets(pods []*corev1.Pod) []*corev1.Pod {
	return slices.DeleteFunc(pods, func(p *corev1.Pod) bool {
		c := metav1.GetControllerOfNoCopy(p)
		return c == nil || !slices.ContainsFunc(s.past, func(o past) bool { return o.version.ID == c.Name }) && c.Name != s.out.Now.ID
	})
}

func (s *scene) deploymentConditions(d *appsv1.Deployment) {
	for i := range d.Status.Conditions {
		c := &d.Status.Conditions[i]
		switch {
		case c.Type == appsv1.DeploymentProgressing:
			s.out.Since = later(s.out.Since, c.LastUpdateTime)
			if c.Reason == "ProgressDeadlineExceeded" {
				s.missed = podstate.Because(c.Reason, podstate.Clip(c.Message, 200))
			}
			if c.Reason == "ReplicaSetCreateError" {
				s.facts.Refused = &stuck.Refusal{By: "Deployment " + d.Name, Reason: c.Reason, Message: c.Message, Since: c.LastTransitionTime.Time}
			}
		case c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue:
			s.facts.Refused = &stuck.Refusal{By: "its ReplicaSet", Reason: c.Reason, Message: c.Message, Since: c.LastTransitionTime.Time}
		}
	}
}

func progressDeadline(d *appsv1.Deployment) time.Duration {
	if n := d.Spec.ProgressDeadlineSeconds; n != nil {
		return time.Duration(*n) * time.Second
	}
	return defaultDeadline * time.Second
}

// deploymentStrategy resolves percentages as the controller does: what comes beside is rounded up, what may be away down,
// and where both are 0 one may be away.
func deploymentStrategy(d *appsv1.Deployment, desired int) strategy {
	const at = "/spec/strategy/rollingUpdate/"
	st := strategy{pausedAt: "/spec/paused", surgeAt: at + "maxSurge", missingAt: at + "maxUnavailable"}
	if d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		return strategy{pausedAt: st.pausedAt, recreate: true, missing: desired}
	}
	surge, missing := intstr.FromString(defaultSurge), intstr.FromString(defaultSurge)
	if u := d.Spec.Strategy.RollingUpdate; u != nil {
		surge, missing = orElse(u.MaxSurge, surge), orElse(u.MaxUnavailable, missing)
	}
	st.extra, st.missing = scaled(surge, desired, true), scaled(missing, desired, false)
	if st.extra == 0 && st.missing == 0 {
		st.missing = min(1, desired)
	}
	st.missing = min(st.missing, desired)
	return st
}

func orElse(v *intstr.IntOrString, or intstr.IntOrString) intstr.IntOrString {
	if v == nil {
		return or
	}
	return *v
}

func scaled(v intstr.IntOrString, of int, up bool) int {
	n, err := intstr.GetScaledValueFromIntOrPercent(&v, of, up)
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// replicaSets reads the versions that the server remembers. The newest is the one with the template that is asked for.
func (s *scene) replicaSets(ctx context.Context, d *appsv1.Deployment) (newest *appsv1.ReplicaSet, err error) {
	selector, err := s.selector(d.Spec.Selector)
	if err != nil {
		return nil, err
	}
	docs, err := s.c.List(ctx, replicaSetKind, s.ref.Namespace, selector)
	if err != nil {
		return nil, err
	}
	type owned struct {
		set      *appsv1.ReplicaSet
		past     past
		revision int
	}
	var list []owned
	for _, body := range docs {
		set := &appsv1.ReplicaSet{}
		if err := jsonptr.Typed(body, set); err != nil {
			return nil, err
		}
		if !s.owns(&set.ObjectMeta) {
			continue
		}
		doc, err := jsonptr.Decode(body)
		if err != nil {
			return nil, err
		}
		p, err := remembered(doc, templateAt)
		if err != nil {
			return nil, err
		}
		p.template = jsonptr.With(p.template, "/metadata/labels/"+owner.TemplateHash, nil)
		n, _ := strconv.Atoi(set.Annotations[revisionOf])
		p.version.Name, p.version.ID, p.version.At = revisionName(n), set.Name, set.CreationTimestamp.UTC()
		list = append(list, owned{set, p, n})
	}
	slices.SortStableFunc(list, func(a, b owned) int { return b.revision - a.revision })
	s.out.Now = s.main.Version()
	var oldest types.UID
	for _, o := range list {
		if newest == nil && sameTemplate(&o.set.Spec.Template, &d.Spec.Template) {
			newest = o.set
			s.out.Now = o.past.version
			continue
		}
		s.past = append(s.past, o.past)
		s.out.Runs = append(s.out.Runs, o.past.version)
		if o.set.Status.Replicas > 0 && oldest == "" {
			s.out.Old, oldest = o.past.version, o.set.UID
		}
	}
	s.refusals(newest)
	return newest, nil
}

// refusals prefers what the ReplicaSet of the newest version says itself.
func (s *scene) refusals(newest *appsv1.ReplicaSet) {
	if newest == nil {
		return
	}
	if r := stuck.FromReplicaSet(newest); r != nil {
		s.facts.Refused = r
	}
}

// remembered reads a template of the past.
func remembered(doc any, at string) (past, error) {
	t, err := podspec.New(doc, at)
	if err != nil {
		return past{}, err
	}
	return past{version: t.Version(), template: t.Doc()}, nil
}

func revisionName(n int) fleet.Safe { return fleet.Textf("revision %s", fleet.Int(n)) }

// sameTemplate leaves the hash out that a ReplicaSet's template carries.
func sameTemplate(a, b *corev1.PodTemplateSpec) bool {
	x, y := *a, *b
	x.Labels, y.Labels = maps.Clone(a.Labels), maps.Clone(b.Labels)
	delete(x.Labels, owner.TemplateHash)
	delete(y.Labels, owner.TemplateHash)
	return equality.Semantic.DeepEqual(x, y)
}
