package child

import (
	"context"
	"slices"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/fleet"
)

// RevisionMark is the annotation by which Deployments and Rollouts number what they ran.
const RevisionMark = "deployment.kubernetes.io/revision"

// Deployment is one as it was read, with what it keeps.
type Deployment struct {
	Ref      fleet.ObjectRef
	Doc      any // decoded
	Spec     appsv1.Deployment
	Template podspec.Template
	Sets     []*appsv1.ReplicaSet // its own, the newest revision first
	Docs     map[string]any       // their documents, by name
	New, Old []*corev1.Pod        // of the newest ReplicaSet, and of the others
}

// Read reads a Deployment. One that is not there is KindNotFound.
func Read(ctx context.Context, c fleet.Objects, o fleet.ObjectRef) (*Deployment, error) {
	o.Kind = DeploymentKind.Kind
	doc, err := Document(ctx, c, DeploymentKind, o)
	if err != nil {
		return nil, err
	}
	d := &Deployment{Ref: o, Doc: doc}
	if err := jsonptr.Into(doc, &d.Spec); err != nil {
		return nil, err
	}
	if d.Template, err = podspec.New(doc, "/spec/template"); err != nil {
		return nil, err
	}
	selector := Selector(d.Spec.Spec.Selector)
	if d.Sets, d.Docs, err = Sets(ctx, c, o.Namespace, selector, &d.Spec.ObjectMeta, RevisionMark); err != nil {
		return nil, err
	}
	pods, err := listing.Of[corev1.Pod](ctx, c, PodKind, o.Namespace, selector)
	if err != nil {
		return nil, err
	}
	hash := d.hash()
	for _, p := range pods {
		switch of := p.Labels[owner.TemplateHash]; {
		case hash != "" && of == hash:
			d.New = append(d.New, p)
		case d.keeps(of):
			d.Old = append(d.Old, p)
		}
	}
	return d, nil
}

// Sets reads the ReplicaSets of an object, the newest revision first.
func Sets(ctx context.Context, c fleet.Objects, namespace, selector string, of *metav1.ObjectMeta, mark string) ([]*appsv1.ReplicaSet,
	map[string]any, error) {
	bodies, err := c.List(ctx, ReplicaSetKind, namespace, selector)
	if err != nil {
		return nil, nil, err
	}
	var list []*appsv1.ReplicaSet
	docs := map[string]any{}
	for _, body := range bodies {
		s := new(appsv1.ReplicaSet)
		if err := jsonptr.Typed(body, s); err != nil {
			return nil, nil, err
		}
		if by := metav1.GetControllerOfNoCopy(s); by == nil || by.UID != of.UID {
			continue
		}
		if docs[s.Name], err = jsonptr.Decode(body); err != nil {
			return nil, nil, err
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b *appsv1.ReplicaSet) int { return Revision(b, mark) - Revision(a, mark) })
	return list, docs, nil
}

// Revision is the number of a ReplicaSet, 0 where it has none.
func Revision(s *appsv1.ReplicaSet, mark string) int {
	n, _ := strconv.Atoi(s.Annotations[mark])
	return n
}

// newest is the ReplicaSet of the template as it is now; nil while the controller has made none, also since it may not.
func (d *Deployment) newest() *appsv1.ReplicaSet {
	if !d.Seen() || len(d.Sets) == 0 || d.progressing("ReplicaSetCreateError") != nil {
		return nil
	}
	return d.Sets[0]
}

// progressing is its condition Progressing with a reason, nil for none.
func (d *Deployment) progressing(reason string) *appsv1.DeploymentCondition {
	for i := range d.Spec.Status.Conditions {
		if c := &d.Spec.Status.Conditions[i]; c.Type == appsv1.DeploymentProgressing && c.Reason == reason {
			return c
		}
	}
	return nil
}

// Seen tells whether its controller has seen the newest change.
func (d *Deployment) Seen() bool { return d.Spec.Status.ObservedGeneration >= d.Spec.Generation }

func (d *Deployment) hash() string {
	if s := d.newest(); s != nil {
		return s.Labels[owner.TemplateHash]
	}
	return ""
}

func (d *Deployment) keeps(hash string) bool {
	return hash != "" && slices.ContainsFunc(d.Sets, func(s *appsv1.ReplicaSet) bool { return s.Labels[owner.TemplateHash] == hash })
}

// Desired is how many replicas it should have.
func (d *Deployment) Desired() int {
	if d.Spec.Spec.Replicas == nil {
		return 1
	}
	return int(*d.Spec.Spec.Replicas)
}

// Count says in a rollout what runs and what a roll would take.
func (d *Deployment) Count(r *fleet.Rollout) {
	s := &d.Spec.Status
	r.Unit, r.Desired = fleet.Text("replicas"), d.Desired()
	r.Updated, r.Ready, r.Available, r.Total = int(s.UpdatedReplicas), int(s.ReadyReplicas), int(s.AvailableReplicas), int(s.Replicas)
	if !d.Seen() {
		r.Updated = 0
	}
	CountPods(r, d.New, d.Old)
	Facts(r, d.Template, d.New, d.Old)
	if s := d.newest(); s != nil {
		r.Now.At = Came(s, RevisionMark, d.New)
	}
	spec := &d.Template.Pod().Spec
	r.GPUsEach, r.Product, r.Surge = podspec.GPUs(spec), podspec.Product(spec), d.Surge()
	if n := d.Spec.Spec.ProgressDeadlineSeconds; n != nil {
		r.Deadline = time.Duration(*n) * time.Second
	}
}

// CountPods names the pods of both versions and counts the new ones that are ready.
func CountPods(r *fleet.Rollout, fresh, old []*corev1.Pod) {
	r.UpdatedPods, r.OldPods, r.UpdatedReady = names(fresh), names(old), Ready(fresh)
	Published(r, fresh, old)
}

// Ready counts pods that are ready and not going.
func Ready(pods []*corev1.Pod) int {
	n := 0
	for _, p := range pods {
		for i := range p.Status.Conditions {
			if c := &p.Status.Conditions[i]; c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue && p.DeletionTimestamp == nil {
				n++
			}
		}
	}
	return n
}

func names(pods []*corev1.Pod) []string {
	var list []string
	for _, p := range pods {
		if p.DeletionTimestamp == nil && len(list) < fleet.MostPods {
			list = append(list, p.Name)
		}
	}
	return list
}

// Surge is what its strategy takes: by default a quarter more, and a quarter less, of which the one is rounded up and the
// other down.
func (d *Deployment) Surge() fleet.Surge {
	n := d.Desired()
	if d.Spec.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		return fleet.Surge{Missing: n}
	}
	var extra, missing *intstr.IntOrString
	if u := d.Spec.Spec.Strategy.RollingUpdate; u != nil {
		extra, missing = u.MaxSurge, u.MaxUnavailable
	}
	s := fleet.Surge{Extra: Share(extra, n, true), Missing: Share(missing, n, false)}
	if s.Extra == 0 && s.Missing == 0 {
		s.Missing = 1 // as the controller does, which could not go on otherwise
	}
	s.Whole = n > 0 && s.Extra >= n
	return s
}

// Share is a number or a percentage of so many replicas; a quarter where nothing is said.
func Share(of *intstr.IntOrString, n int, up bool) int {
	quarter := intstr.FromString("25%")
	if of == nil {
		of = &quarter
	}
	v, err := intstr.GetScaledValueFromIntOrPercent(of, n, up)
	if err != nil {
		return 0
	}
	return max(v, 0)
}

// Versions are what its older ReplicaSets ran, the newest first. Each is restored by the name of its ReplicaSet.
func Versions(sets []*appsv1.ReplicaSet, docs map[string]any, mark string) []fleet.Version {
	var list []fleet.Version
	for _, s := range sets {
		t, err := podspec.New(docs[s.Name], "/spec/template")
		if err != nil {
			continue
		}
		v := t.Version()
		v.ID, v.At = s.Name, s.CreationTimestamp.UTC()
		v.Name = fleet.Textf("revision %s", fleet.Int(Revision(s, mark)))
		list = append(list, v)
	}
	return list
}
