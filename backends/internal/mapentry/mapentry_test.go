package mapentry

import (
	"errors"
	"strings"
	"testing"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func entry(t *testing.T) (Entry, *toyobjects.Cluster) {
	t.Helper()
	c := toyobjects.New()
	c.Put(Kind, "metadata: {namespace: gw, name: router, uid: u1}\ndata: {a.yaml: old, other: kept}")
	e, err := Of(fleet.GatewaySpec{ID: "g", Cluster: "prod", Options: map[string]string{fleet.OptionConfigMap: "gw/router/a.yaml"}})
	if err == nil {
		e, err = e.Opened(fleet.Deps{Objects: func(fleet.ClusterID) (fleet.Objects, error) { return c, nil },
			ObjectWriter: func(fleet.ClusterID) (fleet.ObjectWriter, error) { return c, nil }})
	}
	if err != nil {
		t.Fatal(err)
	}
	return e, c
}

func TestATextIsWrittenWhereItIsStillTheOneThatWasRead(t *testing.T) {
	e, c := entry(t)
	doc, err := e.Get(t.Context(), Kind, e.Object)
	if err != nil {
		t.Fatal(err)
	}
	was, err := e.Text(doc)
	if err != nil || string(was) != "old" || e.Called() != "a.yaml of ConfigMap gw/router" {
		t.Fatalf("%s holds %q, %v", e.Called(), was, err)
	}
	edit := e.Edit(doc, was, []byte("new"), fleet.Text("a test"))
	if err := e.Write(t.Context(), edit, "id"); err != nil {
		t.Fatal(err)
	}
	if doc, err = e.Get(t.Context(), Kind, e.Object); err != nil {
		t.Fatal(err)
	}
	if now, err := e.Text(doc); err != nil || string(now) != "new" {
		t.Errorf("it holds %q, %v", now, err)
	}
	if err := e.Write(t.Context(), edit, "id"); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("written again: %v", err)
	}
	c.Drop(Kind, "gw", "router")
	if _, err := e.Get(t.Context(), Kind, e.Object); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("%v", err)
	}
}

func TestARefusalQuotesNothingOfTheText(t *testing.T) {
	e, _ := entry(t)
	for _, kind := range []fleet.Kind{fleet.KindConflict, fleet.KindInvalid} {
		err := e.Failed("write", &fleet.Error{Kind: kind, Err: errors.New("it holds canary")}, "nothing was written")
		if fleet.KindOf(err) != kind || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "nothing was written") {
			t.Errorf("%v", err)
		}
	}
	err := e.Failed("write", &fleet.Error{Kind: fleet.KindAuth, Err: errors.New("no right")}, "nothing was written")
	if !strings.Contains(err.Error(), "no right") {
		t.Errorf("%v", err)
	}
}

func TestOptionsThatNameNoEntry(t *testing.T) {
	for _, bad := range []string{"", "a", "a/b", "a/b/", "/b/c", "a/b/c/d"} {
		spec := fleet.GatewaySpec{ID: "g", Cluster: "prod", Options: map[string]string{fleet.OptionConfigMap: bad}}
		if _, err := Of(spec); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	spec := fleet.GatewaySpec{ID: "g", Options: map[string]string{fleet.OptionConfigMap: "a/b/c"}}
	if _, err := Of(spec); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "no cluster") {
		t.Errorf("%v", err)
	}
	e, _ := entry(t)
	if _, err := e.Opened(fleet.Deps{}); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
}
