package clusters

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
)

// scene is the world's clusters at one moment.
type scene struct {
	version   uint64
	pods      []world.Pod
	nodes     []world.Node
	workloads []world.Workload
	events    []world.Event
}

// look copies what there is. It is for use inside At.
func look(w *world.World, version uint64) scene {
	return scene{version: version, pods: w.Pods(), nodes: w.Nodes(), workloads: w.Workloads(), events: w.Events()}
}

// show brings the store to a scene: nodes before the pods on them, workloads before and after their pods.
func (c *Cluster) show(s *scene) {
	c.showNodes(s.nodes)
	for i := range s.workloads {
		if w := &s.workloads[i]; c.pools[w.Name] != nil {
			c.follow(w)
		}
	}
	c.showPods(s.pods)
	for i := range s.workloads {
		if w := &s.workloads[i]; c.pools[w.Name] != nil {
			c.showWorkload(w)
		}
	}
	c.budgets()
	c.showEvents(s.events)
}

// showNodes puts nodes that changed in, and takes out those that are no more.
func (c *Cluster) showNodes(nodes []world.Node) {
	present := map[string]bool{}
	for i := range nodes {
		n := &nodes[i]
		if c.pools[n.Pool] == nil {
			continue
		}
		present[n.Name] = true
		if n.Version > c.seen || !c.members.nodes[n.Name] {
			c.showNode(n)
		}
	}
	for name := range c.members.nodes {
		if !present[name] {
			c.store.Delete(kubeapi.Nodes, "", name)
		}
	}
	c.members.nodes = present
}

// showPods puts pods that changed in, and takes out those that are no more. A pod of the same name and another UID
// is another pod: watchers see the old one go.
func (c *Cluster) showPods(pods []world.Pod) {
	present := map[string]string{}
	for i := range pods {
		p := &pods[i]
		if c.pools[p.Pool] == nil {
			continue
		}
		present[p.Name] = ""
		if p.Phase != world.PhaseFailed {
			present[p.Name] = p.Replica
		}
		if _, shown := c.members.pods[p.Name]; shown && p.Version <= c.seen {
			continue
		}
		old, ok := c.store.Get(kubeapi.Pods, world.Namespace, p.Name).(*corev1.Pod)
		if ok && old.UID != types.UID(p.UID) {
			c.store.Delete(kubeapi.Pods, world.Namespace, p.Name)
		}
		c.showPod(p)
	}
	for name := range c.members.pods {
		if _, there := present[name]; !there {
			c.store.Delete(kubeapi.Pods, world.Namespace, name)
		}
	}
	c.members.pods = present
}

// meta of an object whose labels and annotations clients may have changed: theirs stay.
func keepMeta(fresh *metav1.ObjectMeta, old *metav1.ObjectMeta) {
	fresh.Labels, fresh.Annotations = old.Labels, old.Annotations
	fresh.Finalizers, fresh.ManagedFields = old.Finalizers, old.ManagedFields
}
