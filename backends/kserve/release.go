package kserve

import (
	"context"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/fleet"
)

var definitionKind = fleet.ObjectKind{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
	Kind: "CustomResourceDefinition"}

// knowsCanaries tells whether this KServe has the canary list, which came with 0.20: by the schema of the kind, then by the
// image of the controller. An older one would drop the field, or keep it and do nothing.
func (s *service) knowsCanaries(ctx context.Context) (known bool, why string, err error) {
	definition := fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: definitionKind.Kind, Name: isvcKind.Resource + "." + isvcKind.Group}
	doc, err := child.Document(ctx, s.c, definitionKind, definition)
	if err = child.PassOver(err); err != nil {
		return false, "", err
	}
	if versions, ok := jsonptr.Find(doc, "/spec/versions"); ok {
		list, _ := versions.([]any)
		for _, v := range list {
			if spec, ok := jsonptr.Find(v, "/schema/openAPIV3Schema/properties/spec/properties"); ok && jsonptr.Text(v,
				"/name") == isvcKind.Version {
				if _, has := jsonptr.Find(spec, "/canary"); has {
					return true, "", nil
				}
				return false, "this KServe does not know canaries in Standard mode, which came with 0.20", nil
			}
		}
	}
	deployments, err := listing.Of[appsv1.Deployment](ctx, s.c, child.DeploymentKind, "", "control-plane=kserve-controller-manager")
	if err = child.PassOver(err); err != nil {
		return false, "", err
	}
	for _, d := range deployments {
		for i := range d.Spec.Template.Spec.Containers {
			if minor, ok := release(d.Spec.Template.Spec.Containers[i].Image); ok {
				if minor < 20 {
					return false, "this KServe is 0." + strconv.Itoa(minor) + ", and canaries in Standard mode came with 0.20", nil
				}
				return true, "", nil
			}
		}
	}
	return false, "whether this KServe knows canaries in Standard mode, from 0.20 on, cannot be read", nil
}

// release reads the minor version of a controller's image: kserve/kserve-controller:v0.20.0.
func release(image string) (minor int, ok bool) {
	name, tag, ok := strings.Cut(image[strings.LastIndexByte(image, '/')+1:], ":")
	if !ok || name != "kserve-controller" {
		return 0, false
	}
	tag, _, _ = strings.Cut(tag, "@")
	parts := strings.Split(strings.TrimPrefix(tag, "v"), ".")
	if len(parts) < 2 {
		return 0, false
	}
	major, err := strconv.Atoi(parts[0])
	if err != nil {
		return 0, false
	}
	minor, err = strconv.Atoi(parts[1])
	if major > 0 {
		minor += 1000 * major // later than any of 0
	}
	return minor, err == nil
}
