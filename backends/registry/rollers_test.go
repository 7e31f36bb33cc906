package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

// toyObjects is a cluster that serves some versions of groups and has the objects of one kind.
type toyObjects struct {
	fleet.Objects
	versions map[string][]string
	has      fleet.ObjectKind
}

func (o toyObjects) Versions(_ context.Context, group string) ([]string, error) {
	if group == "broken" {
		return nil, &fleet.Error{Kind: fleet.KindTimeout, Op: "ask for versions"}
	}
	return o.versions[group], nil
}

func (o toyObjects) Get(_ context.Context, kind fleet.ObjectKind, ref fleet.ObjectRef) (fleet.JSON, error) {
	if kind != o.has || ref.Name != "chat" {
		return nil, &fleet.Error{Kind: fleet.KindNotFound, Op: "read " + ref.Name}
	}
	return fleet.JSON(`{}`), nil
}

func (toyObjects) Stand(context.Context, fleet.ObjectWrite) (fleet.Standing, error) {
	return fleet.StandsForeign, nil
}

func (toyObjects) May(context.Context, fleet.ObjectWrite) error { return errors.New("may not") }

// toyOrchestrator knows some kinds and says of a rollout which of them it was asked for.
type toyOrchestrator struct {
	name  string
	kinds []fleet.ObjectKind
}

func (o toyOrchestrator) Kinds() []fleet.ObjectKind { return o.kinds }

func (o toyOrchestrator) Rollout(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, ref fleet.ObjectRef) (fleet.Rollout, error) {
	if _, err := c.Get(ctx, kind, ref); err != nil {
		return fleet.Rollout{}, err
	}
	return fleet.Rollout{Object: ref, System: fleet.Label(o.name)}, nil
}

func (o toyOrchestrator) Draft(context.Context, fleet.Objects, fleet.Rollout, fleet.Want) (fleet.Draft, error) {
	return fleet.Draft{Notes: []fleet.Safe{fleet.Label(o.name)}}, nil
}

func kind(group, version, resource, word string) fleet.ObjectKind {
	return fleet.ObjectKind{Group: group, Version: version, Resource: resource, Kind: word}
}

// rolling is a set of one kind of cluster and two orchestrators, of which one knows two versions.
func rolling(objects fleet.Objects, opened *int) Set {
	orchestrator := func(name string, kinds ...fleet.ObjectKind) fleet.Connector {
		return fleet.Connector{Kind: name, NewOrchestrator: func(fleet.Deps) fleet.Orchestrator { return toyOrchestrator{name, kinds} }}
	}
	return Set{
		{Kind: "cluster", NewObjects: func(spec fleet.SourceSpec, _ fleet.Deps) (fleet.Objects, error) {
			*opened++
			if spec.Options["bad"] != "" {
				return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "open the cluster"}
			}
			return objects, nil
		}},
		orchestrator("one", kind("one.example", "v1beta1", "models", "Model"), kind("one.example", "v1", "models", "Model"), kind("broken", "v1", "bits", "Bit")),
		orchestrator("two", kind("two.example", "v1", "models", "Model"), kind("two.example", "v2", "servers", "Server")),
		{Kind: "page"},
	}
}

var chat = fleet.ObjectRef{Cluster: "c1", Kind: "Model", Namespace: "llm", Name: "chat"}

func source(id fleet.ClusterID) fleet.SourceSpec {
	return fleet.SourceSpec{ID: "kube-" + fleet.SourceID(id), Kind: "cluster", Subject: fleet.Subject{Cluster: id}}
}

func TestARollerFindsTheSystemAndTheServedVersion(t *testing.T) {
	for _, c := range []struct {
		what   string
		served map[string][]string
		has    fleet.ObjectKind
		system string
	}{
		{"the order of the cluster", map[string][]string{"one.example": {"v1", "v1beta1"}}, kind("one.example", "v1", "models", "Model"), "one"},
		{"an old cluster", map[string][]string{"one.example": {"v1alpha1", "v1beta1"}}, kind("one.example", "v1beta1", "models", "Model"), "one"},
		{"two systems", map[string][]string{"one.example": {"v1"}, "two.example": {"v1"}}, kind("two.example", "v1", "models", "Model"), "two"},
	} {
		opened := 0
		of := rolling(toyObjects{versions: c.served, has: c.has}, &opened).
			Rollers(func() []fleet.SourceSpec { return []fleet.SourceSpec{source("c1")} }, fleet.Deps{})
		r, ok := of("c1")
		if !ok {
			t.Fatal("there is no roller")
		}
		got, err := r.Rollout(t.Context(), chat)
		if err != nil || got.System.String() != c.system || got.API != c.has {
			t.Errorf("%s: %s by %+v, %v", c.what, got.System, got.API, err)
		}
		draft, err := r.Draft(t.Context(), got, fleet.Want{})
		if err != nil || len(draft.Notes) != 1 || draft.Notes[0].String() != c.system {
			t.Errorf("%s: drafted by %v, %v", c.what, draft.Notes, err)
		}
		if s, err := r.Stand(t.Context(), fleet.ObjectWrite{}); s != fleet.StandsForeign || err != nil {
			t.Errorf("%q, %v", s, err)
		}
		if err := r.May(t.Context(), fleet.ObjectWrite{}); err == nil {
			t.Error("the answer of the cluster is lost")
		}
	}
}

func TestARollerSaysWhatItCannotRoll(t *testing.T) {
	opened := 0
	objects := toyObjects{versions: map[string][]string{"one.example": {"v1"}, "two.example": {"v3"}}, has: kind("one.example", "v1", "models", "Model")}
	of := rolling(objects, &opened).Rollers(func() []fleet.SourceSpec { return []fleet.SourceSpec{source("c1")} }, fleet.Deps{})
	r, _ := of("c1")
	for _, c := range []struct {
		word, name string
		kind       fleet.Kind
		text       string
	}{
		{"Gizmo", "x", fleet.KindUnsupported, "no system that pitwall knows has the kind Gizmo; it knows Model, Bit, Server"},
		{"Server", "x", fleet.KindUnsupported, "the cluster has it as two.example/v3, and pitwall knows two.example/v2"},
		{"Model", "x", fleet.KindNotFound, "read x"},
		{"Bit", "x", fleet.KindTimeout, "ask for versions"},
	} {
		_, err := r.Rollout(t.Context(), fleet.ObjectRef{Kind: c.word, Name: c.name})
		if fleet.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.text) {
			t.Errorf("%s: %v", c.word, err)
		}
	}
	if _, err := r.Draft(t.Context(), fleet.Rollout{Object: chat, API: kind("one.example", "v7", "models", "Model")}, fleet.Want{}); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("got %v", err)
	}
	bare := rolling(toyObjects{}, &opened)
	of = bare.Rollers(func() []fleet.SourceSpec { return []fleet.SourceSpec{source("c1")} }, fleet.Deps{})
	r, _ = of("c1")
	if _, err := r.Rollout(t.Context(), chat); fleet.KindOf(err) != fleet.KindNotFound || !strings.Contains(err.Error(), "does not have this kind") {
		t.Errorf("got %v", err)
	}
}

// Clusters come and change while pitwall runs; what stays the same is opened once.
func TestRollersFollowTheSources(t *testing.T) {
	opened := 0
	var sources []fleet.SourceSpec
	of := rolling(toyObjects{}, &opened).Rollers(func() []fleet.SourceSpec { return sources }, fleet.Deps{})
	if _, ok := of("c1"); ok {
		t.Error("there is a roller of a cluster that nobody reads")
	}
	sources = []fleet.SourceSpec{source("c1"), {ID: "p", Kind: "page"}, {ID: "x", Kind: "nonesuch", Subject: fleet.Subject{Cluster: "c2"}}}
	a, ok := of("c1")
	b, _ := of("c1")
	if _, other := of("c2"); !ok || a != b || opened != 1 || other {
		t.Errorf("opened %d times; found %v, a cluster of an unknown kind %v", opened, ok, other)
	}
	changed := source("c1")
	changed.URL = "https://elsewhere"
	sources = slices.Concat(sources, []fleet.SourceSpec{changed})
	if _, ok = of("c1"); !ok || opened != 2 {
		t.Errorf("opened %d times", opened)
	}
	changed.Options = map[string]string{"bad": "yes"}
	sources = []fleet.SourceSpec{changed}
	r, ok := of("c1")
	if !ok {
		t.Fatal("a cluster that cannot be opened does not say why")
	}
	_, rollout := r.Rollout(t.Context(), chat)
	_, draft := r.Draft(t.Context(), fleet.Rollout{}, fleet.Want{})
	_, stand := r.Stand(t.Context(), fleet.ObjectWrite{})
	for _, err := range []error{rollout, draft, stand, r.May(t.Context(), fleet.ObjectWrite{})} {
		if fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("got %v", err)
		}
	}
}

func TestWritersOfObjects(t *testing.T) {
	insecure := fleet.SourceSpec{ID: "open", Kind: "kubernetes", URL: "https://x", TLS: fleet.TLSSpec{Insecure: true}, Subject: fleet.Subject{Cluster: "open"}}
	bad := fleet.SourceSpec{ID: "bad", Kind: "kubernetes", Options: map[string]string{"nonesuch": "1"}, Subject: fleet.Subject{Cluster: "bad"}}
	good := fleet.SourceSpec{ID: "good", Kind: "kubernetes", Options: map[string]string{"context": "c", "discover": "true"}, Subject: fleet.Subject{Cluster: "good"}}
	page := fleet.SourceSpec{ID: "page", Kind: "vllm", URL: "http://x"}
	writers, err := Set(Connectors()).ObjectWriters([]fleet.SourceSpec{insecure, bad, good, page}, fleet.Deps{Clock: fleet.SystemClock{}})
	if len(writers) != 1 || writers["good"] == nil {
		t.Errorf("writers %v", writers)
	}
	text := fmt.Sprint(err)
	if !strings.Contains(text, "open writer of open: read_only: TLS is not verified") || !strings.Contains(text, "nonesuch") {
		t.Errorf("got %v", err)
	}
}

// The real connector is among them: each configured cluster has a roller.
func TestEachClusterHasARoller(t *testing.T) {
	good := fleet.SourceSpec{ID: "good", Kind: "kubernetes", Options: map[string]string{"context": "c", "discover": "true"}, Subject: fleet.Subject{Cluster: "good"}}
	r, ok := Set(Connectors()).Rollers(func() []fleet.SourceSpec { return []fleet.SourceSpec{good} }, fleet.Deps{Clock: fleet.SystemClock{}})("good")
	if !ok {
		t.Fatal("there is none")
	}
	if _, err := r.Rollout(t.Context(), fleet.ObjectRef{Cluster: "good", Kind: "Gizmo", Name: "x"}); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsSharedIsOpenedWhereThereIsAPlaceForIt(t *testing.T) {
	source := func(id, namespace string, insecure bool) fleet.SourceSpec {
		s := fleet.SourceSpec{ID: fleet.SourceID(id), Kind: "kubernetes", URL: "https://x", Subject: fleet.Subject{Cluster: fleet.ClusterID(id)},
			TLS: fleet.TLSSpec{Insecure: insecure}, Options: map[string]string{"discover": "true"}}
		if namespace != "" {
			s.Options["shared_namespace"] = namespace
		}
		return s
	}
	sources := []fleet.SourceSpec{source("alone", "", false), source("open", "pitwall", true), source("good", "pitwall", false), {ID: "page", Kind: "vllm", URL: "http://x"}}
	deps := fleet.Deps{Clock: fleet.SystemClock{}}
	readers, err := Set(Connectors()).SharedReaders(sources, deps)
	if err != nil || len(readers) != 2 || readers["good"] == nil || readers["open"] == nil {
		t.Errorf("readers %v, %v", readers, err)
	}
	writers, err := Set(Connectors()).SharedWriters(sources, deps)
	if len(writers) != 1 || writers["good"] == nil || !strings.Contains(fmt.Sprint(err), "share in open: read_only: TLS is not verified") {
		t.Errorf("writers %v, %v", writers, err)
	}
}
