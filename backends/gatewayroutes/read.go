package gatewayroutes

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// scene is a route with who writes its weights.
type scene struct {
	ref     fleet.ObjectRef
	now     time.Time
	doc     any
	o       object
	members []*member
	holder  fleet.ObjectRef // zero for none that is known
	unread  fleet.Safe      // why not all is known of who writes them
}

func read(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, now time.Time) (*scene, error) {
	ref.Kind = kind.Kind
	doc, err := child.Document(ctx, c, kind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{ref: ref, now: now, doc: doc}
	if err := jsonptr.Into(doc, &s.o); err != nil {
		return nil, err
	}
	s.members = s.o.members()
	if s.holder = owner.Holder(ref, &s.o.ObjectMeta); s.holder.Name == "" {
		s.holder, s.unread, err = mover(ctx, c, ref)
	}
	return s, err
}

func (s *scene) rollout() fleet.Rollout {
	r := fleet.Rollout{Object: s.ref, API: kind, System: fleet.Text("HTTPRoute, of which accepted is not in force"),
		UID: string(s.o.UID), Holder: s.holder, GitOps: owner.GitOps(&s.o.ObjectMeta), At: s.now, Unit: fleet.Text("back ends"),
		OwnersUnread: s.unread}
	v := s.stands()
	r.Phase, r.Why, r.Never, r.Since = v.Phase, v.Why, v.Never, v.Since
	if len(s.members) > 0 {
		r.Traffic.Kind = fleet.TrafficProportional
		if s.holder.Name != "" {
			r.Traffic.Kind = fleet.TrafficOwned
		}
	}
	for _, m := range s.members {
		name := fleet.Quote(m.id)
		if m.Kind != "" && m.Kind != "Service" {
			name = fleet.Textf("%s, %s", name, fleet.Quote(m.Kind))
		}
		r.Traffic.Members = append(r.Traffic.Members, fleet.TrafficMember{Name: name, ID: m.id, Weight: m.weight(),
			Ready: v.Phase == fleet.RolloutDone})
	}
	r.Desired, r.Total = len(s.members), len(s.members)
	if v.Phase == fleet.RolloutDone {
		r.Updated, r.UpdatedReady, r.Ready, r.Available = r.Total, r.Total, r.Total, r.Total
	}
	return r
}

// stands asks what each gateway says of the route as it is now. All of it is a word of the controller: what proxies do is seen
// by what back ends get.
func (s *scene) stands() stuck.Verdict {
	if len(s.o.Spec.Parents) == 0 {
		return stuck.Verdict{Phase: fleet.RolloutUnknown, Why: fleet.Text("it names no gateway")}
	}
	for _, p := range s.o.Spec.Parents {
		p = p.in(s.ref.Namespace)
		said := false
		for i := range s.o.Status.Parents {
			at := &s.o.Status.Parents[i]
			if at.Parent.in(s.ref.Namespace) != p {
				continue
			}
			said = true
			if v, ok := s.parentStands(p, at.Conditions); !ok {
				return v
			}
		}
		if !said {
			return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("gateway %s has said nothing of it yet", p.text())}
		}
	}
	return stuck.Verdict{Phase: fleet.RolloutDone}
}

// parentStands is true where a gateway took all of the newest route.
func (s *scene) parentStands(p parent, list []metav1.Condition) (stuck.Verdict, bool) {
	var bad stuck.Verdict
	good := 0
	for i := range list {
		c := &list[i]
		wanted := c.Type == "Accepted" || c.Type == "ResolvedRefs"
		switch {
		case !wanted && c.Type != "PartiallyInvalid":
		case c.ObservedGeneration < s.o.Generation && wanted:
			return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("gateway %s has seen generation %s and not yet %s", p.text(),
				fleet.Int(c.ObservedGeneration), fleet.Int(s.o.Generation))}, false
		case c.ObservedGeneration < s.o.Generation: // one that went with the older route
		case (c.Status == metav1.ConditionTrue) == wanted:
			good++
		case bad.Why.IsEmpty():
			bad = stuck.Verdict{Phase: fleet.RolloutStuck, Since: c.LastTransitionTime.UTC(),
				Why: fleet.Textf("gateway %s: %s", p.text(), conditionText(c))}
			if c.Type == "Accepted" {
				bad.Phase = fleet.RolloutFailed
			}
		}
	}
	switch {
	case !bad.Why.IsEmpty():
		return bad, false
	case good < 2:
		return stuck.Verdict{Phase: fleet.RolloutUnseen, Why: fleet.Textf("gateway %s has not said whether it takes it", p.text())}, false
	}
	return stuck.Verdict{}, true
}
