package kubesuite

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

func checkDiscovery(t *testing.T, c *clients) {
	t.Run("core at once", c.discoversCoreAtOnce)
	t.Run("groups at once", c.discoversGroupsAtOnce)
	t.Run("one by one", c.discoversOneByOne)
	t.Run("by client-go", c.discoversByClientGo)
	t.Run("what is not there", c.discoversWhatIsNotThere)
	if c.Can.OpenAPI {
		t.Run("openapi", func(t *testing.T) {
			var index struct {
				Paths map[string]struct {
					ServerRelativeURL string
				}
			}
			c.get(t, "/openapi/v3").want(t, http.StatusOK).read(t, &index)
			page := index.Paths["apis/apps/v1"].ServerRelativeURL
			if page == "" {
				t.Fatalf("%d groups, none is apps/v1", len(index.Paths))
			}
			if a := c.get(t, page).want(t, http.StatusOK); !strings.Contains(string(a.Body), "io.k8s.api.apps.v1.Deployment") {
				t.Error(a)
			}
		})
	}
}

func (c *clients) discoversCoreAtOnce(t *testing.T) {
	core := c.aggregated(t, "/api")
	pods := resource(t, core, "", "v1", "pods")
	if pods.ResponseKind == nil || pods.ResponseKind.Kind != "Pod" || pods.Scope != apidiscovery.ScopeNamespace ||
		pods.SingularResource != "pod" || !slices.Contains(pods.ShortNames, "po") {
		t.Errorf("%+v", pods)
	}
	for _, verb := range []string{"get", "list", "watch", "patch"} {
		if !slices.Contains(pods.Verbs, verb) {
			t.Errorf("pods lack the verb %s: %v", verb, pods.Verbs)
		}
	}
	for _, sub := range []string{"log", "proxy"} {
		if !slices.ContainsFunc(pods.Subresources, func(s apidiscovery.APISubresourceDiscovery) bool { return s.Subresource == sub }) {
			t.Errorf("pods lack the subresource %s", sub)
		}
	}
	if nodes := resource(t, core, "", "v1", "nodes"); nodes.Scope != apidiscovery.ScopeCluster {
		t.Errorf("nodes are %s", nodes.Scope)
	}
}

func (c *clients) discoversGroupsAtOnce(t *testing.T) {
	groups := c.aggregated(t, "/apis")
	d := resource(t, groups, "apps", "v1", "deployments")
	if !slices.ContainsFunc(d.Subresources, func(s apidiscovery.APISubresourceDiscovery) bool {
		return s.Subresource == "scale" && s.ResponseKind != nil && s.ResponseKind.Kind == "Scale" &&
			s.ResponseKind.Group == "autoscaling" && s.ResponseKind.Version == "v1"
	}) {
		t.Errorf("deployments lack scale: %+v", d.Subresources)
	}
	if !slices.Contains(d.Categories, "all") {
		t.Errorf("deployments are of the categories %v", d.Categories)
	}
	for _, group := range []string{"autoscaling", "policy", "batch", "authorization.k8s.io", "events.k8s.io"} {
		if !slices.ContainsFunc(groups.Items, func(g apidiscovery.APIGroupDiscovery) bool { return g.Name == group }) {
			t.Errorf("no group %s", group)
		}
	}
}

func (c *clients) discoversOneByOne(t *testing.T) {
	var versions metav1.APIVersions
	if c.get(t, "/api").want(t, http.StatusOK).read(t, &versions); versions.Kind != "APIVersions" ||
		!slices.Contains(versions.Versions, "v1") {
		t.Errorf("%+v", versions)
	}
	var groups metav1.APIGroupList
	if c.get(t, "/apis").want(t, http.StatusOK).read(t, &groups); groups.Kind != "APIGroupList" || len(groups.Groups) < 5 {
		t.Errorf("%+v", groups)
	}
	var list metav1.APIResourceList
	c.get(t, "/api/v1").want(t, http.StatusOK).read(t, &list)
	for _, name := range []string{"pods", "pods/log", "pods/proxy", "nodes", "namespaces", "events", "services"} {
		if !slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == name }) {
			t.Errorf("v1 lacks %s", name)
		}
	}
	var apps metav1.APIResourceList
	if c.get(t, "/apis/apps/v1").want(t, http.StatusOK).read(t, &apps); apps.GroupVersion != "apps/v1" {
		t.Errorf("%+v", apps)
	}
}

func (c *clients) discoversByClientGo(t *testing.T) {
	lists := must(c.typed(t, c.Tokens.Nobody).Discovery().ServerPreferredResources())(t)
	seen := map[string]bool{}
	for _, l := range lists {
		for _, r := range l.APIResources {
			seen[l.GroupVersion+" "+r.Name] = true
		}
	}
	for _, want := range []string{"v1 pods", "v1 nodes", "apps/v1 deployments", "autoscaling/v2 horizontalpodautoscalers"} {
		if !seen[want] {
			t.Errorf("%s is not discovered", want)
		}
	}
}

func (c *clients) discoversWhatIsNotThere(t *testing.T) {
	for _, path := range []string{"/apis/no.such.group/v1", "/nothing"} {
		a := c.get(t, path)
		if a.Code != http.StatusNotFound || !strings.Contains(string(a.Body), "404 page not found") {
			t.Errorf("%s", a)
		}
	}
	for _, path := range []string{"/apis/apps/v9", "/apis/apps/v1/widgets", "/api/v1/nothing"} { // of a group that there is
		c.get(t, path).refusal(t, http.StatusNotFound, metav1.StatusReasonNotFound, "could not find the requested resource")
	}
}

func (c *clients) aggregated(t *testing.T, path string) apidiscovery.APIGroupDiscoveryList {
	t.Helper()
	a := c.ask(t, request{Path: path, Token: c.Tokens.Nobody, Accept: aggregated + "," + jsonType}).want(t, http.StatusOK)
	if kind := a.Header.Get("Content-Type"); !strings.Contains(kind, "as=APIGroupDiscoveryList") || !strings.Contains(kind, "v=v2") {
		t.Errorf("content type %q", kind)
	}
	var list apidiscovery.APIGroupDiscoveryList
	if a.read(t, &list); list.Kind != "APIGroupDiscoveryList" || list.APIVersion != "apidiscovery.k8s.io/v2" {
		t.Errorf("%s %s", list.Kind, list.APIVersion)
	}
	return list
}

func resource(
	t *testing.T, list apidiscovery.APIGroupDiscoveryList, group, version, name string,
) apidiscovery.APIResourceDiscovery {
	t.Helper()
	for _, g := range list.Items {
		for _, v := range g.Versions {
			for _, r := range v.Resources {
				if g.Name == group && v.Version == version && r.Resource == name {
					return r
				}
			}
		}
	}
	t.Fatalf("no %s in %q %s", name, group, version)
	return apidiscovery.APIResourceDiscovery{}
}
