package vertex

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

var errNoEndpoint = errors.New("it is no endpoint")

// Orchestrator knows endpoints of Vertex AI.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells ages by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

// scene is an endpoint as it was read.
type scene struct {
	c   fleet.Objects
	ref fleet.ObjectRef
	doc any
	uid string
	content
	members []*member // newest first
	going   fleet.Safe
	failed  fleet.Safe
	unread  fleet.Safe // why what goes on is not known
}

// order puts the newest model first.
func (s *scene) order() {
	for _, m := range s.Deployed {
		s.members = append(s.members, m)
	}
	slices.SortFunc(s.members, func(a, b *member) int {
		if c := b.Created.Compare(a.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
}

func (s *scene) id() string { return s.Name[strings.LastIndexByte(s.Name, '/')+1:] }

func read(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef) (*scene, error) {
	ref.Kind, ref.Namespace = kind.Kind, ""
	body, err := c.Get(ctx, kind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{c: c, ref: ref}
	if s.doc, err = jsonptr.Decode(body); err != nil {
		return nil, err
	}
	if err := jsonptr.Typed(body, &s.content); err != nil {
		return nil, err
	}
	s.order()
	s.uid = (&record{Name: s.Name, Created: s.Created}).uid()
	list, err := c.List(ctx, operationKind, s.id(), "")
	switch {
	case fleet.KindOf(err) == fleet.KindAuth:
		s.unread = fleet.Text("its operations may not be listed, so what goes on with it is not known")
	case err != nil:
		return nil, err
	}
	s.going, s.failed = goingOn(list)
	return s, nil
}

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, _ fleet.ObjectKind, o fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := read(ctx, c, o)
	if err != nil {
		return fleet.Rollout{}, err
	}
	r := s.rollout()
	r.At = a.clock.Now()
	return r, nil
}

func (s *scene) rollout() fleet.Rollout {
	r := fleet.Rollout{Object: s.ref, API: kind, System: fleet.Text("Vertex AI endpoint"), UID: s.uid, Unit: fleet.Text("replicas"),
		OwnersUnread: fleet.Text("Google does not say what else applies it: Terraform, a pipeline"), Traffic: s.traffic()}
	if s.Display != "" && s.Display != s.ref.Name {
		r.System = fleet.Textf("Vertex AI endpoint %s", fleet.Quote(s.Display))
	}
	r.Desired, r.Ready, r.GPUsEach, r.Gaps = s.count()
	r.Available, r.Total = r.Ready, r.Ready
	var least, most int
	for _, m := range s.members {
		least, most = least+m.least(), most+m.most()
	}
	if most > least {
		r.Scaler = fleet.Scaler{Object: s.ref, API: kind, Min: least, Max: most, Wants: r.Ready}
	}
	if len(s.members) > 0 {
		m := s.members[0]
		r.Now = m.version()
		if m.Available != nil {
			r.Updated, r.UpdatedReady = *m.Available, *m.Available
		}
		if old := s.busiest(m.ID); old != nil {
			r.Old = old.version()
		}
	}
	r.Phase, r.Why, r.Since = s.stands()
	return r
}

// count are the replicas of all deployed models together, and what is not told of them.
func (s *scene) count() (least, ready, gpus int, gaps fleet.Gaps) {
	for i, m := range s.members {
		least += m.least()
		if gaps.Ready = gaps.Ready || m.Available == nil; m.Available != nil {
			ready += *m.Available
		}
		n, ok := m.gpus()
		if gaps.GPUs = gaps.GPUs || !ok || i > 0 && n != gpus; ok {
			gpus = n
		}
	}
	if gaps.GPUs || len(s.members) == 0 {
		gaps.GPUs, gpus = true, 0
	}
	return least, ready, gpus, gaps
}

// busiest is the deployed model with the most requests beside one; nil where no other gets any.
func (s *scene) busiest(beside string) *member {
	var best *member
	for _, m := range s.members {
		if m.ID != beside && s.Split[m.ID] > 0 && (best == nil || s.Split[m.ID] > s.Split[best.ID]) {
			best = m
		}
	}
	return best
}

func (m *member) version() fleet.Version {
	v := fleet.Version{Name: fleet.Quote(m.ID), ID: m.ID, Weights: fleet.Quote(m.Version), At: m.Created.UTC()}
	if m.Display != "" {
		v.Name = fleet.Quote(m.Display + " " + m.ID)
	}
	if _, version, ok := strings.Cut(m.Version, "@"); ok {
		v.Revision = fleet.Quote(version)
	}
	return v
}

func (s *scene) traffic() fleet.Traffic {
	t := fleet.Traffic{Kind: fleet.TrafficPercent}
	for _, m := range s.members {
		t.Members = append(t.Members, fleet.TrafficMember{Name: fleet.Quote(m.Display + " " + m.Version), ID: m.ID, Weight: s.Split[m.ID],
			Ready: m.Available != nil && *m.Available >= max(m.least(), 1)})
	}
	return t
}

// stands says how an endpoint stands: by what goes on, then by what is there.
func (s *scene) stands() (fleet.RolloutPhase, fleet.Safe, time.Time) {
	if !s.going.IsEmpty() {
		return fleet.RolloutMoving, fleet.Concat(s.going, fleet.Text(" is under way")), time.Time{}
	}
	if len(s.members) == 0 {
		return fleet.RolloutUnknown, fleet.Text("no model is deployed on it"), time.Time{}
	}
	since := s.members[0].Created.UTC()
	for _, m := range s.members {
		if m.Available == nil || *m.Available >= m.least() {
			continue
		}
		why := fleet.Textf("%s of %s replicas of %s are available", fleet.Int(*m.Available), fleet.Int(m.least()), fleet.Quote(m.ID))
		if m.Message != "" {
			why = fleet.Textf("%s: %s", why, fleet.Label(m.Message[:min(len(m.Message), mostSaidOfFailure)]))
		}
		return fleet.RolloutMoving, why, since
	}
	switch {
	case !s.failed.IsEmpty():
		return fleet.RolloutDone, s.failed, since
	case !s.unread.IsEmpty():
		return fleet.RolloutUnknown, s.unread, since
	}
	return fleet.RolloutDone, fleet.Safe{}, since
}

// workload is an endpoint as lists show it.
func (s *scene) workload() *fleet.Workload {
	w := &fleet.Workload{Kind: kind.Kind, UID: s.uid, Created: s.Created.UTC(), State: fleet.StateOK}
	w.Desired, w.Ready, w.GPUsEach, w.Gaps = s.count()
	w.Updated, w.Available = w.Ready, w.Ready
	if m := s.serving(); m != nil {
		w.Image = fleet.Label(m.Version)
	}
	phase, why, since := s.stands()
	w.Why, w.Since = why, since
	switch {
	case phase == fleet.RolloutUnknown:
		w.State = fleet.StateUnknown
	case phase != fleet.RolloutDone:
		w.State = fleet.StateWarn
	case len(s.Split) == 0:
		w.State, w.Why = fleet.StateIdle, fleet.Text("no deployed model gets requests")
	}
	return w
}
