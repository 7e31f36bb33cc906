package child

import (
	"cmp"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/stuck"
	"pitwall/fleet"
)

// Facts adds to a rollout what the checks of a change ask: how long its replicas have to start and to end, and how long
// those that run took.
func Facts(r *fleet.Rollout, t podspec.Template, fresh, old []*corev1.Pod) {
	r.Shutdown, r.Startup = t.Shutdown(), t.Startup()
	r.Loads = stuck.Loads(fresh)
	if len(r.Loads) == 0 {
		r.Loads = stuck.Loads(old)
	}
}

// Published reads what pods say of the weights that they loaded.
func Published(r *fleet.Rollout, fresh, old []*corev1.Pod) {
	r.Manifests = nil
	published(r, fresh, true)
	published(r, old, false)
}

func published(r *fleet.Rollout, pods []*corev1.Pod, updated bool) {
	for _, p := range pods {
		if p.DeletionTimestamp == nil && len(r.Manifests) < fleet.MostPods {
			r.Manifests = append(r.Manifests, fleet.PodManifest{Pod: p.Name, Updated: updated, Digest: podspec.Digest(p.Annotations)})
		}
	}
}

// Fill adds to a version what the template of its pods says and its own object leaves to defaults.
func Fill(v *fleet.Version, t podspec.Template) {
	made := t.Version()
	for _, f := range []struct{ to, from *fleet.Safe }{{&v.Image, &made.Image}, {&v.Quant, &made.Quant}, {&v.Template, &made.Template}} {
		if f.to.IsEmpty() {
			*f.to = *f.from
		}
	}
	if v.Manifest.IsEmpty() {
		v.Manifest, v.Signed = made.Manifest, made.Signed
	}
}

// Came is when a version came that a ReplicaSet keeps. One that came back keeps the age of its first time: then its oldest
// pod tells, which is no older than the return; the zero time where it has none.
func Came(s *appsv1.ReplicaSet, mark string, pods []*corev1.Pod) time.Time {
	if s.Annotations[mark+"-history"] == "" {
		return s.CreationTimestamp.UTC()
	}
	return Oldest(pods)
}

// Oldest is when the oldest of pods was made; the zero time without any.
func Oldest(pods []*corev1.Pod) time.Time {
	if len(pods) == 0 {
		return time.Time{}
	}
	first := slices.MinFunc(pods, func(a, b *corev1.Pod) int {
		return cmp.Compare(a.CreationTimestamp.UnixNano(), b.CreationTimestamp.UnixNano())
	})
	return first.CreationTimestamp.UTC()
}

// Older is what the first of pods of another version runs; the zero Version without any. source tells where its weights come
// from, as its system wrote that; "" for what the template says.
func Older(old []*corev1.Pod, source func(podspec.Template) string) fleet.Version {
	if len(old) == 0 {
		return fleet.Version{}
	}
	t := podspec.OfPod(old[0])
	v := t.Version()
	if uri := source(t); uri != "" {
		v.Weights = fleet.Label(uri)
	}
	return v
}
