package gatewayroutes

import (
	"context"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/movers"
	"pitwall/backends/internal/owner"
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
		by, err := movers.Read(ctx, c, ref.Cluster, ref.Namespace)
		if err != nil {
			return nil, err
		}
		if s.holder = by.OfHTTPRoute(ref); s.holder.Name == "" {
			s.unread = by.Unread
		}
	}
	return s, nil
}

func (s *scene) rollout() fleet.Rollout {
	r := fleet.Rollout{Object: s.ref, API: kind, System: fleet.Text("HTTPRoute, of which accepted is not in force"),
		UID: string(s.o.UID), Holder: s.holder, GitOps: owner.GitOps(&s.o.ObjectMeta), At: s.now, Unit: fleet.Text("back ends"),
		OwnersUnread: s.unread}
	v := s.o.said().Stands()
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
