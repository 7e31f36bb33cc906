package kubesuite

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/backends/kube"
	"pitwall/fleet"
)

// Kinds of objects as an orchestrator names them.
var (
	deploymentKind = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment"}
	podKind        = fleet.ObjectKind{Version: "v1", Resource: "pods", Kind: "Pod"}
	customKind     = fleet.ObjectKind{Group: "leaderworkerset.x-k8s.io", Version: "v1", Resource: "leaderworkersets", Kind: "LeaderWorkerSet"}
)

// hand is pitwall's own way to the objects of the server, as one user.
type hand struct {
	fleet.Objects
	fleet.ObjectWriter
}

func (c *clients) hand(t *testing.T, token string) hand {
	t.Helper()
	spec, deps := c.source(t, token)
	connector := kube.Connector()
	return hand{must(connector.NewObjects(spec, deps))(t), must(connector.NewObjectWriter(spec, deps))(t)}
}

// source is the server as a configuration has it, as one user.
func (c *clients) source(t *testing.T, token string) (fleet.SourceSpec, fleet.Deps) {
	t.Helper()
	spec := fleet.SourceSpec{ID: "suite", Kind: kube.Kind, URL: c.URL, Auth: fleet.SecretRef{Env: "SUITE"}}
	if len(c.CA) > 0 {
		spec.TLS.CAFile = filepath.Join(t.TempDir(), "ca.crt")
		if err := os.WriteFile(spec.TLS.CAFile, c.CA, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return spec, fleet.Deps{Clock: fleet.SystemClock{},
		Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(token), nil }}
}

// deploymentWrite is a write on the Deployment as it is now.
func (c *clients) deploymentWrite(t *testing.T, fields ...fleet.Field) fleet.ObjectWrite {
	t.Helper()
	return fleet.ObjectWrite{Object: fleet.ObjectRef{Kind: "Deployment", Namespace: c.Namespace, Name: c.Deployment}, API: deploymentKind,
		UID: string(c.deployment(t).UID), Verb: fleet.WriteSet, Fields: fields}
}

// field is one field of a write; an empty text is absence.
func field(path, before, after string) fleet.Field {
	f := fleet.Field{Path: path}
	if before != "" {
		f.Before = fleet.JSON(before)
	}
	if after != "" {
		f.After = fleet.JSON(after)
	}
	return f
}

// stands fails unless the object of a write stands where it should.
func (h hand) stands(t *testing.T, w fleet.ObjectWrite, want fleet.Standing) {
	t.Helper()
	if got, err := h.Stand(t.Context(), w); err != nil || got != want {
		t.Errorf("%s stands %q, want %q, %v", w.Object.Name, got, want, err)
	}
}

// works fails on an error.
func works(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// fails fails unless an error is of a kind and says some things, all of them fit for a screen.
func fails(t *testing.T, err error, kind fleet.Kind, parts ...string) {
	t.Helper()
	if fleet.KindOf(err) != kind {
		t.Errorf("%s, want %s: %v", fleet.KindOf(err), kind, err)
		return
	}
	t.Log(fleet.Sentence(err))
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("nothing says %q: %v", part, err)
		}
	}
	if !fleet.IsClean(fleet.Sentence(err).String()) {
		t.Errorf("not fit for a screen: %q", err.Error())
	}
}

// checkObjects reads objects as orchestrators do.
func checkObjects(t *testing.T, c *clients) {
	h := c.hand(t, c.Tokens.Viewer)
	ref := fleet.ObjectRef{Kind: "Deployment", Namespace: c.Namespace, Name: c.Deployment}
	t.Run("one", func(t *testing.T) {
		var d struct {
			Kind     string
			Metadata struct{ UID string }
		}
		body := must(h.Get(t.Context(), deploymentKind, ref))(t)
		if err := json.Unmarshal(body, &d); err != nil || d.Kind != "Deployment" || d.Metadata.UID != string(c.deployment(t).UID) {
			t.Errorf("%v: %.300s", err, body)
		}
	})
	t.Run("a list", func(t *testing.T) {
		all := must(h.List(t.Context(), podKind, c.Namespace, ""))(t)
		some := must(h.List(t.Context(), podKind, c.Namespace, "app="+c.Deployment))(t)
		if len(all) != len(c.pods(t, "").Items) || len(some) != len(c.pods(t, "?labelSelector=app%3D"+c.Deployment).Items) || len(some) == 0 {
			t.Errorf("%d and %d pods", len(all), len(some))
		}
		_, err := h.List(t.Context(), podKind, c.Namespace, "app in (")
		fails(t, err, fleet.KindInvalid)
	})
	t.Run("versions", func(t *testing.T) {
		for group, want := range map[string]string{"": "v1", "apps": "v1", "no.such.group": ""} {
			if got := must(h.Versions(t.Context(), group))(t); len(got) > 0 != (want != "") || want != "" && got[0] != want {
				t.Errorf("%q has %v, want %s", group, got, want)
			}
		}
	})
	t.Run("nothing there", func(t *testing.T) {
		_, err := h.Get(t.Context(), podKind, fleet.ObjectRef{Namespace: c.Namespace, Name: "no-such-pod"})
		fails(t, err, fleet.KindNotFound, `pods "no-such-pod" not found`)
		_, err = c.hand(t, c.Tokens.Admin).Get(t.Context(), fleet.ObjectKind{Group: "apps", Version: "v7", Resource: "deployments"}, ref)
		fails(t, err, fleet.KindNotFound, "the cluster does not serve deployments of apps in version apps/v7")
		_, err = c.hand(t, c.Tokens.Admin).Get(t.Context(), fleet.ObjectKind{Group: "no.such.group", Version: "v1", Resource: "things"}, ref)
		fails(t, err, fleet.KindNotFound, "the cluster does not serve things of no.such.group")
	})
	t.Run("no right", func(t *testing.T) {
		nobody := c.hand(t, c.Tokens.Nobody)
		_, err := nobody.Get(t.Context(), deploymentKind, ref)
		fails(t, err, fleet.KindAuth, `cannot get resource "deployments"`)
		_, err = nobody.List(t.Context(), podKind, "", "")
		fails(t, err, fleet.KindAuth, `cannot list resource "pods"`)
		_, err = c.hand(t, "no-such-token").Get(t.Context(), deploymentKind, ref)
		fails(t, err, fleet.KindAuth, "credential")
	})
	t.Run("standing", func(t *testing.T) {
		w := c.deploymentWrite(t, field("/metadata/name", `"`+c.Deployment+`"`, `"`+c.Deployment+`"`), field("/spec/suite", "", "1"))
		h.stands(t, w, fleet.StandsBefore)
		gone, other := w, w
		gone.Object.Name, other.UID = "no-such-deployment", "00000000-0000-0000-0000-000000000000"
		h.stands(t, gone, fleet.StandsGone)
		h.stands(t, other, fleet.StandsGone)
	})
	t.Run("may", c.mayWrite)
}

func (c *clients) mayWrite(t *testing.T) {
	whole := c.deploymentWrite(t)
	scale, evict := whole, whole
	scale.Part = "scale"
	evict.API, evict.Object.Name, evict.Verb = podKind, c.pod(t).Name, fleet.WriteEvict
	for _, w := range []fleet.ObjectWrite{whole, scale, evict} {
		if err := c.hand(t, c.Tokens.Admin).May(t.Context(), w); err != nil {
			t.Error(err)
		}
	}
	for _, token := range []string{c.Tokens.Viewer, c.Tokens.Scoped, c.Tokens.Nobody} {
		h := c.hand(t, token)
		fails(t, h.May(t.Context(), whole), fleet.KindAuth, "may not patch deployments of apps in the namespace "+c.Namespace)
		fails(t, h.May(t.Context(), scale), fleet.KindAuth, "may not patch deployments/scale")
		fails(t, h.May(t.Context(), evict), fleet.KindAuth, "may not create pods/eviction")
	}
	if err := c.hand(t, "no-such-token").May(t.Context(), whole); err != nil {
		t.Errorf("a claim without an answer: %v", err)
	}
}
