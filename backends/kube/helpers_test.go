package kube

import (
	"context"
	"reflect"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
)

func contextOf(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), time.Minute)
}

// newItem makes an object of the kind that a list holds.
func newItem(items any) runtime.Object {
	return reflect.New(reflect.TypeOf(items).Elem().Elem()).Interface().(runtime.Object)
}
