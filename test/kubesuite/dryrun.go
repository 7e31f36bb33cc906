package kubesuite

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func checkDryRun(t *testing.T, c *clients) {
	path := c.deploymentPath()
	t.Run("says what would be", func(t *testing.T) {
		before := c.deployment(t)
		would := *before.Spec.Replicas + 7
		for _, p := range []string{path, path + "/scale"} {
			a := c.patch(t, mergePatch, p+"?dryRun=All", fmt.Sprintf(`{"spec":{"replicas":%d}}`, would)).want(t, http.StatusOK)
			var d appsv1.Deployment
			if a.read(t, &d); d.Spec.Replicas == nil || *d.Spec.Replicas != would {
				t.Errorf("%s", a)
			}
		}
		if after := c.deployment(t); after.Generation != before.Generation || *after.Spec.Replicas != *before.Spec.Replicas {
			t.Errorf("generation %d became %d with %d replicas", before.Generation, after.Generation, *after.Spec.Replicas)
		}
	})
	t.Run("refuses what would be refused", func(t *testing.T) {
		c.patch(t, mergePatch, path+"?dryRun=All", `{"spec":{"replicas":-1}}`).
			refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
		c.ask(t, request{Method: http.MethodPatch, Path: path + "?dryRun=All", Token: c.Tokens.Viewer, Accept: jsonType, Type: mergePatch,
			Body: `{"metadata":{"labels":{"a":"b"}}}`}).refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden)
	})
	t.Run("no other value", func(t *testing.T) {
		c.patch(t, mergePatch, path+"?dryRun=Some", `{"metadata":{"labels":{"a":"b"}}}`).
			refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "dryRun")
	})
}

// checkValidation sends a field that does not exist.
func checkValidation(t *testing.T, c *clients) {
	path := c.deploymentPath() + "?dryRun=All&fieldValidation="
	bodies := map[string]string{
		mergePatch:     `{"spec":{"replicaCount":2}}`,
		strategicPatch: `{"spec":{"replicaCount":2}}`,
		jsonPatch:      `[{"op":"add","path":"/spec/replicaCount","value":2}]`,
	}
	for kind, body := range bodies {
		short := strings.TrimSuffix(strings.TrimPrefix(kind, "application/"), "+json")
		t.Run("strict "+short, func(t *testing.T) {
			c.patch(t, kind, path+"Strict", body).
				refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "strict decoding error", `unknown field "spec.replicaCount"`)
		})
		t.Run("warn "+short, func(t *testing.T) {
			for _, mode := range []string{"Warn", ""} { // the default
				a := c.patch(t, kind, path+mode, body).want(t, http.StatusOK)
				if w := a.Header.Get("Warning"); !strings.HasPrefix(w, "299 - ") || !strings.Contains(w, `unknown field \"spec.replicaCount\"`) {
					t.Errorf("mode %q: warning %q", mode, w)
				}
			}
		})
		t.Run("ignore "+short, func(t *testing.T) {
			if a := c.patch(t, kind, path+"Ignore", body).want(t, http.StatusOK); a.Header.Get("Warning") != "" {
				t.Errorf("warning %q", a.Header.Get("Warning"))
			}
		})
	}
	t.Run("twice", func(t *testing.T) {
		c.patch(t, mergePatch, path+"Strict", `{"spec":{"replicas":2,"replicas":3}}`).
			refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "duplicate field")
	})
	t.Run("no such mode", func(t *testing.T) {
		c.patch(t, mergePatch, path+"Rather", `{}`).refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "fieldValidation")
	})
}
