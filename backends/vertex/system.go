package vertex

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

// Kinds implements restobjects.System.
func (a *api) Kinds() []fleet.ObjectKind {
	return []fleet.ObjectKind{kind, operationKind, modelKind}
}

// Fetch implements restobjects.System. An endpoint is named by its ID, or by the name that people gave it where one only has
// it.
func (a *api) Fetch(ctx context.Context, k fleet.ObjectKind, o fleet.ObjectRef) (restobjects.Document, error) {
	if k.Resource == modelKind.Resource {
		reply, err := a.call(ctx, http.MethodGet, a.parent+"/models/"+url.PathEscape(o.Name), nil)
		if err != nil {
			return restobjects.Document{}, err
		}
		var raw json.RawMessage
		return restobjects.Document{Body: reply.Body}, reply.JSON(&raw)
	}
	r, err := a.endpoint(ctx, o)
	if err != nil {
		return restobjects.Document{}, err
	}
	doc, err := r.content()
	if err != nil {
		return restobjects.Document{}, err
	}
	return restobjects.Document{Body: jsonptr.Encode(doc), UID: r.uid(), Tag: r.Etag}, nil
}

func (a *api) endpoint(ctx context.Context, o fleet.ObjectRef) (*record, error) {
	op := "read endpoint " + fleet.Quote(o.Name).String()
	if _, err := strconv.ParseUint(o.Name, 10, 64); err != nil {
		items, _, err := a.list(ctx, a.parent+"/endpoints", "endpoints", "displayName="+strconv.Quote(o.Name))
		if err != nil {
			return nil, err
		}
		switch len(items) {
		case 0: // an ID need not be a number
		case 1:
			return a.read(op, items[0])
		default:
			return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: a.source,
				Err: errors.New("several endpoints have this name: name one by its ID")}
		}
	}
	reply, err := a.call(ctx, http.MethodGet, a.at(o.Name), nil)
	if err != nil {
		return nil, err
	}
	var raw json.RawMessage
	if err := reply.JSON(&raw); err != nil {
		return nil, err
	}
	return a.read(op, raw)
}

func (a *api) read(op string, raw json.RawMessage) (*record, error) {
	var r record
	if err := jsonptr.Typed(fleet.JSON(raw), &r); err != nil {
		return nil, err
	}
	if !strings.Contains(r.Name, "/endpoints/") {
		return nil, a.unread(op, "the answer is no endpoint")
	}
	return &r, nil
}

func (a *api) at(id string) string { return a.parent + "/endpoints/" + url.PathEscape(id) }

// List implements restobjects.System. The namespace of operations is the ID of their endpoint.
func (a *api) List(ctx context.Context, k fleet.ObjectKind, namespace string) ([]fleet.JSON, error) {
	path, key := a.parent+"/endpoints", "endpoints"
	switch {
	case k.Resource == operationKind.Resource && namespace != "":
		path, key = a.at(namespace)+"/operations", "operations"
	case k.Resource != kind.Resource:
		return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "list " + k.Resource, Source: a.source, Err: errors.New("they are not listed")}
	}
	items, _, err := a.list(ctx, path, key, "")
	out := make([]fleet.JSON, len(items))
	for i, item := range items {
		out[i] = fleet.JSON(item)
	}
	return out, err
}

// Busy implements restobjects.Busier.
func (a *api) Busy(ctx context.Context, k fleet.ObjectKind, o fleet.ObjectRef) (fleet.Safe, error) {
	if k.Resource != kind.Resource {
		return fleet.Safe{}, nil
	}
	r, err := a.endpoint(ctx, o)
	if err != nil {
		return fleet.Safe{}, err
	}
	list, err := a.List(ctx, operationKind, r.id())
	if fleet.KindOf(err) == fleet.KindAuth {
		return fleet.Safe{}, nil // what is written then is over at once: nothing else is planned
	}
	if err != nil {
		return fleet.Safe{}, err
	}
	going, _ := goingOn(list)
	return going, nil
}

// Send implements restobjects.System. What differs says which call it is.
func (a *api) Send(ctx context.Context, _ fleet.ObjectKind, _ fleet.ObjectRef, was restobjects.Document, next fleet.JSON, _ string) error {
	var before, after content
	if err := jsonptr.Typed(was.Body, &before); err != nil {
		return err
	}
	if err := jsonptr.Typed(next, &after); err != nil {
		return err
	}
	path := a.at(before.Name[strings.LastIndexByte(before.Name, '/')+1:])
	for id, m := range after.Deployed {
		old, there := before.Deployed[id]
		switch {
		case !there:
			return a.deploy(ctx, path, &before, id, m)
		case old.least() != m.least() || old.most() != m.most():
			return a.mutate(ctx, path, m)
		}
	}
	for id := range before.Deployed {
		if m := after.Deployed[id]; m == nil || m.Version == "" {
			return a.operate(ctx, path+":undeployModel", map[string]any{"deployedModelId": id})
		}
	}
	_, err := a.call(ctx, http.MethodPatch, path+"?updateMask=trafficSplit",
		map[string]any{"trafficSplit": after.Split, "etag": was.Tag})
	return err
}

// content is a document of ours.
type content struct {
	Name     string             `json:"name"`
	Display  string             `json:"displayName"`
	Created  time.Time          `json:"createTime"`
	Updated  time.Time          `json:"updateTime"`
	Split    map[string]int     `json:"trafficSplit"`
	Deployed map[string]*member `json:"deployed"`
}

// serving is the deployed model with the most requests, the newest where none gets any; nil where there is none.
func (c *content) serving() *member {
	var best *member
	for _, m := range c.Deployed {
		if best == nil || c.Split[m.ID] > c.Split[best.ID] || c.Split[m.ID] == c.Split[best.ID] && m.Created.After(best.Created) {
			best = m
		}
	}
	return best
}

// deploy deploys a version as the one that serves is deployed: machines, bounds and account are taken over here, and are not
// among the fields of the write.
func (a *api) deploy(ctx context.Context, path string, c *content, id string, m *member) error {
	like := c.serving()
	if like == nil {
		return a.unread("deploy a model", "nothing is deployed by whose machines it could go")
	}
	model := map[string]any{}
	if err := jsonptr.Typed(fleet.JSON(like.Copied), &model); err != nil {
		return err
	}
	model["id"], model["model"] = id, strings.TrimPrefix(a.parent, "/v1/")+"/models/"+m.Version
	if like.Display != "" {
		model["displayName"] = like.Display
	}
	return a.operate(ctx, path+":deployModel", map[string]any{"deployedModel": model})
}

// operate begins an operation. It may be over by the time of the answer, and have failed, with an answer of 200.
func (a *api) operate(ctx context.Context, path string, in any) error {
	reply, err := a.call(ctx, http.MethodPost, path, in)
	if err != nil {
		return err
	}
	var o operation
	if known := jsonptr.Typed(fleet.JSON(reply.Body), &o) == nil; known && o.Error != nil {
		text := o.Error.Message
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "begin " + o.name().String(), Source: a.source, Next: "nothing was changed by it",
			Err: errors.New("it failed at once: " + fleet.Quote(text[:min(len(text), mostSaidOfFailure)]).String())}
	}
	return nil // what goes on is read from the endpoint
}

func (a *api) mutate(ctx context.Context, path string, m *member) error {
	return a.operate(ctx, path+":mutateDeployedModel", map[string]any{
		"deployedModel": map[string]any{"id": m.ID, m.Block: map[string]any{"minReplicaCount": m.least(), "maxReplicaCount": m.most()}},
		"updateMask":    m.Block + ".minReplicaCount," + m.Block + ".maxReplicaCount"})
}
