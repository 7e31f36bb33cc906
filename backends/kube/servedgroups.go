package kube

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"pitwall/fleet"
)

// servedFor is how long the versions of a group are taken as known.
const servedFor = time.Minute

// servedGroups keeps which versions of a group are served.
type servedGroups struct {
	mu    sync.Mutex
	known map[string]servedGroup
}

type servedGroup struct {
	versions []string
	at       time.Time
}

// Versions implements fleet.Objects.
func (o *objects) Versions(ctx context.Context, group string) ([]string, error) {
	now := o.set.deps.Clock.Now()
	o.served.mu.Lock()
	g, known := o.served.known[group]
	o.served.mu.Unlock()
	if known && now.Sub(g.at) < servedFor {
		return slices.Clone(g.versions), nil
	}
	versions, err := o.versions(ctx, group)
	if err != nil {
		return nil, err
	}
	o.served.mu.Lock()
	defer o.served.mu.Unlock()
	if o.served.known == nil {
		o.served.known = map[string]servedGroup{}
	}
	o.served.known[group] = servedGroup{versions, now}
	return slices.Clone(versions), nil
}

func (o *objects) versions(ctx context.Context, group string) ([]string, error) {
	op, path := "ask which versions of "+fleet.Quote(group).String()+" are served", "/apis/"+url.PathEscape(group)
	if group == "" {
		op, path = "ask which versions of the core API are served", "/api"
	}
	if group == "." || group == ".." {
		return nil, o.invalid(op, reason{text: "that is no group"})
	}
	got, err := o.ask(ctx, op, question{method: http.MethodGet, path: path, within: inspectWithin})
	switch {
	case err != nil:
		return nil, err
	case got.code == http.StatusNotFound:
		return nil, nil
	case !got.ok():
		return nil, got.unread(op, fleet.ObjectKind{Group: group}, partObject)
	}
	return parseVersions(got, op)
}

// parseVersions reads an APIGroup, or the APIVersions of the core.
func parseVersions(got reply, op string) ([]string, error) {
	type version struct {
		Version string `json:"version"`
	}
	var core struct {
		Kind     string   `json:"kind"`
		Versions []string `json:"versions"`
	}
	if json.Unmarshal(got.body, &core) == nil && core.Kind == "APIVersions" {
		return core.Versions, nil
	}
	var g struct {
		Versions         []version `json:"versions"`
		PreferredVersion version   `json:"preferredVersion"`
	}
	if err := json.Unmarshal(got.body, &g); err != nil {
		return nil, got.conn.fail(fleet.KindInvalid, op, "the answer names no versions", "nothing of it was used", err)
	}
	var list []string
	for _, v := range append([]version{g.PreferredVersion}, g.Versions...) {
		if v.Version != "" && !slices.Contains(list, v.Version) {
			list = append(list, v.Version)
		}
	}
	return list, nil
}
