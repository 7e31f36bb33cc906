package seldon

import (
	"context"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

const istio = "networking.istio.io"

// traffic is what the spec gives to each predictor. A shadow gets copies, which are no part of it.
func (s *scene) traffic() fleet.Traffic {
	if len(s.live) < 2 {
		return fleet.Traffic{}
	}
	t := fleet.Traffic{Kind: fleet.TrafficPercent}
	for _, v := range s.live {
		t.Members = append(t.Members, fleet.TrafficMember{Name: fleet.Quote(v.Name), ID: v.Name, Weight: v.Traffic, Ready: v.ready()})
	}
	return t
}

// routed tells whether Istio gets the weights that the spec says: the operator writes them as late as all of its Deployments
// are ready. Without Istio nothing can be read of them.
func (s *scene) routed(ctx context.Context) (stuck.Verdict, error) {
	done := stuck.Verdict{Phase: fleet.RolloutDone}
	if len(s.live) < 2 {
		return done, nil
	}
	weights, err := s.weights(ctx)
	if err != nil || weights == nil {
		return done, err
	}
	if why := s.otherwise(weights); !why.IsEmpty() {
		return stuck.Verdict{Phase: fleet.RolloutMoving, Why: why}, nil
	}
	return done, nil
}

// otherwise says which predictor gets another share than the spec says; "" where none does.
func (s *scene) otherwise(weights map[string]int) fleet.Safe {
	for _, v := range s.live {
		if has := weights[v.Name]; has != v.Traffic {
			return fleet.Textf("VirtualService %s still gives predictor %s %s %%, wanted is %s", fleet.Quote(routeName(s.ref.Name)),
				fleet.Quote(v.Name), fleet.Int(has), fleet.Int(v.Traffic))
		}
	}
	return fleet.Safe{}
}

// unsplit says why the predictors do not get what the spec says while it is not done: the operator changes no weight before all
// Deployments are ready, so that without a VirtualService that says otherwise what keeps those keeps the weights.
func (s *scene) unsplit(ctx context.Context, why fleet.Safe) (fleet.Safe, error) {
	weights, err := s.weights(ctx)
	if err != nil || weights == nil {
		return why, err
	}
	return s.otherwise(weights), nil
}

// weights are those of the VirtualService by predictor; nil where there is none, or it may not be read.
func (s *scene) weights(ctx context.Context) (map[string]int, error) {
	versions, err := s.c.Versions(ctx, istio)
	if err = child.PassOver(err); err != nil || len(versions) == 0 {
		return nil, err
	}
	kind := fleet.ObjectKind{Group: istio, Version: versions[0], Resource: "virtualservices", Kind: "VirtualService"}
	doc, err := child.Document(ctx, s.c, kind, fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: kind.Kind, Namespace: s.ref.Namespace,
		Name: routeName(s.ref.Name)})
	if err = child.PassOver(err); err != nil || doc == nil {
		return nil, err
	}
	var v struct {
		Spec struct {
			HTTP []struct {
				Route []struct {
					Destination struct {
						Subset string `json:"subset"`
					} `json:"destination"`
					Weight int `json:"weight"`
				} `json:"route"`
			} `json:"http"`
		} `json:"spec"`
	}
	if err := jsonptr.Into(doc, &v); err != nil || len(v.Spec.HTTP) == 0 {
		return nil, err
	}
	weights := map[string]int{}
	for _, r := range v.Spec.HTTP[0].Route { // all of them split alike: one for HTTP, one for gRPC
		weights[r.Destination.Subset] = r.Weight
	}
	return weights, nil
}
