package kserve

import (
	"context"
	"math"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// whole is the weight that a member gets which gets everything, where no other number is there to go by.
const whole = 100

const weightAt = "/spec/router/route/weight"

const mostWeight = 1_000_000 // that KServe takes

const aloneText = "it is in no traffic group; give it and a second service with the same model name one router.route.group, or undo " +
	"the change that began the roll"

// traffic is the split in the group of a service, as its own route has it.
func (s *llm) traffic() fleet.Traffic {
	if s.o.group() == "" {
		return fleet.Traffic{}
	}
	t := fleet.Traffic{Kind: fleet.TrafficProportional}
	for _, m := range s.o.Status.Router.Group.Members {
		w := m.Weight
		if m.Stopped {
			w = 0
		}
		t.Members = append(t.Members, fleet.TrafficMember{Name: fleet.Quote(m.Name), ID: m.Name, Weight: w, Ready: !m.Stopped})
	}
	return t
}

// weigh moves weights between the services of a group. The one that gets more is raised before the others are lowered: each
// service's own route holds all weights, so that between two writes the split is off, but never empty.
func (s *llm) weigh(ctx context.Context, w fleet.Want) (fleet.Draft, error) {
	if s.o.group() == "" {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, aloneText)
	}
	others, err := s.others(ctx)
	if err != nil {
		return fleet.Draft{}, err
	}
	sum := 0
	for _, m := range others {
		sum += m.live()
	}
	switch w.Do {
	case fleet.DoPromote:
		return s.takeAll(others, sum)
	case fleet.DoAbandonRoll:
		return s.giveAll(sum)
	default: // another share
	}
	if len(w.Parts) != 1 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a group has weights and no list of steps; promote gives this service "+
			"everything, abort nothing")
	}
	return s.share(w.Parts[0], sum)
}

// others are the services of the group beside this one.
func (s *llm) others(ctx context.Context) ([]*llm, error) {
	bodies, err := s.c.List(ctx, s.kind, s.ref.Namespace, "")
	if err != nil {
		return nil, err
	}
	var list []*llm
	for _, body := range bodies {
		doc, err := jsonptr.Decode(body)
		if err != nil {
			return nil, err
		}
		m := &llm{c: s.c, kind: s.kind, now: s.now, doc: doc}
		if err := jsonptr.Into(doc, &m.o); err != nil {
			return nil, err
		}
		m.ref = fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: llmKind.Kind, Namespace: s.ref.Namespace, Name: m.o.Name}
		if m.o.group() == s.o.group() && m.ref.Name != s.ref.Name && m.o.DeletionTimestamp == nil {
			list = append(list, m)
		}
	}
	return list, nil
}

// live is its weight, 0 while it is stopped.
func (s *llm) live() int {
	if s.o.Annotations[stopMark] == "true" {
		return 0
	}
	return s.o.weight()
}

func (s *llm) weighed(n int) fleet.ObjectWrite {
	return s.write(fleet.Textf("weight of %s: %s -> %s", fleet.Quote(s.ref.Name), fleet.Int(s.o.weight()), fleet.Int(n)),
		jsonptr.Same(s.doc, "/spec/router/route/group"), s.to(weightAt, n))
}

func (s *llm) one(write fleet.ObjectWrite) fleet.Draft {
	return fleet.Draft{Weights: true, Stages: []fleet.Stage{{Text: write.Text, Writes: []fleet.ObjectWrite{write},
		Until: fleet.Until{Done: true}}}}
}

// takeAll gives this service all of the group's traffic: first its own weight, then those of the others.
func (s *llm) takeAll(others []*llm, sum int) (fleet.Draft, error) {
	switch {
	case sum == 0 && s.o.weight() > 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoPromote, "it gets all traffic of group "+fleet.Quote(s.o.group()).String()+" "+
			"already")
	case s.live() == 0 && s.o.weight() > 0:
		return fleet.Draft{}, s.no(fleet.KindConflict, fleet.DoPromote, "it is stopped")
	}
	if why := s.unfit(); why != "" {
		return fleet.Draft{}, s.no(fleet.KindConflict, fleet.DoPromote, why)
	}
	d := fleet.Draft{Weights: true}
	if n := max(sum, whole); s.o.weight() < n {
		d = s.one(s.weighed(n))
	}
	lower := fleet.Stage{Text: fleet.Text("no traffic to the others"), Until: fleet.Until{Done: true}}
	for _, m := range others {
		if m.o.weight() > 0 {
			lower.Writes = append(lower.Writes, m.weighed(0))
		}
	}
	if len(lower.Writes) > 0 {
		d.Stages = append(d.Stages, lower)
	}
	d.Notes = []fleet.Safe{fleet.Text("the other services of the group keep their replicas: stop or delete them once nobody wants back")}
	return d, nil
}

// unfit is why it should get no more traffic, "" for no reason.
func (s *llm) unfit() string {
	for _, name := range []string{"WorkloadsReady", "GroupReady"} {
		if c, ok := s.o.condition(name); ok && c.Status != "True" {
			return c.text().String()
		}
	}
	return ""
}

// giveAll takes this service's traffic away.
func (s *llm) giveAll(sum int) (fleet.Draft, error) {
	switch {
	case s.o.weight() == 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAbandonRoll, "its weight is 0 already")
	case sum == 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, fleet.DoAbandonRoll, "no other service of the group has a weight, so nobody would "+
			"answer; promote the one that should")
	}
	return s.one(s.weighed(0)), nil
}

// share gives this service a part of the group's traffic: its weight is found from those of the others, which stay.
func (s *llm) share(p fleet.Ratio, sum int) (fleet.Draft, error) {
	switch {
	case sum == 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAdvance, "no other service of the group has a weight: it gets everything "+
			"whatever its own is")
	case p >= 1:
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAdvance, "all of the traffic is what promote gives it")
	}
	n := max(int(math.Round(float64(p)/(1-float64(p))*float64(sum))), 1)
	if why := s.unfit(); why != "" && n > s.o.weight() {
		return fleet.Draft{}, s.no(fleet.KindConflict, fleet.DoAdvance, why)
	}
	if n == s.o.weight() {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAdvance, "its weight is "+itoa(n)+" already")
	}
	d := s.one(s.weighed(n))
	d.Stages[0].Canary = true
	return d, nil
}

// inForce tells whether the route of every service of the group has the weights of all of them: a share is one of their sum.
func (s *llm) inForce(ctx context.Context) (fleet.Safe, error) {
	others, err := s.others(ctx)
	if err != nil {
		return fleet.Safe{}, err
	}
	all := append(others, s)
	for _, m := range all {
		if m.o.Annotations[stopMark] == "true" {
			continue
		}
		for _, of := range all {
			if why := m.gives(of, of == s); !why.IsEmpty() {
				return why, nil
			}
		}
	}
	return fleet.Safe{}, nil
}

// gives says where a service's own route has not the weight of another one of the group, "" where it has. KServe leaves out those
// that cannot be reached, which counts against one that must be there.
func (s *llm) gives(of *llm, must bool) fleet.Safe {
	want := of.live()
	for _, at := range s.o.Status.Router.Group.Members {
		if at.Name != of.ref.Name {
			continue
		}
		has := at.Weight
		if at.Stopped {
			has = 0
		}
		if has == want {
			return fleet.Safe{}
		}
		return fleet.Textf("the route of %s still gives %s weight %s, wanted is %s", fleet.Quote(s.ref.Name), fleet.Quote(of.ref.Name),
			fleet.Int(has), fleet.Int(want))
	}
	if want == 0 || !must {
		return fleet.Safe{}
	}
	why := fleet.Textf("the route of %s does not lead to %s, whose weight is %s", fleet.Quote(s.ref.Name), fleet.Quote(of.ref.Name),
		fleet.Int(want))
	if c, ok := s.o.condition("GroupDegraded"); ok && c.Status == "True" {
		why = fleet.Textf("%s; %s", why, c.text())
	}
	return why
}
