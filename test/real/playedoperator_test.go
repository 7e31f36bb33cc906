//go:build real

package real_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/test/servers"
)

// played does what a controller does, over and over until the test ends.
func played(t *testing.T, pass func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			if err := pass(ctx); err != nil && ctx.Err() == nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
				t.Logf("the played controller: %v", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

func merge(ctx context.Context, c *servers.Cluster, path, body string) error {
	return c.Client.CoreV1().RESTClient().Patch("application/merge-patch+json").AbsPath(path).Body([]byte(body)).Do(ctx).Error()
}

// seldonOperator is one pass of Seldon's over a SeldonDeployment whose predictors have one container each: it makes and changes
// a Deployment for each, and only once all are ready it moves the weights and ends Deployments of predictors that went.
func seldonOperator(c *servers.Cluster, name string) func(context.Context) error {
	path := seldons + "/namespaces/serving/seldondeployments/" + name
	return func(ctx context.Context) error {
		body, err := c.Client.CoreV1().RESTClient().Get().AbsPath(path).DoRaw(ctx)
		if err != nil {
			return err
		}
		var o struct {
			Metadata metav1.ObjectMeta
			Spec     struct {
				Predictors []struct {
					Name       string
					Replicas   *int32
					Traffic    int
					Components []struct {
						Spec corev1.PodSpec
					} `json:"componentSpecs"`
				}
			}
		}
		if err := json.Unmarshal(body, &o); err != nil {
			return err
		}
		ready, routes, kept := true, []string{}, []string{}
		for _, p := range o.Spec.Predictors {
			spec := p.Components[0].Spec
			d := fmt.Sprintf("%s-%s-0-%s", name, p.Name, spec.Containers[0].Name)
			kept = append(kept, d)
			ok, err := seldonPass(ctx, c, d, p.Replicas, spec, o.Metadata)
			if err != nil {
				return err
			}
			ready = ready && ok
			routes = append(routes, fmt.Sprintf(`{"destination":{"host":"h","subset":%q},"weight":%d}`, p.Name, p.Traffic))
		}
		if !ready {
			return merge(ctx, c, path+"/status", `{"status":{"state":"Creating"}}`)
		}
		if err := merge(ctx, c, "/apis/networking.istio.io/v1/namespaces/serving/virtualservices/"+name,
			`{"spec":{"http":[{"route":[`+strings.Join(routes, ",")+`]}]}}`); err != nil {
			return err
		}
		list, err := c.Client.AppsV1().Deployments("serving").List(ctx, metav1.ListOptions{LabelSelector: "seldon-deployment-id=" + name})
		if err != nil {
			return err
		}
		for i := range list.Items {
			if d := &list.Items[i]; !slices.Contains(kept, d.Name) {
				if err := c.Client.AppsV1().Deployments("serving").Delete(ctx, d.Name, metav1.DeleteOptions{}); err != nil {
					return err
				}
			}
		}
		return merge(ctx, c, path+"/status", `{"status":{"state":"Available"}}`)
	}
}

func seldonPass(ctx context.Context, c *servers.Cluster, name string, replicas *int32, spec corev1.PodSpec, of metav1.ObjectMeta) (bool, error) {
	api, yes := c.Client.AppsV1().Deployments("serving"), true
	labels := map[string]string{"seldon-deployment-id": of.Name, "app": name}
	d, err := api.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		d = &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels, OwnerReferences: []metav1.OwnerReference{{
			APIVersion: "machinelearning.seldon.io/v1", Kind: "SeldonDeployment", Name: of.Name, UID: of.UID, Controller: &yes}}}}
		d.Spec = appsv1.DeploymentSpec{Replicas: replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"seldon-deployment-id": of.Name}},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec}, MinReadySeconds: 2}
		_, err = api.Create(ctx, d, metav1.CreateOptions{})
		return false, err
	}
	if err != nil {
		return false, err
	}
	if *d.Spec.Replicas != *replicas || d.Spec.Template.Spec.Containers[0].Image != spec.Containers[0].Image {
		d.Spec.Replicas, d.Spec.Template.Spec.Containers[0].Image = replicas, spec.Containers[0].Image
		_, err = api.Update(ctx, d, metav1.UpdateOptions{})
		return false, err
	}
	return d.Status.ReadyReplicas > 0 && d.Status.UnavailableReplicas == 0, nil
}

// TestPitwallRollsASeldonDeployment is the program itself: a canary predictor, its promotion, and weights that are split.
func TestPitwallRollsASeldonDeployment(t *testing.T) {
	t.Parallel()
	s := site{newCluster(t, servers.Options{Namespace: "serving"}, 2), t}
	define(t, s.Cluster)
	if err := post(t, s.Cluster, "/apis/networking.istio.io/v1/namespaces/serving/virtualservices", `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: chat}}`); err != nil {
		t.Fatal(err)
	}
	const path = seldons + "/namespaces/serving/seldondeployments"
	if err := post(t, s.Cluster, path, `{apiVersion: machinelearning.seldon.io/v1, kind: SeldonDeployment, metadata: {name: chat}, spec: {predictors: [{name: main, replicas: 2, graph: {name: vllm, type: MODEL}, componentSpecs: [{spec: {containers: [{name: vllm, image: "vllm:v1"}]}}]}]}}`); err != nil {
		t.Fatal(err)
	}
	played(t, seldonOperator(s.Cluster, "chat"))
	if err := s.AwaitReady(t.Context(), "serving", "chat-main-0-vllm"); err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	op := s.operator(s.Admin)
	stands := func() string {
		t.Helper()
		r := op.must(t, 0, "rollout", "sdep/serving/chat", "-o", "json")
		var o struct{ Phase, Why string }
		if err := json.Unmarshal([]byte(r.out), &o); err != nil {
			t.Fatal(err)
		}
		return o.Phase + " " + o.Why
	}
	until(t, time.Minute, "it serves", func() bool { return strings.HasPrefix(stands(), "done") })
	predictors := func() string {
		body, err := s.Client.CoreV1().RESTClient().Get().AbsPath(path + "/chat").DoRaw(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var o struct {
			Spec struct {
				Predictors []struct {
					Name       string
					Traffic    int
					Components []struct{ Spec corev1.PodSpec } `json:"componentSpecs"`
				}
			}
		}
		if err := json.Unmarshal(body, &o); err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, p := range o.Spec.Predictors {
			list = append(list, fmt.Sprintf("%s %d %s", p.Name, p.Traffic, p.Components[0].Spec.Containers[0].Image))
		}
		return strings.Join(list, ", ")
	}
	// what an unknown image is built on, nobody knows (IL-43)
	forced := func(args ...string) []string { return append(confirmed("chat", args...), "--override", "IL-43,IL-41") }
	op.must(t, 0, forced("upgrade", "sdep/serving/chat", "--image", "vllm:v2", "--canary", "50", "--by-readiness", "--hold", "1s", "--soak", "1s")...)
	if got := predictors(); got != "main 100 vllm:v2" {
		t.Errorf("after the roll: %s", got)
	}
	until(t, time.Minute, "the canary is gone", func() bool {
		list, err := s.Client.AppsV1().Deployments("serving").List(t.Context(), metav1.ListOptions{})
		return err == nil && len(list.Items) == 1
	})
	done := op.changes(t)
	op.must(t, 0, forced("undo", string(done[0].ID))...)
	if got := predictors(); got != "main 0 vllm:v1" { // it named no weight
		t.Errorf("after the undo: %s", got)
	}
	// a second predictor by hand, then weights by pitwall
	if err := merge(t.Context(), s.Cluster, path+"/chat", `{"spec":{"predictors":[{"name":"main","replicas":2,"traffic":90,"graph":{"name":"vllm","type":"MODEL"},"componentSpecs":[{"spec":{"containers":[{"name":"vllm","image":"vllm:v1"}]}}]},{"name":"b","replicas":1,"traffic":10,"graph":{"name":"vllm","type":"MODEL"},"componentSpecs":[{"spec":{"containers":[{"name":"vllm","image":"vllm:v3"}]}}]}]}}`); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "both serve", func() bool { return strings.HasPrefix(stands(), "done") })
	op.must(t, 0, confirmed("chat", "traffic", "sdep/serving/chat", "main=30", "b=70")...)
	if got := predictors(); got != "main 30 vllm:v1, b 70 vllm:v3" {
		t.Errorf("after the split: %s", got)
	}
	op.must(t, 0, forced("promote", "sdep/serving/chat")...)
	if got := predictors(); got != "main 100 vllm:v3" {
		t.Errorf("after the promotion: %s", got)
	}
	op.must(t, 0, "audit", "verify")
}

// TestPitwallSplitsARoute is the program itself on an HTTPRoute, with a gateway that says what one says.
func TestPitwallSplitsARoute(t *testing.T) {
	t.Parallel()
	s := site{newCluster(t, servers.Options{Namespace: "serving"}, 0), t}
	define(t, s.Cluster)
	const path = "/apis/gateway.networking.k8s.io/v1/namespaces/serving/httproutes"
	if err := post(t, s.Cluster, path, `{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: chat}, spec: {parentRefs: [{name: gw}], rules: [{backendRefs: [{name: v1, port: 80, weight: 90}, {name: v2, port: 80, weight: 10}]}]}}`); err != nil {
		t.Fatal(err)
	}
	weights := playedGateway(t, s.Cluster, path+"/chat")
	op := s.operator(s.Admin)
	until(t, time.Minute, "the gateway takes it", func() bool {
		return strings.Contains(op.must(t, 0, "rollout", "HTTPRoute/serving/chat", "-o", "json").out, `"done"`)
	})
	op.must(t, 0, confirmed("chat", "traffic", "HTTPRoute/serving/chat", "v1=70", "v2=30")...)
	if got, _, err := weights(t.Context()); err != nil || got != "[{70} {30}]" {
		t.Errorf("after the split: %s, %v", got, err)
	}
	op.must(t, 0, confirmed("chat", "undo", string(op.changes(t)[0].ID))...)
	if got, _, err := weights(t.Context()); err != nil || got != "[{90} {10}]" {
		t.Errorf("after the undo: %s, %v", got, err)
	}
}

// playedGateway says of an HTTPRoute what a gateway says that takes it. It gives what reads the weights of the first rule.
func playedGateway(t *testing.T, c *servers.Cluster, path string) func(context.Context) (string, int64, error) {
	weights := func(ctx context.Context) (string, int64, error) {
		body, err := c.Client.CoreV1().RESTClient().Get().AbsPath(path).DoRaw(ctx)
		var o struct {
			Metadata struct{ Generation int64 }
			Spec     struct {
				Rules []struct {
					Backends []struct{ Weight int } `json:"backendRefs"`
				}
			}
		}
		if err == nil {
			err = json.Unmarshal(body, &o)
		}
		if err != nil || len(o.Spec.Rules) == 0 {
			return "", 0, err
		}
		return fmt.Sprint(o.Spec.Rules[0].Backends), o.Metadata.Generation, nil
	}
	played(t, func(ctx context.Context) error {
		_, n, err := weights(ctx)
		if err != nil {
			return err
		}
		said := func(typ string) string {
			return fmt.Sprintf(`{"type":%q,"status":"True","reason":%q,"message":"","observedGeneration":%d,"lastTransitionTime":"2026-11-30T11:00:00Z"}`, typ, typ, n)
		}
		return merge(ctx, c, path+"/status", `{"status":{"parents":[{"parentRef":{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"gw"},"controllerName":"example.com/played","conditions":[`+said("Accepted")+`,`+said("ResolvedRefs")+`]}]}}`)
	})
	return weights
}
