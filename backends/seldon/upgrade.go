package seldon

import (
	"slices"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

const hubModel = "pretrained_model" // the parameter by which a server for models of the hub is told which

// upgrade changes one predictor, in place or as a second one beside it.
func (s *scene) upgrade(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	switch {
	case w.Version != "":
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Seldon keeps no version to go back to; undo the change that brought this "+
			"one, or name the model of before")
	case w.Surge.OK:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Seldon sets the strategy of its Deployments itself (a tenth may be away, a "+
			"quarter more is started); leave --surge out")
	}
	v, container, err := s.chosen(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	w.Container = container
	next, said, err := v.edit(w, func(k fleet.Kind, why string) error { return s.no(k, w.Do, why) })
	if err != nil {
		return fleet.Draft{}, err
	}
	fields := jsonptr.Diff(v.path(), v.doc, next)
	if len(fields) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it is as wanted already")
	}
	text := fleet.Join(said, fleet.Text("; "))
	if len(w.Parts) > 0 {
		return s.byCanary(r, w, text, v, next)
	}
	if len(s.live) > 1 {
		text = fleet.Textf("predictor %s: %s", fleet.Quote(v.Name), text)
	}
	d := one(s.write(text, append([]fleet.Field{s.same(v.path() + "/name")}, fields...)...))
	d.Extra, d.Down = r.Surge.Extra*r.GPUsEach, r.Surge.Missing
	return d, nil
}

type refuse = func(kind fleet.Kind, why string) error

// edit is the predictor changed as wanted, with what changed in words.
func (v *serving) edit(w fleet.Want, no refuse) (any, []fleet.Safe, error) {
	u, name, why := v.model(w.Container)
	if why != "" {
		return nil, nil, no(fleet.KindInvalid, why)
	}
	doc, said, w := v.storage(u, w)
	if w.Image == "" && w.Weights == "" && w.Revision == "" && len(w.Args) == 0 {
		return doc, said, nil
	}
	j, ok := v.box(name)
	if !ok {
		return v.add(doc, said, u, w, no)
	}
	t, err := podspec.New(doc, "/componentSpecs/"+itoa(j))
	if err != nil {
		return nil, nil, err
	}
	next, more, err := t.Edit(fleet.Want{Container: name, Image: w.Image, Weights: w.Weights, Revision: w.Revision, Args: w.Args}, true)
	if err != nil {
		return nil, nil, err
	}
	return jsonptr.With(doc, "/componentSpecs/"+itoa(j), next.Doc()), append(said, more...), nil
}

// model is the node that loads a model, with the name of its container; nil where the container alone says it. why says why
// it is not clear which one is meant.
func (v *serving) model(container string) (u *unit, name, why string) {
	var list []unit
	var names []string
	for _, x := range v.units() {
		if !x.prepackaged() && x.ModelURI == "" {
			continue
		}
		if container == x.Name || container == "" && x.at == "/graph" {
			return &x, x.Name, ""
		}
		list, names = append(list, x), append(names, fleet.Quote(x.Name).String())
	}
	switch {
	case container != "":
		if _, ok := v.box(container); !ok {
			why = "predictor " + fleet.Quote(v.Name).String() + " has no model and no container " + fleet.Quote(container).String()
		}
		return nil, container, why
	case len(list) > 1:
		return nil, "", "the graph of predictor " + fleet.Quote(v.Name).String() + " loads several models; name one as --container: " +
			strings.Join(names, ", ")
	case len(list) == 1:
		return &list[0], list[0].Name, ""
	}
	return nil, "", ""
}

// storage changes where a node's model comes from: by its URI, or by the parameter of a server for models of the hub.
func (v *serving) storage(u *unit, w fleet.Want) (any, []fleet.Safe, fleet.Want) {
	next := w.Weights
	if u == nil || next == "" {
		return v.doc, nil, w
	}
	w.Weights = ""
	at, old := u.at+"/modelUri", u.ModelURI
	if list, ok := jsonptr.Find(v.doc, u.at+"/parameters"); ok && old == "" {
		parameters, _ := list.([]any)
		for i, p := range parameters {
			if jsonptr.Text(p, "/name") == hubModel {
				at = u.at + "/parameters/" + itoa(i) + "/value"
				old = jsonptr.Text(p, "/value")
			}
		}
	}
	if next == old {
		return v.doc, nil, w
	}
	return jsonptr.With(v.doc, at, next), []fleet.Safe{fleet.Textf("model: %s -> %s", orNone(old), fleet.Quote(next))}, w
}

// add writes a container for a server that Seldon has, to give it another image.
func (v *serving) add(doc any, said []fleet.Safe, u *unit, w fleet.Want, no refuse) (any, []fleet.Safe, error) {
	switch {
	case u == nil:
		return nil, nil, no(fleet.KindUnsupported, "predictor "+fleet.Quote(v.Name).String()+" has neither a server of Seldon nor a container")
	case w.Revision != "":
		return nil, nil, no(fleet.KindUnsupported, "a server of Seldon takes no revision; name the whole storage URI")
	case len(w.Args) > 0:
		return nil, nil, no(fleet.KindUnsupported, "the flags of its server come from Seldon's own configuration, which other models share; "+
			"write a container "+fleet.Quote(u.Name).String()+" into componentSpecs first")
	}
	box := map[string]any{"name": u.Name, "image": w.Image}
	at, list := "/componentSpecs", []any{map[string]any{"spec": map[string]any{"containers": []any{box}}}}
	if len(v.Components) > 0 {
		at = "/componentSpecs/0/spec/containers"
		has, _ := jsonptr.Find(doc, at)
		boxes, _ := has.([]any)
		list = append(slices.Clone(boxes), box)
	}
	return jsonptr.With(doc, at, list), append(said, fleet.Textf("image of container %s: that of Seldon's server -> %s", fleet.Quote(u.Name),
		fleet.Quote(w.Image))), nil
}
