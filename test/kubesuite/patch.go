package kubesuite

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	mergePatch     = "application/merge-patch+json"
	strategicPatch = "application/strategic-merge-patch+json"
	jsonPatch      = "application/json-patch+json"
	applyPatch     = "application/apply-patch+yaml"
)

func checkPatch(t *testing.T, c *clients) {
	t.Run("merge", c.patchesMerge)
	t.Run("strategic", c.patchStrategic)
	t.Run("json", c.patchesJSON)
	t.Run("a test that fails", c.patchesATestThatFails)
	t.Run("an old version", c.patchesAnOldVersion)
	t.Run("another uid", c.patchesAnotherUID)
	t.Run("generation", c.patchesGeneration)
	t.Run("refused", c.refusePatches)
	if c.Can.Apply {
		t.Run("apply", c.apply)
		t.Run("signed", c.patchesAreSigned)
	}
}

func (c *clients) patchesMerge(t *testing.T) {
	d := c.change(t, mergePatch, `{"metadata":{"annotations":{"suite/one":"1","suite/two":"2"}}}`)
	if d.Kind != "Deployment" || d.Annotations["suite/one"] != "1" || d.Annotations["suite/two"] != "2" {
		t.Errorf("%s %v", d.Kind, d.Annotations)
	}
	d = c.change(t, mergePatch, `{"metadata":{"annotations":{"suite/one":null,"suite/two":null}}}`)
	if _, there := d.Annotations["suite/one"]; there {
		t.Errorf("null removes: %v", d.Annotations)
	}
}

func (c *clients) patchesJSON(t *testing.T) {
	c.change(t, mergePatch, `{"metadata":{"annotations":{"suite/json":"before"}}}`)
	d := c.change(t, jsonPatch, `[{"op":"test","path":"/metadata/annotations/suite~1json","value":"before"},
		{"op":"replace","path":"/metadata/annotations/suite~1json","value":"after"}]`)
	if d.Annotations["suite/json"] != "after" {
		t.Errorf("%v", d.Annotations)
	}
}

func (c *clients) patchesATestThatFails(t *testing.T) {
	path := c.deploymentPath()
	before := c.deployment(t)
	c.patch(t, jsonPatch, path, `[{"op":"test","path":"/spec/replicas","value":999},{"op":"replace","path":"/spec/replicas","value":0}]`).
		refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "the server rejected our request due to an error in our request")
	c.patch(t, jsonPatch, path, `[{"op":"remove","path":"/metadata/annotations/suite~1absent"}]`).
		refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
	if after := c.deployment(t); after.Generation != before.Generation {
		t.Errorf("generation %d became %d", before.Generation, after.Generation)
	}
}

func (c *clients) patchesAnOldVersion(t *testing.T) {
	path := c.deploymentPath()
	old := c.deployment(t)
	now := c.change(t, mergePatch, fmt.Sprintf(`{"metadata":{"annotations":{"suite/moved":%q}}}`, old.ResourceVersion))
	for _, kind := range []string{mergePatch, strategicPatch} {
		body := fmt.Sprintf(`{"metadata":{"resourceVersion":%q,"annotations":{"suite/late":"x"}}}`, old.ResourceVersion)
		c.patch(t, kind, path, body).refusal(t, http.StatusConflict, metav1.StatusReasonConflict,
			"the object has been modified", c.Deployment)
	}
	body := fmt.Sprintf(`[{"op":"test","path":"/metadata/resourceVersion","value":%q}]`, old.ResourceVersion)
	c.patch(t, jsonPatch, path, body).refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
	if d := c.deployment(t); d.Annotations["suite/late"] != "" {
		t.Errorf("a late patch was applied to version %s", now.ResourceVersion)
	}
	now = c.settled(t, func(appsv1.Deployment) bool { return true })
	c.change(t, mergePatch, fmt.Sprintf(`{"metadata":{"resourceVersion":%q,"annotations":{"suite/moved":null}}}`, now.ResourceVersion))
}

func (c *clients) patchesAnotherUID(t *testing.T) {
	path := c.deploymentPath()
	c.patch(t, mergePatch, path, `{"metadata":{"uid":"00000000-0000-0000-0000-000000000000"}}`).
		refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "metadata.uid", "immutable")
}

func (c *clients) patchesGeneration(t *testing.T) {
	before := c.deployment(t)
	for i, step := range []struct {
		body string
		more int64
	}{
		{`{"metadata":{"labels":{"suite/generation":"x"}}}`, 0},
		{`{"metadata":{"annotations":{"suite/generation":"x"}}}`, 1}, // a Deployment counts its annotations among what it wants
		{`{"spec":{"minReadySeconds":1}}`, 1},
		{`{"metadata":{"annotations":{"suite/generation":null},"labels":{"suite/generation":null}},"spec":{"minReadySeconds":0}}`, 1},
	} {
		d := c.change(t, mergePatch, step.body)
		if d.Generation != before.Generation+step.more {
			t.Errorf("change %d makes generation %d of %d", i, d.Generation, before.Generation)
		}
		before = d
	}
}

// change patches the Deployment and returns it as it is then.
func (c *clients) change(t *testing.T, kind, body string) appsv1.Deployment {
	t.Helper()
	var d appsv1.Deployment
	c.patch(t, kind, c.deploymentPath(), body).want(t, http.StatusOK).read(t, &d)
	return d
}

// patchStrategic merges lists by the name of their items, which a merge patch replaces whole.
func (c *clients) patchStrategic(t *testing.T) {
	before := c.deployment(t)
	containers := before.Spec.Template.Spec.Containers
	name := containers[0].Name
	env := func(d appsv1.Deployment) string {
		for _, k := range d.Spec.Template.Spec.Containers {
			for _, e := range k.Env {
				if k.Name == name && e.Name == "SUITE" {
					return e.Value
				}
			}
		}
		return ""
	}
	// A dry run, so that no pod has to be replaced.
	var d appsv1.Deployment
	c.patch(t, strategicPatch, c.deploymentPath()+"?dryRun=All",
		fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[{"name":%q,"env":[{"name":"SUITE","value":"strategic"}]}]}}}}`, name)).
		want(t, http.StatusOK).read(t, &d)
	if env(d) != "strategic" || len(d.Spec.Template.Spec.Containers) != len(containers) ||
		d.Spec.Template.Spec.Containers[0].Image != containers[0].Image {
		t.Errorf("%+v", d.Spec.Template.Spec.Containers)
	}
	if d = c.change(t, strategicPatch, `{"metadata":{"annotations":{"suite/strategic":"x"}}}`); d.Annotations["suite/strategic"] != "x" {
		t.Errorf("%v", d.Annotations)
	}
	if d = c.change(t, strategicPatch, `{"metadata":{"annotations":{"suite/strategic":null}}}`); d.Annotations["suite/strategic"] != "" {
		t.Errorf("null removes: %v", d.Annotations)
	}
}

func (c *clients) refusePatches(t *testing.T) {
	path := c.deploymentPath()
	cases := []struct {
		name, kind, path, body string
		code                   int
		reason                 metav1.StatusReason
		part                   string
	}{
		{"unknown type", "text/plain", path, `{}`, http.StatusUnsupportedMediaType, metav1.StatusReasonUnsupportedMediaType,
			"Unsupported Media Type"},
		{"plain json", jsonType, path, `{}`, http.StatusUnsupportedMediaType, metav1.StatusReasonUnsupportedMediaType, ""},
		{"no json", mergePatch, path, `{"metadata":`, http.StatusBadRequest, metav1.StatusReasonBadRequest, ""},
		{"no json patch", jsonPatch, path, `{"op":"test"}`, http.StatusBadRequest, metav1.StatusReasonBadRequest, ""},
		{"wrong type", mergePatch, path, `{"spec":{"replicas":"many"}}`, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid,
			"cannot unmarshal string into Go struct field"},
		{"out of range", mergePatch, path, `{"spec":{"replicas":-1}}`, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid,
			"spec.replicas"},
		{"immutable", mergePatch, path, `{"spec":{"selector":{"matchLabels":{"app":"suite-other"}}}}`,
			http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "selector"},
		{"another name", mergePatch, path, `{"metadata":{"name":"suite-other"}}`, http.StatusBadRequest, metav1.StatusReasonBadRequest, "name"},
		{"nothing there", mergePatch, path + "-no-such", `{"metadata":{"labels":{"a":"b"}}}`, http.StatusNotFound, metav1.StatusReasonNotFound,
			c.Deployment + "-no-such"},
		{"a whole collection", mergePatch, c.podsPath(), `{}`, http.StatusMethodNotAllowed, metav1.StatusReasonMethodNotAllowed, ""},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			before := c.deployment(t)
			s := c.patch(t, k.kind, k.path, k.body).refusal(t, k.code, k.reason, k.part)
			if k.name == "out of range" && (s.Details == nil || s.Details.Name != c.Deployment || len(s.Details.Causes) == 0 ||
				s.Details.Causes[0].Field != "spec.replicas") {
				t.Errorf("details %+v", s.Details)
			}
			if after := c.deployment(t); after.Generation != before.Generation {
				t.Errorf("generation %d became %d", before.Generation, after.Generation)
			}
		})
	}
}

func (c *clients) apply(t *testing.T) {
	body := func(value string) string {
		return fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":%q,"annotations":{"suite/apply":%q}}}`,
			c.Deployment, value)
	}
	var d appsv1.Deployment
	c.patch(t, applyPatch, c.deploymentPath()+"?fieldManager=suite-one", body("one")).want(t, http.StatusOK).read(t, &d)
	if d.Annotations["suite/apply"] != "one" {
		t.Errorf("%v", d.Annotations)
	}
	c.patch(t, applyPatch, c.deploymentPath()+"?fieldManager=suite-two", body("two")).
		refusal(t, http.StatusConflict, metav1.StatusReasonConflict, "suite-one")
	c.patch(t, applyPatch, c.deploymentPath()+"?fieldManager=suite-two&force=true", body("two")).want(t, http.StatusOK).read(t, &d)
	if d.Annotations["suite/apply"] != "two" {
		t.Errorf("%v", d.Annotations)
	}
	c.patch(t, applyPatch, c.deploymentPath(), body("three")).
		refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "fieldManager")
	// What a manager no longer names is taken back.
	empty := fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":%q}}`, c.Deployment)
	d = appsv1.Deployment{}
	c.patch(t, applyPatch, c.deploymentPath()+"?fieldManager=suite-two", empty).want(t, http.StatusOK).read(t, &d)
	if _, there := d.Annotations["suite/apply"]; there {
		t.Errorf("%v", d.Annotations)
	}
	c.applyMerges(t)
	c.patch(t, applyPatch, c.deploymentPath()+"?fieldManager=suite-one&dryRun=All",
		fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":%q},"spec":{"replicaCount":1}}`, c.Deployment)).
		refusal(t, http.StatusInternalServerError, metav1.StatusReasonUnknown, ".spec.replicaCount: field not declared in schema")
}

// applyMerges wants lists to be merged by their keys, and atomic ones to be replaced.
func (c *clients) applyMerges(t *testing.T) {
	before := c.deployment(t)
	one := before.Spec.Template.Spec.Containers[0]
	body := fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":%q},"spec":{"template":{"spec":{"containers":[
		{"name":%q,"env":[{"name":"SUITE","value":"applied"}],"ports":[{"containerPort":9,"name":"suite"}]}]}}}}`, c.Deployment, one.Name)
	var d appsv1.Deployment
	c.patch(t, applyPatch, c.deploymentPath()+"?fieldManager=suite-one&dryRun=All", body).want(t, http.StatusOK).read(t, &d)
	got := d.Spec.Template.Spec.Containers
	if len(got) != len(before.Spec.Template.Spec.Containers) || got[0].Image != one.Image || len(got[0].Env) != len(one.Env)+1 ||
		len(got[0].Ports) != len(one.Ports)+1 {
		t.Errorf("%+v was made of %+v", got, one)
	}
}

// patchesAreSigned wants to read who changed a field.
func (c *clients) patchesAreSigned(t *testing.T) {
	var d appsv1.Deployment
	c.patch(t, mergePatch, c.deploymentPath()+"?fieldManager=suite-signs", `{"metadata":{"labels":{"suite/signed":"x"}}}`).
		want(t, http.StatusOK).read(t, &d)
	signed := false
	for _, e := range d.ManagedFields {
		if e.Manager == "suite-signs" && e.FieldsV1 != nil && strings.Contains(e.FieldsV1.GetRawString(), `"f:suite/signed"`) {
			signed = e.Operation == metav1.ManagedFieldsOperationUpdate && e.APIVersion == "apps/v1" && e.Time != nil
		}
	}
	if !signed {
		t.Errorf("%+v", d.ManagedFields)
	}
	c.change(t, mergePatch, `{"metadata":{"labels":{"suite/signed":null}}}`)
}

func checkScale(t *testing.T, c *clients) {
	path := c.deploymentPath() + "/scale"
	read := func(t *testing.T) autoscalingv1.Scale {
		t.Helper()
		var s autoscalingv1.Scale
		c.get(t, path).want(t, http.StatusOK).read(t, &s)
		return s
	}
	t.Run("read", func(t *testing.T) {
		d, s := c.deployment(t), read(t)
		if s.Kind != "Scale" || s.APIVersion != "autoscaling/v1" || s.Name != c.Deployment || s.Spec.Replicas != *d.Spec.Replicas ||
			s.Status.Selector == "" || s.UID != d.UID || s.ResourceVersion == "" {
			t.Errorf("%+v of %d replicas", s, *d.Spec.Replicas)
		}
	})
	t.Run("there and back", func(t *testing.T) {
		before := c.settled(t, func(d appsv1.Deployment) bool { return d.Status.ReadyReplicas == *d.Spec.Replicas })
		n := *before.Spec.Replicas
		for _, want := range []int32{n + 1, n} {
			var s autoscalingv1.Scale
			c.patch(t, mergePatch, path, fmt.Sprintf(`{"spec":{"replicas":%d}}`, want)).want(t, http.StatusOK).read(t, &s)
			if s.Kind != "Scale" || s.Spec.Replicas != want {
				t.Errorf("%s %+v", s.Kind, s.Spec)
			}
			c.settled(t, func(d appsv1.Deployment) bool { return *d.Spec.Replicas == want && d.Status.Replicas == want })
		}
	})
	t.Run("an old version", func(t *testing.T) {
		old := read(t)
		c.patch(t, mergePatch, c.deploymentPath(), fmt.Sprintf(`{"metadata":{"annotations":{"suite/scale":%q}}}`, old.ResourceVersion))
		c.patch(t, mergePatch, path, fmt.Sprintf(`{"metadata":{"resourceVersion":%q},"spec":{"replicas":1}}`, old.ResourceVersion)).
			refusal(t, http.StatusConflict, metav1.StatusReasonConflict)
	})
	t.Run("out of range", func(t *testing.T) {
		c.patch(t, mergePatch, path, `{"spec":{"replicas":-1}}`).refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
	})
}
