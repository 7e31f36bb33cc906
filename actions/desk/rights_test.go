package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

// warden lets everything be written but some parts and kinds.
type warden struct {
	roller
	refuses []string // "resource" or "resource/part"
	asked   *[]string
}

func (w warden) May(_ context.Context, o fleet.ObjectWrite) error {
	what := o.API.Resource
	if o.Part != "" {
		what += "/" + o.Part
	}
	*w.asked = append(*w.asked, what+" "+o.Object.Name)
	if slices.Contains(w.refuses, what) {
		return &fleet.Error{Kind: fleet.KindAuth, Op: "ask", Err: errors.New("this identity may not patch " + what)}
	}
	return nil
}

func TestTheServerIsAskedWhatMayBeDone(t *testing.T) {
	hpa := fleet.Scaler{Object: fleet.ObjectRef{Cluster: "east", Kind: "HorizontalPodAutoscaler", Namespace: "llm", Name: "h"},
		API: fleet.ObjectKind{Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers", Kind: "HorizontalPodAutoscaler"}}
	for name, x := range map[string]struct {
		api     fleet.ObjectKind
		scaler  fleet.Scaler
		refuses []string
		lacks   []fleet.Deed
		asks    []string
	}{
		"all is allowed": {fleet.ObjectKind{Group: "apps", Resource: "deployments"}, hpa, nil, nil,
			[]string{"deployments llama", "deployments/scale llama", "horizontalpodautoscalers h"}},
		"the scale alone is refused": {fleet.ObjectKind{Group: "apps", Resource: "deployments"}, fleet.Scaler{}, []string{"deployments/scale"},
			[]fleet.Deed{fleet.DoScale}, []string{"deployments llama", "deployments/scale llama"}},
		"the object is refused": {fleet.ObjectKind{Group: "serving.kserve.io", Resource: "inferenceservices"}, fleet.Scaler{},
			[]string{"inferenceservices"}, []fleet.Deed{fleet.DoUpgrade, fleet.DoRestart, fleet.DoScale, fleet.DoTraffic},
			[]string{"inferenceservices llama"}},
		"the autoscaler is refused": {fleet.ObjectKind{Group: "apps", Resource: "deployments"}, hpa, []string{"horizontalpodautoscalers"},
			[]fleet.Deed{fleet.DoHoldScaler, fleet.DoFreeScaler},
			[]string{"deployments llama", "deployments/scale llama", "horizontalpodautoscalers h"}},
		"a node": {fleet.ObjectKind{Resource: "nodes"}, fleet.Scaler{}, []string{"nodes"},
			[]fleet.Deed{fleet.DoCordon, fleet.DoUncordon, fleet.DoDrain}, []string{"nodes llama"}},
		"what a deed writes is not certain": {fleet.ObjectKind{Group: "flagger.app", Resource: "canaries"}, fleet.Scaler{}, []string{"canaries"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			w := warden{refuses: x.refuses, asked: &asked}
			r := open(t, Options{Env: fleet.EnvStage, Roller: func(fleet.ClusterID) (fleet.Roller, bool) { return w, true }})
			lacks := r.Lacks(t.Context(), &fleet.Rollout{Object: llama, API: x.api, Scaler: x.scaler})
			if !slices.Equal(asked, x.asks) || len(lacks) != len(x.lacks) {
				t.Errorf("asked %q, lacks %v", asked, lacks)
			}
			for _, d := range x.lacks {
				if !strings.Contains(lacks[d].String(), "may not patch") {
					t.Errorf("%s: %q", d, lacks[d])
				}
			}
		})
	}
	r := open(t, Options{Env: fleet.EnvStage})
	if lacks := r.Lacks(t.Context(), &fleet.Rollout{Object: llama}); lacks != nil {
		t.Errorf("without a cluster: %v", lacks)
	}
}
