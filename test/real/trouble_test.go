//go:build real

package real_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"pitwall/actions"
	"pitwall/test/servers"
)

// TestWhatGoesWrongInMidRoll is the program, as somebody with the shipped roles, while the cluster takes something away from it.
func TestWhatGoesWrongInMidRoll(t *testing.T) {
	t.Parallel()
	c := newCluster(t, servers.Options{Namespace: "serving"}, 3)
	s := site{c, t}
	s.grants("see.yaml", "workloads.yaml", "words.yaml", "nodes.yaml", "drain.yaml", "argo.yaml", "autoscalers.yaml")
	for _, part := range []struct {
		name string
		run  func(site)
	}{
		{"the object is deleted", site.losesItsObject},
		{"a right is taken away", site.losesARight},
		{"a policy refuses", site.meetsAPolicy},
		{"it is killed before its pause", site.diesBeforeItsPause},
		{"a quota refuses", site.meetsAQuota},
		{"two budgets on one pod", site.meetsTwoBudgets},
		{"its load is later than its deadline", site.loadsLate},
		{"its kind is served in another version", site.losesItsKind},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(site{c, t}) }) {
			return // what it left is in the way of the next part
		}
	}
}

// four makes a Deployment of 4 replicas that are ready at once and available after a second.
func (s site) four(name string) {
	s.t.Helper()
	d := servers.Serving{Namespace: "serving", Name: name, Model: name, Replicas: 4, GPUs: 1}.Deployment()
	d.Spec.MinReadySeconds = 1
	if _, err := s.Client.AppsV1().Deployments("serving").Create(s.t.Context(), d, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.has(name, "256", 4)
}

func (s site) has(name, seqs string, n int) {
	s.t.Helper()
	until(s.t, time.Minute, fmt.Sprintf("%d replicas of %s with %s", n, name, seqs), func() bool {
		by := s.runs(name)
		return len(by) == 1 && by[seqs] == n
	})
}

func (s site) drop(name string) {
	s.t.Helper()
	if err := s.Client.AppsV1().Deployments("serving").Delete(s.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
	until(s.t, time.Minute, name+" is gone", func() bool { return len(s.runs(name)) == 0 })
}

// quarter rolls a quarter of an object, and comes back when that is new.
func (s site) quarter(op program, name string, hold string) (*running, actions.Change) {
	s.t.Helper()
	r := op.start(s.t, confirmed(name, "upgrade", "serving/"+name, "--arg", "max-num-seqs=128", "--canary", "25", "--by-readiness", "--hold", hold,
		"--soak", "2s")...)
	return r, s.await(op, r, "", "a quarter is new", func(c actions.Change) bool { return c.Step == 1 && verified(&c, 1) })
}

// says waits until a process says something, in whatever lines.
func says(t *testing.T, r *running, want ...string) {
	t.Helper()
	until(t, time.Minute, fmt.Sprintf("it says %q", want), func() bool {
		said := strings.Join(strings.Fields(r.output()), " ")
		for _, w := range want {
			if !strings.Contains(said, w) {
				if r.ended() {
					t.Fatalf("it ended with %d and did not say %q:\n%s", r.cmd.ProcessState.ExitCode(), w, r.output())
				}
				return false
			}
		}
		return true
	})
}

func (s site) losesItsObject() {
	s.four("gone")
	op := s.operator(s.Operator)
	r, c := s.quarter(op, "gone", "10m")
	s.drop("gone")
	says(s.t, r, "not there any more")
	if code := r.exit(s.t, time.Minute); code != 5 {
		s.t.Errorf("exit %d", code)
	}
	s.four("gone")
	at := s.generation("gone")
	for _, verb := range []string{"resume", "rollback"} {
		if again := op.run(s.t, "journal", verb, string(c.ID), "--write"); again.code == 0 || again.code == 4 {
			s.t.Errorf("%s on another object of that name: exit %d\n%s", verb, again.code, again.out)
		}
	}
	if now := s.generation("gone"); now != at {
		s.t.Errorf("another object of that name was written: generation %d, then %d", at, now)
	}
	op.must(s.t, 0, "journal", "abandon", string(c.ID), "--write")
	s.drop("gone")
}

// may waits until the API server has learned whether the operator may patch Deployments.
func (s site) may(want bool) {
	s.t.Helper()
	api, err := kubernetes.NewForConfig(s.Config(s.Operator))
	if err != nil {
		s.t.Fatal(err)
	}
	until(s.t, time.Minute, fmt.Sprintf("the operator may: %v", want), func() bool {
		_, err := api.AppsV1().Deployments("serving").Patch(s.t.Context(), "right", types.MergePatchType, []byte(`{}`), metav1.PatchOptions{DryRun: []string{"All"}})
		return (err == nil) == want
	})
}

func (s site) losesARight() {
	s.four("right")
	op := s.operator(s.Operator)
	r, c := s.quarter(op, "right", "8s")
	bindings := s.Client.RbacV1().ClusterRoleBindings()
	b, err := bindings.Get(s.t.Context(), "pitwall-workloads", metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := bindings.Delete(s.t.Context(), b.Name, metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.may(false)
	says(s.t, r, "the server would refuse stage 2, nothing of it was written", "patch on deployments")
	b.ResourceVersion, b.UID = "", ""
	if _, err := bindings.Create(s.t.Context(), b, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.may(true)
	s.goesOn(op, r, c, "right")
}

// goesOn ends the process that is held, and lets the next one carry the change to its end.
func (s site) goesOn(op program, r *running, c actions.Change, name string) {
	s.t.Helper()
	if by := s.runs(name); by["128"] != 1 || by["256"] != 3 {
		s.t.Errorf("held, it runs %v", by)
	}
	r.signal(s.t, syscall.SIGTERM)
	if code := r.exit(s.t, 35*time.Second); code != 5 {
		s.t.Errorf("exit %d, want 5: still open\n%s", code, r.output())
	}
	op.must(s.t, 0, "journal", "resume", string(c.ID), "--write")
	s.has(name, "128", 4)
	s.drop(name)
}

const admission = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"

// forbids makes a rule of the cluster; rule is an expression that has to hold.
func (s site) forbids(name, group, plural, operation, rule string) {
	s.t.Helper()
	for part, body := range map[string]string{
		"ies": fmt.Sprintf(`{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: %s}, spec: {matchConstraints: {
			resourceRules: [{apiGroups: [%q], apiVersions: [v1], operations: [%s], resources: [%s]}]}, validations: [{expression: %q, message: "not before Monday"}]}}`,
			name, group, operation, plural, rule),
		"ybindings": fmt.Sprintf(`{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: %s}, spec: {policyName: %[1]s, validationActions: [Deny]}}`, name),
	} {
		if err := post(s.t, s.Cluster, admission+part, body); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s site) allowsAgain(name string) {
	s.t.Helper()
	for _, part := range []string{"ybindings", "ies"} {
		if err := s.Client.CoreV1().RESTClient().Delete().AbsPath(admission + part + "/" + name).Do(s.t.Context()).Error(); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s site) meetsAPolicy() {
	s.four("right") // may() asks about it
	op := s.operator(s.Operator)
	r, c := s.quarter(op, "right", "8s")
	s.forbids("freeze", "apps", "deployments", "UPDATE", "request.userInfo.username != 'operator'")
	s.may(false)
	says(s.t, r, "the server would refuse stage 2, nothing of it was written", "ValidatingAdmissionPolicy 'freeze'", "not before Monday")
	late := op.run(s.t, confirmed("right", "scale", "serving/right", "--replicas", "3")...)
	if late.code == 0 || s.runs("right")["128"] != 1 {
		s.t.Errorf("exit %d\n%s", late.code, late.out)
	}
	s.allowsAgain("freeze")
	s.may(true)
	s.goesOn(op, r, c, "right")

	// What may be written may still make no pods.
	s.four("pods")
	s.forbids("pods", "", "pods", "CREATE", "!has(object.spec.containers[0].args) || !('--max-num-seqs=128' in object.spec.containers[0].args)")
	until(s.t, time.Minute, "the rule is in force", func() bool {
		d := servers.Serving{Namespace: "serving", Name: "x", Model: "x", Replicas: 1, GPUs: 1}.Deployment()
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "x"}, Spec: d.Spec.Template.Spec}
		p.Spec.Containers[0].Args = append(p.Spec.Containers[0].Args, "--max-num-seqs=128")
		_, err := s.Client.CoreV1().Pods("serving").Create(s.t.Context(), p, metav1.CreateOptions{DryRun: []string{"All"}})
		return err != nil
	})
	s.refusedPods(op, "pods", "not before Monday")
	s.allowsAgain("pods")
	s.drop("pods")
}

// diesBeforeItsPause kills the program where the pause of its canary was not taken: the canary stays a canary without it.
func (s site) diesBeforeItsPause() {
	s.four("dead")
	s.forbids("pauseless", "apps", "deployments", "UPDATE", "!has(object.spec.paused) || !object.spec.paused")
	until(s.t, time.Minute, "the rule is in force", func() bool {
		_, err := s.Client.AppsV1().Deployments("serving").Patch(s.t.Context(), "dead", types.MergePatchType, []byte(`{"spec":{"paused":true}}`),
			metav1.PatchOptions{DryRun: []string{"All"}})
		return err != nil
	})
	op := s.operator(s.Operator)
	r := op.start(s.t, confirmed("dead", "upgrade", "serving/dead", "--arg", "max-num-seqs=128", "--canary", "25", "--by-readiness", "--hold", "2s",
		"--soak", "2s")...)
	says(s.t, r, "what follows was not taken, trying on", "not before Monday")
	r.signal(s.t, syscall.SIGKILL)
	r.exit(s.t, 10*time.Second)
	quarter := func() string {
		if by := s.runs("dead"); by["128"] != 1 || by["256"] != 3 {
			return fmt.Sprintf("nobody looks after it, and it runs %v", by)
		}
		return ""
	}
	until(s.t, time.Minute, "a quarter is new", func() bool { return quarter() == "" })
	watch(s.t, 20*time.Second, quarter)
	s.allowsAgain("pauseless")
	op.must(s.t, 0, "journal", "resume", string(op.change(s.t, "").ID), "--write")
	s.has("dead", "128", 4)
	s.drop("dead")
}

// refusedPods begins a roll of which no pod may be made, and wants it explained and taken back.
func (s site) refusedPods(op program, name, why string) {
	s.t.Helper()
	r := op.start(s.t, confirmed(name, "upgrade", "serving/"+name, "--arg", "max-num-seqs=128", "--patience", "5s", "--soak", "2s")...)
	says(s.t, r, "may not make pods", why)
	if code := r.exit(s.t, 2*time.Minute); code != 4 {
		s.t.Errorf("exit %d, want 4: taken back\n%s", code, r.output())
	}
	s.has(name, "256", 4)
}

func (s site) meetsAQuota() {
	s.four("tight")
	surge, none := intstr.FromInt32(1), intstr.FromInt32(0)
	d, err := s.Client.AppsV1().Deployments("serving").Get(s.t.Context(), "tight", metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	d.Spec.Strategy.RollingUpdate.MaxSurge, d.Spec.Strategy.RollingUpdate.MaxUnavailable = &surge, &none
	if _, err := s.Client.AppsV1().Deployments("serving").Update(s.t.Context(), d, metav1.UpdateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	quotas := s.Client.CoreV1().ResourceQuotas("serving")
	q := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "gpus"}, Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"requests.nvidia.com/gpu": resource.MustParse("4")}}}
	if _, err := quotas.Create(s.t.Context(), q, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	until(s.t, time.Minute, "the quota is counted", func() bool {
		q, err := quotas.Get(s.t.Context(), "gpus", metav1.GetOptions{})
		used := q.Status.Used["requests.nvidia.com/gpu"]
		return err == nil && used.Value() == 4
	})
	s.refusedPods(s.operator(s.Operator), "tight", "exceeded quota: gpus")
	if err := quotas.Delete(s.t.Context(), "gpus", metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.drop("tight")
}

func (s site) meetsTwoBudgets() {
	s.four("twice")
	one := intstr.FromInt32(1)
	budgets := s.Client.PolicyV1().PodDisruptionBudgets("serving")
	for _, name := range []string{"first", "second"} {
		b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: policyv1.PodDisruptionBudgetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "twice"}}, MaxUnavailable: &one}}
		if _, err := budgets.Create(s.t.Context(), b, metav1.CreateOptions{}); err != nil {
			s.t.Fatal(err)
		}
	}
	pods, err := s.Client.CoreV1().Pods("serving").List(s.t.Context(), metav1.ListOptions{LabelSelector: "app=twice"})
	if err != nil {
		s.t.Fatal(err)
	}
	node := pods.Items[0].Spec.NodeName
	r := s.operator(s.Operator).must(s.t, 3, confirmed(node, "drain", node)...)
	said := strings.Join(strings.Fields(r.out), " ")
	if !strings.Contains(said, "first") || !strings.Contains(said, "second") || !strings.Contains(said, "never lets") {
		s.t.Errorf("it does not name both budgets:\n%s", r.out)
	}
	if n, err := s.Client.CoreV1().Nodes().Get(s.t.Context(), node, metav1.GetOptions{}); err != nil || n.Spec.Unschedulable {
		s.t.Errorf("node %s was cordoned: %v", node, err)
	}
	s.drop("twice")
}

// losesItsKind takes the version of a kind away that pitwall knows, as an upgrade of a system does, and gives it back; then the
// whole kind.
func (s site) losesItsKind() {
	const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
	const crd = crds + "/rollouts.argoproj.io"
	if err := post(s.t, s.Cluster, crds, fmt.Sprintf(takesAnything, "argoproj.io", "v1alpha1", "rollouts", "Rollout", "rollout")); err != nil {
		s.t.Fatal(err)
	}
	api := s.Client.CoreV1().RESTClient()
	served := func(version string, want bool) {
		s.t.Helper()
		until(s.t, time.Minute, version+" is served", func() bool {
			return (api.Get().AbsPath("/apis/argoproj.io/"+version+"/rollouts").Do(s.t.Context()).Error() == nil) == want
		})
	}
	served("v1alpha1", true)
	const status = `{observedGeneration: "%d", phase: %s, currentStepIndex: 0, currentPodHash: a, stableRS: %s}`
	d := servers.Serving{Namespace: "serving", Name: "kind", Model: "kind", Replicas: 1, GPUs: 1}
	if err := post(s.t, s.Cluster, rolloutsPath, rolloutOf(s.t, d, `{"canary": {"steps": [{"setWeight": 100}]}}`)); err != nil {
		s.t.Fatal(err)
	}
	patchStatus(s.t, s.Cluster, rolloutsPath+"/kind", fmt.Sprintf(status, 1, "Healthy", "a"))
	op := s.operator(s.Operator)
	upgrade := func(seqs string) *running {
		args := confirmed("kind", "upgrade", "Rollout/serving/kind", "--arg", "max-num-seqs="+seqs, "--by-readiness", "--soak", "2s")
		args[slices.Index(args, "IL-19,IL-30")] = "IL-19,IL-30,IL-43" // without pods nobody knows what its image is built on
		return op.start(s.t, args...)
	}
	r := upgrade("128")
	c := s.await(op, r, "", "it is written", func(c actions.Change) bool { return c.Step == 1 })
	says(s.t, r, "has seen generation 1 and not yet 2")

	versions := func(old bool) string {
		const one = `{"name": %q, "served": %v, "storage": %v, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}`
		return `{"spec": {"versions": [` + fmt.Sprintf(one, "v1alpha1", old, false) + ", " + fmt.Sprintf(one, "v1beta1", true, true) + `]}}`
	}
	change := func(old bool) {
		s.t.Helper()
		if err := api.Patch(types.MergePatchType).AbsPath(crd).Body([]byte(versions(old))).Do(s.t.Context()).Error(); err != nil {
			s.t.Fatal(err)
		}
		served("v1alpha1", old)
	}
	change(false)
	says(s.t, r, "cannot be read back", "v1alpha1")
	s.t.Log(strings.TrimSpace(r.output()[strings.LastIndex(r.output(), "cannot be read back"):]))
	if now := op.change(s.t, c.ID); now.State.Closed() || now.State == actions.StateUnknown {
		s.t.Errorf("it is %s: %s", now.State, now.Why)
	}
	change(true)
	patchStatus(s.t, s.Cluster, rolloutsPath+"/kind", fmt.Sprintf(status, 2, "Healthy", "a"))
	if code := r.exit(s.t, time.Minute); code != 0 {
		s.t.Errorf("exit %d\n%s", code, r.output())
	}

	r = upgrade("64")
	says(s.t, r, "has seen generation 2 and not yet 3")
	if err := api.Delete().AbsPath(crd).Do(s.t.Context()).Error(); err != nil {
		s.t.Fatal(err)
	}
	served("v1alpha1", false)
	says(s.t, r, "cannot be read back")
	r.signal(s.t, syscall.SIGTERM)
	if code := r.exit(s.t, 35*time.Second); code != 5 {
		s.t.Errorf("exit %d, want 5: still open\n%s", code, r.output())
	}
}
