package smg

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// maxBody bounds one answer.
const maxBody = 32 << 20

// api is one router by its own address. It is safe for concurrent use.
type api struct {
	source fleet.SourceID
	client *httpx.Client
}

func newAPI(source fleet.SourceID, base string, auth fleet.SecretRef, tls fleet.TLSSpec, deps fleet.Deps) (*api, error) {
	client, err := httpx.New(httpx.Options{Source: source, Base: base, TLS: tls, Auth: auth, Deps: deps, MaxBody: maxBody})
	if err != nil {
		return nil, err
	}
	return &api{source, client}, nil
}

// listing is what a router has. old tells that it is one of before 0.2, with calls of its own.
type listing struct {
	workers []worker
	old     bool
}

// list reads the workers, in the router's order, which changes from call to call.
func (a *api) list(ctx context.Context) (listing, *httpx.Reply, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, "/workers", nil)
	if err != nil && reply != nil && reply.Status == http.StatusNotFound {
		return a.oldList(ctx)
	}
	if err != nil {
		return listing{}, reply, err
	}
	var body struct {
		Workers []json.RawMessage `json:"workers"`
	}
	if err := reply.JSON(&body); err != nil {
		return listing{}, reply, err
	}
	if body.Workers == nil {
		return listing{}, reply, a.invalid("read /workers", errors.New("the answer has no list"))
	}
	list, err := workers(body.Workers)
	if err != nil {
		return listing{}, reply, a.invalid("read /workers", err)
	}
	return listing{workers: list}, reply, nil
}

// oldList is the list of a router of before 0.2, which tells addresses alone.
func (a *api) oldList(ctx context.Context) (listing, *httpx.Reply, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, "/list_workers", nil)
	if err != nil {
		return listing{}, reply, err
	}
	var body struct {
		URLs []string `json:"urls"`
	}
	if err := reply.JSON(&body); err != nil {
		return listing{}, reply, err
	}
	if body.URLs == nil {
		return listing{}, reply, a.invalid("read /list_workers", errors.New("the answer has no list"))
	}
	out := listing{old: true}
	for _, u := range body.URLs {
		out.workers = append(out.workers, worker{key: u, url: u, id: idOf(u), role: roleRegular, status: statusReady})
	}
	return out, reply, nil
}

// one reads one worker, with what the router is doing with it. Lists do not tell that.
func (a *api) one(ctx context.Context, key string) (worker, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, at(key), nil)
	if err != nil {
		return worker{}, err
	}
	var raw json.RawMessage
	if err := reply.JSON(&raw); err != nil {
		return worker{}, err
	}
	doc, err := jsonptr.Decode(fleet.JSON(raw))
	if err != nil {
		return worker{}, a.invalid("read a worker", errOdd)
	}
	w, err := workerOf(doc)
	if err != nil {
		return worker{}, a.invalid("read a worker", err)
	}
	return w, nil
}

func at(key string) string { return "/workers/" + url.PathEscape(key) }

// remove asks the router to forget a worker; it drains it first.
func (a *api) remove(ctx context.Context, old bool, w worker) error {
	method, path := http.MethodDelete, at(w.key)
	if old {
		method, path = http.MethodPost, "/remove_worker?url="+url.QueryEscape(w.url)
	}
	_, err := a.client.Do(ctx, method, path, nil)
	if fleet.KindOf(err) == fleet.KindNotFound && !old {
		return nil
	}
	return err
}

// add asks the router to take a worker, and gives the id under which it goes on about it. What it answers is not quoted: it may
// hold what was sent.
func (a *api) add(ctx context.Context, old bool, address string, body map[string]any) (key string, err error) {
	if old {
		_, err := a.client.Do(ctx, http.MethodPost, "/add_worker?url="+url.QueryEscape(address), nil)
		return address, err
	}
	reply, err := a.client.Do(ctx, http.MethodPost, "/workers", body)
	if err != nil {
		return "", err
	}
	var taken struct {
		ID string `json:"worker_id"`
	}
	if err := reply.JSON(&taken); err != nil {
		return "", err
	}
	return taken.ID, nil
}

func (a *api) invalid(op string, cause error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: a.source, Err: cause}
}
