package workloads

import (
	"context"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

const revisionHash = "controller-revision-hash"

// statefulSet has no deadline and no condition: its pods and revisions tell.
func (s *scene) statefulSet(ctx context.Context) (err error) {
	var d appsv1.StatefulSet
	if err := jsonptr.Into(s.doc, &d); err != nil {
		return err
	}
	if s.main, err = podspec.New(s.doc, templateAt); err != nil {
		return err
	}
	r, st := &s.out, &d.Status
	s.facts.Observed = st.ObservedGeneration
	r.Desired, r.Ready, r.Available, r.Total = orOne(d.Spec.Replicas), int(st.ReadyReplicas), int(st.AvailableReplicas), int(st.Replicas)
	s.facts.Desired, s.facts.Available = r.Desired, r.Available
	s.facts.MinReady = time.Duration(d.Spec.MinReadySeconds) * time.Second
	s.facts.Ordered = d.Spec.PodManagementPolicy != appsv1.ParallelPodManagement
	s.how = statefulStrategy(&d, r.Desired)
	s.describe()
	pods, err := s.pods(ctx, d.Spec.Selector)
	if err != nil {
		return err
	}
	pods = slices.DeleteFunc(pods, func(p *corev1.Pod) bool { return !s.owns(&p.ObjectMeta) })
	s.count(pods, func(p *corev1.Pod) bool { return p.Labels[revisionHash] == st.UpdateRevision })
	r.Updated = len(staying(s.facts.New)) // the status field goes back to 0, or lags, once a roll is over
	if err := s.controllerRevisions(ctx, d.Spec.Selector, st.UpdateRevision, st.CurrentRevision); err != nil {
		return err
	}
	held := min(s.how.partition, r.Desired)
	s.over = r.Ready >= r.Desired && r.Total == r.Desired && r.Updated >= r.Desired-held && (held > 0 ||
		st.UpdateRevision == st.CurrentRevision)
	switch old := len(staying(s.facts.Old)); {
	case s.how.byHand && old > 0:
		s.quiet = fleet.Textf("OnDelete: %s of %s pods are new, the others change when they are deleted", fleet.Int(r.Updated),
			fleet.Int(r.Desired))
	case held > 0 && old > 0 && r.Updated >= r.Desired-held:
		s.quiet = fleet.Textf("partition %s holds %s of %s replicas back", fleet.Int(s.how.partition), fleet.Int(old), fleet.Int(r.Desired))
	}
	return nil
}

func staying(pods []*corev1.Pod) []*corev1.Pod {
	var list []*corev1.Pod
	for _, p := range pods {
		if p.DeletionTimestamp == nil {
			list = append(list, p)
		}
	}
	return list
}

func statefulStrategy(d *appsv1.StatefulSet, desired int) strategy {
	st := strategy{partitionAt: "/spec/updateStrategy/rollingUpdate/partition", missing: min(1, desired)}
	if d.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		return strategy{byHand: true}
	}
	u := d.Spec.UpdateStrategy.RollingUpdate
	if u == nil {
		return st
	}
	if u.Partition != nil {
		st.partition = max(int(*u.Partition), 0)
	}
	if u.MaxUnavailable != nil { // only there where the server has it switched on
		st.missing = min(max(scaled(*u.MaxUnavailable, desired, false), 1), desired)
	}
	return st
}

// controllerRevisions reads the versions that the server remembers.
func (s *scene) controllerRevisions(ctx context.Context, selector *metav1.LabelSelector, newest, running string) error {
	sel, err := s.selector(selector)
	if err != nil {
		return err
	}
	list, err := listing.Of[appsv1.ControllerRevision](ctx, s.c, revisionKind, s.ref.Namespace, sel)
	if fleet.KindOf(err) == fleet.KindAuth {
		list, err = nil, nil // without the right to read them, what runs is known all the same
	}
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(c *appsv1.ControllerRevision) bool { return !s.owns(&c.ObjectMeta) })
	slices.SortStableFunc(list, func(a, b *appsv1.ControllerRevision) int { return int(b.Revision - a.Revision) })
	s.out.Now = s.main.Version()
	for _, c := range list {
		doc, err := jsonptr.Decode(c.Data.Raw)
		if err != nil {
			return err
		}
		p, err := remembered(doc, templateAt)
		if err != nil {
			return err
		}
		p.template = jsonptr.With(p.template, "/$patch", nil)
		p.version.Name, p.version.ID, p.version.At = revisionName(int(c.Revision)), c.Name, c.CreationTimestamp.UTC()
		if c.Name == newest {
			now := s.out.Now // what is asked for may be newer than what the controller saw
			now.Name, now.ID, now.At = p.version.Name, p.version.ID, s.came(c, list)
			s.out.Now = now
			continue
		}
		s.past = append(s.past, p)
		s.out.Runs = append(s.out.Runs, p.version)
		if c.Name == running && newest != running {
			s.out.Old = p.version
		}
	}
	if s.out.Old.IsZero() && len(s.facts.Old) > 0 {
		s.out.Old = podspec.OfPod(s.facts.Old[0]).Version()
	}
	return nil
}

// came is when the newest version came. One that came back is not the youngest: then its oldest pod tells, which is no
// older than the return.
func (s *scene) came(c *appsv1.ControllerRevision, list []*appsv1.ControllerRevision) time.Time {
	if slices.ContainsFunc(list, func(o *appsv1.ControllerRevision) bool { return o.CreationTimestamp.After(c.CreationTimestamp.Time) }) {
		return child.Oldest(s.facts.New)
	}
	return c.CreationTimestamp.UTC()
}

func intOrPercent(v any) (intstr.IntOrString, bool) {
	var n intstr.IntOrString
	if v == nil || jsonptr.Into(v, &n) != nil {
		return n, false
	}
	return n, true
}
