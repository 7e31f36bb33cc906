package kube

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"pitwall/fleet"
)

var eventKind = fleet.ObjectKind{Group: "events.k8s.io", Version: "v1", Resource: "events", Kind: "Event"}

// Bounds of an Event, whose server refuses longer texts.
const (
	maxNote     = 1024
	maxInstance = 128
	maxName     = 200
)

// objectReference names the object that an Event is about.
type objectReference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
	UID        string `json:"uid,omitempty"`
}

type event struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   metadata        `json:"metadata"`
	EventTime  string          `json:"eventTime"`
	Controller string          `json:"reportingController"`
	Instance   string          `json:"reportingInstance"`
	Action     string          `json:"action"`
	Reason     string          `json:"reason"`
	Regarding  objectReference `json:"regarding"`
	Note       string          `json:"note"`
	Type       string          `json:"type"`
}

// Tell implements fleet.SharedWriter: an Event in the namespace of the object, of which each is there once.
func (s *shared) Tell(ctx context.Context, n fleet.ObjectNote) error {
	op := "leave an Event with " + called(n.API, n.Object)
	m := metadata{Namespace: cmp.Or(n.Object.Namespace, "default"),
		Name: plainName(cut(n.Object.Name, maxName)) + "." + fleet.AuditID(string(n.Change) + "/" + n.Reason)[:8]}
	e := event{APIVersion: "events.k8s.io/v1", Kind: "Event", Metadata: m, EventTime: micro(n.At), Controller: "pitwall.dev/pitwall",
		Instance: cut(cmp.Or(n.By, manager), maxInstance), Action: "Change", Reason: n.Reason,
		Note: cut(n.Text.String(), maxNote), Type: "Normal",
		Regarding: objectReference{APIVersion: strings.TrimPrefix(n.API.Group+"/"+n.API.Version, "/"), Kind: cmp.Or(n.API.Kind, n.Object.Kind),
			Namespace: n.Object.Namespace, Name: n.Object.Name, UID: n.UID}}
	if n.Warn {
		e.Type = "Warning"
	}
	got, err := s.keep(ctx, op, eventKind, m, e)
	if got.code == http.StatusConflict {
		return nil // it was told before
	}
	return err
}

// cut is a text of at most so many bytes, in whole characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	text = text[:most]
	return strings.ToValidUTF8(text, "")
}
