// Package listing reads lists of objects of a cluster into typed values.
package listing

import (
	"context"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Of reads the objects of a namespace, "" for all of them, that a label selector takes, "" for all.
func Of[T any](ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, namespace, selector string) ([]*T, error) {
	docs, err := c.List(ctx, kind, namespace, selector)
	if err != nil {
		return nil, err
	}
	list := make([]*T, len(docs))
	for i, d := range docs {
		list[i] = new(T)
		if err := jsonptr.Typed(d, list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}
