package kuberay

import (
	"context"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/podstate"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

const (
	// settles is for how long after a change RUNNING may still be that of before: KubeRay looks at the applications, then
	// hands the new configuration over, and looks again two seconds later.
	settles = 10 * time.Second
	// unreachedWithin is how long running applications may have no endpoint.
	unreachedWithin = 2 * time.Minute
	// unmovedFor is how long an incremental upgrade may move no traffic, beside its own interval.
	unmovedFor = 5 * time.Minute
)

// stands says how the change stands.
func (s *scene) stands(ctx context.Context) (stuck.Verdict, error) {
	for _, look := range []func() (stuck.Verdict, bool){s.leftAlone, s.timedOut, s.suspended, s.refused, s.unseen} {
		if v, ok := look(); ok {
			return v, nil
		}
	}
	switch {
	case s.pending != nil:
		return s.coming(ctx)
	case s.active == nil:
		return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Text("KubeRay has made no cluster yet")}, nil
	}
	if v, ok := s.ignored(); ok {
		return v, nil
	}
	return s.here(ctx)
}

func (s *scene) leftAlone() (stuck.Verdict, bool) {
	why := s.o.frozen()
	return stuck.Verdict{Phase: fleet.RolloutUnknown, Why: why}, !why.IsEmpty()
}

// timedOut is the end of a first start that took too long. KubeRay does not look at its spec any more, whatever is set.
func (s *scene) timedOut() (stuck.Verdict, bool) {
	c := s.o.condition("Ready")
	if c.Status != metav1.ConditionFalse || c.Reason != "InitializingTimeout" {
		return stuck.Verdict{}, false
	}
	return stuck.Verdict{Phase: fleet.RolloutFailed, Never: true, Since: c.LastTransitionTime.UTC(), Why: fleet.Textf(
		"%s; that is final, no change of its spec counts any more: delete it and make it again", said(c))}, true
}

// suspended is a RayService whose clusters are gone, or go. What has begun is brought to its end also where it is not
// wanted any more.
func (s *scene) suspended() (stuck.Verdict, bool) {
	o := &s.o
	switch c := o.condition("Suspended"); {
	case o.is("Suspending"):
		return stuck.Verdict{Phase: fleet.RolloutMoving, Since: o.condition("Suspending").LastTransitionTime.UTC(),
			Why: fleet.Textf("it is being suspended: %s", said(o.condition("Suspending")))}, true
	case c.Status == metav1.ConditionTrue && o.Spec.Suspend:
		return stuck.Verdict{Phase: fleet.RolloutPaused, Since: c.LastTransitionTime.UTC(),
			Why: fleet.Text("it is suspended: it has no cluster and serves nobody")}, true
	case c.Status == metav1.ConditionTrue, o.Spec.Suspend:
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Text("KubeRay has not taken up yet what suspend says")}, true
	}
	return stuck.Verdict{}, false
}

// refused is a spec that KubeRay does not take. It does not count such a generation as seen.
func (s *scene) refused() (stuck.Verdict, bool) {
	o := &s.o
	c := o.condition("Ready")
	if c.Reason != "ValidationFailed" || o.Status.Observed >= o.Generation || o.Status.Updated.Time.Before(o.changed()) {
		return stuck.Verdict{}, false
	}
	return stuck.Verdict{Phase: fleet.RolloutFailed, Never: true, Since: c.LastTransitionTime.UTC(),
		Why: fleet.Textf("KubeRay does not take its spec: %s", said(c))}, true
}

func (s *scene) unseen() (stuck.Verdict, bool) {
	if s.o.Status.Observed == s.o.Generation {
		return stuck.Verdict{}, false
	}
	return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("KubeRay has seen generation %s and not yet %s",
		fleet.Int(s.o.Status.Observed), fleet.Int(s.o.Generation))}, true
}

// ignored tells that the cluster that serves is not the one that is configured, and no other one comes.
func (s *scene) ignored() (stuck.Verdict, bool) {
	why := s.differs(s.active)
	if why.IsEmpty() {
		return stuck.Verdict{}, false
	}
	v := stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("%s; KubeRay prepares another cluster", why)}
	switch {
	case s.o.Spec.Strategy.Type == noUpgrade:
		v.Phase, v.Never = fleet.RolloutStuck, true
		v.Why = fleet.Textf("%s, and upgradeStrategy is None: KubeRay ignores changes of the cluster, will never finish", why)
	case s.now.Sub(s.o.changed()) > unreachedWithin:
		v.Phase = fleet.RolloutStuck
		v.Why = fleet.Textf("%s, and no other cluster comes: KubeRay ignores changes of the cluster where ENABLE_ZERO_DOWNTIME is false, "+
			"and %s where its feature RayServiceIncrementalUpgrade is off, as it is by default before 1.7", why, fleet.Text(incremental))
	}
	return v, true
}

// coming is the time in which a cluster is made beside the one that serves, or the first one.
func (s *scene) coming(ctx context.Context) (stuck.Verdict, error) {
	k := s.pending
	called := fleet.Textf("cluster %s", fleet.Quote(k.Name))
	if s.active != nil {
		called = fleet.Textf("%s, which comes beside %s", called, fleet.Quote(s.active.Name))
	}
	since := s.o.condition("UpgradeInProgress").LastTransitionTime.UTC()
	if s.o.is("RollbackInProgress") {
		c := s.o.condition("RollbackInProgress")
		return stuck.Verdict{Phase: fleet.RolloutMoving, Since: c.LastTransitionTime.UTC(), Why: fleet.Textf(
			"traffic goes back to cluster %s, %s gets %s: %s", s.name(s.active), fleet.Quote(k.Name), percent(k.Share),
			podstate.Because(c.Reason, podstate.Clip(c.Message, 200)))}, nil
	}
	v, done := s.applications(k)
	if done {
		return s.switching(called, since), nil
	}
	pods, err := s.kept(ctx, k)
	if err != nil {
		return stuck.Verdict{}, err
	}
	v = worse(v, pods)
	v.Why = fleet.Textf("%s: %s", called, v.Why)
	if s.active != nil && s.active.doc != nil && !s.o.byParts() && s.differs(s.active).IsEmpty() {
		v.Why = fleet.Textf("%s; %s, which serves, is as configured already: nothing is missing while this one waits", v.Why, s.name(s.active))
	}
	if v.Since.IsZero() {
		v.Since = since
	}
	return v, nil
}

func (s *scene) name(k *cluster) fleet.Safe {
	if k == nil {
		return fleet.Text("(none)")
	}
	return fleet.Quote(k.Name)
}

// switching is the time in which the new cluster runs and traffic goes over to it.
func (s *scene) switching(called fleet.Safe, since time.Time) stuck.Verdict {
	v := stuck.Verdict{Phase: fleet.RolloutMoving, Since: since, Why: fleet.Textf("%s: all of its applications run, the Services go over "+
		"to it",
		called)}
	if !s.o.byParts() || s.active == nil {
		return v
	}
	k := s.pending
	v.Why = fleet.Textf("%s: it gets %s of the traffic, %s of the capacity", called, percent(k.Share), percent(k.Capacity))
	interval := time.Duration(s.o.Spec.Strategy.Options.Interval) * time.Second
	if at := k.Moved.Time; !at.IsZero() && s.now.Sub(at) > unmovedFor+2*interval {
		v.Phase, v.Since = fleet.RolloutStuck, at.UTC()
		v.Why = fleet.Textf("%s; none moved for %s, where each step should take %s: look at Gateway %s, and whether the new cluster gets "+
			"workers", v.Why, fleet.Age(s.now.Sub(at)), fleet.Age(interval), fleet.Quote(s.ref.Name+"-gateway"))
	}
	return v
}

// here is the time in which one cluster serves: the configuration of Ray Serve changes in place.
func (s *scene) here(ctx context.Context) (stuck.Verdict, error) {
	v, done := s.applications(s.active)
	if !done {
		pods, err := s.kept(ctx, s.active)
		if err != nil {
			return stuck.Verdict{}, err
		}
		return worse(v, pods), nil
	}
	if age := s.now.Sub(s.o.changed()); age < settles {
		return stuck.Verdict{Phase: fleet.RolloutMoving, Since: s.o.changed(), Why: fleet.Textf(
			"its applications were RUNNING when KubeRay looked last, which may be before the change of %s ago", fleet.Age(max(age, 0)))}, nil
	}
	if c := s.o.condition("Ready"); c.Status != metav1.ConditionTrue && c.Status != "" {
		v = stuck.Verdict{Phase: fleet.RolloutMoving, Since: c.LastTransitionTime.UTC(),
			Why: fleet.Textf("its applications run and nobody reaches them: %s", said(c))}
		if s.now.Sub(v.Since) > unreachedWithin {
			v.Phase = fleet.RolloutStuck
		}
		return v, nil
	}
	return stuck.Verdict{Phase: fleet.RolloutDone}, nil
}

// runs tells that all applications of a cluster run.
func (k *cluster) runs() bool {
	for _, a := range k.Applications {
		if a.Status != running {
			return false
		}
	}
	return len(k.Applications) > 0
}

// applications says what the applications of a cluster are at; true where all that are configured run.
func (s *scene) applications(k *cluster) (stuck.Verdict, bool) {
	if len(k.Applications) == 0 {
		return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Text("KubeRay has not read its applications: its head is not ready")}, false
	}
	var waits stuck.Verdict
	for _, name := range slices.Sorted(maps.Keys(k.Applications)) {
		a := k.Applications[name]
		switch a.Status {
		case running:
			continue
		case deployFailed:
			return stuck.Verdict{Phase: fleet.RolloutFailed, Never: true, Why: fleet.Textf("%s; Ray tries no more until its configuration changes",
				a.text(name))}, false
		case unhealthy:
			return stuck.Verdict{Phase: fleet.RolloutStuck, Why: a.text(name)}, false
		}
		if waits.Phase == "" {
			waits = stuck.Verdict{Phase: fleet.RolloutMoving, Why: a.text(name)}
		}
	}
	for i := range s.apps {
		if _, there := k.Applications[s.apps[i].Name]; !there && waits.Phase == "" {
			waits = stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("application %s is not there yet", fleet.Quote(s.apps[i].Name))}
		}
	}
	return waits, waits.Phase == ""
}

// text words an application that does not run, with the first deployment that is the reason.
func (a *app) text(name string) fleet.Safe {
	text := fleet.Textf("application %s is %s", fleet.Quote(podstate.Clip(name, 100)), podstate.Because(podstate.Clip(a.Status, 60),
		podstate.Clip(a.Message, 300)))
	for _, of := range slices.Sorted(maps.Keys(a.Deployments)) {
		if d := a.Deployments[of]; d.Status != "HEALTHY" {
			return fleet.Textf("%s (deployment %s is %s)", text, fleet.Quote(podstate.Clip(of, 100)),
				podstate.Because(podstate.Clip(d.Status, 60), podstate.Clip(d.Message, 300)))
		}
	}
	return text
}

// kept says what keeps the pods of a cluster; the zero Verdict where nothing is known.
func (s *scene) kept(ctx context.Context, k *cluster) (stuck.Verdict, error) {
	f := stuck.Facts{Now: s.now, Unit: "pods", Desired: s.desired() + 1, Available: child.Ready(k.pods), New: k.pods}
	if s.active != nil && k != s.active {
		f.Old = s.active.pods
		f.Keeps = fleet.Textf("cluster %s gives none up before this one serves", fleet.Quote(s.active.Name))
	}
	if c := conditionOf(k.Cluster.Conditions, "ReplicaFailure"); c.Status == metav1.ConditionTrue {
		f.Refused = &stuck.Refusal{By: "RayCluster " + k.Name, Reason: c.Reason, Message: c.Message, Since: c.LastTransitionTime.Time}
	}
	if err := child.Surround(ctx, s.c, s.ref.Namespace, &f); err != nil {
		return stuck.Verdict{}, err
	}
	v, _ := stuck.Why(f)
	return v, nil
}

// worse takes what pods say over what applications say, but for applications that failed: that pods load explains nothing
// more then.
func worse(apps, pods stuck.Verdict) stuck.Verdict {
	if pods.Phase == "" || apps.Phase != fleet.RolloutMoving {
		return apps
	}
	return pods
}
