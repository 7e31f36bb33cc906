package kube

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/fleet"
)

func deployment(desired, total, updated, available int32, change ...func(*appsv1.Deployment)) *appsv1.Deployment {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "llm", Name: "chat", Generation: 2}}
	d.Spec.Replicas = &desired
	d.Spec.Template.Labels = map[string]string{"app": "chat"}
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: 2, Replicas: total, UpdatedReplicas: updated, AvailableReplicas: available, ReadyReplicas: available}
	for _, c := range change {
		c(d)
	}
	return d
}

func TestIsADeploymentDone(t *testing.T) {
	for _, c := range []struct {
		name  string
		d     *appsv1.Deployment
		state fleet.State
		why   string
	}{
		{"done", deployment(4, 4, 4, 4), fleet.StateOK, ""},
		{"scaled to nothing", deployment(0, 0, 0, 0), fleet.StateStandby, "scaled to 0"},
		{"not seen", deployment(4, 4, 4, 4, func(d *appsv1.Deployment) { d.Generation = 3 }), fleet.StateWarn, "the controller has not seen the newest change yet"},
		{"new pods missing", deployment(4, 4, 1, 4), fleet.StateWarn, "moving: 1 of 4 pods are new"},
		{"paused", deployment(4, 4, 1, 4, func(d *appsv1.Deployment) { d.Spec.Paused = true }), fleet.StateWarn, "paused: 1 of 4 pods are new"},
		{"old pods leaving", deployment(4, 5, 4, 4), fleet.StateWarn, "moving: 1 old pod is leaving"},
		{"not available", deployment(4, 4, 4, 3), fleet.StateWarn, "3 of 4 pods are available"},
		{"nothing available", deployment(4, 4, 4, 0), fleet.StateDown, "0 of 4 pods are available"},
		{"quota", deployment(4, 0, 0, 0, func(d *appsv1.Deployment) {
			d.Status.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Reason: "FailedCreate", Message: "exceeded quota"}}
		}), fleet.StateDown, "FailedCreate: exceeded quota"},
		{"late", deployment(4, 5, 1, 4, func(d *appsv1.Deployment) {
			d.Status.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse, Reason: "ProgressDeadlineExceeded"}}
		}), fleet.StateCrit, "late: 4 of 4 new pods are available and the progress deadline is over; the controller goes on trying"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r := deploymentRow(c.d, newWords()); r.base.State != c.state || r.base.Why.String() != c.why {
				t.Errorf("%s %q, want %s %q", r.base.State, r.base.Why, c.state, c.why)
			}
		})
	}
}

func TestIsAStatefulSetDone(t *testing.T) {
	set := func(change func(*appsv1.StatefulSet)) *workRow {
		n, d := int32(4), &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Namespace: "llm", Name: "big", Generation: 1}}
		d.Spec.Replicas = &n
		d.Status = appsv1.StatefulSetStatus{ObservedGeneration: 1, Replicas: 4, ReadyReplicas: 4, AvailableReplicas: 4, CurrentRevision: "a", UpdateRevision: "a"}
		change(d)
		return statefulSetRow(d, newWords())
	}
	moving := func(d *appsv1.StatefulSet) { d.Status.UpdateRevision, d.Status.UpdatedReplicas = "b", 2 }
	for _, c := range []struct {
		name, why string
		state     fleet.State
		change    func(*appsv1.StatefulSet)
	}{
		{"done", "", fleet.StateOK, func(*appsv1.StatefulSet) {}},
		{"moving", "moving: 2 of 4 pods are new", fleet.StateWarn, moving},
		{"held by a partition", "", fleet.StateOK, func(d *appsv1.StatefulSet) {
			moving(d)
			part := int32(2)
			d.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{Partition: &part}
		}},
		{"by hand", "2 of 4 pods are new; the others change when they are deleted", fleet.StateWarn, func(d *appsv1.StatefulSet) {
			moving(d)
			d.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType
		}},
		{"one down", "3 of 4 pods are available", fleet.StateWarn, func(d *appsv1.StatefulSet) { d.Status.AvailableReplicas = 3 }},
	} {
		if r := set(c.change); r.base.State != c.state || r.base.Why.String() != c.why {
			t.Errorf("%s: %s %q, want %s %q", c.name, r.base.State, r.base.Why, c.state, c.why)
		}
	}
}

func TestGroupsOfALeaderWorkerSet(t *testing.T) {
	four := int32(4)
	s := &leaderWorkerSet{}
	s.Namespace, s.Name = "llm", "big"
	s.Spec.Template.Size = &four
	s.Spec.Template.Worker.Spec.Containers = []corev1.Container{{Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{"nvidia.com/gpu": *one(8)}}}}
	s.Status.Replicas, s.Status.UpdatedReplicas = 1, 1
	r := lwsRow(s, newWords())
	if r.base.GPUsEach != 32 || r.base.State != fleet.StateDown || r.base.Why.String() != "0 of 1 pods are available (groups of 4)" {
		t.Errorf("%d GPUs, %s %q", r.base.GPUsEach, r.base.State, r.base.Why)
	}
}

func TestOldReplicaSetsAreNotKept(t *testing.T) {
	control, none := true, int32(0)
	old := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "a", OwnerReferences: []metav1.OwnerReference{{Kind: "Deployment", Name: "d", Controller: &control}}}}
	old.Spec.Replicas = &none
	for _, k := range kinds {
		if k.plural != "replicasets" {
			continue
		}
		if row := k.row(old, &convertor{words: newWords()}); row != nil {
			t.Errorf("kept as %+v", row)
		}
		old.OwnerReferences = nil
		if row := k.row(old, &convertor{words: newWords()}); row == nil {
			t.Error("one that stands alone is not kept")
		}
	}
}

// TestWorkloadsAreJoined puts objects in an order in which owners come after what they own.
func TestWorkloadsAreJoined(t *testing.T) {
	w, words := newWorld("c"), newWords()
	control := true
	p := pod("llm", "chat-x", waitingFor("ImagePullBackOff", ""), func(p *corev1.Pod) {
		p.OwnerReferences = []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "chat-rs", Controller: &control}}
	})
	w.putPod(podRow(p, "c", words), start)
	if w.orphans != 1 {
		t.Fatalf("%d orphans", w.orphans)
	}
	rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: "llm", Name: "chat-rs",
		OwnerReferences: []metav1.OwnerReference{{Kind: "Deployment", Name: "chat", Controller: &control}}}}
	w.putWork(replicaSetRow(rs, words))
	w.putWork(deploymentRow(deployment(2, 2, 2, 1), words))
	low := int32(1)
	w.scales.put(autoscalerRow(&autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: "llm", Name: "h"},
		Spec:   autoscalingv2.HorizontalPodAutoscalerSpec{ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "chat"}, MinReplicas: &low, MaxReplicas: 8},
		Status: autoscalingv2.HorizontalPodAutoscalerStatus{CurrentReplicas: 2, DesiredReplicas: 4}}, words))
	budget := func(name string) *budgetRow {
		most := intstr.FromInt32(1)
		return disruptionRow(&policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "llm", Name: name},
			Spec:   policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "chat"}}, MaxUnavailable: &most},
			Status: policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: 0, ExpectedPods: 2}}, words)
	}
	w.budgets.put(budget("a"))
	c := w.build()
	if len(c.Workloads) != 1 || w.orphans != 0 || c.Pods[0].Owner.Kind != "Deployment" || c.Pods[0].Owner.Cluster != "c" {
		t.Fatalf("%d workloads, %d orphans, owner %+v", len(c.Workloads), w.orphans, c.Pods[0].Owner)
	}
	d := c.Workloads[0]
	if d.Autoscaler.String() != "1 to 8, at 2, wants 4" || d.Budget.String() != "allows 0 of 2" {
		t.Errorf("autoscaler %q, budget %q", d.Autoscaler, d.Budget)
	}
	if got := d.Why.String(); got != "1 of 2 pods are available; chat-x: ImagePullBackOff: container vllm" {
		t.Errorf("why %q", got)
	}
	w.budgets.put(budget("b"))
	w.changed[partWorkloads] = true
	if got := w.build().Workloads[0].Budget.String(); !strings.Contains(got, "no eviction is possible") {
		t.Errorf("two budgets: %q", got)
	}
}

func TestRowsThatDidNotChangeAreShared(t *testing.T) {
	w, words := newWorld("c"), newWords()
	w.putWork(deploymentRow(deployment(2, 2, 2, 2), words))
	w.putPod(podRow(pod("llm", "a"), "c", words), start)
	first := w.build()
	w.putPod(podRow(pod("llm", "b"), "c", words), start)
	second := w.build()
	if len(first.Pods) != 1 || len(second.Pods) != 2 || first.Pods[0] != second.Pods[0] || first.Workloads[0] != second.Workloads[0] {
		t.Error("what did not change is not shared, or what was handed out changed")
	}
	if third := w.build(); &third.Pods[0] != &second.Pods[0] {
		t.Error("a list of which nothing changed was copied")
	}
	w.putPod(podRow(pod("llm", "a", func(p *corev1.Pod) { p.Status.PodIP = "10.9.9.9" }), "c", words), start)
	if second.Pods[0].IP != "10.0.0.1" || w.build().Pods[0].IP != "10.9.9.9" {
		t.Error("a row changed under whoever holds it")
	}
}

func TestNewestEventsAreKept(t *testing.T) {
	w, words := newWorld("c"), newWords()
	for i := range maxEvents + 10 {
		e := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "llm", Name: name(i)}, Type: "SysLogsXIDError", Reason: "XID",
			InvolvedObject: corev1.ObjectReference{Kind: "Node", Name: "n1"}, LastTimestamp: metav1.NewTime(start.Add(at(i).Sub(start)))}
		w.events.put(newEventRow(e, "c", words))
	}
	w.changed[partEvents] = true
	c := w.build()
	if len(c.Events) != maxEvents || len(w.events.rows) != maxEvents || !c.Events[0].At.Equal(start) || c.Events[1].At.After(c.Events[0].At) {
		t.Errorf("%d events, %d rows, the first at %v", len(c.Events), len(w.events.rows), c.Events[0].At)
	}
	if c.Events[0].Type.String() != "SysLogsXIDError" || c.Events[0].Count != 1 {
		t.Errorf("%+v", c.Events[0])
	}
}
