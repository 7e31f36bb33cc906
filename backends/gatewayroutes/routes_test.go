package gatewayroutes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/movers"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

var chat = fleet.ObjectRef{Cluster: "east", Kind: "HTTPRoute", Namespace: "llm", Name: "chat"}

const two = `[{name: v1, kind: Service, port: 80, weight: 90}, {name: v2, kind: Service, port: 80, weight: 10}]`

// taken are conditions of a gateway that takes a generation.
func taken(n int) string {
	return fmt.Sprintf(`{type: Accepted, status: "True", reason: Accepted, observedGeneration: %d}, {type: ResolvedRefs, status: "True", reason: ResolvedRefs, observedGeneration: %d}`, n, n)
}

func route(meta, rules, parents string) *toyobjects.Cluster {
	c := toyobjects.New()
	c.Put(kind, fmt.Sprintf(`
metadata: {name: chat, namespace: llm, uid: h1, generation: 4%s}
spec: {parentRefs: [{name: gw, namespace: infra}], rules: [%s]}
status: {parents: [%s]}`, meta, rules, parents))
	return c
}

func parentOf(conditions string) string {
	return `{parentRef: {group: gateway.networking.k8s.io, kind: Gateway, name: gw, namespace: infra}, controllerName: x/y, conditions: [` + conditions + `]}`
}

func plain() *toyobjects.Cluster {
	return route("", "{matches: [{path: {type: PathPrefix, value: /}}], backendRefs: "+two+"}", parentOf(taken(4)))
}

func look(t *testing.T, c *toyobjects.Cluster) fleet.Rollout {
	t.Helper()
	r, err := New(fleet.NewVirtualClock(noon)).Rollout(t.Context(), c, kind, chat)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func weigh(t *testing.T, c *toyobjects.Cluster, shares ...fleet.Share) (fleet.Draft, error) {
	t.Helper()
	return New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, look(t, c), fleet.Want{Do: fleet.DoTraffic, Shares: shares})
}

// Trap 17: what a gateway says counts for the generation that it names only.
func TestTrap17WhatGatewaysSayOfTheRouteAsItIs(t *testing.T) {
	rules := "{backendRefs: " + two + "}"
	for _, x := range []struct {
		name, parents string
		phase         fleet.RolloutPhase
		why           string
	}{
		{"taken", parentOf(taken(4)), fleet.RolloutDone, ""},
		{"an older one", parentOf(taken(3)), fleet.RolloutUnseen, "gateway infra/gw has seen generation 3 and not yet 4"},
		{"nobody", "", fleet.RolloutUnseen, "gateway infra/gw has said nothing"},
		{"another gateway", strings.Replace(parentOf(taken(4)), "name: gw", "name: other", 1), fleet.RolloutUnseen, "has said nothing"},
		{"half of it", parentOf(`{type: Accepted, status: "True", reason: Accepted, observedGeneration: 4}`), fleet.RolloutUnseen, "has not said whether"},
		{"not accepted", parentOf(`{type: Accepted, status: "False", reason: NotAllowedByListeners, message: refused, observedGeneration: 4}, {type: ResolvedRefs, status: "True", reason: ResolvedRefs, observedGeneration: 4}`), fleet.RolloutFailed, "NotAllowedByListeners"},
		{"a back end that is not there", parentOf(`{type: Accepted, status: "True", reason: Accepted, observedGeneration: 4}, {type: ResolvedRefs, status: "False", reason: BackendNotFound, message: v2, observedGeneration: 4}`), fleet.RolloutStuck, "BackendNotFound"},
		{"partly", parentOf(taken(4) + `, {type: PartiallyInvalid, status: "True", reason: UnsupportedValue, message: rule 2, observedGeneration: 4}`), fleet.RolloutStuck, "PartiallyInvalid"},
		{"partly, before", parentOf(taken(4) + `, {type: PartiallyInvalid, status: "True", reason: UnsupportedValue, observedGeneration: 3}`), fleet.RolloutDone, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := look(t, route("", rules, x.parents))
			if r.Phase != x.phase || !strings.Contains(r.Why.String(), x.why) || (x.phase == fleet.RolloutDone) != r.Why.IsEmpty() {
				t.Errorf("%s: %q", r.Phase, r.Why)
			}
		})
	}
	r := look(t, plain())
	if r.Traffic.Kind != fleet.TrafficProportional || len(r.Traffic.Members) != 2 || r.Traffic.Members[1].ID != "v2" || r.Traffic.Members[1].Weight != 10 || !r.Traffic.Members[1].Ready ||
		!strings.Contains(r.System.String(), "accepted is not in force") {
		t.Errorf("%+v", r)
	}
}

func TestEachMemberMeansOneBackEnd(t *testing.T) {
	for _, x := range []struct{ rules, ids string }{
		{"{backendRefs: " + two + "}", "v1 v2"},
		{"{backendRefs: [{name: only}]}, {backendRefs: " + two + "}", "v1 v2"},
		{"{backendRefs: " + two + "}, {name: code, backendRefs: " + two + "}", "@1/v1 @1/v2 code/v1 code/v2"},
		{"{backendRefs: [{name: v1, port: 80}, {name: v1, port: 81}, {name: v2, port: 80}]}", "v1:80 v1:81 v2"},
		{"{backendRefs: [{name: v1, kind: Service, port: 80}, {name: v1, kind: Service, namespace: other, port: 80}]}", "Service..v1:80 Service.other.v1:80"},
		{"{backendRefs: [{name: v1, kind: Service}, {name: v1, kind: InferencePool}]}", "Service..v1:0 InferencePool..v1:0"},
		{"{backendRefs: [{name: v1, port: 80}, {name: v1, port: 80}]}", "v1@1 v1@2"},
		{"{backendRefs: [{name: only}]}", ""},
	} {
		var ids []string
		for _, m := range look(t, route("", x.rules, parentOf(taken(4)))).Traffic.Members {
			ids = append(ids, m.ID)
		}
		if got := strings.Join(ids, " "); got != x.ids {
			t.Errorf("%s: %s, wanted %s", x.rules, got, x.ids)
		}
	}
}

func TestWeightsAreOneWriteHeldToItsRule(t *testing.T) {
	c := route("", "{backendRefs: [{name: only}]}, {name: chat, matches: [{path: {type: PathPrefix, value: /}}], backendRefs: "+two+"}, {name: code, backendRefs: [{name: a, weight: 1}, {name: b}]}", parentOf(taken(4)))
	d, err := weigh(t, c, fleet.Share{Member: "chat/v2", Weight: 30})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Stages) != 1 || len(d.Stages[0].Writes) != 1 || !d.Stages[0].Until.Done || !d.Weights || !strings.Contains(d.Notes[0].String(), "accepted is not in force") {
		t.Fatalf("%+v", d)
	}
	w := d.Stages[0].Writes[0]
	var sets, same []string
	for _, f := range w.Fields {
		if f.Before.Equal(f.After) {
			same = append(same, f.Path+"="+string(f.After))
		} else {
			sets = append(sets, f.Path+"="+string(f.Before)+">"+string(f.After))
		}
	}
	if got := strings.Join(sets, " "); got != "/spec/rules/1/backendRefs/1/weight=10>30" {
		t.Error(got)
	}
	for _, want := range []string{`/spec/rules/1/name="chat"`, `/spec/rules/1/matches=[`, `/spec/rules/1/backendRefs/0/name="v1"`, `/spec/rules/1/backendRefs/1/port=80`, `/spec/rules/1/backendRefs/0/weight=90`} {
		if !strings.Contains(strings.Join(same, " "), want) {
			t.Errorf("%s does not hold it: %s", want, same)
		}
	}
	if strings.Contains(strings.Join(same, " "), "/spec/rules/2") {
		t.Errorf("another rule is no business of it: %s", same)
	}
	if err := c.Write(t.Context(), w, "", false); err != nil {
		t.Fatal(err)
	}
	back, _ := w.Inverse()
	if at, err := c.Stand(t.Context(), back); err != nil || at != fleet.StandsBefore {
		t.Errorf("%s, %v", at, err)
	}
	// a weight that the server did not fill in
	d, err = weigh(t, c, fleet.Share{Member: "code/b", Weight: 0})
	if f := d.Stages[0].Writes[0].Fields; err != nil || f[len(f)-1].Before != nil || string(f[len(f)-1].After) != "0" {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestWhichWeightsOfARouteAreRefused(t *testing.T) {
	owned := func(kind, name string) *toyobjects.Cluster {
		return route(fmt.Sprintf(", ownerReferences: [{apiVersion: v1, kind: %s, name: %s, uid: o, controller: true}]", kind, name), "{backendRefs: "+two+"}", parentOf(taken(4)))
	}
	half := fleet.Share{Member: "v2", Weight: 50}
	for _, x := range []struct {
		name   string
		c      *toyobjects.Cluster
		shares []fleet.Share
		kind   fleet.Kind
		why    string
	}{
		{"all zero", plain(), []fleet.Share{{Member: "v1"}, {Member: "v2"}}, fleet.KindInvalid, "status 500"},
		{"as they are", plain(), []fleet.Share{{Member: "v2", Weight: 10}}, fleet.KindInvalid, "so already"},
		{"nobody", plain(), []fleet.Share{{Member: "v3", Weight: 10}}, fleet.KindInvalid, "no back end v3; there are v1, v2"},
		{"too much", plain(), []fleet.Share{{Member: "v2", Weight: 1_000_001}}, fleet.KindInvalid, "more than the 1000000"},
		{"none", plain(), nil, fleet.KindInvalid, "there are the back ends v1, v2"},
		{"nothing to split", route("", "{backendRefs: [{name: only}]}", parentOf(taken(4))), []fleet.Share{half}, fleet.KindUnsupported, "with weight 0"},
		{"of KServe", owned("InferenceService", "chat"), []fleet.Share{half}, fleet.KindUnsupported, "pitwall traffic InferenceService/llm/chat"},
		{"of a group of KServe", owned("LLMInferenceService", "chat"), []fleet.Share{half}, fleet.KindUnsupported, "services of its group"},
		{"of Flagger", owned("Canary", "chat"), []fleet.Share{half}, fleet.KindUnsupported, "by its analysis"},
		{"of KubeRay", owned("RayService", "chat"), []fleet.Share{half}, fleet.KindUnsupported, "while it upgrades"},
		{"of others", owned("Thing", "t"), []fleet.Share{half}, fleet.KindUnsupported, "change that"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := weigh(t, x.c, x.shares...)
			if fleet.KindOf(err) != x.kind || !strings.Contains(fmt.Sprint(err), x.why) || !strings.Contains(fmt.Sprint(err), "nothing was planned") {
				t.Errorf("%v; wanted %s, %q", err, x.kind, x.why)
			}
		})
	}
	for _, do := range []fleet.Deed{fleet.DoUpgrade, fleet.DoPromote, fleet.DoAdvance, fleet.DoScale, fleet.DoDrain} {
		c := plain()
		if _, err := New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, look(t, c), fleet.Want{Do: do}); fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "pitwall traffic") {
			t.Errorf("%s: %v", do, err)
		}
	}
	c := plain()
	r := look(t, c)
	c.Change(kind, chat, "/metadata/uid", "h2")
	if _, err := New(fleet.NewVirtualClock(noon)).Draft(t.Context(), c, r, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{half}}); fleet.KindOf(err) != fleet.KindConflict {
		t.Error(err)
	}
}

// A Rollout of Argo writes weights of a route that it does not own.
func TestARolloutOfArgoKeepsTheWeights(t *testing.T) {
	for config, moves := range map[string]bool{
		`argoproj-labs/gatewayAPI: {httpRoute: chat, namespace: llm}`:                     true,
		`argoproj-labs/gatewayAPI: {httpRoutes: [{name: x}, {name: chat}]}`:               true,
		`argoproj-labs/gatewayAPI: {httpRoute: chat, namespace: other}`:                   false,
		`argoproj-labs/gatewayAPI: {httpRoute: other, namespace: llm}`:                    false,
		`argoproj-labs/nginx: {httpRoute: chat}, argoproj-labs/gatewayAPI: "no document"`: false,
	} {
		c := plain()
		c.Put(movers.RolloutKind, `
metadata: {name: steps, namespace: llm, uid: r1}
spec: {strategy: {canary: {trafficRouting: {plugins: {`+config+`}}}}}`)
		r := look(t, c)
		_, err := weigh(t, c, fleet.Share{Member: "v2", Weight: 50})
		if moves != (r.Holder.Name == "steps") || moves != (r.Traffic.Kind == fleet.TrafficOwned) || moves != (fleet.KindOf(err) == fleet.KindUnsupported) {
			t.Errorf("%s: %+v, %v", config, r.Holder, err)
		}
		if moves && !strings.Contains(err.Error(), "pitwall advance, promote or abort Rollout/llm/steps") {
			t.Error(err)
		}
	}
	c := plain()
	c.Serves["argoproj.io"], c.Serves["flagger.app"] = []string{"v1alpha1"}, []string{"v1beta1"}
	c.Denied["rollouts"], c.Denied["canaries"] = true, true
	d, err := weigh(t, c, fleet.Share{Member: "v2", Weight: 50})
	if err != nil || len(d.Notes) != 2 || !strings.Contains(d.Notes[1].String(), "whether a Rollout moves") || !strings.Contains(d.Notes[1].String(), "whether a Canary moves") || look(t, c).OwnersUnread.IsEmpty() {
		t.Errorf("%v, %v", d.Notes, err)
	}
}

// Flagger writes the route of its service, and owns it only where it made it.
func TestACanaryOfFlaggerKeepsTheWeights(t *testing.T) {
	for spec, moves := range map[string]bool{
		`targetRef: {kind: Deployment, name: chat}, service: {port: 80, gatewayRefs: [{name: gw}]}`:              true,
		`targetRef: {kind: Deployment, name: x}, service: {name: chat, port: 80, gatewayRefs: [{name: gw}]}`:     true,
		`targetRef: {kind: Deployment, name: chat}, service: {name: other, port: 80, gatewayRefs: [{name: gw}]}`: false,
		`targetRef: {kind: Deployment, name: chat}, service: {port: 80}`:                                         false,
	} {
		c := plain()
		c.Put(movers.CanaryKind, `
metadata: {name: trial, namespace: llm, uid: c1}
spec: {`+spec+`}`)
		_, err := weigh(t, c, fleet.Share{Member: "v2", Weight: 50})
		if moves != (look(t, c).Holder.Name == "trial") || moves != (err != nil && strings.Contains(err.Error(), "Canary/llm/trial")) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}
