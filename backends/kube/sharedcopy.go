package kube

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"pitwall/fleet"
)

var configMapKind = fleet.ObjectKind{Version: "v1", Resource: "configmaps", Kind: "ConfigMap"}

const (
	keySummary = "summary.json"
	keyJournal = "journal.jsonl.gz"
	keyChange  = "pitwall.dev/change-id" // annotation
)

// configMap is the copy of one change.
type configMap struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   metadata          `json:"metadata"`
	Data       map[string]string `json:"data,omitempty"`
	Binary     map[string][]byte `json:"binaryData,omitempty"`
}

func copyName(id fleet.ChangeID) string { return "pitwall-change-" + plainName(string(id)) }

// isAbsent tells an object that is not there from a kind that is not served.
func isAbsent(err error) bool {
	return fleet.KindOf(err) == fleet.KindNotFound && !errors.Is(err, errUnserved)
}

// Copies implements fleet.SharedReader.
func (s *shared) Copies(ctx context.Context) ([]fleet.ChangeCopy, error) {
	list, err := s.List(ctx, configMapKind, s.namespace, ownsLabel(kindOfChange))
	if err != nil {
		return nil, err
	}
	var bad error
	out := make([]fleet.ChangeCopy, 0, len(list))
	for _, item := range list {
		c, err := copyOf(item)
		if err != nil {
			bad = s.invalid("read the copy of a change", err)
			continue
		}
		out = append(out, c)
	}
	return out, bad
}

func copyOf(body []byte) (fleet.ChangeCopy, error) {
	var m configMap
	if err := json.Unmarshal(body, &m); err != nil {
		return fleet.ChangeCopy{}, reason{"it is no ConfigMap", err}
	}
	a := m.Metadata.Annotations
	c := fleet.ChangeCopy{ID: fleet.ChangeID(a[keyChange]), At: fromMicro(a[markAt]), Closed: fromMicro(a[markClosed]), Origin: a[markOrigin],
		Summary: []byte(m.Data[keySummary]), Journal: m.Binary[keyJournal], Version: m.Metadata.ResourceVersion}
	switch {
	case c.ID == "" || copyName(c.ID) != m.Metadata.Name:
		return c, errors.New("ConfigMap " + fleet.Quote(m.Metadata.Name).String() + " is of another change than its name says")
	case len(body) > 4*fleet.CopyLimit:
		return c, errors.New("ConfigMap " + fleet.Quote(m.Metadata.Name).String() + " is larger than any copy of ours")
	}
	return c, nil
}

// Copy implements fleet.SharedWriter.
func (s *shared) Copy(ctx context.Context, id fleet.ChangeID) (fleet.ChangeCopy, error) {
	body, err := s.Get(ctx, configMapKind, fleet.ObjectRef{Namespace: s.namespace, Name: copyName(id)})
	if err != nil {
		return fleet.ChangeCopy{}, err
	}
	c, err := copyOf(body)
	if err != nil {
		return c, s.invalid("read the copy of a change", err)
	}
	return c, nil
}

// PutCopy implements fleet.SharedWriter.
func (s *shared) PutCopy(ctx context.Context, c fleet.ChangeCopy) (fleet.ChangeCopy, error) {
	op := "copy change " + fleet.Quote(string(c.ID)).String()
	notes := map[string]string{keyChange: string(c.ID), markAt: micro(c.At), markOrigin: c.Origin}
	if !c.Closed.IsZero() {
		notes[markClosed] = micro(c.Closed)
	}
	m := s.meta(copyName(c.ID), kindOfChange, c.Version, notes)
	object := configMap{APIVersion: "v1", Kind: "ConfigMap", Metadata: m, Data: map[string]string{keySummary: string(c.Summary)}}
	if len(c.Journal) > 0 {
		object.Binary = map[string][]byte{keyJournal: c.Journal}
	}
	if body, err := encodeJSON(object); err != nil || len(body) > fleet.CopyLimit {
		return c, s.invalid(op, errors.Join(errors.New("it is larger than 64 kB"), err))
	}
	got, err := s.keep(ctx, op, configMapKind, m, object)
	if err != nil {
		return c, err
	}
	c.Version = versionOf(got.body)
	return c, nil
}

// RemoveCopy implements fleet.SharedWriter.
func (s *shared) RemoveCopy(ctx context.Context, id fleet.ChangeID) error {
	op := "remove the copy of change " + fleet.Quote(string(id)).String()
	path, err := objectPath(configMapKind, fleet.ObjectRef{Namespace: s.namespace, Name: copyName(id)}, partObject)
	if err != nil {
		return s.invalid(op, err)
	}
	if err := s.verified(ctx, op); err != nil {
		return err
	}
	got, err := s.ask(ctx, op, question{method: http.MethodDelete, path: path, within: inspectWithin})
	if err == nil && !got.ok() {
		err = got.unread(op, configMapKind, partObject)
	}
	if isAbsent(err) {
		return nil
	}
	return err
}
