package kube

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"pitwall/fleet"
)

// Bounds of a list.
const (
	maxListed     = 20_000
	maxListedSize = 128 << 20
	lightPage     = pageSize / 10 // where pages of the usual size are too long
)

// objects reads objects of one cluster as they are. It implements fleet.Objects.
type objects struct {
	access
	rights rights
	served servedGroups
}

func newObjects(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Objects, error) {
	set, err := newSettings(spec, deps)
	if err != nil {
		return nil, err
	}
	routeLogs(set.log)
	return &objects{access: access{set: set}}, nil
}

// Get implements fleet.Objects.
func (o *objects) Get(ctx context.Context, kind fleet.ObjectKind, ref fleet.ObjectRef) (fleet.JSON, error) {
	return o.read(ctx, kind, ref, partObject)
}

// read gives one object, or one of its parts.
func (a *access) read(ctx context.Context, kind fleet.ObjectKind, ref fleet.ObjectRef, part string) (fleet.JSON, error) {
	op := "read " + called(kind, ref)
	path, err := objectPath(kind, ref, part)
	if err != nil {
		return nil, a.invalid(op, err)
	}
	got, err := a.ask(ctx, op, question{method: http.MethodGet, path: path, within: inspectWithin})
	switch {
	case err != nil:
		return nil, err
	case !got.ok():
		return nil, got.unread(op, kind, part)
	case len(got.body) > maxObject:
		return nil, got.conn.fail(fleet.KindInvalid, op, "it is over 4 MiB", "", nil)
	case kindOfJSON(got.body) != '{' || !json.Valid(got.body):
		return nil, got.conn.fail(fleet.KindInvalid, op, "the answer is not JSON", "nothing of it was used", nil)
	}
	return got.body, nil
}

func (a *access) invalid(op string, err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: a.set.spec.ID, Err: err, Next: "nothing was sent"}
}

// unread words why something could not be read.
func (a reply) unread(op string, kind fleet.ObjectKind, part string) error {
	err := a.conn.refusal(op, &http.Response{StatusCode: a.code, Header: a.header}, a.body)
	e, ok := errors.AsType[*fleet.Error](err)
	if ok && e.Kind == fleet.KindNotFound && a.unserved() {
		e.Err = unserved(kind, part)
	}
	return err
}

var errUnserved = errors.New("not served")

// unserved says that a cluster lacks a kind, or a kind lacks a part.
func unserved(kind fleet.ObjectKind, part string) error {
	version := fleet.Quote(strings.TrimPrefix(kind.Group+"/"+kind.Version, "/")).String()
	return reason{"the cluster does not serve " + resourceName(kind, part) + " in version " + version, errUnserved}
}

// unserved tells a 404 of a path from one of an object, whose name it tells.
func (a reply) unserved() bool {
	s, ok := parseStatus(a.body)
	return a.code == http.StatusNotFound && (!ok || s.Details == nil || s.Details.Name == "")
}

// page is one part of a list.
type listPage struct {
	Metadata struct {
		Continue string `json:"continue"`
	} `json:"metadata"`
	Items []json.RawMessage `json:"items"`
}

// List implements fleet.Objects. It reads page by page; a list that changes faster than it can be read is begun anew once.
// The server leaves kind and apiVersion out of the items of its own kinds.
func (o *objects) List(ctx context.Context, kind fleet.ObjectKind, namespace, selector string) ([]fleet.JSON, error) {
	op := "list " + resourceName(kind, partObject) + " " + where(namespace)
	path, err := kindPath(kind, namespace)
	if err != nil {
		return nil, o.invalid(op, err)
	}
	list, err := o.pages(ctx, op, path, selector, kind)
	if fleet.KindOf(err) == fleet.KindStale {
		list, err = o.pages(ctx, op, path, selector, kind)
	}
	return list, err
}

func (o *objects) pages(ctx context.Context, op, path, selector string, kind fleet.ObjectKind) ([]fleet.JSON, error) {
	list, size, limit, next := []fleet.JSON{}, 0, pageSize, ""
	for {
		query := url.Values{"limit": {strconv.Itoa(limit)}}
		for name, value := range map[string]string{"labelSelector": selector, "continue": next} {
			if value != "" {
				query.Set(name, value)
			}
		}
		got, err := o.ask(ctx, op, question{method: http.MethodGet, path: path + "?" + query.Encode(), within: pageWithin})
		if errors.Is(err, errTooLong) && limit != lightPage {
			limit = lightPage
			continue
		}
		if err != nil {
			return nil, err
		}
		if !got.ok() {
			return nil, got.unread(op, kind, partObject)
		}
		var p listPage
		if err := json.Unmarshal(got.body, &p); err != nil {
			return nil, got.conn.fail(fleet.KindInvalid, op, "the answer is no list", "nothing of it was used", err)
		}
		for _, item := range p.Items {
			list, size = append(list, fleet.JSON(item)), size+len(item)
		}
		if next = p.Metadata.Continue; next == "" {
			return list, nil
		}
		if len(list) >= maxListed || size >= maxListedSize {
			return nil, got.conn.fail(fleet.KindInvalid, op, "there are more than "+strconv.Itoa(len(list))+" of them",
				"name a namespace or a selector", nil)
		}
	}
}
