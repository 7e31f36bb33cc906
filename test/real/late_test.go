//go:build real

package real_test

import (
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// loadsLate rolls to an image that loads for longer than the deadline, after which its controller calls the roll failed, and
// within what its startupProbe allows (30 minutes): it is late, nothing is taken back, and it ends well.
func (s site) loadsLate() {
	d := servers.Serving{Namespace: "serving", Name: "late", Model: "late", Replicas: 1, GPUs: 1}.Deployment()
	deadline := int32(5)
	d.Spec.ProgressDeadlineSeconds, d.Spec.Strategy = &deadline, appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	if _, err := s.Client.AppsV1().Deployments("serving").Create(s.t.Context(), d, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.has("late", "256", 1)
	op, h := s.operator(s.Operator), newHands(s.t, s.Cluster)
	ref := fleet.ObjectRef{Cluster: "c", Kind: "Deployment", Namespace: "serving", Name: "late"}
	began := time.Now()
	args := confirmed("late", "upgrade", "serving/late", "--image", servers.SlowImage, "--by-readiness", "--patience", "2s", "--soak", "2s")
	args[slices.Index(args, "IL-19,IL-30")] = "IL-19,IL-30,IL-43" // nobody knows what that image is built on
	r := op.start(s.t, args...)
	says(s.t, r, "its deadline of 5s is over and it goes on: 1 of 1 new pod loading")
	late := h.until(ref, "being late", func(r fleet.Rollout) bool { return r.Phase == fleet.RolloutLate })
	if why := late.Why.String(); !strings.Contains(why, "its deadline of 5s is over and it goes on: 1 of 1 new pod loading") || late.Never ||
		late.Startup.V != 30*time.Minute {
		s.t.Errorf("%s, never %v, of %s", why, late.Never, late.Startup.V)
	}
	failed, err := s.Client.AppsV1().Deployments("serving").Get(s.t.Context(), "late", metav1.GetOptions{})
	if c := conditionOf(failed, appsv1.DeploymentProgressing); err != nil || c.Status != corev1.ConditionFalse || c.Reason != "ProgressDeadlineExceeded" {
		s.t.Errorf("its controller does not call it failed: %+v, %v", c, err)
	}
	watch(s.t, 8*time.Second, func() string { // four times its patience
		if c := op.change(s.t, ""); c.State == actions.StateRollingBack || c.State == actions.StateHeld || c.State.Closed() {
			return string(c.State) + " after " + time.Since(began).String() + ": " + c.Why.String()
		}
		return ""
	})
	if code := r.exit(s.t, 2*time.Minute); code != 0 {
		s.t.Errorf("exit %d: %s", code, r.output())
	}
	if now := h.read(ref); now.Phase != fleet.RolloutDone || now.Now.Image.String() != servers.SlowImage || now.UpdatedReady != 1 {
		s.t.Errorf("%s %s: %+v", now.Phase, now.Why, now.Now)
	}
	s.drop("late")
}

func conditionOf(d *appsv1.Deployment, typ appsv1.DeploymentConditionType) appsv1.DeploymentCondition {
	for _, c := range d.Status.Conditions {
		if c.Type == typ {
			return c
		}
	}
	return appsv1.DeploymentCondition{}
}
