package kubeapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync"

	openapiv2 "github.com/google/gnostic-models/openapiv2"
	"google.golang.org/protobuf/proto"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// secondPath is where the second version of OpenAPI is: all kinds in one document. Clients still look there first for a
// kind that they validate or explain.
const secondPath = "/openapi/v2"

const secondProtobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"

// second is the one document, as JSON and as protobuf.
var second = sync.OnceValues(func() (texts map[string][]byte, err error) {
	definitions, paths := map[string]*spec.Schema{}, map[string]any{}
	for name, s := range schemas() {
		definitions[name] = downgraded(s)
	}
	for _, r := range resources() {
		describePaths(paths, r)
	}
	raw, err := json.Marshal(map[string]any{"swagger": "2.0", "info": map[string]any{"title": "Kubernetes", "version": "simulated"},
		"paths": swaggered(paths), "definitions": definitions})
	if err != nil {
		return nil, err
	}
	doc, err := openapiv2.ParseDocument(raw)
	if err != nil {
		return nil, err
	}
	binary, err := proto.Marshal(doc)
	return map[string][]byte{"application/json": raw, secondProtobuf: binary}, err
})

// openAPI2 answers the one document.
func (s *Server) openAPI2(c *call) error {
	texts, err := second()
	if err != nil {
		return err
	}
	media := "application/json"
	for _, a := range acceptList(c.r.Header.Get("Accept")) {
		if texts[a.media] != nil {
			media = a.media
			break
		}
	}
	c.w.Header().Set("Content-Type", media)
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(texts[media]) // the client hung up
	return nil
}

// downgraded is a schema as the second version writes it: definitions lie elsewhere, and stand beside a description.
func downgraded(s *spec.Schema) *spec.Schema {
	out := *s
	if len(s.AllOf) == 1 && s.AllOf[0].Ref.String() != "" {
		out = *spec.RefSchema(s.AllOf[0].Ref.String())
		out.Description = s.Description
	}
	if ref, ok := strings.CutPrefix(out.Ref.String(), schemaPrefix); ok {
		description := out.Description
		out = *spec.RefSchema("#/definitions/" + ref)
		out.Description = description
	}
	if s.Properties != nil {
		out.Properties = map[string]spec.Schema{}
		for name := range s.Properties {
			p := s.Properties[name]
			out.Properties[name] = *downgraded(&p)
		}
	}
	if s.Items != nil && s.Items.Schema != nil {
		out.Items = &spec.SchemaOrArray{Schema: downgraded(s.Items.Schema)}
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		out.AdditionalProperties = &spec.SchemaOrBool{Allows: true, Schema: downgraded(s.AdditionalProperties.Schema)}
	}
	return &out
}

// swaggered are paths as the second version writes them: parameters have a type and no schema, and a body is one of them.
func swaggered(paths map[string]any) map[string]any {
	out := map[string]any{}
	for path, ops := range paths {
		list, ok := ops.(map[string]any)
		if !ok {
			continue
		}
		old := map[string]any{}
		for verb, op := range list {
			if one, ok := op.(map[string]any); ok {
				old[verb] = swaggeredOp(one)
			}
		}
		out[path] = old
	}
	return out
}

func swaggeredOp(op map[string]any) map[string]any {
	out := maps.Clone(op)
	delete(out, "requestBody")
	if body, ok := op["requestBody"].(map[string]any); ok {
		if content, ok := body["content"].(map[string]any); ok {
			var consumes []any
			for media := range content {
				consumes = append(consumes, media)
			}
			out["consumes"] = consumes
		}
	}
	if list, ok := op["parameters"].([]any); ok {
		parameters := []any{map[string]any{"name": "body", "in": "body", "required": true, "schema": map[string]any{"type": "object"}}}
		for _, p := range list {
			if one, ok := p.(map[string]any); ok {
				kind, _ := one["schema"].(map[string]any)
				parameters = append(parameters, map[string]any{"name": one["name"], "in": one["in"], "type": kind["type"]})
			}
		}
		out["parameters"] = parameters
	}
	return out
}
