package kserve

import (
	"context"
	"slices"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/weights"
	"pitwall/fleet"
)

// stableName is what the predictor is called among its canaries where it has no name of its own.
const stableName = "stable"

// stableID is the member that gets what canaries leave.
func (s *service) stableID() string {
	if s.o.Spec.Predictor.Name != "" {
		return s.o.Spec.Predictor.Name
	}
	return stableName
}

// weigh sets the weights that are named. The one that gets the rest need not be: what is left is its.
func (s *service) weigh(w fleet.Want) (fleet.Draft, error) {
	if s.o.mode() == knative {
		return s.splitRevisions(w)
	}
	return s.splitCanaries(w)
}

const openOne = "; upgrade with --canary opens one"

func (s *service) splitRevisions(w fleet.Want) (fleet.Draft, error) {
	at := s.o.Status.Components["predictor"]
	if at.RolledOut == "" || at.RolledOut == at.Created {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "one revision has all traffic, and no canary is open"+openOne)
	}
	want, why := weights.Wanted(w.Shares, []string{at.RolledOut, at.Created}, "revision")
	if why != "" {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, why)
	}
	n, newest := want[at.Created]
	if old, named := want[at.RolledOut]; named {
		if newest && n+old != 100 {
			return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "the shares are "+itoa(n+old)+" % together, and there are 100")
		}
		n = 100 - old
	}
	if n < 0 || n > 100 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "a share is between 0 and 100 %")
	}
	return s.shareRevision(w.Do, n)
}

// splitCanaries sets the shares of canaries in one write; the predictor gets what they leave.
func (s *service) splitCanaries(w fleet.Want) (fleet.Draft, error) {
	if len(s.o.Spec.Canary) == 0 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "no canary is open, and in Standard mode nothing else splits traffic"+openOne)
	}
	members := []string{s.stableID()}
	for i := range s.o.Spec.Canary {
		members = append(members, s.o.Spec.Canary[i].Predictor.Name)
	}
	want, why := weights.Wanted(w.Shares, members, "member")
	if why != "" {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, why)
	}
	var fields []fleet.Field
	var said []fleet.Safe
	left := 100
	for i := range s.o.Spec.Canary {
		c := &s.o.Spec.Canary[i]
		at := canaryAt + "/" + itoa(i)
		n, named := want[c.Predictor.Name]
		if !named {
			n = c.Percent
		}
		left -= n
		fields = append(fields, jsonptr.Same(s.doc, at+"/predictor/name"))
		switch {
		case n == c.Percent:
			fields = append(fields, jsonptr.Same(s.doc, at+"/trafficPercent"))
			continue
		case n > c.Percent && !s.canaryReady(c.Predictor.Name):
			return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "canary "+fleet.Quote(c.Predictor.Name).String()+" is not ready: what it gets "+
				"would be answered with 503")
		}
		fields = append(fields, s.to(at+"/trafficPercent", n))
		said = append(said, fleet.Textf("%s: %s -> %s %%", fleet.Quote(c.Predictor.Name), fleet.Int(c.Percent), fleet.Int(n)))
	}
	stable, named := want[s.stableID()]
	switch {
	case left < 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "its canaries would get "+itoa(100-left)+" %, and there are 100")
	case named && stable != left:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "the predictor gets what canaries leave, which is "+itoa(left)+" % then and not "+
			itoa(stable)+"; name the shares of "+weights.Names(members[1:]))
	case len(said) == 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "the shares are so already")
	}
	text := fleet.Textf("traffic of %s", fleet.Join(said, fleet.Text(", ")))
	return fleet.Draft{Weights: true, Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, fields...)},
		Canary: true}}}, nil
}

// split sets weights of the services of a group: each is a write on a service of its own. Those that get more are raised before
// the others are lowered, so that the split is off in between and never empty.
func (s *llm) split(ctx context.Context, w fleet.Want) (fleet.Draft, error) {
	if s.o.group() == "" {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, aloneText)
	}
	others, err := s.others(ctx)
	if err != nil {
		return fleet.Draft{}, err
	}
	all := append([]*llm{s}, others...)
	slices.SortFunc(all, func(a, b *llm) int { return strings.Compare(a.ref.Name, b.ref.Name) })
	members := make([]string, len(all))
	for i, m := range all {
		members[i] = m.ref.Name
	}
	want, why := weights.Wanted(w.Shares, members, "service")
	if why != "" {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, why)
	}
	var raise, lower []fleet.ObjectWrite
	sum := 0
	for _, m := range all {
		n, named := want[m.ref.Name]
		if !named || n == m.o.weight() {
			sum += m.live()
			continue
		}
		if kind, why := m.mayWeigh(n); why != "" {
			return fleet.Draft{}, s.no(kind, w.Do, "service "+fleet.Quote(m.ref.Name).String()+": "+why)
		}
		if sum += n; n < m.o.weight() {
			lower = append(lower, m.weighed(n))
		} else {
			raise = append(raise, m.weighed(n))
		}
	}
	d := fleet.Draft{Weights: true}
	for _, x := range []struct {
		text   fleet.Safe
		writes []fleet.ObjectWrite
	}{{fleet.Text("weights that rise"), raise}, {fleet.Text("weights that fall"), lower}} {
		if len(x.writes) > 0 {
			d.Stages = append(d.Stages, fleet.Stage{Text: x.text, Writes: x.writes, Until: fleet.Until{Done: true}})
		}
	}
	switch {
	case sum == 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "all weights of the group would be 0, and nobody would answer")
	case len(d.Stages) == 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "the weights are so already")
	}
	return d, nil
}

// mayWeigh is why a service may not have a weight, "" for no reason.
func (s *llm) mayWeigh(n int) (kind fleet.Kind, why string) {
	switch {
	case n > mostWeight:
		return fleet.KindInvalid, "a weight is at most " + itoa(mostWeight)
	case s.o.Annotations[stopMark] == "true":
		return fleet.KindConflict, "it is stopped, and counts as 0"
	case n > s.o.weight():
		return fleet.KindConflict, s.unfit()
	}
	return "", ""
}
