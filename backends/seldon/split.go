package seldon

import (
	"context"
	"slices"
	"strings"

	"pitwall/backends/internal/weights"
	"pitwall/fleet"
)

// advance gives an open canary another share.
func (s *scene) advance(ctx context.Context, w fleet.Want) (fleet.Draft, error) {
	if len(w.Parts) != 1 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Seldon keeps no list of steps; advance --to PERCENT gives the canary another "+
			"share, promote everything, abort nothing")
	}
	stable, from, err := s.pair(w.Do)
	if err != nil {
		return fleet.Draft{}, err
	}
	n := percent(w.Parts[0])
	d, err := s.split(ctx, w.Do, map[string]int{stable.Name: 100 - n, from.Name: n})
	if err == nil {
		d.Stages[0].Canary = true
	}
	return d, err
}

// split sets weights. All of them are one write, since the webhook takes them together only; those that stay are compared.
func (s *scene) split(ctx context.Context, do fleet.Deed, want map[string]int) (fleet.Draft, error) {
	if len(s.live) < 2 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, do, "it has one predictor that serves, which gets everything; upgrade with --canary "+
			"adds a second one")
	}
	var fields []fleet.Field
	var said, unready []fleet.Safe
	var list []string
	sum := 0
	for _, v := range s.live {
		n, named := want[v.Name]
		if !named {
			n = v.Traffic
		}
		sum += n
		list = append(list, fleet.Quote(v.Name).String()+" "+itoa(n))
		fields = append(fields, s.same(v.path()+"/name"))
		switch {
		case n == v.Traffic:
			fields = append(fields, s.same(v.path()+"/traffic"))
		case n > v.Traffic && !v.ready():
			return fleet.Draft{}, s.no(fleet.KindConflict, do, "predictor "+fleet.Quote(v.Name).String()+" is not ready: Seldon would not give it "+
				"the traffic before it is")
		default:
			fields = append(fields, s.to(v.path()+"/traffic", n))
			said = append(said, fleet.Textf("%s: %s -> %s %%", fleet.Quote(v.Name), fleet.Int(v.Traffic), fleet.Int(n)))
		}
		if !v.ready() {
			unready = append(unready, fleet.Quote(v.Name))
		}
	}
	switch {
	case sum != 100:
		return fleet.Draft{}, s.no(fleet.KindInvalid, do, "the weights would be "+strings.Join(list, ", ")+", which is "+itoa(sum)+" together; "+
			"Seldon takes 100")
	case len(said) == 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, do, "the weights are so already: "+strings.Join(list, ", "))
	}
	d := one(s.write(fleet.Textf("traffic of %s", fleet.Join(said, fleet.Text(", "))), fields...))
	d.Weights = true
	if len(unready) > 0 {
		d.Notes = append(d.Notes, fleet.Textf("predictor %s is not ready, and Seldon changes no route while one of its Deployments is not: the "+
			"weights come into force after that; abort takes a canary away that does not get ready", fleet.Join(unready, fleet.Text(", "))))
	}
	if routes, err := s.weights(ctx); err == nil && routes == nil {
		d.Notes = append(d.Notes, fleet.Text("no VirtualService of it can be read, so whether the weights are in force is seen by what the "+
			"predictors get only"))
	}
	return d, nil
}

// wanted reads weights. A shadow has none.
func (s *scene) wanted(w fleet.Want) (map[string]int, error) {
	var members []string
	for _, v := range s.live {
		members = append(members, v.Name)
	}
	for _, x := range w.Shares {
		if slices.ContainsFunc(s.all, func(v *serving) bool { return v.Shadow && v.Name == x.Member }) {
			return nil, s.no(fleet.KindUnsupported, w.Do, "predictor "+fleet.Quote(x.Member).String()+" is a shadow: it gets a copy of the traffic "+
				"and no part of it")
		}
	}
	want, why := weights.Wanted(w.Shares, members, "predictor")
	if why != "" {
		return nil, s.no(fleet.KindInvalid, w.Do, why)
	}
	return want, nil
}
