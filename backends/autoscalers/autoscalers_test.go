package autoscalers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/scalers"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var (
	hpa  = fleet.ObjectRef{Cluster: "c", Kind: "HorizontalPodAutoscaler", Namespace: "llm", Name: "h"}
	keda = fleet.ObjectRef{Cluster: "c", Kind: "ScaledObject", Namespace: "llm", Name: "k"}
)

type rig struct {
	*toyobjects.Cluster
	t *testing.T
	o *Orchestrator
}

func newRig(t *testing.T) *rig {
	r := &rig{toyobjects.New(), t, New(fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)))}
	r.Put(scalers.HPAKind, `{metadata: {name: h, namespace: llm, uid: h-1}, spec: {minReplicas: 2, maxReplicas: 8, scaleTargetRef: {kind: Deployment, name: llama}}, status: {currentReplicas: 5, desiredReplicas: 6}}`)
	r.Put(scalers.ScaledObjectKind, `{metadata: {name: k, namespace: llm, uid: k-1}, spec: {minReplicaCount: 1, maxReplicaCount: 9, scaleTargetRef: {name: llama}}, status: {hpaName: keda-hpa-k}}`)
	r.Put(fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "deployments"}, `{metadata: {name: llama, namespace: llm}, spec: {replicas: 5}}`)
	return r
}

func (r *rig) kind(ref fleet.ObjectRef) fleet.ObjectKind {
	if ref.Kind == hpa.Kind {
		return scalers.HPAKind
	}
	return scalers.ScaledObjectKind
}

func (r *rig) rollout(ref fleet.ObjectRef) fleet.Rollout {
	r.t.Helper()
	got, err := r.o.Rollout(context.Background(), r, r.kind(ref), ref)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func (r *rig) draft(ref fleet.ObjectRef, w fleet.Want) (fleet.Draft, error) {
	r.t.Helper()
	return r.o.Draft(context.Background(), r, r.rollout(ref), w)
}

// do drafts, checks the fields and sends the write.
func (r *rig) do(ref fleet.ObjectRef, w fleet.Want, fields string) fleet.Draft {
	r.t.Helper()
	d, err := r.draft(ref, w)
	if err != nil {
		r.t.Fatal(err)
	}
	var list []string
	for _, f := range d.Stages[0].Writes[0].Fields {
		list = append(list, fmt.Sprintf("%s: %s -> %s", f.Path, f.Before, f.After))
	}
	if got := strings.Join(list, "\n"); got != fields {
		r.t.Errorf("got\n%s\nwant\n%s", got, fields)
	}
	if err := r.Write(context.Background(), d.Stages[0].Writes[0], "", false); err != nil {
		r.t.Fatal(err)
	}
	return d
}

func (r *rig) refused(ref fleet.ObjectRef, w fleet.Want, kind fleet.Kind, says string) {
	r.t.Helper()
	if _, err := r.draft(ref, w); fleet.KindOf(err) != kind || !strings.Contains(fmt.Sprint(err), says) {
		r.t.Errorf("got %v, want %s with %q", err, kind, says)
	}
}

func hold(n int) fleet.Want { return fleet.Want{Do: fleet.DoHoldScaler, Replicas: fleet.Some(n)} }

var (
	holdNow = fleet.Want{Do: fleet.DoHoldScaler}
	free    = fleet.Want{Do: fleet.DoFreeScaler}
)

// Trap 15: an autoscaler is held where it rewrites the number, and released to what it was.
func TestTrap15AnHPAIsHeldByItsBoundsAndReleasedToThem(t *testing.T) {
	r := newRig(t)
	r.refused(hpa, free, fleet.KindInvalid, "not held: it scales between 2 and 8")
	first := r.do(hpa, holdNow, "/spec/minReplicas: 2 -> 5\n/spec/maxReplicas: 8 -> 5\n"+`/metadata/annotations/pitwall.dev~1held-from:  -> "{\"min\":2,\"max\":8}"`)
	if got := r.rollout(hpa); got.Scaler.Held.String() != "min = max = 5" || got.Phase != fleet.RolloutDone {
		t.Errorf("%+v", got)
	}
	r.refused(hpa, hold(5), fleet.KindInvalid, "held at 5 already")
	r.do(hpa, hold(7), "/spec/minReplicas: 5 -> 7\n/spec/maxReplicas: 5 -> 7") // what it was stays written
	r.do(hpa, free, "/spec/minReplicas: 7 -> 2\n/spec/maxReplicas: 7 -> 8\n"+`/metadata/annotations/pitwall.dev~1held-from: "{\"min\":2,\"max\":8}" -> `)
	r.do(hpa, holdNow, "/spec/minReplicas: 2 -> 5\n/spec/maxReplicas: 8 -> 5\n"+`/metadata/annotations/pitwall.dev~1held-from:  -> "{\"min\":2,\"max\":8}"`)
	back, ok := first.Stages[0].Writes[0].Inverse()
	if err := r.Write(context.Background(), back, "", false); !ok || err != nil {
		t.Fatal(err)
	}
	if s := r.rollout(hpa).Scaler; s.Min != 2 || s.Max != 8 {
		t.Errorf("the write's own inverse: %+v", s)
	}
}

// Trap 15: 0 replicas switch an autoscaler off.
func TestTrap15ZeroReplicasSwitchAnHPAOff(t *testing.T) {
	r := newRig(t)
	r.refused(hpa, hold(0), fleet.KindUnsupported, "0 replicas switch a HorizontalPodAutoscaler off")
	r.Change(scalers.HPAKind, hpa, "/status/currentReplicas", 0)
	r.refused(hpa, holdNow, fleet.KindInvalid, "give the number")
	d := r.do(hpa, hold(3), "/spec/minReplicas: 2 -> 3\n/spec/maxReplicas: 8 -> 3\n"+`/metadata/annotations/pitwall.dev~1held-from:  -> "{\"min\":2,\"max\":8}"`)
	if !strings.Contains(fleet.Join(d.Notes, fleet.Text("\n")).String(), "switched off") {
		t.Errorf("%v", d.Notes)
	}
}

func TestAnHPAThatSomebodyElseHeldIsNotReleasedByGuess(t *testing.T) {
	r := newRig(t)
	r.Change(scalers.HPAKind, hpa, "/spec/minReplicas", 8)
	for _, mark := range []any{nil, "x", `{"min":-1,"max":3}`, `{"min":5,"max":3}`, `{}`} {
		r.Change(scalers.HPAKind, hpa, "/metadata/annotations", map[string]any{scalers.HeldFrom: mark})
		r.refused(hpa, free, fleet.KindUnsupported, "undo the change that held it")
	}
}

func TestKEDAIsHeldByItsAnnotation(t *testing.T) {
	r := newRig(t)
	if got := r.rollout(keda); got.Desired != 5 || got.Scaler.Min != 1 || got.Scaler.Max != 9 || !got.Scaler.Held.IsEmpty() {
		t.Errorf("%+v", got)
	}
	r.refused(keda, free, fleet.KindInvalid, "not held")
	r.do(keda, holdNow, `/metadata/annotations/autoscaling.keda.sh~1paused-replicas:  -> "5"`)
	r.refused(keda, holdNow, fleet.KindInvalid, "held at 5 already")
	d := r.do(keda, hold(0), `/metadata/annotations/autoscaling.keda.sh~1paused-replicas: "5" -> "0"`)
	if d.Down != 5 {
		t.Errorf("%+v", d)
	}
	r.Change(scalers.ScaledObjectKind, keda, "/metadata/annotations/autoscaling.keda.sh~1paused", "true")
	r.do(keda, free, `/metadata/annotations/autoscaling.keda.sh~1paused-replicas: "0" -> `+"\n"+`/metadata/annotations/autoscaling.keda.sh~1paused: "true" -> `)
}

func TestWhatKEDAMadeIsHeldAtKEDA(t *testing.T) {
	r := newRig(t)
	r.Change(scalers.HPAKind, hpa, "/metadata/ownerReferences", []any{map[string]any{"kind": "ScaledObject", "name": "k", "controller": true}})
	r.refused(hpa, hold(3), fleet.KindUnsupported, "hold or release ScaledObject k")
	r.refused(hpa, fleet.Want{Do: fleet.DoScale}, fleet.KindUnsupported, "held and released, nothing else")
	r.refused(hpa, fleet.Want{Do: fleet.DoTraffic}, fleet.KindUnsupported, "those of the route")
	was := r.rollout(keda)
	r.Change(scalers.ScaledObjectKind, keda, "/metadata/uid", "k-2")
	if _, err := r.o.Draft(context.Background(), r, was, holdNow); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("%v", err)
	}
}

func TestWhyItDoesNotScaleIsSaid(t *testing.T) {
	r := newRig(t)
	r.Change(scalers.HPAKind, hpa, "/status/conditions", []any{map[string]any{"type": "ScalingActive", "status": "False", "reason": "FailedGetExternalMetric", "message": "no metric"}})
	if got := r.rollout(hpa); got.Phase != fleet.RolloutStuck || got.Why.String() != "it does not scale: FailedGetExternalMetric: no metric" {
		t.Errorf("%s %q", got.Phase, got.Why)
	}
	none := keda
	none.Name = "none"
	if _, err := r.o.Rollout(context.Background(), r, scalers.ScaledObjectKind, none); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("%v", err)
	}
}

// Trap 15: what cannot be read is not 0: held there, KEDA would end every replica.
func TestTrap15WhatIsNotKnownIsNotHeldAtNothing(t *testing.T) {
	for _, why := range []func(*rig){
		func(r *rig) { r.Denied["deployments"] = true },
		func(r *rig) {
			r.Change(scalers.ScaledObjectKind, keda, "/spec/scaleTargetRef", map[string]any{"kind": "Engine", "name": "llama"})
		},
	} {
		r := newRig(t)
		why(r)
		r.refused(keda, holdNow, fleet.KindInvalid, "how many replicas run is not known; give the number")
		r.do(keda, hold(2), `/metadata/annotations/autoscaling.keda.sh~1paused-replicas:  -> "2"`)
	}
	r := newRig(t)
	r.Change(fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "deployments"}, fleet.ObjectRef{Namespace: "llm", Name: "llama"}, "/spec/replicas", 0)
	r.do(keda, holdNow, `/metadata/annotations/autoscaling.keda.sh~1paused-replicas:  -> "0"`) // which is what runs
}

func TestKEDAIsPausedByWhateverItTakesForTrue(t *testing.T) {
	for said, held := range map[string]bool{"true": true, "1": true, "yes": true, "": true, "false": false, "0": false} {
		r := newRig(t)
		r.Change(scalers.ScaledObjectKind, keda, "/metadata/annotations", map[string]any{scalers.Paused: said})
		if got := !r.rollout(keda).Scaler.Held.IsEmpty(); got != held {
			t.Errorf("%q: held %v", said, got)
		}
		if !held {
			r.refused(keda, free, fleet.KindInvalid, "not held")
			continue
		}
		r.do(keda, free, "/metadata/annotations/autoscaling.keda.sh~1paused-replicas:  -> \n"+`/metadata/annotations/autoscaling.keda.sh~1paused: "`+said+`" -> `)
	}
}
