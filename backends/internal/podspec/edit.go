package podspec

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Edit changes image, weights, revision and flags of one container as they are wanted, each where the template says it,
// and tells in words what it changed. Whole tells that the template must take all of it; of a template beside the one
// that serves only what it says already is changed.
func (t Template) Edit(w fleet.Want, whole bool) (Template, []fleet.Safe, error) {
	if _, ok := t.box(w.Container); !ok {
		if !whole {
			return t, nil, nil
		}
		return t, nil, unfit(fleet.KindInvalid, "there is no container "+w.Container)
	}
	e := edit{t: t, container: w.Container, whole: whole}
	for _, step := range []struct {
		do   bool
		make func() error
	}{
		{w.Image != "", func() error { return e.image(w.Image) }},
		{w.Weights != "", func() error { return e.weights(w.Weights) }},
		{w.Revision != "", func() error { return e.revision(w.Revision) }},
		{len(w.Args) > 0, func() error { return e.args(w.Args) }},
	} {
		if !step.do {
			continue
		}
		if err := step.make(); err != nil {
			return t, nil, err
		}
	}
	return e.t, e.said, nil
}

// Doc is the template as a decoded document.
func (t Template) Doc() any { return t.doc }

// With is the template with one value set; nil takes it away.
func (t Template) With(path string, value any) (Template, error) {
	next := Template{At: t.At, doc: jsonptr.With(t.doc, path, value), behind: t.behind}
	return next, jsonptr.Into(next.doc, &next.pod)
}

// edit is a template in the middle of being changed.
type edit struct {
	t         Template
	container string
	whole     bool
	said      []fleet.Safe
}

func (e *edit) box() box {
	b, _ := e.t.box(e.container)
	return b
}

func (e *edit) put(path string, value any) (err error) {
	e.t, err = e.t.With(path, value)
	return err
}

// say notes a change of a value.
func (e *edit) say(what fleet.Safe, before, after string) {
	if before != after {
		e.said = append(e.said, fleet.Textf("%s of container %s: %s -> %s", what, fleet.Quote(e.box().c.Name), orNone(before), orNone(after)))
	}
}

func orNone(s string) fleet.Safe {
	if s == "" {
		return fleet.Text("none")
	}
	return fleet.Quote(s)
}

func (e *edit) image(image string) error {
	b := e.box()
	e.say(fleet.Text("image"), b.c.Image, image)
	return e.put(b.path+"/image", image)
}

// replace sets the value of a place. What comes from outside of the template is not its to change.
func (e *edit) replace(p place, what fleet.Safe, value string) error {
	if !p.outside.IsEmpty() {
		return unfit(fleet.KindUnsupported, what.String()+" comes from "+p.outside.String()+
			", which others may read too; change it there and restart, or write the value into the template")
	}
	e.say(what, p.value, value)
	return e.put(p.path, p.set(value))
}

func (e *edit) weights(value string) error {
	b, what := e.box(), fleet.Text("model")
	named, ok := b.weights()
	if claim, isClaim := strings.CutPrefix(value, claimScheme); isClaim {
		return e.volume(named, claimScheme, claim)
	}
	if image, isImage := strings.CutPrefix(value, imageScheme); isImage {
		return e.volume(named, imageScheme, image)
	}
	switch {
	case !ok && !e.whole:
		return nil
	case ok && e.namesBoth(named, value):
		return unfit(fleet.KindUnsupported, "what names the model of container "+b.c.Name+" also says under which name it is served, and "+
			"clients call it by that; write the served name as it is into the template first")
	case !ok:
		return unfit(fleet.KindUnsupported, "container "+b.c.Name+" names no model in its command, arguments or environment; change its "+
			"image, or the flag that your image knows")
	case named.known && strings.HasPrefix(named.value, "/") && !strings.HasPrefix(value, "/"):
		if m, onVolume := e.t.under(b.c, named.value); onVolume {
			if p, by := e.t.fetched(m.volume.Name); by != "" && m.uri() == "" {
				return e.replace(p, fleet.Textf("model that %s fetches, in place", fleet.Quote(by)), value)
			}
		}
	}
	return e.replace(named, what, value)
}

// namesBoth tells that another value in a place would change the name that clients call too, which is said by itself.
func (e *edit) namesBoth(p place, value string) bool {
	if !p.outside.IsEmpty() || len(e.box().served()) == 0 {
		return false
	}
	next, err := e.t.With(p.path, p.set(value))
	return err == nil && !slices.Equal(next.Version().Served, e.t.Version().Served)
}

// volume changes the claim or the image that weights lie on, and the path in it where that differs.
func (e *edit) volume(named place, scheme, to string) error {
	b := e.box()
	m, ok := e.t.under(b.c, named.value)
	if !ok || !strings.HasPrefix(named.value, "/") {
		m, ok = e.t.only(b)
	}
	p, has := m.place()
	if !ok || !has || !strings.HasPrefix(m.uri(), scheme) {
		if !e.whole {
			return nil
		}
		return unfit(fleet.KindUnsupported, "the weights of container "+b.c.Name+" are on no volume of the kind "+scheme+
			"; another kind of volume is changed in the template itself")
	}
	rest := m.rest
	if scheme == claimScheme {
		if claim, in, found := strings.Cut(to, "/"); found {
			to, rest = claim, strings.Trim(in, "/")
		}
	}
	if rest != m.rest && !named.known {
		return unfit(fleet.KindUnsupported, "container "+b.c.Name+" does not say which path it loads; give the claim alone")
	}
	if rest != m.rest {
		root, inside := strings.CutSuffix(path.Clean(named.value), m.rest)
		if !inside {
			return unfit(fleet.KindUnsupported, "the mount of the claim shows a part of it only; give the claim alone")
		}
		if err := e.replace(named, fleet.Text("model"), path.Join("/", root, rest)); err != nil {
			return err
		}
	}
	return e.replace(p, fleet.Textf("volume %s", fleet.Quote(m.volume.Name)), to)
}

// only is the one claim or image that a container has.
func (t Template) only(b box) (mount, bool) {
	var found []mount
	for i := range b.c.VolumeMounts {
		if m, ok := t.under(b.c, b.c.VolumeMounts[i].MountPath); ok && m.uri() != "" {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		return mount{}, false
	}
	return found[0], true
}

func (e *edit) revision(value string) error {
	b, what := e.box(), fleet.Text("revision")
	if p, ok := b.revision(); ok {
		return e.replace(p, what, value)
	}
	named, ok := b.weights()
	switch {
	case !e.whole:
		return nil
	case !ok || strings.HasPrefix(named.value, "/"):
		return unfit(fleet.KindUnsupported, "the weights of container "+b.c.Name+" come from no hub that knows revisions; change the model, "+
			"the claim or the image")
	case strings.Contains(named.path, "/env/"):
		if _, byTGI := b.variable("MODEL_ID"); !byTGI {
			return unfit(fleet.KindUnsupported, "no variable for a revision is known of the engine of container "+b.c.Name)
		}
		e.say(what, "", value)
		return e.put(b.path+jsonptr.Path("env", strconv.Itoa(len(b.c.Env))), map[string]any{"name": "REVISION", "value": value})
	}
	return e.flag(fleet.ArgEdit{Flag: "--revision", Value: value})
}

// credentials are flags whose value everybody who may read pods would see.
var credentials = []string{"--api-key", "--api_key", "--hf-token", "--token", "--hub-token", "--admin-api-key"}

// IsCredential tells such a flag.
func IsCredential(flag string) bool { return slices.Contains(credentials, flag) }

func (e *edit) args(list []fleet.ArgEdit) error {
	for _, a := range list {
		switch {
		case !strings.HasPrefix(a.Flag, "-") || strings.ContainsAny(a.Flag, " \t\n='\"$"):
			return unfit(fleet.KindInvalid, a.Flag+" is no flag")
		case IsCredential(a.Flag):
			return unfit(fleet.KindInvalid, a.Flag+" holds a credential, which belongs into a Secret")
		}
		if err := e.flag(a); err != nil {
			return err
		}
	}
	return nil
}

// flag replaces the value of a flag, or adds the flag behind what the engine is called with.
func (e *edit) flag(a fleet.ArgEdit) error {
	b, what := e.box(), fleet.Quote(a.Flag)
	p, said, ok := b.flag([]string{a.Flag})
	switch {
	case ok && a.Value == "":
		return unfit(fleet.KindInvalid, "a value of "+a.Flag+" is needed: it is not taken away")
	case ok:
		return e.replace(p, what, a.Value)
	case said && a.Value == "", !said && !e.whole:
		return nil
	case said:
		return e.after(a.Flag, what, a.Value)
	}
	e.said = append(e.said, fleet.Textf("%s of container %s: none -> %s", what, fleet.Quote(b.c.Name), given(a.Value)))
	if line, at, found := b.line(); found {
		text := " " + a.Flag
		if a.Value != "" {
			text += " " + quoted(a.Value)
		}
		return e.put(line.path, line.whole[:at]+text+line.whole[at:])
	}
	list, name := b.c.Args, "args"
	switch {
	case len(list) > 0:
	case len(b.c.Command) > 0:
		list, name = b.c.Command, "command"
	case !e.t.behind && !takesArguments(b.c.Image):
		return unfit(fleet.KindUnsupported, "container "+b.c.Name+" says neither command nor arguments: arguments of its own would "+
			"take the place of those that its image brings, which nobody knows; write them into the template first")
	}
	next := append(slices.Clone(list), a.Flag)
	if a.Value != "" {
		next = append(next, a.Value)
	}
	return e.put(b.path+"/"+name, texts(next))
}

// takesArguments tells images of engines that bring a program and no arguments of it.
func takesArguments(image string) bool {
	return slices.ContainsFunc([]string{"vllm", "text-generation-inference"}, func(name string) bool { return strings.Contains(image, name) })
}

func given(value string) fleet.Safe {
	if value == "" {
		return fleet.Text("given")
	}
	return fleet.Quote(value)
}

// after gives a value to a flag that had none.
func (e *edit) after(flag string, what fleet.Safe, value string) error {
	b := e.box()
	for _, w := range b.words() {
		if w.op || w.text != flag {
			continue
		}
		e.say(what, "", value)
		if w.shell {
			return e.put(w.path, w.whole[:w.to]+" "+quoted(value)+w.whole[w.to:])
		}
		above, i := path.Split(w.path)
		list := b.c.Args
		if strings.HasSuffix(above, "/command/") {
			list = b.c.Command
		}
		n, _ := strconv.Atoi(i)
		return e.put(strings.TrimSuffix(above, "/"), texts(slices.Insert(slices.Clone(list), n+1, value)))
	}
	return nil
}

// line finds where a shell line goes on after the last word of the command that names the model, or of the last one.
func (b box) line() (word, int, bool) {
	words := b.words()
	end, inside := -1, false
	for i, w := range words {
		if !w.shell {
			continue
		}
		if w.op {
			if inside {
				break
			}
			continue
		}
		inside = inside || w.text == "serve" || slices.Contains(b.weightFlags(), strings.SplitN(w.text, "=", 2)[0])
		end = i
	}
	if end < 0 {
		return word{}, 0, false
	}
	if next := end + 1; next < len(words) && words[next].op && words[next].from == words[end].to && isDigits(words[end].text) && end > 0 {
		end-- // the number of a redirection
	}
	return words[end], words[end].to, true
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func unfit(kind fleet.Kind, why string) error {
	return &fleet.Error{Kind: kind, Op: "change the pod template", Err: errors.New(why), Next: "nothing was changed"}
}
