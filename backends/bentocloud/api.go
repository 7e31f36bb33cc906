package bentocloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// speaks is the version of BentoML whose bodies these are: canaries are known from 1.4.17 on.
const speaks = "1.4.38"

// optCluster is the option that names the only cluster of BentoCloud that is read; without it all are.
const optCluster = "cluster"

// Bounds of a list.
const (
	pageSize  = 200
	mostPages = 50
)

// api is BentoCloud under one token. It is safe for concurrent use.
type api struct {
	source  fleet.SourceID
	client  *httpx.Client
	cluster string // "" for all
}

func open(spec fleet.SourceSpec, auth fleet.SecretRef, deps fleet.Deps) (*api, error) {
	for name := range spec.Options {
		if name != optCluster && name != "site" {
			return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "open BentoCloud", Source: spec.ID,
				Err: fmt.Errorf("there is no option %s; there is cluster", fleet.Quote(name))}
		}
	}
	opt := httpx.For(spec, spec.URL, deps)
	opt.Auth, opt.Header, opt.Extra = auth, "X-YATAI-API-TOKEN", http.Header{"X-Bentoml-Version": {speaks}}
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	return &api{source: spec.ID, client: client, cluster: spec.Options[optCluster]}, nil
}

func pathOf(cluster, name string, more ...string) string {
	path := "/api/v2/deployments/" + url.PathEscape(name)
	for _, m := range more {
		path += "/" + m
	}
	if cluster != "" {
		path += "?cluster=" + url.QueryEscape(cluster)
	}
	return path
}

// call sends one request. Of all statuses only 200 is success, and what is not there may be a 400.
func (a *api) call(ctx context.Context, method, path string, in any) (*httpx.Reply, error) {
	reply, err := a.client.Do(ctx, method, path, in)
	switch {
	case err == nil && reply.Status == http.StatusOK:
		return reply, nil
	case err == nil:
		return nil, &fleet.Error{Kind: fleet.KindServer, Op: "call BentoCloud", Source: a.source,
			Err:  fmt.Errorf("it answered %d, which its API does not know", reply.Status),
			Next: "read what holds before the next write"}
	case reply != nil && reply.Status == http.StatusBadRequest && strings.Contains(string(reply.Body), "record not found"):
		return nil, a.missing(method, path)
	}
	return nil, a.told(reply, err)
}

func (a *api) missing(method, path string) error {
	path, _, _ = strings.Cut(path, "?")
	op := "read "
	if method != http.MethodGet {
		op = "send to "
	}
	return &fleet.Error{Kind: fleet.KindNotFound, Op: op + path, Source: a.source, Err: errors.New("BentoCloud has no such record"),
		Next: "it may have been deleted"}
}

// mostTrace bounds the number under which the makers find a failure.
const mostTrace = 80

// told adds to a failure what BentoCloud says of it: the trace of its own failures, and why it refuses a document. What it
// says of a credential may hold a part of it, and is left out.
func (a *api) told(reply *httpx.Reply, err error) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil {
		return err
	}
	said := *e
	switch e.Kind {
	case fleet.KindServer:
		if trace := reply.Header.Get("X-Trace-Id"); trace != "" && len(trace) <= mostTrace {
			said.Next = cmp.Or(said.Next, "its failure") + "; its trace is " + fleet.Quote(trace).String()
		}
	case fleet.KindInvalid, fleet.KindConflict:
		if why := message(reply.Body); why != "" {
			said.Err = fmt.Errorf("%w: %s", e.Err, why)
		}
	default:
	}
	return &said
}

// mostSaid bounds a quoted message.
const mostSaid = 200

func message(body []byte) string {
	var v struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &v) != nil {
		return ""
	}
	text := cmp.Or(v.Error, v.Message)
	return fleet.Quote(text[:min(len(text), mostSaid)]).String()
}

// page is one page of the list of deployments.
type page struct {
	Total *int              `json:"total"`
	Items []json.RawMessage `json:"items"`
}

// list reads all deployments, of the one cluster or of all.
func (a *api) list(ctx context.Context, cluster string) ([]json.RawMessage, *httpx.Reply, error) {
	var all []json.RawMessage
	for range mostPages {
		q := url.Values{"start": {strconv.Itoa(len(all))}, "count": {strconv.Itoa(pageSize)}}
		if c := cmp.Or(cluster, a.cluster); c != "" {
			q.Set("cluster", c)
		} else {
			q.Set("all", "true")
		}
		reply, err := a.call(ctx, http.MethodGet, "/api/v2/deployments?"+q.Encode(), nil)
		if err != nil {
			return nil, nil, err
		}
		var p page
		if err := reply.JSON(&p); err != nil {
			return nil, nil, err
		}
		if p.Total == nil {
			return nil, nil, a.unread("list deployments", "the answer does not say how many there are")
		}
		all = append(all, p.Items...)
		if len(p.Items) == 0 || len(all) >= *p.Total {
			return all, reply, nil
		}
	}
	return nil, nil, a.unread("list deployments", fmt.Sprintf("there are more than %d", mostPages*pageSize))
}

func (a *api) unread(op, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: a.source, Err: errors.New(why), Next: "nothing of it was used"}
}
