package bentocloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

// Kinds implements restobjects.System.
func (a *api) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind, bentoKind} }

// Fetch implements restobjects.System. The namespace of a deployment is its cluster of BentoCloud.
func (a *api) Fetch(ctx context.Context, k fleet.ObjectKind, o fleet.ObjectRef) (restobjects.Document, error) {
	if k.Resource == bentoKind.Resource {
		return a.bento(ctx, o.Name)
	}
	reply, err := a.call(ctx, http.MethodGet, pathOf(cmp.Or(o.Namespace, a.cluster), o.Name), nil)
	if err != nil {
		return restobjects.Document{}, err
	}
	var r record
	if err := reply.JSON(&r); err != nil {
		return restobjects.Document{}, err
	}
	if r.Name != o.Name || r.UID == "" {
		return restobjects.Document{}, a.unread("read deployment "+fleet.Quote(o.Name).String(), "the answer is not about it")
	}
	return restobjects.Document{Body: jsonptr.Encode(r.document()), UID: r.UID}, nil
}

// bento asks whether there is a Bento of a tag.
func (a *api) bento(ctx context.Context, tag string) (restobjects.Document, error) {
	repository, version, ok := strings.Cut(tag, ":")
	if !ok || repository == "" || version == "" {
		return restobjects.Document{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "read a Bento", Source: a.source,
			Err: errors.New(fleet.Quote(tag).String() + " is no tag as NAME:VERSION")}
	}
	reply, err := a.call(ctx, http.MethodGet, "/api/v1/bento_repositories/"+url.PathEscape(repository)+"/bentos/"+url.PathEscape(version), nil)
	if err != nil {
		return restobjects.Document{}, err
	}
	var raw json.RawMessage
	if err := reply.JSON(&raw); err != nil {
		return restobjects.Document{}, err
	}
	return restobjects.Document{Body: fleet.JSON(raw)}, nil
}

// List implements restobjects.System.
func (a *api) List(ctx context.Context, k fleet.ObjectKind, namespace string) ([]fleet.JSON, error) {
	if k.Resource != kind.Resource {
		return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "list " + k.Resource, Source: a.source, Err: errors.New("they are asked " +
			"for by their tags")}
	}
	items, _, err := a.list(ctx, namespace)
	if err != nil {
		return nil, err
	}
	var list []fleet.JSON
	for _, item := range items {
		var r record
		if err := jsonptr.Typed(fleet.JSON(item), &r); err != nil {
			return nil, err
		}
		list = append(list, jsonptr.Encode(r.document()))
	}
	return list, nil
}

// Send implements restobjects.System. Two calls of the API are no documents: what asks for them is a field of ours.
func (a *api) Send(ctx context.Context, _ fleet.ObjectKind, o fleet.ObjectRef, was restobjects.Document, next fleet.JSON, _ string) error {
	before, err := jsonptr.Decode(was.Body)
	if err != nil {
		return err
	}
	after, err := jsonptr.Decode(next)
	if err != nil {
		return err
	}
	cluster := cmp.Or(jsonptr.Text(before, "/cluster"), o.Namespace, a.cluster)
	ended, _ := jsonptr.Find(after, endedAt)
	running, _ := jsonptr.Find(before, endedAt)
	switch {
	case jsonptr.Text(before, revisionAt) != jsonptr.Text(after, revisionAt):
		_, err = a.call(ctx, http.MethodPut, pathOf(cluster, o.Name, "void_update"), nil)
	case ended == true && running == false:
		_, err = a.call(ctx, http.MethodPost, pathOf(cluster, o.Name, "terminate"), nil)
	default:
		spec, _ := jsonptr.Find(after, "/spec")
		body, ok := spec.(map[string]any)
		if !ok {
			return a.unread("put deployment "+fleet.Quote(o.Name).String(), "what it is made of was not told")
		}
		_, err = a.call(ctx, http.MethodPut, pathOf(cluster, o.Name), whole(body))
	}
	return err
}

// whole makes a body that can be put: a new canary takes over what the main version has, as the console of BentoCloud does
// it, and one whose Bento was taken away goes with all that it had. Neither is among the fields of a write, which are written
// down: services, variables and secrets travel here only.
func whole(spec map[string]any) map[string]any {
	out := maps.Clone(spec)
	c, _ := spec["canary"].(map[string]any)
	old, _ := c["versions"].(map[string]any)
	versions := map[string]any{}
	for name, v := range old {
		version, _ := v.(map[string]any)
		if _, ok := version["bento"].(string); !ok {
			continue
		}
		if _, ok := version["services"]; !ok {
			version = maps.Clone(version)
			for _, k := range []string{"services", "envs", "secrets"} {
				if has, ok := spec[k]; ok {
					version[k] = has
				}
			}
		}
		versions[name] = version
	}
	if delete(out, "canary"); len(versions) > 0 {
		c = maps.Clone(c)
		c["versions"] = versions
		out["canary"] = c
	}
	return out
}
