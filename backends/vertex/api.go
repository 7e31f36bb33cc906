package vertex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"pitwall/backends/internal/googleapi"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// The options that say which location it is.
const (
	optProject  = "project"
	optLocation = "location"
)

// Bounds of lists.
const (
	pageSize  = "100"
	mostPages = 50
)

// api is one location of a project under one credential. It is safe for concurrent use.
type api struct {
	source fleet.SourceID
	client *httpx.Client
	parent string // path of the location
}

func open(spec fleet.SourceSpec, auth fleet.SecretRef, deps fleet.Deps) (*api, error) {
	for name := range spec.Options {
		switch name {
		case optProject, optLocation, "site":
		default:
			return nil, wrong(spec.ID, "there is no option "+fleet.Quote(name).String()+"; there are project and location")
		}
	}
	for _, name := range []string{optProject, optLocation} {
		if spec.Options[name] == "" {
			return nil, wrong(spec.ID, "option "+name+" is missing")
		}
	}
	opt := httpx.For(spec, spec.URL, googleapi.Signed(deps))
	opt.Auth = auth
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	return &api{source: spec.ID, client: client,
		parent: "/v1/projects/" + url.PathEscape(spec.Options[optProject]) + "/locations/" + url.PathEscape(spec.Options[optLocation])}, nil
}

func wrong(source fleet.SourceID, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "open Vertex AI", Source: source, Err: errors.New(why),
		Next: "correct its options in the configuration"}
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

// told adds to a refusal what Google says of it. A document that is not the newest is refused with 409 or, by some services,
// with 400 and a word. What is said of a credential may hold a part of it, and is left out.
func (a *api) told(reply *httpx.Reply, err error) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil {
		return err
	}
	said := *e
	r, known := googleapi.RefusalOf(reply.Body)
	switch {
	case reply.Status == http.StatusUnauthorized:
		return googleapi.ExplainedToken(reply, err)
	case known && reply.Status == http.StatusBadRequest && (r.Status == "ABORTED" || r.Status == "FAILED_PRECONDITION" &&
		strings.Contains(strings.ToLower(r.Message), "etag")):
		said.Kind, said.Err = fleet.KindConflict, errors.New("somebody else changed it in the same moment")
		said.Next = "read its state again before the next write"
	case known && (e.Kind == fleet.KindInvalid || e.Kind == fleet.KindConflict) && r.Message != "":
		text := r.Message
		said.Err = fmt.Errorf("%w: %s", e.Err, fleet.Quote(text[:min(len(text), mostSaid)]))
	}
	return &said
}

// list reads all pages of a list, whose items are under a key.
func (a *api) list(ctx context.Context, path, key, filter string) ([]json.RawMessage, *httpx.Reply, error) {
	q := url.Values{"pageSize": {pageSize}}
	if filter != "" {
		q.Set("filter", filter)
	}
	l, err := googleapi.Listing{Source: a.source, Path: path, Query: q, Key: key, Pages: mostPages,
		Get: func(ctx context.Context, path string) (*httpx.Reply, error) {
			return a.call(ctx, http.MethodGet, path, nil)
		}}.Read(ctx)
	return l.Items, l.Last, err
}

func (a *api) unread(op, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: a.source, Err: errors.New(why), Next: "nothing of it was used"}
}
