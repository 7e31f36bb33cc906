package kube

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pitwall/fleet"
)

// Labels and annotations of what operators share.
const (
	markOwned  = "app.kubernetes.io/managed-by"
	markKind   = "pitwall.dev/shared" // label: "lock", "change"
	markLock   = "pitwall.dev/lock"   // annotation: what is locked
	markHolder = "pitwall.dev/holder" // annotation: who holds it, as JSON
	markOrigin = "pitwall.dev/origin"
	markAt     = "pitwall.dev/at"
	markClosed = "pitwall.dev/closed"

	kindOfLock   = "lock"
	kindOfChange = "change"
)

// shared is the place that operators of one cluster share, a namespace of it. It implements fleet.SharedReader and, where it
// was made for that, fleet.SharedWriter.
type shared struct {
	objects
	namespace string
}

func newShared(spec fleet.SourceSpec, deps fleet.Deps) (*shared, error) {
	set, err := newSettings(spec, deps)
	if err != nil {
		return nil, err
	}
	namespace := spec.Options[optShared]
	if namespace == "" {
		return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "open what is shared", Source: spec.ID,
			Err: errors.New("the cluster has no shared_namespace"), Next: "locks bind this machine alone"}
	}
	routeLogs(set.log)
	return &shared{objects: objects{access: access{set: set}}, namespace: namespace}, nil
}

func newSharedReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.SharedReader, error) {
	return newShared(spec, deps)
}

func newSharedWriter(spec fleet.SourceSpec, deps fleet.Deps) (fleet.SharedWriter, error) {
	return newShared(spec, deps)
}

// metadata is that of an object of ours.
type metadata struct {
	Name            string            `json:"name"`
	Namespace       string            `json:"namespace"`
	ResourceVersion string            `json:"resourceVersion,omitempty"`
	Labels          map[string]string `json:"labels,omitempty"`
	Annotations     map[string]string `json:"annotations,omitempty"`
}

func (s *shared) meta(name, kind, version string, notes map[string]string) metadata {
	return metadata{Name: name, Namespace: s.namespace, ResourceVersion: version, Annotations: notes,
		Labels: map[string]string{markOwned: manager, markKind: kind}}
}

func ownsLabel(kind string) string { return markOwned + "=" + manager + "," + markKind + "=" + kind }

// keep stores an object of ours: it makes it where it has no version, and replaces the version that it was read in else.
func (s *shared) keep(ctx context.Context, op string, kind fleet.ObjectKind, m metadata, object any) (reply, error) {
	body, err := encodeJSON(object)
	if err != nil {
		return reply{}, s.invalid(op, err)
	}
	if err := s.verified(ctx, op); err != nil {
		return reply{}, err
	}
	method := http.MethodPut
	path, err := objectPath(kind, fleet.ObjectRef{Namespace: m.Namespace, Name: m.Name}, partObject)
	if m.ResourceVersion == "" {
		method = http.MethodPost
		path, err = kindPath(kind, m.Namespace)
	}
	if err != nil {
		return reply{}, s.invalid(op, err)
	}
	query := url.Values{"fieldManager": {manager}, "fieldValidation": {"Strict"}}
	got, err := s.ask(ctx, op, question{method: method, path: path + "?" + query.Encode(), body: body, within: inspectWithin,
		header: http.Header{"Content-Type": {"application/json"}}})
	if err == nil && !got.ok() {
		err = got.unread(op, kind, partObject)
		if e, ok := errors.AsType[*fleet.Error](err); ok && e.Kind == fleet.KindConflict {
			e.Next = "somebody wrote it meanwhile; nothing was written"
		}
	}
	return got, err
}

// verified refuses a server whose certificate is not looked at.
func (s *shared) verified(ctx context.Context, op string) error {
	return (&objectWriter{access: access{set: s.set}}).verified(ctx, op)
}

// versionOf is the version in which an object was stored.
func versionOf(body []byte) string {
	var o struct {
		Metadata metadata `json:"metadata"`
	}
	if json.Unmarshal(body, &o) != nil {
		return ""
	}
	return o.Metadata.ResourceVersion
}

// micro is a time as the API writes those of leases and events.
func micro(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

func fromMicro(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// plainName is a text as a part of the name of an object.
func plainName(text string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(text)), "-.")
}
