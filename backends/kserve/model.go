package kserve

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// frameworks are the older blocks that name a framework in place of model.
var frameworks = []string{"model", "huggingface", "triton", "pytorch", "tensorflow", "onnx", "sklearn", "xgboost", "lightgbm", "pmml",
	"paddle"}

// block is the part of a predictor that says what is served: model, or an older one of its kind, or a pod of one's own.
type block struct {
	at    string // pointer in the predictor: "/model"; "" for a pod of one's own
	value any    // nil where the predictor says nothing that is known
}

func findBlock(predictor any) block {
	for _, name := range frameworks {
		if v, ok := jsonptr.Find(predictor, "/"+name); ok && v != nil {
			return block{"/" + name, v}
		}
	}
	if v, ok := jsonptr.Find(predictor, "/containers"); ok && v != nil {
		return block{"", predictor}
	}
	return block{}
}

// template shows the block as a pod template, so that images and flags are read and changed as everywhere.
func (b block) template() (podspec.Template, error) {
	if b.at == "" {
		return podspec.New(map[string]any{"spec": b.value}, "")
	}
	box := map[string]any{"name": mainName}
	m, _ := b.value.(map[string]any)
	maps.Copy(box, m)
	box["name"] = mainName
	return podspec.New(map[string]any{"spec": map[string]any{"containers": []any{box}}}, "")
}

// version is what the block serves.
func (b block) version() fleet.Version {
	if b.value == nil {
		return fleet.Version{}
	}
	t, err := b.template()
	if err != nil {
		return fleet.Version{}
	}
	v := t.Version()
	if uri := b.uri(); uri != "" {
		v.Weights = fleet.Label(uri)
		if _, revision, ok := cutRevision(uri); ok {
			v.Revision = fleet.Label(revision)
		}
		if !t.NamesItself() {
			v.Served = nil // the service's own name, which its caller knows
		}
	}
	return v
}

// uri is where the weights come from.
func (b block) uri() string {
	if uri := jsonptr.Text(b.value, "/storageUri"); uri != "" {
		return uri
	}
	return jsonptr.Text(b.value, "/storage/path")
}

const hub = "hf://"

// cutRevision splits hf://organisation/model:revision.
func cutRevision(uri string) (model, revision string, ok bool) {
	if !strings.HasPrefix(uri, hub) {
		return uri, "", false
	}
	model, revision, ok = strings.Cut(uri[len(hub):], ":")
	return hub + model, revision, ok
}

// edit gives the block changed as wanted, with what changed in words.
func (b block) edit(w fleet.Want, refuse func(kind fleet.Kind, why string) error) (block, []fleet.Safe, error) {
	switch {
	case b.value == nil:
		return b, nil, refuse(fleet.KindUnsupported, "its predictor says neither model nor containers: it comes from elsewhere")
	case w.Version != "":
		return b, nil, refuse(fleet.KindUnsupported,
			"KServe keeps no version to go back to; undo the change that brought this one, or name the model of before")
	case b.at != "" && w.Container != "" && w.Container != mainName:
		return b, nil, refuse(fleet.KindUnsupported, "only container "+mainName+" is made from its model; name no other")
	}
	next, said, w := b.storage(w)
	t, err := next.template()
	if err != nil {
		return b, nil, err
	}
	if b.at != "" {
		t = t.Behind() // of the arguments of its runtime
	}
	t, more, err := t.Edit(w, true)
	if err != nil {
		return b, nil, err
	}
	return next.with(t), append(said, more...), nil
}

// storage changes where the weights come from, as far as the block itself says it; what is left is for the container.
func (b block) storage(w fleet.Want) (block, []fleet.Safe, fleet.Want) {
	field := "/storageUri"
	old := jsonptr.Text(b.value, field)
	if b.at == "" || old == "" && jsonptr.Text(b.value, "/storage/path") == "" && !strings.Contains(w.Weights, "://") {
		return b, nil, w
	}
	if old == "" && !strings.Contains(w.Weights, "://") {
		field = "/storage/path"
		old = jsonptr.Text(b.value, field)
	}
	next := old
	if w.Weights != "" {
		if next = w.Weights; strings.HasPrefix(old, hub) && !strings.Contains(next, "://") {
			next = hub + next
		}
	}
	if w.Revision != "" && strings.HasPrefix(next, hub) {
		model, _, _ := cutRevision(next)
		next = model + ":" + w.Revision
		w.Revision = ""
	}
	w.Weights = ""
	if next == old {
		return b, nil, w
	}
	b.value = jsonptr.With(b.value, field, next)
	return b, []fleet.Safe{fleet.Textf("model: %s -> %s", orNone(old), fleet.Quote(next))}, w
}

func orNone(s string) fleet.Safe {
	if s == "" {
		return fleet.Text("none")
	}
	return fleet.Quote(s)
}

// with is the block with what a template of it says.
func (b block) with(t podspec.Template) block {
	if b.at == "" {
		v, _ := jsonptr.Find(t.Doc(), "/spec")
		return block{"", v}
	}
	v, _ := jsonptr.Find(t.Doc(), "/spec/containers/0")
	m, _ := v.(map[string]any)
	m = maps.Clone(m)
	name, had := jsonptr.Find(b.value, "/name")
	if delete(m, "name"); had {
		m["name"] = name
	}
	return block{b.at, m}
}

// same tells whether two templates load and run the same.
func same(a, b podspec.Template) bool {
	view := func(t podspec.Template) string {
		pod := t.Pod()
		text := source(t)
		for i := range pod.Spec.Containers {
			c := &pod.Spec.Containers[i]
			if c.Name == "queue-proxy" {
				continue // Knative's own, which names its revision
			}
			env := slices.DeleteFunc(slices.Clone(c.Env), func(e corev1.EnvVar) bool { return strings.HasPrefix(e.Name, "K_") })
			line, err := json.Marshal([]any{c.Name, c.Image, c.Command, c.Args, env, c.Resources})
			if err != nil {
				return t.At + "?" // never equal to another
			}
			text += string(line)
		}
		return text
	}
	return view(a) == view(b)
}
