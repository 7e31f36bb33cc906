// Package autoscalers knows how HorizontalPodAutoscalers and ScaledObjects of KEDA are held at a number of replicas and
// released. It reads through fleet.Objects, drafts writes and sends none of them.
package autoscalers

import (
	"context"
	"errors"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/scalers"
	"pitwall/fleet"
)

// Connector is the entry of the registry.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind: "autoscalers", Title: "HorizontalPodAutoscaler, KEDA ScaledObject",
		Reads:           "autoscaling/v2 and keda.sh/v1alpha1: bounds, what it wants, why it does not scale",
		Writes:          "minReplicas and maxReplicas; the annotations by which KEDA is paused",
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}
}

// Orchestrator implements fleet.Orchestrator.
type Orchestrator struct{ clock fleet.Clock }

// New makes one on a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (o *Orchestrator) Kinds() []fleet.ObjectKind {
	return []fleet.ObjectKind{scalers.HPAKind, scalers.ScaledObjectKind}
}

// Rollout implements fleet.Orchestrator. Its numbers are those of what is scaled.
func (o *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, ref fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := o.read(ctx, c, kind, ref)
	if err != nil {
		return fleet.Rollout{}, err
	}
	return s.out, nil
}

// Draft implements fleet.Orchestrator.
func (o *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := o.read(ctx, c, r.API, r.Object)
	if err != nil {
		return fleet.Draft{}, err
	}
	switch {
	case r.UID != "" && s.out.UID != r.UID:
		return fleet.Draft{}, s.refuse(fleet.KindConflict, "another object has this name now; read it again")
	case w.Do == fleet.DoTraffic:
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "an autoscaler sets numbers of replicas and no weights; set those of the route "+
			"before what it scales")
	case w.Do != fleet.DoHoldScaler && w.Do != fleet.DoFreeScaler:
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "an autoscaler is held and released, nothing else; what it scales "+
			"is changed itself")
	case s.isHPA() && s.out.Holder.Kind == scalers.ScaledObjectKind.Kind:
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "KEDA made it and sets it back; hold or release ScaledObject "+
			fleet.Quote(s.out.Holder.Name).String())
	case w.Do == fleet.DoHoldScaler:
		return s.hold(w)
	}
	return s.free()
}

func (s *scene) isHPA() bool { return s.out.Object.Kind == scalers.HPAKind.Kind }

// scene is one autoscaler as it was read.
type scene struct {
	doc    any
	meta   metav1.ObjectMeta
	out    fleet.Rollout
	known  bool // how many replicas run
	paused bool // by KEDA's annotation that names no number
	// noIn and noOut are KEDA's annotations for one direction, which only who set them takes away.
	noIn, noOut bool
}

func (o *Orchestrator) read(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, ref fleet.ObjectRef) (*scene, error) {
	ref.Kind = kind.Kind
	body, err := c.Get(ctx, kind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{}
	if s.doc, err = jsonptr.Decode(body); err != nil {
		return nil, err
	}
	s.out = fleet.Rollout{Object: ref, API: kind, System: fleet.Quote(kind.Kind), At: o.clock.Now(), Unit: fleet.Text("replicas"),
		Phase: fleet.RolloutDone}
	if kind.Kind == scalers.HPAKind.Kind {
		err = s.hpa(body)
	} else {
		err = s.scaledObject(ctx, c, body)
	}
	if err != nil {
		return nil, err
	}
	s.out.UID, s.out.Holder, s.out.GitOps = string(s.meta.UID), owner.Holder(ref, &s.meta), owner.GitOps(&s.meta)
	if s.out.Scaler.Held.IsEmpty() && !s.out.Scaler.Why.IsEmpty() {
		s.out.Phase, s.out.Why = fleet.RolloutStuck, fleet.Textf("it does not scale: %s", s.out.Scaler.Why)
	}
	return s, nil
}

// hpa has no use for its observedGeneration: the controller never fills it.
func (s *scene) hpa(body fleet.JSON) error {
	var h autoscalingv2.HorizontalPodAutoscaler
	if err := jsonptr.Typed(body, &h); err != nil {
		return err
	}
	s.meta = h.ObjectMeta
	s.out.Scaler = scalers.OfHPA(s.out.Object.Cluster, &h)
	s.numbers(&h)
	return nil
}

func (s *scene) numbers(h *autoscalingv2.HorizontalPodAutoscaler) {
	s.out.Desired, s.out.Total = int(h.Status.DesiredReplicas), int(h.Status.CurrentReplicas)
	s.known = s.known || s.out.Total > 0 // a status that was never written says 0 too
}

func (s *scene) scaledObject(ctx context.Context, c fleet.Objects, body fleet.JSON) error {
	var o scalers.ScaledObject
	if err := jsonptr.Typed(body, &o); err != nil {
		return err
	}
	s.meta, s.paused = o.ObjectMeta, o.IsPaused()
	s.noIn, s.noOut = o.Marked(scalers.PausedIn), o.Marked(scalers.PausedOut)
	var below *autoscalingv2.HorizontalPodAutoscaler
	if o.Status.HPA != "" {
		ref := s.out.Object
		ref.Kind, ref.Name = scalers.HPAKind.Kind, o.Status.HPA
		h := &autoscalingv2.HorizontalPodAutoscaler{}
		if body, err := c.Get(ctx, scalers.HPAKind, ref); err == nil && jsonptr.Typed(body, h) == nil {
			below = h // while it is paused there is none, or it stands still
			s.numbers(h)
		}
	}
	s.out.Scaler = scalers.OfScaledObject(s.out.Object.Cluster, &o, below)
	s.runs(ctx, c, &o)
	return nil
}

// runs reads how many replicas the target of a ScaledObject asks for, which no autoscaler tells while it is paused.
func (s *scene) runs(ctx context.Context, c fleet.Objects, o *scalers.ScaledObject) {
	kind := fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment"}
	switch k := o.Status.TargetGVKR; {
	case k.Resource != "":
		kind = fleet.ObjectKind{Group: k.Group, Version: k.Version, Resource: k.Resource, Kind: k.Kind}
	case o.Spec.Target.Kind == "StatefulSet":
		kind.Resource, kind.Kind = "statefulsets", "StatefulSet"
	case o.Spec.Target.Kind != "" && o.Spec.Target.Kind != "Deployment":
		return
	}
	body, err := c.Get(ctx, kind, fleet.ObjectRef{Cluster: s.out.Object.Cluster, Kind: kind.Kind, Namespace: s.out.Object.Namespace,
		Name: o.Spec.Target.Name})
	var target struct {
		Spec struct {
			Replicas *int `json:"replicas"`
		} `json:"spec"`
	}
	if err != nil || jsonptr.Typed(body, &target) != nil || target.Spec.Replicas == nil {
		return
	}
	s.out.Desired, s.out.Total, s.known = *target.Spec.Replicas, *target.Spec.Replicas, true
}

func (s *scene) refuse(kind fleet.Kind, why string) error {
	return &fleet.Error{Kind: kind, Op: "change " + s.out.Object.Kind + " " + fleet.Quote(s.out.Object.Name).String(),
		Err: errors.New(why), Next: "nothing was changed"}
}
