// Package podspec reads and edits pod templates of model servers: which container serves, which image, which weights
// under which name, how many GPUs. It is pure: it sees one template and asks nobody.
package podspec

import corev1 "k8s.io/api/core/v1"

// Serving picks the container that does the work: the one that asks for a GPU, else the one that kubectl would take, else
// the first that declares a port, else the first. It is nil only where there is none.
func Serving(spec *corev1.PodSpec, annotations map[string]string) *corev1.Container {
	var ported, named *corev1.Container
	for i := range spec.Containers {
		c := &spec.Containers[i]
		if n, _ := GPUsIn(Asked(c)); n > 0 {
			return c
		}
		if ported == nil && len(c.Ports) > 0 {
			ported = c
		}
		if c.Name == annotations["kubectl.kubernetes.io/default-container"] {
			named = c
		}
	}
	switch {
	case named != nil:
		return named
	case ported != nil:
		return ported
	case len(spec.Containers) > 0:
		return &spec.Containers[0]
	}
	return nil
}
