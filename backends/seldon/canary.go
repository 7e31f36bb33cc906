package seldon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

const serviceMark = "seldon.io/svc-name" // the name of a predictor's Service, which no other may have

// byCanary serves the changed predictor beside the one that is there. All weights and the new predictor are one write, which
// the webhook asks for; the operator gives it traffic as soon as all its Deployments are ready, and not before. At the end the
// first predictor takes over what the canary serves, and the canary goes when that is ready.
func (s *scene) byCanary(r *fleet.Rollout, w fleet.Want, text fleet.Safe, v *serving, next any) (fleet.Draft, error) {
	if len(s.live) != 1 || v.Shadow {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "it has the predictors "+s.names()+", and a canary is made beside exactly one; "+
			"promote or abort the one that is there, or leave --canary out")
	}
	whole := max(r.Desired, 1)
	size := func(p fleet.Ratio) int { return min(max(int(math.Ceil(float64(p)*float64(whole))), 1), whole) }
	name := canaryName(next)
	at, stable := "/spec/predictors/"+itoa(len(s.all)), s.same(v.path()+"/traffic").Before
	var before fleet.JSON
	var d fleet.Draft
	for _, p := range w.Parts {
		after := jsonptr.Encode(canary(next, name, percent(p), size(p)))
		left := jsonptr.Encode(100 - percent(p))
		say := fleet.Textf("canary %s: %s %% of the traffic, %s", fleet.Quote(name), fleet.Int(percent(p)), fleet.Many(size(p), "replica"))
		if before == nil {
			say = fleet.Textf("%s, as %s", text, say)
		}
		d.Stages = append(d.Stages, fleet.Stage{Text: say, Canary: true, Until: fleet.Until{Updated: size(p), Ready: size(p), Split: true},
			Writes: []fleet.ObjectWrite{s.write(say, s.same(v.path()+"/name"),
				fleet.Field{Path: v.path() + "/traffic", Before: stable, After: left}, fleet.Field{Path: at, Before: before, After: after})}})
		before, stable = after, left
	}
	say := fleet.Textf("predictor %s takes over what canary %s serves", fleet.Quote(v.Name), fleet.Quote(name))
	fields := append([]fleet.Field{s.same(v.path() + "/name"), {Path: v.path() + "/traffic", Before: stable, After: jsonptr.Encode(100)}},
		jsonptr.Diff(v.path(), v.doc, next)...)
	d.Stages = append(d.Stages, fleet.Stage{Text: say, Until: fleet.Until{Done: true},
		Writes: []fleet.ObjectWrite{s.write(say, append(fields, fleet.Field{Path: at, Before: before})...)}})
	d.Extra = (size(w.Parts[len(w.Parts)-1]) + r.Surge.Extra) * r.GPUsEach
	d.Down = r.Surge.Missing
	d.Notes = []fleet.Safe{fleet.Textf("at its end predictor %s rolls in place; canary and routes stay as they are until it is ready",
		fleet.Quote(v.Name))}
	return d, nil
}

// canary is a predictor that serves beside another one: it has its own size, and nothing that only one of them may have.
func canary(next any, name string, weight, replicas int) any {
	for _, path := range []string{"/explainer", "/shadow", jsonptr.Path("annotations", serviceMark)} {
		next = jsonptr.With(next, path, nil)
	}
	list, _ := jsonptr.Find(next, "/componentSpecs")
	components, _ := list.([]any)
	for j := range components {
		for _, own := range []string{"/replicas", "/hpaSpec", "/kedaSpec", "/pdbSpec"} {
			next = jsonptr.With(next, "/componentSpecs/"+itoa(j)+own, nil)
		}
	}
	next = jsonptr.With(next, "/replicas", replicas)
	return jsonptr.With(jsonptr.With(next, "/name", name), "/traffic", weight)
}

// canaryName tells versions apart, so that a canary planned twice is the same.
func canaryName(predictor any) string {
	sum := sha256.Sum256(jsonptr.Encode(predictor))
	return "v" + hex.EncodeToString(sum[:4])
}

// pair is the predictor that serves and its canary.
func (s *scene) pair(do fleet.Deed) (stable, canary *serving, err error) {
	if len(s.live) == 2 {
		return s.live[0], s.live[1], nil
	}
	if len(s.live) < 2 {
		return nil, nil, s.no(fleet.KindUnsupported, do, "it has one predictor that serves, so no canary is open; upgrade with --canary opens "+
			"one, and undo takes a change back")
	}
	return nil, nil, s.no(fleet.KindUnsupported, do, "which of the predictors "+s.names()+" is the canary is not clear; set their weights by "+
		"pitwall traffic")
}

// taken are the fields that a predictor takes over from its canary. Its name, its size and its autoscaler stay.
func (s *scene) taken(stable, from *serving) ([]fleet.Field, error) {
	next := stable.doc
	graph, _ := jsonptr.Find(from.doc, "/graph")
	next = jsonptr.With(next, "/graph", graph)
	list, _ := jsonptr.Find(from.doc, "/componentSpecs")
	components, _ := list.([]any)
	if len(components) != len(stable.Components) {
		next = jsonptr.With(next, "/componentSpecs", list)
	} else {
		for j := range components {
			for _, part := range []string{"/spec", "/metadata"} {
				at := "/componentSpecs/" + itoa(j) + part
				has, _ := jsonptr.Find(from.doc, at)
				next = jsonptr.With(next, at, has)
			}
		}
	}
	for _, name := range []string{"annotations", "labels", "svcOrchSpec", "engineResources", "ssl", "progressDeadlineSeconds"} {
		a, _ := jsonptr.Find(stable.doc, "/"+name)
		b, _ := jsonptr.Find(from.doc, "/"+name)
		if name == "annotations" {
			a = jsonptr.With(map[string]any{"x": a}, "/x"+jsonptr.Path(serviceMark), nil)
			b = jsonptr.With(map[string]any{"x": b}, "/x"+jsonptr.Path(serviceMark), nil)
		}
		if !jsonptr.Encode(a).Equal(jsonptr.Encode(b)) {
			return nil, s.no(fleet.KindUnsupported, fleet.DoPromote, "the predictors differ in "+name+" too, so that what was tried would not be "+
				"what serves; write the predictor by hand, or give the canary all traffic by pitwall traffic")
		}
	}
	return jsonptr.Diff(stable.path(), stable.doc, next), nil
}

// promote makes what the canary serves that of the first predictor, in one write with the end of the canary.
func (s *scene) promote(r *fleet.Rollout) (fleet.Draft, error) {
	stable, from, err := s.pair(fleet.DoPromote)
	if err != nil {
		return fleet.Draft{}, err
	}
	if !from.ready() {
		return fleet.Draft{}, s.no(fleet.KindConflict, fleet.DoPromote, "predictor "+fleet.Quote(from.Name).String()+" is not ready")
	}
	fields, err := s.taken(stable, from)
	if err != nil {
		return fleet.Draft{}, err
	}
	fields = append([]fleet.Field{s.same(stable.path() + "/name"), s.to(stable.path()+"/traffic", 100)}, fields...)
	if fields, err = s.without(from, fields); err != nil {
		return fleet.Draft{}, err
	}
	d := one(s.write(fleet.Textf("predictor %s takes over what %s serves", fleet.Quote(stable.Name), fleet.Quote(from.Name)), fields...))
	d.Extra, d.Down, d.To = r.Surge.Extra*r.GPUsEach, r.Surge.Missing, r.Now
	return d, nil
}

// without adds to fields that a predictor goes. Where others stand behind it the list is written as a whole: their places
// change.
func (s *scene) without(v *serving, fields []fleet.Field) ([]fleet.Field, error) {
	if v.at == len(s.all)-1 {
		return append(fields, s.to(v.path(), nil)), nil // compared as a whole
	}
	const at = "/spec/predictors"
	doc := s.doc
	for _, f := range append(fields, s.to(v.path(), nil)) {
		var err error
		if doc, err = jsonptr.Apply(doc, f); err != nil {
			return nil, err
		}
	}
	after, _ := jsonptr.Find(doc, at)
	return []fleet.Field{s.to(at, after)}, nil
}

// abandon gives all traffic back. The operator changes no route while a Deployment is not ready: a canary that is not is taken
// away in the same write, or its share would stay where it is.
func (s *scene) abandon(ctx context.Context) (fleet.Draft, error) {
	stable, from, err := s.pair(fleet.DoAbandonRoll)
	if err != nil {
		return fleet.Draft{}, err
	}
	if from.ready() {
		return s.split(ctx, fleet.DoAbandonRoll, map[string]int{stable.Name: 100, from.Name: 0})
	}
	fields, err := s.without(from, []fleet.Field{s.same(stable.path() + "/name"), s.to(stable.path()+"/traffic", 100)})
	if err != nil {
		return fleet.Draft{}, err
	}
	text := fleet.Textf("all traffic to predictor %s, predictor %s goes", fleet.Quote(stable.Name), fleet.Quote(from.Name))
	d := one(s.write(text, fields...))
	d.Notes = []fleet.Safe{fleet.Textf("predictor %s is not ready, and Seldon changes no route while one of its Deployments is not: that is "+
		"why it is taken away and not only its weight", fleet.Quote(from.Name))}
	return d, nil
}
