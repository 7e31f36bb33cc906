package azureml

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"pitwall/backends/internal/azureapi"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// The options that say which workspace it is.
const (
	optSubscription = "subscription"
	optGroup        = "resource_group"
	optWorkspace    = "workspace"
)

// mostPages bounds a list.
const mostPages = 100

// api is one workspace under one credential. It is safe for concurrent use.
type api struct {
	source    fleet.SourceID
	client    *httpx.Client
	workspace string // path of the workspace
}

func open(spec fleet.SourceSpec, auth fleet.SecretRef, deps fleet.Deps) (*api, error) {
	path := ""
	for _, part := range []struct{ option, before string }{
		{optSubscription, "/subscriptions/"}, {optGroup, "/resourceGroups/"}, {optWorkspace, "/providers/" + group + "/workspaces/"}} {
		value := spec.Options[part.option]
		if value == "" {
			return nil, wrong(spec.ID, "option "+part.option+" is missing")
		}
		path += part.before + url.PathEscape(value)
	}
	for name := range spec.Options {
		switch name {
		case optSubscription, optGroup, optWorkspace, "site":
		default:
			return nil, wrong(spec.ID, "there is no option "+fleet.Quote(name).String()+"; there are subscription, resource_group and workspace")
		}
	}
	opt := httpx.For(spec, spec.URL, deps)
	opt.Auth = auth
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	return &api{source: spec.ID, client: client, workspace: path}, nil
}

func wrong(source fleet.SourceID, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "open the Azure ML workspace", Source: source, Err: errors.New(why),
		Next: "correct its options in the configuration"}
}

// path is where the API keeps an object; parts are a name after each kind.
func (a *api) path(parts ...string) string {
	p := a.workspace
	for i, part := range parts {
		if i%2 == 1 {
			part = url.PathEscape(part)
		}
		p += "/" + part
	}
	return p + "?api-version=" + apiVersion
}

func (a *api) call(ctx context.Context, method, path string, in any) (*httpx.Reply, error) {
	reply, err := a.client.Do(ctx, method, path, in)
	if err != nil {
		return nil, a.told(reply, err)
	}
	return reply, nil
}

// mostSaid bounds a quoted message.
const mostSaid = 300

// told adds to a refusal what Azure says of it. What it says of a credential may hold a part of it, and is left out.
func (a *api) told(reply *httpx.Reply, err error) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil || e.Kind != fleet.KindInvalid && e.Kind != fleet.KindConflict {
		return azureapi.Explained(reply, err)
	}
	said := *e
	if r, _ := azureapi.RefusalOf(reply.Body); r.Message+r.Code != "" {
		text := cmp.Or(r.Message, r.Code)
		said.Err = fmt.Errorf("%w: %s", e.Err, fleet.Quote(text[:min(len(text), mostSaid)]))
	}
	return &said
}

// list reads all pages of a list.
func (a *api) list(ctx context.Context, path string) ([]json.RawMessage, *httpx.Reply, error) {
	return azureapi.Listing{Source: a.source, Path: path, Pages: mostPages,
		Get: func(ctx context.Context, path string) (*httpx.Reply, error) {
			return a.call(ctx, http.MethodGet, path, nil)
		}}.Read(ctx)
}

func (a *api) unread(op, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: a.source, Err: errors.New(why), Next: "nothing of it was used"}
}
