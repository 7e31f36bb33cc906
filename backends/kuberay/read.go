package kuberay

import (
	"context"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/serveconfig"
	"pitwall/backends/internal/yamltext"
	"pitwall/fleet"
)

// scene is a RayService with what belongs to it.
type scene struct {
	c   fleet.Objects
	ref fleet.ObjectRef
	now time.Time
	doc any
	o   object

	apps    []serveconfig.App
	garbled error // why its serveConfigV2 cannot be read
	groups  []podGroup
	active  *cluster // nil for none
	pending *cluster // beside the active one, or before there is any
}

// podGroup is one kind of pods of a cluster: the head, or a group of workers.
type podGroup struct {
	name     string
	at       string // pointer to the template
	pods     int
	template podspec.Template
}

// cluster is one RayCluster of a RayService.
type cluster struct {
	side
	doc  any // of the RayCluster; nil where it is not there, or may not be read
	pods []*corev1.Pod
}

const clusterAt = "/spec/rayClusterConfig"

func read(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, now time.Time) (*scene, error) {
	ref.Kind = kind.Kind
	doc, err := child.Document(ctx, c, kind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{c: c, ref: ref, now: now, doc: doc}
	if err := jsonptr.Into(doc, &s.o); err != nil {
		return nil, err
	}
	config, err := yamltext.Decode(s.o.Spec.Config)
	if err != nil {
		s.garbled = err
	}
	s.apps = serveconfig.Apps(config, "/applications")
	if s.groups, err = s.readGroups(doc, clusterAt); err != nil {
		return nil, err
	}
	if s.active, err = s.readCluster(ctx, s.o.Status.Active); err != nil {
		return nil, err
	}
	s.pending, err = s.readCluster(ctx, s.o.Status.Pending)
	return s, err
}

// readGroups reads the head and the workers of a cluster's configuration.
func (s *scene) readGroups(doc any, at string) ([]podGroup, error) {
	head := podGroup{name: "head", at: at + "/headGroupSpec/template", pods: 1}
	list := []podGroup{head}
	for i := range s.o.Spec.Cluster.Workers {
		g := &s.o.Spec.Cluster.Workers[i]
		list = append(list, podGroup{name: g.Name, at: at + "/workerGroupSpecs/" + strconv.Itoa(i) + "/template", pods: g.pods()})
	}
	for i := range list {
		t, err := podspec.New(doc, list[i].at)
		if err != nil {
			return nil, err
		}
		list[i].template = t
	}
	return list, nil
}

// readCluster reads one cluster that the status names; nil for none.
func (s *scene) readCluster(ctx context.Context, of side) (*cluster, error) {
	if of.Name == "" {
		return nil, nil
	}
	k := &cluster{side: of}
	ref := fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: clusterKind.Kind, Namespace: s.ref.Namespace, Name: of.Name}
	var err error
	if k.doc, err = child.Document(ctx, s.c, clusterKind, ref); child.PassOver(err) != nil {
		return nil, err
	}
	k.pods, err = listing.Of[corev1.Pod](ctx, s.c, child.PodKind, s.ref.Namespace, clusterLabel+"="+of.Name)
	return k, err
}

func (k *cluster) workers() []*corev1.Pod {
	if k == nil {
		return nil
	}
	var list []*corev1.Pod
	for _, p := range k.pods {
		if p.Labels[typeLabel] == "worker" {
			list = append(list, p)
		}
	}
	return list
}

func (k *cluster) all() []*corev1.Pod {
	if k == nil {
		return nil
	}
	return k.pods
}

// newest is the cluster that the configuration as it is leads to, as far as there is one.
func (s *scene) newest() *cluster {
	if s.pending != nil {
		return s.pending
	}
	return s.active
}

// serving is the group whose pods hold the models: the one with the most GPUs, else the first of workers, else the head.
func (s *scene) serving() *podGroup {
	best := &s.groups[min(1, len(s.groups)-1)]
	for i := range s.groups {
		if g := &s.groups[i]; g.gpus() > best.gpus() {
			best = g
		}
	}
	return best
}

func (g *podGroup) gpus() int { return podspec.GPUs(&g.template.Pod().Spec) }

// asked is how many GPUs a whole cluster asks for: as configured, or as the one that serves asks where Ray scaled it.
func (s *scene) asked() int {
	configured, now := 0, 0
	for i := range s.groups {
		configured += s.groups[i].pods * s.groups[i].gpus()
	}
	for _, p := range s.active.all() {
		if p.DeletionTimestamp == nil && p.Status.Phase != corev1.PodFailed && p.Status.Phase != corev1.PodSucceeded {
			now += podspec.GPUs(&p.Spec)
		}
	}
	return max(configured, now)
}

// desired is how many workers a cluster should have.
func (s *scene) desired() int {
	n := 0
	for i := range s.groups[1:] {
		n += s.groups[1+i].pods
	}
	if s.o.Spec.Cluster.Autoscaling {
		n = max(n, len(s.active.workers()))
	}
	return n
}
