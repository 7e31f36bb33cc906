package kserve

import (
	"context"
	"slices"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

var routeKind = fleet.ObjectKind{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes", Kind: "HTTPRoute"}

// canaries reads what serves beside the predictor. A rollout of such a service counts the last canary as the new version.
func (s *service) canaries(ctx context.Context, r *fleet.Rollout, stable *child.Deployment) (stuck.Verdict, error) {
	last := &s.o.Spec.Canary[len(s.o.Spec.Canary)-1]
	left := 100
	r.Traffic = fleet.Traffic{Kind: fleet.TrafficPercent}
	for i := range s.o.Spec.Canary {
		c := &s.o.Spec.Canary[i]
		left -= c.Percent
		r.Traffic.Members = append(r.Traffic.Members, fleet.TrafficMember{Name: fleet.Quote(c.Predictor.Name), ID: c.Predictor.Name,
			Weight: c.Percent, Ready: s.canaryReady(c.Predictor.Name)})
	}
	r.Traffic.Members = slices.Insert(r.Traffic.Members, 0, fleet.TrafficMember{Name: fleet.Text("stable"), ID: s.stableID(),
		Weight: max(left, 0), Ready: child.Ready(stable.New)+child.Ready(stable.Old) > 0})
	r.Old = s.block.version()
	at, _ := jsonptr.Find(s.doc, jsonptr.Path("spec", "canary", itoa(len(s.o.Spec.Canary)-1), "predictor"))
	fresh := findBlock(at)
	r.Now = fresh.version()
	r.Now.Name = fleet.Textf("canary %s", fleet.Quote(last.Predictor.Name))
	name := s.childName(last.Predictor.Name)
	d, err := s.deployment(ctx, name)
	if err != nil {
		return stuck.Verdict{}, err
	}
	if d == nil {
		r.Updated, r.UpdatedReady = 0, 0
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("Deployment %s of the canary is not there yet", fleet.Quote(name))}, nil
	}
	r.Updated = int(d.Spec.Status.UpdatedReplicas)
	r.Ready, r.Available, r.Total = r.Ready+int(d.Spec.Status.ReadyReplicas), r.Available+int(d.Spec.Status.AvailableReplicas),
		r.Total+int(d.Spec.Status.Replicas)
	child.CountPods(r, d.New, append(slices.Clone(stable.New), stable.Old...))
	child.Facts(r, d.Template, d.New, stable.New)
	child.Fill(&r.Now, d.Template)
	child.Fill(&r.Old, stable.Template)
	r.Now.At = child.Oldest(d.New)
	if why := fresh.untaken(d.Template, base{}, ""); !why.IsEmpty() {
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: why}, nil
	}
	v, err := d.Stands(ctx, s.c, s.now)
	if err != nil || v.Phase != fleet.RolloutDone {
		return v, err
	}
	if !s.canaryReady(last.Predictor.Name) {
		return stuck.Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("the replicas of canary %s are there; KServe has not said that it "+
			"is ready",
			fleet.Quote(last.Predictor.Name))}, nil
	}
	if v, err = s.routed(ctx, last.Predictor.Name, last.Percent); v.Phase == fleet.RolloutStuck {
		r.Traffic.Unsplit = v.Why // replicas that no route leads to serve nobody: no stage is over by them
	}
	return v, err
}

func (s *service) canaryReady(name string) bool {
	for _, c := range s.o.Status.Canaries {
		if c.Name == name {
			return c.Ready
		}
	}
	return false
}

// routed tells whether a canary gets what the spec says. The status only repeats the spec, so the route is asked: KServe
// 0.20.0 as it was released makes canaries and leaves them out of its routes.
func (s *service) routed(ctx context.Context, name string, percent int) (stuck.Verdict, error) {
	holds := stuck.Verdict{Phase: fleet.RolloutPaused, Why: fleet.Textf("canary %s holds at %s %%: promote it or abort", fleet.Quote(name),
		fleet.Int(percent))}
	if percent == 0 {
		return holds, nil
	}
	weight, route, refused, err := s.weight(ctx, s.childName(name))
	switch {
	case fleet.KindOf(err) == fleet.KindAuth:
		return holds, nil // it may not be read: then the spec is all that is known
	case err != nil:
		return stuck.Verdict{}, err
	case !route:
		return stuck.Verdict{Phase: fleet.RolloutStuck, Never: true, Why: fleet.Textf("there is no HTTPRoute %s, so canary %s gets no "+
			"traffic: KServe splits it through the Gateway API only",
			fleet.Quote(s.ref.Name), fleet.Quote(name))}, nil
	case weight != percent:
		return stuck.Verdict{Phase: fleet.RolloutStuck, Why: fleet.Textf("canary %s should get %s %% and HTTPRoute %s gives it %s: KServe "+
			"0.20.0 writes no weights",
			fleet.Quote(name), fleet.Int(percent), fleet.Quote(s.ref.Name), fleet.Int(weight))}, nil
	case !refused.IsEmpty():
		return stuck.Verdict{Phase: fleet.RolloutStuck, Why: fleet.Textf("HTTPRoute %s gives canary %s %s %% and is not taken: %s",
			fleet.Quote(s.ref.Name), fleet.Quote(name), fleet.Int(percent), refused)}, nil
	}
	return holds, nil
}

// weight is what the route of the service gives a back end. route is false where there is none, and refused is why a gateway does
// not take it, as far as one has said so.
func (s *service) weight(ctx context.Context, backend string) (n int, route bool, refused fleet.Safe, err error) {
	ref := fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: routeKind.Kind, Namespace: s.ref.Namespace, Name: s.ref.Name}
	doc, err := child.Document(ctx, s.c, routeKind, ref)
	if fleet.KindOf(err) == fleet.KindNotFound {
		return 0, false, refused, nil
	}
	if err != nil {
		return 0, false, refused, err
	}
	var r struct {
		Status struct {
			Parents []struct {
				Conditions []condition `json:"conditions"`
			} `json:"parents"`
		} `json:"status"`
		Spec struct {
			Rules []struct {
				Backends []struct {
					Name   string `json:"name"`
					Weight *int   `json:"weight"`
				} `json:"backendRefs"`
			} `json:"rules"`
		} `json:"spec"`
	}
	if err := jsonptr.Into(doc, &r); err != nil {
		return 0, true, refused, err
	}
	for _, p := range r.Status.Parents {
		for _, c := range p.Conditions {
			if c.Status == "False" && (c.Type == "Accepted" || c.Type == "ResolvedRefs") {
				refused = c.text()
			}
		}
	}
	for _, rule := range r.Spec.Rules {
		for _, b := range rule.Backends {
			switch {
			case b.Name != backend:
			case b.Weight == nil:
				n = max(n, 1)
			default:
				n = max(n, *b.Weight)
			}
		}
	}
	return n, true, refused, nil
}
