package kserve

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Names by which KServe mounts a model that nothing loads.
const (
	claimVolume   = "kserve-pvc-source"
	modelImage    = "modelcar" // the container whose image is the model
	localModel    = "internal.serving.kserve.io/localmodel"
	claimScheme   = "pvc://"
	imagesScheme  = "oci://"
	imagesMounted = "oci+native://"
)

// unmounted says that pods mount another model than is wanted: one on a claim, or in an image, is not loaded by an init container.
func (s *llm) unmounted(called fleet.Safe, pod *corev1.PodTemplateSpec) fleet.Safe {
	uri := s.o.Spec.Model.URI
	enabled, _ := jsonptr.Find(s.doc, "/spec/storageInitializer/enabled")
	if _, cached := s.o.Labels[localModel]; cached || enabled == false {
		return fleet.Safe{} // KServe mounts a copy of its own, or nothing
	}
	var has []string
	if strings.HasPrefix(uri, claimScheme) {
		has = claimsOf(pod)
	} else if image, ok := imageOf(uri); ok {
		uri, has = imagesScheme+image, imagesOf(pod)
	}
	for _, was := range has {
		if strings.TrimSuffix(was, "/") == strings.TrimSuffix(uri, "/") {
			return fleet.Safe{}
		}
	}
	if len(has) == 0 {
		return fleet.Safe{}
	}
	return fleet.Textf("%s still mounts %s, wanted is %s", called, fleet.Quote(has[0]), fleet.Quote(uri))
}

func imageOf(uri string) (string, bool) {
	if image, ok := strings.CutPrefix(uri, imagesMounted); ok {
		return image, true
	}
	return strings.CutPrefix(uri, imagesScheme)
}

// claimsOf are the models that the serving container mounts from claims.
func claimsOf(pod *corev1.PodTemplateSpec) []string {
	var list []string
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		if v.Name != claimVolume || v.PersistentVolumeClaim == nil {
			continue
		}
		if c := counterpart(pod, llmMain); c != nil {
			for _, m := range c.VolumeMounts {
				if m.Name == claimVolume {
					list = append(list, claimScheme+v.PersistentVolumeClaim.ClaimName+"/"+strings.TrimPrefix(m.SubPath, "/"))
				}
			}
		}
	}
	return list
}

// imagesOf are the models that it mounts from images, or has beside it in one.
func imagesOf(pod *corev1.PodTemplateSpec) []string {
	var list []string
	for i := range pod.Spec.Volumes {
		if image := pod.Spec.Volumes[i].Image; image != nil {
			list = append(list, imagesScheme+image.Reference)
		}
	}
	if c := counterpart(pod, modelImage); c != nil {
		list = append(list, imagesScheme+c.Image)
	}
	return list
}
