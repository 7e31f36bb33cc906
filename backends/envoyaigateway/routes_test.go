package envoyaigateway

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/routerig"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var ref = fleet.ObjectRef{Cluster: "east", Kind: "AIGatewayRoute", Namespace: "llm", Name: "models"}

const accepted = `{type: Accepted, status: "True", reason: ReconciliationSucceeded, message: done, lastTransitionTime: "2026-11-30T11:00:00Z"}`

const rules = `
  - matches: [{headers: [{type: Exact, name: X-AI-EG-Model, value: chat}]}, {headers: [{name: x-ai-eg-model, value: org/chat-large}, {name: x-tenant, value: gold}]}]
    backendRefs: [{name: own, weight: 80, modelNameOverride: llama-v1}, {name: own, weight: 15, modelNameOverride: llama-v2}, {name: rented, weight: 5, priority: 1, modelNameOverride: gpt-5}]
  - name: code
    matches: [{headers: [{name: x-ai-eg-model, value: coder}]}]
    backendRefs: [{name: pool, group: inference.networking.k8s.io, kind: InferencePool, modelNameOverride: ignored, priority: 3}]
    timeouts: {request: 300s}`

// made is the HTTPRoute that the controller makes of the route, with weights of its first rule.
func generated(weights [3]int, seen int) string {
	return fmt.Sprintf(`
metadata: {name: models, namespace: llm, uid: g1, generation: 7, ownerReferences: [{apiVersion: aigateway.envoyproxy.io/v1beta1, kind: AIGatewayRoute, name: models, uid: a1, controller: true}]}
spec:
  parentRefs: [{name: gw}]
  rules: [{backendRefs: [{name: own, weight: %d}, {name: own, weight: %d}, {name: rented, weight: %d}]}, {backendRefs: [{name: pool}]}, {name: route-not-found}]
status: {parents: [{parentRef: {name: gw}, conditions: [{type: Accepted, status: "True", observedGeneration: %[4]d}, {type: ResolvedRefs, status: "True", observedGeneration: %[4]d}]}]}`, weights[0], weights[1], weights[2], seen)
}

func put(c *toyobjects.Cluster, kind fleet.ObjectKind, conditions string) *toyobjects.Cluster {
	c.Put(kind, "\nmetadata: {name: models, namespace: llm, uid: a1, generation: 2}\nspec:\n  parentRefs: [{name: gw}]\n  rules:"+rules+"\nstatus: {conditions: ["+conditions+"]}")
	return c
}

func cluster() *toyobjects.Cluster {
	c := put(toyobjects.New(), kinds[0], accepted)
	c.Put(madeKind, generated([3]int{80, 15, 5}, 7))
	return c
}

const policyText = `
metadata: {name: p, namespace: %s, uid: p1}
spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: %s, name: %s}], retry: {numRetries: 5}}`

func rig(t *testing.T, c *toyobjects.Cluster) *routerig.Rig {
	t.Helper()
	return routerig.Open(t, Connector(), c, "")
}

const chat, code = fleet.RouteID("llm/models/@1"), fleet.RouteID("llm/models/code")

func TestWhatIsReadOfARule(t *testing.T) {
	c := cluster()
	c.Put(policyKind, fmt.Sprintf(policyText, "llm", "HTTPRoute", "models"))
	r := rig(t, c)
	for id, want := range map[fleet.RouteID]string{chat: "own/llama-v1 80 (llama-v1), own/llama-v2 15 (llama-v2), rented 5 #1 (gpt-5)", code: "pool 1 (coder)"} {
		if got := r.Holds(t, id); got != want {
			t.Errorf("%s: %s", id, got)
		}
	}
	g := r.Routing(t, chat)
	if fmt.Sprint(g.Aliases) != "[chat org/chat-large]" || g.ByOrder != fleet.Some(true) || g.KeepsShare || g.Weighing != fleet.WeighingShares || g.Most != most ||
		g.Retries != fleet.Some(fleet.Count(5)) || g.Timeout != fleet.Some(fleet.Seconds(60)) || !g.Pending.IsEmpty() || g.Version != "2" {
		t.Errorf("%+v", g)
	}
	if g := r.Routing(t, code); fmt.Sprint(g.Aliases) != "[coder]" || !g.KeepsShare || g.Timeout != fleet.Some(fleet.Seconds(300)) {
		t.Errorf("%+v", g)
	}
	if said := r.Said(t); said != "" {
		t.Error(said)
	}
}

// A greater priority only gets what a lesser one fails, and only where gateways retry.
func TestPrioritiesNeedRetries(t *testing.T) {
	const says = "route llm/models/@1: members of a greater priority get nothing when others fail: attach a BackendTrafficPolicy with retry to the HTTPRoute models"
	for name, x := range map[string]struct {
		policy string
		scope  string
		says   bool
	}{
		"none":                   {"", "", true},
		"of the route":           {fmt.Sprintf(policyText, "llm", "HTTPRoute", "models"), "", false},
		"of its gateway":         {fmt.Sprintf(policyText, "llm", "Gateway", "gw"), "", false},
		"of another route":       {fmt.Sprintf(policyText, "llm", "HTTPRoute", "other"), "", true},
		"of another namespace":   {fmt.Sprintf(policyText, "other", "HTTPRoute", "models"), "", true},
		"without retries":        {strings.Replace(fmt.Sprintf(policyText, "llm", "HTTPRoute", "models"), "retry: {numRetries: 5}", "timeout: {}", 1), "", true},
		"by labels":              {"metadata: {name: p, namespace: llm, uid: p1}\nspec: {targetSelectors: [{kind: HTTPRoute, matchLabels: {a: b}}], retry: {}}", "", false},
		"the namespace is known": {"", "llm", true},
	} {
		c := cluster()
		if x.policy != "" {
			c.Put(policyKind, x.policy)
		}
		if said := routerig.Open(t, Connector(), c, x.scope).Said(t); said != map[bool]string{true: says}[x.says] {
			t.Errorf("%s: %q", name, said)
		}
	}
	c := cluster()
	c.Change(kinds[0], ref, "/spec/parentRefs/0/namespace", "infra") // whose policies are not read
	c.Change(madeKind, ref, "/spec/parentRefs/0/namespace", "infra")
	if said := routerig.Open(t, Connector(), c, "llm").Said(t); said != "" {
		t.Error(said)
	}
	c = cluster()
	c.Serves["gateway.envoyproxy.io"], c.Denied["backendtrafficpolicies"] = []string{"v1alpha1"}, true
	if said := rig(t, c).Said(t); !strings.Contains(said, "whether its gateways retry may not be read") || strings.Contains(said, "greater priority") {
		t.Error(said)
	}
}

// The condition names no generation, so that what is made of the rule is compared with it.
func TestTwoControllersInARow(t *testing.T) {
	refused := strings.NewReplacer("Accepted", "NotAccepted", `"True"`, `"False"`, "ReconciliationSucceeded", "ReconciliationFailed", "done", "no such backend").Replace(accepted)
	for name, x := range map[string]struct{ conditions, made, pending string }{
		"taken":             {accepted, generated([3]int{80, 15, 5}, 7), ""},
		"nothing said":      {"", generated([3]int{80, 15, 5}, 7), "has said nothing"},
		"refused":           {refused, generated([3]int{80, 15, 5}, 7), "ReconciliationFailed: no such backend"},
		"not made":          {accepted, "", "its HTTPRoute is not made yet"},
		"made of the older": {accepted, generated([3]int{90, 5, 5}, 7), "its HTTPRoute holds 90/5/5 and not yet 80/15/5"},
		"not taken":         {accepted, generated([3]int{80, 15, 5}, 6), "has seen generation 6 and not yet 7"},
	} {
		c := put(toyobjects.New(), kinds[0], x.conditions)
		if x.made != "" {
			c.Put(madeKind, x.made)
		}
		got := rig(t, c).Routing(t, chat).Pending.String()
		if !strings.Contains(got, x.pending) || (x.pending == "") != (got == "") {
			t.Errorf("%s: %q", name, got)
		}
	}
	c := cluster()
	c.Denied["httproutes"] = true
	r := rig(t, c)
	if said := r.Said(t); !r.Routing(t, chat).Pending.IsEmpty() || !strings.Contains(said, "whether gateways took its routes over may not be read") {
		t.Errorf("%q, %q", r.Routing(t, chat).Pending, said)
	}
}

func TestWeightsAreWrittenToTheRouteNotToWhatIsMadeOfIt(t *testing.T) {
	c := cluster()
	r := rig(t, c)
	if err := r.Shift(t, chat, fleet.Weights{"own/llama-v1": 0, "own/llama-v2": 95}); err != nil || !strings.HasPrefix(r.Holds(t, chat), "own/llama-v1 0 (llama-v1), own/llama-v2 95 ") {
		t.Errorf("%s, %v", r.Holds(t, chat), err)
	}
	body, err := c.Get(t.Context(), madeKind, ref)
	if err != nil || !strings.Contains(string(body), `"weight":80`) {
		t.Errorf("%s, %v", body, err)
	}
	if got := r.Routing(t, chat).Pending.String(); got != "its HTTPRoute holds 80/15/5 and not yet 0/95/5" {
		t.Error(got)
	}
	r.Refused(t, code, fleet.Weights{"pool": 0}, fleet.KindInvalid, "all weights would be 0")
	r.Refused(t, chat, fleet.Weights{"rented": 1_000_001}, fleet.KindInvalid, "not within 0 and 1000000")
	c.Change(kinds[0], ref, "/metadata/annotations", map[string]any{"argocd.argoproj.io/tracking-id": "llm:x"})
	if g := r.Routing(t, chat); g.Owner.String() != "Argo CD application llm" || !g.Fixed.IsEmpty() {
		t.Errorf("%+v", g)
	}
}

func TestTheOlderVersionIsReadWhereThereIsNoOther(t *testing.T) {
	c := put(toyobjects.New(), kinds[1], accepted)
	c.Put(madeKind, generated([3]int{80, 15, 5}, 7))
	r := rig(t, c)
	if err := r.Shift(t, chat, fleet.Weights{"rented": 20}); err != nil {
		t.Error(err)
	}
	c = toyobjects.New()
	c.Serves[group] = []string{"v2"}
	if _, err := rig(t, c).Reader.Read(t.Context()); fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "aigateway.envoyproxy.io/v2") {
		t.Error(err)
	}
	if _, err := rig(t, toyobjects.New()).Reader.Read(t.Context()); fleet.KindOf(err) != fleet.KindNotFound || !strings.Contains(err.Error(), "install its definitions") {
		t.Error(err)
	}
}

func TestNonsenseInRoutes(t *testing.T) {
	c := cluster()
	c.Put(policyKind, fmt.Sprintf(policyText, "llm", "HTTPRoute", "models"))
	rig(t, c).Withstands(t)
}

// Headers and bodies that a route sets may be credentials: nothing of them is kept or said.
func TestNothingSecretIsKept(t *testing.T) {
	const canary = "sk-canary-0451"
	c := cluster()
	for _, x := range []struct {
		path  string
		value any
	}{
		{"/spec/rules/0/backendRefs/0/headerMutation", map[string]any{"set": []any{map[string]any{"name": "authorization", "value": canary}}}},
		{"/spec/rules/0/backendRefs/1/bodyMutation", map[string]any{"set": []any{map[string]any{"path": "key", "value": canary}}}},
		{"/spec/rules/0/matches/1/headers/1/value", canary},
	} {
		c.Change(kinds[0], ref, x.path, x.value)
	}
	r := rig(t, c)
	if p := fmt.Sprintf("%+v", *r.Read(t).Gateway) + r.Said(t); strings.Contains(p, canary) {
		t.Error(p)
	}
	s := r.Spec(t, chat)
	c.Change(kinds[0], ref, "/spec/rules/0/backendRefs/0/weight", 1)
	for _, err := range []error{r.Writer.SetWeights(t.Context(), s, fleet.Weights{"own/llama-v1": 80}, fleet.Weights{"own/llama-v1": 70}), r.Shift(t, chat, fleet.Weights{"rented": -1})} {
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Error(err)
		}
	}
	c.Change(kinds[0], ref, "/spec/rules/0/backendRefs/0/weight", canary) // of the wrong type
	if said := r.Said(t); said == "" || strings.Contains(said, canary) {
		t.Error(said)
	}
}

// FuzzRoutes: whatever a server gives as a route is read or refused, and each member means one.
func FuzzRoutes(f *testing.F) {
	f.Add([]byte(`{"metadata":{"name":"n","namespace":"m"},"spec":{"rules":[{"backendRefs":[{"name":"a"},{"name":"a","modelNameOverride":"x"}]}]}}`))
	f.Add([]byte(`{"spec":{"rules":[{"name":"x"},null,{"backendRefs":[{"weight":-1,"priority":-3},{}]}]},"status":{"conditions":[{}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := jsonptr.Decode(body)
		if err != nil {
			return
		}
		list, _ := shape{}.Routes(kinds[0], ref, doc)
		routerig.Distinct(t, list)
	})
}

func TestBadInput(t *testing.T) {
	routerig.BadInput(t, routerig.Case{Connector: Connector(), Cluster: cluster, Kind: kinds[0], Ref: fleet.ObjectRef{Namespace: "llm", Name: "models"}, Route: chat,
		After: fleet.Weights{"own/llama-v1": 50}, Members: "/spec/rules/0/backendRefs", Weight: "/spec/rules/0/backendRefs/1/weight"})
}
