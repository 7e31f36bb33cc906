package workloads

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/scalers"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// scene is one object with all that is read of it.
type scene struct {
	c    fleet.Objects
	kind fleet.ObjectKind
	ref  fleet.ObjectRef
	doc  any
	meta metav1.ObjectMeta

	main   podspec.Template   // of the pods that serve
	beside []podspec.Template // the other templates that make pods
	size   int                // pods of one replica
	facts  stuck.Facts
	past   []past // templates that the server remembers, newest first
	how    strategy
	over   bool // the rule of its kind says that the roll is over
	out    fleet.Rollout

	held *earlier // what a Deployment held before it was held at a part; nil where it is not
	part int      // at which it is held
	free strategy // that it has once it is released

	// quiet is why it stands still without a fault: paused, held by a partition, changed by hand. "" while it moves.
	quiet  fleet.Safe
	missed fleet.Safe // its deadline is over; "" otherwise
	unseen fleet.Safe // the controller did not see the newest change, where no generation tells; "" otherwise
	hazy   fleet.Safe // why it is not known whether the controller saw the newest change; "" otherwise
}

// strategy is how it replaces pods.
type strategy struct {
	extra, missing int // of replicas
	surgeAt        string
	missingAt      string
	partitionAt    string // "" where the kind has none
	partition      int
	pausedAt       string
	recreate       bool // all at once
	byHand         bool // when pods are deleted
}

// past is a template that the server remembers.
type past struct {
	version  fleet.Version
	template any // decoded
}

func (o *Orchestrator) read(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, ref fleet.ObjectRef) (*scene, error) {
	ref.Kind = kind.Kind
	body, err := c.Get(ctx, kind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{c: c, kind: kind, ref: ref, size: 1}
	if s.doc, err = jsonptr.Decode(body); err != nil {
		return nil, err
	}
	var head struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	if err := jsonptr.Into(s.doc, &head); err != nil {
		return nil, err
	}
	s.meta = head.Metadata
	s.facts = stuck.Facts{Now: o.clock.Now(), Generation: s.meta.Generation, Observed: s.meta.Generation, Unit: "pods"}
	s.out = fleet.Rollout{Object: ref, API: kind, System: fleet.Quote(kind.Kind), UID: string(s.meta.UID), At: s.facts.Now,
		Holder: owner.Holder(ref, &s.meta), GitOps: owner.GitOps(&s.meta), Unit: fleet.Text("replicas")}
	switch kind.Kind {
	case deploymentKind.Kind:
		err = s.deployment(ctx)
	case statefulSetKind.Kind:
		err = s.statefulSet(ctx)
	case groupSetKind.Kind:
		err = s.groupSet(ctx)
	default:
		err = s.refuse(fleet.KindUnsupported, "it is none of Deployment, StatefulSet and LeaderWorkerSet")
	}
	if err != nil {
		return nil, err
	}
	s.out.Scaler, err = scalers.Read(ctx, c, ref)
	return s, err
}

// describe fills in what the templates say.
func (s *scene) describe() {
	s.out.GPUsEach = podspec.GPUs(&s.main.Pod().Spec)
	for i := range s.beside {
		s.out.GPUsEach += (s.size - 1) * podspec.GPUs(&s.beside[i].Pod().Spec)
	}
	if s.size > 1 && len(s.beside) == 0 {
		s.out.GPUsEach *= s.size
	}
	if s.size > 1 {
		s.out.PodGPUs = s.podGPUs()
	}
	s.out.Product = podspec.Product(&s.main.Pod().Spec)
	s.out.Surge = fleet.Surge{Extra: s.how.extra, Missing: s.how.missing}
	s.facts.MaxUnavailable = s.how.missing
}

// podGPUs are the GPUs of each pod of a group, the leader's first.
func (s *scene) podGPUs() []int {
	list := []int{podspec.GPUs(&s.main.Pod().Spec)}
	workers := s.main
	if len(s.beside) > 0 {
		workers = s.beside[0]
	}
	for len(list) < min(s.size, fleet.MostPods) {
		list = append(list, podspec.GPUs(&workers.Pod().Spec))
	}
	return list
}

// count takes pods apart into those of the newest version and the others.
func (s *scene) count(pods []*corev1.Pod, isNew func(*corev1.Pod) bool) {
	for _, p := range pods {
		list, names := &s.facts.Old, &s.out.OldPods
		if isNew(p) {
			list, names = &s.facts.New, &s.out.UpdatedPods
		}
		*list = append(*list, p)
		if p.DeletionTimestamp == nil && len(*names) < fleet.MostPods {
			*names = append(*names, p.Name)
		}
	}
	s.out.UpdatedReady = child.Ready(s.facts.New)
	fresh, old := s.facts.New, s.facts.Old
	if s.kind == groupSetKind { // of a replica of several pods it is the leader that serves
		fresh, old = child.Leaders(fresh), child.Leaders(old)
	}
	child.Facts(&s.out, s.main, fresh, old)
	child.Published(&s.out, fresh, old)
}

// pods lists the pods that a selector takes.
func (s *scene) pods(ctx context.Context, selector *metav1.LabelSelector) ([]*corev1.Pod, error) {
	sel, err := s.selector(selector)
	if err != nil {
		return nil, err
	}
	return listing.Of[corev1.Pod](ctx, s.c, podKind, s.ref.Namespace, sel)
}

// selector words a selector. One that selects nothing, or everything, does not tell its pods.
func (s *scene) selector(selector *metav1.LabelSelector) (string, error) {
	sel, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil || sel.String() == "" {
		return "", s.refuse(fleet.KindInvalid, "it has no selector that tells its pods")
	}
	return sel.String(), nil
}

func (s *scene) owns(m *metav1.ObjectMeta) bool {
	c := metav1.GetControllerOfNoCopy(m)
	return c != nil && c.UID == s.meta.UID
}

// surroundings reads what explains why a roll is not over. What may not be read is left out: it is then not known.
func (s *scene) surroundings(ctx context.Context) {
	uids := map[string]bool{string(s.meta.UID): true, s.out.Now.ID: true}
	waits, claims := false, map[string]bool{}
	for _, p := range slices.Concat(s.facts.New, s.facts.Old) {
		uids[string(p.UID)] = true
		if c := metav1.GetControllerOfNoCopy(p); c != nil {
			uids[string(c.UID)] = true
		}
		waits = waits || p.Spec.NodeName == "" || p.DeletionTimestamp != nil
		for i := range p.Spec.Volumes {
			if v := p.Spec.Volumes[i].PersistentVolumeClaim; v != nil && len(claims) < mostClaims {
				claims[v.ClaimName] = true
			}
		}
	}
	for _, p := range s.past {
		uids[p.version.ID] = true
	}
	if events, err := listing.Of[corev1.Event](ctx, s.c, eventKind, s.ref.Namespace, ""); err == nil {
		for _, e := range events {
			if uids[string(e.InvolvedObject.UID)] || e.InvolvedObject.Kind == replicaSetKind.Kind && uids[e.InvolvedObject.Name] {
				s.facts.Events = append(s.facts.Events, e)
			}
		}
	}
	if waits {
		s.facts.Cluster = s.cluster(ctx)
	}
	s.facts.Claims = s.claims(ctx, claims)
}

// mostClaims bounds how many claims of one object are read.
const mostClaims = 8

func (s *scene) claims(ctx context.Context, names map[string]bool) []*corev1.PersistentVolumeClaim {
	var list []*corev1.PersistentVolumeClaim
	for name := range names {
		body, err := s.c.Get(ctx, claimKind, fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: claimKind.Kind, Namespace: s.ref.Namespace,
			Name: name})
		c := &corev1.PersistentVolumeClaim{}
		if err == nil && jsonptr.Typed(body, c) == nil {
			list = append(list, c)
		}
	}
	return list
}

// cluster reads nodes and all pods; nil where that is not allowed.
func (s *scene) cluster(ctx context.Context) *stuck.Cluster {
	if s.facts.Cluster != nil {
		return s.facts.Cluster
	}
	nodes, err := listing.Of[corev1.Node](ctx, s.c, nodeKind, "", "")
	if err != nil {
		return nil
	}
	pods, err := listing.Of[corev1.Pod](ctx, s.c, podKind, "", "")
	if err != nil {
		return nil
	}
	return &stuck.Cluster{Nodes: nodes, Pods: pods}
}

func later(t time.Time, m metav1.Time) time.Time {
	if m.After(t) {
		return m.UTC()
	}
	return t
}

func orOne(n *int32) int {
	if n == nil {
		return 1 // the API's default
	}
	return int(*n)
}
