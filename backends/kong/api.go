package kong

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// The bounds of what is read.
const (
	maxBody  = 32 << 20
	pageSize = "1000" // the most that the Admin API gives at once
	maxPages = 200
)

// defaultHeader carries a token of the Admin API with RBAC.
const defaultHeader = "Kong-Admin-Token"

// api is one Admin API by its own address. It is safe for concurrent use.
type api struct {
	source    fleet.SourceID
	client    *httpx.Client
	workspace string
}

func newAPI(
	source fleet.SourceID, base string, auth fleet.SecretRef, tls fleet.TLSSpec, options map[string]string, deps fleet.Deps,
) (*api, error) {
	header := cmp.Or(options[OptionTokenHeader], defaultHeader)
	if http.CanonicalHeaderKey(header) == "Authorization" {
		header = "" // as a bearer token
	}
	client, err := httpx.New(httpx.Options{
		Source: source, Base: base, TLS: tls, Auth: auth, Header: header, Deps: deps, MaxBody: maxBody,
	})
	if err != nil {
		return nil, err
	}
	return &api{source: source, client: client, workspace: options[OptionWorkspace]}, nil
}

// at is the path of an entity of the workspace. Names are escaped.
func (a *api) at(names ...string) string {
	path := ""
	if a.workspace != "" {
		path = "/" + url.PathEscape(a.workspace)
	}
	for _, n := range names {
		path += "/" + url.PathEscape(n)
	}
	return path
}

// list reads all pages of a collection.
func (a *api) list(ctx context.Context, path string) ([]json.RawMessage, *httpx.Reply, error) {
	var all []json.RawMessage
	offset := ""
	for range maxPages {
		query := "?size=" + pageSize
		if offset != "" {
			query += "&offset=" + url.QueryEscape(offset)
		}
		reply, err := a.client.Do(ctx, http.MethodGet, path+query, nil)
		if err != nil {
			return nil, reply, err
		}
		data, next, err := a.page(path, reply)
		if err != nil {
			return nil, reply, err
		}
		all = append(all, data...)
		if next == "" || next == offset {
			return all, reply, nil
		}
		offset = next
	}
	return nil, nil, a.invalid("read "+path, errors.New("its pages do not end"))
}

// page parts one page. An empty list has been seen as an empty object.
func (a *api) page(path string, reply *httpx.Reply) ([]json.RawMessage, string, error) {
	var body struct {
		Data   json.RawMessage `json:"data"`
		Offset *string         `json:"offset"`
	}
	if err := reply.JSON(&body); err != nil {
		return nil, "", err
	}
	var data []json.RawMessage
	if compact := bytes.TrimSpace(body.Data); !bytes.Equal(compact, []byte("{}")) {
		if err := json.Unmarshal(compact, &data); err != nil || data == nil {
			return nil, "", a.invalid("read "+path, errors.New("the answer has no list"))
		}
	}
	if body.Offset == nil {
		return data, "", nil
	}
	return data, *body.Offset, nil
}

// document reads one entity, with its numbers as they are written.
func (a *api) document(ctx context.Context, path string) (any, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	var body json.RawMessage
	if err := reply.JSON(&body); err != nil { // bounds the depth too
		return nil, err
	}
	doc, err := jsonptr.Decode(fleet.JSON(body))
	if err != nil {
		return nil, a.invalid("read "+path, errors.New("the answer is not one document"))
	}
	return doc, nil
}

// patch sends the fields of one entity. What Kong says against them is not quoted: it may hold a part of what was sent.
func (a *api) patch(ctx context.Context, path string, body any) error {
	_, err := a.client.Do(ctx, http.MethodPatch, path, body)
	return err
}

func (a *api) invalid(op string, cause error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: a.source, Err: cause}
}
