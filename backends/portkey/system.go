package portkey

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

// atOnce is how many configs are asked for at the same time.
const atOnce = 4

// Kinds implements restobjects.System.
func (a *api) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

// document is a config with what lists tell of it.
func (a *api) document(body []byte, s *stored) (fleet.JSON, error) {
	config, err := jsonptr.Decode(body)
	if err != nil {
		return nil, err
	}
	return jsonptr.Encode(map[string]any{"config": config, "metadata": map[string]any{"name": s.Slug, "uid": s.ID},
		"by": s.UpdatedBy, "at": s.UpdatedAt, "version": s.VersionID}), nil
}

// List implements restobjects.System. A config that went meanwhile is left out; one that cannot be read fails the list, so
// that the last good one stays.
func (a *api) List(ctx context.Context, _ fleet.ObjectKind, _ string) ([]fleet.JSON, error) {
	list, err := a.configs(ctx)
	if err != nil {
		return nil, err
	}
	docs, errs := make([]fleet.JSON, len(list)), make([]error, len(list))
	var all sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i := range list {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			body, err := a.config(ctx, list[i].Slug)
			if err == nil {
				docs[i], err = a.document(body, &list[i])
			}
			errs[i] = err
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil && fleet.KindOf(err) != fleet.KindNotFound {
			return nil, err
		}
	}
	return slices.DeleteFunc(docs, func(d fleet.JSON) bool { return d == nil }), nil
}

// Fetch implements restobjects.System. The versions are read first: whoever saves after that is seen by Send.
func (a *api) Fetch(ctx context.Context, _ fleet.ObjectKind, o fleet.ObjectRef) (restobjects.Document, error) {
	if !isSlug(o.Name) {
		return restobjects.Document{}, a.fault(fleet.KindNotFound, "read config "+fleet.Quote(o.Name).String(), "no config has such a slug", "")
	}
	versions, err := a.versions(ctx, o.Name)
	if err != nil {
		return restobjects.Document{}, err
	}
	config, err := a.config(ctx, o.Name)
	if err != nil {
		return restobjects.Document{}, err
	}
	last := newest(versions)
	last.Slug = o.Name
	body, err := a.document(config, &last)
	return restobjects.Document{Body: body, UID: last.ID, Tag: tagOf(versions)}, err
}

// newest is the version that was saved last: the first of those with the latest time.
func newest(versions []stored) stored {
	last := versions[0]
	for _, v := range versions[1:] {
		if was, is := last.time(), v.time(); is.OK && (!was.OK || is.V.After(was.V)) {
			last = v
		}
	}
	return last
}

// tagOf is the versions that there are, in no order: the API does not say in which one it lists them.
func tagOf(versions []stored) string {
	ids := make([]string, len(versions))
	for i, v := range versions {
		ids[i] = v.VersionID
	}
	slices.Sort(ids)
	return strings.Join(ids, "\n")
}

// stranger is a version that neither the tag nor the exception holds, "" where there is none. A list that leaves old versions
// out holds none either.
func stranger(versions []stored, tag, except string) string {
	known := strings.Split(tag, "\n")
	for _, v := range versions {
		if v.VersionID != except && !slices.Contains(known, v.VersionID) {
			return v.VersionID
		}
	}
	return ""
}

// Send implements restobjects.System.
func (a *api) Send(ctx context.Context, _ fleet.ObjectKind, o fleet.ObjectRef, was restobjects.Document, next fleet.JSON, _ string) error {
	const nothing = "nothing was written"
	op := "save config " + fleet.Quote(o.Name).String()
	doc, err := jsonptr.Decode(next)
	if err != nil {
		return err
	}
	config, _ := jsonptr.Find(doc, "/config")
	if masked(config) {
		return a.fault(fleet.KindUnsupported, op, "the answer hides a credential behind signs, and sending it back would overwrite it",
			"change its weights in Portkey; "+nothing)
	}
	versions, err := a.versions(ctx, o.Name)
	if err != nil {
		return unsent(err, op, nothing)
	}
	if v := stranger(versions, was.Tag, ""); v != "" {
		return a.fault(fleet.KindConflict, op, "somebody else saved it as version "+fleet.Quote(v).String()+" since it was read", nothing)
	}
	version, err := a.put(ctx, o.Name, config)
	if err != nil {
		return err
	}
	versions, err = a.versions(ctx, o.Name)
	switch {
	case err != nil:
		return unsent(err, op, "it was kept as version "+fleet.Quote(version).String()+"; whether somebody else saved it in the same "+
			"moment is not known")
	case strings.Contains("\n"+was.Tag+"\n", "\n"+version+"\n"):
		return a.fault(fleet.KindServer, op, "it answers with a version that there was before", "read what holds before the next write")
	}
	if v := stranger(versions, was.Tag, version); v != "" {
		return a.fault(fleet.KindServer, op, "somebody else saved version "+fleet.Quote(v).String()+" in the same moment as ours, "+
			fleet.Quote(version).String()+", and one has overwritten the other", "Portkey keeps both: compare them there")
	}
	return nil
}

// unsent says of an error in checking what holds after it. It is never one of the request that writes.
func unsent(err error, op, holds string) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok {
		return err
	}
	said := *e
	said.Op, said.Next = op+": "+e.Op, holds
	return &said
}

// masked tells whether a text in a config looks like a credential that is hidden in part or whole.
func masked(v any) bool {
	switch x := v.(type) {
	case string:
		return strings.Contains(x, "***") || strings.Contains(x, "•••")
	case []any:
		return slices.ContainsFunc(x, masked)
	case map[string]any:
		for _, below := range x {
			if masked(below) {
				return true
			}
		}
	}
	return false
}
