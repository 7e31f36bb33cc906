package kubeapi

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// schemas describes the kinds that are served, and all that these are made of, by the names of OpenAPI. What it says comes
// from the Go types of the API: their JSON names, their own descriptions, and the keys by which patches merge their lists.
var schemas = sync.OnceValue(func() map[string]*spec.Schema {
	d := describer{}
	for _, r := range resources() {
		if r.Custom {
			d.custom(r)
			continue
		}
		if obj, err := r.object(); err == nil {
			d.root(reflect.TypeOf(obj).Elem(), r.gvk())
		}
	}
	return d
})

// Names of what schemas says beyond OpenAPI.
const (
	extKind      = "x-kubernetes-group-version-kind"
	extList      = "x-kubernetes-list-type"
	extKeys      = "x-kubernetes-list-map-keys"
	extMap       = "x-kubernetes-map-type"
	extStrategy  = "x-kubernetes-patch-strategy"
	extMergeKey  = "x-kubernetes-patch-merge-key"
	extUnknown   = "x-kubernetes-preserve-unknown-fields"
	schemaPrefix = "#/components/schemas/"
)

type describer map[string]*spec.Schema

// modelled is a type that knows its name in OpenAPI; nearly all of the API do.
type modelled interface{ OpenAPIModelName() string }

// plain is a type that is written as a plain value, such as a time.
type plain interface {
	OpenAPISchemaType() []string
	OpenAPISchemaFormat() string
}

type documented interface{ SwaggerDoc() map[string]string }

// root describes a kind.
func (d describer) root(t reflect.Type, gvk schema.GroupVersionKind) {
	s := d[d.name(t)]
	s.AddExtension(extKind, []any{kindOf(gvk)})
}

func kindOf(gvk schema.GroupVersionKind) map[string]any {
	return map[string]any{"group": gvk.Group, "version": gvk.Version, "kind": gvk.Kind}
}

// custom describes a kind of which only the frame is known.
func (d describer) custom(r *Resource) {
	open := func() spec.Schema {
		s := spec.Schema{SchemaProps: spec.SchemaProps{Type: []string{"object"}}}
		s.AddExtension(extUnknown, true)
		return s
	}
	meta, _ := d.of(reflect.TypeFor[metaOnly]().Field(0).Type)
	s := &spec.Schema{SchemaProps: spec.SchemaProps{Type: []string{"object"}, Properties: map[string]spec.Schema{
		"apiVersion": *spec.StringProperty(), "kind": *spec.StringProperty(), "metadata": meta, "spec": open(), "status": open()},
		Description: "The simulator knows no schema of this kind: it takes any spec."}}
	s.AddExtension(extKind, []any{kindOf(r.gvk())})
	s.AddExtension(extUnknown, true)
	d[strings.Join([]string{"io.x-k8s", strings.SplitN(r.Group, ".", 2)[0], r.Version, r.Kind}, ".")] = s
}

// name describes a named type, once, and returns its name.
func (d describer) name(t reflect.Type) string {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return ""
	}
	m, ok := reflect.Zero(t).Interface().(modelled)
	if !ok {
		return ""
	}
	name := m.OpenAPIModelName()
	if d[name] != nil {
		return name
	}
	s := &spec.Schema{}
	d[name] = s // before its fields: some types hold themselves
	docs := docsOf(t)
	s.Description = docs[""]
	if p, ok := reflect.Zero(t).Interface().(plain); ok {
		s.Type, s.Format = p.OpenAPISchemaType(), p.OpenAPISchemaFormat()
		return name
	}
	s.Type = []string{"object"}
	if t.Kind() == reflect.Struct {
		d.fields(s, t, docs)
	}
	if slices.Contains(wholes, name) {
		s.AddExtension(extMap, "atomic")
	}
	return name
}

func docsOf(t reflect.Type) map[string]string {
	if x, ok := reflect.Zero(t).Interface().(documented); ok {
		return x.SwaggerDoc()
	}
	return nil
}

// fields adds the fields of a struct, those of embedded ones included.
func (d describer) fields(s *spec.Schema, t reflect.Type, docs map[string]string) {
	for f := range t.Fields() {
		tag, ok := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case !ok || name == "-":
			continue
		case name == "" && f.Anonymous:
			d.fields(s, f.Type, docsOf(f.Type))
			continue
		}
		one, empty := d.of(f.Type)
		if doc := docs[name]; doc != "" {
			if one.Ref.String() != "" { // beside a reference nothing may stand
				one = spec.Schema{SchemaProps: spec.SchemaProps{AllOf: []spec.Schema{one}}}
			}
			one.Description = doc
		}
		d.merging(&one, t.Name(), name, f)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			s.Required = append(s.Required, name)
			one.Default = empty
		}
		if v := defaults[t.Name()+"."+name]; v != nil {
			one.Default = v
		}
		s.SetProperty(name, one)
	}
}

// merging tells how a list, or a map, is merged, by the Go name of the type that it is in.
func (d describer) merging(s *spec.Schema, in, name string, f reflect.StructField) {
	if atomicMaps[in+"."+name] {
		s.AddExtension(extMap, "atomic")
	}
	if k := f.Type.Kind(); k != reflect.Slice || f.Type.Elem().Kind() == reflect.Uint8 {
		return
	}
	strategy, key := f.Tag.Get("patchStrategy"), f.Tag.Get("patchMergeKey")
	if strategy != "" {
		s.AddExtension(extStrategy, strategy)
	}
	if key != "" {
		s.AddExtension(extMergeKey, key)
	}
	keys := listKeys[in+"."+name]
	if keys == nil && key != "" {
		keys = []any{key}
	}
	switch {
	case len(keys) > 0:
		s.AddExtension(extList, "map")
		s.AddExtension(extKeys, keys)
	case strings.Contains(strategy, "merge"):
		s.AddExtension(extList, "set")
	default:
		s.AddExtension(extList, "atomic")
	}
}

// of is the schema of a field's type, and the value of one that is left out.
func (d describer) of(t reflect.Type) (spec.Schema, any) {
	if name := d.name(t); name != "" {
		var empty any
		if len(d[name].Properties) > 0 {
			empty = map[string]any{}
		}
		return *spec.RefSchema(schemaPrefix + name), empty
	}
	simple := func(kind, format string, empty any) (spec.Schema, any) {
		return spec.Schema{SchemaProps: spec.SchemaProps{Type: []string{kind}, Format: format}}, empty
	}
	switch t.Kind() {
	case reflect.Pointer:
		s, _ := d.of(t.Elem())
		return s, nil
	case reflect.String:
		return simple("string", "", "")
	case reflect.Bool:
		return simple("boolean", "", false)
	case reflect.Int32, reflect.Int16, reflect.Int8, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return simple("integer", "int32", 0)
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64:
		return simple("integer", "int64", 0)
	case reflect.Float32, reflect.Float64:
		return simple("number", "double", 0)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return simple("string", "byte", nil)
		}
		item, _ := d.of(t.Elem())
		return *spec.ArrayProperty(&item), nil
	case reflect.Map:
		item, _ := d.of(t.Elem())
		return *spec.MapProperty(&item), nil
	default: // structs have names
		return simple("object", "", nil)
	}
}
