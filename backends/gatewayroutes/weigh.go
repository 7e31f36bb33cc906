package gatewayroutes

import (
	"strconv"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/movers"
	"pitwall/backends/internal/weights"
	"pitwall/fleet"
)

const most = 1_000_000 // that the API takes

// weigh sets weights of one or more rules. All back ends of each of these rules are compared, and what the rule matches: in an
// atomic list another rule may have come into its place.
func (s *scene) weigh(w fleet.Want) (fleet.Draft, error) {
	if err := s.mine(w.Do); err != nil {
		return fleet.Draft{}, err
	}
	want, err := s.wanted(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	var fields []fleet.Field
	var said []fleet.Safe
	for i := range s.o.Spec.Rules {
		more, words, sum := s.ofRule(i, want)
		fields, said = append(fields, more...), append(said, words...)
		if len(more) > 0 && sum == 0 {
			return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "all weights of rule "+strconv.Itoa(i+1)+" would be 0, and every request to it "+
				"would get the status 500")
		}
	}
	if len(said) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "the weights are so already")
	}
	text := fleet.Textf("weights of %s", fleet.Join(said, fleet.Text(", ")))
	write := fleet.ObjectWrite{Object: s.ref, API: kind, UID: string(s.o.UID), Verb: fleet.WriteSet, Fields: fields, Text: text}
	d := fleet.Draft{Weights: true, Stages: []fleet.Stage{{Text: text, Until: fleet.Until{Done: true}, Writes: []fleet.ObjectWrite{write}}}}
	d.Notes = []fleet.Safe{fleet.Text("accepted is not in force: the gateway's controller says that it takes the weights, and what the " +
		"back ends get shows when its proxies do")}
	if !s.unread.IsEmpty() {
		d.Notes = append(d.Notes, s.unread)
	}
	return d, nil
}

// ofRule are the fields of one rule, none where no weight of it is named, with the sum of its weights then.
func (s *scene) ofRule(i int, want map[*member]int) (fields []fleet.Field, said []fleet.Safe, sum int) {
	at := "/spec/rules/" + strconv.Itoa(i)
	named := false
	for _, m := range s.members {
		if m.rule != i {
			continue
		}
		for _, part := range []string{"/kind", "/namespace", "/name", "/port"} {
			if f := jsonptr.Same(s.doc, m.path()+part); f.Before != nil {
				fields = append(fields, f)
			}
		}
		n, ok := want[m]
		if named = named || ok; !ok || n == m.weight() {
			sum += m.weight()
			fields = append(fields, jsonptr.Same(s.doc, m.path()+"/weight"))
			continue
		}
		sum += n
		fields = append(fields, jsonptr.Set(s.doc, m.path()+"/weight", n))
		said = append(said, fleet.Textf("%s: %s -> %s", fleet.Quote(m.id), fleet.Int(m.weight()), fleet.Int(n)))
	}
	if !named {
		return nil, nil, 0
	}
	return append([]fleet.Field{jsonptr.Same(s.doc, at+"/name"), jsonptr.Same(s.doc, at+"/matches")}, fields...), said, sum
}

// mine refuses weights that a controller would set back.
func (s *scene) mine(do fleet.Deed) error {
	if s.holder.Name == "" {
		return nil
	}
	return s.no(fleet.KindUnsupported, do, fleet.Quote(s.holder.Kind+" "+s.holder.Name).String()+" writes its weights, and would set others "+
		"back: "+movers.Instead(s.holder))
}

// wanted are the weights that are named.
func (s *scene) wanted(w fleet.Want) (map[*member]int, error) {
	if len(s.members) == 0 {
		return nil, s.no(fleet.KindUnsupported, w.Do, "none of its rules has more than one back end, so there is nothing to split; add a second "+
			"one to the rule, with weight 0")
	}
	ids := make([]string, len(s.members))
	for i, m := range s.members {
		ids[i] = m.id
	}
	byID, why := weights.Wanted(w.Shares, ids, "back end")
	if why != "" {
		return nil, s.no(fleet.KindInvalid, w.Do, why)
	}
	want := map[*member]int{}
	for _, m := range s.members {
		n, named := byID[m.id]
		switch {
		case n > most:
			return nil, s.no(fleet.KindInvalid, w.Do, "the weight of "+fleet.Quote(m.id).String()+" is more than the 1000000 that the API takes")
		case named:
			want[m] = n
		}
	}
	return want, nil
}
