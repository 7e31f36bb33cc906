package modelrewrite

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/parents"
	"pitwall/fleet"
)

var poolKind = fleet.ObjectKind{Group: "inference.networking.k8s.io", Version: "v1", Resource: "inferencepools", Kind: "InferencePool"}

// around is what was read beside a rewrite.
type around struct {
	others  []*object
	pools   map[string]*pool
	noPools bool // they could not be read
}

// pool is what gateways say of an InferencePool.
type pool struct {
	metav1.ObjectMeta `json:"metadata"`
	Status            struct {
		Parents []parents.Said `json:"parents"`
	} `json:"status"`
}

func readAround(ctx context.Context, c fleet.Objects, namespace string) (*around, []fleet.Safe, error) {
	a := &around{pools: map[string]*pool{}}
	for _, kind := range kinds {
		list, err := listing.Of[object](ctx, c, kind, namespace, "")
		switch fleet.KindOf(err) {
		case "", fleet.KindNotFound, fleet.KindInvalid: // one that cannot be understood is said where it is read as a route
		default:
			return nil, nil, err
		}
		a.others = append(a.others, list...)
	}
	pools, err := listing.Of[pool](ctx, c, poolKind, namespace, "")
	var unread []fleet.Safe
	if err != nil {
		a.noPools = true
		if fleet.KindOf(err) == fleet.KindAuth {
			unread = append(unread, fleet.Textf("what gateways say of inference pools may not be read: %s", fleet.Cause(err)))
		}
	}
	for _, p := range pools {
		a.pools[p.Namespace+"/"+p.Name] = p
	}
	if fleet.KindOf(err) == fleet.KindInvalid {
		err = nil
	}
	return a, unread, child.PassOver(err)
}

// before names the rewrite whose rule answers all requests that a rule is for; "" where some are left to it. An exact match comes
// before none, an older object before a younger one, an earlier rule of one object before a later one.
func (a *around) before(o *object, i int) string {
	models := o.Spec.Rules[i].models()
	if len(models) == 0 {
		return a.first(o, i, func(r *rule) bool { return len(r.models()) == 0 })
	}
	name := ""
	for _, m := range models {
		if name = a.first(o, i, func(r *rule) bool { return slices.Contains(r.models(), m) }); name == "" {
			return ""
		}
	}
	return name
}

// first is the rewrite whose rule of some comes before a rule; "" for none.
func (a *around) first(o *object, at int, takes func(*rule) bool) string {
	for i := range at {
		if takes(&o.Spec.Rules[i]) {
			return o.Name
		}
	}
	for _, other := range a.others {
		if other.Namespace != o.Namespace || other.Name == o.Name || other.Spec.Pool.Name != o.Spec.Pool.Name ||
			!other.CreationTimestamp.Time.Before(o.CreationTimestamp.Time) {
			continue
		}
		for i := range other.Spec.Rules {
			if takes(&other.Spec.Rules[i]) {
				return other.Name
			}
		}
	}
	return ""
}

// ofPool is what is wrong with the pool of a rewrite.
func (a *around) ofPool(o *object) []fleet.Safe {
	if a.noPools || o.Spec.Pool.Group != "" && o.Spec.Pool.Group != poolKind.Group {
		return nil
	}
	p := a.pools[o.Namespace+"/"+o.Spec.Pool.Name]
	if p == nil {
		return []fleet.Safe{fleet.Textf("its InferencePool %s is not there", fleet.Quote(o.Spec.Pool.Name))}
	}
	var list []fleet.Safe
	for i := range p.Status.Parents {
		said := &p.Status.Parents[i]
		for j := range said.Conditions {
			if c := &said.Conditions[j]; c.Status == metav1.ConditionFalse {
				list = append(list, fleet.Textf("of its InferencePool %s gateway %s says: %s", fleet.Quote(p.Name),
					said.Parent.In(p.Namespace).Text(), parents.ConditionText(c)))
			}
		}
	}
	return list
}
