package workloads

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

const (
	leaderAt = "/spec/leaderWorkerTemplate/leaderTemplate"
	workerAt = "/spec/leaderWorkerTemplate/workerTemplate"
	rollAt   = "/spec/rolloutStrategy/rollingUpdateConfiguration/"
)

// groupSetFields are the fields of a LeaderWorkerSet that are read (v0.10; older ones lack some).
type groupSetFields struct {
	Spec struct {
		Replicas *int32 `json:"replicas"`
		Template struct {
			Size *int32 `json:"size"`
		} `json:"leaderWorkerTemplate"`
	} `json:"spec"`
	Status struct {
		Replicas           int32              `json:"replicas"`
		ReadyReplicas      int32              `json:"readyReplicas"`
		UpdatedReplicas    int32              `json:"updatedReplicas"`
		ObservedGeneration *int64             `json:"observedGeneration"`
		Conditions         []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

// groupSet counts groups: a leader with its workers is one replica. It has two templates, of which the leader's may be
// missing, no deadline, and no memory of older ones.
func (s *scene) groupSet(ctx context.Context) (err error) {
	var d groupSetFields
	if err := jsonptr.Into(s.doc, &d); err != nil {
		return err
	}
	worker, err := podspec.New(s.doc, workerAt)
	if err != nil {
		return err
	}
	s.main, s.beside = worker, nil
	if found, _ := jsonptr.Find(s.doc, leaderAt); found != nil {
		if s.main, err = podspec.New(s.doc, leaderAt); err != nil {
			return err
		}
		s.beside = []podspec.Template{worker}
	}
	s.size = max(orOne(d.Spec.Template.Size), 1)
	r, st := &s.out, &d.Status
	r.Unit, s.facts.Unit = fleet.Text("groups"), "groups"
	r.Desired, r.Updated, r.Ready, r.Total = orOne(d.Spec.Replicas), int(st.UpdatedReplicas), int(st.ReadyReplicas), int(st.Replicas)
	r.Available = r.Ready
	s.facts.Desired, s.facts.Available = r.Desired*s.size, r.Available*s.size
	s.how = s.groupStrategy(r.Desired)
	s.describe()
	r.Now = s.main.Version()
	if err := s.groupPods(ctx); err != nil {
		return err
	}
	s.groupConditions(&d)
	if err := s.groupSeen(ctx, &d); err != nil {
		return err
	}
	if held := min(s.how.partition, r.Desired); held > 0 && r.Updated < r.Desired && r.Updated >= r.Desired-held {
		s.quiet = fleet.Textf("partition %s holds %s of %s groups back", fleet.Int(s.how.partition), fleet.Int(r.Desired-r.Updated),
			fleet.Int(r.Desired))
	}
	return nil
}

func (s *scene) groupStrategy(desired int) strategy {
	st := strategy{surgeAt: rollAt + "maxSurge", missingAt: rollAt + "maxUnavailable", partitionAt: rollAt + "partition", missing: 1}
	if v, ok := s.number(st.surgeAt, desired, true); ok {
		st.extra = v
	}
	if v, ok := s.number(st.missingAt, desired, false); ok {
		st.missing = v
	}
	if v, ok := s.number(st.partitionAt, desired, false); ok {
		st.partition = max(v, 0)
	}
	st.missing = min(st.missing, desired)
	return st
}

// number reads a number or a percentage of the document.
func (s *scene) number(at string, of int, up bool) (int, bool) {
	found, _ := jsonptr.Find(s.doc, at)
	v, ok := intOrPercent(found)
	if !ok {
		return 0, false
	}
	return scaled(v, of, up), true
}

// groupPods tells groups of the newest version by the leaders: the newest hash is that of the highest group, which rolls
// first, as long as more than one is there.
func (s *scene) groupPods(ctx context.Context) error {
	pods, newest, err := child.Groups(ctx, s.c, s.ref)
	if err != nil {
		return err
	}
	s.count(pods, func(p *corev1.Pod) bool { return p.Labels[owner.LWSHash] == newest })
	if len(s.facts.Old) > 0 {
		s.out.Old = podspec.OfPod(leaderOf(s.facts.Old)).Version()
		s.out.Old.Name = fleet.Quote(leaderOf(s.facts.Old).Labels[owner.LWSHash])
	}
	s.out.Now.Name, s.out.Now.At = fleet.Quote(newest), child.Oldest(s.facts.New)
	s.out.UpdatedReady = child.ReadyGroups(s.facts.New, s.size)
	return nil
}

func leaderOf(pods []*corev1.Pod) *corev1.Pod {
	for _, p := range pods {
		if p.Labels[owner.LWSWorker] == "0" {
			return p
		}
	}
	return pods[0]
}

// groupConditions: over is Available with no update in progress. Both exclude each other only while they are current.
func (s *scene) groupConditions(d *groupSetFields) {
	available, updating := false, false
	for i := range d.Status.Conditions {
		c := &d.Status.Conditions[i]
		s.out.Since = later(s.out.Since, c.LastTransitionTime)
		is := c.Status == metav1.ConditionTrue
		switch c.Type {
		case "Available":
			available = is
		case "UpdateInProgress":
			updating = is
		}
	}
	r := &s.out
	held := min(s.how.partition, r.Desired)
	s.over = available && !updating && r.Ready >= r.Desired && r.Updated >= r.Desired-held
}

// groupSeen decides whether the controller saw the newest change. Before v0.9.0 no field says so: what its
// StatefulSet is made of must be the newest templates then. A condition's own generation is that of its last turn, which is no proof
// against, only for.
func (s *scene) groupSeen(ctx context.Context, d *groupSetFields) error {
	if d.Status.ObservedGeneration != nil {
		s.facts.Observed = *d.Status.ObservedGeneration
		return nil
	}
	for i := range d.Status.Conditions {
		if d.Status.Conditions[i].ObservedGeneration >= s.meta.Generation {
			return nil
		}
	}
	var err error
	s.unseen, s.hazy, err = child.GroupsTaken(ctx, s.c, s.ref, s.doc)
	return err
}
