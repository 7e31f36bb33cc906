package kube

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"pitwall/fleet"
)

func TestWatchFollowsAPod(t *testing.T) {
	for _, mode := range []struct {
		name   string
		change func(*api)
	}{
		{"streamed protobuf", func(*api) {}},
		{"streamed JSON", func(a *api) { a.jsonOnly = true }},
		{"pages of an old server", func(a *api) { a.streams = false }},
		{"a streamed list that never comes", func(a *api) { a.silent = true }},
	} {
		t.Run(mode.name, func(t *testing.T) {
			a := newAPI(t)
			a.with(mode.change)
			a.set("nodes", node("n1"))
			a.set("pods", pod("llm", "a"), pod("llm", "b"))
			s := watching1(t, a, nil)
			s.untilPods(2)
			a.with(func(a *api) { a.silent = false })
			if s.last.Version.String() != "v1.36.3" || s.last.At.IsZero() || s.last.ID != "c1" {
				t.Errorf("cluster %+v", s.last)
			}
			a.set("pods", pod("llm", "aa"))
			s.untilPods(3)
			if s.last.Pods[1].Name != "aa" {
				t.Errorf("pods are not in order: %s", s.last.Pods[1].Name)
			}
			a.remove("pods", "llm", "a")
			s.untilPods(2)
			a.set("pods", pod("llm", "b", func(p *corev1.Pod) { p.Status.ContainerStatuses[0].RestartCount = 3 }))
			s.until("a restart", func(c *fleet.Cluster, _ error) bool { return c != nil && c.Pods[1].Restarts == 3 })
		})
	}
}
