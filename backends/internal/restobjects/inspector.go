package restobjects

import (
	"context"
	"encoding/json"
	"errors"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// NewInspector shows the documents of an API. hide takes out of a document what no screen may show, such as the values of
// environment variables.
func NewInspector(source fleet.SourceID, s System, hide func(doc any) any) fleet.Inspector {
	return inspector{objects{source, s}, hide}
}

type inspector struct {
	objects
	hide func(any) any
}

// mostLines bounds what is shown of one document.
const mostLines = 2000

// Describe implements fleet.Inspector. A document says of itself all that there is.
func (i inspector) Describe(ctx context.Context, o fleet.ObjectRef) ([]fleet.Safe, error) {
	return i.Raw(ctx, o)
}

// Raw implements fleet.Inspector.
func (i inspector) Raw(ctx context.Context, o fleet.ObjectRef) ([]fleet.Safe, error) {
	for _, k := range i.system.Kinds() {
		if k.Kind != o.Kind {
			continue
		}
		d, err := i.system.Fetch(ctx, k, o)
		if err != nil {
			return nil, err
		}
		doc, err := jsonptr.Decode(d.Body)
		if err != nil {
			return nil, err
		}
		text, err := json.MarshalIndent(i.hide(doc), "", "  ")
		if err != nil {
			return nil, err
		}
		return fleet.Block(string(text), mostLines), nil
	}
	return nil, i.unserved("open "+fleet.Quote(o.Kind+" "+o.Name).String(), fleet.ObjectKind{Kind: o.Kind})
}

var errNoPods = errors.New("it has no pods that pitwall can see; its logs are in its own console")

// Containers implements fleet.Inspector.
func (i inspector) Containers(context.Context, fleet.ObjectRef) ([]fleet.Container, error) {
	return nil, &fleet.Error{Kind: fleet.KindUnsupported, Op: "list containers", Source: i.source, Err: errNoPods}
}

// Logs implements fleet.Inspector.
func (i inspector) Logs(context.Context, fleet.ObjectRef, fleet.LogOptions, func(fleet.Safe)) error {
	return &fleet.Error{Kind: fleet.KindUnsupported, Op: "read logs", Source: i.source, Err: errNoPods}
}

// Hidden stands in the place of a value that no screen may show.
const Hidden = "(hidden)"

// Hide takes the values below keys of some names out of a document: texts, numbers, and those of lists and objects. Of an
// object in a list that has a name the name stays, so that one sees which variables there are.
func Hide(doc any, keys ...string) any {
	secret := map[string]bool{}
	for _, k := range keys {
		secret[k] = true
	}
	return hide(doc, secret)
}

func hide(v any, secret map[string]bool) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, below := range x {
			if secret[k] {
				out[k] = blank(below)
			} else {
				out[k] = hide(below, secret)
			}
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = hide(x[i], secret)
		}
		return out
	}
	return v
}

func blank(v any) any {
	switch x := v.(type) {
	case nil:
		return nil
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, below := range x {
			out[k] = blank(below)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = blank(x[i])
			if was, ok := x[i].(map[string]any); ok && was["name"] != nil {
				out[i].(map[string]any)["name"] = was["name"]
			}
		}
		return out
	}
	return Hidden
}
