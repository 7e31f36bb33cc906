// Package scalers reads what sets numbers of replicas by itself: HorizontalPodAutoscalers and ScaledObjects of KEDA. It
// is pure.
package scalers

import (
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// The kinds.
var (
	HPAKind = fleet.ObjectKind{Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers",
		Kind: "HorizontalPodAutoscaler"}
	ScaledObjectKind = fleet.ObjectKind{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects", Kind: "ScaledObject"}
)

// Annotations by which KEDA is held.
const (
	PausedReplicas = "autoscaling.keda.sh/paused-replicas"
	Paused         = "autoscaling.keda.sh/paused"
	PausedIn       = "autoscaling.keda.sh/paused-scale-in"  // from v2.18 on
	PausedOut      = "autoscaling.keda.sh/paused-scale-out" // from v2.18 on
)

// HeldFrom is the annotation that pitwall leaves on an autoscaler which it holds: its min and max before, so that another
// operator can release it.
const HeldFrom = "pitwall.dev/held-from"

// ScaledObject holds the fields that are read (KEDA v2.20).
type ScaledObject struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Target struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Name       string `json:"name"`
		} `json:"scaleTargetRef"`
		Min *int32 `json:"minReplicaCount"`
		Max *int32 `json:"maxReplicaCount"`
	} `json:"spec"`
	Status struct {
		HPA        string `json:"hpaName"`
		Paused     *int32 `json:"pausedReplicaCount"`
		TargetGVKR struct {
			Group    string `json:"group"`
			Version  string `json:"version"`
			Kind     string `json:"kind"`
			Resource string `json:"resource"`
		} `json:"scaleTargetGVKR"`
		Conditions []struct {
			Type    string `json:"type"`
			Status  string `json:"status"`
			Reason  string `json:"reason"`
			Message string `json:"message"`
		} `json:"conditions"`
	} `json:"status"`
}

// IsPaused tells whether it is paused where it was.
func (s *ScaledObject) IsPaused() bool { return s.Marked(Paused) }

// Marked tells whether an annotation is set. Like KEDA it takes what is neither true nor false for true.
func (s *ScaledObject) Marked(name string) bool {
	said, ok := s.Annotations[name]
	yes, err := strconv.ParseBool(said)
	return ok && (yes || err != nil)
}

// stops says why it does not scale in a direction. KEDA disables the autoscaler below it for an annotation; one before v2.18 does
// not know it, and goes on.
func (s *ScaledObject) stops(name string, below fleet.Safe, known bool) fleet.Safe {
	switch {
	case !s.Marked(name):
		return below
	case known && below.IsEmpty():
		return fleet.Safe{}
	}
	return fleet.Textf("annotation %s", fleet.Quote(name))
}

// Scales tells whether it scales an object; without a kind it means a Deployment.
func (s *ScaledObject) Scales(o fleet.ObjectRef) bool {
	kind := s.Spec.Target.Kind
	if kind == "" {
		kind = "Deployment"
	}
	return kind == o.Kind && s.Spec.Target.Name == o.Name && s.Namespace == o.Namespace
}

// Of finds what scales an object. Where KEDA does, its ScaledObject is what is held and released: it sets back whatever
// is done to the HorizontalPodAutoscaler below it.
func Of(o fleet.ObjectRef, hpas []autoscalingv2.HorizontalPodAutoscaler, objects []ScaledObject) fleet.Scaler {
	for i := range objects {
		if s := &objects[i]; s.Scales(o) {
			return OfScaledObject(o.Cluster, s, below(s, hpas))
		}
	}
	for i := range hpas {
		if h := &hpas[i]; h.Spec.ScaleTargetRef.Kind == o.Kind && h.Spec.ScaleTargetRef.Name == o.Name && h.Namespace == o.Namespace {
			return OfHPA(o.Cluster, h)
		}
	}
	return fleet.Scaler{}
}

// below is the autoscaler that a ScaledObject made, nil for none.
func below(s *ScaledObject, hpas []autoscalingv2.HorizontalPodAutoscaler) *autoscalingv2.HorizontalPodAutoscaler {
	for i := range hpas {
		h := &hpas[i]
		if c := metav1.GetControllerOfNoCopy(h); h.Namespace == s.Namespace && (h.Name == s.Status.HPA || c != nil &&
			c.Kind == "ScaledObject" && c.Name == s.Name) {
			return h
		}
	}
	return nil
}

// OfHPA is one autoscaler.
func OfHPA(cluster fleet.ClusterID, h *autoscalingv2.HorizontalPodAutoscaler) fleet.Scaler {
	s := fleet.Scaler{
		Object: fleet.ObjectRef{Cluster: cluster, Kind: HPAKind.Kind, Namespace: h.Namespace, Name: h.Name}, API: HPAKind,
		Min: 1, Max: int(h.Spec.MaxReplicas), Wants: int(h.Status.DesiredReplicas), Why: whyNot(h),
	}
	if h.Spec.MinReplicas != nil {
		s.Min = int(*h.Spec.MinReplicas)
	}
	if s.Min == s.Max {
		s.Held = fleet.Textf("min = max = %s", fleet.Int(s.Max))
	}
	if c := metav1.GetControllerOfNoCopy(h); c != nil && c.Kind == ScaledObjectKind.Kind {
		s.By = fleet.Quote(c.Name)
	}
	if b := h.Spec.Behavior; b != nil {
		if disabled(b.ScaleDown) {
			s.NoIn = fleet.Text("behavior.scaleDown is Disabled")
		}
		if disabled(b.ScaleUp) {
			s.NoOut = fleet.Text("behavior.scaleUp is Disabled")
		}
	}
	return s
}

func disabled(r *autoscalingv2.HPAScalingRules) bool {
	return r != nil && r.SelectPolicy != nil && *r.SelectPolicy == autoscalingv2.DisabledPolicySelect
}

func whyNot(h *autoscalingv2.HorizontalPodAutoscaler) fleet.Safe {
	for i := range h.Status.Conditions {
		c := &h.Status.Conditions[i]
		if c.Status == corev1.ConditionFalse && (c.Type == autoscalingv2.AbleToScale || c.Type == autoscalingv2.ScalingActive) {
			return podstate.Because(c.Reason, podstate.Clip(c.Message, 200))
		}
	}
	return fleet.Safe{}
}

// OfScaledObject is one object of KEDA with the autoscaler below it, nil where none is known.
func OfScaledObject(cluster fleet.ClusterID, o *ScaledObject, h *autoscalingv2.HorizontalPodAutoscaler) fleet.Scaler {
	s := fleet.Scaler{
		Object: fleet.ObjectRef{Cluster: cluster, Kind: ScaledObjectKind.Kind, Namespace: o.Namespace, Name: o.Name}, API: ScaledObjectKind,
		Max: 100, By: fleet.Quote(o.Name), // KEDA's default
	}
	if o.Spec.Min != nil {
		s.Min = int(*o.Spec.Min)
	}
	if o.Spec.Max != nil {
		s.Max = int(*o.Spec.Max)
	}
	if h != nil {
		s.Wants, s.Why = int(h.Status.DesiredReplicas), whyNot(h)
		below := OfHPA(cluster, h)
		s.NoIn, s.NoOut = below.NoIn, below.NoOut
	}
	s.NoIn, s.NoOut = o.stops(PausedIn, s.NoIn, h != nil), o.stops(PausedOut, s.NoOut, h != nil)
	for _, c := range o.Status.Conditions {
		if c.Type == "Ready" && c.Status == "False" {
			s.Why = podstate.Because(c.Reason, podstate.Clip(c.Message, 200))
		}
	}
	n, held := o.Annotations[PausedReplicas]
	switch {
	case held:
		s.Held = fleet.Textf("paused at %s", fleet.Quote(n))
		if at, err := strconv.Atoi(n); err == nil {
			s.Wants = at
		}
	case o.IsPaused():
		s.Held = fleet.Text("paused where it was")
	}
	return s
}
