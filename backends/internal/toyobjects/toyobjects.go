// Package toyobjects is a cluster in memory for tests of orchestrators: it holds documents, applies the fields of writes
// as an API server does, and does nothing by itself.
package toyobjects

import (
	"context"
	"errors"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Cluster implements fleet.Objects and fleet.ObjectWriter.
type Cluster struct {
	Serves    map[string][]string // versions by group
	Denied    map[string]bool     // plural resources that may not be read
	Asked     []string            // plural resources, in order
	documents map[place]any       // by kind and name
	order     []place             // as they were put
}

type place struct{ group, resource, namespace, name string }

// New makes an empty cluster that serves no custom kind.
func New() *Cluster {
	return &Cluster{Serves: map[string][]string{}, Denied: map[string]bool{}, documents: map[place]any{}}
}

// Put adds or replaces an object, written as YAML.
func (c *Cluster) Put(kind fleet.ObjectKind, text string) {
	body, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		panic(err.Error() + " in\n" + text) // a fault of the test
	}
	doc, err := jsonptr.Decode(body)
	if err != nil {
		panic(err)
	}
	at := place{kind.Group, kind.Resource, jsonptr.Text(doc, "/metadata/namespace"), jsonptr.Text(doc, "/metadata/name")}
	if _, ok := c.documents[at]; !ok {
		c.order = append(c.order, at)
	}
	c.documents[at] = doc
	if !slices.Contains(c.Serves[kind.Group], kind.Version) {
		c.Serves[kind.Group] = append(c.Serves[kind.Group], kind.Version)
	}
}

// Change sets one value of an object that is there, as its controller would.
func (c *Cluster) Change(kind fleet.ObjectKind, o fleet.ObjectRef, path string, value any) {
	at := placeOf(kind, o)
	c.documents[at] = jsonptr.With(c.documents[at], path, value)
}

func placeOf(kind fleet.ObjectKind, o fleet.ObjectRef) place {
	return place{kind.Group, kind.Resource, o.Namespace, o.Name}
}

func (c *Cluster) find(kind fleet.ObjectKind, o fleet.ObjectRef) (any, error) {
	c.Asked = append(c.Asked, kind.Resource)
	if c.Denied[kind.Resource] {
		return nil, fail(fleet.KindAuth, "read "+kind.Resource, "no right to read "+kind.Resource)
	}
	doc, ok := c.documents[placeOf(kind, o)]
	if !ok {
		return nil, fail(fleet.KindNotFound, "read "+kind.Resource+" "+fleet.Quote(o.Name).String(), "it is not there")
	}
	return doc, nil
}

// Get implements fleet.Objects.
func (c *Cluster) Get(_ context.Context, kind fleet.ObjectKind, o fleet.ObjectRef) (fleet.JSON, error) {
	doc, err := c.find(kind, o)
	return jsonptr.Encode(doc), err
}

// List implements fleet.Objects.
func (c *Cluster) List(_ context.Context, kind fleet.ObjectKind, namespace, selector string) ([]fleet.JSON, error) {
	c.Asked = append(c.Asked, kind.Resource)
	if c.Denied[kind.Resource] {
		return nil, fail(fleet.KindAuth, "list "+kind.Resource, "no right to list "+kind.Resource)
	}
	if custom := strings.Contains(kind.Group, "."); custom && len(c.Serves[kind.Group]) == 0 {
		return nil, fail(fleet.KindNotFound, "list "+kind.Resource, "the cluster does not serve it")
	}
	want, err := labels.Parse(selector)
	if err != nil {
		return nil, fail(fleet.KindInvalid, "list "+kind.Resource, err.Error())
	}
	list := []fleet.JSON{}
	for _, at := range c.order {
		doc, ok := c.documents[at]
		if !ok || at.group != kind.Group || at.resource != kind.Resource || namespace != "" && at.namespace != namespace ||
			!want.Matches(labelsOf(doc)) {
			continue
		}
		list = append(list, jsonptr.Encode(doc))
	}
	return list, nil
}

func labelsOf(doc any) labels.Set {
	set := labels.Set{}
	found, _ := jsonptr.Find(doc, "/metadata/labels")
	m, _ := found.(map[string]any)
	for k, v := range m {
		set[k], _ = v.(string)
	}
	return set
}

// Versions implements fleet.Objects.
func (c *Cluster) Versions(_ context.Context, group string) ([]string, error) {
	return c.Serves[group], nil
}

// part is what a write of a part sees: a scale holds the number of replicas, 0 where it says none.
func part(doc any, of string) any {
	if of != "scale" {
		return doc
	}
	n, ok := jsonptr.Find(doc, "/spec/replicas")
	if !ok {
		n = 0
	}
	return map[string]any{"spec": map[string]any{"replicas": n}}
}

// Stand implements fleet.Objects.
func (c *Cluster) Stand(_ context.Context, w fleet.ObjectWrite) (fleet.Standing, error) {
	whole, err := c.find(w.API, w.Object)
	if err != nil || w.UID != "" && w.UID != jsonptr.Text(whole, "/metadata/uid") {
		return fleet.StandsGone, nil //nolint:nilerr // a toy: what cannot be read is gone
	}
	if w.Verb == fleet.WriteEvict {
		return fleet.StandsBefore, nil
	}
	doc := part(whole, w.Part)
	before, after := true, true
	for _, f := range w.Fields {
		before = before && jsonptr.Holds(doc, f.Path, f.Before)
		after = after && jsonptr.Holds(doc, f.Path, f.After)
	}
	switch {
	case after:
		return fleet.StandsAfter, nil
	case before:
		return fleet.StandsBefore, nil
	}
	return fleet.StandsForeign, nil
}

// May implements fleet.Objects.
func (c *Cluster) May(context.Context, fleet.ObjectWrite) error { return nil }

// Write implements fleet.ObjectWriter.
func (c *Cluster) Write(ctx context.Context, w fleet.ObjectWrite, _ string, dry bool) error {
	at, err := c.Stand(ctx, w)
	if err != nil || at != fleet.StandsBefore {
		return fail(fleet.KindConflict, "write "+fleet.Quote(w.Object.Name).String(), "it stands "+string(at))
	}
	if dry {
		return nil
	}
	key := placeOf(w.API, w.Object)
	if w.Verb == fleet.WriteEvict {
		delete(c.documents, key)
		return nil
	}
	doc := c.documents[key]
	for _, f := range w.Fields {
		if f.Before.Equal(f.After) {
			continue
		}
		if doc, err = jsonptr.Apply(doc, f); err != nil {
			return err
		}
	}
	c.documents[key] = doc
	return nil
}

func fail(kind fleet.Kind, op, why string) error {
	return &fleet.Error{Kind: kind, Op: op, Err: errors.New(why)}
}

// Drop takes an object away.
func (c *Cluster) Drop(kind fleet.ObjectKind, namespace, name string) {
	delete(c.documents, place{kind.Group, kind.Resource, namespace, name})
}
