package podspec

import (
	"errors"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Template is one pod template inside of an object.
type Template struct {
	At  string // pointer to it: "/spec/template"
	doc any    // of the template alone
	pod corev1.PodTemplateSpec

	behind bool // its arguments stand behind others that it does not show
}

// New reads the template at a pointer of an object.
func New(object any, at string) (Template, error) {
	doc, ok := jsonptr.Find(object, at)
	if !ok {
		return Template{}, notRead(at, "there is none")
	}
	t := Template{At: at, doc: doc}
	if err := jsonptr.Into(doc, &t.pod); err != nil {
		return Template{}, notRead(at, err.Error())
	}
	return t, nil
}

// OfPod is the template of which a pod is made, as far as its spec tells.
func OfPod(p *corev1.Pod) Template {
	return Template{pod: corev1.PodTemplateSpec{ObjectMeta: p.ObjectMeta, Spec: p.Spec}}
}

// Behind is the template with arguments that stand behind those of something else, such as a runtime, which it does not show.
func (t Template) Behind() Template {
	t.behind = true
	return t
}

// Pod is what the template holds.
func (t Template) Pod() *corev1.PodTemplateSpec { return &t.pod }

// box finds a container by name; "" is the one that serves.
func (t Template) box(name string) (box, bool) {
	c := Serving(&t.pod.Spec, t.pod.Annotations)
	for i := range t.pod.Spec.Containers {
		own := &t.pod.Spec.Containers[i]
		if name == "" && own == c || name != "" && own.Name == name {
			return box{"/spec/containers/" + strconv.Itoa(i), own}, true
		}
	}
	return box{}, false
}

// weights is where the model is named, in the order in which engines look: the word after serve, a flag, a variable.
func (b box) weights() (place, bool) {
	if p, ok := b.positional(); ok {
		return p, true
	}
	if p, _, ok := b.flag(b.weightFlags()); ok {
		return p, true
	}
	return b.firstVariable(weightVars)
}

func (b box) weightFlags() []string {
	if strings.Contains(b.c.Image, "llama") && strings.Contains(b.c.Image, "cpp") {
		return append([]string{"-m"}, weightFlags...) // of others -m is the module that python runs
	}
	return weightFlags
}

func (b box) firstVariable(names []string) (place, bool) {
	for _, name := range names {
		if p, ok := b.variable(name); ok {
			return p, true
		}
	}
	return place{}, false
}

func (b box) revision() (place, bool) {
	if p, _, ok := b.flag(revisionFlags); ok {
		return p, true
	}
	return b.firstVariable(revisionVars)
}

func (b box) served() []place {
	if list := b.flagValues(servedFlags); len(list) > 0 {
		return list
	}
	if p, ok := b.firstVariable(servedVars); ok {
		return []place{p}
	}
	return nil
}

// Version is what the template runs: the image, the weights, and the names under which they are served, which are others.
func (t Template) Version() fleet.Version {
	b, ok := t.box("")
	if !ok {
		return fleet.Version{}
	}
	v := fleet.Version{Image: fleet.Label(b.c.Image), Quant: b.said(quantFlags, quantVars), Template: b.said(templateFlags, nil)}
	v.Manifest, v.Signed = manifest(t.pod.Annotations)
	named, ok := b.weights()
	switch {
	case ok && named.known && strings.HasPrefix(named.value, "/"):
		v.Weights = t.onVolume(b, named.value)
	case ok && !named.outside.IsEmpty():
		v.Weights = fleet.Concat(fleet.Quote(named.value), fleet.Text(", "), named.outside)
	case ok:
		v.Weights = fleet.Label(named.value)
	default:
		v.Weights = t.onlyVolume(b)
	}
	if p, ok := b.revision(); ok {
		v.Revision = fleet.Label(p.value)
	}
	for _, p := range b.served() {
		for name := range strings.SplitSeq(p.value, ",") {
			v.Served = append(v.Served, fleet.Label(strings.TrimSpace(name)))
		}
	}
	if len(v.Served) == 0 && named.value != "" {
		v.Served = []fleet.Safe{fleet.Label(named.value)} // engines call a model as its weights are called
	}
	return v
}

// said is what the engine is told by one of these flags or variables, as it is written where that is not known; "" where it
// is told nothing.
func (b box) said(flags, variables []string) fleet.Safe {
	p, _, ok := b.flag(flags)
	if !ok {
		p, ok = b.firstVariable(variables)
	}
	switch {
	case !ok:
		return fleet.Safe{}
	case !p.outside.IsEmpty():
		return fleet.Concat(fleet.Quote(p.value), fleet.Text(", "), p.outside)
	}
	return fleet.Label(p.value)
}

// NamesItself tells whether what serves says under which name; without that, other weights have another name.
func (t Template) NamesItself() bool {
	b, ok := t.box("")
	return ok && len(b.served()) > 0
}

// ServedBy is what a command line says of the model that it serves: the name that clients call, else the weights where
// these are wanted too. "" is a line that does not tell, or that refers to what it does not hold.
func ServedBy(args []string, weightsToo bool) string {
	var loose []string // a line that stands as one argument
	for _, a := range args {
		loose = append(loose, strings.Fields(a)...)
	}
	for _, command := range [][]string{args, loose} {
		b := box{c: &corev1.Container{Command: command}}
		if list := b.flagValues(servedFlags); len(list) > 0 {
			return list[0].literal()
		}
		if !weightsToo {
			continue
		}
		if p, _, ok := b.flag(weightFlags); ok {
			return p.literal()
		}
		if p, ok := b.positional(); ok {
			return p.literal()
		}
	}
	return ""
}

func (p place) literal() string {
	if !p.known || strings.Contains(p.value, "$") {
		return ""
	}
	return strings.Trim(p.value, `"'`)
}

func notRead(at, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the pod template at " + at, Err: errors.New(why)}
}
