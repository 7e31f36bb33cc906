package clusters

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
)

// showEvents puts in what the world tells of objects in this cluster, and takes out what it no longer keeps.
func (c *Cluster) showEvents(events []world.Event) {
	kept := map[uint64]string{}
	for i := range events {
		e := &events[i]
		name, known := c.members.events[e.ID]
		if known && e.Version <= c.seen {
			kept[e.ID] = name
			continue
		}
		if out := c.event(e); out != nil {
			kept[e.ID] = key(out.Namespace, out.Name)
			c.store.Put(kubeapi.Events, out)
		}
	}
	for id, k := range c.members.events {
		if _, ok := kept[id]; !ok {
			namespace, name := split(k)
			c.store.Delete(kubeapi.Events, namespace, name)
		}
	}
	c.members.events = kept
}

// event is one entry of the world's log as an Event, nil where it is about another cluster.
func (c *Cluster) event(e *world.Event) *corev1.Event {
	about := corev1.ObjectReference{Kind: e.Kind, Name: e.Object}
	namespace := world.Namespace
	var obj runtime.Object
	switch e.Kind {
	case "Node":
		about.APIVersion, namespace = "v1", metav1.NamespaceDefault
		obj = c.store.Get(kubeapi.Nodes, "", e.Object)
	case "Deployment":
		about.APIVersion, about.Namespace = "apps/v1", namespace
		obj = c.store.Get(kubeapi.Deployments, namespace, e.Object)
	case "ReplicaSet", "StatefulSet":
		about.APIVersion, about.Namespace = "apps/v1", namespace
		obj = c.store.Get(strings.ToLower(e.Kind)+"s.apps", namespace, e.Object)
	default:
		about.APIVersion, about.Namespace = "v1", namespace
		obj = c.store.Get(kubeapi.Pods, namespace, e.Object)
	}
	acc, here := obj.(metav1.Object)
	if !here {
		if _, mine := c.pools[c.poolOf(e.Object)]; !mine {
			return nil
		}
	} else {
		about.UID, about.ResourceVersion = acc.GetUID(), acc.GetResourceVersion()
	}
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s.%016x", e.Object, e.ID), Namespace: namespace,
			CreationTimestamp: metav1.NewTime(e.First)},
		InvolvedObject: about, Reason: e.Reason, Message: e.Text, Type: e.Type, Count: int32(e.Count),
		FirstTimestamp: metav1.NewTime(e.First), LastTimestamp: metav1.NewTime(e.Last),
		Source: corev1.EventSource{Component: component(e)}, ReportingController: component(e),
	}
}

// poolOf finds the pool of a pod or a ReplicaSet that is no more, by the name that it bore.
func (c *Cluster) poolOf(name string) string {
	found := ""
	for pool := range c.pools {
		if (name == pool || strings.HasPrefix(name, pool+"-")) && len(pool) > len(found) {
			found = pool
		}
	}
	return found
}

// component is who would write such an event.
func component(e *world.Event) string {
	switch {
	case e.Reason == "Scheduled" || e.Reason == "FailedScheduling":
		return "default-scheduler"
	case e.Kind == "Deployment" || e.Kind == "ReplicaSet" || e.Kind == "StatefulSet":
		return strings.ToLower(e.Kind) + "-controller"
	}
	return "kubelet"
}

func key(namespace, name string) string { return namespace + "/" + name }

func split(k string) (namespace, name string) {
	for i := range k {
		if k[i] == '/' {
			return k[:i], k[i+1:]
		}
	}
	return "", k
}
