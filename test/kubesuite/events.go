package kubesuite

import (
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
)

func checkEvents(t *testing.T, c *clients) {
	t.Run("shape", c.eventsShape)
	t.Run("of one object", c.eventsOfOneObject)
	t.Run("of one type", c.eventsOfOneType)
	t.Run("of the newer group", c.eventsOfTheNewerGroup)
}

// events lists the events of the namespace.
func (c *clients) events(t *testing.T, query string) corev1.EventList {
	t.Helper()
	var l corev1.EventList
	c.get(t, "/api/v1/namespaces/"+c.Namespace+"/events"+query).want(t, http.StatusOK).read(t, &l)
	return l
}

func (c *clients) eventsShape(t *testing.T) {
	l := c.events(t, "")
	if len(l.Items) == 0 {
		t.Fatal("no events")
	}
	for _, e := range l.Items {
		seen := e.LastTimestamp.Time
		if seen.IsZero() {
			seen = e.EventTime.Time
		}
		if e.Reason == "" || e.Message == "" || e.InvolvedObject.Kind == "" || e.InvolvedObject.Name == "" || seen.IsZero() ||
			(e.Type != corev1.EventTypeNormal && e.Type != corev1.EventTypeWarning) {
			t.Errorf("%+v", e)
		}
	}
}

func (c *clients) eventsOfOneObject(t *testing.T) {
	all := c.events(t, "")
	about := all.Items[0].InvolvedObject
	l := c.events(t, query("fieldSelector", "involvedObject.kind="+about.Kind+",involvedObject.name="+about.Name))
	if len(l.Items) == 0 {
		t.Errorf("no events about %s %s", about.Kind, about.Name)
	}
	for _, e := range l.Items {
		if e.InvolvedObject.Kind != about.Kind || e.InvolvedObject.Name != about.Name {
			t.Errorf("an event about %s %s", e.InvolvedObject.Kind, e.InvolvedObject.Name)
		}
	}
	if l = c.events(t, query("fieldSelector", "involvedObject.name=no-such-object")); len(l.Items) != 0 {
		t.Errorf("%d events about nothing", len(l.Items))
	}
}

func (c *clients) eventsOfOneType(t *testing.T) {
	normal, other := c.events(t, query("fieldSelector", "type=Normal")), c.events(t, query("fieldSelector", "type!=Normal"))
	if all := c.events(t, ""); len(normal.Items)+len(other.Items) != len(all.Items) {
		t.Errorf("%d + %d of %d", len(normal.Items), len(other.Items), len(all.Items))
	}
}

func (c *clients) eventsOfTheNewerGroup(t *testing.T) {
	var l eventsv1.EventList
	c.get(t, "/apis/events.k8s.io/v1/namespaces/"+c.Namespace+"/events").want(t, http.StatusOK).read(t, &l)
	if all := c.events(t, ""); len(l.Items) != len(all.Items) {
		t.Errorf("%d of %d", len(l.Items), len(all.Items))
	}
	for _, e := range l.Items {
		if e.Reason == "" || e.Note == "" || e.Regarding.Name == "" {
			t.Errorf("%+v", e)
		}
	}
}
