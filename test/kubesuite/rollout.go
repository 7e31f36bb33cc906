package kubesuite

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const revisionAnnotation = "deployment.kubernetes.io/revision"

// checkRollout holds the Deployment's controller and the scheduler behind it to what the real ones do, without replacing
// a pod: a roll that waits while it is paused, and one that no node has the devices for.
func checkRollout(t *testing.T, c *clients) {
	t.Run("refused", c.refuseStrategies)
	if !c.Can.Roll {
		t.Skip("no controller is behind this server")
	}
	t.Run("paused", c.rollsPaused)
	t.Run("stuck", c.rollsStuck)
}

func (c *clients) refuseStrategies(t *testing.T) {
	for body, want := range map[string]string{
		`{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":0,"maxUnavailable":0}}}`: "may not be 0 when `maxSurge` is 0",
		`{"strategy":{"type":"Recreate","rollingUpdate":{"maxSurge":1}}}`: "may not be specified when strategy `type` is " +
			"'Recreate'",
		`{"strategy":{"type":"Sometimes","rollingUpdate":null}}`: `supported values: "Recreate", "RollingUpdate"`,
		`{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"many"}}}`: "a valid percent string must be a numeric " +
			"string followed by an ending '%'",
		`{"minReadySeconds":30,"progressDeadlineSeconds":30}`:    "must be greater than minReadySeconds",
		`{"template":{"metadata":{"labels":{"app":"another"}}}}`: "`selector` does not match template `labels`",
	} {
		body = `{"spec":` + body + `}`
		c.patch(t, mergePatch, c.deploymentPath()+"?dryRun=All", body).
			refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, want)
	}
	var d appsv1.Deployment // what is left out is given
	c.patch(t, mergePatch, c.deploymentPath()+"?dryRun=All", `{"spec":{"strategy":null,"progressDeadlineSeconds":null}}`).
		want(t, http.StatusOK).read(t, &d)
	r := d.Spec.Strategy.RollingUpdate
	if r == nil || r.MaxSurge.String() != "25%" || r.MaxUnavailable.String() != "25%" || *d.Spec.ProgressDeadlineSeconds != 600 {
		t.Errorf("%+v", d.Spec)
	}
}

// rollsPaused writes a template while rolls are paused, and takes it back before they go on.
func (c *clients) rollsPaused(t *testing.T) {
	before := c.settled(t, rolledOut)
	sets := len(c.replicaSets(t))
	c.change(t, mergePatch, `{"spec":{"paused":true}}`)
	c.change(t, mergePatch, `{"spec":{"template":{"metadata":{"annotations":{"suite/paused":"x"}}}}}`)
	d := c.settled(t, func(d appsv1.Deployment) bool { return reasonOf(&d) == "DeploymentPaused" })
	if d.Spec.Template.Annotations["suite/paused"] != "x" || d.Annotations[revisionAnnotation] != before.Annotations[revisionAnnotation] {
		t.Errorf("%v %v", d.Annotations, d.Spec.Template.Annotations)
	}
	if n := len(c.replicaSets(t)); n != sets {
		t.Errorf("%d ReplicaSets, then %d", sets, n)
	}
	c.change(t, mergePatch, `{"spec":{"template":{"metadata":{"annotations":{"suite/paused":null}}}}}`)
	c.change(t, mergePatch, `{"spec":{"paused":null}}`)
	after := c.settled(t, rolledOut)
	if after.Annotations[revisionAnnotation] != before.Annotations[revisionAnnotation] {
		t.Errorf("revision %s became %s", before.Annotations[revisionAnnotation], after.Annotations[revisionAnnotation])
	}
}

// unfit are the scheduler's words for a pod that asks for more devices than any node has.
var unfit = regexp.MustCompile(`^0/\d+ nodes are available: (.*, )?\d+ Insufficient nvidia\.com/gpu(, .*)?\. ` +
	`no new claims to deallocate, preemption: 0/\d+ nodes are available: .*\d+ (Preemption is not helpful for scheduling|` +
	`No preemption victims found for incoming pod).*\.$`)

// rollsStuck rolls to a template that no node has the devices for, with one pod more and none less: nothing stops serving,
// the deadline passes, and going back makes the first template the newest revision.
func (c *clients) rollsStuck(t *testing.T) {
	before := c.settled(t, rolledOut)
	n := *before.Spec.Replicas
	name := before.Spec.Template.Spec.Containers[0].Name
	c.change(t, strategicPatch, fmt.Sprintf(`{"spec":{"progressDeadlineSeconds":3,"strategy":{"type":"RollingUpdate",
		"rollingUpdate":{"maxSurge":1,"maxUnavailable":0}},"template":{"spec":{"containers":[{"name":%q,"resources":{
		"limits":{"nvidia.com/gpu":"99"},"requests":{"nvidia.com/gpu":"99"}}}]}}}}`, name))
	d := c.settled(t, func(d appsv1.Deployment) bool { return reasonOf(&d) == "ProgressDeadlineExceeded" })
	s := d.Status
	if s.Replicas != n+1 || s.UpdatedReplicas != 1 || s.ReadyReplicas != n || s.AvailableReplicas != n || s.UnavailableReplicas != 1 {
		t.Errorf("%+v", s)
	}
	if got, want := revisionOf(d.Annotations), revisionOf(before.Annotations)+1; got != want {
		t.Errorf("revision %d, want %d", got, want)
	}
	newest := c.replicaSets(t)[revisionOf(d.Annotations)]
	if newest.Name == "" || *newest.Spec.Replicas != 1 || newest.Status.Replicas != 1 || newest.Status.ReadyReplicas != 0 {
		t.Errorf("%+v %+v", newest.Spec.Replicas, newest.Status)
	}
	c.waitsForDevices(t, newest.Name)
	c.change(t, jsonPatch, fmt.Sprintf(`[{"op":"replace","path":"/spec/template","value":%s},
		{"op":"replace","path":"/spec/strategy","value":%s},
		{"op":"replace","path":"/spec/progressDeadlineSeconds","value":%d}]`, asJSON(t, before.Spec.Template), asJSON(t, before.Spec.Strategy),
		*before.Spec.ProgressDeadlineSeconds))
	d = c.settled(t, rolledOut)
	if got, want := revisionOf(d.Annotations), revisionOf(before.Annotations)+2; got != want {
		t.Errorf("revision %d, want %d", got, want)
	}
	if old := c.replicaSets(t)[revisionOf(d.Annotations)]; old.Name == newest.Name || *old.Spec.Replicas != n {
		t.Errorf("%s wants %d", old.Name, *old.Spec.Replicas)
	}
}

// waitsForDevices wants the one pod of a ReplicaSet to say why no node takes it, in its status and in an event.
func (c *clients) waitsForDevices(t *testing.T, set string) {
	t.Helper()
	for _, p := range c.pods(t, "?fieldSelector="+url.QueryEscape("status.phase=Pending")).Items {
		owner := metav1.GetControllerOf(&p)
		if owner == nil || owner.Name != set {
			continue
		}
		k := p.Status.Conditions[0]
		if p.Spec.NodeName != "" || k.Type != corev1.PodScheduled || k.Status != corev1.ConditionFalse || k.Reason != "Unschedulable" ||
			!unfit.MatchString(k.Message) {
			t.Errorf("%s on %q: %+v", p.Name, p.Spec.NodeName, p.Status)
		}
		var events corev1.EventList
		c.get(t, "/api/v1/namespaces/"+c.Namespace+"/events?fieldSelector="+url.QueryEscape("involvedObject.name="+p.Name)).
			want(t, http.StatusOK).read(t, &events)
		for _, e := range events.Items {
			if e.Reason == "FailedScheduling" && e.Type == corev1.EventTypeWarning && strings.Contains(e.Message, "Insufficient nvidia.com/gpu") {
				return
			}
		}
		t.Errorf("no event of %s says it: %+v", p.Name, events.Items)
		return
	}
	t.Errorf("no pod of %s is pending", set)
}

// replicaSets are those of the Deployment by their revision.
func (c *clients) replicaSets(t *testing.T) map[int]appsv1.ReplicaSet {
	t.Helper()
	var list appsv1.ReplicaSetList
	c.get(t, "/apis/apps/v1/namespaces/"+c.Namespace+"/replicasets?labelSelector=app%3D"+c.Deployment).want(t, http.StatusOK).read(t, &list)
	out := map[int]appsv1.ReplicaSet{}
	for _, rs := range list.Items {
		out[revisionOf(rs.Annotations)] = rs
	}
	return out
}

func rolledOut(d appsv1.Deployment) bool {
	return reasonOf(&d) == "NewReplicaSetAvailable" && d.Status.UpdatedReplicas == *d.Spec.Replicas && d.Status.Replicas == *d.Spec.Replicas &&
		d.Status.AvailableReplicas == *d.Spec.Replicas
}

func reasonOf(d *appsv1.Deployment) string {
	for _, k := range d.Status.Conditions {
		if k.Type == appsv1.DeploymentProgressing {
			return k.Reason
		}
	}
	return ""
}

func revisionOf(annotations map[string]string) int {
	n, err := strconv.Atoi(annotations[revisionAnnotation])
	if err != nil {
		return 0
	}
	return n
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	return must(json.Marshal(v))(t)
}
