package sim

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"pitwall/fleet"
)

// site is the API of one cluster of a fleet on a virtual clock.
type site struct {
	*kubernetes.Clientset
	t     *testing.T
	clock *fleet.VirtualClock
}

func siteWith(t *testing.T, o Options) site {
	t.Helper()
	f, clock := listen(t, o)
	return site{api(t, f, "kube-fra1"), t, clock}
}

// change patches a Deployment strategically.
func (s site) change(body string) *appsv1.Deployment {
	s.t.Helper()
	d, err := s.AppsV1().Deployments(serving).Patch(s.t.Context(), poolB200, types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// within lets time pass until something holds of the Deployment.
func (s site) within(d time.Duration, what string, holds func(*appsv1.Deployment) bool) *appsv1.Deployment {
	s.t.Helper()
	var last *appsv1.Deployment
	for range int(d / (5 * time.Second)) {
		advance(s.t, s.clock, 5*time.Second)
		one, err := s.AppsV1().Deployments(serving).Get(s.t.Context(), poolB200, metav1.GetOptions{})
		if err != nil {
			s.t.Fatal(err)
		}
		if last = one; holds(one) {
			return one
		}
	}
	s.t.Fatalf("within %s never: %s: %+v", d, what, last.Status)
	return nil
}

func (s site) pods(pool string) []corev1.Pod {
	s.t.Helper()
	list, err := s.CoreV1().Pods(serving).List(s.t.Context(), metav1.ListOptions{LabelSelector: "app=" + pool})
	if err != nil {
		s.t.Fatal(err)
	}
	return list.Items
}

func progressing(d *appsv1.Deployment) (corev1.ConditionStatus, string) {
	for _, k := range d.Status.Conditions {
		if k.Type == appsv1.DeploymentProgressing {
			return k.Status, k.Reason
		}
	}
	return "", ""
}

func complete(d *appsv1.Deployment) bool {
	_, reason := progressing(d)
	return reason == "NewReplicaSetAvailable" && d.Status.UpdatedReplicas == *d.Spec.Replicas && d.Status.AvailableReplicas == *d.Spec.Replicas &&
		d.Status.Replicas == *d.Spec.Replicas
}

const image = `{"spec":{"template":{"spec":{"containers":[{"name":"vllm","image":"%s"}]}}}}`

func TestASurgeWithoutGPUsMissesItsDeadline(t *testing.T) {
	s := siteWith(t, Options{})
	s.change(`{"spec":{"progressDeadlineSeconds":120,"strategy":{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}}}}`)
	s.change(fmt.Sprintf(image, "vllm/vllm-openai:v0.33.0"))
	d := s.within(4*time.Minute, "late", func(d *appsv1.Deployment) bool {
		_, reason := progressing(d)
		return reason == "ProgressDeadlineExceeded"
	})
	if on, _ := progressing(d); on != corev1.ConditionFalse || d.Status.AvailableReplicas != 3 || d.Status.UnavailableReplicas != 1 {
		t.Errorf("%+v", d.Status)
	}
	said := ""
	for _, p := range s.pods(poolB200) {
		if p.Spec.NodeName == "" {
			said = p.Status.Conditions[0].Message
		}
	}
	if !strings.Contains(said, "3 Insufficient nvidia.com/gpu") || !strings.Contains(said, "6 node(s) didn't match Pod's node affinity/selector") ||
		!strings.HasPrefix(said, "0/9 nodes are available: ") {
		t.Errorf("the pod says %q", said)
	}
	s.change(`{"spec":{"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":1}}}}`)
	s.within(15*time.Minute, "complete", complete)
}

func TestASurgeWithSpareGPUsServesAllTheWhile(t *testing.T) {
	s := siteWith(t, Options{Spares: map[string]int{poolB200: 1}, Loads: map[string]float64{poolB200: 30}})
	s.change(`{"spec":{"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":0}}}}`)
	s.change(fmt.Sprintf(image, "vllm/vllm-openai:v0.33.0"))
	s.within(15*time.Minute, "complete", func(d *appsv1.Deployment) bool {
		if d.Status.AvailableReplicas < 3 {
			t.Fatalf("%+v", d.Status)
		}
		return complete(d)
	})
}

func TestAnImageThatIsNotThere(t *testing.T) {
	for name, want := range map[string]string{"vllm/vllm-openai:nightly-x": "not found", "example/other:1": "pull access denied"} {
		s := siteWith(t, Options{})
		s.change(fmt.Sprintf(image, name))
		reasons := map[string]string{}
		for range 20 {
			advance(t, s.clock, 5*time.Second)
			for _, p := range s.pods(poolB200) {
				for _, c := range p.Status.ContainerStatuses {
					if c.State.Waiting != nil {
						reasons[c.State.Waiting.Reason] = c.State.Waiting.Message
					}
				}
			}
		}
		if !strings.Contains(reasons["ErrImagePull"], want) || !strings.Contains(reasons["ImagePullBackOff"], name) {
			t.Errorf("%s: %v", name, reasons)
		}
		d, err := s.AppsV1().Deployments(serving).Get(t.Context(), poolB200, metav1.GetOptions{})
		if err != nil || d.Status.AvailableReplicas != 2 || d.Status.UpdatedReplicas != 1 {
			t.Errorf("%v %+v", err, d.Status)
		}
	}
}

func TestArgumentsThatAnEngineDiesOf(t *testing.T) {
	s := siteWith(t, Options{})
	s.change(`{"spec":{"template":{"spec":{"containers":[{"name":"vllm","args":["--model","/models/nowhere","--served-model-name","llama-70b"]}]}}}}`)
	var p corev1.Pod
	for range 40 {
		advance(t, s.clock, 5*time.Second)
		for _, one := range s.pods(poolB200) {
			if len(one.Status.ContainerStatuses) > 0 && one.Status.ContainerStatuses[0].RestartCount >= 2 {
				p = one
			}
		}
	}
	if p.Name == "" || p.Status.ContainerStatuses[0].LastTerminationState.Terminated.ExitCode != 1 {
		t.Fatalf("no pod crashes: %+v", p.Status)
	}
	raw, err := s.CoreV1().Pods(serving).GetLogs(p.Name, &corev1.PodLogOptions{Previous: true}).DoRaw(t.Context())
	if err != nil || !strings.Contains(string(raw), "/models/nowhere") {
		t.Errorf("%v: %q", err, raw)
	}
}

func TestALoadLongerThanTheDeadlineIsLateAndEnds(t *testing.T) {
	s := siteWith(t, Options{Loads: map[string]float64{poolB200: 600}})
	s.change(`{"spec":{"progressDeadlineSeconds":300}}`)
	s.change(fmt.Sprintf(image, "vllm/vllm-openai:v0.33.0"))
	s.within(8*time.Minute, "late", func(d *appsv1.Deployment) bool { on, _ := progressing(d); return on == corev1.ConditionFalse })
	s.within(15*time.Minute, "one more", func(d *appsv1.Deployment) bool { on, _ := progressing(d); return on == corev1.ConditionTrue })
}

func TestAPausedDeploymentKeepsWhatIsWritten(t *testing.T) {
	s := siteWith(t, Options{Loads: map[string]float64{poolB200: 20}})
	s.change(`{"spec":{"paused":true}}`)
	s.change(fmt.Sprintf(image, "vllm/vllm-openai:v0.33.0"))
	advance(t, s.clock, 2*time.Minute)
	d, err := s.AppsV1().Deployments(serving).Get(t.Context(), poolB200, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	on, reason := progressing(d)
	if d.Spec.Template.Spec.Containers[0].Image != "vllm/vllm-openai:v0.33.0" || d.Status.UpdatedReplicas != 3 || reason != "DeploymentPaused" ||
		on != corev1.ConditionUnknown || d.Status.ObservedGeneration != d.Generation {
		t.Errorf("%s %s %+v", on, reason, d.Status)
	}
	sets, err := s.AppsV1().ReplicaSets(serving).List(t.Context(), metav1.ListOptions{LabelSelector: "app=" + poolB200})
	if err != nil || len(sets.Items) != 1 {
		t.Errorf("%v: %d ReplicaSets", err, len(sets.Items))
	}
	s.change(`{"spec":{"paused":false}}`)
	d = s.within(10*time.Minute, "complete", complete)
	if d.Annotations["deployment.kubernetes.io/revision"] != "2" {
		t.Errorf("%v", d.Annotations)
	}
}

func TestAStatefulSetIsRolledToItsPartition(t *testing.T) {
	f, clock := listen(t, Options{Stateful: []string{poolB200}, Loads: map[string]float64{poolB200: 20}})
	c := api(t, f, "kube-fra1")
	sets := c.AppsV1().StatefulSets(serving)
	patch := func(body string) error {
		_, err := sets.Patch(t.Context(), poolB200, types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{})
		return err
	}
	for _, body := range []string{`{"spec":{"updateStrategy":{"rollingUpdate":{"partition":2}}}}`, fmt.Sprintf(image, "vllm/vllm-openai:v0.33.0")} {
		if err := patch(body); err != nil {
			t.Fatal(err)
		}
	}
	advance(t, clock, 4*time.Minute)
	one, err := sets.Get(t.Context(), poolB200, metav1.GetOptions{})
	if err != nil || one.Status.UpdatedReplicas != 1 || one.Status.ReadyReplicas != 3 || one.Status.CurrentReplicas != 2 ||
		one.Status.CurrentRevision == one.Status.UpdateRevision || one.Status.ObservedGeneration != one.Generation {
		t.Fatalf("%v %+v", err, one.Status)
	}
	images := func() (list []string) {
		for i := range 3 {
			p, err := c.CoreV1().Pods(serving).Get(t.Context(), fmt.Sprintf("%s-%d", poolB200, i), metav1.GetOptions{})
			if err != nil || p.Labels["apps.kubernetes.io/pod-index"] != fmt.Sprint(i) || metav1.GetControllerOf(p).Kind != "StatefulSet" {
				t.Fatalf("%v %+v", err, p.ObjectMeta)
			}
			_, tag, _ := strings.Cut(p.Spec.Containers[0].Image, ":")
			list = append(list, tag)
		}
		return list
	}
	if got := images(); got[0] != got[1] || got[1] == got[2] || got[2] != "v0.33.0" {
		t.Errorf("%v", got)
	}
	revisions, err := c.AppsV1().ControllerRevisions(serving).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(revisions.Items) != 2 {
		t.Fatalf("%v: %d revisions", err, len(revisions.Items))
	}
	for _, r := range revisions.Items { // the way back is the patch that the first one holds
		if r.Revision == 1 {
			if err := patch(string(r.Data.Raw)); err != nil {
				t.Fatal(err)
			}
		}
	}
	advance(t, clock, 4*time.Minute)
	if one, err = sets.Get(t.Context(), poolB200, metav1.GetOptions{}); err != nil || one.Status.CurrentRevision != one.Status.UpdateRevision ||
		one.Status.ReadyReplicas != 3 {
		t.Errorf("%v %+v", err, one.Status)
	}
	if got := images(); got[0] != got[2] {
		t.Errorf("%v", got)
	}
	if err := patch(`{"spec":{"serviceName":"other"}}`); !apierrors.IsInvalid(err) {
		t.Errorf("a field that cannot change: %v", err)
	}
	if _, err := sets.UpdateScale(context.Background(), poolB200, scaleTo(poolB200, 2), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	advance(t, clock, time.Minute)
	if _, err := c.CoreV1().Pods(serving).Get(t.Context(), poolB200+"-2", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the last ordinal: %v", err)
	}
}

func scaleTo(name string, n int32) *autoscalingv1.Scale {
	return &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: serving}, Spec: autoscalingv1.ScaleSpec{Replicas: n}}
}
