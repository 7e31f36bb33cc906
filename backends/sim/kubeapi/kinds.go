package kubeapi

import (
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// kinds are the types of what is served and their codecs. They are only read once they are made. The clientset's own
// scheme would do as well, and bring every group of Kubernetes into the binary.
type kinds struct {
	scheme     *runtime.Scheme
	codecs     serializer.CodecFactory
	parameters runtime.ParameterCodec
	err        error
}

var served = sync.OnceValue(func() *kinds {
	k := &kinds{scheme: runtime.NewScheme()}
	metav1.AddToGroupVersion(k.scheme, schema.GroupVersion{Version: "v1"})
	all := runtime.NewSchemeBuilder(appsv1.AddToScheme, authenticationv1.AddToScheme, authorizationv1.AddToScheme,
		autoscalingv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme, coordinationv1.AddToScheme, corev1.AddToScheme,
		eventsv1.AddToScheme, policyv1.AddToScheme)
	k.err = all.AddToScheme(k.scheme)
	k.codecs, k.parameters = serializer.NewCodecFactory(k.scheme), runtime.NewParameterCodec(k.scheme)
	return k
})
