package istio

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

var ref = fleet.ObjectRef{Cluster: "east", Kind: "VirtualService", Namespace: "llm", Name: "chat"}

const two = `[{destination: {host: chat, subset: v1, port: {number: 8000}}, weight: 300}, {destination: {host: chat, subset: v2}, weight: 100}]`

func service(meta, rules string) *toyobjects.Cluster {
	c := toyobjects.New()
	c.Put(kinds[0], fmt.Sprintf("\nmetadata: {name: chat, namespace: llm, uid: v1, generation: 2%s}\nspec: {hosts: [chat.example.com], http: [%s]}\n", meta, rules))
	return c
}

func rig(t *testing.T, c *toyobjects.Cluster) *routerig.Rig {
	t.Helper()
	return routerig.Open(t, Connector(), c, "")
}

func TestWhatIsReadOfARule(t *testing.T) {
	r := rig(t, service("", `{match: [{uri: {prefix: /old}}], redirect: {uri: /new}}, {name: split, route: `+two+`, timeout: 60s, retries: {attempts: 3, perTryTimeout: 10s}},
		{route: [{destination: {host: a.llm.svc.cluster.local}, weight: 1}, {destination: {host: b.llm.svc.cluster.local}}], timeout: 30s}, {route: [{destination: {host: only}, weight: 0}]}`))
	for id, want := range map[fleet.RouteID]string{"llm/chat/split": "chat/v1 300, chat/v2 100", "llm/chat/@3": "a.llm.svc.cluster.local 1, b.llm.svc.cluster.local 0",
		"llm/chat/@4": "only 1"} { // everything, whatever is written
		if got := r.Holds(t, id); got != want {
			t.Errorf("%s: %s", id, got)
		}
	}
	if got := len(r.Routes(t)); got != 3 {
		t.Errorf("%d routes", got)
	}
	g := r.Routing(t, "llm/chat/split")
	if g.Weighing != fleet.WeighingShares || g.Most != most || !g.AloneTakesAll || g.Retries != fleet.Some(fleet.Count(3)) || g.Timeout != fleet.Some(fleet.Seconds(10)) ||
		!g.Fixed.IsEmpty() || !g.Pending.IsEmpty() {
		t.Errorf("%+v", g)
	}
	if g := r.Routing(t, "llm/chat/@3"); g.Retries.OK || g.Timeout != fleet.Some(fleet.Seconds(30)) {
		t.Errorf("%+v", g)
	}
	if one := rig(t, service("", "{route: "+two+"}")); fmt.Sprint(one.Routes(t)) != "[llm/chat]" {
		t.Error(one.Routes(t))
	}
}

func TestDestinationsThatDifferLittle(t *testing.T) {
	r := rig(t, service("", `{route: [{destination: {host: h, port: {number: 1}}, weight: 1}, {destination: {host: h, port: {number: 2}}, weight: 2}, {destination: {host: h, subset: s}, weight: 3}, {destination: {host: g}, weight: 4}, {destination: {host: h, subset: t}, weight: 5}, {destination: {host: h, subset: t}, weight: 6}]}`))
	if got := r.Holds(t, "llm/chat"); got != "h/:1 1, h/:2 2, h/s 3, g 4, h@5 5, h@6 6" {
		t.Error(got)
	}
}

// Weights need not have the sum 100; a weight that was not written counts 0 and is added.
func TestWeightsAreSharesOfTheirSum(t *testing.T) {
	c := service("", `{route: [{destination: {host: a}, weight: 1}, {destination: {host: b}}]}`)
	r := rig(t, c)
	if err := r.Shift(t, "llm/chat", fleet.Weights{"a": 0, "b": 7}); err != nil || r.Holds(t, "llm/chat") != "a 0, b 7" {
		t.Errorf("%s, %v", r.Holds(t, "llm/chat"), err)
	}
	r.Refused(t, "llm/chat", fleet.Weights{"b": 0}, fleet.KindInvalid, "all weights would be 0")
	r.Refused(t, "llm/chat", fleet.Weights{"a": most}, fleet.KindInvalid, "more than the 2147483647 that Istio can add up")
	r.Refused(t, "llm/chat", fleet.Weights{"a": most + 1}, fleet.KindInvalid, "not within 0 and 2147483647")
	s := r.Spec(t, "llm/chat")
	c.Change(kinds[0], ref, "/spec/http/0/route/0/weight", 3)
	if err := r.Writer.SetWeights(t.Context(), s, fleet.Weights{"a": 0, "b": 7}, fleet.Weights{"a": 5, "b": 5}); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "it holds 3/7 by now") {
		t.Error(err)
	}
}

// A single destination gets everything, even with weight 0: it cannot be taken out.
func TestASingleDestinationCannotBeTakenOut(t *testing.T) {
	const says = "a single destination gets everything, whatever its weight is: add a second one"
	r := rig(t, service("", "{route: [{destination: {host: only}}]}"))
	if g := r.Routing(t, "llm/chat"); !strings.HasPrefix(g.Fixed.String(), says) {
		t.Errorf("%+v", g)
	}
	for _, n := range []int{0, 5} {
		r.Refused(t, "llm/chat", fleet.Weights{"only": n}, fleet.KindUnsupported, says)
	}
}

func TestOwnedServicesAreFixed(t *testing.T) {
	rollout := func(spec string) *toyobjects.Cluster {
		c := service("", "{route: "+two+"}")
		c.Put(movers.RolloutKind, "metadata: {name: steps, namespace: apps, uid: r}\nspec: {strategy: {canary: {trafficRouting: {istio: {"+spec+"}}}}}")
		return c
	}
	canary := func(provider string) *toyobjects.Cluster {
		c := service("", "{route: "+two+"}")
		c.Put(movers.CanaryKind, "metadata: {name: trial, namespace: llm, uid: c}\nspec: {provider: "+provider+", targetRef: {name: x}, service: {name: chat, port: 80}}")
		return c
	}
	for name, x := range map[string]struct {
		c     *toyobjects.Cluster
		owner string
	}{
		"one":               {rollout("virtualService: {name: chat.llm}"), "Rollout steps"},
		"several":           {rollout("virtualServices: [{name: other}, {name: chat.llm, routes: [a]}]"), "Rollout steps"},
		"its own namespace": {rollout("virtualService: {name: chat}"), ""},
		"another":           {rollout("virtualService: {name: other.llm}"), ""},
		"Flagger":           {canary("istio"), "Canary trial"},
		"Flagger elsewhere": {canary(`"gatewayapi:v1"`), ""},
		"Seldon":            {service(", ownerReferences: [{apiVersion: v1, kind: SeldonDeployment, name: split, uid: o, controller: true}]", "{route: "+two+"}"), "SeldonDeployment split"},
	} {
		r := rig(t, x.c)
		if g := r.Routing(t, "llm/chat"); g.Owner.String() != x.owner || (x.owner == "") != g.Fixed.IsEmpty() {
			t.Errorf("%s: %q, %q", name, g.Owner, g.Fixed)
		}
		if x.owner != "" {
			r.Refused(t, "llm/chat", fleet.Weights{"chat/v1": 1}, fleet.KindUnsupported, "would set others back")
		}
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	c := service("", "{route: [{destination: {host: a}, weight: -5}, {destination: {host: b}, weight: 5}]}")
	c.Change(kinds[0], ref, "/status/validationMessages", []any{map[string]any{"level": "ERROR", "type": map[string]any{"code": "IST0101", "name": "ReferencedResourceNotFound"}}, map[string]any{"level": "INFO"}})
	r := rig(t, c)
	if said := r.Said(t); said != "route llm/chat: Istio finds an error in it: IST0101 ReferencedResourceNotFound\nroute llm/chat: the weight of a is below 0, which Istio does not take" {
		t.Error(said)
	}
	if got := r.Holds(t, "llm/chat"); got != "a -, b 5" {
		t.Error(got)
	}
	if back := r.Writer.ReadBack(t.Context(), r.Spec(t, "llm/chat"))[0]; fmt.Sprint(back.Unset) != "[a]" || back.Err != nil {
		t.Errorf("%+v", back)
	}
}

func TestOlderVersionsAreReadWhereThereIsNoOther(t *testing.T) {
	for _, kind := range kinds {
		c := toyobjects.New()
		c.Put(kind, "metadata: {name: chat, namespace: llm, uid: v1}\nspec: {http: [{route: "+two+"}]}")
		if err := rig(t, c).Shift(t, "llm/chat", fleet.Weights{"chat/v2": 500}); err != nil {
			t.Errorf("%s: %v", kind.Version, err)
		}
	}
}

func TestNonsenseInServices(t *testing.T) {
	c := service("", "{name: split, match: [{uri: {prefix: /}}], route: "+two+", timeout: 60s, retries: {attempts: 3, perTryTimeout: 10s}}")
	c.Put(movers.RolloutKind, "metadata: {name: steps, namespace: llm, uid: r}\nspec: {strategy: {canary: {trafficRouting: {istio: {virtualService: {name: x}}}}}}")
	rig(t, c).Withstands(t)
}

// FuzzRoutes: whatever a server gives as a route is read or refused, and each name means one.
func FuzzRoutes(f *testing.F) {
	f.Add([]byte(`{"spec":{"http":[{"name":"x","route":[{"destination":{"host":"a","subset":"b","port":{"number":1}},"weight":3},{}]},null,{"route":[null]}]}}`))
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
	routerig.BadInput(t, routerig.Case{Connector: Connector(), Cluster: func() *toyobjects.Cluster { return service("", "{route: "+two+"}") }, Kind: kinds[0],
		Ref: ref, Route: "llm/chat", After: fleet.Weights{"chat/v1": 50}, Members: "/spec/http/0/route", Weight: "/spec/http/0/route/1/weight"})
}
