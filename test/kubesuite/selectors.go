package kubesuite

import (
	"net/http"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func checkSelectors(t *testing.T, c *clients) {
	all := c.pods(t, "")
	pod := c.pod(t)
	cases := []struct {
		name, parameter, selector string
		picks                     func(corev1.Pod) bool
	}{
		{"node", "fieldSelector", "spec.nodeName=" + pod.Spec.NodeName,
			func(p corev1.Pod) bool { return p.Spec.NodeName == pod.Spec.NodeName }},
		{"other nodes", "fieldSelector", "spec.nodeName!=" + pod.Spec.NodeName,
			func(p corev1.Pod) bool { return p.Spec.NodeName != pod.Spec.NodeName }},
		{"phase", "fieldSelector", "status.phase=Running", func(p corev1.Pod) bool { return p.Status.Phase == corev1.PodRunning }},
		{"other phases", "fieldSelector", "status.phase!=Running,status.phase!=Succeeded",
			func(p corev1.Pod) bool {
				return p.Status.Phase != corev1.PodRunning && p.Status.Phase != corev1.PodSucceeded
			}},
		{"name", "fieldSelector", "metadata.name=" + pod.Name, func(p corev1.Pod) bool { return p.Name == pod.Name }},
		{"double equals", "fieldSelector", "metadata.name==" + pod.Name, func(p corev1.Pod) bool { return p.Name == pod.Name }},
		{"two fields", "fieldSelector", "metadata.name=" + pod.Name + ",spec.nodeName=no-such-node",
			func(corev1.Pod) bool { return false }},
		{"label", "labelSelector", "app=" + c.Deployment, func(p corev1.Pod) bool { return p.Labels["app"] == c.Deployment }},
		{"other label", "labelSelector", "app!=" + c.Deployment, func(p corev1.Pod) bool { return p.Labels["app"] != c.Deployment }},
		{"label exists", "labelSelector", "pod-template-hash", func(p corev1.Pod) bool { return p.Labels["pod-template-hash"] != "" }},
		{"label absent", "labelSelector", "!app", func(p corev1.Pod) bool { return p.Labels["app"] == "" }},
		{"label in", "labelSelector", "app in (" + c.Deployment + ",other)",
			func(p corev1.Pod) bool { return p.Labels["app"] == c.Deployment || p.Labels["app"] == "other" }},
		{"label notin", "labelSelector", "app notin (" + c.Deployment + ")",
			func(p corev1.Pod) bool { return p.Labels["app"] != c.Deployment }},
		{"two labels", "labelSelector", "app=" + c.Deployment + ",no-such-label", func(corev1.Pod) bool { return false }},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			var want corev1.PodList
			for _, p := range all.Items {
				if k.picks(p) {
					want.Items = append(want.Items, p)
				}
			}
			if got := names(c.pods(t, query(k.parameter, k.selector))); !slices.Equal(got, names(want)) {
				t.Errorf("%s picks %v, want %v", k.selector, got, names(want))
			}
		})
	}
	t.Run("unknown field", func(t *testing.T) {
		c.get(t, c.podsPath()+query("fieldSelector", "spec.colour=red")).
			refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest, "field label not supported")
	})
	t.Run("no selector", func(t *testing.T) {
		c.get(t, c.podsPath()+query("labelSelector", "a b c")).refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest)
		c.get(t, c.podsPath()+query("fieldSelector", "rubbish")).refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest)
	})
	t.Run("across namespaces", c.selectsAcrossNamespaces)
}

func (c *clients) selectsAcrossNamespaces(t *testing.T) {
	var list corev1.PodList
	c.get(t, "/api/v1/pods"+query("fieldSelector", "metadata.namespace="+c.Elsewhere)).want(t, http.StatusOK).read(t, &list)
	for _, p := range list.Items {
		if p.Namespace != c.Elsewhere {
			t.Errorf("%s/%s", p.Namespace, p.Name)
		}
	}
	if len(list.Items) == 0 {
		t.Error("no pods")
	}
}
