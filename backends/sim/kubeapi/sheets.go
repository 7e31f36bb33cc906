package kubeapi

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// sheets are the tables by kind. Their columns are those that users of kubectl know.
var sheets = sync.OnceValue(func() map[string]sheet {
	return map[string]sheet{
		"Pod": {texts("Name", "Ready", "Status", "Restarts", "Age", "+IP", "+Node", "+Nominated Node", "+Readiness Gates"), of(podCells)},
		"Node": {texts("Name", "Status", "Roles", "Age", "Version", "+Internal-IP", "+External-IP", "+OS-Image", "+Kernel-Version",
			"+Container-Runtime"), of(nodeCells)},
		"Namespace": {texts("Name", "Status", "Age"), of(func(n *corev1.Namespace, now time.Time) []any {
			return []any{n.Name, string(n.Status.Phase), age(n, now)}
		})},
		"Service": {texts("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "+Selector"), of(serviceCells)},
		"Event": {texts("Last Seen", "Type", "Reason", "Object", "+Subobject", "+Source", "Message", "+First Seen", "+Count", "+Name"),
			of(eventCells)},
		"Deployment": {texts("Name", "Ready", "Up-to-date", "Available", "Age", "+Containers", "+Images", "+Selector"), of(deploymentCells)},
		"ReplicaSet": {texts("Name", "#Desired", "#Current", "#Ready", "Age", "+Containers", "+Images", "+Selector"), of(replicaSetCells)},
		"StatefulSet": {texts("Name", "Ready", "Age", "+Containers", "+Images"), of(func(s *appsv1.StatefulSet, now time.Time) []any {
			names, images := containers(s.Spec.Template.Spec.Containers)
			return []any{s.Name, parts(s.Status.ReadyReplicas, wanted(s.Spec.Replicas)), age(s, now), names, images}
		})},
		"DaemonSet": {texts("Name", "#Desired", "#Current", "#Ready", "#Up-to-date", "#Available", "Node Selector", "Age", "+Containers",
			"+Images", "+Selector"), of(daemonSetCells)},
		"ControllerRevision": {texts("Name", "Controller", "#Revision", "Age"), of(func(r *appsv1.ControllerRevision, now time.Time) []any {
			owner := none
			if o := metav1.GetControllerOf(r); o != nil {
				owner = strings.ToLower(o.Kind) + ".apps/" + o.Name
			}
			return []any{r.Name, owner, r.Revision, age(r, now)}
		})},
		"HorizontalPodAutoscaler": {texts("Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"), of(autoscalerCells)},
		"PodDisruptionBudget":     {texts("Name", "Min Available", "Max Unavailable", "#Allowed Disruptions", "Age"), of(budgetCells)},
		"Job": {texts("Name", "Status", "Completions", "Duration", "Age", "+Containers", "+Images", "+Selector"),
			of(jobCells)},
		"Lease": {texts("Name", "Holder", "Age"), of(func(l *coordinationv1.Lease, now time.Time) []any {
			holder := ""
			if l.Spec.HolderIdentity != nil {
				holder = *l.Spec.HolderIdentity
			}
			return []any{l.Name, holder, age(l, now)}
		})},
	}
})

const none = "<none>"

// of makes a function of one kind one of objects.
func of[T any](f func(obj *T, now time.Time) []any) func(runtime.Object, time.Time) []any {
	return func(obj runtime.Object, now time.Time) []any {
		one, ok := any(obj).(*T)
		if !ok {
			return nil
		}
		return f(one, now)
	}
}

func age(m metav1.Object, now time.Time) string { return since(m.GetCreationTimestamp().Time, now) }

func parts(have, want int32) string { return fmt.Sprintf("%d/%d", have, want) }

// wanted is a number of replicas, which is one where it is not given.
func wanted(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

func containers(list []corev1.Container) (names, images string) {
	var n, i []string
	for _, c := range list {
		n, i = append(n, c.Name), append(i, c.Image)
	}
	return strings.Join(n, ","), strings.Join(i, ",")
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}

func serviceCells(s *corev1.Service, now time.Time) []any {
	var ports []string
	for _, p := range s.Spec.Ports {
		ports = append(ports, strconv.Itoa(int(p.Port))+"/"+string(p.Protocol))
	}
	return []any{s.Name, string(s.Spec.Type), orNone(s.Spec.ClusterIP), none, orNone(strings.Join(ports, ",")), age(s, now),
		metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: s.Spec.Selector})}
}

func eventCells(e *corev1.Event, now time.Time) []any {
	first, last := e.FirstTimestamp.Time, e.LastTimestamp.Time
	if first.IsZero() {
		first = e.EventTime.Time
	}
	if last.IsZero() {
		last = first
	}
	source := e.Source.Component
	if source == "" {
		source = e.ReportingController
	}
	if e.Source.Host != "" {
		source += ", " + e.Source.Host
	}
	about := strings.ToLower(e.InvolvedObject.Kind)
	if e.InvolvedObject.Name != "" {
		about += "/" + e.InvolvedObject.Name
	}
	return []any{since(last, now), e.Type, e.Reason, about, e.InvolvedObject.FieldPath, source, strings.TrimSpace(e.Message),
		since(first, now), int64(max(e.Count, 1)), e.Name}
}

func deploymentCells(d *appsv1.Deployment, now time.Time) []any {
	names, images := containers(d.Spec.Template.Spec.Containers)
	return []any{d.Name, parts(d.Status.ReadyReplicas, wanted(d.Spec.Replicas)), int64(d.Status.UpdatedReplicas),
		int64(d.Status.AvailableReplicas), age(d, now), names, images, metav1.FormatLabelSelector(d.Spec.Selector)}
}

func replicaSetCells(r *appsv1.ReplicaSet, now time.Time) []any {
	names, images := containers(r.Spec.Template.Spec.Containers)
	return []any{r.Name, int64(wanted(r.Spec.Replicas)), int64(r.Status.Replicas), int64(r.Status.ReadyReplicas), age(r, now), names,
		images, metav1.FormatLabelSelector(r.Spec.Selector)}
}

func daemonSetCells(d *appsv1.DaemonSet, now time.Time) []any {
	names, images := containers(d.Spec.Template.Spec.Containers)
	s := &d.Status
	return []any{d.Name, int64(s.DesiredNumberScheduled), int64(s.CurrentNumberScheduled), int64(s.NumberReady),
		int64(s.UpdatedNumberScheduled), int64(s.NumberAvailable),
		metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: d.Spec.Template.Spec.NodeSelector}), age(d, now), names, images,
		metav1.FormatLabelSelector(d.Spec.Selector)}
}

func autoscalerCells(h *autoscalingv2.HorizontalPodAutoscaler, now time.Time) []any {
	ref := h.Spec.ScaleTargetRef
	least := "<unset>"
	if h.Spec.MinReplicas != nil {
		least = strconv.Itoa(int(*h.Spec.MinReplicas))
	}
	return []any{h.Name, ref.Kind + "/" + ref.Name, targets(h), least, strconv.Itoa(int(h.Spec.MaxReplicas)),
		int64(h.Status.CurrentReplicas), age(h, now)}
}

// targets are what an autoscaler measures of resources, and what it wants of them.
func targets(h *autoscalingv2.HorizontalPodAutoscaler) string {
	var list []string
	for i, m := range h.Spec.Metrics {
		if m.Resource == nil || m.Resource.Target.AverageUtilization == nil {
			list = append(list, "<unknown>")
			continue
		}
		have := "<unknown>"
		if i < len(h.Status.CurrentMetrics) {
			if r := h.Status.CurrentMetrics[i].Resource; r != nil && r.Current.AverageUtilization != nil {
				have = fmt.Sprintf("%d%%", *r.Current.AverageUtilization)
			}
		}
		list = append(list, fmt.Sprintf("%s: %s/%d%%", m.Resource.Name, have, *m.Resource.Target.AverageUtilization))
	}
	return orNone(strings.Join(list, ", "))
}

func budgetCells(b *policyv1.PodDisruptionBudget, now time.Time) []any {
	text := func(v *intstr.IntOrString) string {
		if v == nil {
			return "N/A"
		}
		return v.String()
	}
	return []any{b.Name, text(b.Spec.MinAvailable), text(b.Spec.MaxUnavailable), int64(b.Status.DisruptionsAllowed), age(b, now)}
}

func jobCells(j *batchv1.Job, now time.Time) []any {
	state := "Running"
	for _, k := range j.Status.Conditions {
		if k.Status == corev1.ConditionTrue && (k.Type == batchv1.JobComplete || k.Type == batchv1.JobFailed ||
			k.Type == batchv1.JobSuspended) {
			state = string(k.Type)
		}
	}
	took := ""
	if j.Status.StartTime != nil {
		end := now
		if j.Status.CompletionTime != nil {
			end = j.Status.CompletionTime.Time
		}
		took = duration.HumanDuration(end.Sub(j.Status.StartTime.Time))
	}
	names, images := containers(j.Spec.Template.Spec.Containers)
	return []any{j.Name, state, parts(j.Status.Succeeded, wanted(j.Spec.Completions)), took, age(j, now), names, images,
		metav1.FormatLabelSelector(j.Spec.Selector)}
}
