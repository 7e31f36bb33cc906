package kubeapi

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// complete fills in what a client may leave out of a workload or a pod, as far as something here reads it. It changes the
// object, of which the parts that it sets belong to the writer.
func complete(obj runtime.Object) {
	switch o := obj.(type) {
	case *appsv1.Deployment:
		o.Spec.Template = *o.Spec.Template.DeepCopy()
		completePod(&o.Spec.Template.Spec)
		completeStrategy(&o.Spec)
	case *appsv1.StatefulSet:
		o.Spec.Template = *o.Spec.Template.DeepCopy()
		completePod(&o.Spec.Template.Spec)
		u := &o.Spec.UpdateStrategy
		if u.Type == "" {
			u.Type = appsv1.RollingUpdateStatefulSetStrategyType
		}
		if u.Type == appsv1.RollingUpdateStatefulSetStrategyType {
			if u.RollingUpdate == nil {
				u.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{}
			}
			if u.RollingUpdate.Partition == nil {
				u.RollingUpdate.Partition = new(int32)
			}
		}
		if o.Spec.PodManagementPolicy == "" {
			o.Spec.PodManagementPolicy = appsv1.OrderedReadyPodManagement
		}
		number(&o.Spec.Replicas, 1)
		number(&o.Spec.RevisionHistoryLimit, 10)
	}
}

func completeStrategy(s *appsv1.DeploymentSpec) {
	quarter := intstr.FromString("25%")
	if s.Strategy.Type == "" {
		s.Strategy.Type = appsv1.RollingUpdateDeploymentStrategyType
	}
	if s.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
		r := appsv1.RollingUpdateDeployment{}
		if s.Strategy.RollingUpdate != nil {
			r = *s.Strategy.RollingUpdate
		}
		if r.MaxSurge == nil {
			r.MaxSurge = &quarter
		}
		if r.MaxUnavailable == nil {
			r.MaxUnavailable = &quarter
		}
		s.Strategy.RollingUpdate = &r
	}
	number(&s.Replicas, 1)
	number(&s.RevisionHistoryLimit, 10)
	number(&s.ProgressDeadlineSeconds, 600)
}

func number(v **int32, otherwise int32) {
	if *v == nil {
		*v = &otherwise
	}
}

func completePod(s *corev1.PodSpec) {
	for i := range s.Containers {
		c := &s.Containers[i]
		for j := range c.Ports {
			if c.Ports[j].Protocol == "" {
				c.Ports[j].Protocol = corev1.ProtocolTCP
			}
		}
		if c.ImagePullPolicy == "" {
			c.ImagePullPolicy = corev1.PullIfNotPresent
		}
		for name, q := range c.Resources.Limits { // what is limited is asked for
			if _, ok := c.Resources.Requests[name]; !ok {
				if c.Resources.Requests == nil {
					c.Resources.Requests = corev1.ResourceList{}
				}
				c.Resources.Requests[name] = q.DeepCopy()
			}
		}
	}
	if s.RestartPolicy == "" {
		s.RestartPolicy = corev1.RestartPolicyAlways
	}
	if s.DNSPolicy == "" {
		s.DNSPolicy = corev1.DNSClusterFirst
	}
	if s.SchedulerName == "" {
		s.SchedulerName = corev1.DefaultSchedulerName
	}
}
