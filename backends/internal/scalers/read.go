package scalers

import (
	"context"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Read finds what scales an object. What may not be read is said in Why and Unread, with no object: nobody knows then.
func Read(ctx context.Context, c fleet.Objects, o fleet.ObjectRef) (fleet.Scaler, error) {
	hpas, err := list[autoscalingv2.HorizontalPodAutoscaler](ctx, c, HPAKind, o.Namespace)
	if fleet.KindOf(err) == fleet.KindAuth {
		return unknown(err), nil
	}
	if err != nil {
		return fleet.Scaler{}, err
	}
	objects, err := list[ScaledObject](ctx, c, ScaledObjectKind, o.Namespace)
	if fleet.KindOf(err) == fleet.KindAuth {
		if s := Of(o, hpas, nil); s.Exists() {
			return s, nil
		}
		return unknown(err), nil
	}
	return Of(o, hpas, objects), err
}

func unknown(err error) fleet.Scaler {
	return fleet.Scaler{Why: fleet.Concat(fleet.Text("not known: "), fleet.Cause(err)), Unread: fleet.Cause(err)}
}

func list[T any](ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, namespace string) ([]T, error) {
	docs, err := c.List(ctx, kind, namespace, "")
	if fleet.KindOf(err) == fleet.KindNotFound {
		return nil, nil // the cluster has no such kind
	}
	if err != nil {
		return nil, err
	}
	all := make([]T, len(docs))
	for i, d := range docs {
		if err := jsonptr.Typed(d, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
