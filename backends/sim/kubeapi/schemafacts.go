package kubeapi

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// What the tags of the Go types do not say: they name one key where a list has two, and not which parts change as a whole.

// metaOnly is a frame around an object's metadata.
type metaOnly struct{ Meta metav1.ObjectMeta }

// listKeys are the keys of the lists that the tags are silent or wrong about; none makes a list atomic.
var listKeys = map[string][]any{
	"Container.ports":                   {"containerPort", "protocol"},
	"EphemeralContainerCommon.ports":    {"containerPort", "protocol"},
	"ServiceSpec.ports":                 {"port", "protocol"},
	"PodSpec.topologySpreadConstraints": {"topologyKey", "whenUnsatisfiable"},
	"ResourceRequirements.claims":       {"name"},
}

// defaults are the values of keys that may be left out.
var defaults = map[string]any{"ContainerPort.protocol": "TCP", "ServicePort.protocol": "TCP"}

// atomicMaps are the maps that belong to one manager as a whole.
var atomicMaps = map[string]bool{"PodSpec.nodeSelector": true, "ServiceSpec.selector": true}

// wholes are the types that belong to one manager as a whole.
var wholes = []string{
	"io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", "io.k8s.api.core.v1.ObjectReference",
	"io.k8s.api.core.v1.LocalObjectReference", "io.k8s.api.core.v1.TypedLocalObjectReference",
	"io.k8s.api.core.v1.ObjectFieldSelector", "io.k8s.api.core.v1.ResourceFieldSelector",
	"io.k8s.api.core.v1.SecretKeySelector", "io.k8s.api.core.v1.ConfigMapKeySelector", "io.k8s.api.core.v1.NodeSelector",
	"io.k8s.api.core.v1.NodeSelectorTerm", "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
}
