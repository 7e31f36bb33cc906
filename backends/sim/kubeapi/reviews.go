package kubeapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// review answers what a user asks about itself. It says whether the request was such a question.
func (s *Server) review(c *call) (bool, error) {
	var obj runtime.Object
	var answer func()
	switch c.group + "/" + c.version + "/" + c.resource {
	case "authorization.k8s.io/v1/selfsubjectaccessreviews":
		r := &authorizationv1.SelfSubjectAccessReview{}
		obj, answer = r, func() { access(c.user, r) }
	case "authorization.k8s.io/v1/selfsubjectrulesreviews":
		r := &authorizationv1.SelfSubjectRulesReview{}
		obj, answer = r, func() { rules(c.user, r) }
	case "authentication.k8s.io/v1/selfsubjectreviews":
		r := &authenticationv1.SelfSubjectReview{}
		obj, answer = r, func() { r.Status.UserInfo = authenticationv1.UserInfo{Username: c.user.Name, Groups: c.user.Groups} }
	default:
		return false, nil
	}
	if c.verb != "create" || c.name != "" {
		return true, notAllowed(c.query)
	}
	f, ok := negotiate(c.r, false, false)
	if !ok {
		return true, notAcceptable()
	}
	c.f = f
	gvk, err := s.body(c, obj)
	if err != nil {
		return true, err
	}
	answer()
	obj.GetObjectKind().SetGroupVersionKind(gvk)
	c.f.respond(c.w, http.StatusCreated, obj)
	return true, nil
}

// body decodes a request into obj and returns the kind of obj.
func (s *Server) body(c *call, obj runtime.Object) (schema.GroupVersionKind, error) {
	kinds, _, err := served().scheme.ObjectKinds(obj)
	if err != nil {
		return schema.GroupVersionKind{}, err
	}
	raw, err := io.ReadAll(c.r.Body)
	if err != nil {
		return kinds[0], tooLarge(err)
	}
	info, err := inputFormat(c.r)
	if err != nil {
		return kinds[0], err
	}
	if _, _, err := info.Serializer.Decode(raw, &kinds[0], obj); err != nil {
		return kinds[0], badRequest(err.Error())
	}
	return kinds[0], nil
}

func access(u *User, r *authorizationv1.SelfSubjectAccessReview) {
	var a attributes
	switch {
	case r.Spec.ResourceAttributes != nil:
		x := r.Spec.ResourceAttributes
		a = attributes{verb: x.Verb, namespace: x.Namespace, group: x.Group, resource: x.Resource, sub: x.Subresource, name: x.Name}
	case r.Spec.NonResourceAttributes != nil:
		a = attributes{verb: r.Spec.NonResourceAttributes.Verb, path: r.Spec.NonResourceAttributes.Path}
	}
	r.Status = authorizationv1.SubjectAccessReviewStatus{Allowed: u.may(a)}
	if r.Status.Allowed {
		r.Status.Reason = fmt.Sprintf("RBAC: allowed for user %q", u.Name)
	}
}

func rules(u *User, r *authorizationv1.SelfSubjectRulesReview) {
	r.Status = authorizationv1.SubjectRulesReviewStatus{ResourceRules: []authorizationv1.ResourceRule{},
		NonResourceRules: []authorizationv1.NonResourceRule{}}
	for _, rule := range u.Rules {
		if len(rule.Paths) > 0 {
			r.Status.NonResourceRules = append(r.Status.NonResourceRules,
				authorizationv1.NonResourceRule{Verbs: rule.Verbs, NonResourceURLs: rule.Paths})
		}
		if len(rule.Resources) > 0 && (rule.Namespace == "" || rule.Namespace == r.Spec.Namespace) {
			r.Status.ResourceRules = append(r.Status.ResourceRules,
				authorizationv1.ResourceRule{Verbs: rule.Verbs, APIGroups: rule.Groups, Resources: rule.Resources})
		}
	}
}

// respondJSON answers with what is no object of the scheme.
func respondJSON(w http.ResponseWriter, media string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(b) // the client hung up
}
