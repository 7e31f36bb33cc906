//go:build real

package real_test

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// site is a real control plane that operators roll models on with nothing but a kubeconfig, which is PROD.
type site struct {
	*servers.Cluster
	t *testing.T
}

// operator is the program with a user's kubeconfig and a state directory of his own.
func (s site) operator(u servers.User) program {
	return program{flags: []string{"--state-dir", s.t.TempDir()}, environ: []string{"KUBECONFIG=" + u.Kubeconfig}}
}

// confirmed adds what PROD asks for. Played pods serve nobody, so that no durations are known (IL-30), and what was made a
// moment ago has not settled (IL-19).
func confirmed(object string, args ...string) []string {
	return append(args, "--write", "--confirm", object, "--reason", "end-to-end test", "--override", "IL-19,IL-30")
}

// chatUpgrade rolls the 12 replicas of chat to another number of sequences.
func chatUpgrade(seqs string, more ...string) []string {
	return append(confirmed("chat", "upgrade", "serving/chat", "--arg", "max-num-seqs="+seqs, "--canary", "25,100", "--by-readiness",
		"--soak", "5s"), more...)
}

// runs counts the pods of a Deployment by the flag that they are given, all of them ready and none about to end.
func (s site) runs(name string) map[string]int {
	s.t.Helper()
	pods, err := s.Client.CoreV1().Pods("serving").List(s.t.Context(), metav1.ListOptions{LabelSelector: "app=" + name})
	if err != nil {
		s.t.Fatal(err)
	}
	by := map[string]int{}
	for i := range pods.Items {
		p := &pods.Items[i]
		ready := slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		})
		if p.DeletionTimestamp != nil || !ready {
			continue
		}
		for _, a := range p.Spec.Containers[0].Args {
			if n, ok := strings.CutPrefix(a, "--max-num-seqs="); ok {
				by[n]++
			}
		}
	}
	return by
}

// whole fails where not all replicas of chat are ready with one version, or where something of a roll is left on it.
func (s site) whole(seqs string) {
	s.t.Helper()
	until(s.t, time.Minute, "12 replicas with "+seqs, func() bool {
		by := s.runs("chat")
		return len(by) == 1 && by[seqs] == 12
	})
	d, err := s.Client.AppsV1().Deployments("serving").Get(s.t.Context(), "chat", metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	if d.Spec.Paused || d.Annotations["pitwall.dev/canary"]+d.Annotations["pitwall.dev/held-from"] != "" ||
		d.Spec.MinReadySeconds != 3 || *d.Spec.ProgressDeadlineSeconds != 600 || *d.Spec.Replicas != 12 || d.Spec.Strategy.RollingUpdate.MaxSurge.IntValue() != 0 ||
		d.Spec.Strategy.RollingUpdate.MaxUnavailable.String() != "25%" {
		s.t.Errorf("of a roll is left: paused %v, annotations %v, strategy %v", d.Spec.Paused, d.Annotations, d.Spec.Strategy.RollingUpdate)
	}
}

// verified tells that a stage of a change was read back.
func verified(c *actions.Change, n int) bool {
	return len(c.Steps) >= n && !c.Steps[n-1].Verified.IsZero()
}

// await waits until the change that a process carries is as wanted, and fails early where the process ends before.
func (s site) await(op program, r *running, id fleet.ChangeID, what string, as func(actions.Change) bool) actions.Change {
	s.t.Helper()
	var last *actions.Change
	until(s.t, 3*time.Minute, what, func() bool {
		over := r.ended()
		if last = op.change(s.t, id); last != nil && as(*last) {
			return true
		}
		if over {
			s.t.Fatalf("it ended before: %s\n%s", what, r.output())
		}
		return false
	})
	return *last
}

// TestPitwallRollsARealDeployment is the program itself against a real control plane, from the command line to the pods.
func TestPitwallRollsARealDeployment(t *testing.T) {
	t.Parallel()
	s := site{newCluster(t, servers.Options{Namespace: "serving", Audit: true}, 3), t}
	d := servers.Serving{Namespace: "serving", Name: "chat", Model: "llama-70b", Replicas: 12, GPUs: 1}.Deployment()
	d.Spec.MinReadySeconds = 3 // played pods are ready at once: this is their load
	if _, err := s.Client.AppsV1().Deployments("serving").Create(t.Context(), d, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.whole("256")
	for _, part := range []struct {
		name string
		run  func(site)
	}{
		{"a viewer is told which right is missing", site.refusesAViewer},
		{"given up at a quarter", site.givesUpAtAQuarter},
		{"killed between its steps", site.survivesKills},
		{"somebody else writes too", site.yieldsToOthers},
		{"a roll that cannot end", site.takesBackWhatCannotEnd},
		{"a drain under budgets", site.drainsUnderBudgets},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(site{s.Cluster, t}) }) {
			return // the next part starts from whole replicas
		}
	}
}

func (s site) refusesAViewer() {
	for _, args := range [][]string{chatUpgrade("99"), confirmed("chat", "scale", "serving/chat", "--replicas", "11"),
		confirmed("gpu-0000", "cordon", "gpu-0000")} {
		r := s.operator(s.Viewer).must(s.t, 3, args...)
		said := strings.Join(strings.Fields(r.out+r.errs), " ")
		want := "patch on deployments"
		if args[0] == "cordon" {
			want = "patch on nodes"
		}
		if !strings.Contains(said, want) || !strings.Contains(said, "nothing was sent") {
			s.t.Errorf("pitwall %s does not say %q:\n%s", args[0], want, said)
		}
	}
	s.whole("256")
}

func (s site) givesUpAtAQuarter() {
	op := s.operator(s.Admin)
	r := op.start(s.t, chatUpgrade("128", "--hold", "10m")...)
	c := s.await(op, r, "", "a quarter is new", func(c actions.Change) bool { return c.Step == 1 && verified(&c, 1) })
	if by := s.runs("chat"); by["128"] != 3 || by["256"] != 9 {
		s.t.Errorf("at a quarter it runs %v", by)
	}
	r.signal(s.t, syscall.SIGTERM)
	if code := r.exit(s.t, 35*time.Second); code != 5 {
		s.t.Errorf("exit %d, want 5: still open", code)
	}
	op.must(s.t, 4, "journal", "rollback", string(c.ID), "--write")
	s.whole("256")
	// Then it is done, and taken back once it is done.
	op.must(s.t, 0, chatUpgrade("128", "--hold", "1s")...)
	s.whole("128")
	done := op.changes(s.t)
	i := slices.IndexFunc(done, func(c actions.Change) bool { return c.State == actions.StateCommitted })
	if i < 0 {
		s.t.Fatalf("no change is done: %+v", done)
	}
	s.isInTheServersLog(op, s.Admin, done[i].ID, "1.1", "2.1")
	op.must(s.t, 0, confirmed("chat", "undo", string(done[i].ID))...)
	s.whole("256")
	op.must(s.t, 0, "audit", "verify")
}

// survivesKills ends the process with SIGKILL at moments of one roll and lets the next one go on each time, and kills the
// way back of a second one.
func (s site) survivesKills() {
	op := s.operator(s.Admin)
	r := op.start(s.t, chatUpgrade("64", "--hold", "4s")...)
	var id fleet.ChangeID
	kill := func(what string, as func(actions.Change) bool) {
		s.t.Helper()
		c := s.await(op, r, id, what, as)
		r.signal(s.t, syscall.SIGKILL)
		r.exit(s.t, 10*time.Second)
		id = c.ID
		s.t.Logf("killed when %s: %s at stage %d, %v", what, c.State, c.Step, s.runs("chat"))
		r = op.start(s.t, "journal", "resume", string(id), "--write")
	}
	kill("the first stage is written", func(c actions.Change) bool { return c.Step == 1 })
	kill("the first quarter is new", func(c actions.Change) bool { return c.Step == 1 && verified(&c, 1) })
	kill("the second stage is written", func(c actions.Change) bool { return c.Step == 2 })
	kill("the rest becomes new", func(c actions.Change) bool { return c.Step == 2 && s.runs("chat")["64"] >= 6 })
	kill("it is watched", func(c actions.Change) bool { return c.State == actions.StateSoaking })
	if code := r.exit(s.t, 3*time.Minute); code != 0 {
		s.t.Fatalf("resumed, it ended with %d\n%s", code, r.output())
	}
	s.whole("64")

	id = ""
	op = s.operator(s.Admin)
	r = op.start(s.t, chatUpgrade("32", "--hold", "10m")...)
	kill("a quarter is new", func(c actions.Change) bool { return c.Step == 1 && verified(&c, 1) })
	r.signal(s.t, syscall.SIGKILL)
	r.exit(s.t, 10*time.Second)
	r = op.start(s.t, "journal", "rollback", string(id), "--write")
	s.await(op, r, id, "it goes back", func(c actions.Change) bool { return c.State == actions.StateRollingBack })
	r.signal(s.t, syscall.SIGKILL)
	r.exit(s.t, 10*time.Second)
	if c := op.change(s.t, id); c.State.Closed() {
		s.t.Errorf("it was back before it was killed: %s", c.Why)
	} else {
		op.must(s.t, 4, "journal", "resume", string(id), "--write")
	}
	s.whole("64")
	op.must(s.t, 0, "audit", "verify")
}

// yieldsToOthers lets somebody else set the same flag while a quarter is new.
func (s site) yieldsToOthers() {
	op := s.operator(s.Admin)
	r := op.start(s.t, chatUpgrade("48", "--hold", "10m")...)
	c := s.await(op, r, "", "a quarter is new", func(c actions.Change) bool { return c.Step == 1 && verified(&c, 1) })
	d, err := s.Client.AppsV1().Deployments("serving").Get(s.t.Context(), "chat", metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	args := d.Spec.Template.Spec.Containers[0].Args
	args[slices.Index(args, "--max-num-seqs=48")] = "--max-num-seqs=77"
	d.Spec.Paused = false
	delete(d.Annotations, "pitwall.dev/canary")
	delete(d.Annotations, "pitwall.dev/held-from")
	deadline := int32(600)
	d.Spec.MinReadySeconds, d.Spec.ProgressDeadlineSeconds = 3, &deadline
	quarter := intstr.FromString("25%")
	d.Spec.Strategy.RollingUpdate.MaxUnavailable = &quarter
	if _, err := s.Client.AppsV1().Deployments("serving").Update(s.t.Context(), d, metav1.UpdateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	code, said := r.exit(s.t, time.Minute), strings.Join(strings.Fields(r.output()), " ")
	if code != 5 || !strings.Contains(said, "somebody else changed it") || !strings.Contains(said, "--max-num-seqs=48") || !strings.Contains(said, "is not what it was; set by") {
		s.t.Errorf("exit %d:\n%s", code, r.output())
	}
	s.whole("77") // what the other one wants
	again := op.run(s.t, "journal", "rollback", string(c.ID), "--write")
	if again.code == 0 || again.code == 4 {
		s.t.Errorf("it was rolled back over somebody else's change: exit %d\n%s", again.code, again.out)
	}
	s.whole("77")
	op.must(s.t, 0, "journal", "abandon", string(c.ID), "--write")
}

// takesBackWhatCannotEnd takes the GPUs away that the second half of a roll needs beside what runs.
func (s site) takesBackWhatCannotEnd() {
	d := servers.Serving{Namespace: "serving", Name: "big", Model: "one", Replicas: 2, GPUs: 3}.Deployment()
	d.Spec.MinReadySeconds = 5
	surge, none := intstr.FromInt32(1), intstr.FromInt32(0)
	d.Spec.Strategy.RollingUpdate.MaxSurge, d.Spec.Strategy.RollingUpdate.MaxUnavailable = &surge, &none
	if _, err := s.Client.AppsV1().Deployments("serving").Create(s.t.Context(), d, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	until(s.t, time.Minute, "2 replicas", func() bool { return s.runs("big")["256"] == 2 })
	op := s.operator(s.Admin)
	r := op.start(s.t, confirmed("big", "upgrade", "serving/big", "--arg", "max-num-seqs=128", "--canary", "50", "--by-readiness", "--hold", "20s",
		"--patience", "5s", "--soak", "5s")...)
	c := s.await(op, r, "", "one of two is new", func(c actions.Change) bool { return c.Step == 1 && verified(&c, 1) })
	filler := servers.Serving{Namespace: "serving", Name: "filler", Model: "x", Replicas: 6, GPUs: 1}
	if err := s.Serve(s.t.Context(), filler); err != nil {
		s.t.Fatal(err)
	}
	why := s.await(op, r, c.ID, "it is taken back", func(c actions.Change) bool { return c.State == actions.StateRollingBack }).Why.String()
	s.t.Log(why)
	if out := r.output(); !strings.Contains(out, "1 pod Pending: 3 nvidia.com/gpu asked") || !strings.Contains(out, "maxUnavailable 0: will never finish") {
		s.t.Errorf("it does not say why:\n%s", out)
	}
	// The way back needs the same room: nobody may leave either.
	if err := s.Client.AppsV1().Deployments("serving").Delete(s.t.Context(), "filler", metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
	if code := r.exit(s.t, 2*time.Minute); code != 4 {
		s.t.Errorf("exit %d, want 4: rolled back\n%s", code, r.output())
	}
	until(s.t, time.Minute, "2 replicas as before", func() bool { return s.runs("big")["256"] == 2 && s.runs("big")["128"] == 0 })
	if err := s.Client.AppsV1().Deployments("serving").Delete(s.t.Context(), "big", metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s site) drainsUnderBudgets() {
	budgets := s.Client.PolicyV1().PodDisruptionBudgets("serving")
	one := intstr.FromInt32(1)
	b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "keep", Namespace: "serving"}, Spec: policyv1.PodDisruptionBudgetSpec{
		Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "chat"}}, MaxUnavailable: &one}}
	if _, err := budgets.Create(s.t.Context(), b, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.allows(1)
	node := s.fullest()
	op := s.operator(s.Admin)
	op.must(s.t, 0, confirmed(node, "drain", node)...)
	if n := s.on(node); n != 0 {
		s.t.Errorf("%d pods of chat are left on %s", n, node)
	}
	s.whole("77")
	n, err := s.Client.CoreV1().Nodes().Get(s.t.Context(), node, metav1.GetOptions{})
	if err != nil || !n.Spec.Unschedulable {
		s.t.Errorf("node %s is open: %v", node, err)
	}
	op.must(s.t, 0, confirmed(node, "uncordon", node)...)

	// A budget that needs all of them never allows an eviction: nothing is sent.
	if _, err := budgets.Patch(s.t.Context(), "keep", types.MergePatchType, []byte(`{"spec":{"maxUnavailable":0}}`), metav1.PatchOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.allows(0)
	node = s.fullest()
	r := op.must(s.t, 3, confirmed(node, "drain", node)...)
	if said := strings.Join(strings.Fields(r.out), " "); !strings.Contains(said, "allows 0 = 12 healthy - 12 wanted") || !strings.Contains(said, "never lets these go") {
		s.t.Errorf("it does not say why:\n%s", r.out)
	}
	if n, err := s.Client.CoreV1().Nodes().Get(s.t.Context(), node, metav1.GetOptions{}); err != nil || n.Spec.Unschedulable {
		s.t.Errorf("node %s was cordoned: %v", node, err)
	}
	s.whole("77")
}

// allows waits until the server has counted what the budget allows.
func (s site) allows(want int32) {
	s.t.Helper()
	until(s.t, time.Minute, "the budget is counted", func() bool {
		ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
		defer cancel()
		b, err := s.Client.PolicyV1().PodDisruptionBudgets("serving").Get(ctx, "keep", metav1.GetOptions{})
		return err == nil && b.Status.ObservedGeneration == b.Generation && b.Status.DisruptionsAllowed == want && b.Status.CurrentHealthy == 12
	})
}

// places counts the pods of chat by node.
func (s site) places() map[string]int {
	s.t.Helper()
	pods, err := s.Client.CoreV1().Pods("serving").List(s.t.Context(), metav1.ListOptions{LabelSelector: "app=chat"})
	if err != nil {
		s.t.Fatal(err)
	}
	by := map[string]int{}
	for i := range pods.Items {
		if pods.Items[i].DeletionTimestamp == nil {
			by[pods.Items[i].Spec.NodeName]++
		}
	}
	return by
}

func (s site) on(node string) int { return s.places()[node] }

// fullest is the node with the most pods of chat.
func (s site) fullest() string {
	name, most := "", 0
	for node, n := range s.places() {
		if n > most || n == most && node < name {
			name, most = node, n
		}
	}
	return name
}
