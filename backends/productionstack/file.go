package productionstack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/yamltext"
	"pitwall/fleet"
)

// file is the text that routers follow, and what they would make of it. It has one of two forms: models with their back ends,
// which is YAML, or texts with commas between, which is JSON.
type file struct {
	text   string
	doc    any
	mapped bool // models with their back ends
	config *config
}

var errForm = errors.New("it is neither a list of models with their back ends (YAML) nor texts with commas between (JSON)")

// parseFile reads a text. Its error quotes nothing of it.
func parseFile(text []byte) (*file, error) {
	f := &file{text: string(text)}
	var err error
	if f.doc, err = yamltext.Decode(f.text); err != nil {
		return nil, errors.New("it is not valid YAML or JSON, or names a field twice")
	}
	fields, ok := f.doc.(map[string]any)
	if !ok {
		return nil, errForm
	}
	_, f.mapped = fields[fModels].(map[string]any)
	if f.mapped {
		if fields, err = flattened(fields); err != nil {
			return nil, err
		}
	}
	if f.config, err = flat(fields); err != nil {
		return nil, err
	}
	return f, nil
}

// flattened makes texts with commas of models and aliases, as a router does that takes YAML (parsers/yaml_utils.py).
func flattened(fields map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for name, v := range fields {
		if name != fModels && name != fAliases {
			out[name] = v
		}
	}
	models, _ := fields[fModels].(map[string]any)
	var urls, names, kinds []string
	for _, model := range slices.Sorted(maps.Keys(models)) {
		details, ok := models[model].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("its model %s is no mapping", fleet.Quote(model))
		}
		list, ok := details[fBackends].([]any)
		if !ok && details[fBackends] != nil {
			return nil, fmt.Errorf("the back ends of its model %s are no list", fleet.Quote(model))
		}
		kind, typed := details["static_model_type"].(string)
		for _, one := range list {
			url, ok := one.(string)
			if !ok || strings.Contains(url, ",") || strings.Contains(model, ",") {
				return nil, fmt.Errorf("a back end of its model %s is no address", fleet.Quote(model))
			}
			urls, names = append(urls, url), append(names, model)
			if typed {
				kinds = append(kinds, kind)
			}
		}
	}
	aliases, err := joinedAliases(fields[fAliases])
	if err != nil {
		return nil, err
	}
	out[fBackends], out[fModels], out[fTypes] = strings.Join(urls, ","), strings.Join(names, ","), strings.Join(kinds, ",")
	out[fAliases] = aliases
	return out, nil
}

func joinedAliases(found any) (string, error) {
	aliases, ok := found.(map[string]any)
	if !ok && found != nil {
		return "", errors.New("its aliases are no mapping")
	}
	var pairs []string
	for _, alias := range slices.Sorted(maps.Keys(aliases)) {
		model, ok := aliases[alias].(string)
		if !ok {
			return "", fmt.Errorf("its alias %s leads to no name", fleet.Quote(alias))
		}
		pairs = append(pairs, alias+":"+model)
	}
	return strings.Join(pairs, ","), nil
}

// list gives the text in which exactly these targets of a route are in. All else stays as it is written.
func (f *file) list(r fleet.RouteSpec, after fleet.Weights) (string, error) {
	model := string(r.ID)
	times := f.config.times(model)
	var in []fleet.DeploymentID
	out := map[fleet.DeploymentID]bool{}
	for _, t := range r.Targets {
		name := nameOf(t)
		switch n := times[name]; {
		case n > 1 && after[t.ID] == 0:
			return "", fmt.Errorf("%s is listed %d times for this model, which could not be given back: list it once", fleet.Quote(string(name)), n)
		case after[t.ID] == 0:
			out[name] = true
		case n == 0:
			if !address.MatchString(string(name)) || strings.Contains(string(name), ",") {
				return "", fmt.Errorf("%s is no address that the router takes", fleet.Quote(string(name)))
			}
			in = append(in, name)
		}
	}
	entries, last := []entry{}, -1
	kind := ""
	for _, e := range f.config.entries {
		if e.model != model || !out[e.name()] {
			entries = append(entries, e)
			if e.model == model {
				last, kind = len(entries), e.kind
			}
		}
	}
	if last < 0 {
		return "", errors.New("no back end of the model would be left, and requests for it would fail as not found")
	}
	for _, name := range in {
		entries = slices.Insert(entries, last, entry{model, string(name), kind})
		last++
	}
	return f.written(model, entries)
}

// written gives the text with other back ends of a model.
func (f *file) written(model string, entries []entry) (string, error) {
	var urls, own, models, kinds []string
	for _, e := range entries {
		urls, models, kinds = append(urls, e.url), append(models, e.model), append(kinds, e.kind)
		if e.model == model {
			own = append(own, e.url)
		}
	}
	if f.mapped {
		return yamltext.SetList(f.text, jsonptr.Path(fModels, model, fBackends), own)
	}
	edits := []yamltext.Edit{{Path: jsonptr.Path(fBackends), To: strings.Join(urls, ",")},
		{Path: jsonptr.Path(fModels), To: strings.Join(models, ",")}}
	if kept, _ := jsonptr.Find(f.doc, jsonptr.Path(fTypes)); kept != nil && kept != "" {
		if !f.config.typed {
			return "", fmt.Errorf("its %s do not pair with its back ends", fTypes)
		}
		edits = append(edits, yamltext.Edit{Path: jsonptr.Path(fTypes), To: strings.Join(kinds, ",")})
	}
	return f.still(yamltext.Set(f.text, edits))
}

// still refuses what is no JSON any more: a router that takes JSON would refuse it too.
func (f *file) still(text string, err error) (string, error) {
	if err == nil && json.Valid([]byte(f.text)) && !json.Valid([]byte(text)) {
		err = errors.New("it would be no JSON any more; change it by hand")
	}
	return text, err
}

// point gives the text in which an alias leads to a model, or to none.
func (f *file) point(alias string, to []fleet.RouteID) (string, error) {
	at := jsonptr.Path(fAliases)
	switch found, _ := jsonptr.Find(f.doc, at); {
	case f.mapped && len(to) == 0:
		return yamltext.Drop(f.text, at+jsonptr.Path(alias))
	case f.mapped:
		return yamltext.Set(f.text, []yamltext.Edit{{Path: at + jsonptr.Path(alias), To: string(to[0])}})
	case found == nil:
		return f.beside(alias + ":" + string(to[0]))
	}
	var pairs []string
	seen := false
	for _, one := range parts(jsonptr.Text(f.doc, at)) {
		name, _, _ := strings.Cut(one, ":")
		if name == alias {
			if seen = true; len(to) == 0 {
				continue
			}
			one = alias + ":" + string(to[0])
		}
		pairs = append(pairs, one)
	}
	if !seen && len(to) > 0 {
		pairs = append(pairs, alias+":"+string(to[0]))
	}
	return f.still(yamltext.Set(f.text, []yamltext.Edit{{Path: at, To: strings.Join(pairs, ",")}}))
}

// beside gives a JSON text with aliases where it has none.
func (f *file) beside(aliases string) (string, error) {
	if _, there := f.doc.(map[string]any)[fAliases]; there || !json.Valid([]byte(f.text)) {
		return f.still(yamltext.Set(f.text, []yamltext.Edit{{Path: jsonptr.Path(fAliases), To: aliases}}))
	}
	open := bytes.IndexByte([]byte(f.text), '{') + 1
	text := f.text[:open] + `"` + fAliases + `": ` + string(jsonptr.Encode(aliases)) + ", " + f.text[open:]
	got, err := yamltext.Decode(text)
	if err != nil || !jsonptr.Encode(got).Equal(jsonptr.Encode(jsonptr.With(f.doc, jsonptr.Path(fAliases), aliases))) {
		err = errors.New("an alias cannot be added to it; change it by hand")
	}
	return text, err
}
