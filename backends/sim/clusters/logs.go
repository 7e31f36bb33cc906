package clusters

import (
	"context"
	"io"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
)

// broadcast wakes all who wait for the world to move.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// Logs writes what a container has printed. The log of a replica runs over restarts of its container: the present one
// begins where the container started, the previous one ends there.
func (c *Cluster) Logs(ctx context.Context, ref kubeapi.PodRef, o kubeapi.LogOptions, w io.Writer) error {
	pod, ok := c.store.Get(kubeapi.Pods, ref.Namespace, ref.Name).(*corev1.Pod)
	if !ok {
		return apierrors.NewNotFound(corev1.Resource("pods"), ref.Name)
	}
	if err := printable(pod, ref, o.Previous); err != nil {
		return err
	}
	next := c.lines.wait()
	lines := c.printed(pod, o)
	if o.Tail != nil && int64(len(lines)) > *o.Tail {
		lines = lines[int64(len(lines))-*o.Tail:]
	}
	last, err := write(w, lines, o, mark{})
	o.Tail = nil
	for err == nil && o.Follow && !o.Previous { // an error is the end: the client has what it asked for, or hung up
		select {
		case <-ctx.Done():
			return nil
		case <-next:
		}
		next = c.lines.wait()
		now, ok := c.store.Get(kubeapi.Pods, ref.Namespace, ref.Name).(*corev1.Pod)
		if !ok || now.UID != pod.UID {
			return nil // the pod is gone, and its log with it
		}
		last, err = write(w, c.printed(now, o), o, last)
	}
	return nil
}

// mark is how far a log was written: the time of the last line and how many lines of that time.
type mark struct {
	at time.Time
	n  int
}

// write puts the lines behind a mark out, and tells the new one.
func write(w io.Writer, lines []world.LogLine, o kubeapi.LogOptions, from mark) (mark, error) {
	var out []byte
	same := 0
	for _, l := range lines {
		switch {
		case l.At.Before(from.at):
			continue
		case l.At.Equal(from.at):
			if same++; same <= from.n {
				continue
			}
			from.n = same
		default:
			from, same = mark{l.At, 1}, 1
		}
		if o.Timestamps {
			out = append(out, l.At.UTC().Format(time.RFC3339Nano)+" "...)
		}
		out = append(append(out, l.Text...), '\n')
	}
	if len(out) == 0 {
		return from, nil
	}
	_, err := w.Write(out)
	return from, err
}

// printable says why a container has no log to show.
func printable(pod *corev1.Pod, ref kubeapi.PodRef, previous bool) error {
	for _, s := range pod.Status.ContainerStatuses {
		if s.Name != ref.Container {
			continue
		}
		switch {
		case previous && s.LastTerminationState.Terminated == nil:
			return apierrors.NewBadRequest("previous terminated container \"" + ref.Container + "\" in pod \"" + pod.Name + "\" not found")
		case s.State.Waiting != nil && s.LastTerminationState.Terminated == nil:
			return apierrors.NewBadRequest("container \"" + ref.Container + "\" in pod \"" + pod.Name + "\" is waiting to start: " +
				s.State.Waiting.Reason)
		}
		return nil
	}
	if pod.Spec.NodeName == "" {
		return apierrors.NewBadRequest("pod " + pod.Name + " does not have a host assigned")
	}
	return apierrors.NewBadRequest("container \"" + ref.Container + "\" in pod \"" + pod.Name + "\" is not available")
}

// printed are the lines of the container that is meant.
func (c *Cluster) printed(pod *corev1.Pod, o kubeapi.LogOptions) []world.LogLine {
	var lines []world.LogLine
	begun := time.Time{}
	for _, s := range pod.Status.ContainerStatuses {
		if s.State.Running != nil {
			begun = s.State.Running.StartedAt.Time
		}
	}
	if replica := c.replicaOf(pod); replica != "" {
		c.o.World.At(c.o.Clock.Now(), func() { lines = c.o.World.Logs(replica) })
	} else {
		lines = []world.LogLine{{At: begun, Text: pod.Spec.Containers[0].Name + " started"}}
	}
	var out []world.LogLine
	for _, l := range lines {
		old := !begun.IsZero() && l.At.Before(begun)
		if old != o.Previous && !begun.IsZero() || o.Since != nil && l.At.Before(*o.Since) {
			continue
		}
		out = append(out, l)
	}
	return out
}

// replicaOf is the engine that a pod carries, "" for others.
func (c *Cluster) replicaOf(pod *corev1.Pod) string {
	if pod.Namespace != world.Namespace {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.members.pods[pod.Name]
}
