package kserve

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/podstate"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

var lwsKind = fleet.ObjectKind{Group: "leaderworkerset.x-k8s.io", Version: "v1", Resource: "leaderworkersets", Kind: "LeaderWorkerSet"}

// lws holds the fields of a LeaderWorkerSet that are read.
type lws struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Replicas *int32 `json:"replicas"`
		Template struct {
			Size *int32 `json:"size"`
		} `json:"leaderWorkerTemplate"`
	} `json:"spec"`
	Status struct {
		Observed   int64              `json:"observedGeneration"`
		Replicas   int32              `json:"replicas"`
		Ready      int32              `json:"readyReplicas"`
		Updated    int32              `json:"updatedReplicas"`
		Conditions []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

// groups says how a workload of several nodes stands: its replicas are groups of pods, and it has no deadline.
func (s *llm) groups(ctx context.Context, ref fleet.ObjectRef, r *fleet.Rollout) (stuck.Verdict, error) {
	doc, err := child.Document(ctx, s.c, lwsKind, ref)
	switch {
	case fleet.KindOf(err) == fleet.KindNotFound:
		return s.absent(workload{ref.Kind, ref.Name}), nil
	case err != nil:
		return stuck.Verdict{}, err
	}
	var o lws
	if err := jsonptr.Into(doc, &o); err != nil {
		return stuck.Verdict{}, err
	}
	if r != nil {
		if err := o.count(ctx, s.c, ref, doc, r); err != nil {
			return stuck.Verdict{}, err
		}
	}
	called := fleet.Textf("LeaderWorkerSet %s", fleet.Quote(ref.Name))
	for _, at := range []struct {
		template string
		worker   bool
	}{{"/leaderTemplate", false}, {"/workerTemplate", true}} {
		t, err := podspec.New(doc, groupAt+at.template)
		if err != nil {
			continue // leaders may be made of the template of workers
		}
		if why := s.untaken(called, t, s.partOf(workload{ref.Kind, ref.Name}, at.worker)); !why.IsEmpty() {
			return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}, nil
		}
	}
	if why := s.unsized(called, int(o.want()), workload{ref.Kind, ref.Name}, r); !why.IsEmpty() {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}, nil
	}
	if o.tellsNothing() {
		late, unknown, err := child.GroupsTaken(ctx, s.c, ref, doc)
		switch {
		case err != nil:
			return stuck.Verdict{}, err
		case !late.IsEmpty():
			return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: late}, nil
		case !unknown.IsEmpty():
			return stuck.Verdict{Phase: fleet.RolloutUnknown, Why: unknown}, nil
		}
	}
	v := o.stands(called)
	if v.Phase != fleet.RolloutMoving {
		return v, nil
	}
	return s.keepers(ctx, &o, ref, v.Why)
}

// keepers says what keeps the pods of groups that are not all there; without any that does, moving.
func (s *llm) keepers(ctx context.Context, o *lws, ref fleet.ObjectRef, moving fleet.Safe) (stuck.Verdict, error) {
	pods, newest, err := child.Groups(ctx, s.c, ref)
	if err != nil {
		return stuck.Verdict{}, err
	}
	size := int(orOne(o.Spec.Template.Size))
	f := stuck.Facts{Now: s.now, Unit: "groups", Desired: int(o.want()) * size, Available: int(o.Status.Ready) * size, MaxUnavailable: 1}
	f.New, f.Old = child.ByHash(pods, newest)
	if err := child.Surround(ctx, s.c, ref.Namespace, &f); err != nil {
		return stuck.Verdict{}, err
	}
	return child.Explain(f, moving, false), nil
}

// tellsNothing says that no field names a generation that its controller saw, as before v0.9.0.
func (o *lws) tellsNothing() bool {
	for _, c := range o.Status.Conditions {
		if c.ObservedGeneration != 0 {
			return false
		}
	}
	return o.Status.Observed == 0
}

func (o *lws) want() int32 { return orOne(o.Spec.Replicas) }

func orOne(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

// count says in a rollout how many groups there are.
func (o *lws) count(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, doc any, r *fleet.Rollout) error {
	s := &o.Status
	r.Unit, r.Desired = fleet.Text("groups"), int(o.want())
	r.Updated = int(s.Updated)
	r.Ready, r.Available, r.Total = int(s.Ready), int(s.Ready), int(s.Replicas)
	r.Surge = fleet.Surge{Missing: 1}
	pods, newest, err := child.Groups(ctx, c, ref)
	if err != nil {
		return err
	}
	fresh, old := child.ByHash(pods, newest)
	child.CountPods(r, child.Leaders(fresh), child.Leaders(old))
	size := int(orOne(o.Spec.Template.Size))
	r.UpdatedReady = child.ReadyGroups(fresh, size)
	worker, err := podspec.New(doc, groupAt+"/workerTemplate")
	if err != nil {
		return nil //nolint:nilerr // without a template the numbers are all that is known
	}
	leader := worker
	if t, err := podspec.New(doc, groupAt+"/leaderTemplate"); err == nil {
		leader = t
	}
	child.Facts(r, leader, child.Leaders(fresh), child.Leaders(old))
	child.Fill(&r.Now, leader)
	r.Now.At, r.Product = child.Oldest(fresh), podspec.Product(&leader.Pod().Spec)
	r.GPUsEach = podspec.GPUs(&leader.Pod().Spec)
	r.PodGPUs = []int{r.GPUsEach}
	for range min(size-1, fleet.MostPods) {
		each := podspec.GPUs(&worker.Pod().Spec)
		r.PodGPUs = append(r.PodGPUs, each)
		r.GPUsEach += each
	}
	return nil
}

const groupAt = "/spec/leaderWorkerTemplate"

// stands goes by the conditions, each of which names the generation that it is about.
func (o *lws) stands(called fleet.Safe) stuck.Verdict {
	moving := stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("%s of %s groups of %s are updated, %s ready",
		fleet.Int(int(o.Status.Updated)), fleet.Int(int(o.want())), called, fleet.Int(int(o.Status.Ready)))}
	unseen := stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("the controller of %s has not seen its newest change", called)}
	if o.Status.Observed != 0 && o.Status.Observed < o.Generation {
		return unseen
	}
	for _, c := range o.Status.Conditions {
		switch {
		case c.ObservedGeneration != 0 && c.ObservedGeneration < o.Generation:
			return unseen
		case c.Type == "UpdateInProgress" && c.Status == metav1.ConditionTrue:
			return moving
		case c.Type == "Available" && c.Status != metav1.ConditionTrue:
			moving.Why = fleet.Textf("%s: %s", moving.Why, podstate.Because(c.Reason, podstate.Clip(c.Message, 200)))
			return moving
		}
	}
	if o.Status.Updated < o.want() || o.Status.Ready < o.want() {
		return moving
	}
	return stuck.Verdict{Phase: fleet.RolloutDone}
}
