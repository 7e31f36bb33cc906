//go:build real

package real_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"pitwall/backends/registry"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// routeKinds are kinds that hold routes of gateways, and kinds around them. Where they are not on the machine as their projects
// publish them, kinds of the same names are made that take anything.
var routeKinds = []struct{ published, group, version, plural, kind string }{
	{"crd-httproutes-v1.6.1-standard", "gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute"},
	{"crd-aigatewayroutes-v1.1.0", "aigateway.envoyproxy.io", "v1beta1", "aigatewayroutes", "AIGatewayRoute"},
	{"crd-inferencepools-v1.6.0", "inference.networking.k8s.io", "v1", "inferencepools", "InferencePool"},
	{"crd-inferencemodelrewrites-llm-d-v0.10.0", "llm-d.ai", "v1alpha2", "inferencemodelrewrites", "InferenceModelRewrite"},
	{"crd-inferencemodelrewrites-x-k8s-v1.5.0", "inference.networking.x-k8s.io", "v1alpha2", "inferencemodelrewrites", "InferenceModelRewrite"},
	{"crd-virtualservices-v1-istio-1.30.3", "networking.istio.io", "v1", "virtualservices", "VirtualService"},
	{"", "gateway.envoyproxy.io", "v1alpha1", "backendtrafficpolicies", "BackendTrafficPolicy"},
}

func defineRoutes(t *testing.T, c *servers.Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, x := range routeKinds {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "gateways", x.published+".yaml"))
		if err != nil {
			t.Logf("the published kind %s of %s is not on this machine: it takes anything", x.kind, x.group)
			text = fmt.Appendf(nil, takesAnything, x.group, x.version, x.plural, x.kind, strings.ToLower(x.kind))
		}
		if err := post(t, c, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", string(text)); err != nil {
			t.Fatalf("%s of %s: %v", x.plural, x.group, err)
		}
	}
	for _, x := range routeKinds {
		path := "/apis/" + x.group + "/" + x.version + "/" + x.plural
		for c.Client.CoreV1().RESTClient().Get().AbsPath(path).Do(ctx).Error() != nil {
			if ctx.Err() != nil {
				t.Fatalf("%s is not served", path)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// clusterGateway is a gateway of objects of a real cluster, through the connectors as they are shipped.
type clusterGateway struct {
	reader fleet.Reader
	writer fleet.RouteWriter
	other  fleet.RouteWriter // of a second operator
}

func openGateway(t *testing.T, c *servers.Cluster, kind string) *clusterGateway {
	t.Helper()
	sources := []fleet.SourceSpec{{ID: "k", Kind: "kubernetes", Subject: fleet.Subject{Cluster: "c"}, Options: map[string]string{"kubeconfig": c.Admin.Kubeconfig}}}
	set := registry.Set(registry.Connectors())
	deps := set.Equip(fleet.Deps{Clock: fleet.SystemClock{}}, sources)
	spec := fleet.GatewaySpec{ID: "edge", Kind: kind, Cluster: "c", Options: map[string]string{"namespaces": "serving"}}
	open := func() fleet.RouteWriter {
		w, err := set.Writers([]fleet.GatewaySpec{spec}, deps)
		if err != nil {
			t.Fatal(err)
		}
		return w["edge"]
	}
	r, err := set.Open(fleet.SourceSpec{ID: "edge", Kind: kind, Options: map[string]string{fleet.OptionCluster: "c", "namespaces": "serving"}}, deps)
	if err != nil {
		t.Fatal(err)
	}
	return &clusterGateway{r, open(), open()}
}

func (g *clusterGateway) spec(t *testing.T, id fleet.RouteID) (fleet.RouteSpec, fleet.Routing) {
	t.Helper()
	p, err := g.reader.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := fleet.RouteSpec{ID: id}
	for _, d := range p.Gateway.Deployments {
		if d.Route == id {
			s.Targets = append(s.Targets, fleet.TargetSpec{ID: fleet.TargetID(d.ID), Deployment: d.ID})
		}
	}
	routing, ok := p.Gateway.Routing[id]
	if !ok || len(s.Targets) == 0 {
		t.Fatalf("no route %s: %+v", id, p.Gateway)
	}
	return s, routing
}

func (g *clusterGateway) held(t *testing.T, s fleet.RouteSpec) fleet.ReplicaWeights {
	t.Helper()
	back := g.writer.ReadBack(t.Context(), s)
	if len(back) != 1 || back[0].Err != nil {
		t.Fatalf("%+v", back)
	}
	return back[0]
}

// routeCase is one kind of routes: two members a and b with the weights 90 and 10.
type routeCase struct {
	kind, path, object string // of the connector; of the objects; one of them, called chat
	route              fleet.RouteID
	a, b               fleet.TargetID
	list               string // where the weights are
	alone              bool   // 0 takes b off the list
}

func routeCases() []routeCase {
	const pool = `poolRef: {name: pool}, rules: [{matches: [{model: {value: chat}}], targets: [{modelRewrite: a, weight: 90}, {modelRewrite: org/b, weight: 10}]}]`
	return []routeCase{
		{"gateway-api", "/apis/gateway.networking.k8s.io/v1/namespaces/serving/httproutes",
			`{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: chat}, spec: {parentRefs: [{name: gw}], rules: [{backendRefs: [{name: a, port: 80, weight: 90}, {name: b, port: 80, weight: 10}]}]}}`,
			"serving/chat", "a", "b", "rules backendRefs", false},
		{"envoy-ai-gateway", "/apis/aigateway.envoyproxy.io/v1beta1/namespaces/serving/aigatewayroutes",
			`{apiVersion: aigateway.envoyproxy.io/v1beta1, kind: AIGatewayRoute, metadata: {name: chat}, spec: {parentRefs: [{name: gw, kind: Gateway, group: gateway.networking.k8s.io}], rules: [{matches: [{headers: [{type: Exact, name: x-ai-eg-model, value: chat}]}], backendRefs: [{name: a, weight: 90, modelNameOverride: llama}, {name: b, weight: 10, priority: 1}]}]}}`,
			"serving/chat", "a", "b", "rules backendRefs", false},
		{"model-rewrite", "/apis/llm-d.ai/v1alpha2/namespaces/serving/inferencemodelrewrites",
			`{apiVersion: llm-d.ai/v1alpha2, kind: InferenceModelRewrite, metadata: {name: chat}, spec: {` + pool + `}}`, "serving/chat", "a", "org/b", "rules targets", true},
		{"model-rewrite", "/apis/inference.networking.x-k8s.io/v1alpha2/namespaces/serving/inferencemodelrewrites",
			`{apiVersion: inference.networking.x-k8s.io/v1alpha2, kind: InferenceModelRewrite, metadata: {name: older}, spec: {` + strings.Replace(pool, "value: chat", "value: code", 1) + `}}`, "serving/older", "a", "org/b", "rules targets", true},
		{"istio", "/apis/networking.istio.io/v1/namespaces/serving/virtualservices",
			`{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: chat}, spec: {hosts: [chat], http: [{route: [{destination: {host: chat, subset: a}, weight: 90}, {destination: {host: chat, subset: b}, weight: 10}]}]}}`,
			"serving/chat", "chat/a", "chat/b", "http route", false},
	}
}

// stored is what the API server holds of a route, and its generation.
func (x *routeCase) stored(t *testing.T, c *servers.Cluster) (string, int64) {
	t.Helper()
	name := strings.TrimPrefix(string(x.route), "serving/")
	body, err := c.Client.CoreV1().RESTClient().Get().AbsPath(x.path + "/" + name).DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rules, members, _ := strings.Cut(x.list, " ")
	var whole struct {
		Metadata struct{ Generation int64 }
		Spec     map[string]json.RawMessage
	}
	if err := json.Unmarshal(body, &whole); err != nil {
		t.Fatal(err)
	}
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(whole.Spec[rules], &list); err != nil {
		t.Fatal(err)
	}
	var weights []struct{ Weight int }
	if err := json.Unmarshal(list[0][members], &weights); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(weights), whole.Metadata.Generation
}

// TestRoutesOfAClusterAreWeighed holds the four kinds of routes against the real API server with the published kinds: weights as
// guarded patches, a rehearsal that the server refuses, a stale plan, two editors at once. No controller of these systems runs.
func TestRoutesOfAClusterAreWeighed(t *testing.T) {
	t.Parallel()
	c := newCluster(t, servers.Options{Namespace: "serving"}, 0)
	defineRoutes(t, c)
	limit(t, c)
	for _, x := range routeCases() {
		t.Run(x.kind+" "+string(x.route), func(t *testing.T) {
			if err := post(t, c, x.path, x.object); err != nil {
				t.Fatal(err)
			}
			g := openGateway(t, c, x.kind)
			s, routing := g.spec(t, x.route)
			if routing.ChangedBy.IsEmpty() || !routing.ChangedAt.OK || routing.Version != "1" {
				t.Errorf("nobody wrote it: %+v", routing)
			}
			began := fleet.Weights{x.a: 90, x.b: 10}
			if held := g.held(t, s); !held.Weights.Equal(began) {
				t.Fatalf("it holds %v", held.Weights)
			}
			works := func(what string, err error) {
				t.Helper()
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
			}
			fails := func(what string, err error, kind fleet.Kind, text string) {
				t.Helper()
				if fleet.KindOf(err) != kind || !strings.Contains(err.Error(), text) || !fleet.IsClean(fleet.Sentence(err).String()) {
					t.Errorf("%s: %v, wanted %s with %q", what, err, kind, text)
				}
			}
			moved := fleet.Weights{x.a: 60, x.b: 40}
			works("a shift", g.writer.SetWeights(t.Context(), s, began, moved))
			if got, n := x.stored(t, c); got != "[{60} {40}]" || n != 2 {
				t.Errorf("stored %s, generation %d", got, n)
			}
			works("the same again", g.writer.SetWeights(t.Context(), s, began, moved))
			fails("a stale plan", g.other.SetWeights(t.Context(), s, began, fleet.Weights{x.a: 50, x.b: 50}), fleet.KindConflict, "it holds 60/40 by now")
			fails("all out", g.writer.SetWeights(t.Context(), s, moved, fleet.Weights{x.a: 0, x.b: 0}), fleet.KindInvalid, "all weights would be 0")
			fails("more than the site allows", g.writer.SetWeights(t.Context(), s, moved, fleet.Weights{x.a: 60, x.b: 777}), fleet.KindBlocked, "no weight is 777")
			if got, n := x.stored(t, c); got != "[{60} {40}]" || n != 2 {
				t.Errorf("what was refused is stored: %s, generation %d", got, n)
			}
			works("out", g.writer.SetWeights(t.Context(), s, moved, fleet.Weights{x.a: 60, x.b: 0}))
			if got, _ := x.stored(t, c); got != map[bool]string{true: "[{60}]", false: "[{60} {0}]"}[x.alone] {
				t.Errorf("stored %s", got)
			}
			if again, _ := g.spec(t, x.route); len(again.Targets) != 2 {
				t.Errorf("a member is gone: %+v", again)
			}
			works("back in", g.writer.SetWeights(t.Context(), s, fleet.Weights{x.a: 60, x.b: 0}, began))
			if got, _ := x.stored(t, c); got != "[{90} {10}]" {
				t.Errorf("stored %s", got)
			}
			g.race(t, s, began, []fleet.Weights{{x.a: 70, x.b: 30}, {x.a: 20, x.b: 80}})
		})
	}
	t.Run("in force", func(t *testing.T) { inForce(t, c) })
}

// limit has the server refuse the weight 777, as a site's own policy would, and waits until it does.
func limit(t *testing.T, c *servers.Cluster) {
	t.Helper()
	const admission = "/apis/admissionregistration.k8s.io/v1/"
	if err := post(t, c, admission+"validatingadmissionpolicies", `{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: weights}, spec: {matchConstraints: {resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: [CREATE, UPDATE], resources: [httproutes, aigatewayroutes, inferencemodelrewrites, virtualservices]}]},
		validations: [{message: no weight is 777, expression: "!(has(object.spec.rules) && object.spec.rules.exists(r, (has(r.backendRefs) && r.backendRefs.exists(b, has(b.weight) && b.weight == 777)) || (has(r.targets) && r.targets.exists(b, has(b.weight) && b.weight == 777)))) && !(has(object.spec.http) && object.spec.http.exists(r, has(r.route) && r.route.exists(b, has(b.weight) && b.weight == 777)))"}]}}`); err != nil {
		t.Fatal(err)
	}
	if err := post(t, c, admission+"validatingadmissionpolicybindings", `{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: weights}, spec: {policyName: weights, validationActions: [Deny]}}`); err != nil {
		t.Fatal(err)
	}
	for _, x := range routeCases() {
		bad := strings.NewReplacer("weight: 10", "weight: 777", "name: chat}", "name: probe}", "name: older}", "name: probe}").Replace(x.object)
		until(t, time.Minute, "the site's policy holds for "+x.path, func() bool {
			body, err := yaml.YAMLToJSON([]byte(bad))
			if err != nil {
				t.Fatal(err)
			}
			err = c.Client.CoreV1().RESTClient().Post().AbsPath(x.path).Param("dryRun", "All").SetHeader("Content-Type", "application/json").Body(body).Do(t.Context()).Error()
			return err != nil && strings.Contains(err.Error(), "no weight is 777")
		})
	}
}

// race has two operators set different weights at once: one is done, the other is told.
func (g *clusterGateway) race(t *testing.T, s fleet.RouteSpec, began fleet.Weights, wanted []fleet.Weights) {
	t.Helper()
	errs := make([]error, len(wanted))
	var wg sync.WaitGroup
	for i, w := range []fleet.RouteWriter{g.writer, g.other} {
		wg.Go(func() { errs[i] = w.SetWeights(context.Background(), s, began, wanted[i]) })
	}
	wg.Wait()
	held := g.held(t, s).Weights
	for i, err := range errs {
		switch {
		case err == nil && held.Equal(wanted[i]):
		case err == nil:
			t.Errorf("%v was set, and it holds %v", wanted[i], held)
		case fleet.KindOf(err) != fleet.KindConflict || !fleet.IsClean(fleet.Sentence(err).String()):
			t.Errorf("%v: %v", wanted[i], err)
		default:
			t.Log(fleet.Sentence(err))
		}
	}
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("of two at once: %v", errs)
	}
}

// inForce: a shift is stored, and not in force until the gateway says so of the newest route; a back end that is not there does not
// keep it from being so.
func inForce(t *testing.T, c *servers.Cluster) {
	const path = "/apis/gateway.networking.k8s.io/v1/namespaces/serving/httproutes/chat"
	g := openGateway(t, c, "gateway-api")
	s, routing := g.spec(t, "serving/chat")
	if got := routing.Pending.String(); !strings.Contains(got, "gateway serving/gw has said nothing") {
		t.Errorf("nobody spoke: %q", got)
	}
	said := func(generation int64, resolved string) {
		patchStatus(t, c, path, fmt.Sprintf(`{parents: [{parentRef: {group: gateway.networking.k8s.io, kind: Gateway, name: gw}, controllerName: example.com/played, conditions: [
			{type: Accepted, status: "True", reason: Accepted, message: "", observedGeneration: %[1]d, lastTransitionTime: "2026-11-30T11:00:00Z"}, {type: ResolvedRefs, status: "%[2]s", reason: BackendNotFound, message: b, observedGeneration: %[1]d, lastTransitionTime: "2026-11-30T11:00:00Z"}]}]}`, generation, resolved))
	}
	x := routeCases()[0]
	_, n := x.stored(t, c)
	said(n, "False")
	now := g.held(t, s)
	if !now.Pending.IsEmpty() {
		t.Errorf("a missing back end: %q", now.Pending)
	}
	if err := g.writer.SetWeights(t.Context(), s, now.Weights, fleet.Weights{"a": 1, "b": 0}); err != nil {
		t.Fatal(err)
	}
	if got := g.held(t, s).Pending.String(); !strings.Contains(got, fmt.Sprintf("has seen generation %d and not yet %d", n, n+1)) {
		t.Errorf("right after the shift: %q", got)
	}
	said(n+1, "False")
	if got := g.held(t, s).Pending; !got.IsEmpty() {
		t.Errorf("taken: %q", got)
	}
}
