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
	if c.Expire == nil {
		t.Skip("this server cannot be told to forget")
	}
	list, page := c.pods(t, ""), c.pods(t, "?limit=1")
	c.annotate(t, list.Items[0].Name, "expired")
	c.Expire(t)
	t.Run("watch", func(t *testing.T) {
		var s metav1.Status
		stream := c.watch(t, "&resourceVersion="+list.ResourceVersion)
		e, err := stream.next() // the refusal is the first event of a good answer
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
	t.Run("page", func(t *testing.T) {
		s := c.get(t, c.podsPath()+"?limit=1&continue="+url.QueryEscape(page.Continue)).
			refusal(t, http.StatusGone, metav1.StatusReasonExpired)
		if s.Continue == "" {
			t.Fatal("no token to continue with what is there now")
		}
		rest := c.pods(t, "?continue="+url.QueryEscape(s.Continue))
		if all := c.pods(t, ""); len(rest.Items) != len(all.Items)-1 {
			t.Errorf("%d pods after the first of %d", len(rest.Items), len(all.Items))
		}
	})
	t.Run("list", func(t *testing.T) {
		c.get(t, c.podsPath()+"?resourceVersionMatch=Exact&resourceVersion="+list.ResourceVersion).
			refusal(t, http.StatusGone, metav1.StatusReasonExpired)
	})
}
