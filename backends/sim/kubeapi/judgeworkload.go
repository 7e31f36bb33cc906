package kubeapi

import (
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func judgeDeployment(was, o *appsv1.Deployment) field.ErrorList {
	spec := field.NewPath("spec")
	errs := judgeReplicas(o.Spec.Replicas, spec)
	errs = append(errs, judgeTemplate(&o.Spec.Template, o.Spec.Selector, spec)...)
	errs = append(errs, judgeStrategy(&o.Spec.Strategy, spec.Child("strategy"))...)
	if d := o.Spec.ProgressDeadlineSeconds; d != nil && *d <= o.Spec.MinReadySeconds {
		errs = append(errs, field.Invalid(spec.Child("progressDeadlineSeconds"), *d, "must be greater than minReadySeconds"))
	}
	if was != nil && !equality.Semantic.DeepEqual(was.Spec.Selector, o.Spec.Selector) {
		errs = append(errs, field.Invalid(spec.Child("selector"), o.Spec.Selector, "field is immutable"))
	}
	return errs
}

// judgeTemplate wants a template to have containers, and the labels that its workload finds its pods by.
func judgeTemplate(t *corev1.PodTemplateSpec, sel *metav1.LabelSelector, spec *field.Path) field.ErrorList {
	errs := judgeContainers(t.Spec.Containers, spec.Child("template", "spec", "containers"))
	if s, err := metav1.LabelSelectorAsSelector(sel); err == nil && !s.Empty() && !s.Matches(labels.Set(t.Labels)) {
		errs = append(errs, field.Invalid(spec.Child("template", "metadata", "labels"), t.Labels,
			"`selector` does not match template `labels`"))
	}
	return errs
}

func judgeStrategy(s *appsv1.DeploymentStrategy, at *field.Path) field.ErrorList {
	rolling := at.Child("rollingUpdate")
	switch s.Type {
	case appsv1.RecreateDeploymentStrategyType:
		if s.RollingUpdate != nil {
			return field.ErrorList{field.Forbidden(rolling, "may not be specified when strategy `type` is 'Recreate'")}
		}
		return nil
	case appsv1.RollingUpdateDeploymentStrategyType:
	default:
		return field.ErrorList{field.NotSupported(at.Child("type"), s.Type, []string{"Recreate", "RollingUpdate"})}
	}
	if s.RollingUpdate == nil {
		return nil
	}
	surge, errs := judgeAmount(s.RollingUpdate.MaxSurge, rolling.Child("maxSurge"))
	missing, more := judgeAmount(s.RollingUpdate.MaxUnavailable, rolling.Child("maxUnavailable"))
	errs = append(errs, more...)
	if len(errs) == 0 && surge == 0 && missing == 0 {
		errs = append(errs, field.Invalid(rolling.Child("maxUnavailable"), s.RollingUpdate.MaxUnavailable,
			"may not be 0 when `maxSurge` is 0"))
	}
	return errs
}

// judgeAmount reads a number of pods or percent.
func judgeAmount(v *intstr.IntOrString, at *field.Path) (int, field.ErrorList) {
	if v == nil {
		return 0, nil
	}
	n := int(v.IntVal)
	if v.Type == intstr.String {
		text, percent := strings.CutSuffix(v.StrVal, "%")
		var err error
		if n, err = strconv.Atoi(text); err != nil || !percent {
			return 0, field.ErrorList{field.Invalid(at, v, "a valid percent string must be a numeric string followed by an ending '%'")}
		}
	}
	if n < 0 {
		return n, field.ErrorList{field.Invalid(at, v, "must be greater than or equal to 0")}
	}
	return n, nil
}

// judgeStatefulSet refuses changes of what a StatefulSet cannot change.
func judgeStatefulSet(was, o *appsv1.StatefulSet) field.ErrorList {
	spec := field.NewPath("spec")
	errs := judgeReplicas(o.Spec.Replicas, spec)
	errs = append(errs, judgeTemplate(&o.Spec.Template, o.Spec.Selector, spec)...)
	if was == nil {
		return errs
	}
	a, b := was.Spec.DeepCopy(), o.Spec.DeepCopy()
	for _, s := range []*appsv1.StatefulSetSpec{a, b} {
		s.Replicas, s.Ordinals, s.Template, s.MinReadySeconds = nil, nil, corev1.PodTemplateSpec{}, 0
		s.UpdateStrategy, s.PersistentVolumeClaimRetentionPolicy, s.RevisionHistoryLimit = appsv1.StatefulSetUpdateStrategy{}, nil, nil
	}
	if !equality.Semantic.DeepEqual(a, b) {
		errs = append(errs, field.Forbidden(spec, "updates to statefulset spec for fields other than 'replicas', 'ordinals', "+
			"'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' "+
			"are forbidden"))
	}
	return errs
}
