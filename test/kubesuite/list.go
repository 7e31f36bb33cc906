package kubesuite

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func checkVersion(t *testing.T, c *clients) {
	t.Run("needs no token", func(t *testing.T) {
		var v struct{ Major, Minor, GitVersion, Platform, GoVersion string }
		c.ask(t, request{Path: "/version"}).want(t, http.StatusOK).read(t, &v)
		if v.Major != "1" || !strings.HasPrefix(v.GitVersion, "v1."+v.Minor+".") || v.Platform == "" || v.GoVersion == "" {
			t.Errorf("%+v", v)
		}
	})
	for _, path := range []string{"/readyz", "/livez", "/healthz"} {
		t.Run(path, func(t *testing.T) {
			a := c.ask(t, request{Path: path, Token: c.Tokens.Nobody}).want(t, http.StatusOK)
			if string(a.Body) != "ok" || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") {
				t.Error(a)
			}
		})
	}
}

func checkList(t *testing.T, c *clients) {
	t.Run("shape", func(t *testing.T) {
		a := c.get(t, c.podsPath()).want(t, http.StatusOK)
		var list struct {
			Kind, APIVersion string
			Metadata         map[string]any
			Items            []map[string]any
		}
		a.read(t, &list)
		if list.Kind != "PodList" || list.APIVersion != "v1" || len(list.Items) < 3 {
			t.Errorf("%s %s with %d pods", list.Kind, list.APIVersion, len(list.Items))
		}
		if v, _ := list.Metadata["resourceVersion"].(string); v == "" {
			t.Errorf("the list has no version: %v", list.Metadata)
		}
		for _, item := range list.Items {
			if item["kind"] != nil || item["apiVersion"] != nil {
				t.Fatalf("an item of a list carries no kind: %v", item)
			}
		}
		if a.Header.Get("Audit-Id") == "" {
			t.Error("no Audit-Id")
		}
	})
	t.Run("pods", c.listPods)
	t.Run("all namespaces", func(t *testing.T) {
		var list corev1.PodList
		c.get(t, "/api/v1/pods").want(t, http.StatusOK).read(t, &list)
		seen := map[string]int{}
		for _, p := range list.Items {
			seen[p.Namespace]++
		}
		if seen[c.Namespace] < 3 || seen[c.Elsewhere] < 1 {
			t.Errorf("pods by namespace: %v", seen)
		}
	})
	t.Run("nothing there", func(t *testing.T) {
		a := c.get(t, "/api/v1/namespaces/there-is-no-such/pods").want(t, http.StatusOK)
		var raw map[string]json.RawMessage
		if a.read(t, &raw); string(raw["items"]) != "[]" {
			t.Errorf("an empty list is an empty array: %s", a)
		}
	})
	t.Run("kinds", c.listKinds)
}

func (c *clients) listPods(t *testing.T) {
	list := c.pods(t, "?labelSelector=app%3D"+c.Deployment)
	if len(list.Items) < 3 {
		t.Fatalf("%d pods", len(list.Items))
	}
	for _, p := range list.Items {
		checkPod(t, p)
	}
	var one corev1.Pod
	c.get(t, c.podsPath()+"/"+list.Items[0].Name).want(t, http.StatusOK).read(t, &one)
	if one.Kind != "Pod" || one.APIVersion != "v1" || one.UID != list.Items[0].UID {
		t.Errorf("%s %s %s, listed as %s", one.Kind, one.APIVersion, one.UID, list.Items[0].UID)
	}
}

// checkPod wants of a running pod what the console shows of it.
func checkPod(t *testing.T, p corev1.Pod) {
	t.Helper()
	owner := metav1.GetControllerOf(&p)
	if p.UID == "" || p.ResourceVersion == "" || p.CreationTimestamp.IsZero() || p.Spec.NodeName == "" ||
		p.Status.Phase != corev1.PodRunning || owner == nil || owner.Kind != "ReplicaSet" || len(p.Spec.Containers) == 0 {
		t.Errorf("%s: uid %q, version %q, node %q, phase %q, owner %v", p.Name, p.UID, p.ResourceVersion, p.Spec.NodeName,
			p.Status.Phase, owner)
	}
	ready := slices.ContainsFunc(p.Status.Conditions, func(k corev1.PodCondition) bool {
		return k.Type == corev1.PodReady && k.Status == corev1.ConditionTrue
	})
	if !ready || len(p.Status.ContainerStatuses) != len(p.Spec.Containers) || p.Status.PodIP == "" || p.Status.StartTime == nil {
		t.Errorf("%s: %+v", p.Name, p.Status)
	}
}

// listKinds lists whatever else the console reads.
func (c *clients) listKinds(t *testing.T) {
	kinds := map[string]string{
		"/api/v1/nodes":                                  "NodeList",
		"/api/v1/namespaces":                             "NamespaceList",
		"/api/v1/events":                                 "EventList",
		"/api/v1/services":                               "ServiceList",
		"/apis/apps/v1/deployments":                      "DeploymentList",
		"/apis/apps/v1/replicasets":                      "ReplicaSetList",
		"/apis/apps/v1/statefulsets":                     "StatefulSetList",
		"/apis/apps/v1/daemonsets":                       "DaemonSetList",
		"/apis/autoscaling/v2/horizontalpodautoscalers":  "HorizontalPodAutoscalerList",
		"/apis/policy/v1/poddisruptionbudgets":           "PodDisruptionBudgetList",
		"/apis/batch/v1/jobs":                            "JobList",
		"/apis/coordination.k8s.io/v1/leases":            "LeaseList",
		"/apis/events.k8s.io/v1/events":                  "EventList",
		c.podsPath() + "?limit=1":                        "PodList",
		"/apis/apps/v1/namespaces/none-such/deployments": "DeploymentList",
	}
	for path, kind := range kinds {
		t.Run(strings.TrimPrefix(path, "/"), func(t *testing.T) {
			var list metav1.TypeMeta
			if c.get(t, path).want(t, http.StatusOK).read(t, &list); list.Kind != kind {
				t.Errorf("%s is a %s, want %s", path, list.Kind, kind)
			}
		})
	}
}

// query is one parameter of a list, escaped.
func query(name, value string) string { return "?" + name + "=" + url.QueryEscape(value) }

func names(list corev1.PodList) []string {
	var out []string
	for _, p := range list.Items {
		out = append(out, p.Name)
	}
	slices.Sort(out)
	return out
}
