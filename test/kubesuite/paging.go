package kubesuite

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"
)

func checkPaging(t *testing.T, c *clients) {
	t.Run("walk", c.walkPages)
	t.Run("remaining", c.pagesRemaining)
	t.Run("the last page", c.pagesTheLastPage)
	t.Run("a change between pages", c.pagesAChangeBetweenPages)
	t.Run("bad tokens", c.pagesBadTokens)
	t.Run("by client-go", c.pagesByClientGo)
}

func (c *clients) pagesRemaining(t *testing.T) {
	all := c.pods(t, "")
	page := c.pods(t, "?limit=1")
	if page.RemainingItemCount == nil || int(*page.RemainingItemCount) != len(all.Items)-1 {
		t.Errorf("remaining %v of %d", page.RemainingItemCount, len(all.Items))
	}
	page = c.pods(t, "?limit=1&labelSelector=app%3D"+c.Deployment)
	if page.RemainingItemCount != nil {
		t.Errorf("what remains behind a selector is unknown, and told as %d", *page.RemainingItemCount)
	}
	if page.Continue == "" {
		t.Error("no token to continue")
	}
}

func (c *clients) pagesTheLastPage(t *testing.T) {
	all := c.pods(t, "")
	for _, limit := range []int{0, len(all.Items), len(all.Items) + 1} {
		page := c.pods(t, fmt.Sprintf("?limit=%d", limit))
		if page.Continue != "" || page.RemainingItemCount != nil || len(page.Items) != len(all.Items) {
			t.Errorf("limit %d of %d: %d, continue %q", limit, len(all.Items), len(page.Items), page.Continue)
		}
	}
}

func (c *clients) pagesAChangeBetweenPages(t *testing.T) {
	first := c.pods(t, "?limit=1&labelSelector=app%3D"+c.Deployment)
	rest := c.pods(t, "?labelSelector=app%3D"+c.Deployment)
	changed := rest.Items[len(rest.Items)-1]
	c.annotate(t, changed.Name, "paging")
	next := c.pods(t, "?labelSelector=app%3D"+c.Deployment+"&continue="+url.QueryEscape(first.Continue))
	if next.ResourceVersion != first.ResourceVersion {
		t.Errorf("pages of versions %s and %s", first.ResourceVersion, next.ResourceVersion)
	}
	for _, p := range next.Items {
		if p.Name == changed.Name && p.ResourceVersion != changed.ResourceVersion {
			t.Error("a later page shows a later state")
		}
	}
}

func (c *clients) pagesBadTokens(t *testing.T) {
	c.get(t, c.podsPath()+"?limit=1&continue=rubbish").refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest, "continue")
	first := c.pods(t, "?limit=1")
	c.get(t, c.podsPath()+"?limit=1&resourceVersion=1&continue="+url.QueryEscape(first.Continue)).
		refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest, "resource version")
	c.get(t, c.podsPath()+"?limit=x").refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest)
}

func (c *clients) pagesByClientGo(t *testing.T) {
	api := c.typed(t, c.Tokens.Viewer).CoreV1().Pods("")
	pages, seen := 0, map[string]bool{}
	p := pager.New(pager.SimplePageFunc(func(o metav1.ListOptions) (runtime.Object, error) {
		pages++
		return api.List(t.Context(), o)
	}))
	p.PageSize = 2
	err := p.EachListItem(t.Context(), metav1.ListOptions{}, func(o runtime.Object) error {
		pod := o.(*corev1.Pod)
		if key := pod.Namespace + "/" + pod.Name; seen[key] {
			t.Errorf("%s comes twice", key)
		} else {
			seen[key] = true
		}
		return nil
	})
	if err != nil || pages < 2 || len(seen) < 4 {
		t.Errorf("%d pods on %d pages: %v", len(seen), pages, err)
	}
}

func (c *clients) walkPages(t *testing.T) {
	want := names(c.pods(t, ""))
	var got []string
	token, version, pages := "", "", 0
	for {
		page := c.pods(t, "?limit=2&continue="+url.QueryEscape(token))
		if pages++; version == "" {
			version = page.ResourceVersion
		}
		if page.ResourceVersion != version {
			t.Errorf("page %d is of version %s, the first of %s", pages, page.ResourceVersion, version)
		}
		if len(page.Items) > 2 || len(page.Items) == 0 {
			t.Fatalf("page %d has %d items", pages, len(page.Items))
		}
		got = append(got, names(page)...)
		if token = page.Continue; token == "" {
			break
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) || pages != (len(want)+1)/2 {
		t.Errorf("%d pages hold %v, the list holds %v", pages, got, want)
	}
}
