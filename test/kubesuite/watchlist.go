package kubesuite

import (
	"net/http"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

const streaming = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"

// checkWatchList asks for the list as a stream of its objects, which ends with a bookmark and goes on as a watch.
func checkWatchList(t *testing.T, c *clients) {
	for name, version := range map[string]string{"latest": "", "any": "&resourceVersion=0"} {
		t.Run(name, func(t *testing.T) {
			want := names(c.pods(t, ""))
			s := c.watch(t, streaming+"&allowWatchBookmarks=true"+version)
			var got []string
			end := s.until(t, "the bookmark that ends the list", func(e event) bool {
				if e.Type == watch.Added {
					got = append(got, e.pod.Name)
				}
				return e.Type == watch.Bookmark && e.pod.Annotations[metav1.InitialEventsAnnotationKey] == "true"
			})
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			if end.pod.ResourceVersion == "" || end.pod.ResourceVersion == "0" || end.pod.Name != "" {
				t.Errorf("%s", end.Object)
			}
			changed := c.annotate(t, want[0], "watch list")
			e := s.until(t, "the next change", of(watch.Modified, changed.Name))
			if e.pod.ResourceVersion != changed.ResourceVersion {
				t.Errorf("version %s, want %s", e.pod.ResourceVersion, changed.ResourceVersion)
			}
		})
	}
	t.Run("selected", func(t *testing.T) {
		want := names(c.pods(t, "?labelSelector=app%3D"+c.Deployment))
		s := c.watch(t, streaming+"&allowWatchBookmarks=true&labelSelector=app%3D"+c.Deployment)
		var got []string
		s.until(t, "the end of the list", func(e event) bool {
			if e.Type == watch.Added {
				got = append(got, e.pod.Name)
			}
			return e.Type == watch.Bookmark
		})
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
	t.Run("without the rest", func(t *testing.T) {
		for _, query := range []string{"&sendInitialEvents=true", "&resourceVersionMatch=NotOlderThan",
			"&sendInitialEvents=true&resourceVersionMatch=Exact"} {
			c.get(t, c.podsPath()+"?watch=true&timeoutSeconds=1"+query).
				refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "resourceVersionMatch")
		}
		c.get(t, c.podsPath()+"?sendInitialEvents=true").
			refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "sendInitialEvents")
	})
}
