package serveconfig

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// Upgrade says which values change for another model, revision or argument, with what changed in words.
func Upgrade(apps []App, w fleet.Want) ([]Edit, []fleet.Safe, error) {
	e := edit{apps: apps}
	if w.Weights != "" || w.Revision != "" {
		m, err := Pick(apps, w.Container)
		if err != nil {
			return nil, nil, err
		}
		if err := e.model(m, w); err != nil {
			return nil, nil, err
		}
	}
	for _, a := range w.Args {
		if err := e.argument(w.Container, a); err != nil {
			return nil, nil, err
		}
	}
	return e.edits, e.said, nil
}

type edit struct {
	apps  []App
	edits []Edit
	said  []fleet.Safe
}

// put notes a value, unless it stands there already.
func (e *edit) put(a *App, path string, to any, what fleet.Safe) {
	was, _ := jsonptr.Find(a.doc, path)
	if jsonptr.Encode(was).Equal(jsonptr.Encode(to)) {
		return
	}
	e.edits = append(e.edits, Edit{a.at + path, to})
	e.said = append(e.said, fleet.Textf("%s: %s -> %s", what, shown(was), shown(to)))
}

func shown(v any) fleet.Safe {
	switch t := v.(type) {
	case nil:
		return fleet.Text("none")
	case string:
		return fleet.Quote(t)
	}
	return fleet.Label(string(jsonptr.Encode(v)))
}

func (e *edit) model(m *Model, w fleet.Want) error {
	of := fleet.Quote(m.Called())
	if w.Weights != "" && w.Weights != m.Weights {
		e.put(m.app, m.source, w.Weights, fleet.Textf("model of %s", of))
	}
	if w.Revision == "" {
		return nil
	}
	at := m.llm + "/engine_kwargs/revision"
	if m.llm == "" {
		var ok bool
		if at, _, ok = m.app.said(revisionKeys, revisionVars); !ok {
			return unfit(fleet.KindUnsupported, "application "+fleet.Quote(m.App).String()+" is told no revision in its configuration: "+
				"whether its code knows one is not known")
		}
	}
	e.put(m.app, at, w.Revision, fleet.Textf("revision of %s", of))
	return nil
}

// argument sets one argument. Where it stands already decides; one that does not is given to the engine of Ray's own
// applications, whose arguments are known, and to no other.
func (e *edit) argument(name string, a fleet.ArgEdit) error {
	key := strings.ReplaceAll(strings.TrimLeft(a.Flag, "-"), "-", "_")
	switch {
	case key == "" || strings.ContainsAny(key, " \t\n='\"$/~"):
		return unfit(fleet.KindInvalid, a.Flag+" is no argument")
	case podspec.IsCredential(a.Flag):
		return unfit(fleet.KindInvalid, a.Flag+" holds a credential, which belongs into a Secret")
	}
	places := e.places(name, key)
	switch {
	case len(places) > 1:
		return unfit(fleet.KindInvalid, "several places say "+fleet.Quote(key).String()+": "+names(pathsOf(places))+"; name the application "+
			"or model with --container, or the place from there on as --arg args.temperature=0.2")
	case len(places) == 0:
		return unfit(fleet.KindUnsupported, "the configuration says no "+fleet.Quote(key).String()+" in engine_kwargs, args, "+
			"user_config or env_vars, so that whether its code knows it is not known; say it there once, or name its place as "+
			"--arg args.temperature=0.2")
	}
	p := places[0]
	was, _ := jsonptr.Find(p.app.doc, p.at)
	to, err := typed(a, was)
	if err != nil {
		return err
	}
	e.put(p.app, p.at, to, fleet.Textf("%s of %s", fleet.Quote(key), fleet.Quote(p.app.Name)))
	return nil
}

// spot is where an argument is said.
type spot struct {
	app *App
	at  string
}

func pathsOf(list []spot) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.app.Name+p.at)
	}
	return out
}

// places are where an argument stands in the applications and models that a name means; where it stands nowhere, the only
// model that takes any.
func (e *edit) places(name, key string) []spot {
	var found, open []spot
	for i := range e.apps {
		a := &e.apps[i]
		mine := name == "" || name == a.Name
		if strings.Contains(key, ".") {
			at := "/" + strings.ReplaceAll(key, ".", "/")
			if _, ok := jsonptr.Find(a.doc, at); ok && mine {
				found = append(found, spot{a, at})
			}
			continue
		}
		stands, free := a.engines(name, key)
		found, open = append(found, stands...), append(open, free...)
		if mine {
			found = append(found, a.told(key)...)
		}
	}
	if len(found) == 0 {
		return open
	}
	return found
}

// engines are the engines of Ray's own applications that a name means: those that are told a key, and those that are not.
func (a *App) engines(name, key string) (stands, free []spot) {
	for _, m := range a.models() {
		if m.llm == "" || name != "" && name != a.Name && name != m.Name && name != m.App+"/"+m.Name {
			continue
		}
		at := spot{a, m.llm + "/engine_kwargs" + jsonptr.Path(key)}
		if _, ok := jsonptr.Find(a.doc, at.at); ok {
			stands = append(stands, at)
		} else {
			free = append(free, at)
		}
	}
	return stands, free
}

// told is where an application of one's own is told a key; variables are upper case.
func (a *App) told(key string) []spot {
	var found []spot
	for _, holder := range a.holders() {
		of := key
		if strings.HasSuffix(holder, envVars) {
			of = strings.ToUpper(key)
		}
		if _, ok := jsonptr.Find(a.doc, holder+jsonptr.Path(of)); ok {
			found = append(found, spot{a, holder + jsonptr.Path(of)})
		}
	}
	return found
}

// typed is the value of an argument in the type that it has now.
func typed(a fleet.ArgEdit, was any) (any, error) {
	wrong := func(what string) error {
		return unfit(fleet.KindInvalid, fleet.Quote(a.Flag).String()+" is "+what+" in the configuration, and "+fleet.Quote(a.Value).String()+
			" is none")
	}
	switch was.(type) {
	case string:
		return a.Value, nil
	case bool:
		if b, err := strconv.ParseBool(or(a.Value, "true")); err == nil {
			return b, nil
		}
		return nil, wrong("a truth value")
	case json.Number:
		if n, ok := number(a.Value); ok {
			return n, nil
		}
		return nil, wrong("a number")
	case nil:
		if n, ok := number(a.Value); ok {
			return n, nil
		}
		if b, err := strconv.ParseBool(or(a.Value, "true")); err == nil {
			return b, nil
		}
		return a.Value, nil
	}
	return nil, unfit(fleet.KindUnsupported, fleet.Quote(a.Flag).String()+" is a list or an object in the configuration: change it there")
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func number(s string) (json.Number, bool) {
	var n json.Number
	if s == "" || !slices.Contains([]byte("-0123456789"), s[0]) || json.Unmarshal([]byte(s), &n) != nil {
		return "", false
	}
	return n, true
}
