package modelrewrite

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/routerig"
	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var ref = fleet.ObjectRef{Cluster: "east", Kind: "InferenceModelRewrite", Namespace: "llm", Name: "chat"}

func rewrite(name, made, meta, rules string) string {
	return fmt.Sprintf(`
metadata: {name: %s, namespace: llm, uid: u-%s, generation: 3, creationTimestamp: "%s"%s}
spec: {poolRef: {group: inference.networking.k8s.io, kind: InferencePool, name: pool}, rules: [%s]}
status: {conditions: [{type: Accepted, status: Unknown, reason: Pending, message: Waiting for controller, lastTransitionTime: "1970-01-01T00:00:00Z"}]}`, name, name, made, meta, rules)
}

const (
	old, young = "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z"
	three      = `{matches: [{model: {type: Exact, value: chat}}], targets: [{modelRewrite: llama-v1, weight: 90}, {modelRewrite: org/llama-v2, weight: 9}, {modelRewrite: llama-v3, weight: 1}]}`
)

func cluster(rules string) *toyobjects.Cluster {
	c := toyobjects.New()
	c.Put(kinds[0], rewrite("chat", old, "", rules))
	c.Put(poolKind, `{metadata: {name: pool, namespace: llm, uid: p1}, status: {parents: [{parentRef: {name: gw}, conditions: [{type: Accepted, status: "True", reason: Accepted}]}]}}`)
	return c
}

func rig(t *testing.T, c *toyobjects.Cluster) *routerig.Rig {
	t.Helper()
	return routerig.Open(t, Connector(), c, "")
}

func at(t *testing.T, c *toyobjects.Cluster, path string) string {
	t.Helper()
	body, err := c.Get(t.Context(), kinds[0], ref)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonptr.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := jsonptr.Find(doc, path)
	return string(jsonptr.Encode(v))
}

func TestWhatIsReadOfARule(t *testing.T) {
	r := rig(t, cluster(three+`, {matches: [{model: {value: a}}, {model: {value: b}}], targets: [{modelRewrite: x}, {modelRewrite: w}]}, {targets: [{modelRewrite: x, weight: 3}, {modelRewrite: w}]}`))
	for id, want := range map[fleet.RouteID]string{
		"llm/chat/@1": "llama-v1 90 (llama-v1), org/llama-v2 9 (org/llama-v2), llama-v3 1 (llama-v3)",
		"llm/chat/@2": "x 1 (x), w 1 (w)", // none has a weight: all the same
		"llm/chat/@3": "x 3 (x), w - (w)", // what the endpoint picker gives nothing
	} {
		if got := r.Holds(t, id); got != want {
			t.Errorf("%s: %s", id, got)
		}
	}
	g := r.Routing(t, "llm/chat/@2")
	if g.Weighing != fleet.WeighingFromOne || g.Most != most || fmt.Sprint(g.Aliases) != "[a b]" || !g.Pending.IsEmpty() || !g.Fixed.IsEmpty() || r.Said(t) != "" {
		t.Errorf("%+v, %s", g, r.Said(t))
	}
	if one := rig(t, cluster(three)); fmt.Sprint(one.Routes(t)) != "[llm/chat]" {
		t.Error(one.Routes(t))
	}
}

// Who gets nothing is taken off the list and put back from its name and its weight.
func TestTakenOffAndPutBack(t *testing.T) {
	c := cluster(three)
	r := rig(t, c)
	if err := r.Shift(t, "llm/chat", fleet.Weights{"llama-v1": 99, "org/llama-v2": 0}); err != nil {
		t.Fatal(err)
	}
	if got := at(t, c, "/spec/rules/0/targets"); got != `[{"modelRewrite":"llama-v1","weight":99},{"modelRewrite":"llama-v3","weight":1}]` {
		t.Error(got)
	}
	if got := r.Holds(t, "llm/chat"); got != "llama-v1 99 (llama-v1), llama-v3 1 (llama-v3), org/llama-v2 0 (org/llama-v2)" {
		t.Error(got)
	}
	if err := r.Shift(t, "llm/chat", fleet.Weights{"llama-v3": 0}); err != nil || at(t, c, "/metadata/annotations/pitwall.dev~1taken-off") != `"{\"chat\":[\"llama-v3\",\"org/llama-v2\"]}"` {
		t.Errorf("%s, %v", at(t, c, "/metadata/annotations"), err)
	}
	r.Refused(t, "llm/chat", fleet.Weights{"llama-v1": 0}, fleet.KindInvalid, "all weights would be 0")
	if err := r.Shift(t, "llm/chat", fleet.Weights{"llama-v1": 90, "org/llama-v2": 9, "llama-v3": 1}); err != nil {
		t.Fatal(err)
	}
	if got := at(t, c, "/spec/rules/0/targets"); got != `[{"modelRewrite":"llama-v1","weight":90},{"modelRewrite":"llama-v3","weight":1},{"modelRewrite":"org/llama-v2","weight":9}]` {
		t.Error(got)
	}
	if got := at(t, c, "/metadata/annotations"); got != "{}" {
		t.Errorf("it still remembers %s", got)
	}
	r.Refused(t, "llm/chat", fleet.Weights{"llama-v1": 1_000_001}, fleet.KindInvalid, "not within 0 and 1000000")
}

// Weights are on all targets or on none.
func TestTheFirstWeightBringsThoseOfTheOthers(t *testing.T) {
	c := cluster(`{matches: [], targets: [{modelRewrite: x}, {modelRewrite: w}]}`)
	if err := rig(t, c).Shift(t, "llm/chat", fleet.Weights{"x": 4}); err != nil {
		t.Fatal(err)
	}
	if got := at(t, c, "/spec/rules/0/targets"); got != `[{"modelRewrite":"x","weight":4},{"modelRewrite":"w","weight":1}]` {
		t.Error(got)
	}
}

// What could not be put back stays, and what to do instead is said.
func TestWhatWouldBeLostStays(t *testing.T) {
	const instead = "it could not be put back: its item of the list holds more than name and weight, or another has its name; give it 1 beside great weights"
	c := cluster(three)
	c.Change(kinds[0], ref, "/spec/rules/0/targets/1/adapter", "lora-7")
	r := rig(t, c)
	r.Refused(t, "llm/chat", fleet.Weights{"org/llama-v2": 0}, fleet.KindUnsupported, instead)
	if err := r.Shift(t, "llm/chat", fleet.Weights{"llama-v3": 0, "org/llama-v2": 5}); err != nil || !strings.Contains(at(t, c, "/spec/rules/0/targets"), `"adapter":"lora-7"`) {
		t.Errorf("%s, %v", at(t, c, "/spec/rules/0/targets"), err)
	}
	twins := rig(t, cluster(`{targets: [{modelRewrite: x, weight: 1}, {modelRewrite: x, weight: 2}, {modelRewrite: w, weight: 2}]}`))
	if got := twins.Holds(t, "llm/chat"); got != "x@1 1 (x), x@2 2 (x), w 2 (w)" {
		t.Error(got)
	}
	twins.Refused(t, "llm/chat", fleet.Weights{"x@2": 0}, fleet.KindUnsupported, instead)
}

// Somebody who puts a target back by hand is right; so is somebody who writes nonsense into the annotation.
func TestTheListCountsBeforeTheAnnotation(t *testing.T) {
	c := cluster(three)
	c.Change(kinds[0], ref, "/metadata/annotations", map[string]any{"pitwall.dev/taken-off": `{"chat":["llama-v3","llama-v9"],"other":["z"]}`})
	r := rig(t, c)
	if got := r.Holds(t, "llm/chat"); got != "llama-v1 90 (llama-v1), org/llama-v2 9 (org/llama-v2), llama-v3 1 (llama-v3), llama-v9 0 (llama-v9)" {
		t.Error(got)
	}
	if err := r.Shift(t, "llm/chat", fleet.Weights{"llama-v9": 2}); err != nil || at(t, c, "/metadata/annotations/pitwall.dev~1taken-off") != `"{\"other\":[\"z\"]}"` {
		t.Errorf("%s, %v", at(t, c, "/metadata/annotations"), err)
	}
	c.Change(kinds[0], ref, "/metadata/annotations", map[string]any{"pitwall.dev/taken-off": "nonsense"})
	if got := r.Holds(t, "llm/chat"); strings.Contains(got, "nonsense") {
		t.Error(got)
	}
}

// Two at once: who comes second does not bring back what the first took off, nor the other way.
func TestAStaleShiftIsAConflict(t *testing.T) {
	c := cluster(three)
	r := rig(t, c)
	s := r.Spec(t, "llm/chat")
	before := fleet.Weights{"llama-v1": 90, "org/llama-v2": 9, "llama-v3": 1}
	if err := r.Shift(t, "llm/chat", fleet.Weights{"llama-v3": 0}); err != nil {
		t.Fatal(err)
	}
	err := r.Writer.SetWeights(t.Context(), s, before, fleet.Weights{"llama-v1": 50, "org/llama-v2": 49, "llama-v3": 1})
	if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "it holds 90/9/0 by now") {
		t.Error(err)
	}
}

// An exact rule comes before one for all, an older object before a younger one; weights of a rule that answers nothing do nothing.
func TestRulesThatAnswerNothingAreFixed(t *testing.T) {
	c := cluster(three + `, {targets: [{modelRewrite: x, weight: 1}]}, {matches: [{model: {value: chat}}], targets: [{modelRewrite: z, weight: 1}]}`)
	c.Put(kinds[1], strings.Replace(rewrite("later", young, "", `{matches: [{model: {value: chat}}], targets: [{modelRewrite: a, weight: 1}, {modelRewrite: b, weight: 1}]}, {matches: [{model: {value: chat}}, {model: {value: code}}], targets: [{modelRewrite: a, weight: 1}]}, {targets: [{modelRewrite: a, weight: 1}]}`), "u-later", "u2", 1))
	r := rig(t, c)
	for id, by := range map[fleet.RouteID]string{"llm/chat/@1": "", "llm/chat/@2": "", "llm/chat/@3": "chat", "llm/later/@1": "chat", "llm/later/@2": "", "llm/later/@3": "chat"} {
		fixed := r.Routing(t, id).Fixed.String()
		if (by == "") != (fixed == "") || by != "" && !strings.Contains(fixed, "in InferenceModelRewrite "+by+": change the weights there") {
			t.Errorf("%s: %q", id, fixed)
		}
	}
	r.Refused(t, "llm/later/@1", fleet.Weights{"a": 5}, fleet.KindUnsupported, "answered by a rule that comes before it")
}

func TestWhatIsSaidOfItAndOfItsPool(t *testing.T) {
	c := cluster(three)
	c.Change(kinds[0], ref, "/status/conditions", []any{map[string]any{"type": "Accepted", "status": "False", "reason": "PoolNotFound", "observedGeneration": 3}})
	if got := rig(t, c).Routing(t, "llm/chat").Pending.String(); !strings.Contains(got, "it is not taken over: Accepted is False: PoolNotFound") {
		t.Error(got)
	}
	c.Change(kinds[0], ref, "/status/conditions/0/observedGeneration", 2) // of the older one
	if got := rig(t, c).Routing(t, "llm/chat").Pending.String(); got != "" {
		t.Error(got)
	}
	c.Change(poolKind, fleet.ObjectRef{Namespace: "llm", Name: "pool"}, "/status/parents/0/conditions/0", map[string]any{"type": "ResolvedRefs", "status": "False", "reason": "InvalidExtensionRef"})
	if said := rig(t, c).Said(t); said != "route llm/chat: of its InferencePool pool gateway llm/gw says: ResolvedRefs is False: InvalidExtensionRef" {
		t.Error(said)
	}
	c.Drop(poolKind, "llm", "pool")
	if said := rig(t, c).Said(t); said != "route llm/chat: its InferencePool pool is not there" {
		t.Error(said)
	}
	c.Denied["inferencepools"] = true
	if said := rig(t, c).Said(t); !strings.HasPrefix(said, "what gateways say of inference pools may not be read") || strings.Contains(said, "not there") {
		t.Error(said)
	}
}

func TestBothGroupsAreRead(t *testing.T) {
	c := toyobjects.New()
	c.Put(kinds[1], rewrite("chat", old, "", three))
	r := rig(t, c)
	if err := r.Shift(t, "llm/chat", fleet.Weights{"llama-v3": 0}); err != nil {
		t.Error(err)
	}
	c.Put(kinds[0], rewrite("chat", old, "", `{targets: [{modelRewrite: x, weight: 1}]}`))
	if got := r.Holds(t, "llm/chat"); got != "x 1 (x)" || !strings.Contains(r.Said(t), "held by two objects; that in inference.networking.x-k8s.io/v1alpha2 is passed over") {
		t.Errorf("%s, %s", got, r.Said(t))
	}
	c = toyobjects.New() // a group may be there for another kind of it
	c.Serves["inference.networking.x-k8s.io"] = []string{"v1alpha2"}
	c.Put(kinds[0], rewrite("chat", old, "", three))
	if got := fmt.Sprint(rig(t, c).Routes(t)); got != "[llm/chat]" {
		t.Error(got)
	}
}

func TestNonsenseInRewrites(t *testing.T) {
	c := cluster(three)
	c.Change(kinds[0], ref, "/metadata/annotations", map[string]any{"pitwall.dev/taken-off": `{"chat":["llama-v9"]}`})
	rig(t, c).Withstands(t)
}

// FuzzRoutes: whatever a server gives as a route is read or refused, and each name means one.
func FuzzRoutes(f *testing.F) {
	f.Add([]byte(`{"metadata":{"annotations":{"pitwall.dev/taken-off":"{\"a\":[\"x\",\"x\",\"\"]}"}},"spec":{"rules":[{"matches":[{"model":{"value":"a"}}],"targets":[{"modelRewrite":"b","weight":3},{"modelRewrite":"b"}]}]}}`))
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
	routerig.BadInput(t, routerig.Case{Connector: Connector(), Cluster: func() *toyobjects.Cluster { return cluster(three) }, Kind: kinds[0],
		Ref: ref, Route: "llm/chat", After: fleet.Weights{"llama-v1": 50}, Members: "/spec/rules/0/targets", Weight: "/spec/rules/0/targets/1/weight"})
}
