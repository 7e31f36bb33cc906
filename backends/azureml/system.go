package azureml

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

// Kinds implements restobjects.System.
func (a *api) Kinds() []fleet.ObjectKind {
	return []fleet.ObjectKind{endpointKind, deploymentKind, environmentKind}
}

func (a *api) at(k fleet.ObjectKind, o fleet.ObjectRef) (string, error) {
	switch {
	case k.Resource == endpointKind.Resource && o.Name != "":
		return a.path("onlineEndpoints", o.Name), nil
	case k.Resource == deploymentKind.Resource && o.Namespace != "" && o.Name != "":
		return a.path("onlineEndpoints", o.Namespace, "deployments", o.Name), nil
	case k.Resource == environmentKind.Resource:
		if name, version, ok := strings.Cut(o.Name, ":"); ok {
			return a.path("environments", name, "versions", version), nil
		}
	}
	return "", &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + fleet.Quote(o.Kind+" "+o.Name).String(), Source: a.source,
		Err: errors.New("its name is not whole: a deployment is named as ENDPOINT/NAME")}
}

// Fetch implements restobjects.System.
func (a *api) Fetch(ctx context.Context, k fleet.ObjectKind, o fleet.ObjectRef) (restobjects.Document, error) {
	path, err := a.at(k, o)
	if err != nil {
		return restobjects.Document{}, err
	}
	reply, err := a.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return restobjects.Document{}, err
	}
	var raw json.RawMessage
	if err := reply.JSON(&raw); err != nil {
		return restobjects.Document{}, err
	}
	body, err := normal(fleet.JSON(raw))
	if err != nil {
		return restobjects.Document{}, err
	}
	var d struct {
		ID     string `json:"id"`
		System system `json:"systemData"`
	}
	if err := jsonptr.Typed(body, &d); err != nil {
		return restobjects.Document{}, err
	}
	if d.ID == "" {
		return restobjects.Document{}, a.unread("read "+fleet.Quote(o.Kind+" "+o.Name).String(), "the answer is no resource")
	}
	return restobjects.Document{Body: body, UID: identity(d.ID, d.System)}, nil
}

// Busy implements restobjects.Busier: whether Azure shows what is wanted or what was, while an operation is under way, it does not say.
func (a *api) Busy(ctx context.Context, k fleet.ObjectKind, o fleet.ObjectRef) (fleet.Safe, error) {
	d, err := a.Fetch(ctx, k, o)
	if err != nil {
		return fleet.Safe{}, err
	}
	doc, err := jsonptr.Decode(d.Body)
	if err != nil {
		return fleet.Safe{}, err
	}
	switch state := jsonptr.Text(doc, "/properties/provisioningState"); state {
	case "Creating", "Updating", "Scaling", "Deleting":
		return fleet.Textf("an operation (%s)", fleet.Label(state)), nil
	}
	return fleet.Safe{}, nil
}

// normal leaves members without requests out of the traffic of an endpoint: Azure says the same of it with 0 and without.
func normal(body fleet.JSON) (fleet.JSON, error) {
	doc, err := jsonptr.Decode(body)
	if err != nil {
		return nil, err
	}
	for _, at := range []string{trafficAt, mirrorAt} {
		v, _ := jsonptr.Find(doc, at)
		split, ok := v.(map[string]any)
		if !ok {
			continue
		}
		split = maps.Clone(split)
		maps.DeleteFunc(split, func(_ string, n any) bool { return n == json.Number("0") || n == nil })
		doc = jsonptr.With(doc, at, split)
	}
	return jsonptr.Encode(doc), nil
}

// List implements restobjects.System. The namespace of deployments is their endpoint.
func (a *api) List(ctx context.Context, k fleet.ObjectKind, namespace string) ([]fleet.JSON, error) {
	path := a.path("onlineEndpoints")
	switch {
	case k.Resource == deploymentKind.Resource && namespace != "":
		path = a.path("onlineEndpoints", namespace, "deployments")
	case k.Resource != endpointKind.Resource:
		return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "list " + k.Resource, Source: a.source,
			Err: errors.New("they are listed for one endpoint only")}
	}
	items, _, err := a.list(ctx, path)
	var out []fleet.JSON
	for _, item := range items {
		body, err := normal(fleet.JSON(item))
		if err != nil {
			return nil, err
		}
		out = append(out, body)
	}
	return out, err
}

// Send implements restobjects.System. An instance count alone is a PATCH; all else is the whole resource, without what Azure
// keeps of it by itself.
func (a *api) Send(ctx context.Context, k fleet.ObjectKind, o fleet.ObjectRef, was restobjects.Document, next fleet.JSON, _ string) error {
	path, err := a.at(k, o)
	if err != nil {
		return err
	}
	before, err := jsonptr.Decode(was.Body)
	if err != nil {
		return err
	}
	after, err := jsonptr.Decode(next)
	if err != nil {
		return err
	}
	capacity, _ := jsonptr.Find(after, capacityAt)
	if same := jsonptr.Encode(jsonptr.With(before, capacityAt, capacity)); k.Resource == deploymentKind.Resource && same.Equal(next) {
		_, err = a.call(ctx, http.MethodPatch, path, map[string]any{"sku": map[string]any{"capacity": capacity}})
		return err
	}
	_, err = a.call(ctx, http.MethodPut, path, whole(after))
	return err
}

// whole is a resource as it can be put: what is read only is left out.
func whole(doc any) any {
	for _, path := range []string{"/id", "/name", "/type", "/systemData", "/etag", "/properties/provisioningState", "/properties/scoringUri",
		"/properties/swaggerUri", "/properties/keys", "/identity/principalId", "/identity/tenantId"} {
		doc = jsonptr.With(doc, path, nil)
	}
	v, _ := jsonptr.Find(doc, "/identity/userAssignedIdentities")
	if users, ok := v.(map[string]any); ok {
		for id := range users {
			doc = jsonptr.With(doc, "/identity/userAssignedIdentities"+jsonptr.Path(id), map[string]any{})
		}
	}
	return json.RawMessage(jsonptr.Encode(doc))
}
