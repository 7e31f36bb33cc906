package sim

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"pitwall/backends/sim/clusters"
	"pitwall/fleet"
)

// serving is the namespace of the pools.
const serving = "serving"

// config is a user's way into a cluster, out of the kubeconfig as any client would take it.
func config(t *testing.T, f *Fleet, context string) *rest.Config {
	t.Helper()
	raw, err := f.Kubeconfig()
	if err != nil {
		t.Fatal(err)
	}
	all, err := clientcmd.Load(raw)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := clientcmd.NewNonInteractiveClientConfig(*all, context, nil, nil).ClientConfig()
	if err != nil {
		t.Fatal(err)
	}
	cfg.QPS, cfg.WarningHandler = -1, rest.NoWarnings{}
	cfg.ContentType, cfg.AcceptContentTypes = "application/vnd.kubernetes.protobuf", "application/vnd.kubernetes.protobuf,application/json"
	return cfg
}

func api(t *testing.T, f *Fleet, context string) *kubernetes.Clientset {
	t.Helper()
	c, err := kubernetes.NewForConfig(config(t, f, context))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClustersShowTheFleet(t *testing.T) {
	f, _ := listen(t, Options{})
	fra := api(t, f, "kube-fra1-view")
	pods, err := fra.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, p := range pods.Items {
		seen[p.Namespace]++
		if owner := metav1.GetControllerOf(&p); owner == nil || owner.UID == "" {
			t.Errorf("%s/%s has no owner", p.Namespace, p.Name)
		}
		if p.Status.Phase != corev1.PodRunning || p.Status.PodIP == "" || p.Spec.NodeName == "" {
			t.Errorf("%s/%s: %+v", p.Namespace, p.Name, p.Status)
		}
	}
	if seen[serving] < 7 || seen["gateway"] != 3 || seen["gpu-operator"] < 7 {
		t.Errorf("pods by namespace: %v", seen)
	}
	nodes, err := fra.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: "nvidia.com/gpu.present=true"})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes.Items {
		if q := n.Status.Allocatable["nvidia.com/gpu"]; q.Value() != 8 || n.Labels["nvidia.com/gpu.product"] == "" {
			t.Errorf("%s: %v %v", n.Name, n.Status.Allocatable, n.Labels)
		}
	}
	if len(nodes.Items) < 7 {
		t.Errorf("%d GPU nodes", len(nodes.Items))
	}
	list, err := fra.AppsV1().Deployments(serving).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list.Items {
		if d.Status.ReadyReplicas != *d.Spec.Replicas || d.Status.ObservedGeneration != d.Generation {
			t.Errorf("%s: generation %d, %+v", d.Name, d.Generation, d.Status)
		}
	}
	pdb, err := fra.PolicyV1().PodDisruptionBudgets(serving).Get(t.Context(), poolB200, metav1.GetOptions{})
	if err != nil || pdb.Status.DisruptionsAllowed != 1 || pdb.Status.ExpectedPods != 3 {
		t.Errorf("%v %+v", err, pdb.Status)
	}
	if ams, err := api(t, f, "kube-ams1").CoreV1().Pods(serving).List(t.Context(), metav1.ListOptions{}); err != nil || len(ams.Items) < 4 {
		t.Errorf("%v: %d pods", err, len(ams.Items))
	}
}

// follow starts an informer of pods and returns its events after the first list.
func follow(t *testing.T, c kubernetes.Interface) (cache.SharedIndexInformer, <-chan *corev1.Pod) {
	t.Helper()
	changes := make(chan *corev1.Pod, 256)
	factory := informers.NewSharedInformerFactory(c, 0)
	inf := factory.Core().V1().Pods().Informer()
	if _, err := inf.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { changes <- o.(*corev1.Pod) }, UpdateFunc: func(_, o any) { changes <- o.(*corev1.Pod) },
	}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	factory.Start(ctx.Done())
	t.Cleanup(func() { stop(); factory.Shutdown() })
	if !cache.WaitForCacheSync(ctx.Done(), inf.HasSynced) {
		t.Fatal("the informer did not sync")
	}
	return inf, changes
}

// until waits for a pod that is as it should be.
func until(t *testing.T, changes <-chan *corev1.Pod, what string, meant func(*corev1.Pod) bool) *corev1.Pod {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		select {
		case p := <-changes:
			if meant(p) {
				return p
			}
		case <-ctx.Done():
			t.Fatalf("never seen: %s", what)
		}
	}
}

func isReady(p *corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func TestAnInformerFollowsADeletedPod(t *testing.T) {
	f, clock := listen(t, Options{})
	c := api(t, f, "kube-fra1")
	_, changes := follow(t, c)
	name := poolB200 + "-r1"
	old, err := c.CoreV1().Pods(serving).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CoreV1().Pods(serving).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, changes, "the pod terminating", func(p *corev1.Pod) bool { return p.Name == name && p.DeletionTimestamp != nil })
	advance(t, clock, 3*time.Minute)
	fresh := until(t, changes, "its successor ready", func(p *corev1.Pod) bool { return p.Name == name && p.UID != old.UID && isReady(p) })
	if fresh.CreationTimestamp.Time.Before(noon) {
		t.Errorf("created %s", fresh.CreationTimestamp)
	}
	events, err := c.CoreV1().Events(serving).List(t.Context(), metav1.ListOptions{FieldSelector: "involvedObject.name=" + name})
	if err != nil || len(events.Items) == 0 {
		t.Errorf("%v: %d events about the pod", err, len(events.Items))
	}
}

func advance(t *testing.T, clock *fleet.VirtualClock, d time.Duration) {
	t.Helper()
	if err := clock.Advance(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestATemplateThatIsPatchedIsRolledOutAndBack(t *testing.T) {
	f, clock := listen(t, Options{})
	c := api(t, f, "kube-fra1")
	deployments := c.AppsV1().Deployments(serving)
	before, err := deployments.Get(t.Context(), poolB200, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	image := func(tag string) *appsv1.Deployment {
		body := `{"spec":{"template":{"spec":{"containers":[{"name":"vllm","image":"vllm/vllm-openai:` + tag + `"}]}}}}`
		d, err := deployments.Patch(t.Context(), poolB200, types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := image("v0.33.0"); d.Generation != before.Generation+1 {
		t.Errorf("generation %d after %d", d.Generation, before.Generation)
	}
	settled := func(revision string) {
		t.Helper()
		for range 40 {
			advance(t, clock, 30*time.Second)
			d, err := deployments.Get(t.Context(), poolB200, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if d.Status.UpdatedReplicas == 3 && d.Status.ReadyReplicas == 3 && d.Status.ObservedGeneration == d.Generation {
				if got := d.Annotations["deployment.kubernetes.io/revision"]; got != revision {
					t.Errorf("revision %s, want %s", got, revision)
				}
				return
			}
		}
		t.Fatal("the roll did not end in twenty minutes")
	}
	settled("2")
	pod, err := c.CoreV1().Pods(serving).Get(t.Context(), poolB200+"-r2", metav1.GetOptions{})
	if err != nil || pod.Spec.Containers[0].Image != "vllm/vllm-openai:v0.33.0" {
		t.Fatalf("%v: %s", err, pod.Spec.Containers[0].Image)
	}
	tag := before.Spec.Template.Spec.Containers[0].Image
	image(tag[strings.LastIndex(tag, ":")+1:])
	settled("3")
	sets, err := c.AppsV1().ReplicaSets(serving).List(t.Context(), metav1.ListOptions{LabelSelector: "app=" + poolB200})
	if err != nil || len(sets.Items) != 2 {
		t.Errorf("%v: %d ReplicaSets", err, len(sets.Items))
	}
}

func TestAPoolIsScaledDownAndUp(t *testing.T) {
	f, clock := listen(t, Options{})
	c := api(t, f, "kube-fra1").AppsV1().Deployments(serving)
	scale := func(n string) {
		t.Helper()
		if _, err := c.Patch(t.Context(), poolH100, types.MergePatchType, []byte(`{"spec":{"replicas":`+n+`}}`), metav1.PatchOptions{}, "scale"); err != nil {
			t.Fatal(err)
		}
		advance(t, clock, 4*time.Minute)
	}
	read := func() appsv1.DeploymentStatus {
		d, err := c.Get(t.Context(), poolH100, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return d.Status
	}
	scale("3")
	if s := read(); s.Replicas != 3 || s.ReadyReplicas != 3 {
		t.Errorf("scaled down: %+v", s)
	}
	scale("6")
	if s := read(); s.Replicas != 6 || s.ReadyReplicas != 4 || s.UnavailableReplicas != 2 {
		t.Errorf("scaled beyond the devices: %+v", s)
	}
	pod, err := api(t, f, "kube-fra1").CoreV1().Pods(serving).Get(t.Context(), poolH100+"-r6", metav1.GetOptions{})
	if err != nil || pod.Status.Phase != corev1.PodPending || !strings.Contains(pod.Status.Conditions[0].Message, "Insufficient nvidia.com/gpu") {
		t.Errorf("%v: %+v", err, pod.Status)
	}
	scale("4")
	if s := read(); s.Replicas != 4 || s.ReadyReplicas != 4 {
		t.Errorf("back: %+v", s)
	}
}

func TestACordonKeepsPodsAwayInTheWorld(t *testing.T) {
	f, clock := listen(t, Options{})
	c := api(t, f, "kube-fra1")
	pods := c.CoreV1().Pods(serving)
	name := poolB200 + "-r1"
	p, err := pods.Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CoreV1().Nodes().Patch(t.Context(), p.Spec.NodeName, types.StrategicMergePatchType,
		[]byte(`{"spec":{"unschedulable":true}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := pods.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	advance(t, clock, 2*time.Minute)
	p, err = pods.Get(t.Context(), name, metav1.GetOptions{})
	if err != nil || p.Status.Phase != corev1.PodPending || len(p.Status.Conditions) != 1 || p.Status.Conditions[0].Reason != "Unschedulable" {
		t.Errorf("%v: %+v", err, p.Status)
	}
	node, err := c.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{FieldSelector: "spec.unschedulable=true"})
	if err != nil || len(node.Items) != 1 || len(node.Items[0].Spec.Taints) != 1 {
		t.Errorf("%v: %+v", err, node.Items)
	}
}

func TestLogsAndProxyReachTheEngine(t *testing.T) {
	f, clock := listen(t, Options{})
	advance(t, clock, time.Minute)
	c := api(t, f, "kube-fra1-view")
	pods := c.CoreV1().Pods(serving)
	five := int64(3)
	raw, err := pods.GetLogs(poolB200+"-r1", &corev1.PodLogOptions{TailLines: &five}).DoRaw(t.Context())
	if err != nil || strings.Count(string(raw), "\n") != 3 || !strings.Contains(string(raw), "Running:") {
		t.Errorf("%v: %q", err, raw)
	}
	_, err = pods.GetLogs(poolB200+"-r1", &corev1.PodLogOptions{Previous: true}).DoRaw(t.Context())
	if !apierrors.IsBadRequest(err) {
		t.Errorf("the previous container: %v", err)
	}
	page, err := pods.ProxyGet("http", poolB200+"-r1", "8000", "metrics", nil).DoRaw(t.Context())
	if err != nil || !strings.Contains(string(page), "vllm:num_requests_running") {
		t.Errorf("%v: %.200q", err, page)
	}
	page, err = c.CoreV1().Pods("gpu-operator").ProxyGet("", "nvidia-dcgm-exporter-"+poolB200+"-01", "9400", "metrics", nil).DoRaw(t.Context())
	if err != nil || !strings.Contains(string(page), "DCGM_FI_DEV_") {
		t.Errorf("%v: %.200q", err, page)
	}
	if _, err = pods.ProxyGet("http", poolB200+"-r1", "9999", "metrics", nil).DoRaw(t.Context()); !apierrors.IsServiceUnavailable(err) {
		t.Errorf("a port that nobody listens on: %v", err)
	}
	if _, err := c.CoreV1().Pods("gateway").ProxyGet("", "gw-1", "4000", "v1/models", nil).DoRaw(t.Context()); !apierrors.IsUnauthorized(err) {
		t.Errorf("the API server's credential must not reach the gateway: %v", err)
	}
	req := c.CoreV1().RESTClient().Get().Namespace("gateway").Resource("pods").Name("gw-1:4000").SubResource("proxy").Suffix("v1/models").
		SetHeader("x-litellm-api-key", key)
	if raw, err := req.DoRaw(t.Context()); err != nil || !strings.Contains(string(raw), `"chat"`) {
		t.Errorf("the gateway's own header: %v %.200q", err, raw)
	}
}

func TestALogIsFollowed(t *testing.T) {
	f, clock := listen(t, Options{})
	one := int64(1)
	s, err := api(t, f, "kube-fra1-view").CoreV1().Pods(serving).GetLogs(poolB200+"-r1", &corev1.PodLogOptions{Follow: true, TailLines: &one}).
		Stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	buf := make([]byte, 4096)
	if n, err := s.Read(buf); err != nil || strings.Count(string(buf[:n]), "\n") != 1 {
		t.Fatalf("%v: %q", err, buf[:n])
	}
	advance(t, clock, 15*time.Second)
	if n, err := s.Read(buf); err != nil || !strings.Contains(string(buf[:n]), "Running:") {
		t.Fatalf("%v: %q", err, buf[:n])
	}
}

type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestUsersOfTheClustersHaveTheirRights(t *testing.T) {
	f, _ := listen(t, Options{})
	scoped := api(t, f, "kube-fra1-serving").CoreV1()
	if _, err := scoped.Pods("").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("all namespaces: %v", err)
	}
	if l, err := scoped.Pods(serving).List(t.Context(), metav1.ListOptions{}); err != nil || len(l.Items) == 0 {
		t.Errorf("its own namespace: %v", err)
	}
	if err := api(t, f, "kube-fra1-view").CoreV1().Pods(serving).Delete(t.Context(), poolB200+"-r1", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("a viewer deletes: %v", err)
	}
	cfg := config(t, f, "kube-fra1")
	cfg.BearerToken = "something else"
	c, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CoreV1().Pods(serving).List(t.Context(), metav1.ListOptions{}); !apierrors.IsUnauthorized(err) {
		t.Errorf("an unknown token: %v", err)
	}
	date := ""
	cfg = config(t, f, "kube-fra1")
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return trip(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err == nil {
				date = resp.Header.Get("Date")
			}
			return resp, err
		})
	})
	if c, err = kubernetes.NewForConfig(cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CoreV1().Pods(serving).List(t.Context(), metav1.ListOptions{}); err != nil || date != noon.Format(http.TimeFormat) {
		t.Errorf("%v: the server's date is %q", err, date)
	}
	resp, err := http.Get(strings.Replace(f.URL("kube-fra1"), "https", "http", 1))
	if err == nil {
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode == http.StatusOK {
			t.Errorf("plain HTTP is served: %s", body)
		}
	}
}

func TestWatchersSeeWhatAFaultDoes(t *testing.T) {
	f, clock := listen(t, Options{})
	failed := map[string]bool{}
	var changes []<-chan *corev1.Pod
	for _, c := range f.Clusters() {
		_, one := follow(t, api(t, f, c.Name()))
		changes = append(changes, one)
	}
	if err := f.Start("F14", noon); err != nil { // a GPU falls off the bus
		t.Fatal(err)
	}
	advance(t, clock, 2*time.Minute)
	broken := func(p *corev1.Pod) bool {
		s := p.Status.ContainerStatuses
		return len(s) > 0 && s[0].State.Waiting != nil && s[0].State.Waiting.Reason == "CrashLoopBackOff" && !isReady(p)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var pod *corev1.Pod
	for pod == nil {
		select {
		case p := <-changes[0]:
			if broken(p) {
				pod = p
			}
		case p := <-changes[1]:
			if broken(p) {
				pod = p
			}
		case <-ctx.Done():
			t.Fatal("no watcher saw a pod crash")
		}
	}
	for _, c := range f.Clusters() {
		nodes, err := api(t, f, c.Name()).CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes.Items {
			have, usable := n.Status.Capacity["nvidia.com/gpu"], n.Status.Allocatable["nvidia.com/gpu"]
			if have.Cmp(usable) != 0 {
				failed[n.Name] = true
			}
		}
	}
	if len(failed) != 1 || !failed[pod.Spec.NodeName] {
		t.Errorf("devices failed on %v, the pod crashed on %s", failed, pod.Spec.NodeName)
	}
}

func TestACrowdIsThereForMeasuring(t *testing.T) {
	f, _ := listen(t, Options{Crowd: clusters.Synthetic{Nodes: 20, Pods: 130}})
	c := api(t, f, f.Clusters()[0].Name())
	pods, err := c.CoreV1().Pods("load").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(pods.Items) != 130 {
		t.Fatalf("%v: %d pods", err, len(pods.Items))
	}
	_, changes := follow(t, c)
	name := pods.Items[7].Name
	if !f.Clusters()[0].Touch(name) || f.Clusters()[0].Touch("nobody") {
		t.Error("the wrong pods are there to touch")
	}
	until(t, changes, "the touched pod", func(p *corev1.Pod) bool {
		return p.Name == name && p.Status.ContainerStatuses[0].RestartCount == 1
	})
	sets, err := c.AppsV1().Deployments("load").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(sets.Items) != 3 {
		t.Errorf("%v: %d workloads", err, len(sets.Items))
	}
}

func BenchmarkACrowdOf4000Pods(b *testing.B) {
	for b.Loop() {
		f, err := Listen(b.Context(), Options{Clock: fleet.NewVirtualClock(noon), Crowd: clusters.Synthetic{Nodes: 500, Pods: 4000}})
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
