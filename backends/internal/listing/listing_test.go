package listing

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var pods = fleet.ObjectKind{Version: "v1", Resource: "pods", Kind: "Pod"}

func TestListsAreTyped(t *testing.T) {
	c := toyobjects.New()
	c.Put(pods, "metadata: {name: a, namespace: llm, labels: {app: chat}}")
	c.Put(pods, "metadata: {name: b, namespace: other, labels: {app: chat}}")
	c.Put(pods, "metadata: {name: c, namespace: llm}")
	got, err := Of[corev1.Pod](t.Context(), c, pods, "llm", "app=chat")
	if err != nil || len(got) != 1 || got[0].Name != "a" {
		t.Errorf("%v, %v", got, err)
	}
	if all, err := Of[corev1.Pod](t.Context(), c, pods, "", ""); err != nil || len(all) != 3 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestAnObjectOfAnotherShapeIsAnError(t *testing.T) {
	c := toyobjects.New()
	c.Put(pods, "metadata: {name: a, namespace: llm}\nspec: {containers: 7}")
	if got, err := Of[corev1.Pod](t.Context(), c, pods, "llm", ""); fleet.KindOf(err) != fleet.KindInvalid || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}
