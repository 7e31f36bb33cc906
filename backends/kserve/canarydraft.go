package kserve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

const canaryAt = "/spec/canary" // an atomic list: it is written whole

// byCanary serves the changed model beside the predictor, then makes it the predictor. It is added without traffic and gets
// some once it is ready, since KServe has sent traffic to canaries that were not. It grows to as many replicas as the
// predictor keeps before it takes its place: KServe ends the old replicas in that moment.
func (s *service) byCanary(ctx context.Context, r *fleet.Rollout, w fleet.Want, text fleet.Safe, next block) (fleet.Draft, error) {
	name := canaryName(next)
	if err := s.mayHaveCanary(ctx, name, w); err != nil {
		return fleet.Draft{}, err
	}
	whole := s.o.Spec.Predictor.least()
	model := asStored(next.value)
	entry := func(percent, replicas int) any {
		return []any{map[string]any{"trafficPercent": percent, "predictor": map[string]any{"name": name, "minReplicas": replicas,
			"model": model}}}
	}
	d := fleet.Draft{Extra: whole * r.GPUsEach}
	var before any
	step := func(percent, replicas int, canary bool) {
		say := fleet.Textf("canary %s: %s %% of the traffic, %s", fleet.Quote(name), fleet.Int(percent), fleet.Many(replicas, "replica"))
		if before == nil {
			say = fleet.Textf("%s as canary %s of %s replicas, without traffic", text, fleet.Quote(name), fleet.Int(replicas))
		}
		after := entry(percent, replicas)
		d.Stages = append(d.Stages, fleet.Stage{Text: say, Until: fleet.Until{Updated: replicas, Ready: replicas, Split: true}, Canary: canary,
			Writes: []fleet.ObjectWrite{s.write(say, fleet.Field{Path: canaryAt, Before: jsonptr.Encode(before), After: jsonptr.Encode(after)})}})
		before = after
	}
	size := func(p fleet.Ratio) int { return min(max(int(math.Ceil(float64(p)*float64(whole))), 1), whole) }
	step(0, size(w.Parts[0]), false)
	for _, p := range w.Parts {
		step(percent(p), size(p), true)
	}
	if last := w.Parts[len(w.Parts)-1]; size(last) < whole {
		step(percent(last), whole, true)
	}
	d.Stages = append(d.Stages, s.takeOver(name, before, s.changes(next)))
	d.Notes = append(d.Notes, fleet.Text("at its end the predictor takes the canary's name, so that nothing restarts; undo keeps that "+
		"name and rolls back in place"))
	return d, nil
}

// asStored adds what the server asks for in a canary's model, and what KServe's webhook writes into every model: with anything
// else than what it stores, nobody could tell whether the write holds.
func asStored(model any) any {
	for field, empty := range map[string]any{"/name": "", "/resources": map[string]any{}} {
		if _, ok := jsonptr.Find(model, field); !ok {
			model = jsonptr.With(model, field, empty)
		}
	}
	return model
}

// takeOver makes the canary the predictor in one request. Its way back keeps the name: with the old one KServe would end all
// replicas before others serve.
func (s *service) takeOver(name string, canary any, fields []fleet.Field) fleet.Stage {
	text := fleet.Textf("canary %s becomes the predictor", fleet.Quote(name))
	back, _ := s.write(fleet.Text("model of the predictor, in place"), fields...).Inverse()
	all := append([]fleet.Field{{Path: canaryAt, Before: jsonptr.Encode(canary)}, s.to("/spec/predictor/name", name)}, fields...)
	return fleet.Stage{Text: text, Writes: []fleet.ObjectWrite{s.write(text, all...)}, Until: fleet.Until{Done: true},
		Back: []fleet.ObjectWrite{back}}
}

// canaryName tells versions apart, so that a canary planned twice is the same.
func canaryName(b block) string {
	sum := sha256.Sum256(jsonptr.Encode(b.value))
	return "v" + hex.EncodeToString(sum[:4])
}

const longestName = 63

func (s *service) mayHaveCanary(ctx context.Context, name string, w fleet.Want) error {
	no := func(why string) error {
		return s.no(fleet.KindUnsupported, w.Do, why+"; leave --canary out for a rolling update")
	}
	switch {
	case len(s.o.Spec.Canary) > 0:
		return s.no(fleet.KindUnsupported, w.Do, "a canary serves beside it: promote it or abort first")
	case w.Surge.OK:
		return s.no(fleet.KindUnsupported, w.Do, "a canary is a Deployment of its own: leave --surge or --canary out")
	case s.block.at != "/model":
		return no("KServe makes canaries of predictors with a model block only")
	case s.o.Spec.Predictor.multiNode():
		return no("KServe makes no canary of a predictor on several nodes")
	case s.o.Spec.Predictor.least() < 1:
		return no("its minReplicas is 0, and a canary may not have more")
	case len(s.childName(name)) > longestName:
		return no("the name of its canary's Deployment would be longer than 63 characters")
	}
	_, route, _, err := s.weight(ctx, "")
	switch {
	case fleet.KindOf(err) == fleet.KindAuth:
		return no("whether its route can split traffic may not be read: " + fleet.Cause(err).String())
	case err != nil:
		return err
	case !route:
		return no("there is no HTTPRoute of its name: KServe splits traffic in Standard mode through the Gateway API only (enableGatewayApi)")
	}
	known, why, err := s.knowsCanaries(ctx)
	if err != nil || known {
		return err
	}
	return no(why)
}

func (s *service) shareCanary(n int) (fleet.Draft, error) {
	if len(s.o.Spec.Canary) != 1 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAdvance, "it has "+itoa(len(s.o.Spec.Canary))+" canaries, so which one is "+
			"meant is not clear")
	}
	c := &s.o.Spec.Canary[0]
	switch {
	case c.Percent == n:
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAdvance, "it gets "+itoa(n)+" % already")
	case n > c.Percent && !s.canaryReady(c.Predictor.Name):
		return fleet.Draft{}, s.no(fleet.KindConflict, fleet.DoAdvance, "canary "+fleet.Quote(c.Predictor.Name).String()+" is not ready: "+
			"what it gets would be answered with 503")
	}
	text := fleet.Textf("traffic of canary %s: %s -> %s %%", fleet.Quote(c.Predictor.Name), fleet.Int(c.Percent), fleet.Int(n))
	write := s.write(text, jsonptr.Same(s.doc, canaryAt+"/0/predictor/name"), s.to(canaryAt+"/0/trafficPercent", n))
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{write}, Canary: true}}}, nil
}

// promoteCanary makes the one canary the predictor, after it has as many replicas.
func (s *service) promoteCanary(r *fleet.Rollout) (fleet.Draft, error) {
	if len(s.o.Spec.Canary) != 1 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoPromote, "it has "+itoa(len(s.o.Spec.Canary))+" canaries, and exactly one can "+
			"be promoted")
	}
	c := &s.o.Spec.Canary[0]
	at, _ := jsonptr.Find(s.doc, canaryAt+"/0/predictor")
	next := findBlock(at)
	more, _ := at.(map[string]any)
	for name := range more {
		if name != "name" && name != "minReplicas" && name != "model" {
			return fleet.Draft{}, s.no(fleet.KindUnsupported, fleet.DoPromote, "its canary says "+fleet.Quote(name).String()+
				" beside its model; write the predictor by hand, or its pods would be others")
		}
	}
	next.value = over(s.block.value, next.value)
	fields := s.changes(next)
	switch {
	case next.at != s.block.at || next.at != "/model":
		return fleet.Draft{}, s.no(fleet.KindUnsupported, fleet.DoPromote, "canary and predictor are not both said by a model block; write "+
			"the predictor by hand")
	case next.uri() == s.block.uri():
		return fleet.Draft{}, s.no(fleet.KindUnsupported, fleet.DoPromote, "the canary has the predictor's storageUri, and KServe wants "+
			"another one with another name; abort it and upgrade without --canary")
	case !s.canaryReady(c.Predictor.Name):
		return fleet.Draft{}, s.no(fleet.KindConflict, fleet.DoPromote, "canary "+fleet.Quote(c.Predictor.Name).String()+" is not ready")
	}
	whole := s.o.Spec.Predictor.least()
	var d fleet.Draft
	list, _ := jsonptr.Find(s.doc, canaryAt)
	if c.Predictor.Min == nil || int(*c.Predictor.Min) < whole {
		grown := jsonptr.With(map[string]any{"list": list}, "/list/0/predictor/minReplicas", whole)
		after, _ := jsonptr.Find(grown, "/list")
		text := fleet.Textf("canary %s grows to %s", fleet.Quote(c.Predictor.Name), fleet.Many(whole, "replica"))
		d.Stages = append(d.Stages, fleet.Stage{Text: text, Until: fleet.Until{Updated: whole, Ready: whole, Split: true},
			Writes: []fleet.ObjectWrite{s.write(text, s.to(canaryAt, after))}})
		d.Extra, list = max(whole-r.Updated, 0)*r.GPUsEach, after
	}
	d.Stages = append(d.Stages, s.takeOver(c.Predictor.Name, list, fields))
	return d, nil
}

// over lays what a canary says over what the predictor says, as KServe does to make the canary's pods: what is empty counts as
// not said, and lists are replaced.
func over(base, more any) any {
	a, ok := base.(map[string]any)
	b, both := more.(map[string]any)
	if !ok || !both {
		if isEmpty(more) {
			return base
		}
		return more
	}
	out := maps.Clone(a)
	for k, v := range b {
		out[k] = over(out[k], v)
	}
	return out
}

func isEmpty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return x == ""
	case bool:
		return !x
	case json.Number:
		return x == "0"
	case []any:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	}
	return false
}
