package kuberay

import (
	"context"
	"strconv"
	"strings"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

var definitionKind = fleet.ObjectKind{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
	Kind: "CustomResourceDefinition"}

// suspendRelease is the minor release of KubeRay that suspension came with.
const suspendRelease = 7

// knowsSuspend tells whether this KubeRay suspends, by the schema of the kind and by the operator that wrote the cluster:
// an older one would drop the field, or keep it and do nothing.
func (s *scene) knowsSuspend(ctx context.Context) error {
	old := "suspend came with KubeRay 1.7, and this one is older; before it nothing of a RayService can be stopped but by deleting it"
	definition := fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: definitionKind.Kind, Name: kind.Resource + "." + kind.Group}
	doc, err := child.Document(ctx, s.c, definitionKind, definition)
	if err = child.PassOver(err); err != nil {
		return err
	}
	field, known := schemaHas(doc, "suspend")
	release, said := s.release()
	switch {
	case known && !field, said && release < suspendRelease:
		return s.no(fleet.KindUnsupported, fleet.DoPause, old)
	case known || said:
		return nil
	}
	return s.no(fleet.KindUnsupported, fleet.DoPause, "whether this KubeRay knows suspend, which came with 1.7, cannot be read: neither its "+
		"definition of RayServices nor its RayClusters may be")
}

// schemaHas tells whether the version of a definition that is read knows a field of the spec.
func schemaHas(doc any, field string) (has, known bool) {
	found, _ := jsonptr.Find(doc, "/spec/versions")
	list, _ := found.([]any)
	for _, v := range list {
		spec, ok := jsonptr.Find(v, "/schema/openAPIV3Schema/properties/spec/properties")
		if ok && jsonptr.Text(v, "/name") == kind.Version {
			_, has = jsonptr.Find(spec, "/"+field)
			return has, true
		}
	}
	return false, false
}

// release is the minor release of the operator that wrote the newest cluster: v1.7.0 is 7.
func (s *scene) release() (minor int, ok bool) {
	k := s.newest()
	if k == nil || k.doc == nil {
		return 0, false
	}
	parts := strings.Split(strings.TrimPrefix(jsonptr.Text(k.doc, "/metadata/annotations"+jsonptr.Path(releaseMark)), "v"), ".")
	if len(parts) < 2 {
		return 0, false
	}
	major, err := strconv.Atoi(parts[0])
	if err != nil {
		return 0, false
	}
	minor, err = strconv.Atoi(parts[1])
	if major > 1 {
		minor += 1000 * major // later than any of 1
	}
	return minor, err == nil
}
