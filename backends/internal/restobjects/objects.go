package restobjects

import (
	"context"
	"errors"
	"slices"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// NewObjects reads the documents of an API.
func NewObjects(source fleet.SourceID, s System) fleet.Objects { return objects{source, s} }

type objects struct {
	source fleet.SourceID
	system System
}

// Get implements fleet.Objects.
func (o objects) Get(ctx context.Context, kind fleet.ObjectKind, ref fleet.ObjectRef) (fleet.JSON, error) {
	if !o.serves(kind) {
		return nil, o.unserved("read "+called(kind, ref), kind)
	}
	d, err := o.system.Fetch(ctx, kind, ref)
	return d.Body, err
}

// List implements fleet.Objects. These documents have no labels that a selector could take.
func (o objects) List(ctx context.Context, kind fleet.ObjectKind, namespace, selector string) ([]fleet.JSON, error) {
	op := "list " + kind.Resource
	switch {
	case !o.serves(kind):
		return nil, o.unserved(op, kind)
	case selector != "":
		return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: op, Source: o.source,
			Err: errors.New("its documents have no labels to choose by")}
	}
	return o.system.List(ctx, kind, namespace)
}

// Versions implements fleet.Objects.
func (o objects) Versions(_ context.Context, group string) ([]string, error) {
	var list []string
	for _, k := range o.system.Kinds() {
		if k.Group == group && !slices.Contains(list, k.Version) {
			list = append(list, k.Version)
		}
	}
	return list, nil
}

// Stand implements fleet.Objects.
func (o objects) Stand(ctx context.Context, w fleet.ObjectWrite) (fleet.Standing, error) {
	if !o.serves(w.API) {
		return "", o.unserved("compare "+called(w.API, w.Object), w.API)
	}
	d, err := o.system.Fetch(ctx, w.API, w.Object)
	switch {
	case fleet.KindOf(err) == fleet.KindNotFound:
		return fleet.StandsGone, nil
	case err != nil:
		return "", err
	case w.UID != "" && d.UID != w.UID:
		return fleet.StandsGone, nil
	}
	doc, err := jsonptr.Decode(d.Body)
	if err != nil {
		return "", err
	}
	at, _ := stand(doc, w.Fields)
	if b, ok := o.system.(Busier); ok && at != fleet.StandsAfter {
		doing, err := b.Busy(ctx, w.API, w.Object)
		if err != nil {
			return "", err
		}
		if !doing.IsEmpty() {
			return "", &fleet.Error{Kind: fleet.KindServer, Op: "compare " + called(w.API, w.Object), Source: o.source,
				Err:  errors.New(doing.String() + " is under way: what it leaves is seen when it is over"),
				Next: "it is read again later"}
		}
	}
	return at, nil
}

// May implements fleet.Objects. Where the API cannot be asked, the write itself will tell.
func (o objects) May(ctx context.Context, w fleet.ObjectWrite) error {
	if p, ok := o.system.(Permitter); ok {
		return p.May(ctx, w.API, w.Object)
	}
	return nil
}

func (o objects) serves(kind fleet.ObjectKind) bool {
	return slices.ContainsFunc(o.system.Kinds(), func(k fleet.ObjectKind) bool {
		return k.Group == kind.Group && k.Version == kind.Version && k.Resource == kind.Resource
	})
}

func (o objects) unserved(op string, kind fleet.ObjectKind) error {
	return &fleet.Error{Kind: fleet.KindNotFound, Op: op, Source: o.source,
		Err: errors.New("this API does not have the kind " + fleet.Quote(kind.Kind).String())}
}

func called(kind fleet.ObjectKind, o fleet.ObjectRef) string {
	return kind.Kind + " " + fleet.Quote(o.Name).String()
}

// stand compares a document with the fields of a write; odd is the first that does not hold its Before.
func stand(doc any, fields []fleet.Field) (at fleet.Standing, odd *fleet.Field) {
	before, after := true, true
	for i := range fields {
		f := &fields[i]
		if !jsonptr.Holds(doc, f.Path, f.Before) {
			before = false
			if odd == nil {
				odd = f
			}
		}
		after = after && jsonptr.Holds(doc, f.Path, f.After)
	}
	switch {
	case after:
		return fleet.StandsAfter, odd
	case before:
		return fleet.StandsBefore, nil
	}
	return fleet.StandsForeign, odd
}
