package kubeapi

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	discoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kversion "k8s.io/apimachinery/pkg/version"
)

// reviewed are the groups that only answer questions.
func reviewed() []*Resource {
	return []*Resource{
		{Group: "authentication.k8s.io", Version: "v1", Kind: "SelfSubjectReview", Plural: "selfsubjectreviews"},
		{Group: "authorization.k8s.io", Version: "v1", Kind: "SelfSubjectAccessReview", Plural: "selfsubjectaccessreviews"},
		{Group: "authorization.k8s.io", Version: "v1", Kind: "SelfSubjectRulesReview", Plural: "selfsubjectrulesreviews"},
	}
}

// discover answers what is no resource: what is served, of what it is made, and the version.
func (s *Server) discover(c *call) error {
	if c.verb != "get" && c.verb != "head" {
		return errNoPath
	}
	c.f, _ = negotiate(c.r, false, false)
	parts := strings.Split(strings.Trim(c.path, "/"), "/")
	switch {
	case c.path == "/version":
		return s.version(c)
	case parts[0] == "openapi":
		return s.openAPI(c)
	case parts[0] != "api" && parts[0] != "apis":
		return errNoPath
	case len(parts) == 1:
		return s.groups(c, parts[0])
	}
	var gv schema.GroupVersion
	switch {
	case parts[0] == "api" && len(parts) == 2:
		gv.Version = parts[1]
	case parts[0] == "apis" && len(parts) == 3:
		gv.Group, gv.Version = parts[1], parts[2]
	case parts[0] == "apis" && len(parts) == 2:
		return s.group(c, parts[1])
	default:
		return errNoPath
	}
	return s.kinds(c, gv)
}

func (s *Server) served() []*Resource {
	list := slices.Concat(s.o.Store.order, reviewed())
	slices.SortStableFunc(list, func(a, b *Resource) int { return cmp.Compare(a.Group, b.Group) })
	return list
}

func (s *Server) version(c *call) error {
	major, minor, _ := strings.Cut(strings.TrimPrefix(s.o.Version, "v"), ".")
	minor, _, _ = strings.Cut(minor, ".")
	respondJSON(c.w, "application/json", kversion.Info{Major: major, Minor: minor, GitVersion: s.o.Version,
		GitTreeState: "clean", GoVersion: "go1.26.8", Compiler: "gc", Platform: "linux/amd64"})
	return nil
}

// groups answers /api and /apis: all in one where the client takes that, else names only.
func (s *Server) groups(c *call, root string) error {
	for _, a := range acceptList(c.r.Header.Get("Accept")) {
		if a.media == runtime.ContentTypeJSON && a.params["as"] == "APIGroupDiscoveryList" && a.params["v"] == "v2" {
			respondJSON(c.w, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", s.aggregated(root))
			return nil
		}
	}
	if root == "api" {
		c.f.respond(c.w, http.StatusOK, &metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions", APIVersion: "v1"},
			Versions: []string{"v1"}})
		return nil
	}
	list := &metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
	for _, name := range s.groupNames() {
		list.Groups = append(list.Groups, *s.apiGroup(name))
	}
	c.f.respond(c.w, http.StatusOK, list)
	return nil
}

// groupNames lists the named groups in order.
func (s *Server) groupNames() []string {
	var names []string
	for _, r := range s.served() {
		if r.Group != "" && !slices.Contains(names, r.Group) {
			names = append(names, r.Group)
		}
	}
	return names
}

// apiGroup describes one group, nil when it is not served. Each has one version.
func (s *Server) apiGroup(name string) *metav1.APIGroup {
	for _, r := range s.served() {
		if r.Group != name {
			continue
		}
		v := metav1.GroupVersionForDiscovery{GroupVersion: r.groupVersion().String(), Version: r.Version}
		return &metav1.APIGroup{Name: name, Versions: []metav1.GroupVersionForDiscovery{v}, PreferredVersion: v}
	}
	return nil
}

func (s *Server) group(c *call, name string) error {
	g := s.apiGroup(name)
	if g == nil || name == "" {
		return errNoPath
	}
	g.TypeMeta = metav1.TypeMeta{Kind: "APIGroup", APIVersion: "v1"}
	c.f.respond(c.w, http.StatusOK, g)
	return nil
}

// absent is the refusal of what a group lacks; of a group that is not served at all there is no path.
func (s *Server) absent(group string) error {
	if group == "" || s.apiGroup(group) != nil {
		return notServed()
	}
	return errNoPath
}

// kinds answers what one version of a group holds.
func (s *Server) kinds(c *call, gv schema.GroupVersion) error {
	list := &metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"},
		GroupVersion: gv.String()}
	for _, r := range s.served() {
		if r.groupVersion() != gv {
			continue
		}
		list.APIResources = append(list.APIResources, metav1.APIResource{Name: r.Plural, SingularName: strings.ToLower(r.Kind),
			Namespaced: r.Namespaced, Kind: r.Kind, Verbs: r.verbs(), ShortNames: r.Short, Categories: r.categories()})
		for _, sub := range r.Sub {
			one := metav1.APIResource{Name: r.Plural + "/" + sub, Namespaced: r.Namespaced, Kind: subKind(r, sub).Kind,
				Verbs: subVerbs(sub)}
			if kind := subKind(r, sub); kind.GroupVersion() != gv { // said only where it differs
				one.Group, one.Version = kind.Group, kind.Version
			}
			list.APIResources = append(list.APIResources, one)
		}
	}
	if len(list.APIResources) == 0 {
		return s.absent(gv.Group)
	}
	c.f.respond(c.w, http.StatusOK, list)
	return nil
}

// subKind is the kind of what a subresource takes and gives, which may be of another group than the resource.
func subKind(r *Resource, sub string) schema.GroupVersionKind {
	switch sub {
	case subScale:
		return scaleGVK
	case subEviction:
		return schema.GroupVersionKind{Group: "policy", Version: "v1", Kind: "Eviction"}
	case subProxy:
		return r.groupVersion().WithKind("PodProxyOptions")
	}
	return r.gvk()
}

// aggregated describes all kinds under a root at once.
func (s *Server) aggregated(root string) *discoveryv2.APIGroupDiscoveryList {
	out := &discoveryv2.APIGroupDiscoveryList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupDiscoveryList",
		APIVersion: "apidiscovery.k8s.io/v2"}}
	for _, r := range s.served() {
		if (root == "api") != (r.Group == "") {
			continue
		}
		n := len(out.Items)
		if n == 0 || out.Items[n-1].Name != r.Group {
			out.Items = append(out.Items, discoveryv2.APIGroupDiscovery{ObjectMeta: metav1.ObjectMeta{Name: r.Group},
				Versions: []discoveryv2.APIVersionDiscovery{{Version: r.Version, Freshness: discoveryv2.DiscoveryFreshnessCurrent}}})
			n++
		}
		v := &out.Items[n-1].Versions[0]
		v.Resources = append(v.Resources, discovered(r))
	}
	return out
}

func discovered(r *Resource) discoveryv2.APIResourceDiscovery {
	scope := discoveryv2.ScopeCluster
	if r.Namespaced {
		scope = discoveryv2.ScopeNamespace
	}
	kind := func(k schema.GroupVersionKind) *metav1.GroupVersionKind {
		return &metav1.GroupVersionKind{Group: k.Group, Version: k.Version, Kind: k.Kind}
	}
	d := discoveryv2.APIResourceDiscovery{Resource: r.Plural, ResponseKind: kind(r.gvk()), Scope: scope,
		SingularResource: strings.ToLower(r.Kind), Verbs: r.verbs(), ShortNames: r.Short, Categories: r.categories()}
	for _, sub := range r.Sub {
		d.Subresources = append(d.Subresources, discoveryv2.APISubresourceDiscovery{Subresource: sub,
			ResponseKind: kind(subKind(r, sub)), Verbs: subVerbs(sub)})
	}
	return d
}
