package kubeapi

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// selection is what a list or watch keeps of a kind.
type selection struct {
	labels labels.Selector
	fields fields.Selector
}

// selection reads the two selectors; an unknown field is refused as the real server does.
func (c *call) selection(o *internalversion.ListOptions) (selection, error) {
	s := selection{labels: labels.Everything(), fields: fields.Everything()}
	if o.LabelSelector != nil {
		s.labels = o.LabelSelector
	}
	if o.FieldSelector != nil {
		s.fields = o.FieldSelector
	}
	if c.name != "" {
		s.fields = fields.AndSelectors(s.fields, fields.OneTermEqualSelector("metadata.name", c.name))
	}
	if s.fields.Empty() {
		return s, nil
	}
	probe, err := c.t.res.object()
	if err != nil {
		return s, err
	}
	acc, err := meta.Accessor(probe)
	if err != nil {
		return s, err
	}
	known := fieldSet(&row{obj: probe, meta: acc})
	for _, need := range s.fields.Requirements() {
		if _, ok := known[need.Field]; !ok {
			return s, badRequest("field label not supported: " + need.Field)
		}
	}
	return s, nil
}

func (s selection) all() bool { return s.labels.Empty() && s.fields.Empty() }

// of keeps the rows that are selected.
func (s selection) of(rows []*row) []*row {
	if s.all() {
		return rows
	}
	kept := make([]*row, 0, min(len(rows), 64))
	for _, r := range rows {
		if s.matches(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

func (s selection) matches(r *row) bool {
	if r == nil {
		return false
	}
	if !s.labels.Empty() && !s.labels.Matches(labels.Set(r.meta.GetLabels())) {
		return false
	}
	return s.fields.Empty() || s.fields.Matches(fieldSet(r))
}

// fieldSet is what can be selected by of an object.
func fieldSet(r *row) fields.Set {
	set := fields.Set{"metadata.name": r.meta.GetName(), "metadata.namespace": r.meta.GetNamespace()}
	switch o := r.obj.(type) {
	case *corev1.Pod:
		set["spec.nodeName"] = o.Spec.NodeName
		set["spec.restartPolicy"] = string(o.Spec.RestartPolicy)
		set["spec.schedulerName"] = o.Spec.SchedulerName
		set["spec.serviceAccountName"] = o.Spec.ServiceAccountName
		set["spec.hostNetwork"] = strconv.FormatBool(o.Spec.HostNetwork)
		set["status.phase"] = string(o.Status.Phase)
		set["status.podIP"] = o.Status.PodIP
		set["status.nominatedNodeName"] = o.Status.NominatedNodeName
	case *corev1.Node:
		set["spec.unschedulable"] = strconv.FormatBool(o.Spec.Unschedulable)
		delete(set, "metadata.namespace")
	case *corev1.Namespace:
		set["status.phase"] = string(o.Status.Phase)
		delete(set, "metadata.namespace")
	case *corev1.Event:
		eventFields(set, o)
	}
	return set
}

func eventFields(set fields.Set, e *corev1.Event) {
	about := e.InvolvedObject
	set["involvedObject.kind"], set["involvedObject.namespace"] = about.Kind, about.Namespace
	set["involvedObject.name"], set["involvedObject.uid"] = about.Name, string(about.UID)
	set["involvedObject.apiVersion"], set["involvedObject.fieldPath"] = about.APIVersion, about.FieldPath
	set["involvedObject.resourceVersion"] = about.ResourceVersion
	set["reason"], set["type"], set["source"] = e.Reason, e.Type, e.Source.Component
	set["reportingComponent"] = e.ReportingController
}
