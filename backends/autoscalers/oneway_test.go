package autoscalers

import (
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"pitwall/backends/internal/scalers"
	"pitwall/fleet"
)

// kedaHPA is what KEDA makes of its ScaledObject; disabled are the directions in which it does not scale.
func kedaHPA(r *rig, disabled ...string) {
	ways := []string{}
	for _, d := range disabled {
		ways = append(ways, d+": {selectPolicy: "+string(autoscalingv2.DisabledPolicySelect)+"}")
	}
	r.Put(scalers.HPAKind, `{metadata: {name: keda-hpa-k, namespace: llm, ownerReferences: [{kind: ScaledObject, name: k, controller: true}]}, spec: {minReplicas: 1, maxReplicas: 9, scaleTargetRef: {kind: Deployment, name: llama}, behavior: {`+
		strings.Join(ways, ", ")+`}}, status: {currentReplicas: 5, desiredReplicas: 6}}`)
}

func marks(r *rig, pairs ...any) {
	all := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i].(string)] = pairs[i+1]
	}
	r.Change(scalers.ScaledObjectKind, keda, "/metadata/annotations", all)
}

func TestInWhichDirectionsItDoesNotScaleIsShown(t *testing.T) {
	for _, x := range []struct {
		name     string
		mark     []any
		disabled []string
		want     string
	}{
		{"both ways", nil, nil, ""},
		{"none away", []any{scalers.PausedIn, "true"}, []string{"scaleDown"}, "takes none away (annotation autoscaling.keda.sh/paused-scale-in)"},
		{"adds none, as KEDA reads it", []any{scalers.PausedOut, "yes"}, []string{"scaleUp"}, "adds none (annotation autoscaling.keda.sh/paused-scale-out)"},
		{"false", []any{scalers.PausedOut, "false"}, nil, ""},
		{"neither", []any{scalers.PausedIn, "", scalers.PausedOut, "1"}, []string{"scaleUp", "scaleDown"}, "takes none away (annotation autoscaling.keda.sh/paused-scale-in), adds none (annotation autoscaling.keda.sh/paused-scale-out)"},
		{"by its own behavior", nil, []string{"scaleDown"}, "takes none away (behavior.scaleDown is Disabled)"},
		{"KEDA before 2.18 goes on", []any{scalers.PausedIn, "true"}, nil, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := newRig(t)
			kedaHPA(r, x.disabled...)
			marks(r, x.mark...)
			s := r.rollout(keda).Scaler
			if s.Ways().String() != x.want || !s.Held.IsEmpty() || strings.Contains(s.Text().String(), "away") != strings.Contains(x.want, "away") {
				t.Errorf("%q, held %q, %q", s.Ways(), s.Held, s.Text())
			}
		})
	}
	r := newRig(t)
	marks(r, scalers.PausedIn, "true", scalers.PausedReplicas, "4")
	if s := r.rollout(keda).Scaler; s.Text().String() != "ScaledObject k, 1 to 9, wants 4, held: paused at 4, takes none away (annotation autoscaling.keda.sh/paused-scale-in)" {
		t.Errorf("while it is paused there is no autoscaler below it: %q", s.Text())
	}
	r.Change(scalers.HPAKind, hpa, "/spec/behavior", map[string]any{"scaleUp": map[string]any{"selectPolicy": "Disabled"}})
	if s := r.rollout(hpa).Scaler; s.Ways().String() != "adds none (behavior.scaleUp is Disabled)" {
		t.Errorf("%q", s.Ways())
	}
}

// What another person set is theirs: a hold and its release leave it, and say so.
func TestWhatSomebodyElsePausedStaysPaused(t *testing.T) {
	r := newRig(t)
	kedaHPA(r, "scaleDown")
	marks(r, scalers.PausedIn, "true")
	r.refused(keda, free, fleet.KindInvalid, "it is not held at a number; it takes none away (annotation autoscaling.keda.sh/paused-scale-in), which somebody else wants: take that away where it was set")
	said := func(d fleet.Draft) string { return fleet.Join(d.Notes, fleet.Text("\n")).String() }
	const stays = "annotation autoscaling.keda.sh/paused-scale-in, which somebody else set, stays: released, it takes no replicas away"
	if d := r.do(keda, holdNow, `/metadata/annotations/autoscaling.keda.sh~1paused-replicas:  -> "5"`); !strings.Contains(said(d), stays) {
		t.Error(said(d))
	}
	if d := r.do(keda, free, `/metadata/annotations/autoscaling.keda.sh~1paused-replicas: "5" -> `); !strings.Contains(said(d), stays) {
		t.Error(said(d))
	}
	if s := r.rollout(keda).Scaler; s.NoIn.IsEmpty() || !s.Held.IsEmpty() {
		t.Errorf("%+v", s)
	}
}
