package kubesuite

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"pitwall/fleet"
)

// checkEvictions evicts pods of the Deployment past its disruption budgets; at the end one of them goes.
func checkEvictions(t *testing.T, c *clients) {
	if !c.Can.Create {
		t.Skip("this server creates nothing")
	}
	h := c.hand(t, c.Tokens.Admin)
	pod := c.pod(t)
	w := fleet.ObjectWrite{Object: fleet.ObjectRef{Kind: "Pod", Namespace: c.Namespace, Name: pod.Name}, API: podKind,
		UID: string(pod.UID), Verb: fleet.WriteEvict}
	stays := func(t *testing.T) { c.stays(t, w) }
	covered := c.budgetsOf(t, pod) // which came with the Deployment
	if covered == 0 {
		t.Run("no room", func(t *testing.T) {
			defer c.budget(t, "suite-one")()
			fails(t, h.Write(t.Context(), w, "suite/evict", false), fleet.KindBlocked, "the disruption budget suite-one", "the pod stays")
			n := c.counted(t, "suite-one")
			for _, dry := range []bool{true, false} {
				err := h.Write(t.Context(), w, "suite/evict", dry)
				fails(t, err, fleet.KindBlocked, fmt.Sprintf("the disruption budget suite-one needs %d healthy pods and has %d currently", n, n))
				if fleet.RetryAfter(err) != 0 {
					t.Errorf("ask again in %s", fleet.RetryAfter(err))
				}
			}
			stays(t)
		})
	}
	t.Run("two budgets", func(t *testing.T) {
		parts := []string{"more than one disruption budget", "suite-two allows"}
		if covered == 0 {
			defer c.budget(t, "suite-one")()
			parts = append(parts, "suite-one allows")
		}
		defer c.budget(t, "suite-two")()
		fails(t, h.Write(t.Context(), w, "suite/evict", false), fleet.KindBlocked, parts...)
		stays(t)
	})
	t.Run("another pod", func(t *testing.T) {
		other := w
		other.UID = "00000000-0000-0000-0000-000000000000"
		fails(t, h.Write(t.Context(), other, "suite/evict", false), fleet.KindConflict)
		stays(t)
	})
	t.Run("no right", func(t *testing.T) {
		fails(t, c.hand(t, c.Tokens.Viewer).Write(t.Context(), w, "suite/evict", false), fleet.KindAuth,
			`cannot create resource "pods/eviction"`, "ask for the verb create on pods/eviction")
		stays(t)
	})
	t.Run("rehearsed", func(t *testing.T) {
		c.spares(t, pod)
		works(t, h.Write(t.Context(), w, "suite/evict", true))
		stays(t)
	})
	t.Run("evicted", func(t *testing.T) {
		works(t, h.Write(t.Context(), w, "suite/evict", false))
		if got, err := h.Stand(t.Context(), w); err != nil || got != fleet.StandsAfter && got != fleet.StandsGone {
			t.Errorf("it stands %q, %v", got, err)
		}
	})
}

// stays fails where the pod of an eviction is gone, or going.
func (c *clients) stays(t *testing.T, w fleet.ObjectWrite) {
	t.Helper()
	var now corev1.Pod
	c.get(t, c.podsPath()+"/"+w.Object.Name).want(t, http.StatusOK).read(t, &now)
	if string(now.UID) != w.UID || now.DeletionTimestamp != nil {
		t.Errorf("the pod went at %v", now.DeletionTimestamp)
	}
	c.hand(t, c.Tokens.Admin).stands(t, w, fleet.StandsBefore)
}

func (c *clients) budgetsPath() string {
	return "/apis/policy/v1/namespaces/" + c.Namespace + "/poddisruptionbudgets"
}

// budgetsOf counts the disruption budgets that cover a pod.
func (c *clients) budgetsOf(t *testing.T, pod corev1.Pod) (n int) {
	t.Helper()
	var list policyv1.PodDisruptionBudgetList
	c.get(t, c.budgetsPath()).want(t, http.StatusOK).read(t, &list)
	for i := range list.Items {
		if must(metav1.LabelSelectorAsSelector(list.Items[i].Spec.Selector))(t).Matches(labels.Set(pod.Labels)) {
			n++
		}
	}
	return n
}

// spares waits until every budget over a pod lets one go: what was rolled before may not be healthy yet.
func (c *clients) spares(t *testing.T, pod corev1.Pod) {
	t.Helper()
	full := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var list policyv1.PodDisruptionBudgetList
		c.get(t, c.budgetsPath()).want(t, http.StatusOK).read(t, &list)
		full = ""
		for i := range list.Items {
			b := &list.Items[i]
			if must(metav1.LabelSelectorAsSelector(b.Spec.Selector))(t).Matches(labels.Set(pod.Labels)) && b.Status.DisruptionsAllowed == 0 {
				full = b.Name
			}
		}
		if full == "" {
			return
		}
	}
	t.Fatalf("%s never lets a pod go", full)
}

// budget makes a disruption budget that spares no pod of the Deployment, and returns what takes it away.
func (c *clients) budget(t *testing.T, name string) (remove func()) {
	t.Helper()
	body := fmt.Sprintf(`{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":%q},
		"spec":{"minAvailable":"100%%","selector":{"matchLabels":{"app":%q}}}}`, name, c.Deployment)
	c.ask(t, request{Method: http.MethodPost, Path: c.budgetsPath(), Token: c.Tokens.Admin, Accept: jsonType, Type: jsonType, Body: body}).
		want(t, http.StatusCreated)
	return func() { c.drop(t, c.budgetsPath()+"/"+name) }
}

// drop deletes an object.
func (c *clients) drop(t *testing.T, path string) {
	t.Helper()
	c.ask(t, request{Method: http.MethodDelete, Path: path, Token: c.Tokens.Admin, Accept: jsonType}).want(t, http.StatusOK)
}

// counted waits until a controller has counted for a budget, or counts in its place, and returns how many pods it needs.
func (c *clients) counted(t *testing.T, name string) int {
	t.Helper()
	if !c.Can.Budgets {
		c.patch(t, mergePatch, c.budgetsPath()+"/"+name+"/status", `{"status":{"observedGeneration":1,"desiredHealthy":3,"currentHealthy":3}}`).
			want(t, http.StatusOK)
		return 3
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var b policyv1.PodDisruptionBudget
		c.get(t, c.budgetsPath()+"/"+name).want(t, http.StatusOK).read(t, &b)
		if b.Status.ObservedGeneration == b.Generation && b.Status.DesiredHealthy > 0 && b.Status.CurrentHealthy == b.Status.DesiredHealthy {
			return int(b.Status.DesiredHealthy)
		}
	}
	t.Fatalf("nobody counted for %s", name)
	return 0
}
