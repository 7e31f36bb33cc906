package kubesuite

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// annotation is what the suite writes where it changes an object only to see that it changed.
const annotation = "suite.pitwall.example/mark"

// annotate changes a pod and returns it as it is then.
func (c *clients) annotate(t *testing.T, pod, mark string) corev1.Pod {
	t.Helper()
	var p corev1.Pod
	body := fmt.Sprintf(`{"metadata":{"annotations":{%q:"%s %d"}}}`, annotation, mark, time.Now().UnixNano())
	c.patch(t, mergePatch, c.podsPath()+"/"+pod, body).want(t, http.StatusOK).read(t, &p)
	return p
}

// number is a version as a number; versions of one server can be ordered since 1.35.
func number(t *testing.T, version string) uint64 {
	t.Helper()
	return must(strconv.ParseUint(version, 10, 64))(t)
}

func checkVersions(t *testing.T, c *clients) {
	t.Run("grow", c.versionsGrow)
	t.Run("nothing changed", c.versionsNothingChanged)
	t.Run("any", c.versionsAny)
	t.Run("not older than", c.versionsNotOlderThan)
	t.Run("exactly", c.versionsExactly)
	t.Run("from the future", c.versionsFromTheFuture)
	t.Run("bad ones", c.versionsBadOnes)
}

func (c *clients) versionsGrow(t *testing.T) {
	before := c.pod(t)
	after := c.annotate(t, before.Name, "versions")
	if number(t, after.ResourceVersion) <= number(t, before.ResourceVersion) {
		t.Errorf("from %s to %s", before.ResourceVersion, after.ResourceVersion)
	}
	if list := c.pods(t, ""); number(t, list.ResourceVersion) < number(t, after.ResourceVersion) {
		t.Errorf("a list after the change is of version %s, the change of %s", list.ResourceVersion, after.ResourceVersion)
	}
}

func (c *clients) versionsNothingChanged(t *testing.T) {
	pod := c.pod(t)
	body := fmt.Sprintf(`{"metadata":{"labels":{"app":%q}}}`, pod.Labels["app"])
	var same corev1.Pod
	c.patch(t, mergePatch, c.podsPath()+"/"+pod.Name, body).want(t, http.StatusOK).read(t, &same)
	if same.ResourceVersion != pod.ResourceVersion {
		t.Errorf("a patch that changes nothing makes version %s of %s", same.ResourceVersion, pod.ResourceVersion)
	}
}

func (c *clients) versionsAny(t *testing.T) {
	if list := c.pods(t, "?resourceVersion=0"); list.ResourceVersion == "" || list.ResourceVersion == "0" || len(list.Items) < 3 {
		t.Errorf("version %q with %d pods", list.ResourceVersion, len(list.Items))
	}
}

func (c *clients) versionsNotOlderThan(t *testing.T) {
	changed := c.annotate(t, c.pod(t).Name, "not older")
	for _, match := range []string{"", "&resourceVersionMatch=NotOlderThan"} {
		list := c.pods(t, "?resourceVersion="+changed.ResourceVersion+match)
		if number(t, list.ResourceVersion) < number(t, changed.ResourceVersion) {
			t.Errorf("version %s is older than %s", list.ResourceVersion, changed.ResourceVersion)
		}
	}
}

func (c *clients) versionsExactly(t *testing.T) {
	before := c.pods(t, "")
	changed := c.annotate(t, before.Items[0].Name, "exactly")
	old := c.pods(t, "?resourceVersionMatch=Exact&resourceVersion="+before.ResourceVersion)
	if old.ResourceVersion != before.ResourceVersion {
		t.Errorf("version %s, want %s", old.ResourceVersion, before.ResourceVersion)
	}
	for _, p := range old.Items {
		if p.Name == changed.Name && p.ResourceVersion == changed.ResourceVersion {
			t.Error("the old list holds the new pod")
		}
	}
}

func (c *clients) versionsFromTheFuture(t *testing.T) {
	t.Parallel()
	list := c.pods(t, "")
	s := c.get(t, fmt.Sprintf("%s?resourceVersion=%d", c.podsPath(), number(t, list.ResourceVersion)+1_000_000)).
		refusal(t, http.StatusGatewayTimeout, metav1.StatusReasonTimeout, "Too large resource version")
	if s.Details == nil || len(s.Details.Causes) == 0 || s.Details.Causes[0].Type != metav1.CauseTypeResourceVersionTooLarge ||
		s.Details.RetryAfterSeconds == 0 {
		t.Errorf("details %+v", s.Details)
	}
}

func (c *clients) versionsBadOnes(t *testing.T) {
	c.get(t, c.podsPath()+"?resourceVersion=rubbish").refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest, "rubbish")
	c.get(t, c.podsPath()+"?resourceVersionMatch=Exact").
		refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "resourceVersionMatch")
	c.get(t, c.podsPath()+"?resourceVersion=0&resourceVersionMatch=Exact").
		refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
	c.get(t, c.podsPath()+"?resourceVersion=1&resourceVersionMatch=Nearly").
		refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
}
