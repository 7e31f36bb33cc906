package kubesuite

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// checkExpired asks for what the server does not remember any more.
func checkExpired(t *testing.T, c *clients) {
	t.Run("watch from long ago", func(t *testing.T) {
		var s metav1.Status
		stream := c.watch(t, "&resourceVersion=1")
		e, err := stream.next()
		if err != nil || e.Type != watch.Error {
			t.Fatalf("%s, %v: %s", e.Type, err, e.Object)
		}
		if err := json.Unmarshal(e.Object, &s); err != nil {
			t.Fatal(err)
		}
		if s.Kind != "Status" || s.Code != http.StatusGone || s.Reason != metav1.StatusReasonExpired {
			t.Errorf("%s", e.Object)
		}
		if e, err := stream.next(); err == nil {
			t.Errorf("the stream goes on with %s", e.Type)
		}
	})
	if c.Expire == nil {
		return
	}
	t.Run("page after that", func(t *testing.T) {
		page := c.pods(t, "?limit=1")
		c.annotate(t, page.Items[0].Name, "expired")
		c.Expire(t)
		s := c.get(t, c.podsPath()+"?limit=1&continue="+url.QueryEscape(page.Continue)).
			refusal(t, http.StatusGone, metav1.StatusReasonExpired)
		if s.Continue == "" {
			t.Error("no token to continue with what is there now")
			return
		}
		rest := c.pods(t, "?continue="+url.QueryEscape(s.Continue))
		if all := c.pods(t, ""); len(rest.Items) != len(all.Items)-1 {
			t.Errorf("%d pods after the first of %d", len(rest.Items), len(all.Items))
		}
	})
	t.Run("list of that", func(t *testing.T) {
		list := c.pods(t, "")
		c.annotate(t, list.Items[0].Name, "expired")
		c.Expire(t)
		c.get(t, c.podsPath()+"?resourceVersionMatch=Exact&resourceVersion="+list.ResourceVersion).
			refusal(t, http.StatusGone, metav1.StatusReasonExpired)
	})
}
