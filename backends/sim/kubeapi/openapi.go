package kubeapi

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// openAPIPath is where the third version of OpenAPI is: a document for each version of a group.
const openAPIPath = "/openapi/v3"

// documents are the texts of the groups' versions, by their path, such as "apis/apps/v1".
var documents = sync.OnceValue(func() map[string][]byte {
	out := map[string][]byte{}
	for _, r := range resources() {
		root := rootOf(r.groupVersion())
		if out[root] != nil {
			continue
		}
		if text, err := document(r.groupVersion()); err == nil {
			out[root] = text
		}
	}
	return out
})

func rootOf(gv schema.GroupVersion) string {
	if gv.Group == "" {
		return "api/" + gv.Version
	}
	return "apis/" + gv.String()
}

// openAPI answers the list of documents, or one of them.
func (s *Server) openAPI(c *call) error {
	if c.path == secondPath {
		return s.openAPI2(c)
	}
	all := documents()
	path, ok := strings.CutPrefix(c.path, openAPIPath)
	if path = strings.TrimPrefix(path, "/"); !ok {
		return errNoPath
	}
	if path == "" {
		type place struct {
			URL string `json:"serverRelativeURL"`
		}
		index := map[string]place{}
		for name, text := range all {
			h := fnv.New64a()
			_, _ = h.Write(text) // a hash takes everything
			index[name] = place{fmt.Sprintf("%s/%s?hash=%X", openAPIPath, name, h.Sum64())}
		}
		respondJSON(c.w, "application/json", map[string]any{"paths": index})
		return nil
	}
	text, ok := all[path]
	if !ok {
		return errNoPath
	}
	for _, a := range acceptList(c.r.Header.Get("Accept")) {
		switch a.media {
		case "application/json", "*/*", "application/*":
			respondJSON(c.w, "application/json", json.RawMessage(text))
			return nil
		}
	}
	return status(http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable,
		"only the following media types are accepted: application/json")
}

// document describes one version of a group: its paths and whatever its kinds are made of.
func document(gv schema.GroupVersion) ([]byte, error) {
	paths, used := map[string]any{}, map[string]*spec.Schema{}
	for _, r := range resources() {
		if r.groupVersion() != gv {
			continue
		}
		describePaths(paths, r)
		for name, s := range schemas() {
			if kinds, ok := s.Extensions[extKind].([]any); ok && isKind(kinds, r.gvk()) {
				collect(used, name)
			}
		}
	}
	return json.Marshal(map[string]any{"openapi": "3.0.0", "info": map[string]any{"title": "Kubernetes", "version": "simulated"},
		"paths": paths, "components": map[string]any{"schemas": used}})
}

func isKind(kinds []any, gvk schema.GroupVersionKind) bool {
	for _, k := range kinds {
		if m, ok := k.(map[string]any); ok && m["kind"] == gvk.Kind && m["group"] == gvk.Group && m["version"] == gvk.Version {
			return true
		}
	}
	return false
}

// collect takes a schema and those that it refers to.
func collect(into map[string]*spec.Schema, name string) {
	s := schemas()[name]
	if s == nil || into[name] != nil {
		return
	}
	into[name] = s
	follow(s, func(ref string) { collect(into, ref) })
}

func follow(s *spec.Schema, see func(string)) {
	if ref, ok := strings.CutPrefix(s.Ref.String(), schemaPrefix); ok {
		see(ref)
	}
	for i := range s.AllOf {
		follow(&s.AllOf[i], see)
	}
	for name := range s.Properties {
		p := s.Properties[name]
		follow(&p, see)
	}
	if s.Items != nil && s.Items.Schema != nil {
		follow(s.Items.Schema, see)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		follow(s.AdditionalProperties.Schema, see)
	}
}

// describePaths says what can be done with one object of a kind, and how it can be changed.
func describePaths(paths map[string]any, r *Resource) {
	path := "/" + rootOf(r.groupVersion())
	if r.Namespaced {
		path += "/namespaces/{namespace}"
	}
	path += "/" + r.Plural + "/{name}"
	kind := kindOf(r.gvk())
	ops := map[string]any{"get": map[string]any{extKind: kind, "responses": map[string]any{"200": map[string]any{"description": "OK"}}}}
	if r.of == "" {
		var parameters []any
		for _, name := range []string{"dryRun", "fieldManager", "fieldValidation", "force"} {
			kind := "string"
			if name == "force" {
				kind = "boolean"
			}
			parameters = append(parameters, map[string]any{"name": name, "in": "query", "schema": map[string]any{"type": kind}})
		}
		content := map[string]any{}
		for _, media := range patchTypes(r) {
			content[string(media)] = map[string]any{"schema": map[string]any{"type": "object"}}
		}
		ops["patch"] = map[string]any{extKind: kind, "parameters": parameters, "requestBody": map[string]any{"content": content},
			"responses": map[string]any{"200": map[string]any{"description": "OK"}}}
	}
	paths[path] = ops
}

// patchTypes are the forms of patches that a kind takes.
func patchTypes(r *Resource) []types.PatchType {
	list := []types.PatchType{types.JSONPatchType, types.MergePatchType}
	if !r.Custom {
		list = append(list, types.StrategicMergePatchType)
	}
	return append(list, types.ApplyYAMLPatchType)
}
