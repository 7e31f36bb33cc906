package kubesuite

import (
	"context"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
)

// row is what a transform leaves of a pod.
type row struct {
	metav1.ObjectMeta
	node string
}

func checkInformers(t *testing.T, c *clients) {
	t.Run("typed", c.informsTyped)
	t.Run("transformed", c.informsTransformed)
	t.Run("metadata", c.informsMetadata)
	t.Run("dynamic", c.informsDynamic)
}

func (c *clients) informsTyped(t *testing.T) {
	factory := informers.NewSharedInformerFactory(c.typed(t, c.Tokens.Viewer), 0)
	pods, nodes := factory.Core().V1().Pods(), factory.Core().V1().Nodes()
	workloads := factory.Apps().V1().Deployments()
	pods.Informer()
	nodes.Informer()
	workloads.Informer()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	factory.Start(ctx.Done())
	defer factory.Shutdown()
	defer cancel()
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			t.Fatalf("%s never synced", kind)
		}
	}
	list := must(pods.Lister().Pods(c.Namespace).List(labels.SelectorFromSet(labels.Set{"app": c.Deployment})))(t)
	if len(list) < 3 {
		t.Errorf("%d pods", len(list))
	}
	if d := must(workloads.Lister().Deployments(c.Namespace).Get(c.Deployment))(t); d.Status.ReadyReplicas < 3 {
		t.Errorf("%+v", d.Status)
	}
	if list := must(nodes.Lister().List(labels.Everything()))(t); len(list) == 0 {
		t.Error("no nodes")
	}
}

func (c *clients) informsTransformed(t *testing.T) {
	factory := informers.NewSharedInformerFactoryWithOptions(c.typed(t, c.Tokens.Scoped), 0, informers.WithNamespace(c.Namespace))
	informer := factory.Core().V1().Pods().Informer()
	err := informer.SetTransform(func(o any) (any, error) {
		if p, ok := o.(*corev1.Pod); ok {
			return &row{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace, ResourceVersion: p.ResourceVersion},
				node: p.Spec.NodeName}, nil
		}
		return o, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c.follows(t, informer, func(o any) (name, version string) { r := o.(*row); return r.Name, r.ResourceVersion })
	for _, o := range informer.GetStore().List() {
		if r := o.(*row); r.node == "" {
			t.Errorf("%s is on no node", r.Name)
		}
	}
}

func (c *clients) informsMetadata(t *testing.T) {
	gvr := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	factory := metadatainformer.NewFilteredSharedInformerFactory(c.metadata(t, c.Tokens.Viewer), 0, c.Namespace, nil)
	c.follows(t, factory.ForResource(gvr).Informer(), func(o any) (name, version string) {
		m := o.(*metav1.PartialObjectMetadata)
		return m.Name, m.ResourceVersion
	})
}

func (c *clients) informsDynamic(t *testing.T) {
	gvr := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(c.dynamic(t, c.Tokens.Viewer), 0, c.Namespace, nil)
	informer := factory.ForResource(gvr).Informer()
	c.run(t, informer)
	if len(informer.GetStore().List()) == 0 {
		t.Error("no ReplicaSets")
	}
}

// run starts an informer and waits until it holds what is there.
func (c *clients) run(t *testing.T, informer cache.SharedIndexInformer) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		informer.Run(ctx.Done())
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	waits, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if !cache.WaitForCacheSync(waits.Done(), informer.HasSynced) {
		t.Fatal("the informer never synced")
	}
}

// follows runs an informer of pods and checks that a change reaches it.
func (c *clients) follows(t *testing.T, informer cache.SharedIndexInformer, identify func(any) (name, version string)) {
	t.Helper()
	seen := make(chan string, 1024)
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{UpdateFunc: func(_, o any) {
		_, version := identify(o)
		seen <- version
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.run(t, informer)
	if n := len(informer.GetStore().List()); n < 3 {
		t.Errorf("%d pods", n)
	}
	changed := c.annotate(t, c.pod(t).Name, "informer")
	end := time.After(patience)
	for {
		select {
		case version := <-seen:
			if version == changed.ResourceVersion {
				return
			}
		case <-end:
			t.Fatal("the change never reached the informer")
		}
	}
}

// settled is the Deployment when its controller has seen it.
func (c *clients) settled(t *testing.T, when func(appsv1.Deployment) bool) appsv1.Deployment {
	t.Helper()
	end := time.Now().Add(patience)
	for {
		d := c.deployment(t)
		if d.Status.ObservedGeneration >= d.Generation && when(d) {
			return d
		}
		if time.Now().After(end) {
			t.Fatalf("the Deployment never came there: %+v", d.Status)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
