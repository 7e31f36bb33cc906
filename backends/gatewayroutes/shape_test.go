package gatewayroutes

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/movers"
	"pitwall/backends/internal/routerig"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

func rig(t *testing.T, c *toyobjects.Cluster) *routerig.Rig {
	t.Helper()
	return routerig.Open(t, Connector(), c, "")
}

// A rule with one back end is a route too: with weight 0 it answers 500.
func TestEachRuleWithBackEndsIsARoute(t *testing.T) {
	r := rig(t, route("", `{name: docs, filters: [{type: RequestRedirect, requestRedirect: {hostname: docs.example.com}}]},
		{name: code, backendRefs: [{name: only, weight: 5}], timeouts: {request: 60s, backendRequest: 20s}, retry: {attempts: 2}},
		{backendRefs: `+two+`, timeouts: {request: 0s}}, {backendRefs: [{name: v1, port: 80}, {name: v1, port: 81, weight: 0}]}`, parentOf(taken(4))))
	if got := fmt.Sprint(r.Routes(t)); got != "[llm/chat/code llm/chat/@3 llm/chat/@4]" {
		t.Error(got)
	}
	for id, want := range map[fleet.RouteID]string{"llm/chat/code": "only 5", "llm/chat/@3": "v1 90, v2 10", "llm/chat/@4": "v1:80 1, v1:81 0"} {
		if got := r.Holds(t, id); got != want {
			t.Errorf("%s: %s", id, got)
		}
	}
	g := r.Routing(t, "llm/chat/code")
	if g.Weighing != fleet.WeighingShares || g.Most != 1_000_000 || !g.KeepsShare || g.AloneTakesAll || g.Retries != fleet.Some(fleet.Count(2)) ||
		g.Timeout != fleet.Some(fleet.Seconds(20)) || !g.Pending.IsEmpty() || !g.Owner.IsEmpty() || !g.Fixed.IsEmpty() || g.Version != "4" {
		t.Errorf("%+v", g)
	}
	if g := r.Routing(t, "llm/chat/@3"); g.Timeout.OK || g.Retries.OK {
		t.Errorf("%+v", g)
	}
	r.Refused(t, "llm/chat/code", fleet.Weights{"only": 0}, fleet.KindInvalid, "all weights would be 0")
	r.Refused(t, "llm/chat/@3", fleet.Weights{"v1": 0, "v2": 0}, fleet.KindInvalid, "all weights would be 0")
	r.Refused(t, "llm/chat/@3", fleet.Weights{"v1": 1_000_001}, fleet.KindInvalid, "not within 0 and 1000000")
	if err := r.Shift(t, "llm/chat/@4", fleet.Weights{"v1:80": 30, "v1:81": 70}); err != nil || r.Holds(t, "llm/chat/@4") != "v1:80 30, v1:81 70" {
		t.Errorf("%s, %v", r.Holds(t, "llm/chat/@4"), err)
	}
	if got := r.Holds(t, "llm/chat/@3"); got != "v1 90, v2 10" {
		t.Errorf("another rule became %s", got)
	}
	if one := rig(t, plain()); fmt.Sprint(one.Routes(t)) != "[llm/chat]" || one.Shift(t, "llm/chat", fleet.Weights{"v1": 0}) != nil {
		t.Errorf("%s: %s", one.Routes(t), one.Holds(t, "llm/chat"))
	}
}

// What a gateway has not taken over is not in force; a back end that is not there is what weights are moved away from.
func TestWhatIsNotInForceIsPending(t *testing.T) {
	const resolved, missing = `{type: ResolvedRefs, status: "True", reason: ResolvedRefs, observedGeneration: 4}`, `{type: ResolvedRefs, status: "False", reason: BackendNotFound, message: v2, observedGeneration: 4}`
	const accepted = `{type: Accepted, status: "True", reason: Accepted, observedGeneration: 4}`
	for _, x := range []struct{ name, parents, pending, note string }{
		{"taken", parentOf(taken(4)), "", ""},
		{"older", parentOf(taken(3)), "has seen generation 3 and not yet 4", ""},
		{"silent", "", "has said nothing", ""},
		{"refused", parentOf(`{type: Accepted, status: "False", reason: NotAllowedByListeners, observedGeneration: 4}, ` + resolved), "Accepted is False: NotAllowedByListeners", ""},
		{"missing", parentOf(accepted + "," + missing), "", "ResolvedRefs is False: BackendNotFound: v2"},
		{"partly", parentOf(accepted + "," + missing + `, {type: PartiallyInvalid, status: "True", reason: UnsupportedValue, observedGeneration: 4}`), "PartiallyInvalid is True", ""},
	} {
		r := rig(t, route("", "{backendRefs: "+two+"}", x.parents))
		got := r.Routing(t, "llm/chat").Pending.String()
		if !strings.Contains(got, x.pending) || (x.pending == "") != (got == "") {
			t.Errorf("%s: pending is %q", x.name, got)
		}
		if said := r.Said(t); !strings.Contains(said, x.note) || (x.note == "") != (said == "") {
			t.Errorf("%s: it says %q", x.name, said)
		}
		if back := r.Writer.ReadBack(t.Context(), r.Spec(t, "llm/chat"))[0]; back.Pending.String() != got {
			t.Errorf("%s: the read-back says %q", x.name, back.Pending)
		}
	}
	both := route("", "{backendRefs: "+two+"}", parentOf(accepted+","+missing))
	both.Change(kind, chat, "/spec/parentRefs/1", map[string]any{"name": "second"})
	if got := rig(t, both).Routing(t, "llm/chat").Pending.String(); !strings.Contains(got, "llm/second has said nothing") {
		t.Errorf("of two gateways: %q", got)
	}
}

// Who would set weights back is said beforehand, and nothing is written.
func TestOwnedRoutesAreFixed(t *testing.T) {
	owned := func(kind, name string) *toyobjects.Cluster {
		return route(fmt.Sprintf(", ownerReferences: [{apiVersion: v1, kind: %s, name: %s, uid: o, controller: true}]", kind, name), "{backendRefs: "+two+"}", parentOf(taken(4)))
	}
	steps := plain()
	steps.Put(movers.RolloutKind, "metadata: {name: steps, namespace: apps, uid: r}\nspec: {strategy: {canary: {trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {httpRoute: chat, namespace: llm}}}}}}")
	trial := plain()
	trial.Put(movers.CanaryKind, "metadata: {name: trial, namespace: llm, uid: c}\nspec: {targetRef: {name: chat}, service: {port: 80, gatewayRefs: [{name: gw}]}}")
	for who, x := range map[string]struct {
		c     *toyobjects.Cluster
		fixed string
	}{
		"Rollout steps":         {steps, "Rollout/apps/steps moves them along its steps"},
		"Canary trial":          {trial, "Flagger moves them by its analysis"},
		"InferenceService chat": {owned("InferenceService", "chat"), "pitwall traffic InferenceService/llm/chat"},
		"RayService chat":       {owned("RayService", "chat"), "re-apply the old configuration"},
		"Thing t":               {owned("Thing", "t"), "change that"},
	} {
		r := rig(t, x.c)
		if g := r.Routing(t, "llm/chat"); g.Owner.String() != who || !strings.Contains(g.Fixed.String(), who+" writes its weights") || !strings.Contains(g.Fixed.String(), x.fixed) {
			t.Errorf("%s: %q, %q", who, g.Owner, g.Fixed)
		}
		r.Refused(t, "llm/chat", fleet.Weights{"v2": 50}, fleet.KindUnsupported, x.fixed)
	}
	r := rig(t, route(`, annotations: {argocd.argoproj.io/tracking-id: "llm-apps:gateway/HTTPRoute:llm/chat"}, managedFields: [{manager: argocd, operation: Apply, time: "2026-11-29T08:00:00Z"}, {manager: kubectl-edit, operation: Update, time: "2026-11-30T09:00:00Z"}, {manager: envoy-gateway, operation: Update, subresource: status, time: "2026-11-30T09:01:00Z"}]`, "{backendRefs: "+two+"}", parentOf(taken(4))))
	g := r.Routing(t, "llm/chat")
	if g.Owner.String() != "Argo CD application llm-apps" || !g.Fixed.IsEmpty() || g.ChangedBy.String() != "kubectl-edit" || g.ChangedAt.V.Hour() != 9 || g.ChangedAt.V.Minute() != 0 {
		t.Errorf("%+v", g)
	}
	if err := r.Shift(t, "llm/chat", fleet.Weights{"v2": 50}); err != nil {
		t.Error(err)
	}
	denied := plain()
	denied.Serves["argoproj.io"], denied.Denied["rollouts"] = []string{"v1alpha1"}, true
	if said := rig(t, denied).Said(t); !strings.Contains(said, "whether a Rollout moves its weights may not be read") {
		t.Error(said)
	}
}

// What Envoy AI Gateway makes of its own routes is overwritten by it, and is no route of its own.
func TestGeneratedRoutesAreNotShown(t *testing.T) {
	for _, meta := range []string{", ownerReferences: [{apiVersion: aigateway.envoyproxy.io/v1beta1, kind: AIGatewayRoute, name: chat, uid: o, controller: true}]",
		`, annotations: {gateway.envoyproxy.io/ai-gateway-generated: "true"}`} {
		if r := rig(t, route(meta, "{backendRefs: "+two+"}", parentOf(taken(4)))); len(r.Routes(t)) != 0 {
			t.Errorf("%s: %s", meta, r.Routes(t))
		}
	}
}

// Somebody else's write in between is a conflict, and so is another route in its place.
func TestAStaleShiftIsAConflict(t *testing.T) {
	c := plain()
	r := rig(t, c)
	s := r.Spec(t, "llm/chat")
	before, after := fleet.Weights{"v1": 90, "v2": 10}, fleet.Weights{"v1": 50, "v2": 50}
	c.Change(kind, chat, "/spec/rules/0/backendRefs/1/weight", 20)
	if err := r.Writer.SetWeights(t.Context(), s, before, after); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "it holds 90/20 by now") {
		t.Error(err)
	}
	c.Drop(kind, "llm", "chat")
	if err := r.Writer.SetWeights(t.Context(), s, before, after); fleet.KindOf(err) != fleet.KindNotFound {
		t.Error(err)
	}
	if back := r.Writer.ReadBack(t.Context(), s)[0]; fleet.KindOf(back.Err) != fleet.KindNotFound || back.Weights != nil {
		t.Errorf("%+v", back)
	}
	if err := r.Writer.Resync(t.Context(), s, "edge"); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Error(err)
	}
}

func TestOnlyNamedNamespacesAreRead(t *testing.T) {
	c := plain()
	c.Put(kind, "metadata: {name: other, namespace: b, uid: h2}\nspec: {parentRefs: [{name: gw}], rules: [{backendRefs: "+two+"}]}")
	c.Put(kind, "metadata: {name: third, namespace: c, uid: h3}\nspec: {parentRefs: [{name: gw}], rules: [{backendRefs: "+two+"}]}")
	if got := fmt.Sprint(routerig.Open(t, Connector(), c, "llm, b").Routes(t)); got != "[llm/chat b/other]" {
		t.Error(got)
	}
	if got := len(rig(t, c).Routes(t)); got != 3 {
		t.Errorf("%d routes", got)
	}
}

func TestNonsenseInRoutes(t *testing.T) {
	c := route(`, annotations: {a: b}, managedFields: [{manager: m, operation: Apply, time: "2026-11-29T08:00:00Z"}]`, "{name: chat, matches: [{path: {type: PathPrefix, value: /}}], backendRefs: "+two+", timeouts: {request: 10s}, retry: {attempts: 1}}", parentOf(taken(4)))
	c.Put(movers.RolloutKind, "metadata: {name: steps, namespace: llm, uid: r}\nspec: {strategy: {canary: {trafficRouting: {plugins: {argoproj-labs/gatewayAPI: {httpRoute: x}}}}}}")
	rig(t, c).Withstands(t)
}

// FuzzRoutes: whatever a server gives as a route is read or refused, and each name means one.
func FuzzRoutes(f *testing.F) {
	f.Add([]byte(`{"metadata":{"name":"n","namespace":"m"},"spec":{"parentRefs":[{"name":"g"}],"rules":[{"name":"x","backendRefs":[{"name":"a","port":1},{"name":"a","port":2},{}]},null]},"status":{"parents":[{"parentRef":{"name":"g"},"conditions":[{"type":"Accepted","status":"True"}]}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := jsonptr.Decode(body)
		if err != nil {
			return
		}
		list, _ := shape{}.Routes(kind, chat, doc)
		routerig.Distinct(t, list)
	})
}

func TestBadInput(t *testing.T) {
	routerig.BadInput(t, routerig.Case{Connector: Connector(), Cluster: plain, Kind: kind, Ref: chat, Route: "llm/chat",
		After: fleet.Weights{"v1": 50, "v2": 50}, Members: "/spec/rules/0/backendRefs", Weight: "/spec/rules/0/backendRefs/1/weight"})
}
