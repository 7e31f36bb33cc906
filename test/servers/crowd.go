package servers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Crowd is what a large cluster holds: Deployments of vLLM over namespaces, on nodes of eight GPUs.
type Crowd struct {
	Nodes       int
	Namespaces  int
	Deployments int
	Replicas    int // of each Deployment; a replica takes one GPU
}

// Pods is how many pods the crowd has.
func (w Crowd) Pods() int { return w.Deployments * w.Replicas }

// hands is how many requests are under way at once while a cluster is filled.
const hands = 16

// Fill makes the crowd and waits until all of its pods run. say is told now and then how far it is.
func (c *Cluster) Fill(ctx context.Context, w Crowd, say func(string)) error {
	err := each(ctx, w.Nodes, func(i int) error { return c.AddNode(ctx, GPUNode(i, 8, "NVIDIA-H100-80GB-HBM3")) })
	if err != nil {
		return err
	}
	err = each(ctx, w.Namespaces, func(i int) error {
		_, err := c.Client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespaceOf(i, w)}},
			metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return err
	}
	err = each(ctx, w.Deployments, func(i int) error {
		return c.Serve(ctx, Serving{Namespace: namespaceOf(i, w), Name: fmt.Sprintf("model-%02d", i),
			Model: fmt.Sprintf("llama-%02d", i%7), Replicas: w.Replicas, GPUs: 1})
	})
	if err != nil {
		return err
	}
	return c.awaitCrowd(ctx, w, say)
}

func namespaceOf(i int, w Crowd) string { return fmt.Sprintf("team-%02d", i%w.Namespaces) }

// awaitCrowd counts ready replicas by Deployment, which is cheaper than a list of all pods.
func (c *Cluster) awaitCrowd(ctx context.Context, w Crowd, say func(string)) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for said := -1; ; {
		list, err := c.Client.AppsV1().Deployments("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		ready := 0
		for _, d := range list.Items {
			ready += int(d.Status.ReadyReplicas)
		}
		if ready >= w.Pods() {
			return nil
		}
		if err := c.alive(); err != nil {
			return err
		}
		if tenth := 10 * ready / w.Pods(); tenth != said { // a slow machine must not fill the terminal
			said = tenth
			say(fmt.Sprintf("%d of %d pods run", ready, w.Pods()))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d pods run: %w\n%s", ready, w.Pods(), ctx.Err(), c.Tails(1000))
		}
	}
}

// each does n pieces of work with several hands.
func each(ctx context.Context, n int, work func(int) error) error {
	var all sync.WaitGroup
	errs := make([]error, hands)
	for hand := range hands {
		all.Go(func() {
			for i := hand; i < n && ctx.Err() == nil; i += hands {
				if err := work(i); err != nil {
					errs[hand] = err
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}
