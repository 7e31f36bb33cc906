package kubesuite

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

const annotations = "/metadata/annotations/suite~1"

// checkWrites changes the Deployment by pitwall's own writer.
func checkWrites(t *testing.T, c *clients) {
	t.Run("tests as text", c.testsCompareText)
	t.Run("there and back", c.writesThereAndBack)
	t.Run("rehearsed", c.rehearses)
	t.Run("two writers", c.twoWriters)
	t.Run("absent fields", c.writesAbsentFields)
	t.Run("another object", c.writesNoOther)
	t.Run("strict", c.writesStrictly)
	t.Run("scale", c.writesScale)
	t.Run("no right", c.writesWithoutRight)
	t.Run("audit id", c.echoesAuditID)
	if c.Can.Define {
		t.Run("policy", c.writesAgainstAPolicy)
	}
}

// echoesAuditID shows that the server takes over the client's name of a request, under which its own log has it.
func (c *clients) echoesAuditID(t *testing.T) {
	const id = "3f0c6a52-91f7-8c1d-a2b4-5d6e7f809102"
	a := c.ask(t, request{Method: http.MethodPatch, Path: c.deploymentPath() + "?dryRun=All", Token: c.Tokens.Admin, Accept: jsonType,
		Type: jsonPatch, Body: "[]", Header: map[string]string{"Audit-ID": id}}).want(t, http.StatusOK)
	if got := a.Header.Get("Audit-ID"); got != id {
		t.Errorf("the request is known as %q", got)
	}
}

// writesAgainstAPolicy is refused by a rule of the cluster, which takes a moment to be in force.
func (c *clients) writesAgainstAPolicy(t *testing.T) {
	const path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
	for part, body := range map[string]string{
		"ies": `{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy","metadata":{"name":"suite-mirror"},
			"spec":{"matchConstraints":{"resourceRules":[
				{"apiGroups":["apps"],"apiVersions":["v1"],"operations":["UPDATE"],"resources":["deployments"]}]},
			"validations":[{"expression":"!('suite/refused' in object.metadata.?annotations.orValue({}))",
				"message":"images come from the mirror"}]}}`,
		"ybindings": `{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicyBinding",
			"metadata":{"name":"suite-mirror"},
			"spec":{"policyName":"suite-mirror","validationActions":["Deny"]}}`,
	} {
		c.ask(t, request{Method: http.MethodPost, Path: path + part, Token: c.Tokens.Admin, Accept: jsonType, Type: jsonType, Body: body}).
			want(t, http.StatusCreated)
		defer c.drop(t, path+part+"/suite-mirror")
	}
	h := c.hand(t, c.Tokens.Admin)
	w := c.deploymentWrite(t, field(annotations+"refused", "", `"x"`))
	err := h.Write(t.Context(), w, "suite/policy", true)
	for end := time.Now().Add(patience); err == nil && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
		err = h.Write(t.Context(), w, "suite/policy", true)
	}
	fails(t, err, fleet.KindBlocked, "ValidatingAdmissionPolicy 'suite-mirror'", "images come from the mirror", "nothing was written")
	fails(t, h.Write(t.Context(), w, "suite/policy", false), fleet.KindBlocked, "images come from the mirror")
	h.stands(t, w, fleet.StandsBefore)
}

// testsCompareText shows why a test must hold the value as the server writes it.
func (c *clients) testsCompareText(t *testing.T) {
	n := *c.deployment(t).Spec.Replicas
	path := c.deploymentPath() + "?dryRun=All"
	c.patch(t, jsonPatch, path, fmt.Sprintf(`[{"op":"test","path":"/spec/replicas","value":%d}]`, n)).want(t, http.StatusOK)
	c.patch(t, jsonPatch, path, fmt.Sprintf(`[{"op":"test","path":"/spec/replicas","value":%d.0}]`, n)).
		refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
}

// writesThereAndBack sets values that a writer could spell in another way than the server.
func (c *clients) writesThereAndBack(t *testing.T) {
	h := c.hand(t, c.Tokens.Admin)
	name := c.deployment(t).Spec.Template.Spec.Containers[0].Name
	w := c.deploymentWrite(t, field("/spec/template/spec/containers/0/name", `"`+name+`"`, `"`+name+`"`),
		field(annotations+"first", "", `"a < b && \"ü\" \u2028"`), field(annotations+"second", "", `"x"`))
	works(t, h.Write(t.Context(), w, "suite/1", false))
	h.stands(t, w, fleet.StandsAfter)
	d := c.deployment(t)
	if d.Annotations["suite/first"] != "a < b && \"ü\" \u2028" || d.Annotations["pitwall.dev/change"] != "suite/1" {
		t.Errorf("%q", d.Annotations)
	}
	if c.Can.Owners && !strings.Contains(fmt.Sprint(d.ManagedFields), "pitwall") {
		t.Errorf("pitwall is not among %+v", d.ManagedFields)
	}
	fails(t, h.Write(t.Context(), w, "suite/1", false), fleet.KindConflict, "holds already")
	next := c.deploymentWrite(t, field(annotations+"first", `"a \u003c b \u0026\u0026 \"\u00fc\" \u2028"`, `"y"`))
	works(t, h.Write(t.Context(), next, "suite/2", false))
	undone, _ := next.Inverse()
	works(t, h.Write(t.Context(), undone, "suite/2", false))
	back, _ := w.Inverse()
	works(t, h.Write(t.Context(), back, "suite/3", false))
	h.stands(t, w, fleet.StandsBefore)
	c.change(t, mergePatch, `{"metadata":{"annotations":{"pitwall.dev/change":null}}}`)
}

func (c *clients) rehearses(t *testing.T) {
	h := c.hand(t, c.Tokens.Admin)
	w := c.deploymentWrite(t, field("/spec/minReadySeconds", "", "7"), field(annotations+"dry", "", `"x"`))
	before := c.deployment(t)
	works(t, h.Write(t.Context(), w, "suite/dry", true))
	after := c.deployment(t)
	if after.Generation != before.Generation || after.Annotations["suite/dry"] != "" || after.Spec.MinReadySeconds != 0 {
		t.Errorf("generation %d became %d: %v", before.Generation, after.Generation, after.Annotations)
	}
	h.stands(t, w, fleet.StandsBefore)
	// What the server leaves out since it is the default would never be found set.
	off := c.deploymentWrite(t, field("/spec/paused", "", "false"))
	fails(t, h.Write(t.Context(), off, "suite/dry", true), fleet.KindInvalid, "the cluster would not store spec.paused as asked")
}

// twoWriters plan on the same state; the second one learns what the first one did.
func (c *clients) twoWriters(t *testing.T) {
	h := c.hand(t, c.Tokens.Admin)
	c.change(t, mergePatch, `{"metadata":{"annotations":{"suite/pair":"old"}}}`)
	one := c.deploymentWrite(t, field(annotations+"pair", `"old"`, `"one"`))
	two := c.deploymentWrite(t, field(annotations+"pair", `"old"`, `"two"`))
	works(t, h.Write(t.Context(), one, "suite/one", false))
	parts := []string{`metadata.annotations[suite/pair] is not what it was: it is "one", was "old"`, "nothing was written"}
	if c.Can.Owners {
		parts = append(parts, "set by pitwall at ")
	}
	fails(t, h.Write(t.Context(), two, "suite/two", false), fleet.KindConflict, parts...)
	fails(t, h.Write(t.Context(), two, "suite/two", true), fleet.KindConflict, parts...)
	h.stands(t, two, fleet.StandsForeign)
	if got := c.deployment(t).Annotations["suite/pair"]; got != "one" {
		t.Errorf("it holds %q", got)
	}
	c.change(t, mergePatch, `{"metadata":{"annotations":{"suite/pair":null,"pitwall.dev/change":null}}}`)
}

// writesAbsentFields while somebody else changes the object all the time: nothing is lost on either side.
func (c *clients) writesAbsentFields(t *testing.T) {
	const mine, theirs = 8, 60
	h := c.hand(t, c.Tokens.Admin)
	done := make(chan int)
	go func() {
		n := 0
		for n < theirs && !t.Failed() {
			a := c.patch(t, mergePatch, c.deploymentPath(), fmt.Sprintf(`{"metadata":{"annotations":{"suite/theirs-%d":"x"}}}`, n))
			if a.Code != http.StatusOK {
				t.Errorf("%s", a)
				break
			}
			n++
		}
		done <- n
	}()
	for i := range mine {
		w := c.deploymentWrite(t, field(fmt.Sprintf("%smine-%d", annotations, i), "", `"x"`))
		for {
			err := h.Write(t.Context(), w, "", false)
			if err == nil {
				break
			}
			if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "though not these fields") {
				t.Fatal(err)
			}
		}
	}
	their := <-done
	d := c.deployment(t)
	var all []string
	for i := range mine {
		all = append(all, fmt.Sprintf("suite/mine-%d", i))
	}
	for i := range their {
		all = append(all, fmt.Sprintf("suite/theirs-%d", i))
	}
	clean := make([]string, 0, len(all))
	for _, name := range all {
		if d.Annotations[name] != "x" {
			t.Errorf("%s was lost", name)
		}
		clean = append(clean, fmt.Sprintf("%q:null", name))
	}
	c.change(t, mergePatch, `{"metadata":{"annotations":{`+strings.Join(clean, ",")+`}}}`)
}

func (c *clients) writesNoOther(t *testing.T) {
	h := c.hand(t, c.Tokens.Admin)
	w := c.deploymentWrite(t, field(annotations+"other", "", `"x"`))
	w.UID = "00000000-0000-0000-0000-000000000000"
	fails(t, h.Write(t.Context(), w, "suite/other", false), fleet.KindConflict, "another object has its name now")
	w.Object.Name = "no-such-deployment"
	fails(t, h.Write(t.Context(), w, "suite/other", false), fleet.KindNotFound, "not found", "nothing was written")
}

func (c *clients) writesStrictly(t *testing.T) {
	h := c.hand(t, c.Tokens.Admin)
	for _, dry := range []bool{true, false} {
		fails(t, h.Write(t.Context(), c.deploymentWrite(t, field("/spec/replicaCount", "", "2")), "suite/typo", dry),
			fleet.KindInvalid, `strict checking finds unknown field "spec.replicaCount"`, "nothing was written")
		n := fmt.Sprint(*c.deployment(t).Spec.Replicas)
		fails(t, h.Write(t.Context(), c.deploymentWrite(t, field("/spec/replicas", n, "-1")), "suite/range", dry),
			fleet.KindInvalid, "spec.replicas: ", "must be greater than or equal to 0")
		fails(t, h.Write(t.Context(), c.deploymentWrite(t, field("/spec/replicas", n, `"many"`)), "suite/type", dry),
			fleet.KindInvalid, "cannot unmarshal string")
	}
}

func (c *clients) writesScale(t *testing.T) {
	h := c.hand(t, c.Tokens.Admin)
	n := *c.deployment(t).Spec.Replicas
	w := c.deploymentWrite(t, field("/spec/replicas", fmt.Sprint(n), fmt.Sprint(n+1)))
	w.Part = "scale"
	h.stands(t, w, fleet.StandsBefore)
	works(t, h.Write(t.Context(), w, "suite/scale", true))
	h.stands(t, w, fleet.StandsBefore)
	works(t, h.Write(t.Context(), w, "suite/scale", false))
	h.stands(t, w, fleet.StandsAfter)
	if got := *c.deployment(t).Spec.Replicas; got != n+1 {
		t.Errorf("%d replicas", got)
	}
	late := w
	late.Fields = []fleet.Field{field("/spec/replicas", fmt.Sprint(n), fmt.Sprint(n+2))}
	fails(t, h.Write(t.Context(), late, "suite/late", false), fleet.KindConflict,
		fmt.Sprintf("spec.replicas is not what it was: it is %d, was %d", n+1, n))
	back, _ := w.Inverse()
	works(t, h.Write(t.Context(), back, "suite/scale", false))
	h.stands(t, w, fleet.StandsBefore)
	w.API = fleet.ObjectKind{Version: "v1", Resource: "events", Kind: "Event"}
	fails(t, h.Write(t.Context(), w, "suite/scale", false), fleet.KindNotFound, "does not serve events/scale")
}

func (c *clients) writesWithoutRight(t *testing.T) {
	h := c.hand(t, c.Tokens.Viewer)
	w := c.deploymentWrite(t, field(annotations+"right", "", `"x"`))
	for _, dry := range []bool{true, false} {
		fails(t, h.Write(t.Context(), w, "suite/right", dry), fleet.KindAuth, `cannot patch resource "deployments"`,
			"ask for the verb patch on deployments of apps", "nothing was written")
	}
	fails(t, c.hand(t, c.Tokens.Nobody).Write(t.Context(), w, "suite/right", false), fleet.KindAuth,
		`cannot get resource "deployments"`, "nothing was written")
}
