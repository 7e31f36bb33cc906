package kubeapi

import (
	"slices"
	"strings"
)

// User is one identity with what it may do.
type User struct {
	Name   string
	Groups []string
	Rules  []Rule
}

// Rule allows verbs on resources: "*" stands for all, "pods/log" names a subresource.
type Rule struct {
	Namespace string // "" is the whole cluster, kinds without namespace included
	Verbs     []string
	Groups    []string // API groups, "" is the core
	Resources []string
	Paths     []string // what is no resource, such as "/version"; a trailing "*" stands for anything
}

// attributes are what a request asks for.
type attributes struct {
	verb, namespace, group, resource, sub, name string
	path                                        string // of what is no resource
}

const all = "*"

// openPaths is what everybody with a token may read.
func openPaths() []string {
	return []string{"/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version"}
}

// Admin may do everything.
func Admin(name string) User {
	any := []string{all}
	return User{Name: name, Groups: []string{"system:masters", "system:authenticated"},
		Rules: []Rule{{Verbs: any, Groups: any, Resources: any, Paths: any}}}
}

// anonymous is who brings no token: the version and the server's health are for everybody.
func anonymous() User {
	return User{Name: "system:anonymous", Groups: []string{"system:unauthenticated"},
		Rules: []Rule{{Verbs: []string{"get"}, Paths: []string{"/healthz", "/livez", "/readyz", "/version"}}}}
}

// Nobody may ask what is served and what it may do.
func Nobody(name string) User {
	return User{Name: name, Groups: []string{"system:authenticated"}, Rules: basic()}
}

// Viewer may read the fleet, logs and the pod proxy included; no secrets.
func Viewer(name string) User {
	u := Nobody(name)
	u.Rules = append(u.Rules, reading("")...)
	u.Rules = append(u.Rules, Rule{Verbs: []string{"get", "list", "watch"}, Groups: []string{""}, Resources: []string{Nodes, Namespaces}})
	return u
}

// NamespaceViewer may read in one namespace. It cannot list across the cluster, and sees no nodes.
func NamespaceViewer(name, namespace string) User {
	u := Nobody(name)
	u.Rules = append(u.Rules, reading(namespace)...)
	return u
}

// reading is what a role gives to somebody who watches workloads.
func reading(namespace string) []Rule {
	read := []string{"get", "list", "watch"}
	return []Rule{
		{Namespace: namespace, Verbs: read, Groups: []string{""}, Resources: []string{Pods, Services, Events}},
		{Namespace: namespace, Verbs: []string{"get"}, Groups: []string{""}, Resources: []string{"pods/log", "pods/proxy"}},
		{Namespace: namespace, Verbs: read, Groups: []string{"apps", "autoscaling", "batch", "coordination.k8s.io", "events.k8s.io",
			"leaderworkerset.x-k8s.io", "policy"}, Resources: []string{all}},
	}
}

func basic() []Rule {
	return []Rule{
		{Verbs: []string{"get"}, Paths: openPaths()},
		{Verbs: []string{"create"}, Groups: []string{"authorization.k8s.io"},
			Resources: []string{"selfsubjectaccessreviews", "selfsubjectrulesreviews"}},
		{Verbs: []string{"create"}, Groups: []string{"authentication.k8s.io"}, Resources: []string{"selfsubjectreviews"}},
	}
}

// may says whether one of the user's rules allows it.
func (u *User) may(a attributes) bool {
	return slices.ContainsFunc(u.Rules, func(r Rule) bool { return r.allows(a) })
}

func (r *Rule) allows(a attributes) bool {
	if !has(r.Verbs, a.verb) {
		return false
	}
	if a.path != "" {
		return slices.ContainsFunc(r.Paths, func(p string) bool {
			prefix, wild := strings.CutSuffix(p, "*")
			return p == a.path || wild && strings.HasPrefix(a.path, prefix)
		})
	}
	if r.Namespace != "" && r.Namespace != a.namespace {
		return false
	}
	resource := a.resource
	if a.sub != "" {
		resource += "/" + a.sub
	}
	return has(r.Groups, a.group) && has(r.Resources, resource)
}

func has(list []string, s string) bool { return slices.Contains(list, s) || slices.Contains(list, all) }
