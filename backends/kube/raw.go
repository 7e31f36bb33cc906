package kube

import (
	"context"
	"strings"

	"sigs.k8s.io/yaml"

	"pitwall/fleet"
)

// Raw shows an object as YAML: without managedFields and the copy that kubectl leaves in an annotation, and without what
// is or may be a credential.
func (i *inspector) Raw(ctx context.Context, o fleet.ObjectRef) ([]fleet.Safe, error) {
	var object map[string]any
	if err := i.object(ctx, o, &object); err != nil {
		return nil, err
	}
	clean(object)
	out, err := yaml.Marshal(object)
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "write " + o.Kind + " as YAML", Source: i.set.spec.ID, Err: err}
	}
	return bounded(string(out)), nil
}

// bounded cuts a text into lines and says when there are more.
func bounded(text string) []fleet.Safe {
	lines := fleet.Block(text, maxObjectLines+1)
	if len(lines) > maxObjectLines {
		lines = append(lines[:maxObjectLines], fleet.Textf("(cut after %s)", fleet.Many(maxObjectLines, "line")))
	}
	return lines
}

// clean removes from an object what nobody reads and what nobody may read.
func clean(object map[string]any) {
	if m, ok := object["metadata"].(map[string]any); ok {
		delete(m, "managedFields")
		if a, ok := m["annotations"].(map[string]any); ok {
			delete(a, "kubectl.kubernetes.io/last-applied-configuration")
		}
	}
	if object["kind"] == "Secret" {
		for _, field := range []string{"data", "stringData"} {
			if data, ok := object[field].(map[string]any); ok {
				for name := range data {
					data[name] = hidden
				}
			}
		}
	}
	hide(object)
}

// hide walks an object and redacts the values of environment variables, keys and flags with suspicious names.
func hide(v any) {
	switch v := v.(type) {
	case map[string]any:
		name, _ := v["name"].(string)
		if _, isText := v["value"].(string); isText && isSuspicious(name) {
			v["value"] = hidden
		}
		for k, inner := range v {
			if text, ok := inner.(string); ok {
				v[k] = hideText(k, text)
				continue
			}
			if list, ok := inner.([]any); ok && (k == "args" || k == "command") {
				hideArgs(list)
			}
			hide(inner)
		}
	case []any:
		for _, inner := range v {
			hide(inner)
		}
	}
}

func hideText(name, text string) string {
	if isSuspicious(name[strings.LastIndexByte(name, '/')+1:]) {
		return hidden
	}
	return redactText(text)
}

func hideArgs(list []any) {
	texts := make([]string, 0, len(list))
	for _, a := range list {
		s, _ := a.(string)
		texts = append(texts, s)
	}
	for n, s := range redactArgs(texts) {
		list[n] = s
	}
}
