package kube

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

// start is when every test begins.
var start = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func pod(namespace, name string, change ...func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: "uid-of-" + "x", CreationTimestamp: metav1.NewTime(start.Add(-time.Hour)),
			Labels: map[string]string{"app": "chat"}},
		Spec: corev1.PodSpec{NodeName: "n1", Containers: []corev1.Container{{Name: "vllm", Image: "vllm:1"}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.1",
			Conditions:        []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
			ContainerStatuses: []corev1.ContainerStatus{{Name: "vllm", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}},
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func node(name string, change ...func(*corev1.Node)) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name},
		Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}}}
	for _, c := range change {
		c(n)
	}
	return n
}

// scene is one watch of a fake API server with what it delivered.
type scene struct {
	t     *testing.T
	api   *api
	clock *fleet.VirtualClock
	got   chan any // *fleet.Cluster or error
	last  *fleet.Cluster
	stop  func()
}

func watching1(t *testing.T, a *api, options map[string]string) *scene {
	t.Helper()
	s := &scene{t: t, api: a, clock: fleet.NewVirtualClock(start), got: make(chan any, 10_000)}
	w, err := NewWatcher(fleet.SourceSpec{ID: "kube", Kind: Kind, URL: a.URL, Subject: fleet.Subject{Cluster: "c1"}, Options: options},
		fleet.Deps{Clock: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	s.run(w)
	return s
}

func (s *scene) run(w *Watcher) {
	ctx, cancel := contextOf(s.t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Watch(ctx, func(p fleet.Partial) { s.got <- p.Cluster }, func(err error) { s.got <- err })
	}()
	s.stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	s.t.Cleanup(s.stop)
}

// until takes what is delivered, letting time pass, until it is as wanted.
func (s *scene) until(what string, good func(*fleet.Cluster, error) bool) {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		select {
		case got := <-s.got:
			c, _ := got.(*fleet.Cluster)
			err, _ := got.(error)
			if c != nil {
				s.last = c
			}
			if good(c, err) {
				return
			}
		case <-time.After(2 * time.Millisecond): // nothing is under way: what is due later may come now
			ctx, cancel := contextOf(s.t)
			_ = s.clock.Advance(ctx, 500*time.Millisecond)
			cancel()
		}
	}
	s.t.Fatalf("never came: %s; last %+v", what, s.last)
}

func (s *scene) untilPods(n int) {
	s.t.Helper()
	s.until(strconv.Itoa(n)+" pods", func(c *fleet.Cluster, _ error) bool {
		return c != nil && len(c.Pods) == n && c.State == fleet.StateOK
	})
}

func contextOf(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), time.Minute)
}
