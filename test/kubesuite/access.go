package kubesuite

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// question is one access review and who may.
type question struct {
	verb, group, resource, sub, namespace string
	may                                   string // letters of admin, viewer, scoped, nobody
}

func (c *clients) questions() []question {
	return []question{
		{"list", "", "pods", "", "", "av"},
		{"watch", "", "pods", "", "", "av"},
		{"list", "", "pods", "", c.Namespace, "avs"},
		{"list", "", "pods", "", c.Elsewhere, "av"},
		{"get", "", "pods", "log", c.Namespace, "avs"},
		{"get", "", "pods", "log", c.Elsewhere, "av"},
		{"get", "", "pods", "proxy", c.Namespace, "avs"},
		{"create", "", "pods", "proxy", c.Namespace, "a"},
		{"list", "", "nodes", "", "", "av"},
		{"list", "", "secrets", "", c.Namespace, "a"},
		{"patch", "apps", "deployments", "", c.Namespace, "a"},
		{"patch", "apps", "deployments", "scale", c.Namespace, "a"},
		{"list", "apps", "deployments", "", c.Namespace, "avs"},
		{"list", "", "events", "", c.Namespace, "avs"},
		{"delete", "", "pods", "", c.Namespace, "a"},
		{"list", "no.such.group", "things", "", "", "a"},
	}
}

// actsAsOthers asks to be treated as another user, which only those may who may do everything.
func (c *clients) actsAsOthers(t *testing.T) {
	as := func(token, name string) answer {
		return c.ask(t, request{Path: "/api/v1/pods?limit=1", Token: token, Accept: jsonType,
			Header: map[string]string{"Impersonate-User": name}})
	}
	as(c.Tokens.Admin, "somebody-unknown").
		refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden, `User "somebody-unknown" cannot list resource "pods"`)
	as(c.Tokens.Viewer, c.Names.Admin).
		refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden,
			fmt.Sprintf(`User %q cannot impersonate-on:user-info:list resource "pods"`, c.Names.Viewer))
}

func checkReviews(t *testing.T, c *clients) {
	users := []struct{ letter, name, token string }{
		{"a", "admin", c.Tokens.Admin}, {"v", "viewer", c.Tokens.Viewer}, {"s", "scoped", c.Tokens.Scoped}, {"n", "nobody", c.Tokens.Nobody},
	}
	for _, u := range users {
		api := c.typed(t, u.token).AuthorizationV1()
		t.Run("may "+u.name, func(t *testing.T) {
			for _, q := range c.questions() {
				r := must(api.SelfSubjectAccessReviews().Create(t.Context(), &authorizationv1.SelfSubjectAccessReview{
					Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
						Verb: q.verb, Group: q.group, Resource: q.resource, Subresource: q.sub, Namespace: q.namespace}},
				}, metav1.CreateOptions{}))(t)
				if want := strings.Contains(q.may, u.letter); r.Status.Allowed != want || r.Status.EvaluationError != "" {
					t.Errorf("%+v: %+v", q, r.Status)
				}
			}
		})
		t.Run("rules of "+u.name, func(t *testing.T) {
			r := must(api.SelfSubjectRulesReviews().Create(t.Context(), &authorizationv1.SelfSubjectRulesReview{
				Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: c.Namespace}}, metav1.CreateOptions{}))(t)
			if want := u.letter != "n"; ruled(r.Status.ResourceRules, "list", "", "pods") != want {
				t.Errorf("lists pods: want %v in %+v", want, r.Status.ResourceRules)
			}
			if want := u.letter == "a"; ruled(r.Status.ResourceRules, "patch", "apps", "deployments") != want {
				t.Errorf("patches deployments: want %v in %+v", want, r.Status.ResourceRules)
			}
		})
	}
	t.Run("in json", func(t *testing.T) {
		body := `{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1",
			"spec":{"resourceAttributes":{"verb":"list","resource":"pods"}}}`
		a := c.ask(t, request{Method: http.MethodPost, Path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
			Token: c.Tokens.Viewer, Accept: jsonType, Type: jsonType, Body: body}).want(t, http.StatusCreated)
		var r authorizationv1.SelfSubjectAccessReview
		if a.read(t, &r); r.Kind != "SelfSubjectAccessReview" || !r.Status.Allowed || r.Spec.ResourceAttributes.Verb != "list" {
			t.Error(a)
		}
	})
	t.Run("paths", func(t *testing.T) {
		r := must(c.typed(t, c.Tokens.Nobody).AuthorizationV1().SelfSubjectAccessReviews().Create(t.Context(),
			&authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
				NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: "/metrics", Verb: "get"}}}, metav1.CreateOptions{}))(t)
		if r.Status.Allowed {
			t.Error("nobody may read /metrics")
		}
	})
	t.Run("as somebody else", c.actsAsOthers)
	t.Run("who am I", func(t *testing.T) {
		r := must(c.typed(t, c.Tokens.Viewer).AuthenticationV1().SelfSubjectReviews().Create(t.Context(),
			&authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{}))(t)
		if r.Status.UserInfo.Username != c.Names.Viewer || !slices.Contains(r.Status.UserInfo.Groups, "system:authenticated") {
			t.Errorf("%+v", r.Status.UserInfo)
		}
	})
}

// ruled tells whether rules without names of objects allow something.
func ruled(rules []authorizationv1.ResourceRule, verb, group, resource string) bool {
	has := func(list []string, want string) bool {
		return slices.Contains(list, want) || slices.Contains(list, "*")
	}
	return slices.ContainsFunc(rules, func(r authorizationv1.ResourceRule) bool {
		return has(r.Verbs, verb) && has(r.APIGroups, group) && has(r.Resources, resource) && len(r.ResourceNames) == 0
	})
}

func checkRefusals(t *testing.T, c *clients) {
	ask := func(t *testing.T, token, path string) answer {
		t.Helper()
		return c.ask(t, request{Path: path, Token: token, Accept: jsonType})
	}
	t.Run("an unknown token", func(t *testing.T) {
		for _, path := range []string{c.podsPath(), "/api", "/version"} {
			ask(t, "no-such-token", path).refusal(t, http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized")
		}
	})
	t.Run("no token", func(t *testing.T) {
		ask(t, "", c.podsPath()).refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden,
			`User "system:anonymous" cannot list resource "pods"`)
	})
	t.Run("nobody", func(t *testing.T) {
		s := ask(t, c.Tokens.Nobody, c.podsPath()).refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden,
			`User "`+c.Names.Nobody+`" cannot list resource "pods" in API group "" in the namespace "`+c.Namespace+`"`)
		if s.Details == nil || s.Details.Kind != "pods" {
			t.Errorf("details %+v", s.Details)
		}
		ask(t, c.Tokens.Nobody, "/api/v1/nodes").refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden, "at the cluster scope")
		s = ask(t, c.Tokens.Nobody, c.deploymentPath()).refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden,
			`cannot get resource "deployments" in API group "apps"`)
		if s.Details == nil || s.Details.Name != c.Deployment || s.Details.Group != "apps" {
			t.Errorf("details %+v", s.Details)
		}
	})
	t.Run("of one namespace", func(t *testing.T) {
		ask(t, c.Tokens.Scoped, c.podsPath()).want(t, http.StatusOK)
		ask(t, c.Tokens.Scoped, c.podsPath()+"?watch=true&timeoutSeconds=1").want(t, http.StatusOK)
		ask(t, c.Tokens.Scoped, "/api/v1/pods").refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden, "at the cluster scope")
		ask(t, c.Tokens.Scoped, "/api/v1/namespaces/"+c.Elsewhere+"/pods").refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden,
			`in the namespace "`+c.Elsewhere+`"`)
		ask(t, c.Tokens.Scoped, "/api/v1/pods?watch=true").refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden, "cannot watch")
	})
	t.Run("reading only", func(t *testing.T) {
		c.ask(t, request{Method: http.MethodPatch, Path: c.deploymentPath() + "/scale", Token: c.Tokens.Viewer, Accept: jsonType,
			Type: mergePatch, Body: `{"spec":{"replicas":1}}`}).
			refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden, `cannot patch resource "deployments/scale"`)
		if c.Can.Secrets {
			ask(t, c.Tokens.Viewer, "/api/v1/namespaces/"+c.Namespace+"/secrets").
				refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden)
		}
	})
	t.Run("before what is there", func(t *testing.T) { // who may not read does not learn whether it exists
		ask(t, c.Tokens.Nobody, c.podsPath()+"/no-such-pod").refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden)
		s := c.get(t, c.podsPath()+"/no-such-pod").refusal(t, http.StatusNotFound, metav1.StatusReasonNotFound, `pods "no-such-pod" not found`)
		if s.Details == nil || s.Details.Kind != "pods" || s.Details.Name != "no-such-pod" {
			t.Errorf("details %+v", s.Details)
		}
	})
	t.Run("other methods", func(t *testing.T) {
		c.ask(t, request{Method: http.MethodPut, Path: c.podsPath(), Token: c.Tokens.Admin, Accept: jsonType, Type: jsonType, Body: "{}"}).
			refusal(t, http.StatusMethodNotAllowed, metav1.StatusReasonMethodNotAllowed)
	})
}
